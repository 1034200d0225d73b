//! A proportion, exactly.

use super::incomplete_beta::{beta_log_odds, beta_tail};
use super::{Estimate, Interval, Null};

/// A proportion from independent trials of one probability, by the interval of Clopper and Pearson.
///
/// ```
/// use feature_contamination::stats::{Estimate, Proportion};
///
/// // Without a success the upper end solves (1 - p)^20 = tail.
/// let interval = Proportion { n_successes: 0, n_trials: 20 }.interval(0.025);
/// assert_eq!(interval.lower, 0.0);
/// assert!((interval.upper - (1.0 - 0.025_f64.powf(0.05))).abs() < 1e-12);
/// ```
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

impl Proportion {
    fn is_evidence(&self) -> bool {
        self.n_trials > 0 && self.n_successes <= self.n_trials
    }
}

impl Estimate for Proportion {
    fn value(&self) -> f64 {
        self.n_successes as f64 / self.n_trials as f64
    }

    fn interval(&self, tail: f64) -> Interval {
        if !self.is_evidence() {
            return Interval::UNKNOWN;
        }
        let (k, n) = (self.n_successes as f64, self.n_trials as f64);
        // The p at which the binomial tail is `tail`, from its log-odds; those of 1 - p for the upper end.
        let from_log_odds = |s: f64| 1.0 / (1.0 + (-s).exp());
        let lower = if k == 0.0 { 0.0 } else { from_log_odds(beta_log_odds(k, n - k + 1.0, tail)) };
        let upper = if k == n { 1.0 } else { from_log_odds(-beta_log_odds(n - k, k + 1.0, tail)) };
        Interval::new(lower, upper)
    }

    fn p_value(&self, null: Null) -> f64 {
        if !self.is_evidence() {
            return 1.0;
        }
        let (k, n) = (self.n_successes as f64, self.n_trials as f64);
        let p_value = match null {
            // P(at least k) = I_p(k, n - k + 1), and P(at most k) = I_{1-p}(n - k, k + 1).
            Null::AtMost(p) if p < 0.0 => 0.0,
            Null::AtLeast(p) if p > 1.0 => 0.0,
            Null::AtMost(p) if k == 0.0 || p >= 1.0 => 1.0,
            Null::AtLeast(p) if k == n || p <= 0.0 => 1.0,
            Null::AtMost(p) => beta_tail(k, n - k + 1.0, p, 1.0 - p),
            Null::AtLeast(p) => beta_tail(n - k, k + 1.0, 1.0 - p, p),
        };
        if p_value.is_nan() { 1.0 } else { p_value }
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
    fn the_p_value_is_the_binomial_tail_by_its_sum() {
        let proportion = Proportion { n_successes: 3, n_trials: 10 };
        // P(Bin(10, 1/2) >= 3) = 1 - 56 / 1024, P(Bin(10, 1/2) <= 3) = 176 / 1024.
        assert!((proportion.p_value(Null::AtMost(0.5)) - 968.0 / 1024.0).abs() < 1e-14);
        assert!((proportion.p_value(Null::AtLeast(0.5)) - 176.0 / 1024.0).abs() < 1e-14);
        // Ends of the range, where the tails are certain.
        for (p, at_most, at_least) in [(0.0, 0.0, 1.0), (1.0, 1.0, 0.0), (-1.0, 0.0, 1.0)] {
            assert_eq!(proportion.p_value(Null::AtMost(p)), at_most);
            assert_eq!(proportion.p_value(Null::AtLeast(p)), at_least);
        }
        let none = Proportion { n_successes: 0, n_trials: 10 };
        assert_eq!(none.p_value(Null::AtMost(0.0)), 1.0);
        assert_eq!(none.p_value(Null::AtMost(f64::NAN)), 1.0);
    }

    #[test]
    fn the_p_value_is_the_tail_at_which_the_interval_ends_at_the_hypothesis() {
        for (n_successes, n_trials) in [(3, 10), (1, 100), (500_000, 1_000_000), (1, 1_000_000_000)]
        {
            let proportion = Proportion { n_successes, n_trials };
            for tail in [5e-10, 1e-3, 0.25] {
                let Interval { lower, upper } = proportion.interval(tail);
                for null in [Null::AtMost(lower), Null::AtLeast(upper)] {
                    let p_value = proportion.p_value(null);
                    assert!(
                        (p_value / tail - 1.0).abs() < 1e-9,
                        "{proportion:?} {tail}: {p_value}"
                    );
                }
            }
        }
    }

    #[test]
    fn impossible_counts_are_no_evidence() {
        assert_eq!(Proportion { n_successes: 3, n_trials: 2 }.interval(0.1), Interval::UNKNOWN);
        assert_eq!(Proportion { n_successes: 0, n_trials: 0 }.interval(0.1), Interval::UNKNOWN);
        assert_eq!(Proportion { n_successes: 3, n_trials: 2 }.p_value(Null::AtMost(0.0)), 1.0);
        assert_eq!(Proportion { n_successes: 1, n_trials: 2 }.interval(0.0), Interval::UNKNOWN);
    }
}
