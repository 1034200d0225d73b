//! Claims on what results do not depend on: the size of a step, the width, the ambient dimension.
//!
//! Each compares two settings that differ in one parameter, at times that the theory calls the same. The
//! control compares them at times that it does not: after the same number of steps, or at the same `tau`.

use crate::data::Shift;
use crate::error::Result;
use crate::linalg::{mean, row_of};
use crate::observe::{class_means, feature_projections, initial_set};
use crate::predict::{ActivationOracle, FixedPoint, Moments, feature_projection};
use crate::seed::Seed;
use crate::setting::{DECAY_CONSTANT, EngineKind, Setting, decay};
use crate::stats::{Bets, BoundedMean, Bounds, Region, Replicates};
use crate::train::Simulation;

use super::plan::{Need, PartDesign, Work};
use super::scenario::{Times, tau_of_t0};
use super::{Arm, Draft, Lab, LiveDraft, Tier};

/// A setting and the steps after which it is looked at.
#[derive(Debug, Clone)]
struct Side {
    setting: Setting,
    /// Ascending; the initial set is looked at after each, the risk out of distribution after the last.
    times_steps: Vec<usize>,
}

/// What the initial set of one run looks like at one time, as means over the set.
#[derive(Debug, Clone, Copy)]
struct Seen {
    core: f64,
    background: f64,
    own_class_mean: f64,
    other_class_activation: f64,
}

/// One run of one side.
#[derive(Debug, Clone)]
struct Course {
    seen: Vec<Seen>,
    ood_risk: f64,
}

/// One run of both sides, from one seed. A start without an initial set gives none.
type Pair = [Option<Course>; 2];

/// Samples for the risk: its standard error is 1/32 of the spread of the loss.
const N_TEST: usize = 1024;

fn course(side: &Side, seed: Seed) -> Result<Option<Course>> {
    let setting = &side.setting;
    let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
    let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
    let set = initial_set(setting, run.feature_weights().as_ref());
    if set.is_empty() {
        return Ok(None);
    }
    let mut seen = Vec::new();
    for &n_steps in &side.times_steps {
        run.advance_to(n_steps)?;
        let weights = run.feature_weights();
        let (core, background) = feature_projections(setting, weights.as_ref(), &set);
        let means = class_means(setting, weights.as_ref());
        let own: Vec<f64> = set.iter().map(|k| *means[k.neuron_idx].of(k.own)).collect();
        let mut others = Vec::new();
        for neuron in &set {
            let row = row_of(weights.as_ref(), neuron.neuron_idx);
            others.push(oracle.probabilities(&row)?.of(neuron.own.other()).value);
        }
        let (own_class_mean, other_class_activation) = (mean(&own), mean(&others));
        seen.push(Seen { core, background, own_class_mean, other_class_activation });
    }
    let ood_risk = run.evaluate(N_TEST, Shift::OutOfDistribution, "ood").loss;
    Ok(Some(Course { seen, ood_risk }))
}

/// One quantity that must not differ: its relative difference between the sides.
struct Quantity {
    name: &'static str,
    /// Of one run.
    value: fn(&Course) -> f64,
    /// What the theory gives, which differences are shares of.
    scale: f64,
    /// A share that is small enough.
    margin: f64,
}

/// Runs scatter by up to twice the margins.
const DEVIATION: f64 = 2.0;

/// Windows reach this many standard deviations.
const WINDOW_DEVIATIONS: f64 = 4.0;

const fn need(n_parts: usize) -> Need {
    Need { designs: &[PartDesign { deviation: DEVIATION, n_per_run: 1.0 }], chunk: 32, n_parts }
}

fn compare(lab: &Lab, id: &str, sides: &[Side; 2], quantities: &[Quantity]) -> Result<Vec<Draft>> {
    let pair =
        |seed: Seed| -> Result<Pair> { Ok([course(&sides[0], seed)?, course(&sides[1], seed)?]) };
    let size = sides[0].setting.n_features();
    let budget = need(quantities.len()).budget(lab.tier());
    let drafts = lab.until_decided(budget, lab.seed(id), pair, |pairs| {
        quantities.iter().map(|quantity| difference(quantity, pairs, size)).collect()
    })?;
    Ok(drafts.into_iter().map(Draft::from).collect())
}

fn difference(quantity: &Quantity, pairs: &Replicates<Pair>, size: usize) -> Result<LiveDraft> {
    let Quantity { name, value, scale, margin } = *quantity;
    let shares = pairs.filter_map(|pair| match pair {
        [Some(base), Some(changed)] => Some((value(changed) - value(base)) / scale),
        _ => None,
    });
    let deviation = DEVIATION * margin;
    let window = Bounds::around(0.0, WINDOW_DEVIATIONS * deviation)?;
    let bets = Bets::resolving(margin).expecting(0.0, deviation);
    let region = Region::within(margin, 0.0);
    let estimate = BoundedMean::winsorised(&shares, window, bets)?;
    Ok(LiveDraft::new(format!("{name}, difference over predicted"), &[size], estimate, region)
        .predicted(0.0))
}

/// Share of a projection, of a risk or of a standardised mean that is small enough.
const MARGIN: f64 = 0.05;
/// The same for `P_other`, which scatters more.
const ACTIVATION_MARGIN: f64 = 0.15;

