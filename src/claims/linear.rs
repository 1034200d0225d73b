//! Claims on linear networks.

use crate::error::Result;
use crate::linalg::mean;
use crate::observe::background_displacement as observe_displacement;
use crate::predict::{background_displacement, core_displacement, linear_risk};
use crate::setting::{Activation, Setting};
use crate::stats::{Exact, Mean, Region, Variance};

use super::lab::{Scenario, Times};
use super::risk::vanishing;
use super::{Arm, Draft, Lab};

/// Features of the settings in which displacements are measured.
const N_FEATURES: usize = 64;
/// The theorem's time up to which the hinge stays active on every sample: the mean margin is `tau / 8`,
/// the largest possible one `tau / 4`.
const TAU: f64 = 3.0;
/// The mean background displacement may be this share of the core's.
const MEAN_MARGIN: f64 = 0.005;
/// Relative error of the variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.05;

/// `linear/cancellation`: displacements of independent runs; within a run all neurons share the batch
/// noise, so only one is looked at.
pub(super) fn cancellation(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let association = match arm {
        Arm::Claim => 0.0,
        Arm::Control => 0.5,
    };
    let setting = Setting::theorem(N_FEATURES).with(|p| {
        p.activation = Activation::Identity;
        p.background_association = association;
    })?;
    let n_steps = setting.steps_to(TAU);
    let law = background_displacement(&setting, n_steps);
    let core = core_displacement(&setting, setting.latents[0], n_steps);
    let seed = lab.seed("linear/cancellation");
    let runs = lab.replicates(lab.tier().replicates(1536), seed, |seed| {
        observe_displacement(&setting, n_steps, seed)
    })?;
    let means: Vec<f64> = runs.iter().map(|run| mean(&run.background) / core).collect();
    let whitened = runs.iter().flat_map(|run| law.whiten(&run.background));
    Ok(vec![
        Draft::new(
            "mean background displacement over the core's",
            &[N_FEATURES],
            Mean::of(&means),
            Region::within(MEAN_MARGIN, 0.0),
        )
        .predicted(0.0),
        Draft::new(
            "variance of the whitened displacements",
            &[N_FEATURES],
            Variance::of(whitened),
            Region::within(VARIANCE_MARGIN, 1.0),
        )
        .predicted(1.0),
        Draft::inequality(
            "premise: the hinge is active on every sample, largest margin",
            &[N_FEATURES],
            Exact::largest(runs.iter().map(|run| (run.max_margin, 0.0))),
        ),
    ])
}

/// The two risks may differ by this much at the largest size.
const DIFFERENCE_MARGIN: f64 = 0.01;

/// `linear/risk`.
pub(super) fn risk(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let scenario = match arm {
        Arm::Claim => Scenario::Linear,
        Arm::Control => Scenario::Theorem,
    };
    let ladder = lab.ladder(scenario, arm)?;
    let law: Vec<f64> = ladder
        .rungs
        .iter()
        .map(|rung| linear_risk(&rung.setting, Times::of(&rung.setting).t2))
        .collect();
    let (id, ood) = ("in distribution", "out of distribution");
    let mut drafts = vanishing(id, &ladder, |run| run.in_distribution.loss, &law);
    drafts.extend(vanishing(ood, &ladder, |run| run.out_of_distribution.loss, &law));
    let largest = ladder.largest();
    let differences: Vec<f64> = largest
        .runs
        .iter()
        .map(|run| run.out_of_distribution.loss - run.in_distribution.loss)
        .collect();
    drafts.push(
        Draft::new(
            "risk out of minus in distribution at the largest size",
            &[largest.n_features()],
            Mean::of(&differences),
            Region::within(DIFFERENCE_MARGIN, 0.0),
        )
        .predicted(0.0),
    );
    Ok(drafts)
}
