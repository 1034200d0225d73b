//! Claims on distillation: a student that is trained on a teacher's representation, without labels.

use faer::{Mat, MatRef};
use rand_distr::{Distribution, StandardNormal};

use crate::data::Shift;
use crate::error::Result;
use crate::linalg::{dot_error_factor, orthonormal_factor};
use crate::observe::{
    linear_part_error, lost_probe_margin, reflected_errors, representation_error,
};
use crate::predict::mean_square;
use crate::seed::Seed;
use crate::setting::{Activation, Description, Experiment, OutputLayer, StartLaw};
use crate::stats::{Exact, Region, Replicates};
use crate::train::Distillation;

use super::plan::Work;
use super::toy::{CLEAN, CONTAMINATED, base, replicates, work};
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// What a student may be off in distribution, and what it must be off out of it: half of what it would be
/// off if it answered 0.
const FITTED: f64 = 0.05;
const LOST: f64 = 0.5;
/// The same for a student whose teacher sees only the core.
const LOST_OF_CORE: f64 = 0.1;
/// How far the error that is computed from the linear part may be from the one measured. Errors of 0.001
/// in and 1 out of distribution allow 0.07.
const LINEAR_PART_MARGIN: f64 = 0.1;

/// The toy with a trained output layer and without biases, for as many steps times rate as it takes to
/// fit. The rate goes down with the features because the loss's largest curvature goes up with them.
fn description(tier: Tier, activation: Activation) -> Description {
    let base = base(tier);
    let factor = base.n_features() / 16;
    Description {
        activation,
        has_bias: false,
        start: StartLaw::Gaussian,
        output: OutputLayer::Trained,
        learning_rate: base.learning_rate / factor as f64,
        n_steps: base.n_steps * factor,
        ..base
    }
}

/// What the teacher sees.
#[derive(Clone, Copy)]
enum Sight {
    All,
    Core,
}

/// A teacher `r(x) = R s`, with random orthonormal rows over what it sees: shape `(d0, d0)` or `(n_core, d0)`.
fn teacher(experiment: &Experiment, sight: Sight, seed: Seed) -> Mat<f64> {
    let n_seen = match sight {
        Sight::All => experiment.n_features(),
        Sight::Core => experiment.n_core,
    };
    let mut rng = seed.rng();
    let normal: Mat<f64> = Mat::from_fn(n_seen, n_seen, |_, _| StandardNormal.sample(&mut rng));
    let rotation = orthonormal_factor(normal.as_ref());
    let entry = |k, j| if j < n_seen { rotation[(k, j)] } else { 0.0 };
    Mat::from_fn(n_seen, experiment.n_features(), entry)
}

fn student(experiment: &Experiment, sight: Sight, seed: Seed) -> Result<Distillation<f64>> {
    let teacher = teacher(experiment, sight, seed.child("teacher"));
    let mut run = Distillation::new(experiment, teacher.as_ref(), seed)?;
    run.advance_to(experiment.n_steps)?;
    Ok(run)
}

/// The students of a claim, or in a control linear ones.
fn experiment(tier: Tier, arm: Arm) -> Result<Experiment> {
    let activation = if arm == Arm::Claim { Activation::Relu } else { Activation::Identity };
    Experiment::new(description(tier, activation))
}

fn part(
    (name, n_features): (&str, usize),
    values: &Replicates<f64>,
    (region, expected): (Region, f64),
) -> Result<Draft> {
    Ok(Draft::new(name, &[n_features], winsorised(values, region, expected)?, region))
}

