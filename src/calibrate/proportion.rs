//! The decisions and intervals for a proportion, exactly.

use rayon::prelude::*;

use super::binary::{Outcome, Rule};
use super::{Effort, Findings, Measured, Promise, RATES, Row};
use crate::error::Result;
use crate::stats::{Estimate, Hypothesis, Proportion, Rates, Region, SequentialProportion};

/// Equivalences: the value claimed, the margin, and the most trials, by which nearly every decision has
/// fallen.
const EQUIVALENCES: [(f64, f64, usize); 6] = [
    (0.5, 0.1, 2_000),
    (0.5, 0.05, 8_000),
    (0.1, 0.05, 5_000),
    (0.9, 0.05, 5_000),
    // Here nothing lies below what is allowed.
    (0.02, 0.02, 5_000),
    (0.3, 0.03, 20_000),
];

/// Probabilities on a grid over (0, 1).
const N_GRID: usize = 1000;

/// Where the worst of a rule may hide: at the ends of what is claimed and allowed, and next to them.
const OFFSETS: [f64; 5] = [0.0, 1e-4, -1e-4, 1e-6, -1e-6];

/// The grid, with these points and their neighbours.
fn grid(points: &[f64]) -> Vec<f64> {
    let even = (0..N_GRID).map(|idx| (idx as f64 + 0.5) / N_GRID as f64);
    let near = points.iter().flat_map(|point| OFFSETS.map(|offset| point + offset));
    even.chain(near.filter(|p| (0.0..=1.0).contains(p))).collect()
}

/// The evidence of `k` successes in `n` trials; without a trial, where no count is possible.
fn counted(resolution: f64) -> Result<impl Fn(usize, usize) -> SequentialProportion + Sync> {
    let none = SequentialProportion::new(resolution)?;
    Ok(move |k: usize, n: usize| {
        let mut proportion = none;
        // `k` is at most `n` here, the only fault that there is.
        proportion.add(k.min(n), n).map_or(none, |()| proportion)
    })
}

fn clopper_pearson(n_successes: usize, n_trials: usize) -> Proportion {
    Proportion { n_successes, n_trials }
}

/// A claim on a proportion with the rule that decides it.
struct Case {
    claim: String,
    hypothesis: Hypothesis,
    rates: Rates,
    rule: Rule,
    promise: fn(f64) -> Promise,
}

impl Case {
    /// The largest error rates over the grid, and what happens if the claim is true.
    fn rows(&self, effort: &Effort) -> Vec<Row> {
        let Hypothesis { claimed, allowed } = self.hypothesis;
        let ends = [claimed.lower, claimed.upper, allowed.lower, allowed.upper];
        let grid = grid(&ends.into_iter().filter(|end| end.is_finite()).collect::<Vec<_>>());
        effort.progress().planned(grid.len());
        let outcomes = self.rule.outcomes(&grid);
        effort.progress().done(grid.len());
        let is_true = |o: &&Outcome| claimed.lower <= o.p && o.p <= claimed.upper;
        // At the ends themselves, too: probabilities are continuous.
        let is_false = |o: &&Outcome| o.p <= allowed.lower || o.p >= allowed.upper;
        let alarm = worst(outcomes.iter().filter(is_true), |o| o.refuted);
        let miss = worst(outcomes.iter().filter(is_false), |o| o.supported);
        let row = |quantity: &str, promise: Promise, measured: Measured| Row {
            procedure: effort.procedure(),
            law: self.claim.clone(),
            quantity: quantity.into(),
            n_samples: self.rule.budget(),
            promise,
            measured,
        };
        let mut rows = vec![
            row("false alarm", (self.promise)(self.rates.alpha), alarm),
            row("miss", (self.promise)(self.rates.beta), miss),
        ];
        if let Some(truth) = outcomes.iter().find(|o| claimed.lower == o.p && claimed.upper == o.p)
        {
            let rate = |rate| Measured::Exact { rate, worst_at: truth.p };
            let mean = truth.mean_trials;
            let trials = Measured::Average { mean, standard_error: 0.0, n_replicates: 0 };
            rows.push(row("supported if true", Promise::None, rate(truth.supported)));
            rows.push(row("trials if true", Promise::None, trials));
        }
        rows
    }
}

/// The largest of a probability, and where.
fn worst<'a>(outcomes: impl Iterator<Item = &'a Outcome>, rate: fn(&Outcome) -> f64) -> Measured {
    let largest = outcomes.max_by(|a, b| rate(a).total_cmp(&rate(b)));
    let (rate, worst_at) = largest.map_or((f64::NAN, f64::NAN), |o| (rate(o), o.p));
    Measured::Exact { rate, worst_at }
}

fn equivalence_case(
    m: f64,
    margin: f64,
    rates: Rates,
    n_between: usize,
    budget: usize,
) -> Result<Case> {
    let hypothesis = Hypothesis::exactly(m).within(margin);
    let rule = Rule::deciding(counted(margin)?, hypothesis, rates, n_between, budget);
    let claim = format!("{m} within {margin}");
    Ok(Case { claim, hypothesis, rates, rule, promise: Promise::AtMost })
}

