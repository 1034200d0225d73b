//! What a neuron of the initial set has learned after a number of steps.

use super::fixed_point::{FixedPoint, Moments};
use crate::error::Result;
use crate::setting::Parameters;

/// Bounds and prediction for one projection, `y sum_C mu_j <w, m_j>` or `sum_B mu_j <w, m_j>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureProjection {
    /// The explicit lower bound.
    pub lower: f64,
    /// The value by the fixed point of the other class's activation.
    pub predicted: f64,
    /// The explicit upper bound.
    pub upper: f64,
}

/// Core (first) and background (second) projection after `n_steps` steps with the hinge active on
/// every sample.
///
/// With `G = (eta/m) sum_{t<T} q^t` a core coordinate grows at the rate `(E_own[1 z_j] + E_other[1 z_j]) / 2`,
/// a background one at `(E_own[1 z_j] - E_other[1 z_j]) / 2`. For a neuron of the
/// initial set take `E_own[1 z_j]` at least `mu_j / 2` and `E_other[1 z_j]` at most `mu_j / 4`; neither
/// exceeds `mu_j`. Then, of `G E_C` and `G E_B`, the core gets between 1/4 and 1 and the background between
/// 1/8 and 1/2, with another 1/8 as room for the start: where the other class is hardly ever active, the
/// drift alone comes to 1/2.
///
/// # Errors
/// If there is no core feature.
///
/// # Source
/// `theory/features/core.md`, `theory/features/background.md`.
pub fn feature_projection(
    setting: &Parameters,
    n_steps: usize,
) -> Result<(FeatureProjection, FeatureProjection)> {
    let moments = Moments::of(setting);
    let p = FixedPoint::solve(&moments)?.other_class_activation;
    let growth = super::linear::drift_factor(setting, n_steps);
    let (core, background) = (growth * moments.core_energy, growth * moments.background_energy);
    Ok((
        FeatureProjection { lower: core / 4.0, predicted: core * (1.0 + p) / 2.0, upper: core },
        FeatureProjection {
            lower: background / 8.0,
            predicted: background * (1.0 - p) / 2.0,
            upper: 0.625 * background,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Setting;

    #[test]
    fn without_decay_the_growth_is_the_theorems_time_over_d0() {
        let setting = Setting::theorem(16).with(|p| p.weight_decay = 0.0).unwrap();
        let (core, background) = feature_projection(&setting, setting.steps_to(8.0)).unwrap();
        // E_C = E_B = 8 / 4 = 2 and G = 8 / 16: both upper limits by hand.
        assert!((core.upper - 1.0).abs() < 1e-12);
        assert!((background.upper - 0.625).abs() < 1e-12);
        // The two predictions share the sum: (1 + P)/2 + (1 - P)/2 = 1.
        assert!((core.predicted + background.predicted - 1.0).abs() < 1e-12);
    }
}
