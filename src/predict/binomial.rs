//! The normal approximation of the binomial law: how far off it is, exactly, and its expansion.
//!
//! For `B` binomial(n, p), `X = (B - n p) / sqrt(n p q)` and `b = (p^2 + q^2) / sqrt(p q)`, the third
//! absolute moment of one standardised term, the theorem of Berry and Esseen bounds
//! `R_n = sqrt(n) sup |P(X <= x) - Phi(x)| / b` by its constant. Esseen's `p = (4 - sqrt 10) / 2` makes
//! the limit of `R_n` largest.

use std::f64::consts::TAU;

use super::{Certified, normal_cdf};
use crate::error::{Error, Result};
use crate::linalg::{CompensatedSum, UNIT_ROUNDOFF};

/// The success probability `(4 - sqrt 10) / 2` of the two-point law for which no constant below
/// [`esseen_limit`] can hold.
///
/// # Source
/// Esseen, *A moment inequality with an application to the central limit theorem*, 1956.
pub const ESSEEN_SUCCESS_PROBABILITY: f64 = 0.418_861_169_915_810_3;

/// `(sqrt 10 + 3) / (6 sqrt(2 pi)) = 0.409732...`, the largest limit that a two-point law has.
///
/// # Source
/// Esseen 1956.
pub fn esseen_limit() -> f64 {
    (10.0_f64.sqrt() + 3.0) / (6.0 * TAU.sqrt())
}

/// `sup_x |P((B - n p) / sqrt(n p q) <= x) - Phi(x)|` for `B` binomial(n, p), as a multiple of the
/// Lyapunov ratio `b / sqrt n`: what the constant of the theorem must be at least.
///
/// Masses come from their ratios, outward from the mode: 5 roundings a step, those of `1 - p` and of
/// `p / q` included. A distribution function is a quotient of two sums of them.
///
/// # Errors
/// No term, or a probability that is not inside (0, 1).
pub fn binomial_distance(n: usize, p: f64) -> Result<Certified> {
    let (p, q) = checked(n, p)?;
    let n_terms = n as f64;
    let (mode, sd) = ((n_terms * p) as usize, (n_terms * p * q).sqrt());
    let masses = relative_masses(n, p / q, mode);
    let total = masses.iter().copied().collect::<CompensatedSum>().value();
    let mut distance = 0.0_f64;
    let (mut sum, mut steps, mut below) =
        (CompensatedSum::default(), CompensatedSum::default(), 0.0);
    for (k, &mass) in masses.iter().enumerate() {
        let normal = normal_cdf((k as f64 - n_terms * p) / sd);
        sum.add(mass);
        steps.add(mass * k.abs_diff(mode) as f64);
        let up_to = sum.value() / total;
        distance = distance.max((up_to - normal).abs()).max((below - normal).abs());
        below = up_to;
    }
    // Numerator and denominator, each 5 roundings a step; then the sums, the quotient and the difference.
    let of_masses = 2.0 * 5.0 * UNIT_ROUNDOFF * steps.value() / total + 16.0 * UNIT_ROUNDOFF;
    // `n p` is rounded, and moves the argument of Phi, whose slope is at most 0.4.
    let of_normal = 0.4 * UNIT_ROUNDOFF * n_terms * p / sd + 8.0 * UNIT_ROUNDOFF;
    let scale = n_terms.sqrt() * (p * q).sqrt() / (p * p + q * q);
    let error_bound = scale * (of_masses + of_normal + 8.0 * UNIT_ROUNDOFF * distance);
    Ok(Certified::new(scale * distance, error_bound))
}

/// Masses of the binomial law over that of the mode. What underflows weighs nothing.
fn relative_masses(n: usize, odds: f64, mode: usize) -> Vec<f64> {
    let mut masses = vec![1.0; n + 1];
    for k in mode..n {
        masses[k + 1] = masses[k] * (n - k) as f64 / (k + 1) as f64 * odds;
    }
    for k in (1..=mode).rev() {
        masses[k - 1] = masses[k] * k as f64 / (n - k + 1) as f64 / odds;
    }
    masses
}

