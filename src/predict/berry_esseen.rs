//! The normal approximation of an activation probability and its Berry-Esseen bound.

use statrs::function::beta::beta_reg;

use super::activation::signed_coefficients;
use super::normal_cdf;
use crate::setting::{Label, Latent};

/// The Berry-Esseen constant for independent summands of different laws.
///
/// # Source
/// Shevtsova, *On the absolute constants in the Berry-Esseen inequality and its structural and
/// nonuniform improvements*, Informatics and Applications 7, 2013.
pub const NON_IDENTICAL_CONSTANT: f64 = 0.5583;

/// The constant of the non-uniform inequality `|P - Phi(r)| <= C L / (1 + |r|^3)` for independent
/// summands of different laws. Smaller ones have been published since; a verdict takes the old one.
///
/// # Source
/// Paditz, *On the analytical structure of the constant in the nonuniform version of the Esseen inequality*,
/// Statistics 20, 1989: 31.935, here rounded up as in Neammanee, *On the constant in the nonuniform version
/// of the Berry-Esseen theorem*, IJMMS 2005.
pub const NON_UNIFORM_CONSTANT: f64 = 32.0;

/// The normal approximation of a neuron's activation probability, with its bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BerryEsseen {
    /// `r_y = M_y / sqrt V`, the standardised mean pre-activation.
    pub standardised_mean: f64,
    /// `Phi(r_y)`.
    pub normal_approximation: f64,
    /// The Lyapunov ratio `L = sum |u_j|^3 E|z_j - mu_j|^3 / V^{3/2}`.
    pub lyapunov_ratio: f64,
}

impl BerryEsseen {
    /// The bound `C L` on `|P - Phi(r_y)|` with a given constant.
    pub fn bound(&self, constant: f64) -> f64 {
        constant * self.lyapunov_ratio
    }

    /// The bound `C L / (1 + |r_y|^3)` on the same difference: the smaller of the two in the tails.
    pub fn non_uniform_bound(&self, constant: f64) -> f64 {
        constant * self.lyapunov_ratio / (1.0 + self.standardised_mean.abs().powi(3))
    }
}

/// The normal approximation for a neuron of feature coordinates `weights`, on a class.
///
/// The zero neuron has neither: all three numbers are then NaN.
///
/// ```
/// use feature_contamination::predict::normal_approximation;
/// use feature_contamination::setting::{Label, Latent};
///
/// // z_1 - z_2 is symmetric; its variance is 1/6, and E|z - 1/2|^3 = 1/32.
/// let normal = normal_approximation(&[1.0, -1.0], 0, &[Latent::Uniform; 2], Label::Positive);
/// assert_eq!((normal.standardised_mean, normal.normal_approximation), (0.0, 0.5));
/// assert!((normal.lyapunov_ratio - 6_f64.powf(1.5) / 16.0).abs() < 1e-9);
/// ```
pub fn normal_approximation(
    weights: &[f64],
    n_core: usize,
    latents: &[Latent],
    label: Label,
) -> BerryEsseen {
    // Ratios only: dividing by the largest modulus keeps the cubes in range.
    let scale = weights.iter().fold(0.0_f64, |scale, u| scale.max(u.abs()));
    let (mut mean, mut variance, mut third) = (0.0, 0.0, 0.0);
    for (coefficient, &latent) in signed_coefficients(weights, n_core, label).iter().zip(latents) {
        let coefficient = coefficient / scale;
        mean += coefficient * latent.mean();
        variance += coefficient * coefficient * latent.variance();
        third += coefficient.abs().powi(3) * third_absolute_moment(latent);
    }
    let standardised_mean = mean / variance.sqrt();
    BerryEsseen {
        standardised_mean,
        normal_approximation: normal_cdf(standardised_mean),
        lyapunov_ratio: third / variance.powf(1.5),
    }
}

/// `E|z - mu|^3 / sigma^3`.
pub fn standardised_third_moment(latent: Latent) -> f64 {
    third_absolute_moment(latent) / latent.variance().powf(1.5)
}

/// `E|z - mu|^3`.
pub(super) fn third_absolute_moment(latent: Latent) -> f64 {
    match latent {
        Latent::Uniform => 1.0 / 32.0,
        Latent::Bernoulli { p } => {
            let q = 1.0 - p;
            p * q * (p * p + q * q)
        }
        Latent::Beta { a, b } => beta_third_absolute_moment(a, b),
    }
}

/// `2 E[(mu - z)^3 1{z <= mu}] + E(z - mu)^3`, with `E[z^k 1{z <= mu}] = E z^k I_mu(a + k, b)`.
fn beta_third_absolute_moment(a: f64, b: f64) -> f64 {
    let mu = a / (a + b);
    let raw = [
        1.0,
        mu,
        mu * (a + 1.0) / (a + b + 1.0),
        mu * (a + 1.0) / (a + b + 1.0) * (a + 2.0) / (a + b + 2.0),
    ];
    let below = |k: usize| raw[k] * beta_reg(a + k as f64, b, mu);
    let lower = mu.powi(3) * below(0) - 3.0 * mu * mu * below(1) + 3.0 * mu * below(2) - below(3);
    let variance = a * b / ((a + b) * (a + b) * (a + b + 1.0));
    let skewness = 2.0 * (b - a) * (a + b + 1.0).sqrt() / ((a + b + 2.0) * (a * b).sqrt());
    2.0 * lower + skewness * variance.powf(1.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn third_absolute_moments_at_hand_computed_points() {
        // Uniform: 2 int_0^{1/2} x^3 dx = 1/32. Arcsine: E|cos|^3 / 8 = 4 / (3 pi) / 8.
        let cases = [
            ("beta:1,1", 1.0 / 32.0),
            ("beta:0.5,0.5", 1.0 / (6.0 * std::f64::consts::PI)),
            ("bernoulli:0.5", 0.125),
        ];
        for (law, exact) in cases {
            let moment = third_absolute_moment(law.parse().unwrap());
            assert!((moment - exact).abs() < 1e-13, "{law}: {moment} {exact}");
        }
    }

    #[test]
    fn the_ratio_does_not_depend_on_scale_and_the_mean_turns_with_the_label() {
        let latents = [Latent::Uniform; 3];
        let one = normal_approximation(&[1.0, 2.0, 0.0], 2, &latents, Label::Positive);
        let tiny = normal_approximation(&[1e-200, 2e-200, 0.0], 2, &latents, Label::Negative);
        assert_eq!(one.lyapunov_ratio, tiny.lyapunov_ratio);
        assert_eq!(one.standardised_mean, -tiny.standardised_mean);
        // M = 3/2, V = 5/12, sum |u|^3 = 9.
        assert!((one.standardised_mean - 1.5 / (5.0_f64 / 12.0).sqrt()).abs() < 1e-15);
        assert!((one.lyapunov_ratio - 9.0 / 32.0 / (5.0_f64 / 12.0).powf(1.5)).abs() < 1e-15);
        // r^3 = (3/2)^3 / (5/12)^{3/2}, so L / (1 + r^3) = (9/32) / ((5/12)^{3/2} + 27/8).
        let exact = 2.0 * 9.0 / 32.0 / ((5.0_f64 / 12.0).powf(1.5) + 27.0 / 8.0);
        assert!((one.non_uniform_bound(2.0) - exact).abs() < 1e-15);
    }
}
