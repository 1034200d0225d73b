//! Quantities that are computed, not sampled.

use super::{AnyTime, Estimate, Interval, Null};

/// A computed quantity with a bound on its error: the worst of a list, or a single one.
///
/// Its interval does not depend on the error rate, so that a decision on it is never undecided unless
/// the error bound straddles the end of the region.
///
/// ```
/// use feature_contamination::stats::{Estimate, Exact};
///
/// // The worst of two cases, whatever the error rate.
/// let worst = Exact::largest([(0.25, 0.0), (0.5, 0.125)]);
/// let interval = worst.interval(1e-3);
/// assert_eq!((worst.value(), interval.lower, interval.upper), (0.5, 0.375, 0.625));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exact {
    /// The value.
    pub value: f64,
    /// A bound on its absolute error.
    pub error_bound: f64,
    /// How many cases were computed.
    pub n_cases: usize,
}

impl Exact {
    /// The worst case, the largest value, of a list of values and error bounds. Each error is counted
    /// against its own case. A NaN makes the whole unknown.
    pub fn largest(cases: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (mut upper, mut value, mut n_cases) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0);
        for (case, error_bound) in cases {
            n_cases += 1;
            let worst = case + error_bound;
            if worst.is_nan() {
                return Exact { value: f64::NAN, error_bound: f64::INFINITY, n_cases };
            }
            upper = f64::max(upper, worst);
            value = f64::max(value, case);
        }
        if n_cases == 0 {
            return Exact { value: f64::NAN, error_bound: f64::INFINITY, n_cases };
        }
        Exact { value, error_bound: upper - value, n_cases }
    }
}

impl Estimate for Exact {
    fn value(&self) -> f64 {
        self.value
    }

    fn interval(&self, _tail: f64) -> Interval {
        Interval::new(self.value - self.error_bound, self.value + self.error_bound)
    }

    fn p_value(&self, null: Null) -> f64 {
        let interval = self.interval(0.0);
        let is_beyond = match null {
            Null::AtMost(bound) => interval.lower > bound,
            Null::AtLeast(bound) => interval.upper < bound,
        };
        if is_beyond { 0.0 } else { 1.0 }
    }

    /// A computed value leaves no room: it contradicts a hypothesis or is worth nothing.
    fn log_e_value(&self, null: Null) -> f64 {
        if self.p_value(null) == 0.0 { f64::INFINITY } else { 0.0 }
    }

    fn n_samples(&self) -> usize {
        self.n_cases
    }
}

impl AnyTime for Exact {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_case_counts_with_its_own_error() {
        let worst = Exact::largest([(0.3, 0.5), (0.7, 0.0), (0.1, 0.1)]);
        assert!((worst.interval(0.5).upper - 0.8).abs() < 1e-15);
        assert_eq!((worst.value, worst.n_cases), (0.7, 3));
    }

    #[test]
    fn nothing_and_not_a_number_are_unknown() {
        for unknown in [Exact::largest([]), Exact::largest([(1.0, 0.0), (f64::NAN, 0.0)])] {
            assert_eq!(unknown.interval(0.5), Interval::UNKNOWN);
        }
    }
}
