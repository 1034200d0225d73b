//! Ladders: runs of one scenario at several sizes, read by many claims. A record holds every number that any of
//! them reads, so that no weights are kept.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use faer::{Mat, MatRef};

use crate::data::Shift;
use crate::error::Result;
use crate::linalg::row_of;
use crate::observe::{N_TEST, SetNeuron, initial_set};
use crate::predict::{Certified, PopulationOracle, hoeffding_inactivity, own_class_inactivity};
use crate::seed::Seed;
use crate::setting::{ByLabel, EngineKind, Setting};
use crate::stats::log_log_slope;
use crate::study::{Arm, Design, Key, Runs, Sample, Scope};
use crate::train::Simulation;

use super::approximation::{Compared, compare_network};
use super::asymmetry_terms::CovarianceTerms;
use super::cost;
use super::course::Course;
use super::effort::{Effort, runs_to_decide};
use super::scenario::{Scenario, Times, Told};
use super::set_means::{SetMeans, activations};

/// Neurons of the first run of a rung whose probabilities are held against their normal approximation.
const N_COMPARED: usize = 128;

/// What is kept of one run of a ladder.
#[derive(Debug, Clone, Default)]
pub(super) struct LadderRun {
    /// Hinge risks at `T2` on fresh samples.
    pub id_risk: f64,
    /// The same out of distribution.
    pub ood_risk: f64,
    /// The largest margin on a batch up to `T1`.
    pub max_margin: f64,
    /// Means over the initial set at `T1`; none where the set is empty.
    pub set: Option<SetMeans>,
    /// `P(inactive on own class)` over the bound of the claim, for every neuron of the set at every recorded
    /// time, as middle and half-width of what is certain. Empty in linear networks and where no claim asks.
    pub own_inactivity: Vec<(f64, f64)>,
    /// What the mean-field engine makes of the same start, by what it is told; empty where the set is.
    pub predicted: Vec<(Told, Course)>,
    /// Of the first run: probabilities beside their normal approximations, at the start and at each recorded
    /// time.
    pub compared: Vec<Vec<Compared>>,
    /// Of the first run: covariance terms over their bounds, at the start, at `T0` and at `T1`.
    pub covariance: CovarianceTerms,
}

impl LadderRun {
    /// The ratio, difference or risk that a sharp law speaks of, as measured.
    pub fn course(&self) -> Option<Course> {
        Course::measured(&self.set?, self.ood_risk)
    }

    /// The same by the engine that is told this.
    pub fn predicted(&self, told: Told) -> Option<Course> {
        self.predicted.iter().find(|(other, _)| *other == told).map(|&(_, course)| course)
    }
}

/// One size of a ladder.
#[derive(Debug, Clone)]
pub(super) struct Rung {
    pub key: Key,
    pub setting: Setting,
    pub n_runs: usize,
    pub runs: Runs<LadderRun>,
}

impl Rung {
    pub fn n_features(&self) -> usize {
        self.setting.n_features()
    }
}

/// The runs of one scenario over a ladder of sizes.
#[derive(Debug, Clone)]
pub(super) struct Ladder {
    pub rungs: Vec<Rung>,
}

impl Ladder {
    /// Adds the samples of a scenario's ladder to a design: the tier's sizes for a claim, the cheapest that separate
    /// for a control.
    ///
    /// # Errors
    /// A setting that is out of range.
    pub fn of(design: &mut Design, scenario: Scenario, scope: &Scope) -> Result<Self> {
        let key = Key::new("ladder").child(scenario.label());
        let rungs = scenario.plan(Effort::of(scope), scope.arm).into_iter().map(|plan| {
            let climber = Climber::new(scenario, plan.n_features, scope)?;
            let (setting, cost) = (climber.setting.clone(), climber.clone());
            let key = key.index(plan.n_features);
            let sample =
                Sample::indexed(key.clone(), move |run_idx, seed| climber.run(run_idx, seed));
            let sample = sample.sizes(&[plan.n_features]).runs(plan.n_runs);
            let runs = design.sample(sample.cost(move || cost.seconds()));
            Ok(Rung { key, setting, n_runs: plan.n_runs, runs })
        });
        Ok(Ladder { rungs: rungs.collect::<Result<_>>()? })
    }

