//! The claim on the curves of the authors' figures: losses and feature correlations of their two
//! settings, over starts and samples of our own.

use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{Activation, Experiment};
use crate::stats::Region;
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Sample, Scope};
use crate::toy::{self, Theory, overfitting};
use crate::train::ExperimentRun;

use super::cost;
use super::effort::Effort;
use super::mean::{difference_part, mean_part};

/// `toy/figures`.
pub(super) fn figures() -> Claim {
    Claim::new(
        "toy/figures",
        "The curves of the authors' theoretical setting are those of the mean-field theory with \
         biases, and the gap of their default setting is no overfitting.",
        figures_design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments); notation 9")
    .kind(Kind::Band)
    .control("the identity as activation")
    .cost("runs of the authors' two settings")
    .card(card!("toy/figures"))
}

fn figures_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    theoretical_parts(&mut design, scope)?;
    default_parts(&mut design, scope)?;
    Ok(design)
}

/// The number of features: that of the authors' script; the quick tier and controls have half of
/// every size.
fn n_features(scope: &Scope) -> usize {
    let is_half = Effort::of(scope) == Effort::Quick || scope.arm == Arm::Control;
    if is_half { toy::N_FEATURES / 2 } else { toy::N_FEATURES }
}

/// The numbers of runs of the theoretical and of the default setting. In controls the second
/// refutes, at half the size.
fn n_runs(scope: &Scope) -> [usize; 2] {
    match (scope.arm, Effort::of(scope)) {
        (Arm::Control, Effort::Quick | Effort::Standard) => [16, 64],
        (Arm::Control, Effort::Deep) => [16, 128],
        (Arm::Claim, Effort::Quick) => [16, 16],
        (Arm::Claim, Effort::Standard) => [40, 16],
        (Arm::Claim, Effort::Deep) => [64, 48],
    }
}

fn activation(arm: Arm) -> Activation {
    if arm == Arm::Claim { Activation::Relu } else { Activation::Identity }
}

/// How far the theory may be off in any curve: twice what the sharp claims allow, since momentum,
/// biases and fixed samples come on top of what they have.
fn margin(n_features: usize) -> f64 {
    0.08 / (n_features as f64).sqrt()
}

/// Half-way, when the hinge lets go, and the end: all steps divided by this number.
const LOOKS: [(&str, usize); 2] = [("half-way", 2), ("end", 1)];

/// The curves of the figure.
const CURVES: [&str; 4] = ["ID loss", "OOD loss", "core correlation", "background correlation"];

/// Measured less predicted, `[look][curve]`.
type Differences = [[f64; 4]; 2];

/// The theoretical setting against the mean-field engine from the same start.
fn theoretical_parts(design: &mut Design, scope: &Scope) -> Result<()> {
    let n_features = n_features(scope);
    let told = Experiment::new(toy::theoretical(n_features))?;
    let run_as = told.with(|d| d.activation = activation(scope.arm))?;
    let probed = [told.clone(), run_as.clone()];
    let key = Key::new("claim").child("toy/figures").child("theoretical");
    let sample = Sample::new(key, move |seed| differences([&told, &run_as], seed))
        .sizes(&[n_features])
        .runs(n_runs(scope)[0])
        .cost(move || seconds(probed.each_ref()));
    let runs = design.sample(sample);

    let margin = margin(n_features);
    let expected = Expected { value: 0.0, deviation: 0.5 * margin, margin };
    for (look_idx, (look, _)) in LOOKS.iter().enumerate() {
        for (curve_idx, curve) in CURVES.iter().enumerate() {
            let name = format!("theoretical setting, {look}: {curve}, measured less predicted");
            let difference = move |run: &Differences| run[look_idx][curve_idx];
            difference_part(design, name, runs, expected, difference)?;
        }
    }
    Ok(())
}

/// A run of the second experiment beside the theory of the first, which differ in a control.
fn differences([told, run_as]: [&Experiment; 2], seed: Seed) -> Result<Differences> {
    let mut theory = Theory::of(&ExperimentRun::<f32>::seeded(told, None, seed)?)?;
    let mut run = ExperimentRun::<f32>::seeded(run_as, None, seed)?;
    let mut looked = Differences::default();
    for (to, (_, divisor)) in looked.iter_mut().zip(LOOKS) {
        let n_steps = told.n_steps / divisor;
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

/// Returns the seconds of such a run and of its theory.
fn seconds([told, run_as]: [&Experiment; 2]) -> Result<f64> {
    let mut theory = Theory::of(&ExperimentRun::<f32>::seeded(told, None, Seed::root(0))?)?;
    let mut n_steps = 0;
    let of_theory = cost::of_steps(told.n_steps, || {
        n_steps += 1;
        theory.advance_to(n_steps);
        Ok(())
    })?;
    Ok(of_theory + cost::of_experiment(run_as)?)
}

/// What the default setting shows in the end.
struct End {
    /// On fresh samples in distribution.
    accuracy: f64,
    /// The same less that on fresh samples out of distribution.
    lost: f64,
    /// The share of the figure's gap that is overfitting, see [`toy::OverfittingGap`].
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

/// A number of such a run: its name, where to read it, where it must lie, and what is expected.
type Bounded = (&'static str, fn(&End) -> f64, Region, f64);

/// The default setting, cut where its curves have taken their shape. The bounds are free choices,
/// and a pilot of two runs led to expect what is expected.
fn default_parts(design: &mut Design, scope: &Scope) -> Result<()> {
    let n_features = n_features(scope);
    let n_steps = if n_features < toy::N_FEATURES { 300 } else { 500 };
    let experiment = Experiment::new(toy::default(n_features, n_steps))?
        .with(|d| d.activation = activation(scope.arm))?;
    let probed = experiment.clone();
    let key = Key::new("claim").child("toy/figures").child("default");
    let sample = Sample::new(key, move |seed| End::of(&experiment, seed))
        .sizes(&[n_features])
        .runs(n_runs(scope)[1])
        .cost(move || cost::of_experiment(&probed));
    let ends = design.sample(sample);

    let parts: [Bounded; 3] = [
        (
            "accuracy on fresh samples in distribution",
            |end| end.accuracy,
            Region::at_least(0.8),
            0.93,
        ),
        (
            "accuracy lost on fresh samples out of distribution",
            |end| end.lost,
            Region::at_least(0.1),
            0.25,
        ),
        (
            "share of overfitting in the figure's gap",
            |end| end.overfitting,
            Region::at_most(0.3),
            0.05,
        ),
    ];
    for (name, of, region, expected) in parts {
        mean_part(design, format!("default setting: {name}"), ends, (region, expected), of)?;
    }
    Ok(())
}
