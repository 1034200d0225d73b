//! The claim on risks: they are means of the right loss over fresh samples of the right law, as
//! many as stated.

use crate::error::Result;
use crate::observe::{LinearEvaluation, N_TEST, linear_evaluation};
use crate::predict::linear_margin;
use crate::seed::Seed;
use crate::setting::{Activation, Setting};
use crate::stats::{Hypothesis, Squares};
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Sample, Scatter, Scope, Window};
use crate::train::Evaluation;

const N_FEATURES: usize = 16;
/// The theorem's time of the evaluation. The margin of no sample can have passed 1 by then.
const TAU: f64 = 2.0;
/// A mean, in standard errors of the evaluation, that is small enough.
const MEAN_MARGIN: f64 = 0.2;
/// Relative error of a variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.2;

/// A standardised mean scatters by five margins, its square by seven.
const SCATTERS: [Scatter; 2] =
    [Scatter::of_run(1.0 / MEAN_MARGIN), Scatter::of_run(1.42 / VARIANCE_MARGIN)];

/// `setting/evaluation`.
pub(super) fn evaluation() -> Claim {
    Claim::new(
        "setting/evaluation",
        "Risks are those of fresh samples: a linear network's margins have exactly the predicted \
         mean and variance, in and out of distribution.",
        design,
    )
    .source("notation 1, 5; Zhang et al. 2024, section 3.1")
    .kind(Kind::Law)
    .control("the background's association with the label left out of the prediction")
    .cost("evaluations of short linear runs")
    .card(card!("setting/evaluation"))
}

/// Given the weights an evaluation is a mean over independent samples.
fn design(scope: &Scope) -> Result<Design> {
    let setting = setting()?;
    // What the theory is told: in the control that background and label are independent.
    let told = match scope.arm {
        Arm::Claim => setting.clone(),
        Arm::Control => setting.with(|p| p.background_association = 0.0)?,
    };
    let mut design = Design::new();
    let key = Key::new("claim").child("setting/evaluation");
    let sample = Sample::new(key, move |seed| Evaluated::of(&setting, &told, seed));
    let runs = design.sample(sample.sizes(&[N_FEATURES]).until_decided(256, &SCATTERS));
    for (idx, name) in ["ID", "OOD"].into_iter().enumerate() {
        let expected = Expected { value: 0.0, deviation: 1.0, margin: MEAN_MARGIN };
        design
            .part(
                format!("{name}: mean margin of a fresh evaluation, standardised"),
                Hypothesis::exactly(0.0).within(MEAN_MARGIN),
                // Each mean margin is a sum over thousands of samples, so nearly normal.
                runs.mean(Window::of_deviations(expected)?, move |run| run.standardised[idx]),
            )
            .predicted(0.0);
        design
            .part(
                format!("{name}: variance of the same"),
                Hypothesis::exactly(1.0).within(VARIANCE_MARGIN),
                runs.sequential_variance(1, VARIANCE_MARGIN, move |run| {
                    Squares::of_one_per_run(run.standardised[idx])
                }),
            )
            .predicted(1.0);
    }
    design.inequality(
        "risk less (1 - mean margin), over rounding",
        runs.largest_of(|run| run.risk_gap),
    );
    design.inequality(
        "premise: every margin is below 1, largest margin",
        runs.largest_of(|run| run.max_margin),
    );
    Ok(design)
}

/// A linear network that learns background: only then does the shift move a linear risk.
fn setting() -> Result<Setting> {
    Setting::theorem(N_FEATURES).with(|p| {
        p.activation = Activation::Identity;
        p.background_association = 1.0;
    })
}

/// The evaluations of one run, beside what its weights predict.
struct Evaluated {
    /// The mean margins in and out of distribution, each less its mean and over its standard
    /// deviation.
    standardised: [f64; 2],
    /// `|risk - (1 - mean margin)|`, the larger of both, over a bound on its rounding errors.
    risk_gap: f64,
    /// The largest margin of all samples.
    max_margin: f64,
}

impl Evaluated {
    fn of(setting: &Setting, told: &Setting, seed: Seed) -> Result<Self> {
        let run = linear_evaluation(setting, setting.steps_to(TAU), N_TEST, seed)?;
        let LinearEvaluation { collapsed, in_distribution, out_of_distribution } = run;
        let law = linear_margin(told, &collapsed)?;
        let standard_error = (law.variance / N_TEST as f64).sqrt();
        let standardised = |evaluation: &Evaluation, background_mean: f64| {
            (evaluation.mean_margin - (law.core_mean + background_mean)) / standard_error
        };
        // Each loss is rounded once and lies below 2, as do both sums over n.
        let gap = |evaluation: &Evaluation| {
            (evaluation.loss + evaluation.mean_margin - 1.0).abs() / (8.0 * f64::EPSILON)
        };
        Ok(Evaluated {
            standardised: [
                standardised(&in_distribution, law.background_mean),
                standardised(&out_of_distribution, -law.background_mean),
            ],
            risk_gap: gap(&in_distribution).max(gap(&out_of_distribution)),
            max_margin: in_distribution.max_margin.max(out_of_distribution.max_margin),
        })
    }
}
