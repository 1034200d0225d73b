//! Claims on the sharp laws: not whether, but how much, over the background's share of the energy.

use crate::error::Result;
use crate::predict::{FixedPoint, Moments, finite_size_margin};
use crate::setting::{Latent, Setting};
use crate::stats::{Bets, BoundedMean, Bounds, Hypothesis, Region, Replicates};

use super::course::Course;
use super::lab::{Ladder, Rung};
use super::plan::Work;
use super::scenario::Scenario;
use super::{Arm, Draft, Lab, Tier};

/// A difference that is claimed to be at most a quarter of its margin: nearer to 0 the theory promises
/// nothing at finite size.
fn near_zero(margin: f64) -> Hypothesis {
    Hypothesis { claimed: Region::within(0.25 * margin, 0.0), allowed: Region::within(margin, 0.0) }
}

/// A difference that may be as large as its margin.
pub(super) fn within(margin: f64) -> Hypothesis {
    Hypothesis::from(Region::within(margin, 0.0))
}

/// The mean difference of runs that scatter by `deviation`, in a window of four of them, or of one and a
/// half margins.
pub(super) fn mean_difference(
    runs: &Replicates<f64>,
    margin: f64,
    deviation: f64,
) -> Result<BoundedMean> {
    let window = Bounds::around(0.0, (4.0 * deviation).max(1.5 * margin))?;
    BoundedMean::winsorised(runs, window, Bets::resolving(margin).expecting(0.0, deviation))
}

/// A quantity of the sharp laws.
struct Quantity {
    name: &'static str,
    of: fn(&Course) -> f64,
    /// How far the mean over runs may be off, and how far runs scatter, from the fixed point of the rung.
    scale: fn(&Rung) -> Result<(f64, f64)>,
    hypothesis: fn(f64) -> Hypothesis,
}

/// Batch noise moves `P` of a whole run: little at `beta <= 1/2`, where the fixed point holds it, more
/// beyond. Both as in a pilot of 64 runs.
const DEVIATION: f64 = 0.12;
const DEVIATION_BEYOND_HALF: f64 = 0.6;

fn activation_scale(rung: &Rung) -> Result<(f64, f64)> {
    let beyond = Moments::of(&rung.setting).background_share() > 0.5;
    let deviation = if beyond { DEVIATION_BEYOND_HALF } else { DEVIATION };
    Ok((finite_size_margin(&rung.setting), deviation / rung.n_features() as f64))
}

/// The ratio is `(E_B / E_C) (1 - P) / (1 + P)`: `P` off by `x` moves it by `2 (E_B / E_C) x / (1 + P)^2`.
fn ratio_scale(rung: &Rung) -> Result<(f64, f64)> {
    let moments = Moments::of(&rung.setting);
    let p = FixedPoint::solve(&moments)?.other_class_activation;
    let slope = 2.0 * moments.background_energy / moments.core_energy / (1.0 + p).powi(2);
    let (margin, deviation) = activation_scale(rung)?;
    Ok((slope * margin, slope * deviation))
}

/// 4096 fresh samples give a risk to 0.003; the rest is the run's own.
fn risk_scale(rung: &Rung) -> Result<(f64, f64)> {
    Ok((finite_size_margin(&rung.setting), 0.03 / (rung.n_features() as f64).sqrt()))
}

const OTHER_CLASS: Quantity = Quantity {
    name: "P(active on other class) at T1",
    of: |course| course.other,
    scale: activation_scale,
    hypothesis: near_zero,
};
const RATIO: Quantity = Quantity {
    name: "background over core learned at T1",
    of: |course| course.ratio,
    scale: ratio_scale,
    hypothesis: near_zero,
};
const OOD_RISK: Quantity = Quantity {
    name: "risk out of distribution at T2",
    of: |course| course.ood_risk,
    scale: risk_scale,
    hypothesis: within,
};

/// Eighths of the features that are background.
fn shares(tier: Tier) -> &'static [usize] {
    match tier {
        Tier::Quick => &[2, 4, 6],
        Tier::Standard => &[1, 2, 3, 4, 5, 6],
        Tier::Deep => &[1, 2, 3, 4, 5, 6, 7],
    }
}

/// For a control, equal shares: there a mistake shows.
fn shares_of(tier: Tier, arm: Arm) -> &'static [usize] {
    if arm == Arm::Claim { shares(tier) } else { &[4] }
}

pub(super) fn sharp_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let shares = shares(tier).iter().map(|&share| Scenario::Share(share));
    let scenarios = shares.chain(other_laws(arm).iter().copied());
    let works: Result<Vec<Vec<Work>>> =
        scenarios.map(|scenario| Work::ladder(scenario, tier, arm)).collect();
    Ok(works?.into_iter().flatten().collect())
}

/// `sharp/other-class`. The control's theory has `mu / sigma` off by a tenth.
pub(super) fn other_class(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    differences(lab, arm, &OTHER_CLASS, narrower)
}

/// `sharp/ratio`, likewise.
pub(super) fn ratio(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    differences(lab, arm, &RATIO, narrower)
}

/// `sharp/ood-risk`. The control's theory has a sixteenth of the features on the wrong side.
pub(super) fn ood_risk(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    differences(lab, arm, &OOD_RISK, misstated)
}

/// A symmetric law on [0, 1] with the mean of the uniform one and a standard deviation that is smaller by
/// a factor of 1.1: `Beta(a, a)` has the variance `1 / (4 (2 a + 1))`.
fn narrower(setting: &Setting) -> Result<Setting> {
    let a = 0.5 * (3.0 * 1.21 - 1.0);
    let law = Latent::beta(a, a)?;
    setting.with(|p| p.latents = vec![law; p.n_features()])
}

