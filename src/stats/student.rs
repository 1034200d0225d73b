//! The mean of normal replicates.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Estimate, Interval};
use crate::linalg::mean;

/// The mean of independent replicates that are normal, or averages of so many terms that they nearly
/// are, by Student's t.
#[derive(Debug, Clone, PartialEq)]
pub struct Mean {
    value: f64,
    standard_error: f64,
    n_samples: usize,
}

impl Mean {
    /// From one value per replicate.
    ///
    /// Fewer than two replicates, a NaN, or replicates that all agree to the last bit (which
    /// continuous quantities do only when their random streams are tied) are no evidence: the interval
    /// is then unknown.
    pub fn of(replicates: &[f64]) -> Self {
        let n = replicates.len() as f64;
        let value = mean(replicates);
        let deviations: Vec<f64> = replicates.iter().map(|x| (x - value).powi(2)).collect();
        let variance = mean(&deviations) * n / (n - 1.0);
        let is_tied = replicates.windows(2).all(|pair| pair[0] == pair[1]);
        let standard_error = if is_tied { f64::NAN } else { (variance / n).sqrt() };
        Mean { value, standard_error, n_samples: replicates.len() }
    }

    /// The standard error, NaN without evidence.
    pub fn standard_error(&self) -> f64 {
        self.standard_error
    }
}

impl Estimate for Mean {
    fn value(&self) -> f64 {
        self.value
    }

    fn interval(&self, tail: f64) -> Interval {
        if self.n_samples < 2 || !self.standard_error.is_finite() {
            return Interval::UNKNOWN;
        }
        let degrees_of_freedom = (self.n_samples - 1) as f64;
        let quantile = StudentsT::new(0.0, 1.0, degrees_of_freedom)
            .map_or(f64::INFINITY, |law| -law.inverse_cdf(tail));
        let half_width = quantile * self.standard_error;
        Interval::new(self.value - half_width, self.value + half_width)
    }

    fn n_samples(&self) -> usize {
        self.n_samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_equals_the_table_of_students_t() {
        // Mean 2, standard deviation 1, n = 3; t_{0.975, 2} = 4.302652729911275.
        let interval = Mean::of(&[1.0, 2.0, 3.0]).interval(0.025);
        assert!((interval.upper - (2.0 + 4.302_652_729_911_275 / 3.0_f64.sqrt())).abs() < 1e-9);
        // Far tail: t_{1 - 1e-8, 7} = 24.1... checked against its own distribution function.
        let far = Mean::of(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        let quantile = (far.interval(1e-8).upper - 3.5) / far.standard_error();
        let law = StudentsT::new(0.0, 1.0, 7.0).unwrap();
        assert!((law.cdf(-quantile) / 1e-8 - 1.0).abs() < 1e-6, "{quantile}");
    }

    #[test]
    fn tied_or_single_or_faulty_replicates_are_no_evidence() {
        for replicates in [&[1.0][..], &[2.0, 2.0, 2.0], &[1.0, f64::NAN, 2.0], &[]] {
            assert_eq!(Mean::of(replicates).interval(0.01), Interval::UNKNOWN);
        }
    }
}
