//! Two engines side by side.

use crate::data::Dictionary;
use crate::error::Result;
use crate::linalg::{self, dot_error_factor};
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};
use crate::train::{Coordinates, Simulation};

/// How far a run in feature coordinates and its ambient twin went apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReductionGap {
    /// The largest difference of feature coordinates over all steps, neurons and features, as a
    /// multiple of what rounding can make.
    pub features: f64,
    /// The largest difference between the orthogonal part after the last step and `q^T` times that at
    /// the start, likewise.
    pub orthogonal: f64,
}

/// Steps both engines from one seed in double precision, the ambient one with the given dictionary.
///
/// What rounding can make, after `t` steps: each step's gradient is a sum of `N` products of inputs of
/// `d0` terms, at most `(eta/m) d0` in size, and rounds weights of norm at most `|w|`, the largest so far; comparing
/// projects with `d` terms and a dictionary orthonormal to `d` roundings. Together
/// `gamma_{N + d0 + 2 d} (|w| + (eta/m) d0) (t + 1)`, as long as no pre-activation is so near 0 that
/// rounding decides its sign (about one chance in 10^8 for the sizes used).
///
/// # Errors
/// If training diverges.
pub fn reduction(
    setting: &Setting,
    dictionary: Dictionary<f64>,
    n_steps: usize,
    seed: Seed,
) -> Result<ReductionGap> {
    let mut feature = Simulation::<f64>::new(setting, EngineKind::Feature, seed)?;
    let coordinates = Coordinates::Ambient(dictionary.clone());
    let mut ambient = Simulation::in_coordinates(setting, coordinates, seed)?;
    let orthogonal_start = dictionary.orthogonal_part(ambient.network().weights());
    let d0 = setting.n_features();
    let n_terms = setting.batch + d0 + 2 * setting.ambient_dim;
    let push = setting.learning_rate / setting.width as f64 * d0 as f64;
    let unit =
        |steps: usize, norm: f64| dot_error_factor(n_terms) * (norm + push) * (steps + 1) as f64;
    let norm = |weights: faer::MatRef<'_, f64>| {
        weights.row_iter().map(|row| row.norm_l2()).fold(0.0, f64::max)
    };
    let mut features = 0.0_f64;
    let mut largest_norm = norm(ambient.network().weights());
    while feature.n_steps_done() < n_steps {
        feature.step()?;
        ambient.step()?;
        let (u, projected) = (feature.feature_weights(), ambient.feature_weights());
        let difference = linalg::max_abs_difference(u.as_ref(), projected.as_ref());
        largest_norm = largest_norm.max(norm(ambient.network().weights()));
        let tolerance = unit(feature.n_steps_done(), largest_norm);
        features = features.max(difference / tolerance);
    }
    let expected = faer::Scale(setting.shrinkage().powi(n_steps as i32)) * &orthogonal_start;
    let orthogonal = dictionary.orthogonal_part(ambient.network().weights());
    let difference = linalg::max_abs_difference(orthogonal.as_ref(), expected.as_ref());
    Ok(ReductionGap {
        features,
        orthogonal: difference / unit(n_steps, norm(orthogonal_start.as_ref())),
    })
}
