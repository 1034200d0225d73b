//! A proportion that may be looked at after every trial.

use super::betting::check_positive;
use super::{AnyTime, Estimate, Interval, Null};
use crate::error::{Error, Result};

/// A proportion from independent trials of one probability, whose evidence holds at every number of
/// trials, also one chosen by looking at the trials.
///
/// The evidence against "at most `p`" is the likelihood ratio of `p + D` to `p`, `D` the resolution: Wald's
/// sequential test, whose expected number of trials is the smallest possible. Under every smaller
/// probability it is a supermartingale as well. It depends on the counts alone, not on their order,
/// so that the error rates of every decision on it can be computed exactly.
///
/// # Source
/// Wald, *Sequential tests of statistical hypotheses*, Ann. Math. Statist. 16, 1945. Intervals by inverting
/// it: Lai, *On confidence sequences*, Ann. Statist. 4, 1976.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SequentialProportion {
    resolution: f64,
    n_successes: usize,
    n_trials: usize,
}

impl SequentialProportion {
    /// No trial yet. The evidence tells a probability from a bound at the distance `resolution` fastest.
    ///
    /// # Errors
    /// A resolution that is not inside (0, 1).
    pub fn new(resolution: f64) -> Result<Self> {
        if check_positive("resolution", resolution)? >= 1.0 {
            let remedy = "give the distance that the evidence shall resolve";
            return Err(Error::out_of_range("resolution", resolution, "below 1", remedy));
        }
        Ok(SequentialProportion { resolution, n_successes: 0, n_trials: 0 })
    }

    /// Takes more trials.
    ///
    /// # Errors
    /// More successes than trials.
    pub fn add(&mut self, n_successes: usize, n_trials: usize) -> Result<()> {
        if n_successes > n_trials {
            return Err(Error::out_of_range(
                "number of successes",
                n_successes,
                format!("at most the number of trials, {n_trials}"),
                "count each trial once",
            ));
        }
        self.n_successes += n_successes;
        self.n_trials += n_trials;
        Ok(())
    }

    /// The logarithm of the likelihood ratio of the alternative at the resolution to the bound.
    fn log_ratio(&self, null: Null) -> f64 {
        let (k, n) = (self.n_successes as f64, self.n_trials as f64);
        match null {
            Null::AtMost(p) => log_ratio(k, n - k, p, self.resolution),
            // The same of failures.
            Null::AtLeast(p) => log_ratio(n - k, k, 1.0 - p, self.resolution),
        }
    }

    /// The last bound from 0 on that is refuted at this tail, on the scale of `bound_of`.
    fn limit(&self, null: fn(f64) -> Null, tail: f64) -> f64 {
        let target = -tail.ln();
        let (mut refuted, mut open) = (0.0, 1.0);
        if self.log_ratio(null(refuted)) < target {
            return 0.0;
        }
        while open - refuted > f64::EPSILON {
            let middle = 0.5 * (refuted + open);
            if self.log_ratio(null(middle)) >= target { refuted = middle } else { open = middle }
        }
        refuted
    }
}

/// `k ln((p + D) / p) + l ln((1 - p - D) / (1 - p))`; it falls as `p` rises. An alternative above 1 is cut to
/// 1.
fn log_ratio(n_successes: f64, n_failures: f64, p: f64, resolution: f64) -> f64 {
    if p < 0.0 {
        return f64::INFINITY;
    }
    if p >= 1.0 {
        return if p == f64::INFINITY { 0.0 } else { f64::NEG_INFINITY };
    }
    let alternative = (p + resolution).min(1.0);
    let term = |count: f64, ratio: f64| if count == 0.0 { 0.0 } else { count * libm::log(ratio) };
    let failures = term(n_failures, (1.0 - alternative) / (1.0 - p));
    // A success where the bound allows none refutes it, whatever the failures say.
    if p == 0.0 && n_successes > 0.0 {
        return f64::INFINITY;
    }
    term(n_successes, alternative / p) + failures
}

impl Estimate for SequentialProportion {
    fn value(&self) -> f64 {
        self.n_successes as f64 / self.n_trials as f64
    }

