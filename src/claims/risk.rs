//! Claims on the hinge risk of ReLU networks at `T2`, in and out of distribution.

use crate::error::Result;
use crate::observe::RunRecord;
use crate::predict::{FixedPoint, Moments, relu_risk};
use crate::stats::{Region, Replicates};

use super::exponent::exponent_part;
use super::lab::{Arms, Ladder, Scenario, Times};
use super::plan::Work;
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// A risk is called vanishing when its exponent lies below this.
pub(super) const VANISHING_EXPONENT: f64 = -0.25;
/// And when at the largest size it is below this.
pub(super) const SMALL_RISK: f64 = 0.1;
/// A risk is called order one above this: half the risk of a network that always answers 0.
const LARGE_RISK: f64 = 0.5;
/// And when its exponent lies this near 0.
const EXPONENT_MARGIN: f64 = 0.1;

const IN_DISTRIBUTION: Arms = Arms { claim: Scenario::Theorem, control: Scenario::StrongDecay };
const OUT_OF_DISTRIBUTION: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Linear };

pub(super) fn in_distribution_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladder(IN_DISTRIBUTION.of(arm), tier, arm)
}

pub(super) fn out_of_distribution_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladder(OUT_OF_DISTRIBUTION.of(arm), tier, arm)
}

/// `risk/in-distribution`.
pub(super) fn in_distribution(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let ladder = lab.ladder(IN_DISTRIBUTION.of(arm), arm)?;
    let law: Vec<f64> = ladder
        .rungs
        .iter()
        .map(|rung| relu_risk(&rung.setting, Times::of(&rung.setting).t2))
        .collect::<Result<_>>()?;
    vanishing("in distribution", &ladder, |run| run.in_distribution.loss, &law)
}

/// `risk/out-of-distribution`: order one at every size, without trend.
pub(super) fn out_of_distribution(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let ladder = lab.ladder(OUT_OF_DISTRIBUTION.of(arm), arm)?;
    let (mut drafts, mut law) = (Vec::new(), Vec::new());
    for rung in &ladder.rungs {
        let values = rung.runs.map(|run| run.record.out_of_distribution.loss);
        let region = Region::at_least(LARGE_RISK);
        let predicted = FixedPoint::solve(&Moments::of(&rung.setting))?.finite_ood_risk;
        drafts.push(
            Draft::new(
                format!("risk out of distribution at T2, d0 = {}", rung.n_features()),
                &[rung.n_features()],
                winsorised(&values, region, predicted)?,
                region,
            )
            .predicted(predicted),
        );
        law.push(predicted);
    }
    drafts.push(exponent_part(
        "exponent of the risk out of distribution",
        &ladder,
        &of_rungs(&ladder, |run| run.out_of_distribution.loss),
        Region::within(EXPONENT_MARGIN, 0.0),
        ladder.slope(&law),
    )?);
    Ok(drafts)
}

/// A risk that falls along the ladder, and is small at its end; `predicted` are the risks that the
/// theory gives for the rungs.
pub(super) fn vanishing(
    name: &str,
    ladder: &Ladder,
    risk: fn(&RunRecord) -> f64,
    predicted: &[f64],
) -> Result<Vec<Draft>> {
    let largest = ladder.largest();
    let at_largest = largest.runs.map(|run| risk(&run.record));
    let last = predicted.last().copied().unwrap_or(f64::NAN);
    let small = Region::at_most(SMALL_RISK);
    let exponent = exponent_part(
        format!("exponent of the risk {name}"),
        ladder,
        &of_rungs(ladder, risk),
        Region::at_most(VANISHING_EXPONENT),
        ladder.slope(predicted),
    )?;
    let at_end = Draft::new(
        format!("risk {name} at the largest size"),
        &[largest.n_features()],
        winsorised(&at_largest, small, last)?,
        small,
    );
    Ok(vec![exponent, at_end.predicted(last)])
}

/// The risks of the runs of every rung.
fn of_rungs(ladder: &Ladder, risk: fn(&RunRecord) -> f64) -> Vec<Replicates<f64>> {
    ladder.rungs.iter().map(|rung| rung.runs.map(|run| risk(&run.record))).collect()
}
