//! Claims on the weight decay: the margin saturates, and a critical decay keeps the risk from vanishing.

use std::sync::Arc;

use crate::data::Shift;
use crate::error::Result;
use crate::observe::N_TEST;
use crate::predict::{MeanField, critical_decay, finite_size_margin};
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting, decay};
use crate::stats::{Region, Replicates};
use crate::train::{Evaluation, Simulation};

use super::lab::Budget;
use super::plan::Work;
use super::sharp::{mean_difference, within};
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// Decay constants over the critical one: `c / c*`.
fn above(tier: Tier) -> &'static [f64] {
    match tier {
        Tier::Quick | Tier::Standard => &[1.5],
        Tier::Deep => &[1.5, 2.0, 3.0],
    }
}
const BELOW: f64 = 0.25;
/// Runs above the critical constant last until what the decay has yet to take is `exp(-5)` of the whole,
/// 0.7 %; runs below it for so long in the theorem's time.
const DECAY_TIMES: f64 = 5.0;
const TAU_BELOW: f64 = 40.0;
/// The critical constant is found within this share of itself.
const CRITICAL_MARGIN: f64 = 0.05;
/// Below it the risk is this small at the end.
const SMALL_RISK: f64 = 0.1;
/// The size; controls run at the cheapest.
fn n_features(arm: Arm) -> usize {
    if arm == Arm::Claim { 64 } else { 16 }
}
/// They scatter by a quarter of their margins; a control takes more, because no run counts for more than the
/// window.
fn n_runs(tier: Tier, arm: Arm) -> usize {
    match (tier, arm) {
        (_, Arm::Control) => 192,
        (Tier::Deep, Arm::Claim) => 64,
        (Tier::Quick, Arm::Claim) => 24,
        (_, Arm::Claim) => 40,
    }
}

/// The theorem's regime with a decay of so many times the critical one.
fn setting(arm: Arm, factor: f64) -> Result<Setting> {
    let theorem = Setting::theorem(n_features(arm));
    let constant = factor * critical_decay(&theorem);
    theorem.with(|p| p.weight_decay = decay(constant, p.n_features(), p.width))
}

/// What is run: in the control the factor `d0` of `lambda = c d0 / m^1.01` is left out.
fn run_setting(arm: Arm, factor: f64) -> Result<Setting> {
    let setting = setting(arm, factor)?;
    match arm {
        Arm::Claim => Ok(setting),
        Arm::Control => setting.with(|p| p.weight_decay /= p.n_features() as f64),
    }
}

/// The number of steps, as for the setting that is told.
fn n_steps(arm: Arm, factor: f64) -> Result<usize> {
    let setting = setting(arm, factor)?;
    if factor < 1.0 {
        return Ok(setting.steps_to(TAU_BELOW));
    }
    Ok((DECAY_TIMES / (setting.learning_rate * setting.weight_decay)).ceil() as usize)
}

/// The end of one run, and the mean-field engine's from the same start.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    measured: Evaluation,
    predicted_risk: f64,
}

fn end(setting: &Setting, told: &Setting, n_steps: usize, seed: Seed) -> Result<End> {
    let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
    let mut theory = MeanField::of_weights(told, run.feature_weights().as_ref())?;
    run.advance_to(n_steps)?;
    theory.advance_to(n_steps);
    Ok(End {
        measured: run.evaluate(N_TEST, Shift::InDistribution, "id"),
        predicted_risk: theory.margin().in_distribution_risk(),
    })
}

/// The runs at one decay; both claims look at the same ones.
fn ends(lab: &Lab, arm: Arm, factor: f64) -> Result<Arc<Replicates<End>>> {
    lab.shared_ends((10.0 * factor) as usize, arm, |seed| {
        let (run, told) = (run_setting(arm, factor)?, setting(arm, factor)?);
        let n_steps = n_steps(arm, factor)?;
        lab.replicates(n_runs(lab.tier(), arm), seed, |seed| end(&run, &told, n_steps, seed))
    })
}

/// `decay/saturation`: the risk in distribution is that of the mean-field engine.
pub(super) fn saturation(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for &factor in above(lab.tier()) {
        let margin = finite_size_margin(&setting(arm, factor)?);
        let ends = ends(lab, arm, factor)?;
        let gaps = ends.map(|end| end.measured.loss - end.predicted_risk);
        let mean = mean_difference(&gaps, margin, 0.25 * margin)?;
        let name = format!("c = {factor} c*: risk in distribution, measured less predicted");
        drafts.push(Draft::new(name, &[n_features(arm)], mean, within(margin)).predicted(0.0));
    }
    Ok(drafts)
}

/// `decay/critical`: `c` times the mean margin is the critical constant, wherever above it; and below it the
/// risk vanishes.
pub(super) fn critical(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for &factor in above(lab.tier()) {
        let ends = ends(lab, arm, factor)?;
        let share = 1.0 - (-DECAY_TIMES).exp();
        let offsets = ends.map(|end| factor * end.measured.mean_margin / share - 1.0);
        let mean = mean_difference(&offsets, CRITICAL_MARGIN, 0.25 * CRITICAL_MARGIN)?;
        let name = format!("critical c over predicted less 1, from c = {factor} c*");
        drafts.push(
            Draft::new(name, &[n_features(arm)], mean, within(CRITICAL_MARGIN)).predicted(0.0),
        );
    }
    let losses = ends(lab, arm, BELOW)?.map(|end| end.measured.loss);
    let region = Region::at_most(SMALL_RISK);
    let mean = winsorised(&losses, region, 0.5 * SMALL_RISK)?;
    let name = format!("c = {BELOW} c*: risk in distribution");
    drafts.push(Draft::new(name, &[n_features(arm)], mean, region));
    Ok(drafts)
}

pub(super) fn saturation_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    above(tier).iter().map(|&factor| work(tier, arm, factor)).collect()
}

pub(super) fn critical_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    above(tier).iter().chain([&BELOW]).map(|&factor| work(tier, arm, factor)).collect()
}

fn work(tier: Tier, arm: Arm, factor: f64) -> Result<Work> {
    let budget = Budget::fixed(n_runs(tier, arm));
    let (setting, name) = (run_setting(arm, factor)?, format!("decay, c = {factor} c*"));
    let work = Work::own(name, setting, EngineKind::Feature, n_steps(arm, factor)?, budget);
    Ok(Work { is_double: false, n_test: N_TEST, ..work })
}
