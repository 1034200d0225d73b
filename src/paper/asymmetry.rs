//! Claims on activation asymmetry: neurons of the initial set from the time `T0` on.

use crate::error::Result;
use crate::predict::{FixedPoint, Moments};
use crate::setting::Setting;
use crate::stats::Region;
use crate::study::{Claim, Design, Estimator, Kind, Scope};

use super::exponent::exponent_part;
use super::ladder::{Ladder, LadderRun, Rung};
use super::mean::mean_part;
use super::scenario::{Arms, Scenario, VARIATIONS};

/// Relative error of the standardised own-class mean: the start's share of the weights at `T1`, of
/// order `d0^{-1/2} / 4`, is left out of the prediction.
const OWN_MEAN_MARGIN: f64 = 0.1;
/// Below this share of the background core and background count as out of balance: the fixed point
/// of equal shares holds within `1 / sqrt(d0)`.
const BALANCE: f64 = 0.45;
/// How far an exponent may lie from the one predicted for the same sizes.
const EXPONENT_MARGIN: f64 = 0.1;

const OWN_CLASS: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Frozen };
const OTHER_CLASS: Arms = Arms { claim: Scenario::Theorem, control: Scenario::HeavyBackground };

/// `asymmetry/own-class`.
pub(super) fn own_class() -> Claim {
    Claim::new(
        "asymmetry/own-class",
        "After T0 every neuron of the initial set is active on its own class up to an \
         exponentially small probability, below the paper's O(d0^-1/2).",
        own_class_design,
    )
    .source("notation 4; Zhang et al. 2024, theorem 4.1")
    .kind(Kind::Inequality)
    .control("learning rate 0")
    .cost("the ReLU ladder")
    .card(card!("asymmetry/own-class"))
}

/// Every neuron of the initial set at all recorded times, by exact probabilities; and, two-sided,
/// the standardised mean that these probabilities come from.
fn own_class_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let ladder = Ladder::of(&mut design, OWN_CLASS.of(scope.arm), scope)?;
    let beta = scope.rates.beta;
    worst_inactivity(&mut design, "", &ladder);
    for rung in ladder.decidable(beta) {
        own_mean(&mut design, "", rung)?;
    }
    for (name, ladder) in Ladder::variations(&mut design, &VARIATIONS, scope)? {
        worst_inactivity(&mut design, &name, &ladder);
        own_mean(&mut design, &name, ladder.largest(beta))?;
    }
    Ok(design)
}

/// Adds the largest ratio of a ladder.
fn worst_inactivity(design: &mut Design, variation: &str, ladder: &Ladder) {
    let ratios = ladder.rungs.iter().map(|rung| rung.runs.cases(|run| run.own_inactivity.clone()));
    design.inequality(
        format!("{variation}P(inactive on own class) over its bound, worst neuron and time"),
        Estimator::largest(ratios),
    );
}

/// Adds `r_own` at `T1` over the value that the fixed point gives, one average per run.
fn own_mean(design: &mut Design, variation: &str, rung: &Rung) -> Result<()> {
    let predicted = FixedPoint::solve(&Moments::of(&rung.setting))?.own_class_mean;
    let region = Region::around(1.0).within(OWN_MEAN_MARGIN);
    let ratio = move |run: &LadderRun| run.set.map(|set| set.own_class_mean / predicted);
    let what = "standardised own-class mean at T1 over predicted";
    let name = format!("{variation}{what}, d0 = {}", rung.n_features());
    mean_part(design, name, rung.runs, (region, 1.0), ratio)?.predicted(1.0);
    Ok(())
}

/// `asymmetry/other-class`.
pub(super) fn other_class() -> Claim {
    Claim::new(
        "asymmetry/other-class",
        "At T1 the neurons of the initial set are active on the other class with a mean \
         probability that falls to 0 as d0 grows, if beta <= 1/2.",
        other_class_design,
    )
    .source("notation 4, 6; Zhang et al. 2024, theorem 4.1")
    .kind(Kind::Trend)
    .control("three quarters of the features background (beta = 0.75)")
    .cost("the ReLU ladder")
    .card(card!("asymmetry/other-class"))
}

/// The exponent of the mean activation on the other class at `T1`.
fn other_class_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let ladder = Ladder::of(&mut design, OTHER_CLASS.of(scope.arm), scope)?;
    // The control keeps the prediction for the claim's own setting: there the same statement must
    // fail.
    fall(&mut design, "", &ladder, theorem_slope(&ladder)?)?;
    for (name, ladder) in Ladder::variations(&mut design, &VARIATIONS, scope)? {
        let predicted = predicted_slope(&ladder, |rung| rung.setting.clone())?;
        fall(&mut design, &name, &ladder, predicted)?;
    }
    Ok(design)
}

/// The slope along the ladder of the `P` of the fixed point in the setting that belongs to each
/// rung.
fn predicted_slope(ladder: &Ladder, setting: impl Fn(&Rung) -> Setting) -> Result<f64> {
    let of_rung =
        |rung: &Rung| Ok(FixedPoint::solve(&Moments::of(&setting(rung)))?.other_class_activation);
    let law = ladder.rungs.iter().map(of_rung).collect::<Result<Vec<f64>>>()?;
    Ok(ladder.slope(&law))
}

/// The slope in the theorem's setting, where core and background are in balance.
fn theorem_slope(ladder: &Ladder) -> Result<f64> {
    predicted_slope(ladder, |rung| Setting::theorem(rung.n_features()))
}

/// Adds the exponent, as predicted where core and background are in balance. With less background
/// the activation falls faster than a power, and the claim is that it falls at least as fast as in
/// balance.
fn fall(design: &mut Design, variation: &str, ladder: &Ladder, predicted: f64) -> Result<()> {
    let region = if Moments::of(&ladder.rungs[0].setting).background_share() < BALANCE {
        Region::at_most(theorem_slope(ladder)? + EXPONENT_MARGIN)
    } else {
        Region::around(predicted).within(EXPONENT_MARGIN)
    };
    let name = format!("{variation}exponent of P(active on other class) at T1");
    let other_class = |run: &LadderRun| run.set.and_then(|set| set.other_class);
    exponent_part(design, name, ladder, other_class, region, predicted);
    Ok(())
}
