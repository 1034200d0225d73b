//! Neurons seen through their feature coordinates `u`, shape `(m, d0)`.

use faer::MatRef;

use crate::linalg::mean;
use crate::setting::{ByLabel, Label, Setting};

/// A neuron of the initial set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetNeuron {
    /// Its index among the neurons.
    pub neuron_idx: usize,
    /// The class that its output weight favours.
    pub own: Label,
}

/// The threshold `c0` on the standardised class means, the paper's order-one constant.
pub const INITIAL_THRESHOLD: f64 = 1.0;

/// The standardised mean pre-activations `r_y = M_y / sqrt V` of every neuron, for both classes.
pub fn class_means(setting: &Setting, weights: MatRef<'_, f64>) -> Vec<ByLabel<f64>> {
    let of_neuron = |neuron_idx: usize| {
        let (mut core, mut background, mut variance) = (0.0, 0.0, 0.0);
        for (j, latent) in setting.latents.iter().enumerate() {
            let u = weights[(neuron_idx, j)];
            let part = if j < setting.n_core { &mut core } else { &mut background };
            *part += latent.mean() * u;
            variance += latent.variance() * u * u;
        }
        ByLabel::from_fn(|label| (label.sign() * core + background) / f64::sqrt(variance))
    };
    (0..weights.nrows()).map(of_neuron).collect()
}

/// The initial set `N_+(0)` and `N_-(0)`: neurons whose output weight has the sign of `y`, with
/// `r_y >= c0` and `r_{-y} <= -c0` at the start, `c0 = 1`.
pub fn initial_set(setting: &Setting, start: MatRef<'_, f64>) -> Vec<SetNeuron> {
    initial_set_beyond(setting, start, INITIAL_THRESHOLD)
}

/// The same with another threshold than `c0 = 1`.
pub fn initial_set_beyond(
    setting: &Setting,
    start: MatRef<'_, f64>,
    threshold: f64,
) -> Vec<SetNeuron> {
    class_means(setting, start)
        .into_iter()
        .enumerate()
        .filter_map(|(neuron_idx, means)| {
            let own = setting.own_class(neuron_idx);
            let is_member = *means.of(own) >= threshold && *means.of(own.other()) <= -threshold;
            is_member.then_some(SetNeuron { neuron_idx, own })
        })
        .collect()
}

/// The mean over a set of neurons of `y sum_C mu_j <w, m_j>` (first) and `sum_B mu_j <w, m_j>` (second), with
/// `y` each neuron's own class; NaN for an empty set.
pub fn feature_projections(
    setting: &Setting,
    weights: MatRef<'_, f64>,
    set: &[SetNeuron],
) -> (f64, f64) {
    let projection = |neuron: &SetNeuron, features: std::ops::Range<usize>| -> f64 {
        features.map(|j| setting.latents[j].mean() * weights[(neuron.neuron_idx, j)]).sum()
    };
    let core: Vec<f64> =
        set.iter().map(|neuron| neuron.own.sign() * projection(neuron, setting.core())).collect();
    let background: Vec<f64> =
        set.iter().map(|neuron| projection(neuron, setting.background())).collect();
    (mean(&core), mean(&background))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_means_of_one_neuron_by_hand() {
        let setting = Setting::theorem(2);
        let means = class_means(&setting, faer::mat![[3.0, 4.0]].as_ref());
        // Mean (+-3 + 4) / 2, variance 25 / 12.
        assert!((means[0].positive - 3.5 / (25.0_f64 / 12.0).sqrt()).abs() < 1e-15);
        assert!((means[0].negative - 0.5 / (25.0_f64 / 12.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn the_initial_set_asks_for_sign_and_both_means() {
        let setting = Setting::theorem(2).with(|p| p.width = 4).unwrap();
        // The first two neurons favour +1: u = (1, 0) has r = (1.7, -1.7), u = (-1, 0) the opposite.
        let start = faer::mat![[1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0], [1.0, 1.0]];
        let set = initial_set(&setting, start.as_ref());
        let positive = SetNeuron { neuron_idx: 0, own: Label::Positive };
        let negative = SetNeuron { neuron_idx: 2, own: Label::Negative };
        assert_eq!(set, [positive, negative]);
        assert!(initial_set_beyond(&setting, start.as_ref(), 1.8).is_empty());
        assert_eq!(feature_projections(&setting, start.as_ref(), &set), (0.5, 0.0));
    }
}
