//! Claims on the hinge risk of ReLU networks at `T2`, in and out of distribution.

use crate::error::Result;
use crate::predict::{FixedPoint, Moments, relu_risk};
use crate::stats::Region;
use crate::study::{Claim, Design, Kind, Scope};

use super::exponent::exponent_part;
use super::ladder::{Ladder, LadderRun, Rung};
use super::mean::mean_part;
use super::scenario::{Arms, Scenario, Times, VARIATIONS};

/// A risk is called vanishing when its exponent lies below this.
const VANISHING_EXPONENT: f64 = -0.25;
/// And when at the largest size it is below this.
const SMALL_RISK: f64 = 0.1;
/// A risk is called order one above this share of its limit. At equal shares the limit is 1, the risk of a
/// network that always answers 0.
const LARGE_SHARE: f64 = 0.5;
/// And when its exponent lies this near 0.
const EXPONENT_MARGIN: f64 = 0.1;

const IN_DISTRIBUTION: Arms = Arms { claim: Scenario::Theorem, control: Scenario::StrongDecay };
const OUT_OF_DISTRIBUTION: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Linear };

/// `risk/in-distribution`.
pub(super) fn in_distribution() -> Claim {
    Claim::new(
        "risk/in-distribution",
        "At T2 the hinge risk in distribution falls to 0 as d0 grows.",
        in_distribution_design,
    )
    .source("notation 4; Zhang et al. 2024, theorem 4.3")
    .kind(Kind::Trend)
    .control("weight decay at twice its critical value")
    .cost("the ReLU ladder")
    .card(card!("risk/in-distribution"))
}

fn in_distribution_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let ladder = Ladder::of(&mut design, IN_DISTRIBUTION.of(scope.arm), scope)?;
    let risk = |run: &LadderRun| run.id_risk;
    let law = relu_law(&ladder)?;
    vanishing(&mut design, "exponent of the risk in distribution", (&ladder, &law), risk);
    let largest = ladder.largest(scope.rates.beta);
    let predicted = relu_risk(&largest.setting, Times::of(&largest.setting).t2)?;
    small(&mut design, "risk in distribution", (largest, predicted), risk)?;
    for (name, ladder) in Ladder::variations(&mut design, &VARIATIONS, scope)? {
        let name = format!("{name}exponent of the risk in distribution");
        let law = relu_law(&ladder)?;
        vanishing(&mut design, &name, (&ladder, &law), risk);
    }
    Ok(design)
}

fn relu_law(ladder: &Ladder) -> Result<Vec<f64>> {
    let of_rung = |rung: &Rung| relu_risk(&rung.setting, Times::of(&rung.setting).t2);
    ladder.rungs.iter().map(of_rung).collect()
}

/// `risk/out-of-distribution`.
pub(super) fn out_of_distribution() -> Claim {
    Claim::new(
        "risk/out-of-distribution",
        "At T2 the hinge risk out of distribution stays of order one as d0 grows.",
        out_of_distribution_design,
    )
    .source("notation 4, 6; Zhang et al. 2024, theorem 4.3")
    .kind(Kind::Trend)
    .control("identity activation")
    .cost("the ReLU ladder")
    .card(card!("risk/out-of-distribution"))
}

/// Order one at every size, without trend; and in every variation at its largest size.
fn out_of_distribution_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let ladder = Ladder::of(&mut design, OUT_OF_DISTRIBUTION.of(scope.arm), scope)?;
    let beta = scope.rates.beta;
    for rung in ladder.decidable(beta) {
        large(&mut design, "", rung)?;
    }
    let law = ladder.rungs.iter().map(ood_law).collect::<Result<Vec<f64>>>()?;
    exponent_part(
        &mut design,
        "exponent of the risk out of distribution",
        &ladder,
        |run| run.ood_risk,
        Region::around(0.0).within(EXPONENT_MARGIN),
        ladder.slope(&law),
    );
    for (name, ladder) in Ladder::variations(&mut design, &VARIATIONS, scope)? {
        large(&mut design, &name, ladder.largest(beta))?;
    }
    Ok(design)
}

fn ood_law(rung: &Rung) -> Result<f64> {
    Ok(FixedPoint::solve(&Moments::of(&rung.setting))?.finite_ood_risk)
}

/// The risk out of distribution of one size is of order one: at least half of its limit, which is
/// `min(1, 2 beta)`.
fn large(design: &mut Design, variation: &str, rung: &Rung) -> Result<()> {
    let limit = FixedPoint::solve(&Moments::of(&rung.setting))?.limit_ood_risk;
    let (region, predicted) = (Region::at_least(LARGE_SHARE * limit), ood_law(rung)?);
    let name = format!("{variation}risk out of distribution at T2, d0 = {}", rung.n_features());
    let read = |run: &LadderRun| run.ood_risk;
    mean_part(design, name, rung.runs, (region, predicted), read)?.predicted(predicted);
    Ok(())
}

/// Adds the exponent of a risk that falls along the ladder; `law` has the risks that the theory gives for the
/// rungs.
pub(super) fn vanishing(
    design: &mut Design,
    name: &str,
    (ladder, law): (&Ladder, &[f64]),
    risk: fn(&LadderRun) -> f64,
) {
    let region = Region::at_most(VANISHING_EXPONENT);
    exponent_part(design, name, ladder, risk, region, ladder.slope(law));
}

/// Adds a risk that is small at one size, where the theory gives `predicted`.
pub(super) fn small(
    design: &mut Design,
    name: &str,
    (rung, predicted): (&Rung, f64),
    risk: fn(&LadderRun) -> f64,
) -> Result<()> {
    let region = Region::at_most(SMALL_RISK);
    let name = format!("{name}, d0 = {}", rung.n_features());
    mean_part(design, name, rung.runs, (region, predicted), risk)?.predicted(predicted);
    Ok(())
}
