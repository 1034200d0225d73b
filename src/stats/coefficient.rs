//! A quantity that was fitted, with its standard error.

use super::laws::{student_quantile, student_tail};
use super::{Estimate, Interval, Null};

/// An estimate whose error is normal, measured in its standard error: a coefficient of a fit.
///
/// A standard error that is known gives normal intervals; one that was itself estimated gives those of
/// Student's t. A standard error that is 0, infinite or NaN is no evidence: the interval is unknown and
/// the p-value 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficient {
    /// The point estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The degrees of freedom of the standard error, infinite where that is known.
    pub degrees_of_freedom: f64,
    /// The number of independent samples.
    pub n_samples: usize,
}

impl Coefficient {
    /// The estimate in units of its standard error.
    pub fn z_score(&self) -> f64 {
        self.value / self.standard_error
    }

    fn is_evidence(&self) -> bool {
        let is_scale = self.standard_error > 0.0 && self.standard_error.is_finite();
        is_scale && self.degrees_of_freedom > 0.0 && self.value.is_finite()
    }
}

impl Estimate for Coefficient {
    fn value(&self) -> f64 {
        self.value
    }

    fn interval(&self, tail: f64) -> Interval {
        if !self.is_evidence() {
            return Interval::UNKNOWN;
        }
        let half_width = student_quantile(tail, self.degrees_of_freedom) * self.standard_error;
        Interval::new(self.value - half_width, self.value + half_width)
    }

    fn p_value(&self, null: Null) -> f64 {
        if !self.is_evidence() {
            return 1.0;
        }
        let distance = match null {
            Null::AtMost(upper) => self.value - upper,
            Null::AtLeast(lower) => lower - self.value,
        };
        let p_value = student_tail(distance / self.standard_error, self.degrees_of_freedom);
        if p_value.is_nan() { 1.0 } else { p_value }
    }

    fn n_samples(&self) -> usize {
        self.n_samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coefficient(degrees_of_freedom: f64) -> Coefficient {
        Coefficient { value: 2.0, standard_error: 0.5, degrees_of_freedom, n_samples: 3 }
    }

    #[test]
    fn interval_and_p_value_match_the_tables() {
        let normal = coefficient(f64::INFINITY).interval(0.025);
        assert!((normal.upper - (2.0 + 0.5 * 1.959_963_984_540_054)).abs() < 1e-14);
        let student = coefficient(2.0).interval(0.025);
        assert!((student.lower - (2.0 - 0.5 * 4.302_652_729_749_464)).abs() < 1e-13);
        assert_eq!(coefficient(2.0).p_value(Null::AtMost(2.0)), 0.5);
        assert_eq!(coefficient(2.0).z_score(), 4.0);
    }

    #[test]
    fn the_p_value_is_the_tail_at_which_the_interval_ends_at_the_hypothesis() {
        for nu in [1.0, 3.5, 40.0, f64::INFINITY] {
            for tail in [1e-9, 1e-3, 0.2] {
                let Interval { lower, upper } = coefficient(nu).interval(tail);
                for p_value in [Null::AtMost(lower), Null::AtLeast(upper)] {
                    let p_value = coefficient(nu).p_value(p_value);
                    assert!((p_value / tail - 1.0).abs() < 1e-10, "{nu} {tail}: {p_value}");
                }
            }
        }
    }

    #[test]
    fn no_scale_is_no_evidence() {
        for standard_error in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let nothing = Coefficient { standard_error, ..coefficient(2.0) };
            assert_eq!(nothing.interval(0.1), Interval::UNKNOWN);
            assert_eq!(nothing.p_value(Null::AtMost(-9.0)), 1.0);
        }
        assert_eq!(coefficient(f64::NAN).p_value(Null::AtMost(-9.0)), 1.0);
        assert_eq!(coefficient(2.0).p_value(Null::AtMost(f64::NAN)), 1.0);
        assert_eq!(coefficient(2.0).interval(0.0), Interval::UNKNOWN);
    }
}
