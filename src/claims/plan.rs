//! What a run of checks will do, before it does it: budgets that resolve what the cards promise, and the
//! time that they take on this machine.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::data::Shift;
use crate::error::Result;
use crate::linalg::Real;
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};
use crate::stats::{Design, Rates};
use crate::train::Simulation;

use super::lab::Budget;
use super::scenario::{Arms, Scenario, Times};
use super::{Arm, Claim, Tier, claim_rates};

/// Runs that a claim asks for.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// Work of the same name is done once, however many claims ask for it.
    pub name: String,
    pub setting: Setting,
    pub engine: EngineKind,
    pub is_double: bool,
    pub n_steps: usize,
    /// Fresh samples that each run is evaluated on, in and out of distribution.
    pub n_test: usize,
    /// The largest number of runs, and the one to expect if the claim is true.
    pub n_runs: usize,
    pub n_expected: usize,
    /// Does one run, where that is more than training.
    pub whole_run: Option<fn() -> Result<()>>,
}

impl Work {
    /// The rungs of a ladder, as [`super::Lab`] climbs them.
    pub fn ladder(scenario: Scenario, tier: Tier, arm: Arm) -> Result<Vec<Work>> {
        scenario
            .plan(tier, arm)
            .iter()
            .map(|rung| {
                let setting = scenario.setting(rung.n_features)?;
                Ok(Work {
                    name: format!("{} ladder, d0 = {}", scenario.name(), rung.n_features),
                    n_steps: Times::of(&setting).t2,
                    setting,
                    engine: EngineKind::Feature,
                    is_double: false,
                    n_test: crate::observe::N_TEST,
                    n_runs: rung.n_runs,
                    n_expected: rung.n_runs,
                    whole_run: None,
                })
            })
            .collect()
    }

    /// The ladder of a claim or a control, and for a claim the variations of it.
    pub fn ladders(arms: Arms, variations: &[Scenario], tier: Tier, arm: Arm) -> Result<Vec<Work>> {
        let mut works = Work::ladder(arms.of(arm), tier, arm)?;
        if arm == Arm::Claim {
            for &variation in variations {
                works.extend(Work::ladder(variation, tier, arm)?);
            }
        }
        Ok(works)
    }

    /// Runs of a claim of its own, in double precision and without an evaluation.
    pub fn own(
        name: impl Into<String>,
        setting: Setting,
        engine: EngineKind,
        n_steps: usize,
        budget: Budget,
    ) -> Work {
        let (n_runs, n_expected) = (budget.n_runs, budget.n_expected);
        Work {
            name: name.into(),
            setting,
            engine,
            is_double: true,
            n_steps,
            n_test: 0,
            n_runs,
            n_expected,
            whole_run: None,
        }
    }

    /// The same, where a run is more than training: `run` does one.
    pub fn with_run(self, run: fn() -> Result<()>) -> Work {
        Work { whole_run: Some(run), ..self }
    }

    /// Seconds of one run on one core of this machine, from a few of its steps.
    fn seconds_per_run(&self) -> Result<f64> {
        if let Some(run) = self.whole_run {
            let start = Instant::now();
            run()?;
            return Ok(start.elapsed().as_secs_f64());
        }
        if self.is_double { self.probe::<f64>() } else { self.probe::<f32>() }
    }

    fn probe<T: Real>(&self) -> Result<f64> {
        let start = Instant::now();
        let mut run = Simulation::<T>::new(&self.setting, self.engine, Seed::root(0))?;
        let to_start = start.elapsed().as_secs_f64();
        let mut n_probed = 0;
        let start = Instant::now();
        while n_probed < self.n_steps && (n_probed < 2 || start.elapsed() < PROBE) {
            run.step()?;
            n_probed += 1;
        }
        let per_step = start.elapsed().as_secs_f64() / n_probed.max(1) as f64;
        let start = Instant::now();
        if self.n_test > 0 {
            run.evaluate(self.n_test, Shift::InDistribution, "probe");
        }
        let evaluations = 2.0 * start.elapsed().as_secs_f64();
        Ok(to_start + self.n_steps as f64 * per_step + evaluations)
    }
}

/// How long a probe of steps lasts, unless two steps last longer.
const PROBE: Duration = Duration::from_millis(4);

/// What a claim that samples until it is decided needs, before its share of a tier's budget is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Need {
    /// Samples of one kind that each part is decided from, and how many of them a run gives.
    pub designs: &'static [PartDesign],
    /// Runs between two looks.
    pub chunk: usize,
    /// Parts of the claim, which share its false alarms.
    pub n_parts: usize,
}

/// The design of one part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PartDesign {
    /// The standard deviation of a sample, over the margin of the part.
    pub deviation: f64,
    /// Samples per run.
    pub n_per_run: f64,
}

/// With this probability a budget suffices to support a true claim, and to refute one that is off by its
/// margin.
const POWER: f64 = 0.999;

