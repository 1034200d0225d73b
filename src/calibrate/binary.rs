//! Exact probabilities of what a rule on binary trials decides, by dynamic programming.
//!
//! Where the evidence depends on the number of trials `n` and of successes `k` alone, the trials are a walk
//! in `k` that stops at the first decision. For each `n` the decisions are four limits of `k`, found once;
//! then, for each probability of success, the mass of the walks still open is moved from `n` to `n + 1`. All
//! terms are positive: the relative error is a few roundings per trial.

use rayon::prelude::*;

use super::reading;
use crate::stats::{Estimate, Hypothesis, Null, Rates, Region, Verdict, p_value_of};

/// What the counts show after so many trials. Each limit is the first `k` from which on something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    /// No longer refuted from below.
    refuted_to: usize,
    /// The probability is not too small to be allowed.
    supported_from: usize,
    /// No longer shown not to be too large.
    supported_to: usize,
    /// Refuted from above.
    refuted_from: usize,
}

impl Look {
    /// Nothing is decided.
    const OPEN: Look = Look {
        refuted_to: 0,
        supported_from: usize::MAX,
        supported_to: 0,
        refuted_from: usize::MAX,
    };

    /// The counts that decide nothing: at most two ranges, ends excluded.
    fn open(self) -> [(usize, usize); 2] {
        let Look { refuted_to, supported_from, supported_to, refuted_from } = self;
        if supported_from >= supported_to {
            return [(refuted_to, refuted_from), (0, 0)];
        }
        [
            (refuted_to, supported_from.min(refuted_from)),
            (supported_to.max(refuted_to), refuted_from),
        ]
    }

    fn is_refuted(self, k: usize) -> bool {
        k < self.refuted_to || k >= self.refuted_from
    }
}

/// When a rule stops, and with which verdict.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// After each number of trials from 1 on.
    looks: Vec<Look>,
}

/// The first `k` of `0 ..= n + 1` at which `holds`, which stays so from there on; it is sought from a
/// neighbour's place.
fn first(from: usize, n: usize, holds: impl Fn(usize) -> bool) -> usize {
    let mut k = from.min(n + 1);
    while k > 0 && holds(k - 1) {
        k -= 1;
    }
    while k <= n && !holds(k) {
        k += 1;
    }
    k
}

impl Rule {
    /// Decides a hypothesis after every `n_between` trials, up to `budget` of them, on the estimate from
    /// `(successes, trials)`: as [`crate::stats::decide`], see [`reading`].
    pub fn deciding<E: Estimate>(
        estimate: impl Fn(usize, usize) -> E,
        hypothesis: Hypothesis,
        rates: Rates,
        n_between: usize,
        budget: usize,
    ) -> Self {
        let Hypothesis { claimed, allowed } = hypothesis;
        // Evidence against one side of what is claimed, with its share of the rate, and for one side of
        // what is allowed: each alone changes once as `k` grows.
        let refutes = |k: usize, n: usize, side: Region| {
            let n_sides =
                if claimed.lower.is_finite() && claimed.upper.is_finite() { 2.0 } else { 1.0 };
            n_sides * p_value_of(&estimate(k, n), side) <= rates.alpha
        };
        let supports = |k: usize, n: usize, side: Region| {
            let one_sided = Hypothesis { claimed: Region::at_most(f64::INFINITY), allowed: side };
            reading::verdict(&estimate(k, n), one_sided, rates) == Verdict::Supported
        };
        Self::of(n_between, budget, |n, last| Look {
            refuted_to: first(last.refuted_to, n, |k| {
                !refutes(k, n, Region::at_least(claimed.lower))
            }),
            supported_from: first(last.supported_from, n, |k| {
                supports(k, n, Region::at_least(allowed.lower))
            }),
            supported_to: first(last.supported_to, n, |k| {
                !supports(k, n, Region::at_most(allowed.upper))
            }),
            refuted_from: first(last.refuted_from, n, |k| {
                refutes(k, n, Region::at_most(claimed.upper))
            }),
        })
    }

