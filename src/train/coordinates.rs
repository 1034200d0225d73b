//! The two engines: the coordinates that a run keeps its weights in.

use std::borrow::Cow;

use faer::{Mat, MatRef};

use crate::data::Dictionary;
use crate::linalg::{self, Real};
use crate::network::gaussian_start;
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};

/// The coordinates of inputs and weights.
///
/// Training in either is the same network on other inputs; by the exact reduction
/// (`theory/setting/reduction.md`) both see the same outputs.
#[derive(Debug, Clone)]
pub enum Coordinates<T: Real> {
    /// Feature coordinates `u = M^T w`, free of the ambient dimension.
    Feature,
    /// The ambient space, with its dictionary.
    Ambient(Dictionary<T>),
}

impl<T: Real> Coordinates<T> {
    /// The coordinates of an engine; an ambient one draws its dictionary from `seed`.
    pub fn new(kind: EngineKind, setting: &Setting, seed: Seed) -> Self {
        match kind {
            EngineKind::Feature => Coordinates::Feature,
            EngineKind::Ambient => Coordinates::Ambient(Dictionary::orthonormal(
                setting.ambient_dim,
                setting.n_features(),
                seed.child("dictionary"),
            )),
        }
    }

    /// The start of a run: shape `(m, d0)` or `(m, d)`.
    ///
    /// Both engines share the feature coordinates `u(0) ~ N(0, I / d)` of one seed; the ambient one
    /// adds an independent orthogonal part, so that `w(0) ~ N(0, I_d / d)`.
    pub fn start(&self, setting: &Setting, seed: Seed) -> Mat<T> {
        let (m, d) = (setting.width, setting.ambient_dim);
        let features = gaussian_start(m, setting.n_features(), d, seed.child("start"));
        match self {
            Coordinates::Feature => features,
            Coordinates::Ambient(dictionary) => {
                let ambient: Mat<T> = gaussian_start(m, d, d, seed.child("orthogonal start"));
                let mut weights = dictionary.orthogonal_part(ambient.as_ref());
                let embedded = dictionary.embed(features.as_ref());
                weights += &embedded;
                weights
            }
        }
    }

    /// The network's inputs for feature coordinates of shape `(n, d0)`.
    pub fn inputs<'a>(&self, features: &'a Mat<T>) -> Cow<'a, Mat<T>> {
        match self {
            Coordinates::Feature => Cow::Borrowed(features),
            Coordinates::Ambient(dictionary) => Cow::Owned(dictionary.embed(features.as_ref())),
        }
    }

    /// The feature coordinates of the network's weights in `f64`, shape `(m, d0)`.
    pub fn feature_weights(&self, weights: MatRef<'_, T>) -> Mat<f64> {
        match self {
            Coordinates::Feature => linalg::to_f64(weights),
            Coordinates::Ambient(dictionary) => {
                linalg::to_f64(dictionary.project(weights).as_ref())
            }
        }
    }
}
