//! A proportion, exactly.

use statrs::distribution::{Beta, ContinuousCDF};

use super::{Estimate, Interval};

/// A proportion from independent trials of one probability, by the interval of Clopper and Pearson.
///
/// # Source
/// Clopper and Pearson, *The use of confidence or fiducial limits*, Biometrika 26, 1934.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// Trials that succeeded, at most `n_trials`.
    pub n_successes: usize,
    /// Independent trials.
    pub n_trials: usize,
}

impl Estimate for Proportion {
    fn value(&self) -> f64 {
        self.n_successes as f64 / self.n_trials as f64
    }

    fn interval(&self, tail: f64) -> Interval {
        let (k, n) = (self.n_successes as f64, self.n_trials as f64);
        if self.n_trials == 0 || self.n_successes > self.n_trials {
            return Interval::UNKNOWN;
        }
        let quantile =
            |a: f64, b: f64, p: f64| Beta::new(a, b).map_or(f64::NAN, |law| law.inverse_cdf(p));
        let lower = if k == 0.0 { 0.0 } else { quantile(k, n - k + 1.0, tail) };
        let upper = if k == n { 1.0 } else { quantile(k + 1.0, n - k, 1.0 - tail) };
        Interval::new(lower, upper)
    }

    fn n_samples(&self) -> usize {
        self.n_trials
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_equals_closed_forms_at_the_ends() {
        // No success in n trials: upper limit 1 - tail^(1/n).
        let interval = Proportion { n_successes: 0, n_trials: 20 }.interval(0.025);
        assert_eq!(interval.lower, 0.0);
        assert!((interval.upper - (1.0 - 0.025_f64.powf(1.0 / 20.0))).abs() < 1e-9);
        let interval = Proportion { n_successes: 20, n_trials: 20 }.interval(0.025);
        assert_eq!(interval.upper, 1.0);
        assert!((interval.lower - 0.025_f64.powf(1.0 / 20.0)).abs() < 1e-9);
    }

    #[test]
    fn limits_have_the_binomial_tail_they_promise() {
        // P(Bin(10, lower) >= 3) = tail, by the sum.
        let lower = Proportion { n_successes: 3, n_trials: 10 }.interval(0.01).lower;
        let binomial = |k: u32| -> f64 {
            let choose = (0..k).fold(1.0, |c, i| c * f64::from(10 - i) / f64::from(i + 1));
            choose * lower.powi(k as i32) * (1.0 - lower).powi(10 - k as i32)
        };
        let above: f64 = 1.0 - (0..3).map(binomial).sum::<f64>();
        assert!((above - 0.01).abs() < 1e-9);
    }

    #[test]
    fn impossible_counts_are_no_evidence() {
        assert_eq!(Proportion { n_successes: 3, n_trials: 2 }.interval(0.1), Interval::UNKNOWN);
        assert_eq!(Proportion { n_successes: 0, n_trials: 0 }.interval(0.1), Interval::UNKNOWN);
    }
}