/// The smaller one of `p` and `1 - p` first: turning a law around changes no distance.
fn checked(n: usize, p: f64) -> Result<(f64, f64)> {
    if n == 0 {
        let remedy = "give the number of terms of the sum";
        return Err(Error::out_of_range("number of terms", n, "at least 1", remedy));
    }
    if !(p > 0.0 && p < 1.0) {
        let remedy = "give a law with two points";
        return Err(Error::out_of_range("success probability", p, "inside (0, 1)", remedy));
    }
    Ok(if p <= 0.5 { (p, 1.0 - p) } else { (1.0 - p, p) })
}

/// The expansion `R_n = limit + correction / n + O(n^-2)` of [`binomial_distance`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinomialExpansion {
    /// The limit of `R_n`.
    pub limit: f64,
    /// The coefficient of `1/n`; it depends on where the lattice lies, that is on `n p` modulo 1.
    pub correction: f64,
    /// The smallest and the largest coefficient that any place of the lattice gives.
    pub correction_range: (f64, f64),
}

/// The expansion for binomial(n, p).
///
/// # Errors
/// See [`binomial_distance`].
///
/// # Source
/// `theory/berry-esseen/sharp.md`.
pub fn binomial_expansion(n: usize, p: f64) -> Result<BinomialExpansion> {
    let (p, q) = checked(n, p)?;
    let lattice = Lattice::new(p, q);
    let mean = n as f64 * p;
    // The vertex of the parabola, and the lattice points on both sides of it.
    let nearest = (mean + lattice.vertex() / lattice.span).floor();
    let at = |k: f64| lattice.correction(lattice.span * (k - mean));
    let half = 0.5 * lattice.span;
    Ok(BinomialExpansion {
        limit: (4.0 - 2.0 * p) / (6.0 * TAU.sqrt() * (p * p + q * q)),
        correction: at(nearest).max(at(nearest + 1.0)),
        correction_range: (
            lattice.correction(lattice.vertex() + half),
            lattice.correction(lattice.vertex()),
        ),
    })
}

/// One standardised term: its cumulants, its span and its third absolute moment.
struct Lattice {
    span: f64,
    skewness: f64,
    fourth: f64,
    fifth: f64,
    third_absolute: f64,
}

impl Lattice {
    fn new(p: f64, q: f64) -> Self {
        let span = 1.0 / (p * q).sqrt();
        Lattice {
            span,
            skewness: (q - p) * span,
            fourth: (1.0 - 6.0 * p * q) * span * span,
            fifth: (q - p) * (1.0 - 12.0 * p * q) * span.powi(3),
            third_absolute: (p * p + q * q) * span,
        }
    }

    /// The coefficient of `1/n` at the lattice point `delta / sqrt n`. It is a parabola: the cubes cancel.
    fn correction(&self, delta: f64) -> f64 {
        let Lattice { span: h, skewness: g, fourth, fifth, third_absolute } = *self;
        // Where the continuity correction of the lattice takes its value, in the same unit.
        let eta = delta + 0.5 * h;
        let normal = (delta.powi(3) - eta.powi(3)) / 6.0;
        let edgeworth = -g * eta * eta / 4.0 + eta * (fourth / 8.0 - 5.0 * g * g / 24.0);
        let even = -fifth / 40.0 + 5.0 * g * fourth / 48.0 - 35.0 * g.powi(3) / 432.0;
        let midpoint = h * h * (eta + 0.5 * g) / 24.0;
        (normal + edgeworth + even + midpoint) / (third_absolute * TAU.sqrt())
    }

    /// Where the parabola is largest, from its values at -1, 0 and 1.
    fn vertex(&self) -> f64 {
        let [left, middle, right] = [-1.0, 0.0, 1.0].map(|delta| self.correction(delta));
        0.5 * (left - right) / (left - 2.0 * middle + right)
    }
}

