//! Estimates from a number of samples that was fixed before, by simulation.

use rand::RngExt;
use rand_pcg::Pcg64;

use super::effort::{Moments, indicator};
use super::law::{BOUNDED, Law, Sampler};
use super::{Effort, Findings, Promise, RATES, Row, reading};
use crate::error::Result;
use crate::stats::{
    Bets, BoundedMean, Bounds, DistanceToLaw, Estimate, Mean, Region, Replicates, Squares,
    Variance, Verdict,
};

/// A width costs a bisection over all values: it is averaged over fewer replicates.
const WIDTHS_PER_REPLICATE: usize = 50;

fn drawn(n: usize, sampler: &Sampler, rng: &mut Pcg64) -> Replicates<f64> {
    Replicates::of(n, |_| sampler.draw(rng))
}

/// The rows of both misses of an interval.
fn miss_rows(
    effort: &Effort,
    law: &str,
    n_samples: usize,
    promise: Promise,
    counts: [Moments; 2],
) -> Vec<Row> {
    let row = |(quantity, count): (&str, Moments)| Row {
        procedure: effort.procedure(),
        law: format!("{law}, n = {n_samples}"),
        quantity: quantity.into(),
        n_samples,
        promise,
        measured: count.counted(),
    };
    ["interval above", "interval below"].into_iter().zip(counts).map(row).collect()
}

/// Both misses of an estimate's interval.
fn misses(estimate: &dyn Estimate, truth: f64) -> [f64; 2] {
    reading::misses(estimate, truth, RATES.alpha).map(indicator)
}

/// Half of the region that the claims lay a window of twice its size around, and the bets that they make.
const DISTANCE: f64 = 0.25;

/// The errors of a decision at the ends of a region, and its success in the middle.
fn region_errors(values: &Replicates<f64>, mean: f64) -> Result<[f64; 5]> {
    let bets = Bets::resolving(DISTANCE).expecting(0.5, 0.25 * DISTANCE);
    let estimate = BoundedMean::of(values, Bounds::UNIT, bets)?;
    // The mean at the lower end, and at the upper one: claimed, and as far as is allowed.
    let [low, high, middle] = [mean + DISTANCE, mean - DISTANCE, mean].map(|center| {
        reading::verdict(&estimate, Region::around(center).within(DISTANCE).into(), RATES)
    });
    let (refuted, supported) = (Verdict::Refuted, Verdict::Supported);
    let events =
        [low == refuted, high == refuted, low == supported, high == supported, middle == supported];
    Ok(events.map(indicator))
}

/// The mean of values in [0, 1], at both ends of a region of half of the bounds.
pub(super) fn bounded_mean(effort: &Effort) -> Result<Findings> {
    let quantities = [
        ("false alarm, low", Promise::AtMost(RATES.alpha)),
        ("false alarm, high", Promise::AtMost(RATES.alpha)),
        ("miss, low", Promise::AtMost(RATES.beta)),
        ("miss, high", Promise::AtMost(RATES.beta)),
        ("supported if true", Promise::None),
    ];
    let mut rows = Vec::new();
    for (law, _) in BOUNDED {
        let sampler = law.sampler()?;
        for n in [16, 64, 256] {
            let replicate = |rng: &mut Pcg64| region_errors(&drawn(n, &sampler, rng), law.mean());
            let counts = effort.sample(&format!("{law}/{n}"), effort.n_replicates(), replicate)?;
            rows.extend(quantities.into_iter().zip(counts).map(|((quantity, promise), count)| {
                Row {
                    procedure: effort.procedure(),
                    law: format!("{law}, n = {n}"),
                    quantity: quantity.into(),
                    n_samples: n,
                    promise,
                    measured: count.counted(),
                }
            }));
        }
    }
    Ok(rows.into())
}

