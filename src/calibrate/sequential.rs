//! Decisions that are looked at after every value, by simulation.

use rand_pcg::Pcg64;

use super::effort::indicator;
use super::law::{BOUNDED, Law};
use super::{Effort, Findings, Promise, RATES, Row, reading};
use crate::error::Result;
use crate::stats::{
    Bets, Bounds, Hypothesis, Rates, Region, Resolution, SequentialMean, SequentialVariance,
    Squares, Verdict,
};

/// A decision goes on for so many times what half of the true claims need: the verdict then is nearly
/// always there.
const PATIENCE: f64 = 5.0;

/// The most values of a decision on the mean of this law with this margin.
pub(super) fn horizon(law: Law, margin: f64, rates: Rates) -> usize {
    let standard_deviation = law.standard_deviation();
    let design = Resolution { standard_deviation, margin, rates };
    // Where the spread is small it is the bounds that limit the bets, to nine tenths: with less than a
    // factor 1 + 2 margin a value.
    let bound = -rates.beta.min(rates.alpha).ln() / margin;
    (PATIENCE * design.samples_to_refute(0.5).max(bound)).ceil() as usize
}

/// Takes values until there is a verdict, or the horizon is reached.
pub(super) fn decided(
    fresh: &SequentialMean,
    horizon: usize,
    mut draw: impl FnMut() -> f64,
) -> Result<(Verdict, usize)> {
    let mut test = fresh.clone();
    while test.verdict() == Verdict::Undecided && test.n_samples() < horizon {
        test.push(draw())?;
    }
    Ok((test.verdict(), test.n_samples()))
}

/// The claims on a law's mean: in a few words, and which verdicts are errors, by which name.
struct Claim {
    hypothesis: Hypothesis,
    refuted: Option<&'static str>,
    supported: Option<&'static str>,
}

fn claims(mean: f64, margin: f64) -> [Claim; 5] {
    let claim =
        |hypothesis: Hypothesis, refuted, supported| Claim { hypothesis, refuted, supported };
    [
        claim(Hypothesis::exactly(mean).within(margin), Some("false alarm, value"), None),
        claim(
            Hypothesis::exactly(mean + margin).within(margin),
            None,
            Some("miss, mean too small"),
        ),
        claim(
            Hypothesis::exactly(mean - margin).within(margin),
            None,
            Some("miss, mean too large"),
        ),
        // The end of a region is both claimed and the first value not allowed.
        claim(Region::at_least(mean).into(), Some("false alarm, >="), Some("miss, >=")),
        claim(Region::at_most(mean).into(), Some("false alarm, <="), Some("miss, <=")),
    ]
}

/// The mean of values in [0, 1].
pub(super) fn mean(effort: &Effort) -> Result<Findings> {
    let mut rows = Vec::new();
    for (law, margin) in BOUNDED {
        let (sampler, horizon) = (law.sampler()?, horizon(law, margin, RATES));
        for (idx, claim) in claims(law.mean(), margin).iter().enumerate() {
            let fresh = SequentialMean::new(
                Bounds::UNIT,
                claim.hypothesis,
                Bets::resolving(margin),
                RATES,
            )?;
            let replicate = |rng: &mut Pcg64| {
                let (verdict, n_samples) = decided(&fresh, horizon, || sampler.draw(rng))?;
                let is = |other: Verdict| indicator(verdict == other);
                Ok([is(Verdict::Refuted), is(Verdict::Supported), n_samples as f64])
            };
            let stream = format!("{law}/{idx}");
            let [refuted, supported, n_samples] =
                effort.sample(&stream, effort.n_replicates(), replicate)?;
            let row = |quantity: &str, promise: Promise, measured| Row {
                procedure: effort.procedure(),
                law: law.to_string(),
                quantity: quantity.into(),
                n_samples: horizon,
                promise,
                measured,
            };
            if let Some(name) = claim.refuted {
                rows.push(row(name, Promise::AtMost(RATES.alpha), refuted.counted()));
            }
            if let Some(name) = claim.supported {
                rows.push(row(name, Promise::AtMost(RATES.beta), supported.counted()));
            }
            if idx == 0 {
                rows.push(row("supported if true", Promise::None, supported.counted()));
                rows.push(row("values if true", Promise::None, n_samples.averaged()));
            }
        }
    }
    Ok(rows.into())
}