/// `distillation/student`. In the control the student is linear.
pub(super) fn of_all(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let experiment = experiment(lab.tier(), arm)?;
    let d0 = experiment.n_features();
    let ends = replicates(lab, (STUDENT, arm), "student", |seed| {
        let run = student(&experiment, Sight::All, seed)?;
        Ok((errors(&run), lost_probe_margin(&run)?))
    })?;
    let contaminated = (Region::at_least(CONTAMINATED), 2.0 * CONTAMINATED);
    Ok(vec![
        fitted_part(d0, &ends.map(|(errors, _)| errors[0]))?,
        part(
            ("error of the representation out of distribution", d0),
            &ends.map(|(errors, _)| errors[1]),
            (Region::at_least(LOST), 1.0),
        )?,
        part(
            ("share of the margin that a probe on the student loses", d0),
            &ends.map(|(_, lost)| lost.student),
            contaminated,
        )?,
        part(
            ("share of the margin that a probe on the teacher loses", d0),
            &ends.map(|(_, lost)| lost.teacher),
            (Region::at_most(CLEAN), 0.0),
        )?,
    ])
}

/// Errors of a student's representation in and out of distribution.
fn errors(run: &Distillation<f64>) -> [f64; 2] {
    [Shift::InDistribution, Shift::OutOfDistribution].map(|shift| representation_error(run, shift))
}

fn fitted_part(d0: usize, errors: &Replicates<f64>) -> Result<Draft> {
    let name = "error of the representation in distribution";
    part((name, d0), errors, (Region::at_most(FITTED), 0.0))
}

/// `distillation/core-only`: a teacher that sees only the core. In the control the student is linear.
pub(super) fn of_core(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let experiment = experiment(lab.tier(), arm)?;
    let d0 = experiment.n_features();
    let ends = replicates(lab, (CORE_ONLY, arm), "student of the core", |seed| {
        Ok(errors(&student(&experiment, Sight::Core, seed)?))
    })?;
    Ok(vec![
        fitted_part(d0, &ends.map(|errors| errors[0]))?,
        part(
            ("error of the representation out of distribution", d0),
            &ends.map(|errors| errors[1]),
            (Region::at_least(LOST_OF_CORE), 2.0 * LOST_OF_CORE),
        )?,
    ])
}

/// `distillation/linear-part`: the error out of distribution is twice that of the linear part, half of the
/// path without its activation. In the control the student is linear, and its linear part the whole path.
pub(super) fn linear_part(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let experiment = experiment(lab.tier(), arm)?;
    let d0 = experiment.n_features();
    let ends = replicates(lab, (LINEAR_PART, arm), "student", |seed| {
        let run = student(&experiment, Sight::All, seed)?;
        let errors = reflected_errors(&run);
        let of = |map: MatRef<'_, f64>| mean_square(map, &experiment.latents, experiment.n_core);
        let predicted = of(linear_part_error(&run).as_ref()) / of(run.teacher());
        let distance = (errors.out_of_distribution - errors.linear_part).abs();
        // Sums over units and features, each of about the size of the representation.
        let rounding = dot_error_factor(experiment.width * d0) / errors.reflected;
        let ratio = errors.out_of_distribution.powi(2) / predicted;
        Ok((distance / errors.reflected, rounding, ratio))
    })?;
    let cases = ends.iter().map(|&(ratio, rounding, _)| (ratio, rounding));
    let margin = LINEAR_PART_MARGIN;
    Ok(vec![
        Draft::inequality(
            "distance between the error out of distribution and twice that of the linear part, over \
             the error on reflected samples",
            &[d0],
            Exact::largest(cases),
        ),
        part(
            ("error out of distribution over what the linear part predicts", d0),
            &ends.map(|&(_, _, ratio)| ratio),
            (Region::between(1.0 - margin, 1.0 + margin), 1.0),
        )?,
    ])
}

const STUDENT: &str = "distillation/student";
const CORE_ONLY: &str = "distillation/core-only";
const LINEAR_PART: &str = "distillation/linear-part";

pub(super) fn of_all_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work(STUDENT, (tier, arm), 1, || timed(Sight::All))
}

pub(super) fn of_core_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work(CORE_ONLY, (tier, arm), 1, || timed(Sight::Core))
}

pub(super) fn linear_part_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work(LINEAR_PART, (tier, arm), 1, || timed(Sight::All))
}

/// One run, to measure how long it takes.
fn timed(sight: Sight) -> Result<()> {
    let experiment = experiment(Tier::Standard, Arm::Claim)?;
    student(&experiment, sight, Seed::root(0)).map(|_| ())
}
