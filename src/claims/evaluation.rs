//! The claim on risks: fresh samples, of the right law, as many as are said, with the right loss.

use crate::error::Result;
use crate::observe::{LinearEvaluation, N_TEST, linear_evaluation};
use crate::predict::linear_margin;
use crate::seed::Seed;
use crate::setting::{Activation, EngineKind, Setting};
use crate::stats::{Bets, BoundedMean, Bounds, Exact, Hypothesis, Replicates, SequentialVariance};

use super::lab::Budget;
use super::plan::{Need, PartDesign, Work};
use super::{Arm, Draft, Lab, LiveDraft, Tier};

/// The time of the evaluation: the margin of no sample can have passed 1 then.
const TAU: f64 = 2.0;
/// A mean, in standard errors of the evaluation, that is small enough.
const MEAN_MARGIN: f64 = 0.2;
/// Relative error of a variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.2;
/// Means are winsorised at this many standard deviations: each is a sum over thousands of samples, so
/// nearly normal, and this moves it by less than 1e-5 of one.
const WINDOW_DEVIATIONS: f64 = 4.0;

/// A linear network that has learned background: only there does the shift move a linear risk.
fn setting() -> Result<Setting> {
    Setting::theorem(16).with(|p| {
        p.activation = Activation::Identity;
        p.background_association = 1.0;
    })
}

fn n_steps(setting: &Setting) -> usize {
    setting.steps_to(TAU)
}

/// Six parts; a standardised mean scatters by five margins, its square by seven.
const NEED: Need = Need {
    designs: &[
        PartDesign { deviation: 1.0 / MEAN_MARGIN, n_per_run: 1.0 },
        PartDesign { deviation: 1.42 / VARIANCE_MARGIN, n_per_run: 1.0 },
    ],
    chunk: 256,
    n_parts: 6,
};

/// `setting/evaluation`: given the weights an evaluation is a mean over independent samples.
pub(super) fn evaluation(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let setting = setting()?;
    // What the theory is told: in the control that background and label are independent.
    let told = match arm {
        Arm::Claim => setting.clone(),
        Arm::Control => setting.with(|p| p.background_association = 0.0)?,
    };
    let live = lab.until_decided(
        NEED.budget(lab.tier()),
        lab.seed("setting/evaluation"),
        |seed| Seen::of(&setting, &told, seed),
        drafts,
    )?;
    Ok(live.into_iter().map(Draft::from).collect())
}

pub(super) fn evaluation_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let setting = setting()?;
    let (n_steps, budget): (usize, Budget) = (n_steps(&setting), NEED.budget(tier));
    let work = Work::own("setting/evaluation", setting, EngineKind::Feature, n_steps, budget);
    Ok(vec![work.with_run(|| {
        let setting = self::setting()?;
        Seen::of(&setting, &setting, Seed::root(0))?;
        Ok(())
    })])
}

/// One run, beside what its weights predict.
#[derive(Debug)]
struct Seen {
    /// The mean margin in and out of distribution, less its mean and over its standard deviation.
    standardised: [f64; 2],
    /// `|risk - (1 - mean margin)|`, the larger one, over a bound on its rounding errors.
    risk_gap: f64,
    /// The largest margin of all samples.
    max_margin: f64,
}

impl Seen {
    fn of(setting: &Setting, told: &Setting, seed: Seed) -> Result<Self> {
        let seen = linear_evaluation(setting, n_steps(setting), N_TEST, seed)?;
        let LinearEvaluation { collapsed, in_distribution, out_of_distribution } = seen;
        let law = linear_margin(told, &collapsed)?;
        let standard_error = (law.variance / N_TEST as f64).sqrt();
        let evaluations = [(in_distribution, 1.0), (out_of_distribution, -1.0)];
        let standardised = evaluations.map(|(evaluation, sign)| {
            let mean = law.core_mean + sign * law.background_mean;
            (evaluation.mean_margin - mean) / standard_error
        });
        // Each loss is rounded once and lies below 2, as do both sums over n.
        let gap = |(evaluation, _): &(crate::train::Evaluation, f64)| {
            (evaluation.loss + evaluation.mean_margin - 1.0).abs() / (8.0 * f64::EPSILON)
        };
        Ok(Seen {
            standardised,
            risk_gap: evaluations.iter().map(gap).fold(0.0, f64::max),
            max_margin: in_distribution.max_margin.max(out_of_distribution.max_margin),
        })
    }
}

fn drafts(runs: &Replicates<Seen>) -> Result<Vec<LiveDraft>> {
    let sizes = [16];
    let mut drafts = Vec::new();
    for (idx, name) in ["ID", "OOD"].into_iter().enumerate() {
        let means = runs.map(|run| run.standardised[idx]);
        let window = Bounds::around(0.0, WINDOW_DEVIATIONS)?;
        let bets = Bets::resolving(MEAN_MARGIN).expecting(0.0, 1.0);
        let mean = BoundedMean::winsorised(&means, window, bets)?;
        let what = format!("{name}: mean margin of a fresh evaluation, standardised");
        let near = Hypothesis::value(0.0, MEAN_MARGIN);
        drafts.push(LiveDraft::new(what, &sizes, mean, near).predicted(0.0));
        let variance = SequentialVariance::of(means.iter().copied(), VARIANCE_MARGIN)?;
        let what = format!("{name}: variance of the same");
        let near = Hypothesis::value(1.0, VARIANCE_MARGIN);
        drafts.push(LiveDraft::new(what, &sizes, variance, near).predicted(1.0));
    }
    drafts.push(LiveDraft::inequality(
        "risk less (1 - mean margin), over rounding".to_owned(),
        &sizes,
        Exact::largest(runs.iter().map(|run| (run.risk_gap, 0.0))),
    ));
    drafts.push(LiveDraft::inequality(
        "premise: every margin is below 1, largest margin".to_owned(),
        &sizes,
        Exact::largest(runs.iter().map(|run| (run.max_margin, 0.0))),
    ));
    Ok(drafts)
}
