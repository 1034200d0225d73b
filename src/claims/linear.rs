//! Claims on linear networks.

use crate::error::Result;
use crate::linalg::mean;
use crate::observe::{
    LinearDisplacement, RunRecord, background_displacement as observe_displacement,
};
use crate::predict::{
    BackgroundDisplacement, background_displacement, core_displacement, linear_risk,
};
use crate::setting::{Activation, EngineKind, Setting};
use crate::stats::{
    Bets, BoundedMean, Bounds, Exact, Hypothesis, Region, Replicates, SequentialVariance,
};

use super::lab::{Ladder, Rung};
use super::plan::{Need, PartDesign, Work};
use super::risk::{small, vanishing};
use super::scenario::{Arms, LINEAR_VARIATIONS, Scenario, Times};
use super::window::winsorised;
use super::{Arm, Draft, Lab, LiveDraft, Tier};

/// Features of the settings in which displacements are measured.
const N_FEATURES: usize = 64;
/// The theorem's time up to which the hinge stays active on every sample: the mean margin is `tau / 8`,
/// the largest possible one `tau / 4`.
pub(super) const TAU: f64 = 3.0;
/// The mean background displacement may be this share of the core's.
const MEAN_MARGIN: f64 = 0.005;
/// Relative error of the variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.05;

/// `linear/cancellation`: displacements of independent runs; within a run all neurons share the batch
/// noise, so only one is looked at.
pub(super) fn cancellation(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let setting = cancellation_setting(arm)?;
    let n_steps = setting.steps_to(TAU);
    let law = background_displacement(&setting, n_steps);
    let core = core_displacement(&setting, setting.latents[0], n_steps);
    let drafts = lab.until_decided(
        NEED.budget(lab.tier()),
        lab.seed("linear/cancellation"),
        |seed| observe_displacement(&setting, n_steps, seed),
        |runs| displacement_drafts(runs, &law, core),
    )?;
    Ok(drafts.into_iter().map(Draft::from).collect())
}

fn cancellation_setting(arm: Arm) -> Result<Setting> {
    let association = match arm {
        Arm::Claim => 0.0,
        Arm::Control => 0.5,
    };
    Setting::theorem(N_FEATURES).with(|p| {
        p.activation = Activation::Identity;
        p.background_association = association;
    })
}

/// The mean of a run scatters by three margins (`BackgroundDisplacement::standard_deviation_of_mean` over
/// the core's displacement: 0.0149). Squares of standard normal variables have standard deviation
/// `sqrt 2`, over a margin of 0.05, and a run gives one for each of 32 background features.
const NEED: Need = Need {
    designs: &[
        PartDesign { deviation: 3.0, n_per_run: 1.0 },
        PartDesign { deviation: 28.3, n_per_run: 32.0 },
    ],
    chunk: 128,
    n_parts: 3,
};

pub(super) fn cancellation_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let setting = cancellation_setting(arm)?;
    let (n_steps, budget) = (setting.steps_to(TAU), NEED.budget(tier));
    Ok(vec![Work::own("linear/cancellation", setting, EngineKind::Feature, n_steps, budget)])
}

/// Means are winsorised at this many of their standard deviations. The law is symmetric, because labels
/// are, so that this moves no mean.
const WINDOW_DEVIATIONS: f64 = 4.0;

fn displacement_drafts(
    runs: &Replicates<LinearDisplacement>,
    law: &BackgroundDisplacement,
    core: f64,
) -> Result<Vec<LiveDraft>> {
    let means = runs.map(|run| mean(&run.background) / core);
    let deviation = law.standard_deviation_of_mean() / core;
    let window = Bounds::around(0.0, WINDOW_DEVIATIONS * deviation)?;
    let bets = Bets::resolving(MEAN_MARGIN).expecting(0.0, deviation);
    let whitened = runs.iter().flat_map(|run| law.whiten(&run.background));
    Ok(vec![
        LiveDraft::new(
            "mean background displacement over the core's",
            &[N_FEATURES],
            BoundedMean::winsorised(&means, window, bets)?,
            Hypothesis::value(0.0, MEAN_MARGIN),
        )
        .predicted(0.0),
        LiveDraft::new(
            "variance of the whitened displacements",
            &[N_FEATURES],
            SequentialVariance::of(whitened, VARIANCE_MARGIN)?,
            Hypothesis::value(1.0, VARIANCE_MARGIN),
        )
        .predicted(1.0),
        LiveDraft::inequality(
            "premise: the hinge is active on every sample, largest margin",
            &[N_FEATURES],
            Exact::largest(runs.iter().map(|run| (run.max_margin, 0.0))),
        ),
    ])
}

/// The two risks may differ by this much at the largest size.
const DIFFERENCE_MARGIN: f64 = 0.01;

const RISK: Arms = Arms { claim: Scenario::Linear, control: Scenario::Theorem };

pub(super) fn risk_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladders(RISK, &LINEAR_VARIATIONS, tier, arm)
}

/// `linear/risk`.
pub(super) fn risk(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let ladder = lab.ladder(RISK.of(arm), arm)?;
    let largest = ladder.largest(lab.rates().beta);
    let mut drafts = Vec::new();
    for (name, risk) in RISKS {
        drafts.push(exponent("", name, &ladder, risk)?);
        drafts.push(small(name, largest, risk, |rung| Ok(law_of(rung)))?);
    }
    drafts.push(difference("", largest)?);
    for (variation, ladder) in lab.variations(&LINEAR_VARIATIONS, arm)? {
        for (name, risk) in RISKS {
            drafts.push(exponent(&variation, name, &ladder, risk)?);
        }
        drafts.push(difference(&variation, ladder.largest(lab.rates().beta))?);
    }
    Ok(drafts)
}

/// A number of a run, with its name.
type Named = (&'static str, fn(&RunRecord) -> f64);

const RISKS: [Named; 2] = [
    ("risk in distribution", |run| run.in_distribution.loss),
    ("risk out of distribution", |run| run.out_of_distribution.loss),
];

fn exponent(
    variation: &str,
    name: &str,
    ladder: &Ladder,
    risk: fn(&RunRecord) -> f64,
) -> Result<Draft> {
    let law: Vec<f64> = ladder.rungs.iter().map(law_of).collect();
    vanishing(&format!("{variation}exponent of the {name}"), ladder, risk, &law)
}

fn law_of(rung: &Rung) -> f64 {
    linear_risk(&rung.setting, Times::of(&rung.setting).t2)
}

fn difference(variation: &str, rung: &Rung) -> Result<Draft> {
    let differences =
        rung.runs.map(|run| run.record.out_of_distribution.loss - run.record.in_distribution.loss);
    let equal = Region::within(DIFFERENCE_MARGIN, 0.0);
    let draft = Draft::new(
        format!("{variation}risk out of minus in distribution, d0 = {}", rung.n_features()),
        &[rung.n_features()],
        winsorised(&differences, equal, 0.0)?,
        equal,
    );
    Ok(draft.predicted(0.0))
}
