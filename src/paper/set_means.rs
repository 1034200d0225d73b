//! Means over the initial set of one run at one time.

use faer::MatRef;

use crate::error::Result;
use crate::linalg::{mean, row_of};
use crate::observe::{SetNeuron, class_means, feature_projections};
use crate::predict::Certified;
use crate::setting::{ByLabel, Setting};

/// Means over the neurons of an initial set.
#[derive(Debug, Clone, Copy)]
pub(super) struct SetMeans {
    /// The standardised mean of the own class.
    pub own_class_mean: f64,
    /// `P(active on other class)`, where probabilities were computed.
    pub other_class: Option<f64>,
    /// The core projection.
    pub core: f64,
    /// The background projection.
    pub background: f64,
}

impl SetMeans {
    /// Returns the means of a set that is not empty. `activations` holds the exact probabilities of
    /// each of its neurons, or nothing.
    pub fn of(
        setting: &Setting,
        weights: MatRef<'_, f64>,
        set: &[SetNeuron],
        activations: &[ByLabel<Certified>],
    ) -> Self {
        let means = class_means(setting, weights);
        let own = set.iter().map(|neuron| *means[neuron.neuron_idx].of(neuron.own));
        let others = set.iter().zip(activations).map(|(neuron, p)| p.of(neuron.own.other()).value);
        let others: Vec<f64> = others.collect();
        let (core, background) = feature_projections(setting, weights, set);
        SetMeans {
            own_class_mean: mean(&own.collect::<Vec<_>>()),
            other_class: (!others.is_empty()).then(|| mean(&others)),
            core,
            background,
        }
    }
}

/// Returns the activation probabilities of each neuron of a set. `probabilities` computes those of
/// one row of weights.
///
/// # Errors
/// The error of `probabilities`.
pub(super) fn activations(
    weights: MatRef<'_, f64>,
    set: &[SetNeuron],
    probabilities: impl Fn(&[f64]) -> Result<ByLabel<Certified>>,
) -> Result<Vec<ByLabel<Certified>>> {
    set.iter().map(|neuron| probabilities(&row_of(weights, neuron.neuron_idx))).collect()
}