    /// Stops as soon as the interval at the first of these tails lies above the truth, or that at the second
    /// below it, after any trial; without a tail, a side is not looked at. "Refuted" stands for a miss.
    pub fn missing<E: Estimate>(
        estimate: impl Fn(usize, usize) -> E,
        truth: f64,
        tails: [Option<f64>; 2],
        budget: usize,
    ) -> Self {
        let nulls = [Null::AtMost(truth), Null::AtLeast(truth)];
        let is_beyond = |k: usize, n: usize, side: usize| {
            tails[side].is_some_and(|tail| estimate(k, n).p_value(nulls[side]) <= tail)
        };
        Self::of(1, budget, |n, last| Look {
            refuted_to: first(last.refuted_to, n, |k| !is_beyond(k, n, 1)),
            refuted_from: first(last.refuted_from, n, |k| is_beyond(k, n, 0)),
            ..Look::OPEN
        })
    }

    fn of(n_between: usize, budget: usize, look: impl Fn(usize, Look) -> Look) -> Self {
        let mut last = Look::OPEN;
        let looks = (1..=budget).map(|n| {
            if n % n_between != 0 {
                return Look::OPEN;
            }
            last = look(n, last);
            last
        });
        Rule { looks: looks.collect() }
    }

    /// The most trials.
    pub fn budget(&self) -> usize {
        self.looks.len()
    }

    /// What happens under each of these probabilities, in their order.
    pub fn outcomes(&self, probabilities: &[f64]) -> Vec<Outcome> {
        probabilities.par_iter().with_max_len(1).map(|&p| self.outcome(p)).collect()
    }

    /// What happens if trials succeed with probability `p`.
    pub fn outcome(&self, p: f64) -> Outcome {
        let mut walks = Walks::new(self.budget());
        let mut outcome = Outcome { p, refuted: 0.0, supported: 0.0, mean_trials: 0.0 };
        for (idx, &look) in self.looks.iter().enumerate() {
            outcome.mean_trials += outcome.undecided();
            walks.step(p);
            walks.stop(look, idx + 1, &mut outcome);
            if outcome.undecided() < NEGLIGIBLE {
                break;
            }
        }
        outcome
    }
}

/// Open mass that is not followed any further: a few roundings of the whole.
const NEGLIGIBLE: f64 = 1e-13;

/// Mass of one count, at the end of a range, that is not followed: a hundred thousand trials leave less than
/// a rounding of the whole behind, and no numbers below the normal ones arise.
const TINY: f64 = 1e-22;

/// Probabilities of the verdicts at one probability of success.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outcome {
    /// The probability of success of one trial.
    pub p: f64,
    /// The probability of *refuted*.
    pub refuted: f64,
    /// The probability of *supported*.
    pub supported: f64,
    /// The mean number of trials until the decision, or the budget.
    pub mean_trials: f64,
}

impl Outcome {
    /// The probability that the budget ends without a decision.
    pub fn undecided(self) -> f64 {
        (1.0 - self.refuted - self.supported).max(0.0)
    }
}

/// The mass of walks that are still open, by their successes.
struct Walks {
    open: Vec<f64>,
    next: Vec<f64>,
    /// Where there is mass: ranges in ascending order, ends excluded, at least one empty place apart.
    ranges: Vec<(usize, usize)>,
}

impl Walks {
    fn new(budget: usize) -> Self {
        let mut open = vec![0.0; budget + 2];
        open[0] = 1.0;
        Walks { open, next: vec![0.0; budget + 2], ranges: vec![(0, 1)] }
    }

    /// One more trial.
    fn step(&mut self, p: f64) {
        let q = 1.0 - p;
        let mut grown: Vec<(usize, usize)> = Vec::with_capacity(2);
        for &(start, end) in &self.ranges {
            let (from, to) = (&self.open[start..end], &mut self.next[start..=end]);
            to[0] = q * from[0];
            for (to, pair) in to[1..].iter_mut().zip(from.windows(2)) {
                *to = q * pair[1] + p * pair[0];
            }
            to[end - start] = p * from[end - start - 1];
            let is_tiny = |mass: &&f64| **mass < TINY;
            let n_before = to.iter().take_while(is_tiny).count();
            let n_behind = to[n_before..].iter().rev().take_while(is_tiny).count();
            let (start, end) = (start + n_before, end + 1 - n_behind);
            match grown.last_mut() {
                Some(last) if last.1 == start => last.1 = end,
                _ if start < end => grown.push((start, end)),
                _ => {}
            }
        }
        self.ranges = grown;
        std::mem::swap(&mut self.open, &mut self.next);
    }

