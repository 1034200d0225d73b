//! The claim on the histogram of activation rates by class.

use faer::Mat;
use statrs::distribution::ContinuousCDF;

use crate::error::Result;
use crate::observe::class_means;
use crate::predict::normal_cdf;
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};
use crate::stats::Region;
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Sample, Scope};
use crate::train::Simulation;

use super::cost;
use super::effort::Effort;
use super::initialisation::{student, student_statistic};
use super::mean::{difference_part, mean_part};
use super::scenario::{Arms, Scenario, Times};

/// A rate between these is called middling: the neuron is neither active nor inactive on the class.
const MIDDLE: (f64, f64) = (0.25, 0.75);
/// The standardised class mean `r` with the larger one of these rates, `Phi(r) = 3/4`.
const UPPER_QUARTILE: f64 = 0.674_489_750_196_081_7;
/// After training at most this share of the rates is middling.
const FEW: f64 = 0.1;
/// About this share is expected then.
const EXPECTED_AT_T1: f64 = 0.02;
/// The share at the start may differ from the predicted one by this much.
const START_MARGIN: f64 = 0.02;

/// In the control nothing is learned.
const ARMS: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Frozen };

fn n_features(effort: Effort) -> usize {
    if effort == Effort::Quick { 32 } else { 64 }
}

fn n_runs(effort: Effort, arm: Arm) -> usize {
    match (arm, effort) {
        (Arm::Control, _) | (Arm::Claim, Effort::Quick | Effort::Standard) => 96,
        (Arm::Claim, Effort::Deep) => 256,
    }
}

/// `histogram/activation-rate`.
pub(super) fn activation_rate() -> Claim {
    Claim::new(
        "histogram/activation-rate",
        "Activation rates by class are spread out at the start as predicted, and gather at both \
         ends once features are learned.",
        design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments); notation 4")
    .kind(Kind::Law)
    .control("a learning rate of 0")
    .cost("runs up to T1")
    .card(card!("histogram/activation-rate"))
}

fn design(scope: &Scope) -> Result<Design> {
    let effort = Effort::of(scope);
    let setting = ARMS.of(scope.arm).setting(n_features(effort))?;
    let predicted = predicted_middle_share(&setting)?;
    let n_steps = Times::of(&setting).t1;
    let probed = setting.clone();
    let mut design = Design::new();
    let key = Key::new("claim").child("histogram/activation-rate");
    let sample = Sample::new(key, move |seed| MiddleShares::of(&setting, n_steps, seed))
        .sizes(&[n_features(effort)])
        .runs(n_runs(effort, scope.arm))
        .cost(move || cost::of_training::<f32>(&probed, EngineKind::Feature, n_steps));
    let runs = design.sample(sample);
    let expected = Expected { value: 0.0, deviation: START_MARGIN, margin: START_MARGIN };
    let name = "share of middling rates at the start, measured less predicted";
    difference_part(&mut design, name, runs, expected, move |run| run.start - predicted)?;
    let few = Region::at_most(FEW);
    let name = "share of middling rates at T1";
    mean_part(&mut design, name, runs, (few, EXPECTED_AT_T1), |run| run.t1)?;
    Ok(design)
}

/// The shares of middling rates in one run.
struct MiddleShares {
    start: f64,
    t1: f64,
}

impl MiddleShares {
    fn of(setting: &Setting, n_steps: usize, seed: Seed) -> Result<Self> {
        let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
        let start = middle_share(setting, &run.feature_weights());
        run.advance_to(n_steps)?;
        Ok(MiddleShares { start, t1: middle_share(setting, &run.feature_weights()) })
    }
}

/// Returns the share of middling rates among the `Phi(r_y)` of all neurons and both classes.
fn middle_share(setting: &Setting, weights: &Mat<f64>) -> f64 {
    let means = class_means(setting, weights.as_ref());
    let rates = means.iter().flat_map(|means| [means.positive, means.negative].map(normal_cdf));
    let is_middling = |rate: &f64| (MIDDLE.0..=MIDDLE.1).contains(rate);
    rates.filter(is_middling).count() as f64 / (2 * means.len()) as f64
}

/// Returns the share that is predicted for the start, where [`student_statistic`] of `r_y` follows
/// Student's law.
fn predicted_middle_share(setting: &Setting) -> Result<f64> {
    Ok(2.0 * student(setting)?.cdf(student_statistic(setting, UPPER_QUARTILE)) - 1.0)
}
