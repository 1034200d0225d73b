//! Claims on gradient projections.

use std::ops::Range;

use faer::Mat;

use crate::data::{Population, Shift};
use crate::error::Result;
use crate::linalg::row_of;
use crate::observe::{batch_projections, projection_identity};
use crate::predict::{ActivationOracle, ExpectedGradient};
use crate::seed::Seed;
use crate::setting::{Activation, ByLabel, EngineKind, Setting};
use crate::stats::Region;
use crate::study::{Arm, Claim, Design, Key, Kind, Runs, Sample, Scatter, Scope};
use crate::train::Simulation;

use super::cost;
use super::effort::Effort;
use super::mean::mean_part;

/// `gradient/identity`.
pub(super) fn identity() -> Claim {
    Claim::new(
        "gradient/identity",
        "The projection of a neuron's batch gradient on a feature is a_k times the batch mean of \
         y 1{active} s_j.",
        identity_design,
    )
    .source("notation 4; Zhang et al. 2024, mechanism 1")
    .kind(Kind::Identity)
    .control("a smooth activation (GELU)")
    .cost("one ambient batch at d = 1024")
    .card(card!("gradient/identity"))
}

/// Both engines, with part of the hinge already inactive.
fn identity_design(scope: &Scope) -> Result<Design> {
    let activation = match scope.arm {
        Arm::Claim => Activation::Relu,
        Arm::Control => Activation::Gelu,
    };
    let setting = Setting::theorem(16).with(|p| p.activation = activation)?;
    let n_steps = setting.steps_to(18.0);
    let mut design = Design::new();
    let key = Key::new("claim").child("gradient/identity");
    for (name, engine) in [("feature", EngineKind::Feature), ("ambient", EngineKind::Ambient)] {
        let (run, probed) = (setting.clone(), setting.clone());
        let sample = Sample::new(key.child(name), move |seed| {
            let identity = projection_identity(&run, engine, n_steps, seed)?;
            Ok(identity.difference / identity.tolerance)
        })
        .sizes(&[setting.n_features()])
        .runs(Effort::of(scope).replicates(4))
        .cost(move || cost::of_training::<f64>(&probed, engine, n_steps));
        let ratios = design.sample(sample);
        design.inequality(
            format!("{name} engine: difference over rounding"),
            ratios.largest_of(|&ratio| ratio),
        );
    }
    Ok(design)
}

/// Features of the settings in which batch gradients are compared with their expectation.
const N_FEATURES: usize = 32;
/// Samples per batch mean, and batches per run.
const BLOCK: usize = 64;
const N_BLOCKS: usize = 64;
/// Neurons looked at, of each sign.
const N_NEURONS: usize = 8;
/// Relative error of a mean, and of a variance, that is small enough.
const MEAN_MARGIN: f64 = 0.02;
const VARIANCE_MARGIN: f64 = 0.1;

/// A run's numbers scatter by up to three quarters of their margins, the background's most.
const SCATTERS: [Scatter; 1] = [Scatter::of_run(0.75)];

/// `gradient/population`.
pub(super) fn population() -> Claim {
    Claim::new(
        "gradient/population",
        "Batch gradients have the exact expectation and variance of the population.",
        population_design,
    )
    .source("notation 4; Zhang et al. 2024, mechanism 1")
    .kind(Kind::Band)
    .control("a background associated with the label")
    .cost("exact truncated moments")
    .card(card!("gradient/population"))
}

/// Regression of batch means on their exact expectation, and squared deviations over the exact
/// variance, one value of each per run.
fn population_design(scope: &Scope) -> Result<Design> {
    let association = match scope.arm {
        Arm::Claim => 0.0,
        Arm::Control => 0.5,
    };
    let setting = Setting::theorem(N_FEATURES).with(|p| p.background_association = association)?;
    let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
    let mut design = Design::new();
    let key = Key::new("claim").child("gradient/population");
    let sample = Sample::new(key, move |seed| compare(&setting, &oracle, seed));
    let runs = design.sample(sample.sizes(&[N_FEATURES]).until_decided(16, &SCATTERS));
    for named in MEANS {
        near_one(&mut design, named, runs, MEAN_MARGIN)?;
    }
    near_one(&mut design, VARIANCE, runs, VARIANCE_MARGIN)?;
    design.inequality(
        "premise: the hinge is active on every sample, largest margin",
        runs.largest_of(|run| run.max_margin),
    );
    Ok(design)
}

