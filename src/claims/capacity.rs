//! The claim on capacity: the width does not enter the sharp laws, the background's share does.

use crate::error::Result;
use crate::observe::{Schedule, initial_set, record};
use crate::predict::{PopulationOracle, finite_size_margin};
use crate::seed::Seed;
use crate::setting::{DECAY_CONSTANT, EngineKind, Setting, decay};
use crate::stats::Replicates;

use super::course::Course;
use super::lab::{Budget, Run};
use super::plan::{Need, PartDesign, Work};
use super::scenario::Times;
use super::sharp::{mean_difference, within};
use super::{Arm, Draft, Lab, LiveDraft, Tier};

const N_FEATURES: usize = 16;

/// Neurons per feature, and eighths of the features that are background.
fn cells(tier: Tier) -> Vec<(usize, usize)> {
    let (widths, shares): (&[usize], &[usize]) = match tier {
        Tier::Quick | Tier::Standard => (&[2, 8], &[3, 4]),
        Tier::Deep => (&[2, 8, 32], &[2, 3, 4, 5, 6]),
    };
    widths.iter().flat_map(|&w| shares.iter().map(move |&share| (w, share))).collect()
}

fn setting((width, share): (usize, usize)) -> Result<Setting> {
    Setting::theorem(N_FEATURES).with(|p| {
        p.width = width * N_FEATURES;
        p.n_core = N_FEATURES - share * N_FEATURES / 8;
        p.weight_decay = decay(DECAY_CONSTANT, N_FEATURES, p.width);
    })
}

/// With the share turned over, core for background.
fn shuffled((width, share): (usize, usize)) -> (usize, usize) {
    (width, 8 - share)
}

/// Of one run; nothing where no neuron is in the initial set.
type Pair = Option<(Course, Course)>;

fn pair(setting: &Setting, told: &Setting, seed: Seed) -> Result<Pair> {
    let record = record(setting, seed, &Schedule::all(&Times::of(setting).recorded()))?;
    let set = initial_set(setting, record.start.as_ref());
    if set.is_empty() {
        return Ok(None);
    }
    let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
    let run = Run { record, set };
    let measured = Course::measured(setting, &run, &oracle)?;
    Ok(Some((measured, Course::predicted(told, &run)?)))
}

/// Runs scatter by up to three and a half margins beyond one half.
const NEED: Need =
    Need { designs: &[PartDesign { deviation: 3.5, n_per_run: 1.0 }], chunk: 64, n_parts: 2 };

/// `capacity/width`. In the control the theory is told the shares in the wrong order.
pub(super) fn width(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for cell in cells(lab.tier()) {
        let setting = setting(cell)?;
        let told = match arm {
            Arm::Claim => setting.clone(),
            Arm::Control => self::setting(shuffled(cell))?,
        };
        let seed = lab.seed("capacity/width").index(cell.0).index(cell.1);
        let one = |seed: Seed| pair(&setting, &told, seed);
        let live = lab.until_decided(budget(lab.tier()), seed, one, |pairs| parts(cell, pairs))?;
        drafts.extend(live.into_iter().map(Draft::from));
    }
    Ok(drafts)
}

fn budget(tier: Tier) -> Budget {
    let n_parts = 2 * cells(tier).len();
    Need { n_parts, ..NEED }.budget(tier)
}

fn parts(cell: (usize, usize), pairs: &Replicates<Pair>) -> Result<Vec<LiveDraft>> {
    let margin = finite_size_margin(&setting(cell)?);
    // Batch noise moves P little where the fixed point holds it near 0.
    let activation = if cell.1 > 4 { 3.5 } else { 1.0 };
    let part = |what: &str, of: fn(&Course) -> f64, deviation: f64| {
        let difference =
            |pair: &Pair| pair.as_ref().map(|(measured, predicted)| of(measured) - of(predicted));
        let mean = mean_difference(&pairs.filter_map(difference), margin, deviation)?;
        let (width, share) = cell;
        let name = format!("m = {width} d0, beta = {share}/8: {what}, measured less predicted");
        Ok(LiveDraft::new(name, &[N_FEATURES], mean, within(margin)).predicted(0.0))
    };
    Ok(vec![
        part("P(active on other class) at T1", |course| course.other, activation * margin)?,
        part("risk out of distribution at T2", |course| course.ood_risk, 1.5 * margin)?,
    ])
}

pub(super) fn width_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let of_cell = |cell: (usize, usize)| {
        let setting = setting(cell)?;
        let name = format!("capacity/width, m = {} d0, beta = {}/8", cell.0, cell.1);
        let n_steps = Times::of(&setting).t2;
        Ok(Work::own(name, setting, EngineKind::Feature, n_steps, budget(tier)))
    };
    cells(tier).into_iter().map(of_cell).collect()
}
