//! Claims on the hinge risk of ReLU networks at `T2`, in and out of distribution.

use crate::error::Result;
use crate::observe::RunRecord;
use crate::predict::{FixedPoint, Moments, relu_risk};
use crate::stats::{Mean, Region};

use super::lab::{Ladder, Rung, Scenario, Times};
use super::{Arm, Draft, Lab};

/// A risk is called vanishing when its exponent lies below this.
pub(super) const VANISHING_EXPONENT: f64 = -0.25;
/// And when at the largest size it is below this.
pub(super) const SMALL_RISK: f64 = 0.1;
/// A risk is called order one above this: half the risk of a network that always answers 0.
const LARGE_RISK: f64 = 0.5;
/// And when its exponent lies this near 0.
const EXPONENT_MARGIN: f64 = 0.1;

/// `risk/in-distribution`.
pub(super) fn in_distribution(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let scenario = match arm {
        Arm::Claim => Scenario::Theorem,
        Arm::Control => Scenario::StrongDecay,
    };
    let ladder = lab.ladder(scenario, arm)?;
    let law: Vec<f64> = ladder
        .rungs
        .iter()
        .map(|rung| relu_risk(&rung.setting, Times::of(&rung.setting).t2))
        .collect::<Result<_>>()?;
    Ok(vanishing("in distribution", &ladder, |run| run.in_distribution.loss, &law))
}

/// `risk/out-of-distribution`: order one at every size, without trend.
pub(super) fn out_of_distribution(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let scenario = match arm {
        Arm::Claim => Scenario::Theorem,
        Arm::Control => Scenario::Linear,
    };
    let ladder = lab.ladder(scenario, arm)?;
    let (mut drafts, mut law) = (Vec::new(), Vec::new());
    for rung in &ladder.rungs {
        let values: Vec<f64> = rung.runs.iter().map(|run| run.out_of_distribution.loss).collect();
        let predicted = FixedPoint::solve(&Moments::of(&rung.setting))?.finite_ood_risk;
        drafts.push(
            Draft::new(
                format!("risk out of distribution at T2, d0 = {}", rung.n_features()),
                &[rung.n_features()],
                Mean::of(&values),
                Region::at_least(LARGE_RISK),
            )
            .predicted(predicted),
        );
        law.push(predicted);
    }
    drafts.push(
        Draft::new(
            "exponent of the risk out of distribution",
            &ladder.sizes(),
            slopes(&ladder, |run| run.out_of_distribution.loss),
            Region::within(EXPONENT_MARGIN, 0.0),
        )
        .predicted(ladder.slope(&law)),
    );
    Ok(drafts)
}

/// A risk that falls along the ladder, and is small at its end; `predicted` are the risks that the
/// theory gives for the rungs.
pub(super) fn vanishing(
    name: &str,
    ladder: &Ladder,
    risk: fn(&RunRecord) -> f64,
    predicted: &[f64],
) -> Vec<Draft> {
    let largest = ladder.largest();
    let at_largest: Vec<f64> = largest.runs.iter().map(risk).collect();
    let exponent = Draft::new(
        format!("exponent of the risk {name}"),
        &ladder.sizes(),
        slopes(ladder, risk),
        Region::at_most(VANISHING_EXPONENT),
    );
    let at_end = Draft::new(
        format!("risk {name} at the largest size"),
        &[largest.n_features()],
        Mean::of(&at_largest),
        Region::at_most(SMALL_RISK),
    );
    let last = predicted.last().copied().unwrap_or(f64::NAN);
    vec![exponent.predicted(ladder.slope(predicted)), at_end.predicted(last)]
}

fn slopes(ladder: &Ladder, risk: fn(&RunRecord) -> f64) -> Mean {
    let of_rung = |rung: &Rung| rung.runs.iter().map(risk).collect();
    ladder.slopes(&ladder.rungs.iter().map(of_rung).collect::<Vec<_>>())
}
