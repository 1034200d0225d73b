//! The variance of normal variables of known mean, that may be looked at at any time.

use super::betting::check_positive;
use super::{AnyTime, Estimate, Interval, Null, Squares};
use crate::error::{Error, Result};

/// The variance of independent normal variables of mean 0, whose evidence holds at every number of samples,
/// also one chosen by looking at them.
///
/// The evidence against "at most `v`" is the likelihood ratio of `v (1 + r)` to `v`, `r` the relative
/// resolution, and that against "at least `v`" the one of `v (1 - r)` to `v`. Both depend on the number of
/// samples and on the sum of their squares alone.
///
/// # Source
/// Wald, *Sequential tests of statistical hypotheses*, Ann. Math. Statist. 16, 1945.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SequentialVariance {
    resolution: f64,
    sum_of_squares: f64,
    n_samples: usize,
}

impl SequentialVariance {
    /// From the squares of the values of each run. The evidence tells a variance from one that differs by the factor
    /// `1 + resolution` or `1 - resolution` fastest.
    ///
    /// # Errors
    /// A resolution outside of (0, 1), or a value that is not finite.
    pub fn of(runs: impl IntoIterator<Item = Squares>, resolution: f64) -> Result<Self> {
        let (sum_of_squares, n_samples) = Squares::total(runs);
        if check_positive("resolution", resolution)? >= 1.0 {
            let remedy = "give a share of the variance";
            return Err(Error::out_of_range("resolution", resolution, "below 1", remedy));
        }
        if !sum_of_squares.is_finite() {
            let remedy = "find out which variable left the numbers";
            return Err(Error::out_of_range("sum of squares", sum_of_squares, "finite", remedy));
        }
        Ok(SequentialVariance { resolution, sum_of_squares, n_samples })
    }

    fn log_ratio(&self, null: Null) -> f64 {
        let (bound, factor) = match null {
            Null::AtMost(bound) if bound <= 0.0 => return f64::INFINITY,
            Null::AtLeast(bound) if bound <= 0.0 => return f64::NEG_INFINITY,
            Null::AtMost(bound) => (bound, 1.0 + self.resolution),
            Null::AtLeast(bound) => (bound, 1.0 - self.resolution),
        };
        if bound.is_infinite() {
            return if matches!(null, Null::AtMost(_)) { 0.0 } else { f64::INFINITY };
        }
        let n = self.n_samples as f64;
        0.5 * (self.sum_of_squares / bound * (1.0 - 1.0 / factor) - n * libm::log(factor))
    }

    /// The variance at which the ratio comes to `-ln tail`.
    fn limit(&self, factor: f64, tail: f64) -> f64 {
        let n = self.n_samples as f64;
        let needed = n * libm::log(factor) - 2.0 * tail.ln();
        self.sum_of_squares * (1.0 - 1.0 / factor) / needed
    }
}

impl Estimate for SequentialVariance {
    fn value(&self) -> f64 {
        self.sum_of_squares / self.n_samples as f64
    }

    fn interval(&self, tail: f64) -> Interval {
        let lower = self.limit(1.0 + self.resolution, tail);
        // Above: both factors are negative; where too few samples leave the second positive, there is no
        // upper end.
        let upper = self.limit(1.0 - self.resolution, tail);
        Interval::new(lower, if upper > 0.0 { upper } else { f64::INFINITY })
    }

    fn p_value(&self, null: Null) -> f64 {
        libm::exp(-self.log_ratio(null)).min(1.0)
    }

    fn log_e_value(&self, null: Null) -> f64 {
        self.log_ratio(null)
    }

    fn n_samples(&self) -> usize {
        self.n_samples
    }
}

impl AnyTime for SequentialVariance {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::stats::{Hypothesis, Rates, Verdict, decide};
    use rand_distr::{Distribution, StandardNormal};

    #[test]
    fn evidence_is_the_ratio_of_two_normal_densities() {
        let variance =
            SequentialVariance::of([1.0, -2.0, 0.5].map(Squares::of_one_per_run), 0.5).unwrap();
        let log_density = |x: f64, v: f64| -0.5 * (x * x / v + v.ln());
        let by_hand = |v: f64, w: f64| -> f64 {
            [1.0, -2.0, 0.5].iter().map(|&x| log_density(x, w) - log_density(x, v)).sum()
        };
        let above = variance.log_e_value(Null::AtMost(0.8));
        assert!((above - by_hand(0.8, 1.2)).abs() < 1e-14);
        let below = variance.log_e_value(Null::AtLeast(3.0));
        assert!((below - by_hand(3.0, 1.5)).abs() < 1e-14);
    }

    #[test]
    fn intervals_and_p_values_are_two_sides_of_one_test() {
        let variance = SequentialVariance::of(
            (0..600).map(|i| Squares::of_one_per_run(f64::from(i % 3 - 1))),
            0.2,
        )
        .unwrap();
        let Interval { lower, upper } = variance.interval(1e-3);
        assert!(lower < 2.0 / 3.0 && 2.0 / 3.0 < upper && upper < 1.0);
        assert!((variance.p_value(Null::AtMost(lower)) / 1e-3 - 1.0).abs() < 1e-9);
        assert!((variance.p_value(Null::AtLeast(upper)) / 1e-3 - 1.0).abs() < 1e-9);
        let few = SequentialVariance::of([Squares::of_one_per_run(1.0)], 0.2).unwrap();
        assert_eq!(few.interval(1e-3).upper, f64::INFINITY);
    }

    #[test]
    fn a_true_variance_is_supported_and_a_scaled_sample_refuted() {
        let mut rng = Seed::root(4).child("normal").rng();
        let draws: Vec<f64> = (0..40_000).map(|_| StandardNormal.sample(&mut rng)).collect();
        let rates = Rates { alpha: 1e-8, beta: 1e-3 };
        for (variance, verdict) in
            [(1.0, Verdict::Supported), (1.05, Verdict::Refuted), (0.95, Verdict::Refuted)]
        {
            let scale = f64::sqrt(variance);
            let estimate = SequentialVariance::of(
                draws.iter().map(|z| Squares::of_one_per_run(scale * z)),
                0.05,
            )
            .unwrap();
            assert_eq!(
                decide(&estimate, Hypothesis::exactly(1.0).within(0.05), rates).verdict,
                verdict
            );
        }
    }

    #[test]
    fn faulty_variables_and_resolutions_are_refused() {
        assert!(SequentialVariance::of([1.0, f64::NAN].map(Squares::of_one_per_run), 0.1).is_err());
        assert!(SequentialVariance::of([Squares::of_one_per_run(1.0)], 1.0).is_err());
        assert!(SequentialVariance::of([Squares::of_one_per_run(1.0)], 0.0).is_err());
    }
}
