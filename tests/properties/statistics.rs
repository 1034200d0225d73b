//! Intervals and decisions.

use feature_contamination::stats::{
    DistanceToLaw, Estimate, Exact, Interval, Mean, Proportion, Rates, Region, Variance, Verdict,
    decide,
};
use proptest::prelude::*;

use super::strategies::cases;

#[track_caller]
fn nested(estimate: &dyn Estimate, tails: [f64; 4]) -> Result<(), TestCaseError> {
    let intervals = tails.map(|tail| estimate.interval(tail));
    for (wider, narrower) in intervals.iter().zip(&intervals[1..]) {
        prop_assert!(wider.lower <= narrower.lower && narrower.upper <= wider.upper);
    }
    let Interval { lower, upper } = intervals[3];
    prop_assert!(
        (lower..=upper).contains(&estimate.value()),
        "{} not in [{lower}, {upper}]",
        estimate.value()
    );
    Ok(())
}

/// Ascending, so that each interval lies in the one before.
const TAILS: [f64; 4] = [1e-9, 1e-6, 1e-3, 0.05];

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn an_interval_widens_as_its_tail_falls(
        n_trials in 1..5000_usize,
        share in 0.0..=1.0_f64,
        values in proptest::collection::vec(-5.0..5.0_f64, 2..40),
    ) {
        let n_successes = (share * n_trials as f64) as usize;
        let proportion = Proportion { n_successes, n_trials };
        nested(&proportion, TAILS)?;
        let failures = Proportion { n_successes: n_trials - n_successes, n_trials };
        let (interval, mirrored) = (proportion.interval(1e-3), failures.interval(1e-3));
        prop_assert!((interval.lower + mirrored.upper - 1.0).abs() < 1e-9);
        nested(&Mean::of(&values), TAILS)?;
        nested(&Variance::of(values.iter().copied()), TAILS)?;
        let law = |x: f64| ((x + 5.0) / 10.0).clamp(0.0, 1.0);
        nested(&DistanceToLaw::of(values, law), TAILS)?;
    }

    #[test]
    fn a_mean_moves_and_stretches_with_its_replicates(
        values in proptest::collection::vec(-5.0..5.0_f64, 3..20),
        shift in -9.0..9.0_f64,
        scale in 0.1..10.0_f64,
    ) {
        let moved: Vec<f64> = values.iter().map(|x| scale * x + shift).collect();
        let (before, after) = (Mean::of(&values).interval(1e-4), Mean::of(&moved).interval(1e-4));
        let size = scale * before.half_width() + shift.abs() + 100.0;
        prop_assert!((after.upper - (scale * before.upper + shift)).abs() < 1e-12 * size);
        prop_assert!((after.lower - (scale * before.lower + shift)).abs() < 1e-12 * size);
    }

    #[test]
    fn decisions_fit_their_regions(
        values in proptest::collection::vec(-1.0..1.0_f64, 2..30),
        (lower, width, more) in (-1.5..1.0_f64, 0.0..1.5_f64, 0.0..0.5_f64),
        (alpha, beta) in (1e-9..1e-3_f64, 1e-6..1e-2_f64),
    ) {
        let mean = Mean::of(&values);
        let (region, larger) = (
            Region::between(lower, lower + width),
            Region::between(lower - more, lower + width + more),
        );
        let of = |region| decide(&mean, region, Rates { alpha, beta });
        let (decision, in_larger) = (of(region), of(larger));
        let interval = decision.interval;
        let is_inside = interval.lower >= region.lower && interval.upper <= region.upper;
        prop_assert_eq!(decision.verdict == Verdict::Supported, is_inside);
        // What lies in a region lies in a larger one; what lies outside the larger, outside the smaller.
        prop_assert!(!is_inside || in_larger.verdict == Verdict::Supported);
        prop_assert!(
            in_larger.verdict != Verdict::Refuted || decision.verdict == Verdict::Refuted
        );
        // With a lower false-alarm rate nothing new is refuted, and nothing supported is lost.
        let strict = decide(&mean, region, Rates { alpha: alpha / 10.0, beta });
        prop_assert!(strict.verdict != Verdict::Refuted || decision.verdict == Verdict::Refuted);
        prop_assert_eq!(strict.verdict == Verdict::Supported, is_inside);
        prop_assert!(strict.detectable >= decision.detectable);
    }

    #[test]
    fn a_computed_number_is_never_undecided(
        value in -2.0..2.0_f64,
        (lower, width) in (-1.5..1.0_f64, 0.0..1.5_f64),
    ) {
        let rates = Rates { alpha: 1e-6, beta: 1e-3 };
        let exact = Exact { value, error_bound: 0.0, n_cases: 1 };
        for (region, is_inside) in [
            (Region::between(lower, lower + width), (lower..=lower + width).contains(&value)),
            (Region::at_most(lower), value <= lower),
            (Region::at_least(lower), value >= lower),
        ] {
            let expected = if is_inside { Verdict::Supported } else { Verdict::Refuted };
            prop_assert_eq!(decide(&exact, region, rates).verdict, expected);
        }
    }
}