/// The relative resolution of the variance, and the most values. A look costs what there is to add up.
const RESOLUTION: f64 = 0.5;
const HORIZON: usize = 200;

/// What happens at any time to values of variance 1: an interval lies above, and below; a true claim is
/// refuted; one that is too large, and one that is too small, by its whole margin is supported.
fn variance_errors(mut draw: impl FnMut() -> f64) -> Result<[bool; 5]> {
    let claims = [1.0, 1.0 / (1.0 - RESOLUTION), 1.0 / (1.0 + RESOLUTION)]
        .map(|variance| Hypothesis::exactly(variance).within(RESOLUTION * variance));
    let (mut values, mut verdicts) = (Vec::with_capacity(HORIZON), [Verdict::Undecided; 3]);
    let mut ever = [false; 2];
    for _ in 0..HORIZON {
        values.push(draw());
        let estimate = SequentialVariance::of(
            values.iter().copied().map(Squares::of_one_per_run),
            RESOLUTION,
        )?;
        let misses = reading::misses(&estimate, 1.0, RATES.alpha);
        ever.iter_mut().zip(misses).for_each(|(ever, now)| *ever |= now);
        for (verdict, claim) in verdicts.iter_mut().zip(claims) {
            // The first decision stands.
            if *verdict == Verdict::Undecided {
                *verdict = reading::verdict(&estimate, claim, RATES);
            }
        }
    }
    let is = |idx: usize, other: Verdict| verdicts[idx] == other;
    let supported = Verdict::Supported;
    Ok([ever[0], ever[1], is(0, Verdict::Refuted), is(1, supported), is(2, supported)])
}

/// The variance of normal values of mean 0.
pub(super) fn variance(effort: &Effort) -> Result<Findings> {
    let quantities = [
        "interval ever above",
        "interval ever below",
        "false alarm, value",
        "miss, too small",
        "miss, too large",
    ];
    let mut rows = Vec::new();
    for law in [Law::Normal, Law::Exponential] {
        let sampler = law.sampler()?;
        let counts = effort.sample(&law.to_string(), effort.n_replicates(), |rng| {
            Ok(variance_errors(|| sampler.draw(rng))?.map(indicator))
        })?;
        for (quantity, count) in quantities.into_iter().zip(counts) {
            rows.push(Row {
                procedure: effort.procedure(),
                law: law.to_string(),
                quantity: quantity.into(),
                n_samples: HORIZON,
                promise: law.promise_of_normal_values(RATES.alpha),
                measured: count.counted(),
            });
        }
    }
    Ok(rows.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::{Measured, Standing};
    use crate::seed::Seed;

    /// The false alarms of decisions that are given these rates and promise [`RATES`].
    fn false_alarm(rates: Rates) -> Standing {
        let effort = Effort::new(Seed::root(2), 4_000, &()).unwrap().of("test");
        let (law, margin) = BOUNDED[0];
        let (claim, bets) =
            (Hypothesis::exactly(law.mean()).within(margin), Bets::resolving(margin));
        let fresh = SequentialMean::new(Bounds::UNIT, claim, bets, rates).unwrap();
        let sampler = law.sampler().unwrap();
        let replicate = |rng: &mut Pcg64| {
            let (verdict, _) = decided(&fresh, 1_000, || sampler.draw(rng))?;
            Ok([indicator(verdict == Verdict::Refuted)])
        };
        let [count] = effort.sample("x", 4_000, replicate).unwrap();
        Row {
            procedure: "",
            law: law.to_string(),
            quantity: "false alarm".into(),
            n_samples: 1_000,
            promise: Promise::AtMost(RATES.alpha),
            measured: count.counted(),
        }
        .standing()
    }

    #[test]
    fn a_decision_at_its_rates_keeps_them_and_one_at_ten_times_as_much_is_caught() {
        assert_eq!(false_alarm(RATES), Standing::Kept);
        assert_eq!(false_alarm(Rates { alpha: 0.1, beta: 1e-6 }), Standing::Broken);
    }

    #[test]
    fn true_claims_are_nearly_always_supported_within_the_horizon() {
        let effort = Effort::new(Seed::root(2), 300, &()).unwrap().of("mean/sequential");
        for row in mean(&effort).unwrap().rows {
            if let ("supported if true", Measured::Counted { count, .. }) =
                (row.quantity.as_str(), row.measured)
            {
                assert!(count > 285, "{row:?}");
            }
        }
    }
}
