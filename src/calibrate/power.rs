//! Power: the verdicts along true values.

use rand_pcg::Pcg64;

use super::effort::indicator;
use super::law::Law;
use super::{Curve, CurvePoint, Effort, Findings, RATES, proportion, sequential};
use crate::error::Result;
use crate::stats::{Bets, Bounds, Hypothesis, SequentialMean, Verdict};

/// The claim of both curves: this value, within this margin.
const CLAIMED: f64 = 0.3;
const MARGIN: f64 = 0.1;

/// Points of a curve, from two margins below the claim to two above.
const N_POINTS: usize = 17;

/// A point of a sampled curve has a tenth of the replicates of a rate.
const SHARE: usize = 10;

fn truths() -> Vec<f64> {
    let step = 4.0 * MARGIN / (N_POINTS - 1) as f64;
    (0..N_POINTS).map(|idx| CLAIMED + step * (idx as f64 - (N_POINTS / 2) as f64)).collect()
}

fn curve(effort: &Effort, points: Vec<CurvePoint>) -> Findings {
    let claim = format!("{CLAIMED} within {MARGIN}");
    let procedure = effort.procedure();
    let curve = Curve { procedure, claim, claimed: CLAIMED, margin: MARGIN, points };
    Findings { curves: vec![curve], ..Findings::default() }
}

/// The verdicts on a proportion, exactly.
pub(super) fn proportion(effort: &Effort) -> Result<Findings> {
    let budget = sequential::horizon(Law::Bernoulli(CLAIMED), MARGIN, RATES);
    let outcomes = proportion::verdicts(CLAIMED, MARGIN, RATES, budget, &truths())?;
    let point = |outcome: &super::binary::Outcome| CurvePoint {
        truth: outcome.p,
        supported: outcome.supported,
        refuted: outcome.refuted,
        mean_samples: outcome.mean_trials,
    };
    Ok(curve(effort, outcomes.iter().map(point).collect()))
}

/// The verdicts on the mean of values that are 0 or 1.
pub(super) fn mean(effort: &Effort) -> Result<Findings> {
    let horizon = sequential::horizon(Law::Bernoulli(CLAIMED), MARGIN, RATES);
    let (claim, bets) = (Hypothesis::exactly(CLAIMED).within(MARGIN), Bets::resolving(MARGIN));
    let fresh = SequentialMean::new(Bounds::UNIT, claim, bets, RATES)?;
    let n_replicates = effort.n_replicates().div_ceil(SHARE);
    let mut points = Vec::new();
    for (idx, truth) in truths().into_iter().enumerate() {
        let sampler = Law::Bernoulli(truth).sampler()?;
        let replicate = |rng: &mut Pcg64| {
            let (verdict, n_samples) = sequential::decided(&fresh, horizon, || sampler.draw(rng))?;
            let is = |other: Verdict| indicator(verdict == other);
            Ok([is(Verdict::Supported), is(Verdict::Refuted), n_samples as f64])
        };
        let moments = effort.sample(&format!("point {idx}"), n_replicates, replicate)?;
        let [supported, refuted, mean_samples] = moments.map(|moments| moments.mean());
        points.push(CurvePoint { truth, supported, refuted, mean_samples });
    }
    Ok(curve(effort, points))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn true_claims_are_supported_and_far_ones_refuted_by_both() {
        let effort = Effort::new(Seed::root(1), 2_000, &()).unwrap().of("test");
        for findings in [proportion(&effort), mean(&effort)] {
            let points = &findings.unwrap().curves[0].points;
            assert_eq!(points.len(), N_POINTS);
            assert!((points[8].truth - CLAIMED).abs() < 1e-15);
            assert!(points[8].supported > 0.9 && points[0].refuted > 0.99, "{points:?}");
            assert!(points[16].refuted > 0.99 && points[16].supported < 0.01);
            assert!((points[4].truth - 0.2).abs() < 1e-15 && points[4].supported < 0.03);
        }
    }
}