    /// Adds the ladders of variations, each with the prefix of its parts' names; none for a control, whose one broken
    /// premise is enough.
    ///
    /// # Errors
    /// A setting that is out of range.
    pub fn variations(
        design: &mut Design,
        scenarios: &[Scenario],
        scope: &Scope,
    ) -> Result<Vec<(String, Ladder)>> {
        let mut of_scenario = |scenario: &Scenario| {
            Ok((format!("{}: ", scenario.name()), Ladder::of(design, *scenario, scope)?))
        };
        match scope.arm {
            Arm::Claim => scenarios.iter().map(&mut of_scenario).collect(),
            Arm::Control => Ok(Vec::new()),
        }
    }

    /// The slope of log value against log size, for one value per rung.
    pub fn slope(&self, values: &[f64]) -> f64 {
        let sizes: Vec<f64> = self.rungs.iter().map(|rung| rung.n_features() as f64).collect();
        log_log_slope(&sizes, values)
    }

    /// The rungs that have as many runs as a decision in a window takes at this miss rate.
    pub fn decidable(&self, beta: f64) -> impl DoubleEndedIterator<Item = &Rung> {
        self.rungs.iter().filter(move |rung| rung.n_runs as f64 >= runs_to_decide(beta))
    }

    /// The largest of them; the first rung where there is none.
    pub fn largest(&self, beta: f64) -> &Rung {
        self.decidable(beta).next_back().unwrap_or(&self.rungs[0])
    }
}

/// Does the runs of one rung.
#[derive(Clone)]
struct Climber {
    setting: Setting,
    /// What the mean-field engine is told, where a claim compares it with the run.
    told: Vec<(Told, Setting)>,
    /// Whether activation on the own class is looked at, at every recorded time.
    has_inactivity: bool,
    /// Whether activation on the other class is.
    has_activation: bool,
    /// Whether the first run is held against the normal approximation, and against the covariance bounds.
    is_compared: bool,
    has_covariance: bool,
    oracle: Arc<OnceLock<PopulationOracle>>,
}

impl Climber {
    fn new(scenario: Scenario, n_features: usize, scope: &Scope) -> Result<Self> {
        let setting = scenario.setting(n_features)?;
        let told = scenario.told(scope.arm);
        let told = told.iter().map(|&told| Ok((told, told.setting(&setting)?)));
        Ok(Climber {
            told: told.collect::<Result<_>>()?,
            setting,
            has_inactivity: scenario.has_inactivity(scope.arm),
            has_activation: scenario.has_activation(scope.arm),
            is_compared: scenario == Scenario::Theorem,
            has_covariance: scenario.has_covariance(scope.arm),
            oracle: Arc::default(),
        })
    }

    /// The oracle of the rung's laws, which is made once.
    fn oracle(&self) -> Result<&PopulationOracle> {
        if let Some(oracle) = self.oracle.get() {
            return Ok(oracle);
        }
        let oracle = PopulationOracle::new(&self.setting.latents, self.setting.n_core)?;
        Ok(self.oracle.get_or_init(|| oracle))
    }

    fn run(&self, run_idx: usize, seed: Seed) -> Result<LadderRun> {
        let setting = &self.setting;
        let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
        let start = run.feature_weights();
        let set = initial_set(setting, start.as_ref());
        let mut seen = LadderRun { max_margin: f64::NEG_INFINITY, ..LadderRun::default() };
        if run_idx == 0 {
            self.look_closely(&mut seen, start.as_ref(), 0)?;
        }
        for (time_idx, n_steps) in Times::of(setting).recorded().into_iter().enumerate() {
            let max_margin = run.advance_to(n_steps)?;
            let weights = run.feature_weights();
            if time_idx <= Times::T1 {
                seen.max_margin = seen.max_margin.max(max_margin);
            }
            self.look(&mut seen, weights.as_ref(), &set, time_idx)?;
            if run_idx == 0 {
                self.look_closely(&mut seen, weights.as_ref(), time_idx + 1)?;
            }
        }
        seen.id_risk = run.evaluate(N_TEST, Shift::InDistribution, "id").loss;
        seen.ood_risk = run.evaluate(N_TEST, Shift::OutOfDistribution, "ood").loss;
        if !set.is_empty() {
            let of_told = |(told, setting): &(Told, Setting)| {
                Ok((*told, Course::predicted(setting, start.as_ref(), &set)?))
            };
            seen.predicted = self.told.iter().map(of_told).collect::<Result<_>>()?;
        }
        Ok(seen)
    }

