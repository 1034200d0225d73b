//! The expected gradient of the hinge risk, while the hinge is active on every sample.

use super::{ActivationOracle, Certified};
use crate::error::Result;
use crate::setting::Setting;

/// Mean and variance of one neuron's per-sample gradient projections
/// `g_j = a_k y 1{<w_k, x> >= 0} s_j`, whose batch average is `-<grad_k, m_j>`.
///
/// ```
/// use feature_contamination::predict::{ActivationOracle, ExpectedGradient};
/// use feature_contamination::setting::Setting;
///
/// // A neuron at 0 is active on every sample: it learns a_k mu on the core, and nothing on the background.
/// let setting = Setting::theorem(16);
/// let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
/// let mean = ExpectedGradient::new(&oracle, &setting, 0, &[0.0; 16])?.mean;
/// assert!((mean.value[0] - 0.5 / 64.0).abs() <= mean.error_bound);
/// assert!(mean.value[15].abs() <= mean.error_bound);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Source
/// Zhang et al. 2024, mechanism 1 (section 4); `theory/gradient/population.md`.
#[derive(Debug, Clone)]
pub struct ExpectedGradient {
    /// `E g_j`, one entry per feature.
    pub mean: Certified<Vec<f64>>,
    /// `Var g_j`, one entry per feature.
    pub variance: Certified<Vec<f64>>,
    /// `a_k^2`, which bounds every `g_j^2`.
    pub output_weight_sq: f64,
}

impl ExpectedGradient {
    /// The expectation for the neuron of index `neuron_idx` with feature coordinates `weights`.
    ///
    /// With `y s_j = z_j` on the core and `y z_j` on the background,
    /// `E g_j = (a_k / 2) (E_+[1 z_j] +- E_-[1 z_j])`, plus on the core, minus on the background.
    ///
    /// # Errors
    /// See [`ActivationOracle::probabilities`].
    pub fn new(
        oracle: &ActivationOracle,
        setting: &Setting,
        neuron_idx: usize,
        weights: &[f64],
    ) -> Result<Self> {
        let output_weight = setting.output_weight(neuron_idx);
        let means = oracle.truncated_means(weights)?;
        let squares = oracle.truncated_squares(weights)?;
        let mut expected = ExpectedGradient {
            mean: Certified::new(
                Vec::new(),
                output_weight.abs() * means.positive.error_bound.max(means.negative.error_bound),
            ),
            variance: Certified::default(),
            output_weight_sq: output_weight * output_weight,
        };
        for j in 0..setting.n_features() {
            let sign = if j < setting.n_core { 1.0 } else { -1.0 };
            let mean =
                0.5 * output_weight * (means.positive.value[j] + sign * means.negative.value[j]);
            let square = 0.5
                * output_weight
                * output_weight
                * (squares.positive.value[j] + squares.negative.value[j]);
            expected.mean.value.push(mean);
            expected.variance.value.push(square - mean * mean);
        }
        let square_error = squares.positive.error_bound.max(squares.negative.error_bound);
        // |E g_j| <= |a_k|, so the square of the mean adds at most twice its error, and its error squared.
        expected.variance.error_bound = output_weight * output_weight * square_error
            + (2.0 * output_weight.abs() + expected.mean.error_bound) * expected.mean.error_bound;
        Ok(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neuron_active_on_one_class_only_sees_half_of_the_core_and_background() {
        // w = m_1: active exactly when y = +1. E g = a/2 (mu, mu), Var g_j = a^2 (1/6 - 1/16).
        let setting = Setting::theorem(2);
        let oracle = ActivationOracle::new(&setting.latents, 1).unwrap();
        let expected = ExpectedGradient::new(&oracle, &setting, 0, &[1.0, 0.0]).unwrap();
        let a = setting.output_weight(0);
        for j in 0..2 {
            assert!((expected.mean.value[j] - a / 4.0).abs() < 1e-15);
            assert!((expected.variance.value[j] - a * a * (1.0 / 6.0 - 1.0 / 16.0)).abs() < 1e-15);
        }
    }

    #[test]
    fn a_neuron_equally_active_on_both_classes_has_no_background_gradient() {
        // The core coordinate is 0, so the label does not enter the pre-activation.
        let setting = Setting::theorem(4);
        let oracle = ActivationOracle::new(&setting.latents, 2).unwrap();
        let expected = ExpectedGradient::new(&oracle, &setting, 9, &[0.0, 0.0, 1.0, -0.6]).unwrap();
        let bound = expected.mean.error_bound;
        assert!(expected.mean.value[2].abs() <= bound && expected.mean.value[3].abs() <= bound);
        assert!(expected.mean.value[0] < -1e-3);
    }
}
