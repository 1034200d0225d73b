//! The claim on the curves of the authors' figures: losses and feature correlations of their two settings,
//! over starts and samples of our own.

use crate::data::Shift;
use crate::error::Result;
use crate::linalg::mean;
use crate::predict::MeanField;
use crate::seed::Seed;
use crate::setting::{
    Activation, Description, EngineKind, Experiment, Latent, Optimizer, Samples, Setting,
};
use crate::stats::{Region, Replicates};
use crate::train::ExperimentRun;

use super::lab::Budget;
use super::plan::Work;
use super::sharp::{mean_difference, within};
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// Features of the authors' script; the quick tier and controls have half of every size.
fn n_features(tier: Tier, arm: Arm) -> usize {
    if tier == Tier::Quick || arm == Arm::Control { 32 } else { 64 }
}

/// Runs of the theoretical and of the default setting. In controls the second refutes, at half the size.
fn n_runs(tier: Tier, arm: Arm) -> [usize; 2] {
    match (arm, tier) {
        (Arm::Control, _) => [16, 64],
        (Arm::Claim, Tier::Quick) => [16, 16],
        (Arm::Claim, Tier::Standard) => [24, 16],
        (Arm::Claim, Tier::Deep) => [64, 48],
    }
}

/// Every size in proportion to the number of features, as the authors' script has them at 64.
fn sized(description: Description, n_features: usize) -> Description {
    Description {
        latents: vec![Latent::Uniform; n_features],
        n_core: n_features / 2,
        ambient_dim: 4 * n_features,
        width: 4 * n_features,
        samples: Samples::Full(1000 * n_features / 64),
        ..description
    }
}

/// How much longer a step of ours is than one of the authors' theoretical setting.
const SPEED: usize = 25;

/// The authors' theoretical setting in fewer steps, each as much longer: it depends on their product only, see
/// `limit/step-size`.
fn theoretical(n_features: usize) -> Description {
    let sized = sized(Description::toy_theoretical(0), n_features);
    let learning_rate = SPEED as f64 * sized.learning_rate;
    Description { learning_rate, n_steps: sized.n_steps / SPEED, ..sized }
}

/// `toy/figures`. In the control the activation is the identity.
pub(super) fn figures(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let mut drafts = curves(lab, arm)?;
    drafts.extend(default_end(lab, arm)?);
    Ok(drafts)
}

/// How far the theory may be off in any curve: twice what the sharp claims allow, since momentum, biases and
/// fixed samples come on top of what they have.
fn margin(n_features: usize) -> f64 {
    0.08 / (n_features as f64).sqrt()
}

/// Half-way, when the hinge lets go, and the end, as shares of the steps.
const LOOKS: [(&str, usize); 2] = [("half-way", 2), ("end", 1)];

/// The curves of the figure.
const CURVES: [&str; 4] = ["ID loss", "OOD loss", "core correlation", "background correlation"];

/// Measured less predicted, `[look][curve]`.
type Differences = [[f64; 4]; 2];

/// The theoretical setting against the mean-field engine from the same start.
fn curves(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let n_features = n_features(lab.tier(), arm);
    let experiment = Experiment::new(theoretical(n_features))?;
    let run_as = experiment.with(|d| d.activation = activation(arm))?;
    let seed = lab.seed("toy/figures").child("theoretical");
    let runs: Replicates<Differences> =
        lab.replicates(n_runs(lab.tier(), arm)[0], seed, |seed| differences(&run_as, seed))?;
    let margin = margin(n_features);
    let mut drafts = Vec::new();
    for (look_idx, (look, _)) in LOOKS.iter().enumerate() {
        for (curve_idx, curve) in CURVES.iter().enumerate() {
            let of_curve = runs.map(|run| run[look_idx][curve_idx]);
            drafts.push(
                Draft::new(
                    format!("theoretical setting, {look}: {curve}, measured less predicted"),
                    &[n_features],
                    mean_difference(&of_curve, margin, 0.5 * margin)?,
                    within(margin),
                )
                .predicted(0.0),
            );
        }
    }
    Ok(drafts)
}

fn activation(arm: Arm) -> Activation {
    if arm == Arm::Claim { Activation::Relu } else { Activation::Identity }
}

fn differences(experiment: &Experiment, seed: Seed) -> Result<Differences> {
    let mut run = ExperimentRun::<f32>::seeded(experiment, None, seed)?;
    let mut theory = theory_of(&run)?;
    let mut looked = Differences::default();
    for (to, (_, share)) in looked.iter_mut().zip(LOOKS) {
        let n_steps = experiment.n_steps / share;
        run.advance_to(n_steps)?;
        theory.advance_to(n_steps - lag(experiment));
        let row = run.row()?;
        let norms: Vec<(f64, f64)> = (0..experiment.width).map(|k| theory.norms(k)).collect();
        let mean_of =
            |part: fn(&(f64, f64)) -> f64| mean(&norms.iter().map(part).collect::<Vec<_>>());
        *to = [
            row.id_loss - theory.margin().in_distribution_risk(),
            row.ood_loss - theory.margin().out_of_distribution_risk(),
            row.core_correlation - mean_of(|norms| norms.0),
            row.background_correlation - mean_of(|norms| norms.1),
        ];
    }
    Ok(looked)
}

