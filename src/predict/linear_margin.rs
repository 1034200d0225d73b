//! The margin of a linear network of given weights on a fresh sample: its mean and variance, exact.

use crate::error::{Error, Result};
use crate::setting::{Latent, Parameters};

/// The law of the margin `y <U, s>`, where `U = sum_k a_k u_k` is the one vector that a linear network is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearMargin {
    /// The core's part of the mean, `sum_C U_j mu_j`, in both distributions.
    pub core_mean: f64,
    /// The background's part in distribution, `sum_B U_j E[y z_j]`; out of distribution its opposite.
    pub background_mean: f64,
    /// The variance, in both distributions.
    pub variance: f64,
}

/// The margin's law for the collapsed weights `U`, one entry per feature.
///
/// On the core `y s_j = z_j`. On the background `y s_j = +-y z_j`, with `E[y z_j] = rho / 6` for uniform
/// latents whose association with the label is `rho`; given the label the features are independent, and
/// the label's own sign adds `(sum_B U_j)^2 / 4` to the variance.
///
/// # Errors
/// If a background latent is not uniform.
///
/// # Source
/// `theory/setting/evaluation.md`.
pub fn linear_margin(setting: &Parameters, collapsed: &[f64]) -> Result<LinearMargin> {
    let rho = setting.background_association;
    let (core, background) = collapsed.split_at(setting.n_core);
    let (core_laws, background_laws) = setting.latents.split_at(setting.n_core);
    if let Some(law) = background_laws.iter().find(|&&law| law != Latent::Uniform) {
        return Err(Error::out_of_range(
            "law of a background latent",
            law,
            "uniform",
            "the larger of two draws has a mean in closed form there",
        ));
    }
    let sum_of_squares = |weights: &[f64]| weights.iter().map(|u| u * u).sum::<f64>();
    let spread = core.iter().zip(core_laws).map(|(u, z)| u * u * z.variance()).sum::<f64>();
    let background_sum: f64 = background.iter().sum();
    Ok(LinearMargin {
        core_mean: core.iter().zip(core_laws).map(|(u, z)| u * z.mean()).sum(),
        background_mean: background_sum * rho / 6.0,
        variance: spread
            + sum_of_squares(background) * (1.0 / 12.0 - rho * rho / 36.0)
            + background_sum * background_sum / 4.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Setting;

    #[test]
    fn one_feature_of_each_kind_by_hand() {
        let setting = Setting::theorem(2).with(|p| p.background_association = 1.0).unwrap();
        let law = linear_margin(&setting, &[3.0, 2.0]).unwrap();
        assert!((law.core_mean - 1.5).abs() < 1e-15);
        // y z is max(z, z') or -min(z, z'): mean (2/3 - 1/3) / 2, mean square 1/3.
        assert!((law.background_mean - 2.0 / 6.0).abs() < 1e-15);
        let variance = 9.0 / 12.0 + 4.0 * (1.0 / 3.0 - 1.0 / 36.0);
        assert!((law.variance - variance).abs() < 1e-14);
    }

    #[test]
    fn other_laws_are_refused() {
        let setting = Setting::theorem(2)
            .with(|p| p.latents = vec![Latent::Uniform, Latent::beta(2.0, 5.0).unwrap()])
            .unwrap();
        let fault = linear_margin(&setting, &[1.0, 1.0]).unwrap_err().to_string();
        assert!(fault.contains("beta:2,5") && fault.contains("uniform"), "{fault}");
    }
}
