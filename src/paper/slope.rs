//! The claim on the slope of leaky ReLU: how much background a network learns as a function of it.

use crate::error::Result;
use crate::observe::{Schedule, feature_projections, initial_set, record};
use crate::predict::{MeanField, Moments, SlopedFixedPoint, finite_size_margin};
use crate::seed::Seed;
use crate::setting::{Activation, Setting};
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Sample, Scope};

use super::effort::Effort;
use super::mean::difference_part;
use super::scenario::Times;

/// A slope below 0, and the number of its runs.
#[derive(Debug, Clone, Copy)]
struct Slope {
    percent: u8,
    /// Twice as many at the deep tier.
    n_runs: usize,
}

/// Runs scatter by about the same at every slope, while the margin falls as the slope grows.
const SLOPES: [Slope; 3] = [
    Slope { percent: 25, n_runs: 96 },
    Slope { percent: 50, n_runs: 192 },
    Slope { percent: 75, n_runs: 768 },
];

/// The slopes that are measured. The largest takes more runs than a minute allows.
fn slopes(effort: Effort) -> &'static [Slope] {
    if effort == Effort::Quick { &SLOPES[..2] } else { &SLOPES }
}

/// By how much a control overstates them, in percent.
const OVERSTATED: u8 = 10;

/// Batch noise moves the ratio of a run by this much at 16 features and by less with more, as in a
/// pilot.
const DEVIATION: f64 = 0.009;

/// `activations/slope`.
pub(super) fn slope() -> Claim {
    Claim::new(
        "activations/slope",
        "How much background a network of leaky ReLU learns is the sharp law's function of its \
         slope below 0: (1 - rho) / (1 + rho) of the core, with rho the mean derivative on the \
         other class.",
        slope_design,
    )
    .source("notation 6, 13")
    .kind(Kind::Band)
    .control("the law with slopes 0.1 too large")
    .cost("runs up to T1")
    .card(card!("activations/slope"))
}

fn setting(effort: Effort, percent: u8) -> Result<Setting> {
    let n_features = if effort == Effort::Quick { 16 } else { 32 };
    Setting::theorem(n_features).with(|p| p.activation = Activation::LeakyPercent(percent))
}

/// One part for each slope. The control tells the theory slopes that are too large.
fn slope_design(scope: &Scope) -> Result<Design> {
    let effort = Effort::of(scope);
    let mut design = Design::new();
    for &Slope { percent, n_runs } in slopes(effort) {
        let told = match scope.arm {
            Arm::Claim => percent,
            Arm::Control => percent + OVERSTATED,
        };
        let (setting, told) = (setting(effort, percent)?, setting(effort, told)?);
        let law = SlopedFixedPoint::solve(&Moments::of(&setting), f64::from(percent) / 100.0)?;
        let margin = law.sensitivity * finite_size_margin(&setting);
        let size = setting.n_features();
        let key = Key::new("claim").child("activations/slope").index(usize::from(percent));
        let sample = Sample::new(key, move |seed| excess(&setting, &told, seed))
            .sizes(&[size])
            .runs(if effort == Effort::Deep { 2 * n_runs } else { n_runs });
        let expected = Expected { value: 0.0, deviation: DEVIATION, margin };
        let runs = design.sample(sample);
        let name = format!("slope {percent} %: background over core, measured less predicted");
        difference_part(&mut design, name, runs, expected, |off| *off)?;
    }
    Ok(design)
}

/// Background over core learned by the initial set at `T1`, measured less predicted by the
/// mean-field engine, which is told the same start and a setting; none where the set is empty.
fn excess(setting: &Setting, told: &Setting, seed: Seed) -> Result<Option<f64>> {
    let t1 = Times::of(setting).t1;
    let run = record(setting, seed, &Schedule::weights(&[t1]))?;
    let set = initial_set(setting, run.start.as_ref());
    let (core, background) = feature_projections(setting, run.weights[0].as_ref(), &set);
    let mut network = MeanField::of_weights(told, run.start.as_ref())?;
    network.advance_to(t1);
    let sums = set.iter().map(|neuron| network.projections(neuron.neuron_idx));
    let predicted =
        sums.fold((0.0, 0.0), |sum, (core, background)| (sum.0 + core, sum.1 + background));
    Ok((!set.is_empty()).then_some(background / core - predicted.1 / predicted.0))
}
