//! The claim on the curves of the authors' figures: losses and feature correlations of their two settings,
//! over starts and samples of our own.

use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{Activation, Description, EngineKind, Experiment, Setting};
use crate::stats::{Region, Replicates};
use crate::toy::{self, Theory, overfitting};
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
        (Arm::Control, Tier::Quick | Tier::Standard) => [16, 64],
        (Arm::Control, Tier::Deep) => [16, 128],
        (Arm::Claim, Tier::Quick) => [16, 16],
        (Arm::Claim, Tier::Standard) => [40, 16],
        (Arm::Claim, Tier::Deep) => [64, 48],
    }
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
    let experiment = Experiment::new(toy::theoretical(n_features))?;
    let run_as = experiment.with(|d| d.activation = activation(arm))?;
    let seed = lab.seed("toy/figures").child("theoretical");
    let runs: Replicates<Differences> =
        lab.replicates(n_runs(lab.tier(), arm)[0], seed, |seed| {
            differences([&experiment, &run_as], seed)
        })?;
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

/// A run of the second experiment beside the theory of the first, which differ in a control.
fn differences([told, run_as]: [&Experiment; 2], seed: Seed) -> Result<Differences> {
    let mut theory = Theory::of(&ExperimentRun::<f32>::seeded(told, None, seed)?)?;
    let mut run = ExperimentRun::<f32>::seeded(run_as, None, seed)?;
    let mut looked = Differences::default();
    for (to, (_, share)) in looked.iter_mut().zip(LOOKS) {
        let n_steps = told.n_steps / share;
        run.advance_to(n_steps)?;
        theory.advance_to(n_steps);
        let row = run.row()?;
        let [core, background] = theory.correlations();
        *to = [
            row.id_loss - theory.id_risk(),
            row.ood_loss - theory.ood_risk(),
            row.core_correlation - core,
            row.background_correlation - background,
        ];
    }
    Ok(looked)
}

/// The default setting, cut where its curves have taken their shape.
fn default(n_features: usize) -> Description {
    toy::default(n_features, if n_features < toy::N_FEATURES { 300 } else { 500 })
}

/// What the default setting shows in the end.
struct End {
    /// On fresh samples in distribution.
    accuracy: f64,
    /// The same less that on fresh samples out of distribution.
    lost: f64,
    /// The share of the figure's gap that is overfitting, see [`crate::toy::OverfittingGap`].
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
            overfitting: overfitting(&run).map_or(f64::NAN, |gap| gap.share()),
        })
    }
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
    let experiment = Experiment::new(toy::theoretical(n_features))?;
    differences([&experiment, &experiment], Seed::root(0)).map(|_| ())
}

fn timed_end(n_features: usize) -> Result<()> {
    End::of(&Experiment::new(default(n_features))?, Seed::root(0)).map(|_| ())
}