    /// Looks at the initial set at one recorded time.
    fn look(
        &self,
        seen: &mut LadderRun,
        weights: MatRef<'_, f64>,
        set: &[SetNeuron],
        time_idx: usize,
    ) -> Result<()> {
        let is_t1 = time_idx == Times::T1;
        let asks = self.has_inactivity || (is_t1 && self.has_activation);
        let activations = if asks {
            let oracle = self.oracle()?;
            activations(weights, set, |row| oracle.probabilities(row))?
        } else {
            Vec::new()
        };
        if self.has_inactivity {
            seen.own_inactivity.extend(self.inactivity(weights, set, &activations));
        }
        if is_t1 && !set.is_empty() {
            seen.set = Some(SetMeans::of(&self.setting, weights, set, &activations));
        }
        Ok(())
    }

    /// `P(inactive on own class)` over the bound of the claim, as middle and half-width of what is certain: the
    /// exact probability within its numerical error and, where that error is larger than the probability itself,
    /// Hoeffding's inequality for the very weights of the neuron.
    fn inactivity(
        &self,
        weights: MatRef<'_, f64>,
        set: &[SetNeuron],
        activations: &[ByLabel<Certified>],
    ) -> Vec<(f64, f64)> {
        let bound = own_class_inactivity(&self.setting);
        let of_neuron = |(neuron, probabilities): (&SetNeuron, &ByLabel<Certified>)| {
            let active = probabilities.of(neuron.own);
            let row = row_of(weights, neuron.neuron_idx);
            let hoeffding = hoeffding_inactivity(&self.setting, &row, neuron.own);
            let inactive = 1.0 - active.value;
            let lower = (inactive - active.error_bound).max(0.0);
            let upper = (inactive + active.error_bound).min(hoeffding);
            (0.5 * (lower + upper) / bound, 0.5 * (upper - lower) / bound)
        };
        set.iter().zip(activations).map(of_neuron).collect()
    }

    /// Looks at many neurons of the first run: at the start (`moment` 0), or at a recorded time after it.
    fn look_closely(
        &self,
        seen: &mut LadderRun,
        weights: MatRef<'_, f64>,
        moment: usize,
    ) -> Result<()> {
        if self.is_compared {
            seen.compared.push(compare_network(&self.setting, weights, N_COMPARED)?);
        }
        if self.has_covariance && moment <= Times::T1 + 1 {
            seen.covariance.add(&self.setting, self.oracle()?, weights)?;
        }
        Ok(())
    }

    /// Seconds of one run on one core, from a few steps and one look at the start.
    fn seconds(&self) -> Result<f64> {
        let times = Times::of(&self.setting);
        let clock = Instant::now();
        let mut run = Simulation::<f32>::new(&self.setting, EngineKind::Feature, Seed::root(0))?;
        let start: Mat<f64> = run.feature_weights();
        let set = initial_set(&self.setting, start.as_ref());
        let to_start = clock.elapsed().as_secs_f64();
        let clock = Instant::now();
        self.look(&mut LadderRun::default(), start.as_ref(), &set, Times::T1)?;
        let n_looks = if self.has_inactivity { times.recorded().len() } else { 1 };
        let looks = n_looks as f64 * clock.elapsed().as_secs_f64();
        let training = cost::of_steps(times.t2, || run.step().map(|_| ()))?;
        let clock = Instant::now();
        run.evaluate(N_TEST, Shift::InDistribution, "probe");
        Ok(to_start + looks + training + 2.0 * clock.elapsed().as_secs_f64())
    }
}