/// The narrowest interval for the mean of values in [0, 1], and its rivals.
pub(super) fn interval_of_bounded_mean(effort: &Effort) -> Result<Findings> {
    let tail = RATES.alpha;
    let mut rows = Vec::new();
    for (law, _) in BOUNDED {
        let (sampler, mean) = (law.sampler()?, law.mean());
        for n in [16, 64, 256] {
            let replicate = |rng: &mut Pcg64| {
                let values = drawn(n, &sampler, rng);
                Ok(misses(&BoundedMean::for_interval(&values, Bounds::UNIT, tail)?, mean))
            };
            let stream = format!("{law}/{n}");
            let counts = effort.sample(&stream, effort.n_replicates(), replicate)?;
            rows.extend(miss_rows(effort, &law.to_string(), n, Promise::AtMost(tail), counts));
            rows.extend(width_rows(effort, law, n, &sampler)?);
        }
    }
    Ok(rows.into())
}

/// Mean widths of intervals at the same tail: by betting, by Student's law where it gives one, by DKW.
fn width_rows(effort: &Effort, law: Law, n: usize, sampler: &Sampler) -> Result<Vec<Row>> {
    let tail = RATES.alpha;
    let n_replicates = effort.n_replicates().div_ceil(WIDTHS_PER_REPLICATE);
    let replicate = |rng: &mut Pcg64| {
        let values = drawn(n, sampler, rng);
        let betting = BoundedMean::for_interval(&values, Bounds::UNIT, tail)?.interval(tail);
        let student = Mean::of(&values)?.interval(tail);
        // Without a spread in the sample Student's interval is unknown: then the bounds are what is known.
        let width = (2.0 * student.half_width()).min(1.0);
        Ok([2.0 * betting.half_width(), width])
    };
    let [betting, student] = effort.sample(&format!("{law}/{n}/width"), n_replicates, replicate)?;
    let row = |quantity: &str, measured| Row {
        procedure: effort.procedure(),
        law: format!("{law}, n = {n}"),
        quantity: quantity.into(),
        n_samples: n,
        promise: Promise::None,
        measured,
    };
    // The distribution functions differ by at most this on one side, and so do the means.
    let dkw = (2.0 * (-tail.ln() / (2.0 * n as f64)).sqrt()).min(1.0);
    let dkw = super::Measured::Average { mean: dkw, standard_error: 0.0, n_replicates: 0 };
    Ok(vec![
        row("mean width", betting.averaged()),
        row("- of Student's", student.averaged()),
        row("- by DKW", dkw),
    ])
}

/// Student's interval.
pub(super) fn student(effort: &Effort) -> Result<Findings> {
    let mut rows = Vec::new();
    let laws = [Law::Normal, Law::Uniform(0.0, 1.0), Law::Exponential, Law::Rare];
    for law in laws {
        let sampler = law.sampler()?;
        for n in [5, 20, 80] {
            let replicate =
                |rng: &mut Pcg64| Ok(misses(&Mean::of(&drawn(n, &sampler, rng))?, law.mean()));
            let stream = format!("{law}/{n}");
            let counts = effort.sample(&stream, effort.n_replicates(), replicate)?;
            let promise = law.promise_of_normal_values(RATES.alpha);
            rows.extend(miss_rows(effort, &law.to_string(), n, promise, counts));
        }
    }
    Ok(rows.into())
}

/// What Student's interval, at 1 % in all, does when it is looked at after every value. A look costs what
/// there is to add up.
pub(super) fn peeking(effort: &Effort) -> Result<Findings> {
    const HORIZON: usize = 1_000;
    const SHARE: usize = 50;
    let sampler = Law::Normal.sampler()?;
    let [count] = effort.sample("normal", effort.n_replicates().div_ceil(SHARE), |rng| {
        let mut values = drawn(1, &sampler, rng);
        for _ in 1..HORIZON {
            values.extend(drawn(1, &sampler, rng));
            if reading::misses(&Mean::of(&values)?, 0.0, 0.5 * RATES.alpha).contains(&true) {
                return Ok([1.0]);
            }
        }
        Ok([0.0])
    })?;
    let row = Row {
        procedure: effort.procedure(),
        law: format!("normal, {HORIZON} looks"),
        quantity: "interval ever misses".into(),
        n_samples: HORIZON,
        promise: Promise::Control(RATES.alpha),
        measured: count.counted(),
    };
    Ok(vec![row].into())
}

