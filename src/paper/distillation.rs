//! Claims on distillation: a student that is trained on a teacher's representation, without labels.

use faer::{Mat, MatRef};
use rand_distr::{Distribution, StandardNormal};

use crate::data::Shift;
use crate::error::Result;
use crate::linalg::{dot_error_factor, orthonormal_factor};
use crate::observe::{
    LostProbeMargin, linear_part_error, lost_probe_margin, reflected_errors, representation_error,
};
use crate::predict::mean_square;
use crate::seed::Seed;
use crate::setting::{Description, Experiment, OutputLayer, StartLaw};
use crate::stats::Region;
use crate::study::{Claim, Design, Kind, Runs, Scope};
use crate::train::Distillation;

use super::cost;
use super::effort::Effort;
use super::mean::mean_part;
use super::small_toy::{Of, Variation, base, clean, contaminated};

/// The largest error of a student that fits its teacher in distribution; one that answers 0 has the
/// error 1.
const FITTED: f64 = 0.05;
/// The smallest error out of distribution that counts as lost.
const LOST: f64 = 0.5;
/// The same where the teacher sees only the core.
const LOST_OF_CORE: f64 = 0.1;
/// How far the error that is computed from the linear part may be from the one measured. Errors of
/// 0.001 in and 1 out of distribution allow 0.07.
const LINEAR_PART_MARGIN: f64 = 0.1;

/// The toy with a trained output layer and without biases, for as many steps times rate as it takes
/// to fit. The rate goes down with the features because the loss's largest curvature goes up with
/// them.
fn description(effort: Effort) -> Description {
    let base = base(effort);
    let factor = base.n_features() / 16;
    Description {
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

/// A teacher `r(x) = R s`, with random orthonormal rows over what it sees: shape `(d0, d0)` or
/// `(n_core, d0)`.
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

/// A student at its start.
fn student(experiment: &Experiment, sight: Sight, seed: Seed) -> Result<Distillation<f64>> {
    let teacher = teacher(experiment, sight, seed.child("teacher"));
    Distillation::new(experiment, teacher.as_ref(), seed)
}

/// Adds students, linear ones in a control, that are trained to their end and looked at there.
fn students<V: Send + Sync + 'static>(
    design: &mut Design,
    (id, scope): Of<'_>,
    (label, sight): (&'static str, Sight),
    look: fn(&Distillation<f64>) -> Result<V>,
) -> Result<Runs<V>> {
    let variation =
        Variation::new(label, description(Effort::of(scope))).linear_in_control(scope.arm);
    let sample = variation.sample((id, scope), move |experiment, seed| {
        let mut run = student(experiment, sight, seed)?;
        run.advance_to(experiment.n_steps)?;
        look(&run)
    })?;
    let probed = Experiment::new(variation.description)?;
    Ok(design.sample(sample.cost(move || {
        let mut run = student(&probed, sight, Seed::root(0))?;
        let training = cost::of_steps(probed.n_steps, || run.step())?;
        Ok(training + cost::of_steps(1, || look(&run).map(|_| ()))?)
    })))
}

/// Errors of a student's representation.
#[derive(Clone, Copy)]
struct Errors {
    id: f64,
    ood: f64,
}

impl Errors {
    fn of(run: &Distillation<f64>) -> Self {
        let [id, ood] = [Shift::InDistribution, Shift::OutOfDistribution]
            .map(|shift| representation_error(run, shift));
        Errors { id, ood }
    }
}

/// Adds the two errors: small in distribution, and in this region out of it.
fn error_parts<V: 'static>(
    design: &mut Design,
    runs: Runs<V>,
    ood: (Region, f64),
    errors: fn(&V) -> Errors,
) -> Result<()> {
    let name = "error of the representation in distribution";
    let small = (Region::at_most(FITTED), 0.0);
    mean_part(design, name, runs, small, move |run| errors(run).id)?;
    let name = "error of the representation out of distribution";
    mean_part(design, name, runs, ood, move |run| errors(run).ood)?;
    Ok(())
}

/// What is seen of one student.
struct Student {
    errors: Errors,
    lost_margin: LostProbeMargin,
}

/// `distillation/student`.
pub(super) fn of_all() -> Claim {
    Claim::new(
        "distillation/student",
        "A ReLU student that fits a teacher's linear representation in distribution errs on it out \
         of distribution, and so does a fresh linear probe on it; a probe on the teacher does \
         not.",
        of_all_design,
    )
    .source("Zhang et al. 2024, representation distillation; notation 12")
    .kind(Kind::Band)
    .control("a linear student")
    .cost("runs of small students")
    .card(card!("distillation/student"))
}

fn of_all_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let of = ("distillation/student", scope);
    let runs = students(&mut design, of, ("student", Sight::All), |run| {
        Ok(Student { errors: Errors::of(run), lost_margin: lost_probe_margin(run)? })
    })?;
    error_parts(&mut design, runs, (Region::at_least(LOST), 1.0), |run| run.errors)?;
    let name = "share of the margin that a probe on the student loses";
    mean_part(&mut design, name, runs, contaminated(), |run| run.lost_margin.student)?;
    let name = "share of the margin that a probe on the teacher loses";
    mean_part(&mut design, name, runs, clean(), |run| run.lost_margin.teacher)?;
    Ok(design)
}

