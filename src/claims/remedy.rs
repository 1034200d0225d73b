//! Claims on remedies: what keeps a network from learning background, what it needs to know, and what it costs.

use faer::Mat;
use rand_distr::{Distribution, StandardNormal};

use crate::data::Shift;
use crate::error::Result;
use crate::linalg::{mean, orthonormal_factor};
use crate::predict::{Moments, SlopedFixedPoint};
use crate::seed::Seed;
use crate::setting::{Activation, Description, EngineKind, Experiment, Loss};
use crate::stats::{Region, Replicates};
use crate::train::ExperimentRun;

use super::plan::Work;
use super::toy::{
    CLEAN, Variation, base, contaminated, lost_draft, lost_margin, n_runs, replicates, timed,
    trained, work,
};
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// What is kept of an update, shape `(d0, d0)`, made from the start of the run that it serves.
type Projector = fn(&ExperimentRun<f32>, Seed) -> Result<Mat<f64>>;

/// The risk in distribution that a remedy may cost.
const SMALL_RISK: f64 = 0.1;

/// The toy without biases, which a projection does not reach, and for three times as long: a margin to which
/// the background adds nothing grows more slowly.
fn plain(tier: Tier) -> Description {
    let base = base(tier);
    Description { has_bias: false, n_steps: 3 * base.n_steps, ..base }
}

/// Runs with projected updates: lost margin and risk in distribution.
fn projected(lab: &Lab, of: (&str, Arm), name: &str, projector: Projector) -> Result<Vec<Draft>> {
    let variation = Variation::new(name, plain(lab.tier()));
    let experiment = Experiment::new(variation.description.clone())?;
    let ends = replicates(lab, of, name, |seed| {
        let run = ExperimentRun::seeded(&experiment, None, seed)?;
        let projector = projector(&run, seed.child("projector"))?;
        ended(run.with_projected_updates(projector.as_ref())?)
    })?;
    clean_parts(&variation, &ends)
}

/// Lost margin and risk in distribution at the end of a run.
fn ended(mut run: ExperimentRun<f32>) -> Result<(f64, f64)> {
    run.advance_to(run.experiment().n_steps)?;
    Ok((lost_margin(&run), run.row()?.id_loss))
}

/// Nothing is lost, and the risk in distribution is small.
fn clean_parts(variation: &Variation, ends: &Replicates<(f64, f64)>) -> Result<Vec<Draft>> {
    let lost = ends.map(|(lost, _)| *lost);
    Ok(vec![
        lost_draft(variation, &lost, (Region::at_most(CLEAN), 0.0))?,
        risk_draft(variation, ends)?,
    ])
}

/// The risk in distribution is small.
fn risk_draft(variation: &Variation, ends: &Replicates<(f64, f64)>) -> Result<Draft> {
    let (risks, cost) = (ends.map(|(_, risk)| *risk), Region::at_most(SMALL_RISK));
    Ok(Draft::new(
        format!("{}: risk in distribution", variation.name),
        &[variation.description.n_features()],
        winsorised(&risks, cost, 0.02)?,
        cost,
    ))
}

/// `remedy/oracle-projection`. The control knows a random subspace of the core's size.
pub(super) fn oracle(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let projector = if arm == Arm::Claim { onto_core } else { onto_random as Projector };
    projected(lab, ("remedy/oracle-projection", arm), "updates in the core's subspace", projector)
}

fn onto_core(run: &ExperimentRun<f32>, _seed: Seed) -> Result<Mat<f64>> {
    let (d0, core) = (run.experiment().n_features(), run.experiment().core());
    Ok(Mat::from_fn(d0, d0, |i, j| if i == j && core.contains(&i) { 1.0 } else { 0.0 }))
}

fn onto_random(run: &ExperimentRun<f32>, seed: Seed) -> Result<Mat<f64>> {
    let (d0, n_core) = (run.experiment().n_features(), run.experiment().n_core);
    let mut rng = seed.rng();
    let normal: Mat<f64> = Mat::from_fn(d0, n_core, |_, _| StandardNormal.sample(&mut rng));
    let basis = orthonormal_factor(normal.as_ref());
    Ok(&basis * basis.transpose())
}

/// `remedy/mean-shift`: one direction, estimated from unlabelled samples of two environments. The control
/// takes away a random one.
pub(super) fn mean_shift(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let projector = if arm == Arm::Claim { off_mean_shift } else { off_random as Projector };
    projected(lab, ("remedy/mean-shift", arm), "updates off the shift of the mean", projector)
}

/// Unlabelled samples of each environment.
const N_UNLABELLED: usize = 512;

