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
use crate::stats::{Exact, Region, Replicates};
use crate::train::Simulation;

use super::lab::Budget;
use super::plan::{Need, PartDesign, Work};
use super::window::winsorised;
use super::{Arm, Draft, Lab, LiveDraft, Tier};

/// `gradient/identity`: both engines, with part of the hinge already inactive.
pub(super) fn identity(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let activation = match arm {
        Arm::Claim => Activation::Relu,
        Arm::Control => Activation::Gelu,
    };
    let setting = Setting::theorem(16).with(|p| p.activation = activation)?;
    let n_steps = setting.steps_to(18.0);
    let seed = lab.seed("gradient/identity");
    let mut drafts = Vec::new();
    for (name, engine) in [("feature", EngineKind::Feature), ("ambient", EngineKind::Ambient)] {
        let identities = lab.replicates(lab.tier().replicates(4), seed.child(name), |seed| {
            projection_identity(&setting, engine, n_steps, seed)
        })?;
        let ratios =
            identities.iter().map(|identity| (identity.difference / identity.tolerance, 0.0));
        drafts.push(Draft::inequality(
            format!("{name} engine: difference over rounding"),
            &[16],
            Exact::largest(ratios),
        ));
    }
    Ok(drafts)
}

pub(super) fn identity_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let setting = Setting::theorem(16);
    let (n_steps, budget) = (setting.steps_to(18.0), Budget::fixed(tier.replicates(4)));
    let of_engine = |engine: EngineKind| {
        Work::own(
            format!("gradient/identity, {engine:?}"),
            setting.clone(),
            engine,
            n_steps,
            budget,
        )
    };
    Ok([EngineKind::Feature, EngineKind::Ambient].map(of_engine).into())
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

/// One run's comparison; each number has expectation 1.
struct Comparison {
    core: f64,
    /// Separately for neurons of positive and of negative output weight: an association of the
    /// background with the label pushes them in opposite directions.
    background: ByLabel<f64>,
    variance: f64,
    max_margin: f64,
}

/// `gradient/population`: regression of batch means on their exact expectation, and squared deviations
/// over the exact variance, one value of each per run.
pub(super) fn population(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let association = match arm {
        Arm::Claim => 0.0,
        Arm::Control => 0.5,
    };
    let setting = Setting::theorem(N_FEATURES).with(|p| p.background_association = association)?;
    let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
    let drafts = lab.until_decided(
        NEED.budget(lab.tier()),
        lab.seed("gradient/population"),
        |seed| compare(&setting, &oracle, seed),
        comparison_drafts,
    )?;
    Ok(drafts.into_iter().map(Draft::from).collect())
}

/// A run's numbers scatter by up to three quarters of their margins, the background's most.
const NEED: Need =
    Need { designs: &[PartDesign { deviation: 0.75, n_per_run: 1.0 }], chunk: 16, n_parts: 5 };

pub(super) fn population_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let setting = Setting::theorem(N_FEATURES);
    let (n_steps, budget) = (setting.steps_to(4.0), NEED.budget(tier));
    let work = Work::own("gradient/population", setting, EngineKind::Feature, n_steps, budget);
    Ok(vec![work.with_run(|| {
        let setting = Setting::theorem(N_FEATURES);
        let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
        compare(&setting, &oracle, Seed::root(0)).map(|_| ())
    })])
}

fn comparison_drafts(runs: &Replicates<Comparison>) -> Result<Vec<LiveDraft>> {
    let band = |name: &str, value: fn(&Comparison) -> f64, margin: f64| {
        // The expectation is exactly 1, that of the winsorised run only nearly so: the claim is a region.
        let region = Region::within(margin, 1.0);
        let mean = winsorised(&runs.map(value), region, 1.0)?;
        Ok(LiveDraft::new(name, &[N_FEATURES], mean, region).predicted(1.0))
    };
    let margins = runs.iter().map(|run| (run.max_margin, 0.0));
    Ok(vec![
        band("core projections over expected", |run| run.core, MEAN_MARGIN)?,
        band(
            "background projections over expected, a > 0",
            |run| run.background.positive,
            MEAN_MARGIN,
        )?,
        band(
            "background projections over expected, a < 0",
            |run| run.background.negative,
            MEAN_MARGIN,
        )?,
        band("squared deviations over exact variance", |run| run.variance, VARIANCE_MARGIN)?,
        LiveDraft::inequality(
            "premise: the hinge is active on every sample, largest margin",
            &[N_FEATURES],
            Exact::largest(margins),
        ),
    ])
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
    let expected = neuron_idxs
        .iter()
        .map(|&neuron_idx| {
            let row = row_of(weights.as_ref(), neuron_idx);
            ExpectedGradient::new(oracle, setting, neuron_idx, &row)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Comparison {
        core: regression(&blocks, &expected, 0..2 * N_NEURONS, setting.core()),
        background: ByLabel {
            positive: regression(&blocks, &expected, 0..N_NEURONS, setting.background()),
            negative: regression(
                &blocks,
                &expected,
                N_NEURONS..2 * N_NEURONS,
                setting.background(),
            ),
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

/// The mean over neurons, features and blocks of `(g - E g)^2 / Var g`. Neurons that are inactive on both
/// classes have variance 0 and are left out.
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

/// Variances below this share of `a_k^2` belong to neurons active on fewer than about three samples in a
/// hundred: their batch means are far from normal, and one event would outweigh all the rest.
const MIN_ACTIVITY: f64 = 0.01;
