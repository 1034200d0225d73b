//! Claims on remedies: what keeps a network from learning background, what it needs to know, and
//! what it costs.

use faer::Mat;
use rand_distr::{Distribution, StandardNormal};

use crate::data::Shift;
use crate::error::Result;
use crate::linalg::{mean, orthonormal_factor};
use crate::predict::{Moments, SlopedFixedPoint};
use crate::seed::Seed;
use crate::setting::{Activation, Description, Loss};
use crate::stats::Region;
use crate::study::{Arm, Claim, Design, Kind, Runs, Sample, Scope};
use crate::train::ExperimentRun;

use super::depth::deep;
use super::effort::Effort;
use super::small_toy::{
    Of, Variation, base, clean, contaminated_unless_linear, lost_margin, n_runs,
};

/// The risk in distribution that a remedy may cost.
const SMALL_RISK: f64 = 0.1;

/// The toy without biases, which a projection does not reach, and for three times as long: a margin
/// to which the background adds nothing grows more slowly.
fn plain(effort: Effort) -> Description {
    let base = base(effort);
    Description { has_bias: false, n_steps: 3 * base.n_steps, ..base }
}

type Run = ExperimentRun<f32>;

/// The end of one run.
struct End {
    lost_margin: f64,
    id_risk: f64,
}

/// Returns a sample of runs that are changed at their start and go on to their end.
fn remedied(
    variation: &Variation,
    of: Of<'_>,
    remedy: impl Fn(Run, Seed) -> Result<Run> + Send + Sync + 'static,
) -> Result<Sample<End>> {
    variation.sample(of, move |experiment, seed| {
        let mut run = remedy(Run::seeded(experiment, None, seed)?, seed)?;
        run.advance_to(experiment.n_steps)?;
        Ok(End { lost_margin: lost_margin(&run), id_risk: run.row()?.id_loss })
    })
}

/// Adds the parts of a remedy: nothing is lost, and the risk in distribution is small.
fn clean_parts(design: &mut Design, variation: &Variation, ends: Runs<End>) -> Result<()> {
    variation.lost_part(design, ends, clean(), |end| end.lost_margin)?;
    risk_part(design, variation, ends)
}

fn risk_part(design: &mut Design, variation: &Variation, ends: Runs<End>) -> Result<()> {
    let small = (Region::at_most(SMALL_RISK), 0.02);
    variation.part(design, ("risk in distribution", ends), small, |end| end.id_risk)?;
    Ok(())
}

/// What is kept of an update, shape `(d0, d0)`, made from the start of the run that it serves.
type Projector = fn(&Run, Seed) -> Mat<f64>;

/// Runs whose updates are projected lose nothing, and their risk in distribution is small.
fn projected((id, scope): Of<'_>, label: &'static str, projector: Projector) -> Result<Design> {
    let mut design = Design::new();
    let variation = Variation::new(label, plain(Effort::of(scope)));
    let sample = remedied(&variation, (id, scope), move |run, seed| {
        let projector = projector(&run, seed.child("projector"));
        run.with_projected_updates(projector.as_ref())
    })?;
    let ends = design.sample(sample);
    clean_parts(&mut design, &variation, ends)?;
    Ok(design)
}

/// `remedy/oracle-projection`.
pub(super) fn oracle() -> Claim {
    Claim::new(
        "remedy/oracle-projection",
        "Updates that are projected on the core's subspace leave no contamination, and the risk in \
         distribution vanishes as well.",
        oracle_design,
    )
    .source("Zhang et al. 2024, section 7 (discussion); notation 11")
    .kind(Kind::Band)
    .control("a random subspace of the same size")
    .cost("runs of a small toy")
    .card(card!("remedy/oracle-projection"))
}

fn oracle_design(scope: &Scope) -> Result<Design> {
    let projector: Projector = match scope.arm {
        Arm::Claim => onto_core,
        Arm::Control => onto_random,
    };
    projected(("remedy/oracle-projection", scope), "updates in the core's subspace", projector)
}

fn onto_core(run: &Run, _seed: Seed) -> Mat<f64> {
    let (d0, core) = (run.experiment().n_features(), run.experiment().core());
    Mat::from_fn(d0, d0, |i, j| if i == j && core.contains(&i) { 1.0 } else { 0.0 })
}

fn onto_random(run: &Run, seed: Seed) -> Mat<f64> {
    let (d0, n_core) = (run.experiment().n_features(), run.experiment().n_core);
    let mut rng = seed.rng();
    let normal: Mat<f64> = Mat::from_fn(d0, n_core, |_, _| StandardNormal.sample(&mut rng));
    let basis = orthonormal_factor(normal.as_ref());
    &basis * basis.transpose()
}

/// `remedy/mean-shift`.
pub(super) fn mean_shift() -> Claim {
    Claim::new(
        "remedy/mean-shift",
        "Taking one direction out of the updates, the difference of the means of unlabelled \
         samples from two environments, removes the contamination, and the risk in distribution \
         vanishes as well.",
        mean_shift_design,
    )
    .source("Zhang et al. 2024, open question on subspaces; notation 11")
    .kind(Kind::Band)
    .control("a random direction")
    .cost("runs of a small toy")
    .card(card!("remedy/mean-shift"))
}

fn mean_shift_design(scope: &Scope) -> Result<Design> {
    let projector: Projector = match scope.arm {
        Arm::Claim => |run, _| off(&shift_of_mean(run)),
        Arm::Control => |run, seed| off(&random_direction(run, seed)),
    };
    projected(("remedy/mean-shift", scope), "updates off the shift of the mean", projector)
}