/// The difference of the means of unlabelled samples from two environments.
fn shift_of_mean(run: &ExperimentRun<f32>) -> Vec<f64> {
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

fn random_direction(run: &ExperimentRun<f32>, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let d0 = run.experiment().n_features();
    (0..d0).map(|_| StandardNormal.sample(&mut rng)).collect()
}

fn off_mean_shift(run: &ExperimentRun<f32>, _seed: Seed) -> Result<Mat<f64>> {
    Ok(off(&shift_of_mean(run)))
}

fn off_random(run: &ExperimentRun<f32>, seed: Seed) -> Result<Mat<f64>> {
    Ok(off(&random_direction(run, seed)))
}

/// The projector on what is orthogonal to a direction.
fn off(direction: &[f64]) -> Mat<f64> {
    let norm_sq: f64 = direction.iter().map(|v| v * v).sum();
    let d0 = direction.len();
    Mat::from_fn(d0, d0, |i, j| f64::from(u8::from(i == j)) - direction[i] * direction[j] / norm_sq)
}

/// `remedy/sign-flips`: samples are turned around along that direction, for networks of two layers and of
/// three. The control turns them around along a random one.
pub(super) fn sign_flips(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for (name, description) in flipped_networks(lab.tier()) {
        let variation = Variation::new(name, description);
        let experiment = Experiment::new(variation.description.clone())?;
        let ends = replicates(lab, ("remedy/sign-flips", arm), name, |seed| {
            let run = ExperimentRun::seeded(&experiment, None, seed)?;
            let direction = match arm {
                Arm::Claim => shift_of_mean(&run),
                Arm::Control => random_direction(&run, seed.child("direction")),
            };
            ended(run.with_sign_flips(&direction)?)
        })?;
        drafts.extend(clean_parts(&variation, &ends)?);
    }
    Ok(drafts)
}

/// All layers of the deeper network are trained, as for `depth/contamination`.
fn flipped_networks(tier: Tier) -> [(&'static str, Description); 2] {
    let deeper = Description { depth: 3, learning_rate: 2e-3, n_steps: 600, ..trained(tier) };
    [("2 layers", plain(tier)), ("3 layers", deeper)]
}

pub(super) fn sign_flips_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("remedy/sign-flips", (tier, arm), 2, || timed(plain(Tier::Standard)))
}

pub(super) fn oracle_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("remedy/oracle-projection", (tier, arm), 1, || timed(plain(Tier::Standard)))
}

pub(super) fn mean_shift_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("remedy/mean-shift", (tier, arm), 1, || timed(plain(Tier::Standard)))
}

/// Slopes below 0 that keep the network non-linear, in percent.
const LEAKS: [u8; 2] = [50, 75];
/// How far the share that is lost may be from its limit.
const LEAK_MARGIN: f64 = 0.05;

/// `remedy/leak`: a slope below 0 leaves the share that the sharp law has for it. The control has ReLU; a
/// region with two ends takes twice the runs of the others to be refuted, so it looks at one slope.
pub(super) fn leak(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let n_runs = n_runs(lab.tier(), arm);
    let (leaks, n_runs) = match arm {
        Arm::Claim => (LEAKS.as_slice(), n_runs),
        Arm::Control => (&LEAKS[..1], LEAKS.len() * n_runs),
    };
    let mut drafts = Vec::new();
    for &percent in leaks {
        let activation = match arm {
            Arm::Claim => Activation::LeakyPercent(percent),
            Arm::Control => Activation::Relu,
        };
        let description = Description { activation, ..plain(lab.tier()) };
        let moments = Moments::new(&description.latents, description.n_core);
        let law = SlopedFixedPoint::solve(&moments, f64::from(percent) / 100.0)?;
        let variation = Variation::new(format!("slope {percent} %"), description);
        let experiment = Experiment::new(variation.description.clone())?;
        let seed = lab.seed("remedy/leak").child(&variation.name);
        let ends = lab.replicates(n_runs, seed, |seed| {
            ended(ExperimentRun::seeded(&experiment, None, seed)?)
        })?;
        let limit = law.limit_lost_margin;
        let region = Region::within(LEAK_MARGIN, limit);
        let lost = ends.map(|(lost, _)| *lost);
        drafts.push(lost_draft(&variation, &lost, (region, limit))?.predicted(limit));
        drafts.push(risk_draft(&variation, &ends)?);
    }
    Ok(drafts)
}

pub(super) fn leak_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("remedy/leak", (tier, arm), LEAKS.len(), || timed(plain(Tier::Standard)))
}

/// `remedy/no-help`: what makes the network smaller or training shorter leaves the share of its margin that
/// the background holds. In the control the networks are linear.
pub(super) fn no_help(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let plain = plain(lab.tier());
    let variations = [
        ("a third of the steps", Description { n_steps: plain.n_steps / 3, ..plain.clone() }),
        ("thirty times the weight decay", Description { weight_decay: 0.03, ..plain.clone() }),
        ("squared loss", Description { loss: Loss::Squared, engine: EngineKind::Feature, ..plain }),
    ];
    let variations = variations.map(|(name, description)| Variation::new(name, description));
    contaminated(lab, ("remedy/no-help", arm), variations.into())
}

pub(super) fn no_help_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("remedy/no-help", (tier, arm), 3, || timed(plain(Tier::Standard)))
}
