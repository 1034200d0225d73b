//! Claims on the weight decay: the margin saturates, and a critical decay keeps the risk from vanishing.

use crate::data::Shift;
use crate::error::Result;
use crate::observe::N_TEST;
use crate::predict::{MeanField, critical_decay, finite_size_margin};
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting, decay};
use crate::stats::Region;
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Runs, Sample, Scope};
use crate::train::Simulation;

use super::cost;
use super::effort::Effort;
use super::mean::{difference_part, mean_part};

/// Decay constants over the critical one: `c / c*`.
fn above(effort: Effort) -> &'static [f64] {
    match effort {
        Effort::Quick | Effort::Standard => &[1.5],
        Effort::Deep => &[1.5, 2.0, 3.0],
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
fn n_runs(effort: Effort, arm: Arm) -> usize {
    match (effort, arm) {
        (_, Arm::Control) => 192,
        (Effort::Deep, Arm::Claim) => 64,
        (Effort::Quick, Arm::Claim) => 24,
        (Effort::Standard, Arm::Claim) => 40,
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
fn n_steps(told: &Setting, factor: f64) -> usize {
    if factor < 1.0 {
        return told.steps_to(TAU_BELOW);
    }
    (DECAY_TIMES / (told.learning_rate * told.weight_decay)).ceil() as usize
}

/// The end of one run, and the mean-field engine's from the same start.
struct End {
    risk: f64,
    mean_margin: f64,
    predicted_risk: f64,
}

fn end(setting: &Setting, told: &Setting, n_steps: usize, seed: Seed) -> Result<End> {
    let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
    let mut theory = MeanField::of_weights(told, run.feature_weights().as_ref())?;
    run.advance_to(n_steps)?;
    theory.advance_to(n_steps);
    let measured = run.evaluate(N_TEST, Shift::InDistribution, "id");
    Ok(End {
        risk: measured.loss,
        mean_margin: measured.mean_margin,
        predicted_risk: theory.margin().in_distribution_risk(),
    })
}

/// The runs at one decay; both claims look at the same ones.
fn ends(design: &mut Design, scope: &Scope, factor: f64) -> Result<Runs<End>> {
    let (run, told) = (run_setting(scope.arm, factor)?, setting(scope.arm, factor)?);
    let n_steps = n_steps(&told, factor);
    let probed = run.clone();
    let key = Key::new("claim").child("decay").index((10.0 * factor) as usize);
    let sample = Sample::new(key, move |seed| end(&run, &told, n_steps, seed))
        .sizes(&[n_features(scope.arm)])
        .runs(n_runs(Effort::of(scope), scope.arm))
        .cost(move || cost::of_training::<f32>(&probed, EngineKind::Feature, n_steps));
    Ok(design.sample(sample))
}

/// `decay/saturation`.
pub(super) fn saturation() -> Claim {
    Claim::new(
        "decay/saturation",
        "Above the critical decay the margin saturates, and the risk in distribution is the mean-field one.",
        saturation_design,
    )
    .source("notation 7, 9")
    .kind(Kind::Band)
    .control("lambda without its factor d0")
    .cost("long runs at one size")
    .card(card!("decay/saturation"))
}

fn saturation_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    for &factor in above(Effort::of(scope)) {
        let margin = finite_size_margin(&setting(scope.arm, factor)?);
        let ends = ends(&mut design, scope, factor)?;
        let expected = Expected { value: 0.0, deviation: 0.25 * margin, margin };
        let name = format!("c = {factor} c*: risk in distribution, measured less predicted");
        let gap = |end: &End| end.risk - end.predicted_risk;
        difference_part(&mut design, name, ends, expected, gap)?;
    }
    Ok(design)
}

/// `decay/critical`.
pub(super) fn critical() -> Claim {
    Claim::new(
        "decay/critical",
        "The critical decay is c* = m^0.01 (E_C + E_B) / (4 d0), within 5 %: the risk in distribution \
         vanishes below it and not above.",
        critical_design,
    )
    .source("notation 7")
    .kind(Kind::Band)
    .control("lambda without its factor d0")
    .cost("long runs at one size")
    .card(card!("decay/critical"))
}

/// `c` times the mean margin is the critical constant, wherever above it; and below it the risk vanishes.
fn critical_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let margin = CRITICAL_MARGIN;
    for &factor in above(Effort::of(scope)) {
        let ends = ends(&mut design, scope, factor)?;
        let share = 1.0 - (-DECAY_TIMES).exp();
        let expected = Expected { value: 0.0, deviation: 0.25 * margin, margin };
        let offset = move |end: &End| factor * end.mean_margin / share - 1.0;
        let name = format!("critical c over predicted less 1, from c = {factor} c*");
        difference_part(&mut design, name, ends, expected, offset)?;
    }
    let region = Region::at_most(SMALL_RISK);
    let runs = ends(&mut design, scope, BELOW)?;
    let name = format!("c = {BELOW} c*: risk in distribution");
    mean_part(&mut design, name, runs, (region, 0.5 * SMALL_RISK), |end| end.risk)?;
    Ok(design)
}
