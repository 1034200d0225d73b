//! The linear network, solved: while the hinge is active on every sample, with `q = 1 - eta lambda`,
//! `u_kj(T) = q^T u_kj(0) + eta a_k sum_{t<T} q^{T-1-t} e_tj` with `e_tj` the batch mean of `y s_j`.

use crate::setting::{Latent, Parameters};

/// `sum_{t<T} q^t`.
fn geometric_sum(q: f64, n_terms: usize) -> f64 {
    let n = n_terms as f64;
    if q == 1.0 {
        return n;
    }
    // 1 - q^n without cancellation for q near 1.
    -libm::expm1(n * libm::log(q)) / (1.0 - q)
}

/// `(eta/m) sum_{t<T} q^t`: what a constant gradient of 1 adds to a weight of a neuron with output
/// weight `+1/m` in `n_steps` steps.
pub(super) fn drift_factor(setting: &Parameters, n_steps: usize) -> f64 {
    setting.learning_rate / setting.width as f64 * geometric_sum(setting.shrinkage(), n_steps)
}

/// The mean displacement `E[u_kj(T) - q^T u_kj(0)]` of a core coordinate of a neuron with output weight
/// `+1/m`, after `n_steps` steps.
///
/// ```
/// use feature_contamination::predict::core_displacement;
/// use feature_contamination::setting::{Latent, Setting};
///
/// // One step: eta mu / m with eta = 1/2, mu = 1/2, m = 64.
/// let moved = core_displacement(&Setting::theorem(16), Latent::Uniform, 1);
/// assert!((moved - 1.0 / 256.0).abs() < 1e-15);
/// ```
///
/// # Source
/// `theory/notation.md`, section 5.
pub fn core_displacement(setting: &Parameters, latent: Latent, n_steps: usize) -> f64 {
    latent.mean() * drift_factor(setting, n_steps)
}

/// The law of the background displacements `u_kj(T) - q^T u_kj(0)`, `j` in `B`, of a neuron with output
/// weight `+1/m`: mean 0 and covariance `scale (sigma_j^2 1{i = j} + mu_i mu_j)`.
///
/// The second term is common to all background features: the batch mean of the label itself, `y`
/// times the means. All neurons share the same displacement up to the sign of their output weight.
///
/// # Source
/// `theory/linear/cancellation.md`.
#[derive(Debug, Clone, PartialEq)]
pub struct BackgroundDisplacement {
    /// `(eta/m)^2 / N sum_{t<T} q^{2t}`.
    pub scale: f64,
    /// `mu_j` of the background features.
    pub means: Vec<f64>,
    /// `sigma_j^2` of the background features.
    pub variances: Vec<f64>,
}

impl BackgroundDisplacement {
    /// The standard deviation of the mean of a displacement over its features.
    pub fn standard_deviation_of_mean(&self) -> f64 {
        let own: f64 = self.variances.iter().sum();
        let shared: f64 = self.means.iter().sum();
        (self.scale * (own + shared * shared)).sqrt() / self.means.len() as f64
    }

    /// Independent standardised coordinates of a displacement, as many as it has entries: of mean 0
    /// and variance 1 each, and nearly normal (each is a mean of `N T` bounded terms).
    ///
    /// With `D = diag(sigma^2)`, `v = D^{-1/2} mu` and `c = |v|^2`, the covariance is
    /// `scale D^{1/2} (I + v v^T) D^{1/2}`, and `(I + v v^T)^{-1/2} = I - (1 - 1/sqrt(1 + c)) v v^T / c`.
    pub fn whiten(&self, displacement: &[f64]) -> Vec<f64> {
        let standardised: Vec<f64> = displacement
            .iter()
            .zip(&self.variances)
            .map(|(x, variance)| x / (self.scale * variance).sqrt())
            .collect();
        let direction: Vec<f64> = self
            .means
            .iter()
            .zip(&self.variances)
            .map(|(mu, variance)| mu / variance.sqrt())
            .collect();
        let energy: f64 = direction.iter().map(|v| v * v).sum();
        let along: f64 = direction.iter().zip(&standardised).map(|(v, x)| v * x).sum();
        let factor = (1.0 - 1.0 / (1.0 + energy).sqrt()) * along / energy;
        standardised.iter().zip(&direction).map(|(x, v)| x - factor * v).collect()
    }
}