/// Returns the projector on what is orthogonal to a direction.
fn off(direction: &[f64]) -> Mat<f64> {
    let norm_sq: f64 = direction.iter().map(|v| v * v).sum();
    let d0 = direction.len();
    Mat::from_fn(d0, d0, |i, j| f64::from(u8::from(i == j)) - direction[i] * direction[j] / norm_sq)
}

/// Unlabelled samples of each environment.
const N_UNLABELLED: usize = 512;

/// Returns the difference of the means of unlabelled samples from two environments.
fn shift_of_mean(run: &Run) -> Vec<f64> {
    let means = |shift, stream: &str| -> Vec<f64> {
        let samples = run.draw(N_UNLABELLED, shift, stream).features;
        let of_feature = |column: faer::ColRef<'_, f32>| {
            mean(&column.iter().map(|&x| f64::from(x)).collect::<Vec<_>>())
        };
        samples.col_iter().map(of_feature).collect()
    };
    let here = means(Shift::InDistribution, "one environment");
    let there = means(Shift::OutOfDistribution, "another environment");
    here.iter().zip(there).map(|(a, b)| a - b).collect()
}

fn random_direction(run: &Run, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let d0 = run.experiment().n_features();
    (0..d0).map(|_| StandardNormal.sample(&mut rng)).collect()
}

/// `remedy/sign-flips`.
pub(super) fn sign_flips() -> Claim {
    Claim::new(
        "remedy/sign-flips",
        "Training on samples that are turned around by a coin along that one direction removes the \
         contamination of networks of two and of three layers, and the risk in distribution \
         vanishes as well.",
        sign_flips_design,
    )
    .source("Zhang et al. 2024, open question on training procedures; notation 11")
    .kind(Kind::Band)
    .control("a random direction")
    .cost("runs of a small toy")
    .card(card!("remedy/sign-flips"))
}

fn sign_flips_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let (effort, arm) = (Effort::of(scope), scope.arm);
    for (label, description) in [("2 layers", plain(effort)), ("3 layers", deep(effort, 3))] {
        let variation = Variation::new(label, description);
        let sample = remedied(&variation, ("remedy/sign-flips", scope), move |run, seed| {
            let direction = match arm {
                Arm::Claim => shift_of_mean(&run),
                Arm::Control => random_direction(&run, seed.child("direction")),
            };
            run.with_sign_flips(&direction)
        })?;
        let ends = design.sample(sample);
        clean_parts(&mut design, &variation, ends)?;
    }
    Ok(design)
}

/// `remedy/leak`.
pub(super) fn leak() -> Claim {
    Claim::new(
        "remedy/leak",
        "Leaky ReLU of slope s loses the share of its margin that the sharp law has, (1 - s)^2 / \
         (1 + s^2): a fifth at 1/2 and a twenty-fifth at 3/4; the risk in distribution vanishes as \
         it does with ReLU.",
        leak_design,
    )
    .source("Zhang et al. 2024, open question on architectures; notation 13")
    .kind(Kind::Band)
    .control("ReLU as activation")
    .cost("runs of a small toy")
    .card(card!("remedy/leak"))
}

/// Slopes below 0 that keep the network non-linear, in percent.
const LEAKS: [(&str, u8); 2] = [("slope 50 %", 50), ("slope 75 %", 75)];
/// How far the share that is lost may be from its limit.
const LEAK_MARGIN: f64 = 0.05;

/// A region with two ends takes twice the runs of the others to be refuted, so the control looks at
/// one slope.
fn leak_design(scope: &Scope) -> Result<Design> {
    let (leaks, n_runs) = match scope.arm {
        Arm::Claim => (LEAKS.as_slice(), n_runs(scope)),
        Arm::Control => (&LEAKS[..1], 2 * n_runs(scope)),
    };
    let mut design = Design::new();
    for &(label, percent) in leaks {
        let activation = match scope.arm {
            Arm::Claim => Activation::LeakyPercent(percent),
            Arm::Control => Activation::Relu,
        };
        let description = Description { activation, ..plain(Effort::of(scope)) };
        let moments = Moments::new(&description.latents, description.n_core);
        let law = SlopedFixedPoint::solve(&moments, f64::from(percent) / 100.0)?;
        let limit = law.limit_lost_margin;

        let variation = Variation::new(label, description).named(format!("slope {percent} %"));
        let sample = remedied(&variation, ("remedy/leak", scope), |run, _| Ok(run))?;
        let ends = design.sample(sample.runs(n_runs));
        let region = (Region::around(limit).within(LEAK_MARGIN), limit);
        variation.lost_part(&mut design, ends, region, |end| end.lost_margin)?.predicted(limit);
        risk_part(&mut design, &variation, ends)?;
    }
    Ok(design)
}

/// `remedy/no-help`.
pub(super) fn no_help() -> Claim {
    Claim::new(
        "remedy/no-help",
        "Fewer steps, more weight decay and the squared loss leave the share of the margin that is \
         lost as it is.",
        no_help_design,
    )
    .source("Zhang et al. 2024, open question on training procedures; notation 6")
    .kind(Kind::Band)
    .control("the identity as activation")
    .cost("runs of a small toy")
    .card(card!("remedy/no-help"))
}

/// What makes the network smaller or training shorter leaves the share of its margin that the
/// background holds.
fn no_help_design(scope: &Scope) -> Result<Design> {
    let plain = plain(Effort::of(scope));
    let variations = [
        ("a third of the steps", Description { n_steps: plain.n_steps / 3, ..plain.clone() }),
        ("thirty times the weight decay", Description { weight_decay: 0.03, ..plain.clone() }),
        ("squared loss", Description { loss: Loss::Squared, ..plain }),
    ];
    let variations = variations.map(|(label, description)| Variation::new(label, description));
    contaminated_unless_linear(("remedy/no-help", scope), variations)
}