#[cfg(test)]
mod tests {
    use super::super::discrete::{self, Atom};
    use super::*;

    #[test]
    fn esseens_case_reaches_the_published_distance() {
        let exact = (4.0 - 10.0_f64.sqrt()) / 2.0;
        assert!((ESSEEN_SUCCESS_PROBABILITY - exact).abs() < 1e-15);
        assert!((esseen_limit() - 0.409_732_183_702).abs() < 1e-12);
        let distance = binomial_distance(1000, ESSEEN_SUCCESS_PROBABILITY).unwrap();
        assert!((distance.value - 0.409_508_171_074).abs() < 1e-11, "{distance:?}");
        assert!(distance.error_bound < 1e-12, "{distance:?}");
    }

    /// The same by convolution, one distribution function at a time.
    fn by_convolution(n: usize, p: f64) -> f64 {
        let (q, n_terms) = (1.0 - p, n as f64);
        let (mut distance, mut below) = (0.0_f64, 0.0);
        for k in 0..=n {
            let mut atoms = vec![Atom { coefficient: -1.0, probability: p }; n];
            atoms.push(Atom { coefficient: k as f64, probability: 1.0 });
            let up_to = discrete::probability(&atoms).unwrap().value;
            let normal = normal_cdf((k as f64 - n_terms * p) / (n_terms * p * q).sqrt());
            distance = distance.max((up_to - normal).abs()).max((below - normal).abs());
            below = up_to;
        }
        distance * (n_terms * p * q).sqrt() / (p * p + q * q)
    }

    #[test]
    fn ratios_of_masses_agree_with_convolutions() {
        for (n, p) in [(1, 0.3), (7, 0.5), (40, 0.05), (60, ESSEEN_SUCCESS_PROBABILITY), (33, 0.9)]
        {
            let distance = binomial_distance(n, p).unwrap();
            let difference = (distance.value - by_convolution(n, p)).abs();
            assert!(difference <= distance.error_bound + 1e-13, "{n} {p}: {difference:e}");
            assert!(distance.error_bound < 1e-13, "{n} {p}: {distance:?}");
        }
    }

    #[test]
    fn one_fair_coin_by_hand() {
        // X = +-1: P(X <= -1) - Phi(-1) = 0.5 - 0.158655, and b = 1.
        let distance = binomial_distance(1, 0.5).unwrap().value;
        assert!((distance - (0.5 - normal_cdf(-1.0))).abs() < 1e-16);
        let limit = binomial_expansion(1, 0.5).unwrap().limit;
        assert!((limit - 1.0 / TAU.sqrt()).abs() < 1e-16);
    }

    #[test]
    fn the_expansion_is_off_by_the_square_of_its_order() {
        for p in [0.5, 0.25, ESSEEN_SUCCESS_PROBABILITY, 0.6] {
            for n in [50, 500, 5000] {
                let BinomialExpansion { limit, correction, correction_range } =
                    binomial_expansion(n, p).unwrap();
                let distance = binomial_distance(n, p).unwrap().value;
                let n_terms = n as f64;
                let rest = n_terms * n_terms * (distance - limit - correction / n_terms);
                assert!(rest.abs() < 1.0, "{n} {p}: {rest}");
                assert!(correction_range.0 <= correction && correction <= correction_range.1);
            }
        }
        let limit = binomial_expansion(1, ESSEEN_SUCCESS_PROBABILITY).unwrap().limit;
        assert!((limit - esseen_limit()).abs() < 1e-15);
    }

    #[test]
    fn laws_without_two_points_are_refused() {
        assert!(binomial_distance(0, 0.5).unwrap_err().to_string().contains("number of terms = 0"));
        for p in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(binomial_distance(3, p).is_err() && binomial_expansion(3, p).is_err());
        }
    }
}