/// A value with a margin, after every trial.
pub(super) fn equivalence(effort: &Effort) -> Result<Findings> {
    let mut rows = Vec::new();
    for (m, margin, budget) in EQUIVALENCES {
        rows.extend(equivalence_case(m, margin, RATES, 1, budget)?.rows(effort));
    }
    let strict = Rates { alpha: 1e-6, beta: 1e-6 };
    let mut case = equivalence_case(0.5, 0.05, strict, 1, 20_000)?;
    case.claim += ", at 1e-6";
    rows.extend(case.rows(effort));
    Ok(rows.into())
}

/// A value with a margin, after every block of trials.
pub(super) fn blocks(effort: &Effort) -> Result<Findings> {
    let mut rows = Vec::new();
    for (m, margin, budget) in &EQUIVALENCES[..3] {
        rows.extend(equivalence_case(*m, *margin, RATES, 16, *budget)?.rows(effort));
    }
    Ok(rows.into())
}

/// A region with one end, after every trial.
pub(super) fn region(effort: &Effort) -> Result<Findings> {
    let mut rows = Vec::new();
    for (bound, resolution) in [(0.5, 0.1), (0.9, 0.05), (0.05, 0.02)] {
        for region in [Region::at_least(bound), Region::at_most(bound)] {
            let hypothesis = region.into();
            let rule = Rule::deciding(counted(resolution)?, hypothesis, RATES, 1, 4_000);
            let sign = if region.lower.is_finite() { ">=" } else { "<=" };
            let claim = format!("{sign} {bound}, resolving {resolution}");
            let case = Case { claim, hypothesis, rates: RATES, rule, promise: Promise::AtMost };
            rows.extend(case.rows(effort));
        }
    }
    Ok(rows.into())
}

/// The largest probability over the grid that a rule, made for each probability, ever misses it.
fn missed(
    effort: &Effort,
    tails: [Option<f64>; 2],
    budget: usize,
    rule: impl Fn(f64, [Option<f64>; 2], usize) -> Rule + Sync,
) -> Measured {
    let grid = grid(&[0.5, 0.1, 0.9]);
    effort.progress().planned(grid.len());
    let outcome = |&p: &f64| {
        let outcome = rule(p, tails, budget).outcome(p);
        effort.progress().done(1);
        outcome
    };
    let outcomes: Vec<Outcome> = grid.par_iter().with_max_len(8).map(outcome).collect();
    worst(outcomes.iter(), |o| o.refuted)
}

/// The interval, after every trial.
pub(super) fn interval(effort: &Effort) -> Result<Findings> {
    const BUDGET: usize = 2_000;
    let tail = Some(RATES.alpha);
    let mut rows = Vec::new();
    for resolution in [0.1, 0.03] {
        let counted = counted(resolution)?;
        for (quantity, tails) in [("ever above", [tail, None]), ("ever below", [None, tail])] {
            rows.push(Row {
                procedure: effort.procedure(),
                law: format!("resolving {resolution}"),
                quantity: quantity.into(),
                n_samples: BUDGET,
                promise: Promise::AtMost(RATES.alpha),
                measured: missed(effort, tails, BUDGET, |p, tails, budget| {
                    Rule::missing(&counted, p, tails, budget)
                }),
            });
        }
    }
    Ok(rows.into())
}