fn misstated(setting: &Setting) -> Result<Setting> {
    setting.with(|p| p.n_core += p.n_features() / 16)
}

/// Measured less predicted from the same start, for every share and size.
fn differences(
    lab: &Lab,
    arm: Arm,
    quantity: &Quantity,
    mistake: fn(&Setting) -> Result<Setting>,
) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for &share in shares_of(lab.tier(), arm) {
        let ladder = lab.ladder(Scenario::Share(share), arm)?;
        for rung in &ladder.rungs {
            let told = match arm {
                Arm::Claim => rung.setting.clone(),
                Arm::Control => mistake(&rung.setting)?,
            };
            let name = format!("beta = {share}/8");
            drafts.push(difference(&name, rung, &told, quantity)?);
        }
    }
    for &law in other_laws(arm) {
        // Others have a few runs, for their place in a trend: too few for margins that are so narrow.
        let ladder = lab.ladder(law, arm)?;
        for rung in ladder.rungs.iter().filter(|rung| rung.runs.n_runs() >= LEAST_RUNS) {
            drafts.push(difference(law.name(), rung, &rung.setting, quantity)?);
        }
    }
    Ok(drafts)
}

/// Laws other than the uniform one, with half of the features background; none for a control, whose one
/// mistake is enough.
fn other_laws(arm: Arm) -> &'static [Scenario] {
    match arm {
        Arm::Claim => &OTHER_LAWS,
        Arm::Control => &[],
    }
}

/// Sizes with at least so many runs are looked at.
const LEAST_RUNS: usize = 48;

const OTHER_LAWS: [Scenario; 3] = [Scenario::Skewed, Scenario::Unequal, Scenario::Binary];

fn difference(name: &str, rung: &Rung, told: &Setting, quantity: &Quantity) -> Result<Draft> {
    let (margin, deviation) = (quantity.scale)(rung)?;
    let pairs = rung.courses(told)?;
    let values =
        pairs.map(|(measured, predicted)| (quantity.of)(measured) - (quantity.of)(predicted));
    let d0 = rung.n_features();
    let name = format!("{name}, d0 = {d0}: {}, measured less predicted", quantity.name);
    let mean = mean_difference(&values, margin, deviation)?;
    Ok(Draft::new(name, &[d0], mean, (quantity.hypothesis)(margin)).predicted(0.0))
}

/// Where the transition is claimed to lie, and how near.
const TRANSITION: f64 = 0.5;
const LOCATION_MARGIN: f64 = 0.01;
/// Far enough on either side of it, `P` is small, or near its limit.
const SMALL: f64 = 0.05;
/// `P` over `2 beta - 1`, a quarter of the energy beyond the transition.
const LIMIT_MARGIN: f64 = 0.05;

/// `sharp/transition`: the share of the background at which the activation on the other class takes off. In
/// the control the runs at three quarters background are said to be runs at one quarter.
pub(super) fn transition(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let run_as = |share: usize| if arm == Arm::Claim { share } else { 8 - share };
    let mut drafts = Vec::new();
    for &share in shares(lab.tier()).iter().filter(|&&share| share >= 4) {
        let ladder = lab.ladder(Scenario::Share(run_as(share)), arm)?;
        drafts.push(location(share, largest(&ladder))?);
    }
    for (share, limit, margin) in [(2, 0.0, SMALL), (6, 0.5, LIMIT_MARGIN)] {
        let ladder = lab.ladder(Scenario::Share(run_as(share)), arm)?;
        let rung = largest(&ladder);
        let pairs = rung.courses(&rung.setting)?;
        let others = pairs.map(|(measured, _)| measured.other - limit);
        let (_, deviation) = activation_scale(rung)?;
        let what = "P(active on other class) at T1 less max(0, 2 beta - 1)";
        let mean = mean_difference(&others, margin, deviation)?;
        let draft = Draft::new(
            format!("beta = {share}/8: {what}"),
            &[rung.n_features()],
            mean,
            within(margin),
        );
        drafts.push(draft.predicted(0.0));
    }
    Ok(drafts)
}

fn largest(ladder: &Ladder) -> &Rung {
    &ladder.rungs[ladder.rungs.len() - 1]
}

/// `1/2` plus how far the background's share lies above the one at which the fixed point would have the
/// activation that was measured, predicted start and steps included.
fn location(share: usize, rung: &Rung) -> Result<Draft> {
    let told = told_share(rung, share)?;
    let pairs = rung.courses(&told)?;
    let moments = Moments::of(&told);
    let beta = moments.background_share();
    // dP / d beta of the fixed point carries a difference of P into one of beta.
    let step = 1e-4;
    let at = |beta: f64| -> Result<f64> {
        Ok(FixedPoint::solve(&moments.with_background_share(beta))?.other_class_activation)
    };
    let slope = (at(beta + step)? - at(beta - step)?) / (2.0 * step);
    let places = pairs.map(|(measured, predicted)| (predicted.other - measured.other) / slope);
    let (_, deviation) = activation_scale(rung)?;
    let d0 = rung.n_features();
    let mean = mean_difference(&places, LOCATION_MARGIN, deviation / slope)?;
    let name =
        format!("place of the transition from beta = {share}/8, d0 = {d0}, less {TRANSITION}");
    Ok(Draft::new(name, &[d0], mean, within(LOCATION_MARGIN)).predicted(0.0))
}

/// The setting that a rung is said to be of.
fn told_share(rung: &Rung, share: usize) -> Result<Setting> {
    let n_background = rung.n_features() * share / 8;
    rung.setting.with(|p| p.n_core = p.n_features() - n_background)
}
