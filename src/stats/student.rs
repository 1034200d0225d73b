//! The mean of normal replicates.

use super::laws::{student_quantile, student_tail};
use super::{Estimate, Interval, Null, Replicates};
use crate::error::Result;
use crate::linalg::mean;

/// The mean of independent replicates that are normal, or averages of so many terms that they nearly
/// are, by Student's t.
///
/// ```
/// use feature_contamination::stats::{Estimate, Mean, Replicates};
///
/// let mean = Mean::of(&Replicates::of(3, |run_idx| [1.0, 2.0, 3.0][run_idx]))?;
/// assert_eq!((mean.value(), mean.n_samples()), (2.0, 3));
/// assert!((mean.standard_error() - 1.0 / 3_f64.sqrt()).abs() < 1e-15);
/// // Student's quantile for 2 degrees of freedom, at a tail of 5 %: 2.92.
/// assert!((mean.interval(0.05).half_width() - 2.919_986 / 3_f64.sqrt()).abs() < 1e-6);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mean {
    value: f64,
    standard_error: f64,
    n_samples: usize,
}

impl Mean {
    /// From one value per run.
    ///
    /// A single replicate, or replicates that all agree to the last bit (which continuous quantities do
    /// only when their random streams are tied), are no evidence: the interval is then unknown.
    ///
    /// # Errors
    /// No replicate, or one that is not finite.
    pub fn of(replicates: &Replicates<f64>) -> Result<Self> {
        replicates.check()?;
        let values = replicates.as_slice();
        let n = values.len() as f64;
        let value = mean(values);
        let deviations: Vec<f64> = values.iter().map(|x| (x - value).powi(2)).collect();
        let variance = mean(&deviations) * n / (n - 1.0);
        let standard_error = if replicates.are_tied() { f64::NAN } else { (variance / n).sqrt() };
        Ok(Mean { value, standard_error, n_samples: values.len() })
    }

    /// The standard error, NaN without evidence.
    pub fn standard_error(&self) -> f64 {
        self.standard_error
    }
}

impl Mean {
    /// The degrees of freedom of Student's law, where there is evidence.
    fn degrees_of_freedom(&self) -> Option<f64> {
        let is_evidence = self.n_samples >= 2 && self.standard_error.is_finite();
        is_evidence.then(|| (self.n_samples - 1) as f64)
    }
}

impl Estimate for Mean {
    fn value(&self) -> f64 {
        self.value
    }

    fn interval(&self, tail: f64) -> Interval {
        let Some(degrees_of_freedom) = self.degrees_of_freedom() else {
            return Interval::UNKNOWN;
        };
        let half_width = student_quantile(tail, degrees_of_freedom) * self.standard_error;
        Interval::new(self.value - half_width, self.value + half_width)
    }

    fn p_value(&self, null: Null) -> f64 {
        let Some(degrees_of_freedom) = self.degrees_of_freedom() else { return 1.0 };
        let distance = match null {
            Null::AtMost(bound) => self.value - bound,
            Null::AtLeast(bound) => bound - self.value,
        };
        student_tail(distance / self.standard_error, degrees_of_freedom)
    }

    fn n_samples(&self) -> usize {
        self.n_samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    fn of(values: &[f64]) -> Result<Mean> {
        Mean::of(&Replicates::assume_independent(values.to_vec()))
    }

    #[test]
    fn interval_equals_the_table_of_students_t() {
        // Mean 2, standard deviation 1, n = 3; t_{0.975, 2} = 4.302652729749464.
        let interval = of(&[1.0, 2.0, 3.0]).unwrap().interval(0.025);
        assert!((interval.upper - (2.0 + 4.302_652_729_749_464 / 3.0_f64.sqrt())).abs() < 1e-13);
        // Far tail: t_{1 - 1e-8, 7}, checked against another distribution function.
        let far = of(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]).unwrap();
        let quantile = (far.interval(1e-8).upper - 3.5) / far.standard_error();
        let law = StudentsT::new(0.0, 1.0, 7.0).unwrap();
        assert!((law.cdf(-quantile) / 1e-8 - 1.0).abs() < 1e-6, "{quantile}");
    }

    #[test]
    fn p_values_are_the_tails_of_the_interval() {
        // With one degree of freedom Student's law is Cauchy's: P(T <= -1) = 1/4.
        let mean = of(&[0.0, 2.0]).unwrap();
        assert!((mean.p_value(Null::AtMost(0.0)) - 0.25).abs() < 1e-12);
        assert!((mean.p_value(Null::AtLeast(2.0)) - 0.25).abs() < 1e-12);
        let upper = mean.interval(1e-3).upper;
        assert!((mean.p_value(Null::AtLeast(upper)) / 1e-3 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn tied_or_single_replicates_are_no_evidence_and_faulty_ones_an_error() {
        for replicates in [&[1.0][..], &[2.0, 2.0, 2.0]] {
            let mean = of(replicates).unwrap();
            assert_eq!(mean.interval(0.01), Interval::UNKNOWN);
            assert_eq!(mean.p_value(Null::AtMost(-9.0)), 1.0);
        }
        assert!(of(&[1.0, f64::NAN, 2.0]).is_err() && of(&[]).is_err());
    }
}
