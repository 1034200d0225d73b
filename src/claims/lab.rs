//! The lab: seed, tier, progress, and the ladders of runs that several claims read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use crate::error::Result;
use crate::linalg::row_of;
use crate::observe::{RunRecord, Schedule, SetNeuron, initial_set, record};
use crate::predict::{Certified, PopulationOracle};
use crate::seed::Seed;
use crate::setting::{ByLabel, Setting};
use crate::stats::{Rates, Replicates, log_log_slope};

use super::course::Course;
use super::decay::End;
use super::evidence::is_decided;
use super::scenario::{Scenario, Times};
use super::tier::{RungPlan, runs_to_decide};
use super::{Arm, LiveDraft, Tier, claim_rates};

/// Someone who watches the work.
pub trait Progress: Sync {
    /// A check begins.
    fn claim(&self, claim_idx: usize, n_claims: usize, id: &str);
    /// So many runs are about to start.
    fn runs_planned(&self, n_runs: usize);
    /// A run is done.
    fn run_done(&self);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn claim(&self, _claim_idx: usize, _n_claims: usize, _id: &str) {}
    fn runs_planned(&self, _n_runs: usize) {}
    fn run_done(&self) {}
}

/// One independent run of a rung.
#[derive(Debug)]
pub(super) struct Run {
    pub record: RunRecord,
    /// The initial set, empty in few runs of small networks.
    pub set: Vec<SetNeuron>,
}

/// The independent runs at one size.
#[derive(Debug)]
pub(super) struct Rung {
    pub setting: Setting,
    pub runs: Replicates<Run>,
    activations: OnceLock<Replicates<SetActivations>>,
    courses: OnceLock<Replicates<(Course, Course)>>,
}

/// Exact activation probabilities of the initial set of one run: `[recorded time][neuron of the set]`.
pub(super) type SetActivations = Vec<Vec<ByLabel<Certified>>>;

impl Rung {
    pub fn n_features(&self) -> usize {
        self.setting.n_features()
    }

    /// One number from each run that has an initial set. (Whether it has one is decided at the start.)
    pub fn of_sets(&self, value: impl Fn(&Run) -> f64) -> Replicates<f64> {
        self.runs.filter_map(|run| (!run.set.is_empty()).then(|| value(run)))
    }

    /// Exact activation probabilities of every run's initial set, computed once.
    pub fn activations(&self) -> Result<&Replicates<SetActivations>> {
        if let Some(known) = self.activations.get() {
            return Ok(known);
        }
        let oracle = PopulationOracle::new(&self.setting.latents, self.setting.n_core)?;
        let of_run = |run_idx: usize| -> Result<SetActivations> {
            let Run { record, set } = &self.runs.as_slice()[run_idx];
            let at_time = |weights: &faer::Mat<f64>| {
                let of_neuron = |neuron: &SetNeuron| {
                    oracle.probabilities(&row_of(weights.as_ref(), neuron.neuron_idx))
                };
                set.iter().map(of_neuron).collect::<Result<Vec<_>>>()
            };
            record.weights.iter().map(at_time).collect()
        };
        let activations = Replicates::try_of_parallel(self.runs.n_runs(), of_run)?;
        Ok(self.activations.get_or_init(|| activations))
    }
}

impl Rung {
    /// For each run with an initial set its course, as measured and as the mean-field engine has it that is
    /// told this setting. What it makes of the rung's own setting is computed once.
    pub fn courses(&self, told: &Setting) -> Result<Replicates<(Course, Course)>> {
        if let Some(known) = self.courses.get().filter(|_| *told == self.setting) {
            return Ok(known.clone());
        }
        let oracle = PopulationOracle::new(&self.setting.latents, self.setting.n_core)?;
        let pairs = Replicates::try_of_parallel(self.runs.n_runs(), |run_idx| {
            let run = &self.runs.as_slice()[run_idx];
            if run.set.is_empty() {
                return Ok(None);
            }
            let measured = Course::measured(&self.setting, run, &oracle)?;
            Ok(Some((measured, Course::predicted(told, run)?)))
        })?;
        let pairs = pairs.filter_map(|pair| *pair);
        if *told == self.setting {
            return Ok(self.courses.get_or_init(|| pairs).clone());
        }
        Ok(pairs)
    }
}

