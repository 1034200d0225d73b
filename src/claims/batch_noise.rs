//! The claim that sampled runs scatter around the exact drift with the predicted variance.

use std::ops::Range;

use faer::MatRef;

use crate::error::{Error, Result};
use crate::linalg::row_of;
use crate::observe::class_means;
use crate::predict::{Drift, PopulationOracle, PopulationRun, ProjectedMoments};
use crate::seed::Seed;
use crate::setting::{ByLabel, EngineKind, Label, Setting};
use crate::stats::{
    Bets, BoundedMean, Bounds, Exact, Hypothesis, Region, Replicates, SequentialVariance,
};
use crate::train::Simulation;

use super::plan::{Need, PartDesign, Work};
use super::window::winsorised;
use super::{Arm, Draft, Lab, LiveDraft, Tier};

/// Features of the setting.
const N_FEATURES: usize = 16;
/// The time that is followed, from the start.
const TAU: f64 = 4.0;
/// Steps whose noise is added up to one value for the variance.
const WINDOW: usize = 4;
/// The mean of the noise of a whole run may be this share of its standard deviation.
const MEAN_MARGIN: f64 = 0.5;
/// Relative error of the variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.25;
/// The binary logarithm of the ratio of two distances, 1 by the law, may be off by this much: the
/// exponent of `N` by half of it.
const LOG_RATIO_MARGIN: f64 = 0.4;
/// The run without noise must be known to this share of the distances that are measured from it.
const MAX_RELATIVE_ERROR: f64 = 1e-3;
/// By how much the larger batch exceeds the other.
const LARGER: usize = 4;

/// A run's noise has standard deviation 1, two margins; a window's square `sqrt 2`, and there are 8; the
/// logarithm of a ratio about 0.6.
const NEED: Need = Need {
    designs: &[
        PartDesign { deviation: 2.0, n_per_run: 1.0 },
        PartDesign { deviation: 5.7, n_per_run: 8.0 },
        PartDesign { deviation: 1.5, n_per_run: 1.0 },
    ],
    chunk: 32,
    n_parts: 7,
};

/// `gradient/batch-noise`.
pub(super) fn batch_noise(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let told = Setting::theorem(N_FEATURES);
    // What the law is told stays; the run is given half of it.
    let run = told.with(|p| p.batch /= if arm == Arm::Control { 2 } else { 1 })?;
    let oracle = PopulationOracle::new(&told.latents, told.n_core)?;
    let live = lab.until_decided(
        NEED.budget(lab.tier()),
        lab.seed("gradient/batch-noise"),
        |seed| follow(&run, told.batch, &oracle, seed),
        noise_drafts,
    )?;
    Ok(live.into_iter().map(Draft::from).collect())
}

pub(super) fn batch_noise_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let setting = Setting::theorem(N_FEATURES);
    let (n_steps, budget) = (setting.steps_to(TAU), NEED.budget(tier));
    let work = Work::own("gradient/batch-noise", setting, EngineKind::Feature, n_steps, budget);
    Ok(vec![work.with_run(|| {
        let setting = Setting::theorem(N_FEATURES);
        let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
        follow(&setting, setting.batch, &oracle, Seed::root(0)).map(|_| ())
    })])
}

/// The noise of one neuron's run.
struct Followed {
    /// Standardised noise of each step, of the sums over the core and over the background.
    core: Vec<f64>,
    background: Vec<f64>,
    /// `log2(|u_N - u| / |u_4N - u|)` at the end, `u` the run without noise.
    log_ratio: f64,
    /// The error bound of the run without noise over the smaller of these distances.
    relative_error: f64,
    max_margin: f64,
}

/// The neuron deepest in its initial set (nearest to it, were that empty): the largest
/// `min(r_own, -r_other)`, a choice by the start alone. It stays active on its own class, so that there is
/// noise at every step.
fn deepest(setting: &Setting, start: MatRef<'_, f64>) -> usize {
    let depth = |(neuron_idx, means): (usize, ByLabel<f64>)| {
        let is_positive = setting.output_weight(neuron_idx) > 0.0;
        let own = if is_positive { Label::Positive } else { Label::Negative };
        (neuron_idx, means.of(own).min(-means.of(own.other())))
    };
    let depths = class_means(setting, start).into_iter().enumerate().map(depth);
    depths.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(neuron_idx, _)| neuron_idx)
}

