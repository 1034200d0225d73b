//! A decision and an interval's miss, read off p-values.
//!
//! An interval at a tail lies beyond a hypothesis exactly when its p-value is at most the tail, so that
//! both ways give the same decision; the p-value costs one evaluation where an interval of a betting
//! estimate takes a bisection.

use crate::stats::{Estimate, Hypothesis, Null, Rates, Verdict, p_value_of};

/// What [`crate::stats::decide`] says of an estimate.
pub(super) fn verdict(estimate: &dyn Estimate, hypothesis: Hypothesis, rates: Rates) -> Verdict {
    let Hypothesis { claimed, allowed } = hypothesis;
    let excludes = |end: f64, null: Null| end.is_infinite() || estimate.p_value(null) <= rates.beta;
    if p_value_of(estimate, claimed) <= rates.alpha {
        Verdict::Refuted
    } else if excludes(allowed.lower, Null::AtMost(allowed.lower))
        && excludes(allowed.upper, Null::AtLeast(allowed.upper))
    {
        Verdict::Supported
    } else {
        Verdict::Undecided
    }
}

/// Whether the interval at this tail lies above the truth, and whether below.
pub(super) fn misses(estimate: &dyn Estimate, truth: f64, tail: f64) -> [bool; 2] {
    [Null::AtMost(truth), Null::AtLeast(truth)].map(|null| estimate.p_value(null) <= tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::stats::{
        Bets, BoundedMean, Bounds, Mean, Proportion, Region, Replicates, SequentialProportion,
        SequentialVariance, Squares, Variance, decide,
    };
    use rand::RngExt;

    const RATES: Rates = Rates { alpha: 0.01, beta: 0.05 };

    #[track_caller]
    fn check(estimate: &dyn Estimate, center: f64) {
        for step in -10..=10 {
            // Off the grid of counts, where both ways may round to different sides.
            let value = center + 0.031_7 * f64::from(step);
            for hypothesis in [
                Hypothesis::exactly(value).within(0.113),
                Region::at_least(value).into(),
                Region::at_most(value).into(),
            ] {
                let decision = decide(estimate, hypothesis, RATES);
                assert_eq!(
                    verdict(estimate, hypothesis, RATES),
                    decision.verdict,
                    "{hypothesis:?}"
                );
            }
            let interval = estimate.interval(0.02);
            let beyond = [interval.lower > value, interval.upper < value];
            assert_eq!(misses(estimate, value, 0.02), beyond, "{value}");
        }
    }

    #[test]
    fn p_values_and_intervals_give_the_same_decision() {
        let mut rng = Seed::root(1).child("reading").rng();
        for n_runs in [5, 40, 200] {
            let runs = Replicates::of(n_runs, |_| rng.random::<f64>());
            check(&Mean::of(&runs).unwrap(), 0.5);
            check(&Variance::of(runs.iter().map(|x| Squares::of_one_per_run(2.0 * x))), 1.3);
            check(
                &SequentialVariance::of(runs.iter().map(|x| Squares::of_one_per_run(2.0 * x)), 0.3)
                    .unwrap(),
                1.3,
            );
            let bets = Bets::resolving(0.11);
            check(&BoundedMean::of(&runs, Bounds::UNIT, bets).unwrap(), 0.5);
            check(&BoundedMean::for_interval(&runs, Bounds::UNIT, 0.02).unwrap(), 0.5);
            let n_successes = runs.iter().filter(|x| **x < 0.3).count();
            check(&Proportion { n_successes, n_trials: n_runs }, 0.3);
            let mut sequential = SequentialProportion::new(0.1).unwrap();
            sequential.add(n_successes, n_runs).unwrap();
            check(&sequential, 0.3);
        }
    }
}
