//! The claim on the slope of leaky ReLU: how much background a network learns as a function of it.

use crate::error::Result;
use crate::observe::{Schedule, feature_projections, initial_set, record};
use crate::predict::{MeanField, Moments, SlopedFixedPoint, finite_size_margin};
use crate::seed::Seed;
use crate::setting::{Activation, EngineKind, Setting};

use super::lab::Budget;
use super::plan::Work;
use super::scenario::Times;
use super::sharp::{mean_difference, within};
use super::{Arm, Draft, Lab, Tier};

const ID: &str = "activations/slope";

/// Slopes below 0, in percent, each with its runs: scatter is about the same, and the margin falls.
const SLOPES: [(u8, usize); 3] = [(25, 96), (50, 192), (75, 768)];

/// Slopes of a tier. The largest takes more runs than a minute allows.
fn slopes(tier: Tier) -> &'static [(u8, usize)] {
    if tier == Tier::Quick { &SLOPES[..2] } else { &SLOPES }
}

/// By how much a control overstates them, in percent.
const OVERSTATED: u8 = 10;

/// Batch noise moves the ratio of a run by so much at 16 features and less with more, as in a pilot.
const DEVIATION: f64 = 0.009;

fn n_features(tier: Tier) -> usize {
    if tier == Tier::Quick { 16 } else { 32 }
}

fn n_runs(tier: Tier, at_standard: usize) -> usize {
    if tier == Tier::Deep { 2 * at_standard } else { at_standard }
}

fn setting(tier: Tier, activation: Activation) -> Result<Setting> {
    Setting::theorem(n_features(tier)).with(|p| p.activation = activation)
}

/// Background over core learned by the initial set at T1, measured less predicted by an engine that is told
/// the same start and another setting; nothing where the set is empty.
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

/// `activations/slope`: how much background the initial set learns, by slope. The control tells the theory
/// slopes that are too large.
pub(super) fn slope(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let tier = lab.tier();
    let part = |&(percent, at_standard): &(u8, usize)| {
        let told = if arm == Arm::Claim { percent } else { percent + OVERSTATED };
        let [setting, told] = [percent, told].map(|p| setting(tier, Activation::LeakyPercent(p)));
        let (setting, told) = (setting?, told?);
        let seed = lab.seed(ID).index(usize::from(percent));
        let off =
            lab.replicates(n_runs(tier, at_standard), seed, |seed| excess(&setting, &told, seed))?;
        let off = off.filter_map(|excess| *excess);
        let law = SlopedFixedPoint::solve(&Moments::of(&setting), f64::from(percent) / 100.0)?;
        let margin = law.sensitivity * finite_size_margin(&setting);
        let name = format!("slope {percent} %: background over core, measured less predicted");
        let mean = mean_difference(&off, margin, DEVIATION)?;
        Ok(Draft::new(name, &[setting.n_features()], mean, within(margin)).predicted(0.0))
    };
    slopes(tier).iter().map(part).collect()
}

pub(super) fn slope_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let of_slope = |&(percent, at_standard): &(u8, usize)| {
        let setting = setting(tier, Activation::LeakyPercent(percent))?;
        let n_steps = Times::of(&setting).t1;
        let budget = Budget::fixed(n_runs(tier, at_standard));
        let name = format!("{ID}, slope {percent} %");
        let work = Work::own(name, setting, EngineKind::Feature, n_steps, budget);
        Ok(Work { is_double: false, ..work })
    };
    slopes(tier).iter().map(of_slope).collect()
}