    fn interval(&self, tail: f64) -> Interval {
        let upper = 1.0 - self.limit(|p| Null::AtLeast(1.0 - p), tail);
        Interval::new(self.limit(Null::AtMost, tail), upper)
    }

    fn p_value(&self, null: Null) -> f64 {
        libm::exp(-self.log_ratio(null)).min(1.0)
    }

    fn log_e_value(&self, null: Null) -> f64 {
        self.log_ratio(null)
    }

    fn n_samples(&self) -> usize {
        self.n_trials
    }
}

impl AnyTime for SequentialProportion {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Hypothesis, Rates, Verdict, decide};

    fn counted(n_successes: usize, n_trials: usize, resolution: f64) -> SequentialProportion {
        let mut proportion = SequentialProportion::new(resolution).unwrap();
        proportion.add(n_successes, n_trials).unwrap();
        proportion
    }

    #[test]
    fn evidence_is_walds_likelihood_ratio() {
        let proportion = counted(7, 10, 0.1);
        let by_hand = 7.0 * (0.6_f64 / 0.5).ln() + 3.0 * (0.4_f64 / 0.5).ln();
        assert!((proportion.log_e_value(Null::AtMost(0.5)) - by_hand).abs() < 1e-14);
        let mirrored = counted(3, 10, 0.1).log_e_value(Null::AtLeast(0.5));
        assert!((mirrored - by_hand).abs() < 1e-14);
        assert_eq!(counted(3, 10, 0.1).p_value(Null::AtMost(0.5)), 1.0);
    }

    #[test]
    fn the_ends_of_the_unit_interval_are_bounds_like_others() {
        assert_eq!(counted(1, 10, 0.1).p_value(Null::AtMost(0.0)), 0.0);
        assert_eq!(counted(0, 10, 0.1).p_value(Null::AtMost(0.0)), 1.0);
        assert_eq!(counted(9, 10, 0.1).p_value(Null::AtLeast(1.0)), 0.0);
        assert_eq!(counted(10, 10, 0.1).p_value(Null::AtMost(1.0)), 1.0);
        assert_eq!(counted(5, 10, 0.1).p_value(Null::AtMost(-0.1)), 0.0);
        let Interval { lower, upper } = counted(100, 100, 0.1).interval(1e-3);
        // All succeed: 100 ln((p + 0.1) / p) reaches ln 1000 up to p = 1.397 > 0.9, where it is cut.
        assert!(upper == 1.0 && lower > 0.9 && lower < 1.0, "{lower}");
        assert!((100.0 * (1.0 / lower).ln() - 1e3_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn intervals_and_p_values_are_two_sides_of_one_test() {
        let proportion = counted(300, 1000, 0.05);
        let Interval { lower, upper } = proportion.interval(1e-4);
        assert!(0.2 < lower && lower < 0.3 && 0.3 < upper && upper < 0.4);
        assert!((proportion.p_value(Null::AtMost(lower)) / 1e-4 - 1.0).abs() < 1e-9);
        assert!((proportion.p_value(Null::AtLeast(upper)) / 1e-4 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_true_probability_is_supported_and_a_shifted_one_refuted() {
        let rates = Rates { alpha: 1e-6, beta: 1e-3 };
        let verdict = |n_successes, n_trials| {
            let proportion = counted(n_successes, n_trials, 0.05);
            decide(&proportion, Hypothesis::exactly(0.3).within(0.05), rates).verdict
        };
        assert_eq!(verdict(900, 3000), Verdict::Supported);
        assert_eq!(verdict(1050, 3000), Verdict::Refuted);
        assert_eq!(verdict(750, 3000), Verdict::Refuted);
        assert_eq!(verdict(30, 100), Verdict::Undecided);
    }

    #[test]
    fn impossible_counts_and_resolutions_are_refused() {
        assert!(SequentialProportion::new(0.1).unwrap().add(3, 2).is_err());
        for resolution in [0.0, 1.0, f64::NAN, -0.1] {
            assert!(SequentialProportion::new(resolution).is_err());
        }
    }
}