/// Momentum keeps a share of the velocity: in the long run a step is `1 / (1 - momentum)` times as long, and
/// comes `momentum / (1 - momentum)` steps late.
fn lag(experiment: &Experiment) -> usize {
    let momentum = momentum(experiment);
    (momentum / (1.0 - momentum)).round() as usize
}

fn momentum(experiment: &Experiment) -> f64 {
    match experiment.optimizer {
        Optimizer::Sgd { momentum } => momentum,
        Optimizer::Adam | Optimizer::AdamW => 0.0,
    }
}

/// What the theory makes of the start of a run in feature coordinates: plain SGD with batches of infinite
/// size, and a bias as a feature that is always 1.
fn theory_of(run: &ExperimentRun<f32>) -> Result<MeanField> {
    let experiment = run.experiment();
    let setting = Setting::theorem(experiment.n_features()).with(|p| {
        p.latents.clone_from(&experiment.latents);
        p.n_core = experiment.n_core;
        p.ambient_dim = experiment.ambient_dim;
        p.width = experiment.width;
        p.learning_rate = experiment.learning_rate / (1.0 - momentum(experiment));
        p.weight_decay = experiment.weight_decay;
    })?;
    let layer = &run.network().layers()[0];
    let biases: Vec<f64> =
        layer.weights.col(layer.n_inputs()).iter().map(|&bias| f64::from(bias)).collect();
    let weights = run.feature_projections();
    let theory = MeanField::of_weights_and_biases(&setting, weights.as_ref(), Some(&biases))?;
    Ok(theory.without_noise())
}

/// The default setting, cut where the curves have taken their shape.
fn default(n_features: usize) -> Description {
    Description {
        n_steps: if n_features < 64 { 300 } else { 500 },
        ..sized(Description::toy_default(0), n_features)
    }
}

/// What the default setting shows in the end.
struct End {
    /// On fresh samples in distribution.
    accuracy: f64,
    /// The same less that on fresh samples out of distribution.
    lost: f64,
    /// The share of the figure's gap that is overfitting.
    overfitting: f64,
}

impl End {
    fn of(experiment: &Experiment, seed: Seed) -> Result<Self> {
        let mut run = ExperimentRun::<f32>::seeded(experiment, None, seed)?;
        run.advance_to(experiment.n_steps)?;
        let row = run.row()?;
        Ok(End {
            accuracy: row.id_accuracy,
            lost: row.id_accuracy - row.ood_accuracy,
            overfitting: overfitting_share(&run),
        })
    }
}

/// The figure sets the loss on the training samples against that on their cores with a shifted background.
/// The share of that gap which a fresh background without a shift opens as well is overfitting.
fn overfitting_share(run: &ExperimentRun<f32>) -> f64 {
    let trained = run.training().loss;
    let gap = |shift, stream| {
        run.evaluate_training_cores(shift, stream).map_or(f64::NAN, |looked| looked.loss - trained)
    };
    gap(Shift::InDistribution, "cores, id") / gap(Shift::OutOfDistribution, "cores, ood")
}

/// The least accuracy in distribution, the least that is lost, and the largest share of overfitting: free
/// choices, with what a pilot of two runs led to expect.
const ACCURATE: (f64, f64) = (0.8, 0.93);
const LOST: (f64, f64) = (0.1, 0.25);
const OVERFITTING: (f64, f64) = (0.3, 0.05);

fn default_end(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let n_features = n_features(lab.tier(), arm);
    let experiment =
        Experiment::new(Description { activation: activation(arm), ..default(n_features) })?;
    let seed = lab.seed("toy/figures").child("default");
    let ends =
        lab.replicates(n_runs(lab.tier(), arm)[1], seed, |seed| End::of(&experiment, seed))?;
    let part = |name: &str, of: fn(&End) -> f64, region: Region, expected: f64| {
        let name = format!("default setting: {name}");
        let mean = winsorised(&ends.map(of), region, expected)?;
        Ok(Draft::new(name, &[n_features], mean, region))
    };
    Ok(vec![
        part(
            "accuracy on fresh samples in distribution",
            |end| end.accuracy,
            Region::at_least(ACCURATE.0),
            ACCURATE.1,
        )?,
        part(
            "accuracy lost on fresh samples out of distribution",
            |end| end.lost,
            Region::at_least(LOST.0),
            LOST.1,
        )?,
        part(
            "share of overfitting in the figure's gap",
            |end| end.overfitting,
            Region::at_most(OVERFITTING.0),
            OVERFITTING.1,
        )?,
    ])
}

pub(super) fn figures_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let n_features = n_features(tier, arm);
    let work = |name: &str, n_runs: usize| {
        let setting = Setting::theorem(n_features);
        Work::own(name, setting, EngineKind::Feature, 0, Budget::fixed(n_runs))
    };
    let runs: [fn() -> Result<()>; 2] = if n_features == 32 {
        [|| timed_curves(32), || timed_end(32)]
    } else {
        [|| timed_curves(64), || timed_end(64)]
    };
    let [n_theoretical, n_default] = n_runs(tier, arm);
    Ok(vec![
        work("toy/figures, theoretical", n_theoretical).with_run(runs[0]),
        work("toy/figures, default", n_default).with_run(runs[1]),
    ])
}

fn timed_curves(n_features: usize) -> Result<()> {
    differences(&Experiment::new(theoretical(n_features))?, Seed::root(0)).map(|_| ())
}

fn timed_end(n_features: usize) -> Result<()> {
    End::of(&Experiment::new(default(n_features))?, Seed::root(0)).map(|_| ())
}