/// Probabilities of `0 ..= n` successes, by their ratios from the most probable one on.
fn binomial(n: usize, p: f64) -> Vec<f64> {
    let mode = ((n as f64 + 1.0) * p) as usize;
    let mode = mode.min(n);
    let mut weights = vec![0.0; n + 1];
    weights[mode] = 1.0;
    for k in mode..n {
        weights[k + 1] = weights[k] * (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    for k in (0..mode).rev() {
        weights[k] = weights[k + 1] * (k + 1) as f64 / (n - k) as f64 * (1.0 - p) / p;
    }
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

/// Clopper and Pearson's interval, looked at once.
pub(super) fn fixed_sample(effort: &Effort) -> Result<Findings> {
    let tail = RATES.alpha;
    let mut rows = Vec::new();
    for n in [10, 30, 100, 300, 1000] {
        let intervals: Vec<_> = (0..=n).map(|k| clopper_pearson(k, n).interval(tail)).collect();
        // It misses most often right outside of one of its own ends.
        let beside =
            intervals.iter().flat_map(|i| [i.lower * (1.0 - BESIDE), i.upper * (1.0 + BESIDE)]);
        let points: Vec<f64> =
            grid(&[]).into_iter().chain(beside).filter(|&p| p > 0.0 && p < 1.0).collect();
        effort.progress().planned(points.len());
        let missed = |&p: &f64| {
            let law = binomial(n, p);
            let mass = |is_missing: &dyn Fn(usize) -> bool| -> f64 {
                (0..=n).filter(|&k| is_missing(k)).map(|k| law[k]).sum()
            };
            let above = mass(&|k| intervals[k].lower > p);
            (p, [above, mass(&|k| intervals[k].upper < p)])
        };
        let missed: Vec<(f64, [f64; 2])> = points.par_iter().map(missed).collect();
        effort.progress().done(points.len());
        for (side, quantity) in ["interval above", "interval below"].into_iter().enumerate() {
            let largest = missed.iter().max_by(|a, b| a.1[side].total_cmp(&b.1[side]));
            let (worst_at, rates) = largest.map_or((f64::NAN, [f64::NAN; 2]), |&found| found);
            rows.push(Row {
                procedure: effort.procedure(),
                law: format!("{n} trials"),
                quantity: quantity.into(),
                n_samples: n,
                promise: Promise::AtMost(tail),
                measured: Measured::Exact { rate: rates[side], worst_at },
            });
        }
    }
    Ok(rows.into())
}

/// Relative distance from an end of an interval: more than what its computation rounds.
const BESIDE: f64 = 1e-8;

/// What an interval for a fixed sample does when it is looked at after every trial. It misses the more often
/// the longer one looks; the longest look is at one probability only.
pub(super) fn peeking(effort: &Effort) -> Result<Findings> {
    // 1 % in all, half of it on each side.
    let tails = [Some(0.5 * RATES.alpha); 2];
    let rule = |p: f64, tails: [Option<f64>; 2], budget: usize| {
        Rule::missing(clopper_pearson, p, tails, budget)
    };
    let longest = 100_000;
    let outcome = rule(0.5, tails, longest).outcome(0.5);
    let mut found = [100, 1_000].map(|n| (n, missed(effort, tails, n, rule))).to_vec();
    found.push((longest, Measured::Exact { rate: outcome.refuted, worst_at: 0.5 }));
    let mut rows = Vec::new();
    for (budget, measured) in found {
        rows.push(Row {
            procedure: effort.procedure(),
            law: format!("{budget} looks"),
            quantity: "interval ever misses".into(),
            n_samples: budget,
            promise: Promise::Control(RATES.alpha),
            measured,
        });
    }
    let (m, margin, budget) = EQUIVALENCES[0];
    let hypothesis = Hypothesis::exactly(m).within(margin);
    let rule = Rule::deciding(clopper_pearson, hypothesis, RATES, 1, budget);
    let claim = format!("{m} within {margin}");
    let case = Case { claim, hypothesis, rates: RATES, rule, promise: Promise::Control };
    rows.extend(case.rows(effort));
    Ok(rows.into())
}

/// The exact verdicts of an equivalence at one true probability, for curves.
pub(super) fn verdicts(
    m: f64,
    margin: f64,
    rates: Rates,
    budget: usize,
    truths: &[f64],
) -> Result<Vec<Outcome>> {
    Ok(equivalence_case(m, margin, rates, 1, budget)?.rule.outcomes(truths))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::Standing;
    use crate::seed::Seed;

    fn effort() -> Effort<'static> {
        Effort::new(Seed::root(1), 1, &()).unwrap().of("proportion")
    }

    #[test]
    fn the_grid_holds_a_thousand_points_and_the_ends_to_the_bit() {
        let grid = grid(&[0.45, 0.0]);
        assert!(grid.len() >= 1000 && grid.contains(&0.45) && grid.contains(&(0.45 - 1e-4)));
        assert!(grid.contains(&0.0) && grid.iter().all(|p| (0.0..=1.0).contains(p)));
    }

    #[test]
    fn binomial_probabilities_by_hand() {
        let law = binomial(4, 0.25);
        for (k, expected) in [81.0, 108.0, 54.0, 12.0, 1.0].into_iter().enumerate() {
            assert!((law[k] - expected / 256.0).abs() < 1e-15);
        }
        assert!((binomial(1000, 0.999).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_sound_rule_keeps_its_promise_and_one_that_spends_more_breaks_it() {
        let case = equivalence_case(0.5, 0.1, RATES, 1, 2_000).unwrap();
        let standings = |case: &Case| -> Vec<Standing> {
            case.rows(&effort()).iter().map(Row::standing).collect()
        };
        assert_eq!(standings(&case)[..2], [Standing::Kept; 2]);
        let spent = Rates { alpha: 10.0 * RATES.alpha, beta: 10.0 * RATES.beta };
        let broken = Case { rates: RATES, ..equivalence_case(0.5, 0.1, spent, 1, 2_000).unwrap() };
        assert_eq!(standings(&broken)[..2], [Standing::Broken; 2]);
    }

    #[test]
    fn the_control_that_peeks_is_caught() {
        let tails = [Some(0.005); 2];
        let rule = |p: f64, tails: [Option<f64>; 2], budget: usize| {
            Rule::missing(clopper_pearson, p, tails, budget)
        };
        let Measured::Exact { rate, .. } = missed(&effort(), tails, 60, rule) else {
            unreachable!()
        };
        assert!(rate > 0.02, "{rate}");
    }
}
