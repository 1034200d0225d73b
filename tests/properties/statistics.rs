//! Intervals and decisions.

use feature_contamination::predict::normal_cdf;
use feature_contamination::stats::{
    Bets, BoundedMean, Bounds, DistanceToLaw, Estimate, Exact, Interval, Mean, Null, Proportion,
    Rates, Region, Replicates, SequentialProportion, SequentialVariance, Squares, Variance,
    Verdict, decide,
};
use proptest::prelude::*;

use super::strategies::{cases, normal};

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

/// Evidence against a hypothesis falls as the hypothesis gets weaker, and agrees with the interval: the end
/// of the interval at a tail is where the p-value reaches the tail.
#[track_caller]
fn dual(estimate: &dyn Estimate, bounds: &[f64]) -> Result<(), TestCaseError> {
    for pair in bounds.windows(2) {
        let up = [pair[0], pair[1]].map(|bound| estimate.p_value(Null::AtMost(bound)));
        let down = [pair[0], pair[1]].map(|bound| estimate.p_value(Null::AtLeast(bound)));
        prop_assert!(up[0] <= up[1] * (1.0 + 1e-9), "{pair:?}: {up:?}");
        prop_assert!(down[1] <= down[0] * (1.0 + 1e-9), "{pair:?}: {down:?}");
    }
    for tail in TAILS {
        let Interval { lower, upper } = estimate.interval(tail);
        for &bound in bounds {
            let (below, above) =
                (estimate.p_value(Null::AtMost(bound)), estimate.p_value(Null::AtLeast(bound)));
            // At the ends themselves rounding decides.
            let slack = 1e-6 * (1.0 + bound.abs());
            prop_assert!(bound >= lower - slack || below <= tail * (1.0 + 1e-6), "{bound} {lower}");
            prop_assert!(bound <= lower + slack || below >= tail * (1.0 - 1e-6), "{bound} {lower}");
            prop_assert!(bound <= upper + slack || above <= tail * (1.0 + 1e-6), "{bound} {upper}");
            prop_assert!(bound >= upper - slack || above >= tail * (1.0 - 1e-6), "{bound} {upper}");
        }
    }
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
        let runs = Replicates::assume_independent(values.clone());
        nested(&Mean::of(&runs).unwrap(), TAILS)?;
        let bounds = Bounds::new(-5.0, 5.0).unwrap();
        nested(&BoundedMean::of(&runs, bounds, Bets::resolving(1.0)).unwrap(), TAILS)?;
        nested(&Variance::of(values.iter().copied().map(Squares::of_one_per_run)), TAILS)?;
        let law = |x: f64| ((x + 5.0) / 10.0).clamp(0.0, 1.0);
        nested(&DistanceToLaw::of(&runs, law).unwrap(), TAILS)?;
    }

    #[test]
    fn a_mean_moves_and_stretches_with_its_replicates(
        values in proptest::collection::vec(-5.0..5.0_f64, 3..20),
        shift in -9.0..9.0_f64,
        scale in 0.1..10.0_f64,
    ) {
        let values = Replicates::assume_independent(values);
        let interval = |runs: &Replicates<f64>| Mean::of(runs).unwrap().interval(1e-4);
        let (before, after) = (interval(&values), interval(&values.map(|x| scale * x + shift)));
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
        let mean = Mean::of(&Replicates::assume_independent(values)).unwrap();
        let (region, larger) = (
            Region::between(lower, lower + width),
            Region::between(lower - more, lower + width + more),
        );
        let of = |region| decide(&mean, region, Rates { alpha, beta });
        let (decision, in_larger) = (of(region), of(larger));
        let interval = decision.interval;
        let is_inside = interval.lower >= region.lower && interval.upper <= region.upper;
        prop_assert_eq!(decision.verdict == Verdict::Supported, is_inside);
        let refuting = mean.interval(alpha / 2.0);
        let is_outside = refuting.lower > region.upper || refuting.upper < region.lower;
        prop_assert_eq!(decision.verdict == Verdict::Refuted, is_outside);
        let detectable = refuting.half_width() + interval.half_width();
        prop_assert_eq!(decision.detectable, detectable);
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

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn p_values_and_intervals_are_two_sides_of_one_test(
        n_trials in 1..2000_usize,
        share in 0.0..=1.0_f64,
        values in proptest::collection::vec(0.0..1.0_f64, 2..60),
    ) {
        let n_successes = (share * n_trials as f64) as usize;
        let bounds: Vec<f64> = (0..=40).map(|i| f64::from(i) / 40.0).collect();
        dual(&Proportion { n_successes, n_trials }, &bounds)?;
        let mut sequential = SequentialProportion::new(0.05).unwrap();
        sequential.add(n_successes, n_trials).unwrap();
        dual(&sequential, &bounds)?;
        let runs = Replicates::assume_independent(values.clone());
        dual(&Mean::of(&runs).unwrap(), &bounds)?;
        dual(&BoundedMean::of(&runs, Bounds::UNIT, Bets::resolving(0.1)).unwrap(), &bounds)?;
        let inside = &bounds[1..];
        dual(&Variance::of(values.iter().copied().map(Squares::of_one_per_run)), inside)?;
        dual(&SequentialVariance::of(values.iter().copied().map(Squares::of_one_per_run), 0.1).unwrap(), inside)?;
        dual(&DistanceToLaw::of(&runs, |x| x.clamp(0.0, 1.0)).unwrap(), inside)?;
    }
}

