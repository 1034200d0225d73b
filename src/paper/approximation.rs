//! Exact activation probabilities beside their normal approximations, for the neurons of a network.

use faer::MatRef;
use rayon::prelude::*;

use crate::error::Result;
use crate::linalg::row_of;
use crate::predict::{
    ActivationOracle, BerryEsseen, Certified, NON_UNIFORM_CONSTANT, normal_approximation,
};
use crate::setting::{Label, Latent, Setting};

/// A probability beside its normal approximation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared {
    exact: Certified,
    pub approximation: BerryEsseen,
}

impl Compared {
    /// `|P - Phi|` over a bound, and the error of this number.
    fn over(&self, bound: f64) -> (f64, f64) {
        let difference = (self.exact.value - self.approximation.normal_approximation).abs();
        (difference / bound, self.exact.error_bound / bound)
    }

    /// Over the uniform bound with this constant.
    pub fn over_uniform(&self, constant: f64) -> (f64, f64) {
        self.over(self.approximation.bound(constant))
    }

    /// Over the bound that falls in the tails.
    pub fn over_non_uniform(&self) -> (f64, f64) {
        self.over(self.approximation.non_uniform_bound(NON_UNIFORM_CONSTANT))
    }
}

/// Both classes of one neuron.
pub(super) fn compare(
    oracle: &ActivationOracle,
    (latents, n_core): (&[Latent], usize),
    weights: &[f64],
) -> Result<Vec<Compared>> {
    let exact = oracle.probabilities(weights)?;
    let of_label = |label| Compared {
        exact: *exact.of(label),
        approximation: normal_approximation(weights, n_core, latents, label),
    };
    Ok(Label::BOTH.into_iter().map(of_label).collect())
}

/// Up to this many neurons of a network, evenly spaced, both classes of each.
pub(super) fn compare_network(
    setting: &Setting,
    weights: MatRef<'_, f64>,
    max_neurons: usize,
) -> Result<Vec<Compared>> {
    let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
    compare_neurons(&oracle, setting, weights, max_neurons)
}

/// The same with the oracle of the setting, for networks of one run, which share it.
pub(super) fn compare_neurons(
    oracle: &ActivationOracle,
    setting: &Setting,
    weights: MatRef<'_, f64>,
    max_neurons: usize,
) -> Result<Vec<Compared>> {
    let law = (setting.latents.as_slice(), setting.n_core);
    let stride = setting.width.div_ceil(max_neurons);
    let neurons: Vec<usize> = (0..setting.width).step_by(stride).collect();
    let of_neuron = |&neuron_idx: &usize| compare(oracle, law, &row_of(weights, neuron_idx));
    let compared: Vec<Vec<Compared>> =
        neurons.par_iter().map(of_neuron).collect::<Result<Vec<_>>>()?;
    Ok(compared.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::NON_IDENTICAL_CONSTANT;

    #[test]
    fn the_non_uniform_bound_is_the_smaller_one_in_the_tails() {
        let at = |standardised_mean: f64| BerryEsseen {
            standardised_mean,
            normal_approximation: 1.0,
            lyapunov_ratio: 0.1,
        };
        let is_smaller = |r: f64| {
            at(r).non_uniform_bound(NON_UNIFORM_CONSTANT) < at(r).bound(NON_IDENTICAL_CONSTANT)
        };
        // (32 / 0.5583 - 1)^(1/3) = 3.834...
        assert!(!is_smaller(3.83) && is_smaller(3.84) && is_smaller(-3.84));
    }
}
