//! What the normal approximation of an activation probability neglects, to second order.
//!
//! With `lambda_k` the standardised cumulants of `S`, of order `d0^{1 - k/2}`, `He_k` the Hermite
//! polynomials and `r = M / sqrt V`, the probability of activity exceeds `Phi(r)` by
//!
//! `phi(r) (lambda_3 He_2(r) / 6  -  lambda_4 He_3(r) / 24  -  lambda_3^2 He_5(r) / 72)`
//!
//! up to `O(d0^{-3/2})`, where `S` has a density. Where it takes its values on a lattice through 0, of span
//! `h` standard deviations, this and `-phi(r) r h^2 / 12` is the excess of `P(S > 0) + P(S = 0) / 2`, and
//! half of the atom at 0 is `phi(r) (h/2) (1 - lambda_3 He_3(r) / 6)`.

use super::activation::signed_coefficients;
use super::normal_density;
use crate::setting::{Label, Latent};

/// A term of order `d0^{-1/2}` and the next one, of order `1/d0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoTerms {
    /// The term of order `d0^{-1/2}`; 0 for the smooth part of a law without skewness.
    pub first: f64,
    /// The term of order `1/d0`.
    pub second: f64,
}

impl TwoTerms {
    /// Both terms.
    pub fn sum(self) -> f64 {
        self.first + self.second
    }
}

/// The expansion of `P(S >= 0) - Phi(r)`, the sum of its two parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edgeworth {
    /// `P(S > 0) + P(S = 0) / 2 - Phi(r)`.
    pub smooth: TwoTerms,
    /// `P(S = 0) / 2`; 0 where there is no lattice.
    pub lattice: TwoTerms,
}

/// The expansion for a neuron of feature coordinates `weights`, on a class. `span` is that of the lattice of
/// `S`, where `S` is a sum of Bernoulli latents with weights on a lattice.
///
/// # Source
/// Esseen, *Fourier analysis of distribution functions*, Acta Math. 77, 1945;
/// `theory/berry-esseen/rate.md`.
pub fn edgeworth(
    weights: &[f64],
    n_core: usize,
    latents: &[Latent],
    label: Label,
    span: Option<f64>,
) -> Edgeworth {
    let (mut mean, mut cumulants) = (0.0, [0.0; 3]);
    for (c, &latent) in signed_coefficients(weights, n_core, label).into_iter().zip(latents) {
        mean += c * latent.mean();
        let of_latent = cumulants_of(latent);
        for (k, cumulant) in cumulants.iter_mut().enumerate() {
            *cumulant += c.powi(k as i32 + 2) * of_latent[k];
        }
    }
    let [variance, third, fourth] = cumulants;
    let sd = f64::sqrt(variance);
    let (r, skewness, excess) = (mean / sd, third / sd.powi(3), fourth / (variance * variance));
    let h = span.unwrap_or(0.0) / sd;
    let density = normal_density(r);
    let he_2 = r * r - 1.0;
    let he_3 = r * (r * r - 3.0);
    let he_5 = r * (r.powi(4) - 10.0 * r * r + 15.0);
    Edgeworth {
        smooth: TwoTerms {
            first: density * skewness * he_2 / 6.0,
            second: -density
                * (excess * he_3 / 24.0 + skewness * skewness * he_5 / 72.0 + r * h * h / 12.0),
        },
        lattice: TwoTerms {
            first: density * h / 2.0,
            second: -density * h * skewness * he_3 / 12.0,
        },
    }
}

/// The second to the fourth cumulant of a latent.
fn cumulants_of(latent: Latent) -> [f64; 3] {
    let variance = latent.variance();
    match latent {
        Latent::Uniform => [variance, 0.0, -1.0 / 120.0],
        Latent::Bernoulli { p } => {
            [variance, variance * (1.0 - 2.0 * p), variance * (1.0 - 6.0 * variance)]
        }
        Latent::Beta { a, b } => {
            let s = a + b;
            let skewness = 2.0 * (b - a) * (s + 1.0).sqrt() / ((s + 2.0) * (a * b).sqrt());
            let excess = 6.0 * ((a - b).powi(2) * (s + 1.0) - a * b * (s + 2.0))
                / (a * b * (s + 2.0) * (s + 3.0));
            [variance, skewness * variance.powf(1.5), excess * variance * variance]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ActivationOracle, normal_approximation};
    use super::*;

    #[test]
    fn cumulants_of_the_three_laws_by_hand() {
        // Beta(1, 1) is uniform; Beta(1/2, 1/2) has fourth cumulant 3/128 - 3/64; Bernoulli(1/4).
        let cases = [
            ("beta:1,1", [1.0 / 12.0, 0.0, -1.0 / 120.0]),
            ("beta:0.5,0.5", [0.125, 0.0, -3.0 / 128.0]),
            ("bernoulli:0.25", [3.0 / 16.0, 3.0 / 32.0, -3.0 / 128.0]),
        ];
        for (law, exact) in cases {
            let computed = cumulants_of(law.parse().unwrap());
            for (computed, exact) in computed.iter().zip(exact) {
                assert!((computed - exact).abs() < 1e-15, "{law}: {computed} {exact}");
            }
        }
    }

    #[test]
    fn two_terms_leave_an_error_of_the_third_order() {
        // Weights 2 and -1 in equal numbers: n times as many features, n^{-3/2} times the error.
        for (law, span) in [("uniform", None), ("beta:2,5", None), ("bernoulli:0.3", Some(1.0))] {
            let rest = |n_pairs: usize| {
                let mut weights = vec![2.0; n_pairs];
                weights.extend(vec![-1.0; 2 * n_pairs - n_pairs / 16]);
                let latents: Vec<Latent> = vec![law.parse().unwrap(); weights.len()];
                let exact = ActivationOracle::new(&latents, 0).unwrap();
                let exact = exact.probabilities(&weights).unwrap().positive;
                let normal = normal_approximation(&weights, 0, &latents, Label::Positive);
                let terms = edgeworth(&weights, 0, &latents, Label::Positive, span);
                let two_terms = terms.smooth.sum() + terms.lattice.sum();
                let error = exact.value - normal.normal_approximation;
                ((error - two_terms).abs(), error.abs())
            };
            let (small, large) = (rest(16), rest(256));
            assert!(small.0 < 0.1 * small.1, "{law}: {small:?}");
            assert!(large.0 < 1.5 * small.0 / 64.0, "{law}: {small:?} {large:?}");
        }
    }

    #[test]
    fn half_of_an_atom_is_that_of_the_binomial_law() {
        // Four fair coins against two sure ones: P(B = 2) = 6/16, h = 1, and phi(0) h / 2 = 0.1995.
        let latents = vec![Latent::bernoulli(0.5).unwrap(); 8];
        let weights = [1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0];
        let terms = edgeworth(&weights, 0, &latents, Label::Positive, Some(1.0));
        // sd = sqrt 2, and P(S = 0) = C(8, 4) / 2^8 = 0.2734.
        assert!((terms.lattice.sum() - 0.5 * 70.0 / 256.0).abs() < 0.006, "{terms:?}");
        assert_eq!((terms.smooth.first, terms.smooth.second), (0.0, 0.0));
    }
}
