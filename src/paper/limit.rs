//! Claims on what results do not depend on: the size of a step, the width, the ambient dimension.
//!
//! Each compares two settings that differ in one parameter, at times that the theory calls the
//! same. The control compares them at times that are not the same: after the same number of steps,
//! or at the same `tau`.

use std::time::Instant;

use crate::data::Shift;
use crate::error::Result;
use crate::observe::initial_set;
use crate::predict::{ActivationOracle, FixedPoint, Moments, feature_projection};
use crate::seed::Seed;
use crate::setting::{DECAY_CONSTANT, EngineKind, Setting, decay};
use crate::stats::Region;
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Sample, Scatter, Scope, Window};
use crate::train::Simulation;

use super::cost;
use super::effort::Effort;
use super::scenario::{Times, tau_of_t0};
use super::set_means::{SetMeans, activations};

/// Runs scatter by up to this many margins.
const DEVIATION: f64 = 2.0;
/// Share of a projection, of a risk or of a standardised mean that is small enough.
const MARGIN: f64 = 0.05;
/// The same for `P_other`, which scatters more.
const ACTIVATION_MARGIN: f64 = 0.15;
/// The step is made smaller, and the network wider, by this factor.
const FACTOR: usize = 4;
/// Samples for the risk: its standard error is 1/32 of the spread of the loss.
const N_TEST: usize = 1024;

/// `limit/step-size`.
pub(super) fn step_size() -> Claim {
    Claim::new(
        "limit/step-size",
        "Results depend on the number of steps only through tau = eta t d0 / m: a quarter of the \
         learning rate over four times the steps gives the same.",
        step_size_design,
    )
    .source("notation 1; Zhang et al. 2024, section 3.1")
    .kind(Kind::Band)
    .control("four times smaller steps, as many of them")
    .cost("pairs of small runs")
    .card(card!("limit/step-size"))
}

/// `limit/width`.
pub(super) fn width() -> Claim {
    Claim::new(
        "limit/width",
        "Results depend on the width only through tau and the decay: four times the neurons give \
         the same at the same tau.",
        width_design,
    )
    .source("notation 1, 2; Zhang et al. 2024, section 3.1")
    .kind(Kind::Band)
    .control("four times wider, after as many steps")
    .cost("pairs of small runs")
    .card(card!("limit/width"))
}

/// `limit/ambient`.
pub(super) fn ambient() -> Claim {
    Claim::new(
        "limit/ambient",
        "Results depend on the ambient dimension only through T0: at the same share of T0 they are \
         the same for d = d0^2.5 and d0^3.",
        ambient_design,
    )
    .source("notation 1, 2; Zhang et al. 2024, section 3.1")
    .kind(Kind::Band)
    .control("the same tau instead of the same share of T0")
    .cost("pairs of small runs")
    .card(card!("limit/ambient"))
}

/// The setting that is varied.
fn base(scope: &Scope) -> Setting {
    Setting::theorem(match Effort::of(scope) {
        Effort::Quick => 16,
        Effort::Standard => 32,
        Effort::Deep => 64,
    })
}

fn step_size_design(scope: &Scope) -> Result<Design> {
    let coarse = base(scope);
    let fine = coarse.with(|p| p.learning_rate /= FACTOR as f64)?;
    at_theorems_times("limit/step-size", scope.arm, [coarse, fine])
}

fn width_design(scope: &Scope) -> Result<Design> {
    let narrow = base(scope);
    let wide = narrow.with(|p| {
        p.width *= FACTOR;
        p.weight_decay = decay(DECAY_CONSTANT, p.n_features(), p.width);
    })?;
    at_theorems_times("limit/width", scope.arm, [narrow, wide])
}

/// Compares both settings at `T1` and `T2`, at exactly the same `tau`; in the control after the
/// same number of steps.
fn at_theorems_times(id: &'static str, arm: Arm, [base, changed]: [Setting; 2]) -> Result<Design> {
    let fixed_point = FixedPoint::solve(&Moments::of(&base))?;
    let Times { t1, t2, .. } = Times::of(&base);
    let (core, background) = feature_projection(&base, t1)?;
    let factor = match arm {
        Arm::Claim => FACTOR,
        Arm::Control => 1,
    };
    let sides = [
        Side { setting: base, times_steps: [t1, t2] },
        Side { setting: changed, times_steps: [factor * t1, factor * t2] },
    ];
    let invariants = [
        Invariant {
            name: "core projection at T1",
            value: |run| Some(run.seen[0].core),
            scale: core.predicted,
            margin: MARGIN,
        },
        Invariant {
            name: "background projection at T1",
            value: |run| Some(run.seen[0].background),
            scale: background.predicted,
            margin: MARGIN,
        },
        Invariant {
            name: "P(active on other class) at T1",
            value: |run| run.seen[0].other_class,
            scale: fixed_point.other_class_activation,
            margin: ACTIVATION_MARGIN,
        },
        Invariant {
            name: "risk out of distribution at T2",
            value: |run| Some(run.ood_risk),
            scale: 1.0,
            margin: MARGIN,
        },
    ];
    compare(id, sides, invariants)
}

