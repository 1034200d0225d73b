//! What is between a background gradient and the asymmetry of activation that it comes from: covariance terms over
//! their bounds.

use faer::MatRef;

use crate::error::Result;
use crate::linalg::row_of;
use crate::predict::{Drift, PopulationOracle, bessel_bound, covariance_bounds};
use crate::setting::{Activation, ByLabel, Setting};

/// Neurons of one network, at most, whose exact drifts are looked at.
const MAX_NEURONS: usize = 64;
/// Neurons whose activation varies less than this are left out of the sum over features: both sides
/// vanish there, and their quotient says nothing.
const MIN_VARIANCE: f64 = 1e-4;

/// `P_+ - P_-`.
pub(super) fn asymmetry_of(drift: &Drift) -> f64 {
    drift.active.positive.value - drift.active.negative.value
}

/// Covariance terms over their bounds, with error bounds.
#[derive(Debug, Clone, Default)]
pub(super) struct CovarianceTerms {
    pub by_density: Vec<(f64, f64)>,
    pub by_bessel: Vec<(f64, f64)>,
}

impl CovarianceTerms {
    /// Adds some neurons of a network.
    pub fn add(
        &mut self,
        setting: &Setting,
        oracle: &PopulationOracle,
        weights: MatRef<'_, f64>,
    ) -> Result<()> {
        for k in (0..setting.width).step_by(setting.width.div_ceil(MAX_NEURONS)) {
            let row = row_of(weights, k);
            let drift = oracle.drift(&row)?;
            let terms = covariance_differences(setting, &drift);
            let error = 4.0 * drift.mean.error_bound;
            if let Some(bounds) = covariance_bounds(&row, &setting.latents) {
                let ratios = setting.background().zip(&terms).filter(|&(j, _)| bounds[j] > 0.0);
                let ratios = ratios.map(|(j, term)| (term.abs() / bounds[j], error / bounds[j]));
                self.by_density.extend(ratios);
            }
            let active = ByLabel::from_fn(|label| drift.active.of(label).value);
            let bound = bessel_bound(active);
            if bound >= MIN_VARIANCE {
                let scaled = setting.background().zip(&terms);
                let squares: f64 =
                    scaled.map(|(j, term)| term * term / setting.latents[j].variance()).sum();
                // A term is at most 1 and off by the error; P (1 - P) changes no faster than P.
                let smallest = setting.latents.iter().map(|latent| latent.variance());
                let smallest = smallest.fold(f64::INFINITY, f64::min);
                let of_sum = 3.0 * error * terms.len() as f64 / smallest;
                self.by_bessel.push((squares / bound, (of_sum + squares / bound * error) / bound));
            }
        }
        Ok(())
    }
}

/// `Cov_+(1, z_j) - Cov_-(1, z_j)` for the background features: twice the drift, less `mu_j (P_+ - P_-)`. With the
/// identity every sample counts, and the drift is `E[y z_j] = 0`.
fn covariance_differences(setting: &Setting, drift: &Drift) -> Vec<f64> {
    let of_feature = |j: usize| {
        let drift_of_feature = match setting.activation {
            Activation::Identity => 0.0,
            _ => drift.mean.value[j],
        };
        2.0 * drift_of_feature - setting.latents[j].mean() * asymmetry_of(drift)
    };
    setting.background().map(of_feature).collect()
}
