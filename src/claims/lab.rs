//! The lab: seed, tier, progress, and the ladders of runs that several claims read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;

use crate::error::Result;
use crate::linalg::row_of;
use crate::observe::{RunRecord, SetNeuron, initial_set, record};
use crate::predict::{ActivationOracle, Certified, START_FORGOTTEN, critical_decay};
use crate::seed::Seed;
use crate::setting::{Activation, ByLabel, Setting, decay};
use crate::stats::{Rates, Replicates, log_log_slope};

use super::evidence::is_decided;
use super::{Arm, LiveDraft, RungPlan, Tier, claim_rates};

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

/// The settings that ladders are run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Scenario {
    /// The theorem's regime.
    Theorem,
    /// The same with the identity as activation.
    Linear,
    /// Learning rate 0: the start, for ever.
    Frozen,
    /// Three quarters of the features background, `beta = 0.75`.
    HeavyBackground,
    /// Weight decay at twice its critical value.
    StrongDecay,
}

impl Budget {
    /// So many runs, without a look before the last.
    pub fn fixed(n_runs: usize) -> Self {
        Budget { n_runs, n_expected: n_runs, chunk: n_runs, n_parts: 1 }
    }
}

impl Scenario {
    #[cfg(feature = "faults")]
    pub const ALL: [Scenario; 5] = [
        Scenario::Theorem,
        Scenario::Linear,
        Scenario::Frozen,
        Scenario::HeavyBackground,
        Scenario::StrongDecay,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Scenario::Theorem => "theorem",
            Scenario::Linear => "linear",
            Scenario::Frozen => "frozen",
            Scenario::HeavyBackground => "heavy background",
            Scenario::StrongDecay => "strong decay",
        }
    }

    pub fn setting(self, n_features: usize) -> Result<Setting> {
        let theorem = Setting::theorem(n_features);
        match self {
            Scenario::Theorem => Ok(theorem),
            Scenario::Linear => theorem.with(|p| p.activation = Activation::Identity),
            Scenario::Frozen => theorem.with(|p| p.learning_rate = 0.0),
            Scenario::HeavyBackground => theorem.with(|p| p.n_core = n_features / 4),
            Scenario::StrongDecay => {
                let constant = 2.0 * critical_decay(&theorem);
                theorem.with(|p| p.weight_decay = decay(constant, n_features, p.width))
            }
        }
    }
}

/// The scenarios of a claim and of its control.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arms {
    pub claim: Scenario,
    pub control: Scenario,
}

impl Arms {
    pub fn of(self, arm: Arm) -> Scenario {
        match arm {
            Arm::Claim => self.claim,
            Arm::Control => self.control,
        }
    }
}

/// The theorems' times, in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// `T0`: the start is forgotten, `tau = 16 d0 / sqrt d`.
    pub t0: usize,
    /// `T1`: features are learned and the hinge is still active on every sample, `tau = 8`.
    pub t1: usize,
    /// `T2 = T3`: the risk in distribution has vanished, `tau = 20`.
    pub t2: usize,
}

impl Times {
    /// The index of `T1` among the recorded times.
    pub const T1: usize = 1;

    /// The times of a setting, never out of order.
    pub fn of(setting: &Setting) -> Self {
        let d = setting.ambient_dim as f64;
        let t0 = setting.steps_to(START_FORGOTTEN * setting.n_features() as f64 / d.sqrt());
        let t1 = setting.steps_to(8.0).max(t0);
        Times { t0, t1, t2: setting.steps_to(20.0).max(t1) }
    }
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
}

/// Exact activation probabilities of the initial set of one run: `[time][neuron of the set]`.
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
        let oracle = ActivationOracle::new(&self.setting.latents, self.setting.n_core)?;
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

    /// The rung of the most features.
    pub fn largest(&self) -> &Rung {
        &self.rungs[self.rungs.len() - 1]
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

/// Where checks run: it knows the seed and the tier, and keeps what several claims share.
pub struct Lab {
    seed: Seed,
    tier: Tier,
    progress: Box<dyn Progress + Send>,
    ladders: Mutex<HashMap<(Scenario, Arm), Arc<Ladder>>>,
}

impl Lab {
    /// A lab. The progress is told of every run.
    pub fn new(seed: Seed, tier: Tier, progress: Box<dyn Progress + Send>) -> Self {
        Lab { seed, tier, progress, ladders: Mutex::default() }
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
        let mut ladders = self.ladders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = ladders.get(&(scenario, arm)) {
            return Ok(Arc::clone(known));
        }
        let plan = match arm {
            Arm::Claim => self.tier.ladder(),
            Arm::Control => self.tier.control_ladder(),
        };
        let ladder = Arc::new(self.climb(scenario, &plan)?);
        ladders.insert((scenario, arm), Arc::clone(&ladder));
        Ok(ladder)
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
            let run = record(setting, run_seed, &[times.t0, times.t1, times.t2])?;
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
                Rung { runs, setting, activations: OnceLock::new() }
            })
            .collect();
        rungs.reverse();
        Ok(Ladder { rungs })
    }
}