/// The runs of one scenario over a ladder of sizes.
#[derive(Debug)]
pub(super) struct Ladder {
    pub rungs: Vec<Rung>,
}

impl Ladder {
    /// The numbers of features.
    pub fn sizes(&self) -> Vec<usize> {
        self.rungs.iter().map(Rung::n_features).collect()
    }

    /// The slope of log value against log size, for one value per rung.
    pub fn slope(&self, values: &[f64]) -> f64 {
        log_log_slope(&self.sizes_f64(), values)
    }

    pub fn sizes_f64(&self) -> Vec<f64> {
        self.rungs.iter().map(|rung| rung.n_features() as f64).collect()
    }

    /// The rungs that have as many runs as a decision in a window takes at this miss rate.
    pub fn decidable(&self, beta: f64) -> impl DoubleEndedIterator<Item = &Rung> {
        self.rungs.iter().filter(move |rung| rung.runs.n_runs() as f64 >= runs_to_decide(beta))
    }

    /// The largest of them; the first rung where there is none.
    pub fn largest(&self, beta: f64) -> &Rung {
        self.decidable(beta).next_back().unwrap_or(&self.rungs[0])
    }
}

/// How many runs a check may take, and after how many it looks whether it has come to a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    pub n_runs: usize,
    /// The number to expect if the claim is true.
    pub n_expected: usize,
    pub chunk: usize,
    /// The parts of the claim, which share its false alarms: those drafted here and all others.
    pub n_parts: usize,
}

impl Budget {
    /// So many runs, without a look before the last.
    pub fn fixed(n_runs: usize) -> Self {
        Budget { n_runs, n_expected: n_runs, chunk: n_runs, n_parts: 1 }
    }
}

/// The ends of runs at one weight decay, which two claims look at.
type SharedEnds = Arc<Replicates<End>>;

/// Where checks run: it knows the seed and the tier, and keeps what several claims share.
pub struct Lab {
    seed: Seed,
    tier: Tier,
    progress: Box<dyn Progress + Send>,
    ladders: Mutex<HashMap<(Scenario, Arm), Arc<Ladder>>>,
    ends: Mutex<HashMap<(usize, Arm), SharedEnds>>,
}

impl Lab {
    /// A lab. The progress is told of every run.
    pub fn new(seed: Seed, tier: Tier, progress: Box<dyn Progress + Send>) -> Self {
        Lab { seed, tier, progress, ladders: Mutex::default(), ends: Mutex::default() }
    }

