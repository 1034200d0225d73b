//! Claims on the hinge risk of ReLU networks at `T2`, in and out of distribution.

use crate::error::Result;
use crate::observe::RunRecord;
use crate::predict::{FixedPoint, Moments, relu_risk};
use crate::stats::{Region, Replicates};

use super::exponent::exponent_part;
use super::lab::{Ladder, Rung};
use super::plan::Work;
use super::scenario::{Arms, Scenario, Times, VARIATIONS};
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// A risk is called vanishing when its exponent lies below this.
pub(super) const VANISHING_EXPONENT: f64 = -0.25;
/// And when at the largest size it is below this.
pub(super) const SMALL_RISK: f64 = 0.1;
/// A risk is called order one above this share of its limit. At equal shares the limit is 1, the risk of a
/// network that always answers 0.
const LARGE_SHARE: f64 = 0.5;
/// And when its exponent lies this near 0.
const EXPONENT_MARGIN: f64 = 0.1;

const IN_DISTRIBUTION: Arms = Arms { claim: Scenario::Theorem, control: Scenario::StrongDecay };
const OUT_OF_DISTRIBUTION: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Linear };

pub(super) fn in_distribution_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladders(IN_DISTRIBUTION, &VARIATIONS, tier, arm)
}

pub(super) fn out_of_distribution_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladders(OUT_OF_DISTRIBUTION, &VARIATIONS, tier, arm)
}

/// `risk/in-distribution`.
pub(super) fn in_distribution(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let (ladder, beta) = (lab.ladder(IN_DISTRIBUTION.of(arm), arm)?, lab.rates().beta);
    let risk = |run: &RunRecord| run.in_distribution.loss;
    let law = relu_law(&ladder)?;
    let mut drafts = vec![
        vanishing("exponent of the risk in distribution", &ladder, risk, &law)?,
        small("risk in distribution", ladder.largest(beta), risk, |rung| {
            relu_risk(&rung.setting, Times::of(&rung.setting).t2)
        })?,
    ];
    for (name, ladder) in lab.variations(&VARIATIONS, arm)? {
        let name = format!("{name}exponent of the risk in distribution");
        drafts.push(vanishing(&name, &ladder, risk, &relu_law(&ladder)?)?);
    }
    Ok(drafts)
}

fn relu_law(ladder: &Ladder) -> Result<Vec<f64>> {
    let of_rung = |rung: &Rung| relu_risk(&rung.setting, Times::of(&rung.setting).t2);
    ladder.rungs.iter().map(of_rung).collect()
}

/// `risk/out-of-distribution`: order one at every size, without trend; and in every variation at its
/// largest size.
pub(super) fn out_of_distribution(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let (ladder, beta) = (lab.ladder(OUT_OF_DISTRIBUTION.of(arm), arm)?, lab.rates().beta);
    let mut drafts = Vec::new();
    for rung in ladder.decidable(beta) {
        drafts.push(large("", rung)?);
    }
    let law = ladder.rungs.iter().map(ood_law).collect::<Result<Vec<f64>>>()?;
    drafts.push(exponent_part(
        "exponent of the risk out of distribution",
        &ladder,
        &of_rungs(&ladder, |run| run.out_of_distribution.loss),
        Region::within(EXPONENT_MARGIN, 0.0),
        ladder.slope(&law),
    )?);
    for (name, ladder) in lab.variations(&VARIATIONS, arm)? {
        drafts.push(large(&name, ladder.largest(beta))?);
    }
    Ok(drafts)
}

fn ood_law(rung: &Rung) -> Result<f64> {
    Ok(FixedPoint::solve(&Moments::of(&rung.setting))?.finite_ood_risk)
}

/// The risk out of distribution of one size is of order one: at least half of its limit, which is
/// `min(1, 2 beta)`.
fn large(variation: &str, rung: &Rung) -> Result<Draft> {
    let moments = Moments::of(&rung.setting);
    let limit = FixedPoint::solve(&moments)?.limit_ood_risk;
    let (region, predicted) = (Region::at_least(LARGE_SHARE * limit), ood_law(rung)?);
    let values = rung.runs.map(|run| run.record.out_of_distribution.loss);
    let draft = Draft::new(
        format!("{variation}risk out of distribution at T2, d0 = {}", rung.n_features()),
        &[rung.n_features()],
        winsorised(&values, region, predicted)?,
        region,
    );
    Ok(draft.predicted(predicted))
}

/// The exponent of a risk that falls along the ladder; `predicted` are the risks that the theory gives for
/// the rungs.
pub(super) fn vanishing(
    name: &str,
    ladder: &Ladder,
    risk: fn(&RunRecord) -> f64,
    predicted: &[f64],
) -> Result<Draft> {
    exponent_part(
        name,
        ladder,
        &of_rungs(ladder, risk),
        Region::at_most(VANISHING_EXPONENT),
        ladder.slope(predicted),
    )
}

/// A risk that is small at the largest size that decides.
pub(super) fn small(
    name: &str,
    rung: &Rung,
    risk: fn(&RunRecord) -> f64,
    law: impl Fn(&Rung) -> Result<f64>,
) -> Result<Draft> {
    let (region, predicted) = (Region::at_most(SMALL_RISK), law(rung)?);
    let draft = Draft::new(
        format!("{name}, d0 = {}", rung.n_features()),
        &[rung.n_features()],
        winsorised(&rung.runs.map(|run| risk(&run.record)), region, predicted)?,
        region,
    );
    Ok(draft.predicted(predicted))
}

/// The risks of the runs of every rung.
fn of_rungs(ladder: &Ladder, risk: fn(&RunRecord) -> f64) -> Vec<Replicates<f64>> {
    ladder.rungs.iter().map(|rung| rung.runs.map(|run| risk(&run.record))).collect()
}
