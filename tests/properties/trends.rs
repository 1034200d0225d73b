//! Trends: whether their intervals cover, and whether a design decides what it was made for.

use feature_contamination::seed::Seed;
use feature_contamination::stats::{
    Correction, Estimate, Interval, LargestRatio, MeansBySize, Null, Point, Replicates, Trend,
};
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;

use super::strategies::cases;

/// Sizes from `first` on, each twice the one before.
fn doubling(first: f64, n_sizes: usize) -> Vec<f64> {
    (0..n_sizes).map(|idx| first * 2.0_f64.powi(idx as i32)).collect()
}

fn law(size: f64, exponent: f64, coefficient: f64) -> f64 {
    size.powf(exponent) * (1.0 + coefficient / size.sqrt())
}

/// Values with independent normal errors of one relative size.
fn noisy(sizes: &[f64], relative: f64, rng: &mut Pcg64, law: impl Fn(f64) -> f64) -> Vec<Point> {
    let mut point = |&size: &f64| {
        let noise: f64 = StandardNormal.sample(rng);
        let standard_error = relative * law(size);
        Point { size, value: law(size) + noise * standard_error, standard_error }
    };
    sizes.iter().map(&mut point).collect()
}

/// Values that lie on the law: their trend has the standard errors of the design.
fn exact(sizes: &[f64], relative: f64, law: impl Fn(f64) -> f64) -> Vec<Point> {
    let point = |&size: &f64| {
        let value = law(size);
        Point { size, value, standard_error: relative * value }
    };
    sizes.iter().map(point).collect()
}

const ALPHA: f64 = 1e-6;
const BETA: f64 = 1e-3;
const MARGIN: f64 = 0.05;

/// Standard errors within the margin. An exponent off by the margin is refuted when its estimate is
/// `z(ALPHA / 2) = 4.89` standard errors from the claim; that this fails with probability 1e-5 takes
/// 4.27 more. The claimed exponent is supported when `|error| + z(BETA) = 3.09` standard errors are within
/// the margin, which leaves 6.07 for the error.
const STANDARD_ERRORS_WITHIN_MARGIN: f64 = 9.16;

/// One run at one size scatters by so much of its value.
const RELATIVE_NOISE: f64 = 0.01;