/// `d = d0^2.5` against `d0^3`, after a quarter of `T0` and after the whole of it; in the control
/// at the same `tau`. Steps are a quarter as large as on the ladder, so that a quarter of `T0` has
/// some tens of them.
fn ambient_sides(scope: &Scope) -> Result<[Side; 2]> {
    let small = base(scope).with(|p| p.learning_rate /= 4.0)?;
    let large = small.with(|p| p.ambient_dim = p.n_features().pow(3))?;
    let tau = tau_of_t0(&small);
    let tau_of_large = match scope.arm {
        Arm::Claim => tau_of_t0(&large),
        Arm::Control => tau,
    };
    let side = |setting: Setting, tau: f64| Side {
        times_steps: [0.25, 1.0].map(|share| setting.steps_to(share * tau)),
        setting,
    };
    Ok([side(small, tau), side(large, tau_of_large)])
}

fn ambient_design(scope: &Scope) -> Result<Design> {
    let sides = ambient_sides(scope)?;
    let fixed_point = FixedPoint::solve(&Moments::of(&sides[0].setting))?;
    let of_mean =
        |name, value| Invariant { name, value, scale: fixed_point.own_class_mean, margin: MARGIN };
    let of_activation = |name, value| Invariant {
        name,
        value,
        scale: fixed_point.other_class_activation,
        margin: ACTIVATION_MARGIN,
    };
    let invariants = [
        of_mean("own-class mean at T0/4", |run| Some(run.seen[0].own_class_mean)),
        of_mean("own-class mean at T0", |run| Some(run.seen[1].own_class_mean)),
        of_activation("P(active on other class) at T0/4", |run| run.seen[0].other_class),
        of_activation("P(active on other class) at T0", |run| run.seen[1].other_class),
    ];
    compare("limit/ambient", sides, invariants)
}

/// One quantity that must not differ between the sides.
struct Invariant {
    name: &'static str,
    /// Reads it from one run.
    value: fn(&SideRun) -> Option<f64>,
    /// What the theory gives; differences are taken as shares of it.
    scale: f64,
    /// A share that is small enough.
    margin: f64,
}

/// One run of each side, from one seed; none where the start has no initial set.
type Pair = [Option<SideRun>; 2];

/// A design of pairs of runs, with a part for the relative difference in each invariant.
fn compare(id: &'static str, sides: [Side; 2], invariants: [Invariant; 4]) -> Result<Design> {
    let mut design = Design::new();
    let probed = sides.clone();
    let size = sides[0].setting.n_features();
    let sample = Sample::new(Key::new("claim").child(id), move |seed| {
        Ok([sides[0].run(seed)?, sides[1].run(seed)?])
    });
    let sample = sample.sizes(&[size]).until_decided(32, &[Scatter::of_run(DEVIATION)]);
    let pairs = design.sample(sample.cost(move || Ok(probed[0].seconds()? + probed[1].seconds()?)));
    for Invariant { name, value, scale, margin } in invariants {
        let difference = move |[base, changed]: &Pair| {
            Some((value(changed.as_ref()?)? - value(base.as_ref()?)?) / scale)
        };
        let expected = Expected { value: 0.0, deviation: DEVIATION * margin, margin };
        let mean = pairs.mean(Window::of_deviations(expected)?, difference);
        let region = Region::around(0.0).within(margin);
        design.part(format!("{name}, difference over predicted"), region, mean).predicted(0.0);
    }
    Ok(design)
}

/// A setting and the steps after which it is looked at.
#[derive(Debug, Clone)]
struct Side {
    setting: Setting,
    /// Ascending; the initial set is looked at after each, the risk out of distribution after the
    /// last.
    times_steps: [usize; 2],
}

/// What is kept of one run of one side.
struct SideRun {
    /// The initial set, at each time.
    seen: [SetMeans; 2],
    ood_risk: f64,
}

impl Side {
    fn run(&self, seed: Seed) -> Result<Option<SideRun>> {
        let setting = &self.setting;
        let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
        let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
        let set = initial_set(setting, run.feature_weights().as_ref());
        if set.is_empty() {
            return Ok(None);
        }
        let mut look_after = |n_steps: usize| -> Result<SetMeans> {
            run.advance_to(n_steps)?;
            let weights = run.feature_weights();
            let active = activations(weights.as_ref(), &set, |row| oracle.probabilities(row))?;
            Ok(SetMeans::of(setting, weights.as_ref(), &set, &active))
        };
        let [first, last] = self.times_steps;
        let seen = [look_after(first)?, look_after(last)?];
        let ood_risk = run.evaluate(N_TEST, Shift::OutOfDistribution, "ood").loss;
        Ok(Some(SideRun { seen, ood_risk }))
    }

    /// Seconds of one run on one core: those of a run without steps, and those of the steps.
    fn seconds(&self) -> Result<f64> {
        let clock = Instant::now();
        Side { times_steps: [0; 2], ..self.clone() }.run(Seed::root(0))?;
        let looks = clock.elapsed().as_secs_f64();
        let [_, n_steps] = self.times_steps;
        Ok(looks + cost::of_training::<f32>(&self.setting, EngineKind::Feature, n_steps)?)
    }
}
