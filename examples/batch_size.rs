//! A change of one's own to the paper's setting: what larger batches do to contamination.
//!
//! The mean-field engine ([`MeanField`]) follows a network from its own start, with batch noise of the size that it is
//! told. At `T1` it gives how much background the initial set has learned, over how much core. The claim is that
//! networks trained on batches up to eight times as large as on the paper's ladder agree with it. The control trains
//! linear networks, which cancel background.
//!
//! Run with `cargo run --release --example batch_size`, and add `-- --help` for what it can do.

use std::process::ExitCode;

use feature_contamination::observe::{feature_projections, initial_set};
use feature_contamination::predict::{MeanField, finite_size_margin};
use feature_contamination::prelude::*;
use feature_contamination::setting::Activation;

const N_FEATURES: usize = 16;

/// How many times as large as on the ladder a batch is.
const FACTORS: [usize; 3] = [1, 2, 8];

/// The theorem's time at which features are learned.
const TAU: f64 = 8.0;

/// The standard deviation of one run, from a pilot of 32 runs with other seeds on the ladder's batches.
const DEVIATION: f64 = 0.009;

const TIERS: [Tier; 2] = [
    Tier::new("quick", "two batch sizes, some seconds"),
    Tier::new("standard", "three batch sizes"),
];

/// Background over core learned at `T1`, measured less predicted from the same start; none where the initial set is
/// empty.
fn excess(trained: &Setting, told: &Setting, seed: Seed) -> Result<Option<f64>> {
    let n_steps = told.steps_to(TAU);
    let mut run = Simulation::<f32>::new(trained, EngineKind::Feature, seed)?;
    let start = run.feature_weights();
    let set = initial_set(told, start.as_ref());
    run.advance_to(n_steps)?;
    let (core, background) = feature_projections(told, run.feature_weights().as_ref(), &set);
    let mut theory = MeanField::of_weights(told, start.as_ref())?;
    theory.advance_to(n_steps);
    let predicted = set.iter().map(|neuron| theory.projections(neuron.neuron_idx));
    let (p_core, p_background) = predicted.fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    Ok((!set.is_empty()).then_some(background / core - p_background / p_core))
}

fn ratio(scope: &Scope) -> Result<Design> {
    let theorem = Setting::theorem(N_FEATURES);
    let margin = finite_size_margin(&theorem);
    let expected = Expected { value: 0.0, deviation: DEVIATION, margin };
    let n_factors = if scope.tier.name == "quick" { 2 } else { 3 };
    let mut design = Design::new();
    for &factor in &FACTORS[..n_factors] {
        let told = theorem.with(|p| p.batch *= factor)?;
        let trained = match scope.arm {
            Arm::Claim => told.clone(),
            Arm::Control => told.with(|p| p.activation = Activation::Identity)?,
        };
        let key = Key::new("batch").index(factor);
        let sample = Sample::new(key, move |seed| excess(&trained, &told, seed));
        let scatter = Scatter::of_run(DEVIATION / margin);
        let runs = design.sample(sample.sizes(&[N_FEATURES]).until_decided(16, &[scatter]));
        let name = format!("batches times {factor}: background over core, measured less predicted");
        let mean = runs.mean(Window::of_difference(expected)?, |excess| *excess);
        design.part(name, Region::around(0.0).within(margin), mean).predicted(0.0);
    }
    Ok(design)
}

/// The claim.
pub fn study() -> Study {
    let statement = "Background over core learned at T1 is the mean-field one for batches up to eight times as large.";
    Study::new("Batch size").tiers(&TIERS, "standard").size_label("d0").claim(
        Claim::new("batch/ratio", statement, ratio)
            .control("trains linear networks")
            .cost("small runs up to T1"),
    )
}

fn main() -> ExitCode {
    study_main(&study())
}