/// The number of runs a size with which the corrected exponent is known to the margin over that, for the
/// worst of the coefficients.
fn runs_of_design(sizes: &[f64]) -> f64 {
    let standard_error = |coefficient: f64| {
        let points = exact(sizes, RELATIVE_NOISE, |size| law(size, -0.5, coefficient));
        Trend::of(&points, Correction::InverseSqrt).unwrap().exponent().standard_error
    };
    let worst = [-1.0, 0.0, 1.0].map(standard_error).into_iter().fold(0.0, f64::max);
    (STANDARD_ERRORS_WITHIN_MARGIN * worst / MARGIN).powi(2).ceil()
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Counts {
    supported: usize,
    refuted: usize,
    undetermined: usize,
}

/// The verdicts on the exponent -1/2, as [`feature_contamination::stats::decide`] gives them for an exact
/// value with a margin, over 1,000 ladders of a true exponent.
fn verdicts(sizes: &[f64], n_runs: f64, exponent: f64, coefficient: f64, seed: Seed) -> Counts {
    let mut rng = seed.rng();
    let relative = RELATIVE_NOISE / n_runs.sqrt();
    let mut counts = Counts::default();
    for _ in 0..1000 {
        let points = noisy(sizes, relative, &mut rng, |size| law(size, exponent, coefficient));
        let trend = Trend::of(&points, Correction::InverseSqrt).unwrap();
        let p_values = |nulls: [Null; 2]| nulls.map(|null| trend.p_value(null));
        let [above, below] = p_values([Null::AtMost(-0.5), Null::AtLeast(-0.5)]);
        // The interval at BETA lies within the margin where each outer side is rejected at BETA.
        let outside = p_values([Null::AtMost(-0.5 - MARGIN), Null::AtLeast(-0.5 + MARGIN)]);
        if 2.0 * above.min(below) <= ALPHA {
            counts.refuted += 1;
        } else if outside.iter().all(|p_value| *p_value <= BETA) {
            counts.supported += 1;
        }
        counts.undetermined += usize::from(!trend.is_determined());
    }
    counts
}

#[test]
fn a_design_of_nine_standard_errors_decides_an_exponent() {
    for (name, sizes) in [("16 to 512", doubling(16.0, 6)), ("64 to 4096", doubling(64.0, 7))] {
        let n_runs = runs_of_design(&sizes);
        for coefficient in [-1.0, 0.0, 1.0] {
            for exponent in [-0.5, -0.45, -0.55] {
                let seed = Seed::root(2024).child(name).child(&format!("{exponent} {coefficient}"));
                let counts = verdicts(&sizes, n_runs, exponent, coefficient, seed);
                println!("{name}, {n_runs} runs, b = {exponent}, c = {coefficient}: {counts:?}");
                let decided = if exponent == -0.5 { counts.supported } else { counts.refuted };
                assert!(decided >= 999, "{name} {exponent} {coefficient}: {counts:?}");
            }
        }
    }
}

/// Shares of estimates that lie significantly below and above the truth must be the tail, up to six
/// binomial standard errors.
#[track_caller]
fn check_shares(name: &str, below: usize, above: usize) {
    let shares = [below, above].map(|count| count as f64 / N_REPEATS as f64);
    println!("{name}: {:.4} below, {:.4} above", shares[0], shares[1]);
    let error = (TAIL * (1.0 - TAIL) / N_REPEATS as f64).sqrt();
    for share in shares {
        assert!((share - TAIL).abs() < 6.0 * error, "{name}: {shares:?}");
    }
}

const TAIL: f64 = 0.05;

/// The trends of so many ladders with known errors.
fn trends_of_known_errors(correction: Correction, coefficient: f64, relative: f64) -> Vec<Trend> {
    let truth = |size: f64| size.powf(-0.5) * (1.0 + coefficient * correction.regressor(size));
    let path = format!("{correction} {coefficient} {relative}");
    let mut rng = Seed::root(7).child(&path).rng();
    let sizes = doubling(16.0, 6);
    let mut trend = |_| Trend::of(&noisy(&sizes, relative, &mut rng, truth), correction).unwrap();
    (0..N_REPEATS).map(&mut trend).collect()
}

const N_REPEATS: usize = 4000;

#[track_caller]
fn check_known_errors(correction: Correction, coefficient: f64, relative: f64) {
    let trends = trends_of_known_errors(correction, coefficient, relative);
    let count = |is_counted: &dyn Fn(&Trend) -> bool| {
        trends.iter().filter(|trend| is_counted(trend)).count()
    };
    let name = format!("{correction}, c = {coefficient}, noise {relative}");
    let n_undetermined = count(&|trend| !trend.is_determined());
    assert!(n_undetermined < N_REPEATS / 100, "{name}: {n_undetermined} undetermined");
    // The interval lies above the truth where the p-value of what lies below is less than the tail.
    let p_values: Vec<f64> = trends.iter().map(|trend| trend.p_value(Null::AtMost(-0.5))).collect();
    let above = p_values.iter().filter(|p_value| **p_value < TAIL).count();
    let below = p_values.iter().filter(|p_value| **p_value > 1.0 - TAIL && **p_value < 1.0).count();
    check_shares(&format!("exponent, {name}, {n_undetermined} undetermined"), below, above);
    let rival = count(&|trend| trend.rival(-0.5).unwrap().p_value < TAIL);
    let fit = count(&|trend| trend.chi_square_p_value().is_some_and(|p_value| p_value < TAIL));
    check_shares(&format!("rival and fit, {name}"), rival, fit);
    let n_without_drift = count(&|trend| trend.drift().is_none());
    let drift = |end: &dyn Fn(Interval) -> bool| {
        count(&|trend| trend.drift().is_some_and(|drift| end(drift.interval(TAIL))))
    };
    let (below, above) = (drift(&|ends| ends.upper < 0.0), drift(&|ends| ends.lower > 0.0));
    check_shares(&format!("drift, {name}, {n_without_drift} without"), below, above);
}

#[test]
fn an_exponent_with_known_errors_is_missed_at_its_rate_on_each_side() {
    let fine = RELATIVE_NOISE / 11.0_f64.sqrt();
    check_known_errors(Correction::None, 0.0, RELATIVE_NOISE);
    check_known_errors(Correction::InverseSqrt, 1.0, RELATIVE_NOISE);
    check_known_errors(Correction::InverseSqrt, -1.0, fine);
    check_known_errors(Correction::Inverse, 1.0, fine);
}

#[test]
fn an_exponent_from_replicates_is_missed_at_its_rate_on_each_side() {
    let n_repeats = N_REPEATS;
    // Small sizes scatter more, and more runs of them are there.
    let designs: [(&str, &[usize]); 3] =
        [("8 runs", &[8; 6]), ("16 runs", &[16; 6]), ("16 to 6 runs", &[16, 14, 12, 10, 8, 6])];
    for (name, n_runs) in designs {
        for (correction, coefficient) in [(Correction::None, 0.0), (Correction::InverseSqrt, 1.0)] {
            let sizes = doubling(16.0, 6);
            let mut rng = Seed::root(8).child(name).child(correction.name()).rng();
            let (mut below, mut above, mut rival, mut bad_fit) = (0, 0, 0, 0);
            for _ in 0..n_repeats {
                let runs: Vec<Vec<f64>> = sizes
                    .iter()
                    .zip(n_runs)
                    .map(|(&size, &n_runs)| {
                        let relative = 0.02 * (16.0 / size).powf(0.25);
                        let points = noisy(&vec![size; n_runs], relative, &mut rng, |size| {
                            law(size, -0.5, coefficient)
                        });
                        points.iter().map(|point| point.value).collect()
                    })
                    .collect();
                let runs: Vec<Replicates<f64>> =
                    runs.into_iter().map(Replicates::assume_independent).collect();
                let trend = Trend::of_replicates(&sizes, &runs, correction).unwrap();
                let p_value = trend.p_value(Null::AtMost(-0.5));
                below += usize::from(p_value > 1.0 - TAIL && p_value < 1.0);
                above += usize::from(p_value < TAIL);
                rival += usize::from(trend.rival(-0.5).unwrap().p_value < TAIL);
                bad_fit += usize::from(trend.chi_square_p_value().unwrap() < TAIL);
            }
            check_shares(&format!("exponent, {name}, {correction}"), below, above);
            check_shares(&format!("rival and fit, {name}, {correction}"), rival, bad_fit);
        }
    }
}

#[test]
fn the_largest_ratio_is_missed_below_its_rate() {
    let sizes = doubling(16.0, 6);
    let mut rng = Seed::root(9).rng();
    let (mut below, mut above) = (0, 0);
    for _ in 0..4000 {
        let points = noisy(&sizes, 0.05, &mut rng, |size| law(size, -0.5, 0.0));
        let interval =
            LargestRatio::of(&MeansBySize::of(&points).unwrap(), 0.5).unwrap().interval(TAIL);
        below += usize::from(interval.upper < 1.0);
        above += usize::from(interval.lower > 1.0);
    }
    // Six equal ratios: the lower end misses at nearly its rate, the upper one hardly ever.
    println!("largest ratio: {below} below, {above} above");
    assert!(below <= 20 && (120..283).contains(&above), "{below} {above}");
}

proptest! {
    #![proptest_config(cases(256))]

    /// Whatever the data, a fit ends in a minimum: no other correction coefficient in its range is better.
    #[test]
    fn every_fit_is_a_minimum(
        n_sizes in 3..9_usize,
        first in 1.0..100.0_f64,
        ratio in 1.2..4.0_f64,
        exponent in -2.0..2.0_f64,
        inverse in any::<bool>(),
        shares in proptest::collection::vec((-3.0..3.0_f64, 0.1..3.0_f64), 9),
        relative in 1e-4..0.3_f64,
        place in 0.0..1.0_f64,
    ) {
        let correction = if inverse { Correction::Inverse } else { Correction::InverseSqrt };
        let points: Vec<Point> = (0..n_sizes).map(|idx| {
            let size = first * ratio.powi(idx as i32);
            let (noise, spread) = shares[idx];
            let value = size.powf(exponent) * (relative * noise).exp();
            Point { size, value, standard_error: value * relative * spread }
        }).collect();
        let trend = Trend::of(&points, correction).unwrap();
        let largest = points.iter().map(|point| point.size).fold(0.0, f64::max);
        let [low, high] = [-1.0 / correction.regressor(first), 1.0 / correction.regressor(largest)];
        let other = low + (high - low) * place.max(1e-9);
        // With the other coefficient held: a pure power law of what the correction leaves.
        let divided: Vec<Point> = points.iter().map(|point| {
            let factor = 1.0 + other * correction.regressor(point.size);
            let (value, standard_error) = (point.value / factor, point.standard_error / factor);
            Point { size: point.size, value, standard_error }
        }).collect();
        let held = Trend::of(&divided, Correction::None).unwrap().chi_square();
        prop_assert!(trend.chi_square() <= held * (1.0 + 1e-9) + 1e-12, "{:?}", trend);
        let found = trend.correction_coefficient().unwrap().value;
        prop_assert!(low <= found && found <= high * (1.0 + 1e-12), "{low} {found} {high}");
        prop_assert_eq!(trend.is_determined(), trend.exponent().standard_error.is_finite());
        // The exponent itself is no worse than itself.
        let rival = trend.rival(trend.value()).unwrap();
        prop_assert!(rival.chi_square_increase <= 1e-6 * (1.0 + trend.chi_square()), "{:?}", rival);
    }

    /// Units of the sizes and of the values do not matter to the exponent.
    #[test]
    fn units_move_the_intercept_alone(
        noise in proptest::collection::vec(-2.0..2.0_f64, 5),
        (size_unit, value_unit) in (1e-3..1e3_f64, 1e-6..1e6_f64),
    ) {
        let points: Vec<Point> = noise.iter().enumerate().map(|(idx, noise)| {
            let size = 10.0 * 3.0_f64.powi(idx as i32);
            let value = size.powf(0.7) * (0.02 * noise).exp();
            Point { size, value, standard_error: 0.02 * value }
        }).collect();
        let scaled: Vec<Point> = points.iter().map(|point| Point {
            size: point.size * size_unit,
            value: point.value * value_unit,
            standard_error: point.standard_error * value_unit,
        }).collect();
        let of = |points: &[Point]| Trend::of(points, Correction::None).unwrap();
        let (before, after) = (of(&points), of(&scaled));
        prop_assert!((before.value() - after.value()).abs() < 1e-12);
        prop_assert!((before.chi_square() - after.chi_square()).abs() < 1e-9);
        let shift = value_unit.ln() - before.value() * size_unit.ln();
        prop_assert!((after.intercept().value - before.intercept().value - shift).abs() < 1e-11);
    }
}