/// The law of the background displacements after `n_steps` steps.
pub fn background_displacement(setting: &Parameters, n_steps: usize) -> BackgroundDisplacement {
    let background = &setting.latents[setting.background()];
    let q = setting.shrinkage();
    let step = setting.learning_rate / setting.width as f64;
    BackgroundDisplacement {
        scale: step * step / setting.batch as f64 * geometric_sum(q * q, n_steps),
        means: background.iter().map(|latent| latent.mean()).collect(),
        variances: background.iter().map(|latent| latent.variance()).collect(),
    }
}

/// The law of the increments `u_kj(T + n) - q^n u_kj(T)`, `j` in `C`, of a neuron with output weight `+1/m`
/// over `n` steps. Those of different features, and of times that do not overlap, are independent; from
/// `T = 0` on they are the displacements.
///
/// # Source
/// `theory/linear/closed-form.md`.
#[derive(Debug, Clone, PartialEq)]
pub struct CoreIncrement {
    /// The means, one for each core feature.
    pub means: Vec<f64>,
    /// The standard deviations.
    pub standard_deviations: Vec<f64>,
}

/// The law of the increments over `n_steps` steps: mean `(eta/m) mu_j sum q^t` and variance
/// `(eta/m)^2 (sigma_j^2 / N) sum q^{2t}`, `t < n`.
pub fn core_increment(setting: &Parameters, n_steps: usize) -> CoreIncrement {
    let core = &setting.latents[setting.core()];
    let q = setting.shrinkage();
    let step = setting.learning_rate / setting.width as f64;
    let scale = step * (geometric_sum(q * q, n_steps) / setting.batch as f64).sqrt();
    CoreIncrement {
        means: core.iter().map(|&z| core_displacement(setting, z, n_steps)).collect(),
        standard_deviations: core.iter().map(|z| scale * z.variance().sqrt()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Setting;

    #[test]
    fn geometric_sums_at_hand_computed_points() {
        assert_eq!(geometric_sum(1.0, 7), 7.0);
        assert!((geometric_sum(0.5, 3) - 1.75).abs() < 1e-15);
        assert!((geometric_sum(1.0 - 1e-12, 1000) - 1000.0).abs() < 1e-6);
    }

    #[test]
    fn one_step_moves_the_core_by_eta_mu_over_m() {
        let setting = Setting::theorem(16);
        let displacement = core_displacement(&setting, setting.latents[0], 1);
        assert!((displacement - 0.5 * 0.5 / 64.0).abs() < 1e-17);
    }

    #[test]
    fn two_steps_of_the_core_by_hand() {
        let setting = Setting::theorem(16);
        let (q, step) = (setting.shrinkage(), 0.5 / 64.0);
        let law = core_increment(&setting, 2);
        assert_eq!((law.means.len(), law.standard_deviations.len()), (8, 8));
        assert!((law.means[0] - step * 0.5 * (1.0 + q)).abs() < 1e-17);
        let variance = step * step * (1.0 + q * q) / 12.0 / 32.0;
        assert!((law.standard_deviations[0] - variance.sqrt()).abs() < 1e-17);
    }

    #[test]
    fn whitening_turns_the_covariance_into_the_identity() {
        let law = BackgroundDisplacement {
            scale: 0.3,
            means: vec![0.5, 0.2, 0.7],
            variances: vec![0.1, 0.02, 0.05],
        };
        // W Sigma W^T = I, with Sigma e_j fed column by column through the linear map W, twice.
        let column = |j: usize| -> Vec<f64> {
            (0..3)
                .map(|i| {
                    let common = law.means[i] * law.means[j];
                    law.scale * (common + if i == j { law.variances[i] } else { 0.0 })
                })
                .collect()
        };
        let left: Vec<Vec<f64>> = (0..3).map(|j| law.whiten(&column(j))).collect();
        for i in 0..3 {
            let row: Vec<f64> = left.iter().map(|column| column[i]).collect();
            for (j, entry) in law.whiten(&row).into_iter().enumerate() {
                assert!((entry - f64::from(u8::from(i == j))).abs() < 1e-14);
            }
        }
    }
}