/// Follows one neuron of a run, and the same from the same start with larger batches and with none.
fn follow(
    setting: &Setting,
    told_batch: usize,
    oracle: &PopulationOracle,
    seed: Seed,
) -> Result<Followed> {
    let n_steps = setting.steps_to(TAU);
    let mut run = Simulation::<f64>::new(setting, EngineKind::Feature, seed)?;
    let start = run.feature_weights();
    let neuron_idx = deepest(setting, start.as_ref());
    let (mut core, mut background) = (Vec::new(), Vec::new());
    let mut max_margin = f64::NEG_INFINITY;
    let mut before = row_of(start.as_ref(), neuron_idx);
    for _ in 0..n_steps {
        let [of_core, of_background] = expected(setting, oracle, &before)?;
        max_margin = max_margin.max(run.step()?.batch.max_margin);
        let after = row_of(run.feature_weights().as_ref(), neuron_idx);
        core.push(of_core.noise(setting, neuron_idx, told_batch, (&before, &after)));
        background.push(of_background.noise(setting, neuron_idx, told_batch, (&before, &after)));
        before = after;
    }
    let mut exact =
        PopulationRun::new(setting, &[neuron_idx], start.get(neuron_idx..neuron_idx + 1, ..))?;
    exact.advance_to(n_steps)?;
    let larger = setting.with(|p| p.batch *= LARGER)?;
    let mut larger_run = Simulation::<f64>::new(&larger, EngineKind::Feature, seed)?;
    max_margin = max_margin.max(larger_run.advance_to(n_steps)?);
    let limit = row_of(exact.weights().as_ref(), 0);
    let far = distance(&before, &limit);
    let near = distance(&row_of(larger_run.feature_weights().as_ref(), neuron_idx), &limit);
    Ok(Followed {
        core,
        background,
        log_ratio: (far / near).log2(),
        relative_error: exact.error_bounds()[0] / near.min(far),
        max_margin,
    })
}

/// What a step expects of the sum of `y 1 s_j` over one group of features.
struct Expected {
    features: Range<usize>,
    mean: f64,
    variance: f64,
}

impl Expected {
    /// The step's noise in standard deviations of a batch of the size that the law is told.
    fn noise(
        &self,
        setting: &Setting,
        neuron_idx: usize,
        told_batch: usize,
        (before, after): (&[f64], &[f64]),
    ) -> f64 {
        let rate = setting.learning_rate * setting.output_weight(neuron_idx);
        let steps = self.features.clone().map(|j| after[j] - setting.shrinkage() * before[j]);
        let mean = steps.sum::<f64>() / rate;
        (mean - self.mean) / (self.variance / told_batch as f64).sqrt()
    }
}

/// Means and variances of both groups at these weights.
fn expected(
    setting: &Setting,
    oracle: &PopulationOracle,
    weights: &[f64],
) -> Result<[Expected; 2]> {
    let Drift { mean, .. } = oracle.drift(weights)?;
    let ones = vec![1.0; weights.len()];
    let Some(moments) = oracle.projected_moments(weights, &ones)? else {
        return Err(Error::out_of_range(
            "weights",
            "a few that outweigh all others",
            "spread over several features",
            "choose another neuron",
        ));
    };
    let of_group = |features: Range<usize>, moments: ProjectedMoments| {
        let drift: f64 = features.clone().map(|j| mean.value[j]).sum();
        let square = 0.5 * (moments.second.positive.value + moments.second.negative.value);
        Expected { features, mean: drift, variance: square - drift * drift }
    };
    Ok([of_group(setting.core(), moments.core), of_group(setting.background(), moments.background)])
}

fn distance(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn noise_drafts(runs: &Replicates<Followed>) -> Result<Vec<LiveDraft>> {
    let mut drafts = Vec::new();
    for (name, of_run) in [
        ("core", (|run| &run.core) as fn(&Followed) -> &Vec<f64>),
        ("background", |run| &run.background),
    ] {
        let whole = |run: &Followed| normalised(of_run(run));
        let window = Bounds::around(0.0, 4.0)?;
        let bets = Bets::resolving(MEAN_MARGIN).expecting(0.0, 1.0);
        drafts.push(
            LiveDraft::new(
                format!("{name}: mean noise of a run, in standard deviations"),
                &[N_FEATURES],
                BoundedMean::winsorised(&runs.map(whole), window, bets)?,
                Hypothesis::value(0.0, MEAN_MARGIN),
            )
            .predicted(0.0),
        );
        let windows = runs.iter().flat_map(|run| of_run(run).chunks_exact(WINDOW).map(normalised));
        drafts.push(
            LiveDraft::new(
                format!("{name}: variance of the noise over the predicted one"),
                &[N_FEATURES],
                SequentialVariance::of(windows, VARIANCE_MARGIN)?,
                Hypothesis::value(1.0, VARIANCE_MARGIN),
            )
            .predicted(1.0),
        );
    }
    let region = Region::within(LOG_RATIO_MARGIN, 1.0);
    let log_ratios = winsorised(&runs.map(|run| run.log_ratio), region, 1.0)?;
    drafts.push(
        LiveDraft::new(
            "distance to the run without noise, N over 4 N, binary logarithm",
            &[N_FEATURES],
            log_ratios,
            region,
        )
        .predicted(1.0),
    );
    let margins = runs.iter().map(|run| (run.max_margin, 0.0));
    let errors = runs.iter().map(|run| (run.relative_error / MAX_RELATIVE_ERROR, 0.0));
    for (name, worst) in [
        ("the hinge is active on every sample, largest margin", Exact::largest(margins)),
        ("error of the run without noise over what the distance allows", Exact::largest(errors)),
    ] {
        drafts.push(LiveDraft::inequality(format!("premise: {name}"), &[N_FEATURES], worst));
    }
    Ok(drafts)
}

/// The sum of uncorrelated values of variance 1, scaled to variance 1.
fn normalised(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / (values.len() as f64).sqrt()
}
