//! The variance of normal variables of known mean.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{Estimate, Interval, Null, Squares};

/// The variance of independent normal variables of mean 0, from their squares.
///
/// ```
/// use feature_contamination::stats::{Estimate, Squares, Variance};
///
/// let variance = Variance::of([Squares::of_independent_draws([1.0, -3.0])]);
/// assert_eq!((variance.value(), variance.n_samples()), (5.0, 2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variance {
    sum_of_squares: f64,
    n_samples: usize,
}

impl Variance {
    /// From the squares of the values of each run.
    pub fn of(runs: impl IntoIterator<Item = Squares>) -> Self {
        let (sum_of_squares, n_samples) = Squares::total(runs);
        Variance { sum_of_squares, n_samples }
    }
}

impl Estimate for Variance {
    fn value(&self) -> f64 {
        self.sum_of_squares / self.n_samples as f64
    }

    fn interval(&self, tail: f64) -> Interval {
        let Ok(law) = ChiSquared::new(self.n_samples as f64) else {
            return Interval::UNKNOWN;
        };
        let lower = self.sum_of_squares / law.inverse_cdf(1.0 - tail);
        Interval::new(lower, self.sum_of_squares / law.inverse_cdf(tail))
    }

    fn p_value(&self, null: Null) -> f64 {
        let Ok(law) = ChiSquared::new(self.n_samples as f64) else { return 1.0 };
        match null {
            Null::AtMost(variance) if variance <= 0.0 => 0.0,
            Null::AtMost(variance) => law.sf(self.sum_of_squares / variance),
            Null::AtLeast(variance) if variance <= 0.0 => 1.0,
            Null::AtLeast(variance) => law.cdf(self.sum_of_squares / variance),
        }
    }

    fn n_samples(&self) -> usize {
        self.n_samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_equals_the_closed_form_for_two_degrees_of_freedom() {
        // With two degrees of freedom the sum of squares is exponential: quantile -2 ln(1 - p).
        let interval = Variance::of([Squares::of_independent_draws([3.0, 4.0])]).interval(0.05);
        assert!((interval.lower - 25.0 / (-2.0 * 0.05_f64.ln())).abs() < 1e-7);
        assert!((interval.upper - 25.0 / (-2.0 * 0.95_f64.ln())).abs() < 1e-6);
    }

    #[test]
    fn far_tails_of_many_degrees_of_freedom_match_the_normal_limit() {
        let n = 1_000_000;
        let variance = Variance { sum_of_squares: n as f64, n_samples: n };
        let interval = variance.interval(1e-8);
        // z = 5.612 at 1e-8, standard error sqrt(2/n).
        let half_width = 5.612 * (2.0 / n as f64).sqrt();
        assert!((interval.half_width() / half_width - 1.0).abs() < 1e-2, "{interval:?}");
    }

    #[test]
    fn nothing_is_no_evidence() {
        assert_eq!(Variance::of([]).interval(0.1), Interval::UNKNOWN);
    }
}
