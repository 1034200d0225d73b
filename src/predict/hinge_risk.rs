//! The hinge risk in distribution over a whole run, by a normal closure: the margin `M` is taken as
//! normal with mean `h` and standard deviation `s`, and `alpha = (1 - h) / s`.
//!
//! **Linear network.** All neurons act through the one vector `U = sum_k a_k u_k`. Its margin is
//! `M = sum_C U_j z_j`, with `h = sum_C mu_j U_j` and `s^2 = sum_C sigma_j^2 U_j^2`, and a step of gradient
//! descent is in the mean
//!
//! `U_j <- q U_j + (eta/m) (mu_j Phi(alpha) - sigma_j^2 U_j phi(alpha) / s)`,
//!
//! because `E[z_j 1{M < 1}]` is a truncated mean of two jointly normal variables. The background has mean
//! 0 and is left out. What is neglected: the start (`|U(0)|` is of order `1/sqrt(m)` of a neuron's), batch
//! noise, and the margin's distance to normality, of order `1/d_c` in the risk for symmetric latents.
//!
//! **ReLU network.** With every neuron at the fixed point of the other class's activation, the shape of
//! the margin is fixed, `s = h / r_own`, and only its size moves:
//!
//! `h <- q h + (eta d0 / m) g (Phi(alpha) - phi(alpha) / r_own)`,
//! `g = (E_C (1 + P) + E_B (1 - P)) (1 - leakage) / (4 d0)`.
//!
//! Here the start is not negligible: neurons outside of the initial set join late, which delays the
//! margin by a share of order `d0^{-1/4}`, so that at finite size the risk lies above this limit.

use super::fixed_point::{FixedPoint, Moments};
use super::{normal_cdf, normal_density};
use crate::error::Result;
use crate::setting::Parameters;

/// The hinge risk, in and out of distribution alike, after `n_steps` steps.
///
/// ```
/// use feature_contamination::predict::linear_risk;
/// use feature_contamination::setting::Setting;
///
/// let setting = Setting::theorem(16);
/// assert_eq!(linear_risk(&setting, 0), 1.0);
/// assert!(linear_risk(&setting, 1000) < 0.1);
/// ```
///
/// # Source
/// `theory/linear/risk.md`.
pub fn linear_risk(setting: &Parameters, n_steps: usize) -> f64 {
    let core = &setting.latents[setting.core()];
    let rate = setting.learning_rate / setting.width as f64;
    let mut weights = vec![0.0; core.len()];
    let mut margin = Margin { mean: 0.0, sd: 0.0 };
    for _ in 0..n_steps {
        let (active, edge) = margin.activity();
        for (weight, latent) in weights.iter_mut().zip(core) {
            let pull = latent.mean() * active - latent.variance() * *weight * edge;
            *weight = setting.shrinkage() * *weight + rate * pull;
        }
        let terms = || weights.iter().zip(core);
        margin = Margin {
            mean: terms().map(|(u, z)| u * z.mean()).sum(),
            sd: terms().map(|(u, z)| u * u * z.variance()).sum::<f64>().sqrt(),
        };
    }
    margin.risk()
}

/// The hinge risk in distribution of a ReLU network after `n_steps` steps, the start neglected.
///
/// ```
/// use feature_contamination::predict::relu_risk;
/// use feature_contamination::setting::Setting;
///
/// let setting = Setting::theorem(16);
/// assert_eq!(relu_risk(&setting, 0)?, 1.0);
/// assert!(relu_risk(&setting, 1000)? < 0.1);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// If there is no core feature.
///
/// # Source
/// `theory/risk/in-distribution.md`.
pub fn relu_risk(setting: &Parameters, n_steps: usize) -> Result<f64> {
    let moments = Moments::of(setting);
    let fixed_point = FixedPoint::solve(&moments)?;
    let p = fixed_point.other_class_activation;
    let energy = moments.core_energy * (1.0 + p) + moments.background_energy * (1.0 - p);
    let full_rate = energy * (1.0 - fixed_point.leakage) / (4.0 * setting.n_features() as f64);
    let spread = 1.0 / fixed_point.own_class_mean;
    let mut margin = Margin { mean: 0.0, sd: 0.0 };
    for _ in 0..n_steps {
        let (active, edge) = margin.activity();
        let push = setting.tau_per_step() * full_rate * (active - spread * margin.sd * edge);
        let mean = setting.shrinkage() * margin.mean + push;
        margin = Margin { mean, sd: spread * mean };
    }
    Ok(margin.risk())
}