    /// The tier.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    pub(super) fn progress(&self) -> &dyn Progress {
        self.progress.as_ref()
    }

    /// The stream of a claim: what it draws depends on its id alone, not on what else is run.
    pub(super) fn seed(&self, id: &str) -> Seed {
        self.seed.child("claim").child(id)
    }

    /// The ladder of a scenario, run at the first call: the tier's sizes for a claim, the cheapest that
    /// separate for a control.
    pub(super) fn ladder(&self, scenario: Scenario, arm: Arm) -> Result<Arc<Ladder>> {
        let arm = scenario.arm_of_ladder(arm);
        let mut ladders = self.ladders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = ladders.get(&(scenario, arm)) {
            return Ok(Arc::clone(known));
        }
        let plan = scenario.plan(self.tier, arm);
        let ladder = Arc::new(self.climb(scenario, &plan)?);
        ladders.insert((scenario, arm), Arc::clone(&ladder));
        Ok(ladder)
    }

    /// The ends of runs at one weight decay, made at the first call from the stream of its key.
    pub(super) fn shared_ends(
        &self,
        key: usize,
        arm: Arm,
        run: impl FnOnce(Seed) -> Result<Replicates<End>>,
    ) -> Result<SharedEnds> {
        let mut known = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ends) = known.get(&(key, arm)) {
            return Ok(Arc::clone(ends));
        }
        let ends = Arc::new(run(self.seed("decay").index(key))?);
        known.insert((key, arm), Arc::clone(&ends));
        Ok(ends)
    }

    /// The ladders of variations, each with the prefix of its parts' names; none for a control, whose one
    /// broken premise is enough.
    pub(super) fn variations(
        &self,
        scenarios: &[Scenario],
        arm: Arm,
    ) -> Result<Vec<(String, Arc<Ladder>)>> {
        let of_scenario = |scenario: &Scenario| {
            Ok((format!("{}: ", scenario.name()), self.ladder(*scenario, arm)?))
        };
        match arm {
            Arm::Claim => scenarios.iter().map(of_scenario).collect(),
            Arm::Control => Ok(Vec::new()),
        }
    }

    /// The error rates of one claim.
    pub(super) fn rates(&self) -> Rates {
        claim_rates(self.tier)
    }

    /// Independent replicates in parallel, in index order whatever the number of threads.
    pub(super) fn replicates<V: Send>(
        &self,
        n_replicates: usize,
        seed: Seed,
        run: impl Fn(Seed) -> Result<V> + Send + Sync,
    ) -> Result<Replicates<V>> {
        self.progress.runs_planned(n_replicates);
        let replicate = |idx: usize| {
            let value = run(seed.index(idx));
            self.progress.run_done();
            value
        };
        Replicates::try_of_parallel(n_replicates, replicate)
    }

    /// Independent replicates until the parts that `draft` makes of them come to a verdict, or the budget
    /// is spent. They come in chunks of fixed size, so that the number drawn does not depend on the
    /// number of threads.
    pub(super) fn until_decided<V: Send>(
        &self,
        budget: Budget,
        seed: Seed,
        run: impl Fn(Seed) -> Result<V> + Send + Sync,
        draft: impl Fn(&Replicates<V>) -> Result<Vec<LiveDraft>>,
    ) -> Result<Vec<LiveDraft>> {
        let Rates { alpha, beta } = self.rates();
        let stopping = Rates { alpha: alpha / budget.n_parts as f64, beta };
        let mut runs = Replicates::none();
        loop {
            let (first, n_more) = (runs.n_runs(), budget.chunk.min(budget.n_runs - runs.n_runs()));
            self.progress.runs_planned(n_more);
            runs.extend(Replicates::try_of_parallel(n_more, |idx| {
                let value = run(seed.index(first + idx));
                self.progress.run_done();
                value
            })?);
            let drafts = draft(&runs)?;
            if runs.n_runs() >= budget.n_runs || is_decided(&drafts, stopping) {
                return Ok(drafts);
            }
        }
    }

    fn climb(&self, scenario: Scenario, plan: &[RungPlan]) -> Result<Ladder> {
        let seed = self.seed.child("ladder").child(scenario.name());
        let settings: Vec<Setting> =
            plan.iter().map(|rung| scenario.setting(rung.n_features)).collect::<Result<_>>()?;
        // The longest runs first, so that no thread is left with one at the end.
        let jobs: Vec<(usize, usize)> = (0..plan.len())
            .rev()
            .flat_map(|rung_idx| (0..plan[rung_idx].n_runs).map(move |run_idx| (rung_idx, run_idx)))
            .collect();
        self.progress.runs_planned(jobs.len());
        let job = |&(rung_idx, run_idx): &(usize, usize)| {
            let setting = &settings[rung_idx];
            let times = Times::of(setting);
            let run_seed = seed.index(plan[rung_idx].n_features).index(run_idx);
            let kept = times.recorded();
            let schedule =
                Schedule { kept_steps: &kept[..scenario.n_kept()], ..Schedule::all(&kept) };
            let run = record(setting, run_seed, &schedule)?;
            self.progress.run_done();
            Ok(run)
        };
        let records: Vec<RunRecord> =
            jobs.par_iter().with_max_len(1).map(job).collect::<Result<_>>()?;
        let mut records = records.into_iter();
        let mut rungs: Vec<Rung> = plan
            .iter()
            .zip(settings)
            .rev()
            .map(|(rung, setting)| {
                let runs = records.by_ref().take(rung.n_runs).map(|record| {
                    let set = initial_set(&setting, record.start.as_ref());
                    Run { record, set }
                });
                // Each record has a seed of its own.
                let runs = Replicates::assume_independent(runs.collect());
                let (activations, courses) = (OnceLock::new(), OnceLock::new());
                Rung { runs, setting, activations, courses }
            })
            .collect();
        rungs.reverse();
        Ok(Ladder { rungs })
    }
}
