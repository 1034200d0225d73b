//! The claim on capacity: the width does not enter the sharp laws, the background's share does.

use std::time::Instant;

use crate::data::Shift;
use crate::error::Result;
use crate::observe::{N_TEST, initial_set};
use crate::predict::{MeanField, PopulationOracle, finite_size_margin};
use crate::seed::Seed;
use crate::setting::{DECAY_CONSTANT, EngineKind, Setting, decay};
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Runs, Sample, Scatter, Scope};
use crate::train::Simulation;

use super::cost;
use super::course::Course;
use super::effort::Effort;
use super::mean::difference_part;
use super::scenario::Times;
use super::set_means::{SetMeans, activations};

const N_FEATURES: usize = 16;

/// Beyond a share of one half runs scatter by up to this many margins.
const DEVIATION: f64 = 3.5;

/// `capacity/width`.
pub(super) fn width() -> Claim {
    Claim::new(
        "capacity/width",
        "More neurons change neither the activation on the other class nor the risk out of \
         distribution; the share of the background does, as predicted.",
        width_design,
    )
    .source("notation 6, 9")
    .kind(Kind::Band)
    .control("the shares told in the wrong order")
    .cost("runs of several widths")
    .card(card!("capacity/width"))
}

/// A width, and a share of the background.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// Neurons per feature.
    width: usize,
    /// Eighths of the features that are background.
    share: usize,
}

fn cells(effort: Effort) -> Vec<Cell> {
    let (widths, shares): (&[usize], &[usize]) = match effort {
        Effort::Quick | Effort::Standard => (&[2, 8], &[3, 4]),
        Effort::Deep => (&[2, 8, 32], &[2, 3, 4, 5, 6]),
    };
    let of_width = |&width: &usize| shares.iter().map(move |&share| Cell { width, share });
    widths.iter().flat_map(of_width).collect()
}

impl Cell {
    fn setting(self) -> Result<Setting> {
        Setting::theorem(N_FEATURES).with(|p| {
            p.width = self.width * N_FEATURES;
            p.n_core = N_FEATURES - self.share * N_FEATURES / 8;
            p.weight_decay = decay(DECAY_CONSTANT, N_FEATURES, p.width);
        })
    }

    /// The cell that the theory is told: in a control the one with core and background exchanged.
    fn told(self, arm: Arm) -> Self {
        match arm {
            Arm::Claim => self,
            Arm::Control => Cell { share: 8 - self.share, ..self },
        }
    }
}

/// One run, beside what the mean-field engine makes of the same start.
struct Compared {
    measured: Course,
    predicted: Course,
}

/// Does one run; none where no neuron is in the initial set.
fn compared(setting: &Setting, told: &Setting, seed: Seed) -> Result<Option<Compared>> {
    let times = Times::of(setting);
    let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
    let start = run.feature_weights();
    let set = initial_set(setting, start.as_ref());
    if set.is_empty() {
        return Ok(None);
    }
    run.advance_to(times.t1)?;
    let weights = run.feature_weights();
    let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
    let active = activations(weights.as_ref(), &set, |row| oracle.probabilities(row))?;
    let means = SetMeans::of(setting, weights.as_ref(), &set, &active);
    run.advance_to(times.t2)?;
    let ood_risk = run.evaluate(N_TEST, Shift::OutOfDistribution, "ood").loss;
    let predicted = Course::predicted(told, start.as_ref(), &set)?;
    Ok(Course::measured(&means, ood_risk).map(|measured| Compared { measured, predicted }))
}

fn width_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    for cell in cells(Effort::of(scope)) {
        let runs = runs(&mut design, cell, scope.arm)?;
        let margin = finite_size_margin(&cell.setting()?);
        // Up to one half the fixed point holds P near 0, and batch noise moves it little.
        let deviation = if cell.share > 4 { DEVIATION * margin } else { margin };
        let expected = Expected { value: 0.0, deviation, margin };
        let name = "P(active on other class) at T1";
        difference(&mut design, cell, runs, (name, |course| course.other), expected)?;
        let expected = Expected { value: 0.0, deviation: 1.5 * margin, margin };
        let name = "risk out of distribution at T2";
        difference(&mut design, cell, runs, (name, |course| course.ood_risk), expected)?;
    }
    Ok(design)
}

/// Adds the sample of a cell.
fn runs(design: &mut Design, cell: Cell, arm: Arm) -> Result<Runs<Option<Compared>>> {
    let (setting, told) = (cell.setting()?, cell.told(arm).setting()?);
    let probed = setting.clone();
    let key = Key::new("claim").child("capacity/width").index(cell.width).index(cell.share);
    let sample = Sample::new(key, move |seed| compared(&setting, &told, seed))
        .sizes(&[N_FEATURES])
        .until_decided(64, &[Scatter::of_run(DEVIATION)])
        .cost(move || seconds(&probed));
    Ok(design.sample(sample))
}

/// Seconds of one run on one core: of its steps and the engine's, and of the samples for the risk.
fn seconds(setting: &Setting) -> Result<f64> {
    let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, Seed::root(0))?;
    let mut theory = MeanField::of_weights(setting, run.feature_weights().as_ref())?;
    let clock = Instant::now();
    run.evaluate(N_TEST, Shift::OutOfDistribution, "probe");
    let evaluation = clock.elapsed().as_secs_f64();
    let mut n_steps = 0;
    let steps = cost::of_steps(Times::of(setting).t2, || {
        n_steps += 1;
        theory.advance_to(n_steps);
        run.advance_to(n_steps).map(|_| ())
    })?;
    Ok(evaluation + steps)
}

/// Adds one number of a course, measured less predicted.
fn difference(
    design: &mut Design,
    Cell { width, share }: Cell,
    runs: Runs<Option<Compared>>,
    (name, value): (&str, fn(&Course) -> f64),
    expected: Expected,
) -> Result<()> {
    let off = move |run: &Option<Compared>| {
        let Compared { measured, predicted } = run.as_ref()?;
        Some(value(measured) - value(predicted))
    };
    let name = format!("m = {width} d0, beta = {share}/8: {name}, measured less predicted");
    difference_part(design, name, runs, expected, off)
}