    /// Takes out the walks that a look decides.
    fn stop(&mut self, look: Look, n: usize, outcome: &mut Outcome) {
        if look == Look::OPEN {
            return;
        }
        let mut left = Vec::with_capacity(2);
        for &(start, end) in &self.ranges {
            let mut decided_from = start;
            for (open_start, open_end) in look.open() {
                let (open_start, open_end) = (open_start.max(start), open_end.min(end));
                if open_start < open_end {
                    self.take(look, decided_from..open_start, outcome);
                    left.push((open_start, open_end));
                    decided_from = open_end;
                }
            }
            self.take(look, decided_from..end, outcome);
        }
        debug_assert!(left.iter().all(|range| range.1 <= n + 1));
        self.ranges = left;
    }

    fn take(&self, look: Look, decided: std::ops::Range<usize>, outcome: &mut Outcome) {
        for k in decided {
            let mass =
                if look.is_refuted(k) { &mut outcome.refuted } else { &mut outcome.supported };
            *mass += self.open[k];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::stats::{Proportion, SequentialProportion, decide};
    use rand::RngExt;

    const RATES: Rates = Rates { alpha: 0.1, beta: 0.2 };

    fn sequential(resolution: f64) -> impl Fn(usize, usize) -> SequentialProportion {
        move |k, n| {
            let mut proportion = SequentialProportion::new(resolution).unwrap();
            proportion.add(k, n).unwrap();
            proportion
        }
    }

    fn clopper_pearson(n_successes: usize, n_trials: usize) -> Proportion {
        Proportion { n_successes, n_trials }
    }

    fn verdict_at(look: Look, k: usize) -> Verdict {
        let is_open = look.open().iter().any(|&(start, end)| (start..end).contains(&k));
        match (is_open, look.is_refuted(k)) {
            (true, _) => Verdict::Undecided,
            (false, true) => Verdict::Refuted,
            (false, false) => Verdict::Supported,
        }
    }

    #[track_caller]
    fn check_limits<E: Estimate>(estimate: impl Fn(usize, usize) -> E, hypothesis: Hypothesis) {
        let rule = Rule::deciding(&estimate, hypothesis, RATES, 1, 60);
        for (idx, &look) in rule.looks.iter().enumerate() {
            for k in 0..=idx + 1 {
                let decided = decide(&estimate(k, idx + 1), hypothesis, RATES).verdict;
                assert_eq!(verdict_at(look, k), decided, "{k} of {} {hypothesis:?}", idx + 1);
            }
        }
    }

    fn hypotheses() -> [Hypothesis; 5] {
        [
            Hypothesis::exactly(0.5).within(0.2),
            Hypothesis::exactly(0.1).within(0.07),
            Hypothesis::exactly(0.9).within(0.07),
            Region::at_least(0.31).into(),
            Region::at_most(0.62).into(),
        ]
    }

    #[test]
    fn limits_hold_what_decide_says_of_every_count() {
        for hypothesis in hypotheses() {
            check_limits(sequential(0.2), hypothesis);
            check_limits(clopper_pearson, hypothesis);
        }
    }

    /// Every sequence of trials, one by one.
    fn enumerated<E: Estimate>(
        estimate: impl Fn(usize, usize) -> E,
        hypothesis: Hypothesis,
        n_between: usize,
        budget: usize,
        p: f64,
    ) -> Outcome {
        let mut outcome = Outcome { p, refuted: 0.0, supported: 0.0, mean_trials: 0.0 };
        for bits in 0..1_u32 << budget {
            let n_ones = bits.count_ones() as i32;
            let mass = p.powi(n_ones) * (1.0 - p).powi(budget as i32 - n_ones);
            let (mut k, mut n_trials) = (0, budget);
            for n in 1..=budget {
                k += (bits >> (n - 1) & 1) as usize;
                if n % n_between != 0 {
                    continue;
                }
                let verdict = decide(&estimate(k, n), hypothesis, RATES).verdict;
                match verdict {
                    Verdict::Refuted => outcome.refuted += mass,
                    Verdict::Supported => outcome.supported += mass,
                    Verdict::Undecided => continue,
                }
                n_trials = n;
                break;
            }
            outcome.mean_trials += mass * n_trials as f64;
        }
        outcome
    }

    #[test]
    fn probabilities_equal_the_enumeration_of_all_sequences() {
        for hypothesis in hypotheses() {
            for (n_between, p) in [(1, 0.5), (1, 0.13), (3, 0.4), (1, 0.9)] {
                let budget = 10;
                let pairs = [
                    (
                        Rule::deciding(clopper_pearson, hypothesis, RATES, n_between, budget),
                        enumerated(clopper_pearson, hypothesis, n_between, budget, p),
                    ),
                    (
                        Rule::deciding(sequential(0.4), hypothesis, RATES, n_between, budget),
                        enumerated(sequential(0.4), hypothesis, n_between, budget, p),
                    ),
                ];
                for (rule, expected) in pairs {
                    let outcome = rule.outcome(p);
                    let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
                    let message = || format!("{hypothesis:?} {outcome:?} {expected:?}");
                    assert!(near(outcome.refuted, expected.refuted), "{}", message());
                    assert!(near(outcome.supported, expected.supported), "{}", message());
                    assert!(near(outcome.mean_trials, expected.mean_trials), "{}", message());
                }
            }
        }
    }

    #[test]
    fn probabilities_agree_with_simulated_trials() {
        let hypothesis = Hypothesis::exactly(0.5).within(0.15);
        let rule = Rule::deciding(sequential(0.15), hypothesis, RATES, 1, 400);
        for p in [0.5, 0.36] {
            let (outcome, n_walks) = (rule.outcome(p), 20_000);
            let mut counts = [0_u32; 2];
            for idx in 0..n_walks {
                let mut rng = Seed::root(1).child("walk").index(idx as usize).rng();
                let mut k = 0;
                for (n, &look) in rule.looks.iter().enumerate() {
                    k += usize::from(rng.random::<f64>() < p);
                    match verdict_at(look, k) {
                        Verdict::Refuted => counts[0] += 1,
                        Verdict::Supported => counts[1] += 1,
                        Verdict::Undecided => continue,
                    }
                    assert!(n < 400);
                    break;
                }
            }
            for (count, probability) in counts.iter().zip([outcome.refuted, outcome.supported]) {
                let expected = probability * f64::from(n_walks);
                let deviation = (expected * (1.0 - probability)).sqrt().max(1.0);
                assert!((f64::from(*count) - expected).abs() < 4.5 * deviation, "{p} {outcome:?}");
            }
        }
    }

    #[test]
    fn a_rule_that_spends_ten_times_its_rate_is_seen_to() {
        let promised = Rates { alpha: 0.01, beta: 0.01 };
        let spent = Rates { alpha: 0.1, beta: 0.1 };
        let hypothesis = Hypothesis::exactly(0.5).within(0.1);
        let rates = [promised, spent].map(|rates| {
            let rule = Rule::deciding(sequential(0.1), hypothesis, rates, 1, 3000);
            (rule.outcome(0.5).refuted, rule.outcome(0.6).supported)
        });
        assert!(rates[0].0 <= 0.01 && rates[0].1 <= 0.01, "{rates:?}");
        assert!(rates[1].0 > 0.02 && rates[1].1 > 0.05, "{rates:?}");
    }

    #[test]
    fn a_fixed_sample_rule_looked_at_after_every_trial_breaks_its_promise() {
        // The interval of a fixed sample misses with 1 % in all; under p = 1/2.
        let tails = [Some(0.005); 2];
        let fixed = |n: usize| {
            let is_missing = |k: usize| {
                let p_value = |null| clopper_pearson(k, n).p_value(null);
                p_value(Null::AtMost(0.5)).min(p_value(Null::AtLeast(0.5))) <= 0.005
            };
            let choose = |k: usize| (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64);
            (0..=n).filter(|&k| is_missing(k)).map(choose).sum::<f64>() * 0.5_f64.powi(n as i32)
        };
        let peeked = Rule::missing(clopper_pearson, 0.5, tails, 500).outcome(0.5).refuted;
        assert!(fixed(500) <= 0.01 && peeked > 0.05, "{} {peeked}", fixed(500));
        let sequential = Rule::missing(sequential(0.1), 0.5, tails, 500).outcome(0.5).refuted;
        assert!(sequential <= 0.01, "{sequential}");
    }
}