/// `distillation/core-only`.
pub(super) fn of_core() -> Claim {
    Claim::new(
        "distillation/core-only",
        "The error of the representation is there, though smaller, where the teacher sees only the \
         core: the student takes in background that nothing in its target speaks of.",
        of_core_design,
    )
    .source("Zhang et al. 2024, representation distillation; notation 12")
    .kind(Kind::Band)
    .control("a linear student")
    .cost("runs of small students")
    .card(card!("distillation/core-only"))
}

fn of_core_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let of = ("distillation/core-only", scope);
    let sight = ("student of the core", Sight::Core);
    let runs = students(&mut design, of, sight, |run| Ok(Errors::of(run)))?;
    let lost = (Region::at_least(LOST_OF_CORE), 2.0 * LOST_OF_CORE);
    error_parts(&mut design, runs, lost, |errors| *errors)?;
    Ok(design)
}

/// `distillation/linear-part`.
pub(super) fn linear_part() -> Claim {
    Claim::new(
        "distillation/linear-part",
        "Out of distribution a ReLU student's error is twice the error of its linear part, half \
         the product of its weights, up to its error in distribution.",
        linear_part_design,
    )
    .source("notation 12")
    .kind(Kind::Inequality)
    .control("a linear student")
    .cost("runs of small students")
    .card(card!("distillation/linear-part"))
}

/// The error out of distribution of one student beside that of its linear part.
struct LinearPart {
    /// The distance of the two, over the error on reflected samples.
    distance: f64,
    /// What rounding does to it.
    rounding: f64,
    /// The square of the first over what the weights predict for it.
    ratio: f64,
}

impl LinearPart {
    /// The linear part is half of the path without its activation; that of a linear student is the
    /// whole path.
    fn of(run: &Distillation<f64>) -> Self {
        let (errors, experiment) = (reflected_errors(run), run.experiment());
        let mean_square =
            |map: MatRef<'_, f64>| mean_square(map, &experiment.latents, experiment.n_core);
        let predicted = mean_square(linear_part_error(run).as_ref()) / mean_square(run.teacher());
        let distance = (errors.out_of_distribution - errors.linear_part).abs();
        // Sums over units and features, each of about the size of the representation.
        let n_terms = experiment.width * experiment.n_features();
        LinearPart {
            distance: distance / errors.reflected,
            rounding: dot_error_factor(n_terms) / errors.reflected,
            ratio: errors.out_of_distribution.powi(2) / predicted,
        }
    }
}

fn linear_part_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let of = ("distillation/linear-part", scope);
    let runs = students(&mut design, of, ("student", Sight::All), |run| Ok(LinearPart::of(run)))?;
    design.inequality(
        "distance between the error out of distribution and twice that of the linear part, over \
         the error on reflected samples",
        runs.largest(|run| vec![(run.distance, run.rounding)]),
    );
    let name = "error out of distribution over what the linear part predicts";
    let region = Region::around(1.0).within(LINEAR_PART_MARGIN);
    mean_part(&mut design, name, runs, (region, 1.0), |run| run.ratio)?;
    Ok(design)
}