/// A number of a run, with its name.
type Named = (&'static str, fn(&Comparison) -> f64);

const MEANS: [Named; 3] = [
    ("core projections over expected", |run| run.core),
    ("background projections over expected, a > 0", |run| run.background.positive),
    ("background projections over expected, a < 0", |run| run.background.negative),
];

const VARIANCE: Named = ("squared deviations over exact variance", |run| run.variance);

/// Adds a number of expectation 1. That of the winsorised run is only nearly 1: the claim is a
/// region.
fn near_one(
    design: &mut Design,
    (name, of_run): Named,
    runs: Runs<Comparison>,
    margin: f64,
) -> Result<()> {
    let region = Region::around(1.0).within(margin);
    mean_part(design, name, runs, (region, 1.0), of_run)?.predicted(1.0);
    Ok(())
}

/// One run's comparison; each number but the margin has expectation 1.
struct Comparison {
    core: f64,
    /// Separately for neurons of positive and of negative output weight: an association of the
    /// background with the label pushes them in opposite directions.
    background: ByLabel<f64>,
    variance: f64,
    max_margin: f64,
}

/// Trains to `tau = 4`, then compares on fresh samples.
fn compare(setting: &Setting, oracle: &ActivationOracle, seed: Seed) -> Result<Comparison> {
    let mut run = Simulation::<f64>::new(setting, EngineKind::Feature, seed)?;
    let max_margin = run.advance_to(setting.steps_to(4.0))?;
    let weights = run.feature_weights();
    let half = setting.width / 2;
    let neuron_idxs: Vec<usize> = (0..N_NEURONS).chain(half..half + N_NEURONS).collect();
    let batch = Population::new(setting)?.draw(
        BLOCK * N_BLOCKS,
        Shift::InDistribution,
        seed.child("fresh batch"),
    );
    let blocks = batch_projections(setting, weights.as_ref(), &neuron_idxs, &batch, BLOCK);
    let of_neuron = |&neuron_idx: &usize| {
        let row = row_of(weights.as_ref(), neuron_idx);
        ExpectedGradient::new(oracle, setting, neuron_idx, &row)
    };
    let expected = neuron_idxs.iter().map(of_neuron).collect::<Result<Vec<_>>>()?;
    let background =
        |neurons: Range<usize>| regression(&blocks, &expected, neurons, setting.background());
    Ok(Comparison {
        core: regression(&blocks, &expected, 0..2 * N_NEURONS, setting.core()),
        background: ByLabel {
            positive: background(0..N_NEURONS),
            negative: background(N_NEURONS..2 * N_NEURONS),
        },
        variance: variance_ratio(&blocks, &expected),
        max_margin,
    })
}

/// `sum g E g / sum (E g)^2` over the given neurons and features, and all blocks.
fn regression(
    blocks: &[Mat<f64>],
    expected: &[ExpectedGradient],
    neurons: Range<usize>,
    features: Range<usize>,
) -> f64 {
    let (mut products, mut squares) = (0.0, 0.0);
    for block in blocks {
        for row in neurons.clone() {
            for j in features.clone() {
                let mean = expected[row].mean.value[j];
                products += block[(row, j)] * mean;
                squares += mean * mean;
            }
        }
    }
    products / squares
}

/// The mean over neurons, features and blocks of `(g - E g)^2 / Var g`. Neurons that are inactive
/// on both classes have variance 0 and are left out.
fn variance_ratio(blocks: &[Mat<f64>], expected: &[ExpectedGradient]) -> f64 {
    let (mut ratios, mut n_ratios) = (0.0, 0.0);
    for block in blocks {
        for (row, neuron) in expected.iter().enumerate() {
            for (j, (&mean, &variance)) in
                neuron.mean.value.iter().zip(&neuron.variance.value).enumerate()
            {
                if variance > MIN_ACTIVITY * neuron.output_weight_sq {
                    let deviation = block[(row, j)] - mean;
                    ratios += deviation * deviation * BLOCK as f64 / variance;
                    n_ratios += 1.0;
                }
            }
        }
    }
    ratios / n_ratios
}

/// Variances below this share of `a_k^2` belong to neurons active on fewer than about three samples
/// in a hundred: their batch means are far from normal, and one event would outweigh all the rest.
const MIN_ACTIVITY: f64 = 0.01;