/// The exact probabilities that Clopper and Pearson's interval lies below and above the true proportion.
fn miss_rates(n_trials: usize, p: f64, tail: f64) -> (f64, f64) {
    let (mut mass, mut below, mut above) = ((1.0 - p).powi(n_trials as i32), 0.0, 0.0);
    for n_successes in 0..=n_trials {
        let Interval { lower, upper } = Proportion { n_successes, n_trials }.interval(tail);
        below += if upper < p { mass } else { 0.0 };
        above += if lower > p { mass } else { 0.0 };
        let ratio = (n_trials - n_successes) as f64 / (n_successes + 1) as f64;
        mass *= ratio * p / (1.0 - p);
    }
    (below, above)
}

#[test]
fn a_proportion_is_missed_at_most_at_its_rate() {
    for (n_trials, tail) in [(5, 0.1), (20, 0.025), (60, 1e-3)] {
        let rates = (1..100).map(|percent| miss_rates(n_trials, f64::from(percent) / 100.0, tail));
        let worst = rates.fold(0.0_f64, |worst, (below, above)| worst.max(below).max(above));
        assert!(worst <= tail * (1.0 + 1e-6), "{n_trials} {tail}: {worst}");
        // An interval of everything would never miss.
        assert!(worst >= tail / 4.0, "{n_trials} {tail}: {worst}");
    }
}

/// Draws many samples of standard normal variables; the share of intervals that lie below the true value,
/// and that lie above, must be the tail up to six standard errors.
#[track_caller]
fn check_coverage(n_samples: usize, truth: f64, estimate: impl Fn(&[f64]) -> Interval) {
    let n_repeats = 8000;
    let draws = normal(n_repeats, n_samples, 7);
    let (mut below, mut above) = (0.0, 0.0);
    for row in draws.row_iter() {
        let interval = estimate(&row.iter().copied().collect::<Vec<_>>());
        below += f64::from(u8::from(interval.upper < truth)) / n_repeats as f64;
        above += f64::from(u8::from(interval.lower > truth)) / n_repeats as f64;
    }
    let error = (COVERAGE_TAIL * (1.0 - COVERAGE_TAIL) / n_repeats as f64).sqrt();
    for share in [below, above] {
        assert!((share - COVERAGE_TAIL).abs() < 6.0 * error, "below {below}, above {above}");
    }
}

const COVERAGE_TAIL: f64 = 0.05;

#[test]
fn a_mean_and_a_variance_are_missed_at_their_rate_on_each_side() {
    for n_samples in [3, 12] {
        check_coverage(n_samples, 0.0, |draws| {
            Mean::of(&Replicates::assume_independent(draws.to_vec()))
                .unwrap()
                .interval(COVERAGE_TAIL)
        });
        check_coverage(n_samples, 1.0, |draws| {
            Variance::of(draws.iter().copied().map(Squares::of_one_per_run)).interval(COVERAGE_TAIL)
        });
    }
}

#[test]
fn the_true_law_is_at_distance_zero_up_to_the_rate() {
    let draws = normal(2000, 50, 8);
    let n_missed = draws.row_iter().filter(|row| {
        let samples = Replicates::assume_independent(row.iter().copied().collect());
        let distance = DistanceToLaw::of(&samples, normal_cdf).unwrap();
        distance.interval(COVERAGE_TAIL).lower > 0.0
    });
    let n_missed = n_missed.count() as f64;
    // Massart's bound is nearly attained: 100 expected at most, standard deviation 10.
    assert!((40.0..160.0).contains(&n_missed), "{n_missed}");
}