/// The critical constant `c*` of the weight decay `lambda = c d0 / m^1.01`: above it the mean margin
/// saturates below 1, where growth `(E_C + E_B) / (4 d0)` per unit of `tau` balances decay `c m^-0.01`.
///
/// ```
/// use feature_contamination::predict::critical_decay;
/// use feature_contamination::setting::Setting;
///
/// // m^0.01 / 16 for uniform latents.
/// let critical = critical_decay(&Setting::theorem(16));
/// assert!((critical - 64_f64.powf(0.01) / 16.0).abs() < 1e-12);
/// ```
///
/// # Source
/// `theory/notation.md`, section 7.
pub fn critical_decay(setting: &Parameters) -> f64 {
    let moments = Moments::of(setting);
    let energy = moments.core_energy + moments.background_energy;
    (setting.width as f64).powf(0.01) * energy / (4.0 * setting.n_features() as f64)
}

/// A normal margin.
struct Margin {
    mean: f64,
    sd: f64,
}

impl Margin {
    /// `P(M < 1)`, and `phi(alpha) / s`, the density of the margin at the hinge's corner.
    fn activity(&self) -> (f64, f64) {
        if self.sd == 0.0 {
            return (1.0, 0.0);
        }
        let alpha = (1.0 - self.mean) / self.sd;
        (normal_cdf(alpha), normal_density(alpha) / self.sd)
    }

    /// `E max(0, 1 - M)`.
    fn risk(&self) -> f64 {
        let (active, edge) = self.activity();
        (1.0 - self.mean) * active + self.sd * self.sd * edge
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::{Activation, Setting};

    #[test]
    fn while_the_hinge_is_active_the_risk_falls_linearly() {
        let setting = Setting::theorem(64)
            .with(|p| {
                p.activation = Activation::Identity;
                p.weight_decay = 0.0;
            })
            .unwrap();
        let n_steps = setting.steps_to(2.0);
        // U_j = eta t mu / m and h = 32 mu U: tau / 8, far from the corner.
        let mean_margin = n_steps as f64 * setting.tau_per_step() / 8.0;
        assert!((linear_risk(&setting, n_steps) - (1.0 - mean_margin)).abs() < 1e-9);
        assert_eq!(linear_risk(&setting, 0), 1.0);
    }

    #[test]
    fn critical_decay_of_equal_uniform_features_is_a_sixteenth() {
        // E_C + E_B = d0 / 4, so c* = m^0.01 / 16.
        let setting = Setting::theorem(64);
        assert!((critical_decay(&setting) - 256.0_f64.powf(0.01) / 16.0).abs() < 1e-15);
    }

    #[test]
    fn the_risk_at_the_end_falls_with_the_number_of_features() {
        let risks = [16, 64, 256].map(|n_features| {
            let setting = Setting::theorem(n_features);
            let n_steps = setting.steps_to(20.0);
            (linear_risk(&setting, n_steps), relu_risk(&setting, n_steps).unwrap())
        });
        assert!(risks[0].0 > 2.0 * risks[1].0 && risks[1].0 > 2.0 * risks[2].0, "{risks:?}");
        assert!(risks[0].1 > 2.0 * risks[1].1 && risks[1].1 > 2.0 * risks[2].1, "{risks:?}");
    }
}