/// What must not differ at `T1` and `T2`.
fn at_theorems_times(setting: &Setting) -> Result<[Quantity; 4]> {
    let fixed_point = FixedPoint::solve(&Moments::of(setting))?;
    let (core, background) = feature_projection(setting, Times::of(setting).t1)?;
    let quantity = |name, value, scale, margin| Quantity { name, value, scale, margin };
    Ok([
        quantity("core projection at T1", |c| c.seen[0].core, core.predicted, MARGIN),
        quantity(
            "background projection at T1",
            |c| c.seen[0].background,
            background.predicted,
            MARGIN,
        ),
        quantity(
            "P(active on other class) at T1",
            |c| c.seen[0].other_class_activation,
            fixed_point.other_class_activation,
            ACTIVATION_MARGIN,
        ),
        quantity("risk out of distribution at T2", |c| c.ood_risk, 1.0, MARGIN),
    ])
}

/// The size of the settings that are compared.
fn n_features(tier: Tier) -> usize {
    match tier {
        Tier::Quick => 16,
        Tier::Standard => 32,
        Tier::Deep => 64,
    }
}

/// The step is made smaller, and the network wider, by this factor.
const FACTOR: usize = 4;

fn step_size_sides(tier: Tier, arm: Arm) -> Result<[Side; 2]> {
    let coarse = Setting::theorem(n_features(tier));
    let fine = coarse.with(|p| p.learning_rate /= FACTOR as f64)?;
    Ok(sides(coarse, fine, arm))
}

fn width_sides(tier: Tier, arm: Arm) -> Result<[Side; 2]> {
    let narrow = Setting::theorem(n_features(tier));
    let wide = narrow.with(|p| {
        p.width *= FACTOR;
        p.weight_decay = decay(DECAY_CONSTANT, p.n_features(), p.width);
    })?;
    Ok(sides(narrow, wide, arm))
}

/// Both at the theorem's times, to the same `tau` exactly; in the control after the same number of steps.
fn sides(base: Setting, changed: Setting, arm: Arm) -> [Side; 2] {
    let Times { t1, t2, .. } = Times::of(&base);
    let factor = match arm {
        Arm::Claim => FACTOR,
        Arm::Control => 1,
    };
    let side = |setting, factor| Side { setting, times_steps: vec![factor * t1, factor * t2] };
    [side(base, 1), side(changed, factor)]
}

/// `limit/step-size`: more and smaller steps to the same `tau` give the same results.
pub(super) fn step_size(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let sides = step_size_sides(lab.tier(), arm)?;
    compare(lab, "limit/step-size", &sides, &at_theorems_times(&sides[0].setting)?)
}

pub(super) fn step_size_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Ok(works("limit/step-size", step_size_sides(tier, arm)?, tier, 4))
}

/// `limit/width`: so do more neurons.
pub(super) fn width(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let sides = width_sides(lab.tier(), arm)?;
    compare(lab, "limit/width", &sides, &at_theorems_times(&sides[0].setting)?)
}

pub(super) fn width_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Ok(works("limit/width", width_sides(tier, arm)?, tier, 4))
}

/// `d0^2.5` against `d0^3`, at the same share of `T0`: a quarter, and the whole; in the control at the same
/// `tau`. Steps are a quarter as large as on the ladder, so that a quarter of `T0` has some tens.
fn ambient_sides(tier: Tier, arm: Arm) -> Result<[Side; 2]> {
    let small = Setting::theorem(n_features(tier)).with(|p| p.learning_rate /= 4.0)?;
    let large = small.with(|p| p.ambient_dim = p.n_features().pow(3))?;
    let side = |setting: &Setting, tau: f64| Side {
        times_steps: [0.25, 1.0].map(|share| setting.steps_to(share * tau)).to_vec(),
        setting: setting.clone(),
    };
    let tau = tau_of_t0(&small);
    let tau_of_large = match arm {
        Arm::Claim => tau_of_t0(&large),
        Arm::Control => tau,
    };
    Ok([side(&small, tau), side(&large, tau_of_large)])
}

/// `limit/ambient`: the ambient dimension sets the time at which the start is forgotten, and nothing else.
pub(super) fn ambient(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let sides = ambient_sides(lab.tier(), arm)?;
    let fixed_point = FixedPoint::solve(&Moments::of(&sides[0].setting))?;
    let (own, other) = (fixed_point.own_class_mean, fixed_point.other_class_activation);
    let quantity = |name, value, scale, margin| Quantity { name, value, scale, margin };
    let quantities = [
        quantity("own-class mean at T0/4", |c| c.seen[0].own_class_mean, own, MARGIN),
        quantity("own-class mean at T0", |c| c.seen[1].own_class_mean, own, MARGIN),
        quantity(
            "P(active on other class) at T0/4",
            |c| c.seen[0].other_class_activation,
            other,
            ACTIVATION_MARGIN,
        ),
        quantity(
            "P(active on other class) at T0",
            |c| c.seen[1].other_class_activation,
            other,
            ACTIVATION_MARGIN,
        ),
    ];
    compare(lab, "limit/ambient", &sides, &quantities)
}

pub(super) fn ambient_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Ok(works("limit/ambient", ambient_sides(tier, arm)?, tier, 4))
}

fn works(id: &str, sides: [Side; 2], tier: Tier, n_parts: usize) -> Vec<Work> {
    let budget = need(n_parts).budget(tier);
    let of_side = |(idx, Side { setting, times_steps }): (usize, Side)| {
        let n_steps = times_steps.last().copied().unwrap_or(0);
        let name = format!("{id}, side {idx}");
        Work::own(name, setting, EngineKind::Feature, n_steps, budget)
    };
    sides.into_iter().enumerate().map(of_side).collect()
}