/// The interval for the variance of values of mean 0.
pub(super) fn variance(effort: &Effort) -> Result<Findings> {
    let mut rows = Vec::new();
    for law in [Law::Normal, Law::Exponential] {
        let sampler = law.sampler()?;
        for n in [10, 100] {
            let replicate = |rng: &mut Pcg64| {
                Ok(misses(
                    &Variance::of((0..n).map(|_| Squares::of_one_per_run(sampler.draw(rng)))),
                    1.0,
                ))
            };
            let stream = format!("{law}/{n}");
            let counts = effort.sample(&stream, effort.n_replicates(), replicate)?;
            let promise = law.promise_of_normal_values(RATES.alpha);
            rows.extend(miss_rows(effort, &law.to_string(), n, promise, counts));
        }
    }
    Ok(rows.into())
}

/// The distance to the uniform law: of uniform values, and of values without the lowest tenth, whose law is
/// 0.1 away.
pub(super) fn distance_to_law(effort: &Effort) -> Result<Findings> {
    let mut rows = Vec::new();
    for (name, distance) in [("uniform", 0.0), ("at distance 0.1", 0.1)] {
        for n in [20, 100, 500] {
            let replicate = |rng: &mut Pcg64| {
                let draw = |_| distance + (1.0 - distance) * rng.random::<f64>();
                let values = Replicates::of(n, draw);
                let interval = DistanceToLaw::of(&values, |x| x)?.interval(RATES.alpha);
                Ok([interval.lower > distance, interval.upper < distance].map(indicator))
            };
            let counts = effort.sample(&format!("{name}/{n}"), effort.n_replicates(), replicate)?;
            let promise = Promise::AtMost(RATES.alpha);
            rows.extend(miss_rows(effort, name, n, promise, counts));
        }
    }
    Ok(rows.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::Standing;
    use crate::seed::Seed;

    fn effort() -> Effort<'static> {
        Effort::new(Seed::root(5), 3_000, &()).unwrap().of("test")
    }

    #[test]
    fn normal_values_keep_students_promise_and_skewed_ones_are_shown_to_be_outside() {
        let rows = student(&effort()).unwrap().rows;
        let worst = |law: &str| {
            let of_law = rows.iter().filter(|row| row.law.starts_with(law));
            of_law.map(|row| row.measured.value()).fold(0.0, f64::max)
        };
        assert!(worst("normal") < 0.02 && worst("exponential") > 0.05);
        let standings = |law: &str, standing| {
            let mut of_law = rows.iter().filter(|row| row.law.starts_with(law));
            of_law.all(|row| row.standing() == standing)
        };
        assert!(standings("normal", Standing::Kept));
        assert!(standings("exponential", Standing::OutsideModel));
    }

    #[test]
    fn an_interval_at_ten_times_its_tail_is_caught() {
        let sampler = Law::Normal.sampler().unwrap();
        let standing = |tail: f64| {
            let replicate = |rng: &mut Pcg64| {
                let mean = Mean::of(&drawn(10, &sampler, rng))?;
                Ok(reading::misses(&mean, 0.0, tail).map(indicator))
            };
            let counts = effort().sample("x", 3_000, replicate).unwrap();
            let rows = miss_rows(&effort(), "normal", 10, Promise::AtMost(RATES.alpha), counts);
            rows.iter().map(Row::standing).collect::<Vec<_>>()
        };
        assert_eq!(standing(RATES.alpha), [Standing::Kept; 2]);
        assert_eq!(standing(10.0 * RATES.alpha), [Standing::Broken; 2]);
    }
}