impl Need {
    /// Runs that resolve the margins of all parts with this probability: to support, and to refute.
    fn runs(&self, rates: Rates, power: f64) -> (f64, f64) {
        let rates = Rates { alpha: rates.alpha / self.n_parts as f64, ..rates };
        self.designs.iter().fold((0.0, 0.0), |(support, refute): (f64, f64), part| {
            let design = Design { standard_deviation: part.deviation, margin: 1.0, rates };
            (
                support.max(design.samples_to_support(power) / part.n_per_run),
                refute.max(design.samples_to_refute(power) / part.n_per_run),
            )
        })
    }

    /// The budget at a tier: what the margins need, times the tier's patience, in whole chunks.
    pub fn budget(&self, tier: Tier) -> Budget {
        let rates = claim_rates(tier);
        let (support, refute) = self.runs(rates, POWER);
        let (expected, _) = self.runs(rates, 0.5);
        let whole = |n_runs: f64| (n_runs / self.chunk as f64).ceil() as usize * self.chunk;
        let n_runs = whole(support.max(refute) * tier.patience());
        let n_expected = whole(expected).min(n_runs);
        Budget { n_runs, n_expected, chunk: self.chunk, n_parts: self.n_parts }
    }
}

/// One claim's row of a plan.
#[derive(Debug, Clone)]
pub struct PlannedClaim {
    /// The claim.
    pub claim: &'static Claim,
    /// The largest number of runs that it may take, also of those it shares with others.
    pub n_runs: usize,
    /// The number to expect if it is true.
    pub n_expected: usize,
    /// The numbers of features `d0` of the runs.
    pub sizes: Vec<usize>,
    /// Core-seconds on this machine, without the work that a claim above it in the plan does already.
    pub core_seconds: f64,
}

/// What a run of checks will do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// A row for each claim, in the order of the registry.
    pub claims: Vec<PlannedClaim>,
    /// Seconds on so many threads, if the claims are true.
    pub seconds: f64,
}

/// Plans a run of these claims, or of their controls, on so many threads. It takes a few steps of each kind
/// of run to know this machine, which takes some tenths of a second.
pub fn plan(claims: &[&'static Claim], arm: Arm, tier: Tier, n_threads: usize) -> Plan {
    let mut done = HashSet::new();
    let mut planned = Plan { claims: Vec::new(), seconds: 0.0 };
    for claim in claims {
        // A check that cannot be planned gives no answer either, and says why when it is run.
        let works = (claim.work)(tier, arm).unwrap_or_default();
        let mut core_seconds = 0.0;
        for work in works.iter().filter(|work| done.insert(work.name.clone())) {
            let seconds = work.seconds_per_run().unwrap_or_default() * work.n_expected as f64;
            core_seconds += seconds;
            planned.seconds += seconds / work.n_expected.clamp(1, n_threads) as f64;
        }
        let mut sizes: Vec<usize> = works.iter().map(|work| work.setting.n_features()).collect();
        sizes.sort_unstable();
        sizes.dedup();
        planned.claims.push(PlannedClaim {
            claim,
            n_runs: works.iter().map(|work| work.n_runs).sum(),
            n_expected: works.iter().map(|work| work.n_expected).sum(),
            sizes,
            core_seconds,
        });
    }
    planned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::CLAIMS;

    const NEED: Need = Need {
        designs: &[
            PartDesign { deviation: 3.0, n_per_run: 1.0 },
            PartDesign { deviation: 20.0, n_per_run: 32.0 },
        ],
        chunk: 128,
        n_parts: 3,
    };

    #[test]
    fn a_budget_resolves_every_part_in_whole_chunks() {
        for tier in Tier::ALL {
            let budget = NEED.budget(tier);
            let Rates { alpha, beta } = claim_rates(tier);
            let rates = Rates { alpha: alpha / 3.0, beta };
            let design = Design { standard_deviation: 3.0, margin: 1.0, rates };
            assert!(budget.n_runs as f64 >= design.samples_to_refute(POWER));
            assert!(budget.n_runs.is_multiple_of(128) && budget.n_expected <= budget.n_runs);
        }
        assert!(NEED.budget(Tier::Deep).n_runs > NEED.budget(Tier::Quick).n_runs);
    }

    #[test]
    fn shared_work_is_planned_once() {
        let both: Vec<_> = CLAIMS.iter().filter(|claim| claim.id.starts_with("risk/")).collect();
        let plan = plan(&both, Arm::Claim, Tier::Quick, 2);
        assert!(plan.claims[0].core_seconds > 0.0);
        assert_eq!(plan.claims[1].core_seconds, 0.0);
        assert_eq!(plan.claims[0].n_runs, plan.claims[1].n_runs);
        // The ladder, and that of the variations.
        assert_eq!(plan.claims[0].sizes, [16, 24, 32, 64]);
    }

    #[test]
    fn every_claim_and_every_control_has_work() {
        for claim in CLAIMS {
            for arm in [Arm::Claim, Arm::Control] {
                let works = (claim.work)(Tier::Quick, arm).unwrap();
                assert!(works.iter().all(|work| work.n_runs >= work.n_expected));
                assert!(works.iter().any(|work| work.n_expected > 0), "{}", claim.id);
            }
        }
    }
}
