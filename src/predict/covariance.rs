//! Bounds on the covariance term: how far `E_y[z_j 1{S >= 0}]` is from `mu_j P(S >= 0 | y)`.

use std::f64::consts::SQRT_2;

use super::characteristic::largest_density;
use crate::setting::{ByLabel, Label, Latent};

/// Bounds `k_j` on `|Cov_y(1{S >= 0}, z_j)|`, one for each feature and good for both classes; `None` unless
/// every latent has a bounded density.
///
/// With `z'` a copy of `z_j`, `Cov = E[(z - z') (1{c z + R >= 0} - 1{c z' + R >= 0})] / 2`, `R` the other terms.
/// The product is never of the other sign than `c`, and not 0 only if `R` lies between `-c z` and `-c z'`; so
///
/// `0 <= sign(c) Cov <= (1/2) E[|z - z'| |c| |z - z'|] sup f_R = sigma_j^2 |u_j| sup f_R`,
///
/// and a sum of independent variables of densities at most `D_i / |u_i|` has a density of at most
/// `sqrt(2 / sum_i u_i^2 / D_i^2)`. Because `c_j` is the same for both classes on the background, `k_j` bounds the
/// difference of the two covariances as well.
///
/// # Source
/// Bobkov and Chistyakov 2014, theorem 1.1 (after Ball 1986 and Rogozin 1987); `theory/gradient/asymmetry.md`.
pub fn covariance_bounds(weights: &[f64], latents: &[Latent]) -> Option<Vec<f64>> {
    let scaled = weights.iter().zip(latents).map(|(u, &latent)| Some(u / supremum(latent)?));
    let squares: Vec<f64> = scaled.map(|u| u.map(|u| u * u)).collect::<Option<_>>()?;
    let bound = |j: usize| {
        // Summed anew without term j: a difference of sums would cancel.
        let others: f64 = squares.iter().enumerate().filter(|&(i, _)| i != j).map(|(_, s)| s).sum();
        let density = SQRT_2 / others.sqrt();
        // Weights of 0 everywhere else: no density, and no more than sigma_j / 2 by Cauchy and Schwarz.
        let by_density = latents[j].variance() * weights[j].abs() * density;
        by_density.min(0.5 * latents[j].variance().sqrt())
    };
    Some((0..weights.len()).map(bound).collect())
}

/// A bound on `sum_j (Cov_+(1, z_j) - Cov_-(1, z_j))^2 / sigma_j^2` over the background, for every law.
///
/// The standardised latents are orthonormal, so by Bessel's inequality each class's squares add up to at
/// most the variance `P (1 - P)` of the indicator; and the two covariances have one sign, so that their
/// difference is at most the larger.
///
/// # Source
/// `theory/gradient/asymmetry.md`.
pub fn bessel_bound(active: ByLabel<f64>) -> f64 {
    let variance = |label: Label| active.of(label) * (1.0 - active.of(label));
    variance(Label::Positive) + variance(Label::Negative)
}

/// The largest value of a latent's density.
fn supremum(latent: Latent) -> Option<f64> {
    match latent {
        Latent::Uniform => Some(1.0),
        Latent::Beta { a, b } if a >= 1.0 && b >= 1.0 => Some(largest_density(a, b)),
        Latent::Beta { .. } | Latent::Bernoulli { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_uniforms_by_hand() {
        // E[z_1 1{z_1 >= z_2}] = 1/3, so the covariance is 1/3 - 1/4 = 1/12 = sigma^2; the other term's
        // density is at most 1, its bound sqrt 2.
        let bounds = covariance_bounds(&[1.0, -1.0], &[Latent::Uniform; 2]).unwrap();
        assert!((bounds[0] - SQRT_2 / 12.0).abs() < 1e-15 && bounds[0] >= 1.0 / 12.0);
        // A weight without company: Cov(1{z >= 0}, z) = 0, and sigma / 2 is what is known.
        let alone = covariance_bounds(&[1.0, 0.0], &[Latent::Uniform; 2]).unwrap();
        assert!((alone[0] - 0.5 / 12.0_f64.sqrt()).abs() < 1e-15 && alone[1] == 0.0);
    }

    #[test]
    fn latents_without_a_bounded_density_have_no_bounds() {
        for law in ["bernoulli:0.3", "beta:0.5,2"] {
            assert_eq!(covariance_bounds(&[1.0], &[law.parse().unwrap()]), None, "{law}");
        }
        let active = ByLabel { positive: 1.0, negative: 0.5 };
        assert_eq!(bessel_bound(active), 0.25);
    }
}
