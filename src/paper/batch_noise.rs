//! The claim that sampled runs scatter around the exact drift with the predicted variance.

use std::ops::Range;

use faer::MatRef;

use crate::error::{Error, Result};
use crate::linalg::row_of;
use crate::observe::class_means;
use crate::predict::{Drift, PopulationOracle, PopulationRun, ProjectedMoments};
use crate::seed::Seed;
use crate::setting::{ByLabel, EngineKind, Label, Setting};
use crate::stats::{Hypothesis, Region, Squares};
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Runs, Sample, Scatter, Scope, Window};
use crate::train::Simulation;

use super::mean::mean_part;

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

/// A run's noise has standard deviation 1, two margins; a window's square `sqrt 2`, and there are
/// 8; the logarithm of a ratio about 0.6.
const SCATTERS: [Scatter; 3] =
    [Scatter::of_run(2.0), Scatter { deviation: 5.7, n_per_run: 8.0 }, Scatter::of_run(1.5)];

/// `gradient/batch-noise`.
pub(super) fn batch_noise() -> Claim {
    Claim::new(
        "gradient/batch-noise",
        "A sampled run scatters around the exact drift as a martingale with the predicted \
         variance, and its distance to the run without noise falls like N^-1/2.",
        batch_noise_design,
    )
    .source("notation 4, 8")
    .kind(Kind::Law)
    .control("batches half as large as the law is told")
    .cost("exact second moments along runs")
    .card(card!("gradient/batch-noise"))
}

fn batch_noise_design(scope: &Scope) -> Result<Design> {
    let told = Setting::theorem(N_FEATURES);
    // What the law is told stays; the run is given half of it.
    let run = told.with(|p| p.batch /= if scope.arm == Arm::Control { 2 } else { 1 })?;
    let n_windows = run.steps_to(TAU) / WINDOW;
    let oracle = PopulationOracle::new(&told.latents, told.n_core)?;
    let mut design = Design::new();
    let key = Key::new("claim").child("gradient/batch-noise");
    let sample = Sample::new(key, move |seed| follow(&run, told.batch, &oracle, seed));
    let runs = design.sample(sample.sizes(&[N_FEATURES]).until_decided(32, &SCATTERS));
    noise(&mut design, runs, n_windows)?;
    let region = Region::around(1.0).within(LOG_RATIO_MARGIN);
    let name = "distance to the run without noise, N over 4 N, binary logarithm";
    mean_part(&mut design, name, runs, (region, 1.0), |run| run.log_ratio)?.predicted(1.0);
    design.inequality(
        "premise: the hinge is active on every sample, largest margin",
        runs.largest_of(|run| run.max_margin),
    );
    design.inequality(
        "premise: error of the run without noise over what the distance allows",
        runs.largest_of(|run| run.relative_error / MAX_RELATIVE_ERROR),
    );
    Ok(design)
}

/// A group of features, by its name and its noise in a run.
type Group = (&'static str, fn(&Followed) -> &Noise);

const GROUPS: [Group; 2] = [("core", |run| &run.core), ("background", |run| &run.background)];

/// Adds mean and variance of the noise of both groups of features.
fn noise(design: &mut Design, runs: Runs<Followed>, n_windows: usize) -> Result<()> {
    for (name, of_run) in GROUPS {
        let expected = Expected { value: 0.0, deviation: 1.0, margin: MEAN_MARGIN };
        let mean = runs.mean(Window::of_deviations(expected)?, move |run| of_run(run).whole);
        design
            .part(
                format!("{name}: mean noise of a run, in standard deviations"),
                Hypothesis::exactly(0.0).within(MEAN_MARGIN),
                mean,
            )
            .predicted(0.0);
        design
            .part(
                format!("{name}: variance of the noise over the predicted one"),
                Hypothesis::exactly(1.0).within(VARIANCE_MARGIN),
                runs.sequential_variance(n_windows, VARIANCE_MARGIN, move |run| {
                    of_run(run).windows
                }),
            )
            .predicted(1.0);
    }
    Ok(())
}

/// What is kept of one neuron's run.
struct Followed {
    /// Noise of the sum over the core features.
    core: Noise,
    /// Noise of the sum over the background features.
    background: Noise,
    /// `log2(|u_N - u| / |u_4N - u|)` at the end, `u` the run without noise.
    log_ratio: f64,
    /// The error bound of the run without noise over the smaller of these distances.
    relative_error: f64,
    max_margin: f64,
}

/// Standardised noise of the steps of a run, of mean 0 and variance 1 if the law is right.
struct Noise {
    /// The sum over the whole run, scaled to variance 1.
    whole: f64,
    /// The squares of such sums over windows of [`WINDOW`] steps.
    windows: Squares,
}

impl Noise {
    /// `steps` are the standardised increments of a martingale.
    fn of(steps: &[f64]) -> Self {
        Noise {
            whole: normalised(steps),
            windows: Squares::of_martingale_increments(steps.chunks_exact(WINDOW).map(normalised)),
        }
    }
}

/// The sum of uncorrelated values of variance 1, scaled to variance 1.
fn normalised(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / (values.len() as f64).sqrt()
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
        let [of_core, of_background] = step_laws(setting, oracle, &before)?;
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
        core: Noise::of(&core),
        background: Noise::of(&background),
        log_ratio: (far / near).log2(),
        relative_error: exact.error_bounds()[0] / near.min(far),
        max_margin,
    })
}

/// The neuron deepest in its initial set (nearest to it, were that empty): the largest
/// `min(r_own, -r_other)`, a choice by the start alone. It stays active on its own class, so that
/// there is noise at every step.
fn deepest(setting: &Setting, start: MatRef<'_, f64>) -> usize {
    let depth = |(neuron_idx, means): (usize, ByLabel<f64>)| {
        let is_positive = setting.output_weight(neuron_idx) > 0.0;
        let own = if is_positive { Label::Positive } else { Label::Negative };
        (neuron_idx, means.of(own).min(-means.of(own.other())))
    };
    let depths = class_means(setting, start).into_iter().enumerate().map(depth);
    depths.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(neuron_idx, _)| neuron_idx)
}

/// The law of the sum of `y 1 s_j` over one group of features, in one step.
struct StepLaw {
    features: Range<usize>,
    mean: f64,
    variance: f64,
}

impl StepLaw {
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

/// The laws of core and background at these weights.
fn step_laws(
    setting: &Setting,
    oracle: &PopulationOracle,
    weights: &[f64],
) -> Result<[StepLaw; 2]> {
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
        StepLaw { features, mean: drift, variance: square - drift * drift }
    };
    Ok([of_group(setting.core(), moments.core), of_group(setting.background(), moments.background)])
}

fn distance(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}
