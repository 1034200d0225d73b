//! Claims on activation asymmetry: neurons of the initial set from the time `T0` on.

use crate::error::Result;
use crate::linalg::{mean, row_of};
use crate::observe::class_means;
use crate::predict::{FixedPoint, Moments, hoeffding_inactivity, own_class_inactivity};
use crate::setting::Setting;
use crate::stats::{Exact, Region, Replicates};

use super::exponent::exponent_part;
use super::lab::{Ladder, Run, Rung};
use super::plan::Work;
use super::scenario::{Arms, Scenario, Times, VARIATIONS};
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// Relative error of the standardised own-class mean: the start's share of the weights at `T1`, of
/// order `d0^{-1/2} / 4`, is left out of the prediction.
const OWN_MEAN_MARGIN: f64 = 0.1;
/// Below this share of the background core and background count as out of balance: the fixed point of
/// equal shares holds within `1 / sqrt(d0)`.
const BALANCE: f64 = 0.45;
/// How far an exponent may lie from the one predicted for the same sizes.
const EXPONENT_MARGIN: f64 = 0.1;

const OWN_CLASS: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Frozen };
const OTHER_CLASS: Arms = Arms { claim: Scenario::Theorem, control: Scenario::HeavyBackground };

pub(super) fn own_class_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladders(OWN_CLASS, &VARIATIONS, tier, arm)
}

pub(super) fn other_class_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladders(OTHER_CLASS, &VARIATIONS, tier, arm)
}

/// `asymmetry/own-class`: every neuron of the initial set, at all recorded times, by exact probabilities;
/// beside it, two-sided, the standardised mean that these probabilities come from.
pub(super) fn own_class(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let ladder = lab.ladder(OWN_CLASS.of(arm), arm)?;
    let mut drafts = vec![worst_inactivity("", &ladder)?];
    for rung in ladder.decidable(lab.rates().beta) {
        drafts.push(own_mean("", rung)?);
    }
    for (name, ladder) in lab.variations(&VARIATIONS, arm)? {
        drafts.push(worst_inactivity(&name, &ladder)?);
        drafts.push(own_mean(&name, ladder.largest(lab.rates().beta))?);
    }
    Ok(drafts)
}

fn worst_inactivity(variation: &str, ladder: &Ladder) -> Result<Draft> {
    let mut cases = Vec::new();
    for rung in &ladder.rungs {
        cases.extend(inactivity_ratios(rung)?);
    }
    Ok(Draft::inequality(
        format!("{variation}P(inactive on own class) over its bound, worst neuron and time"),
        &ladder.sizes(),
        Exact::largest(cases),
    ))
}

/// `P(inactive on own class)` over the bound of the claim, as middle and half-width of what is certain:
/// the exact probability within its numerical error and, where that error is larger than the
/// probability itself, Hoeffding's inequality for the very weights of the neuron.
fn inactivity_ratios(rung: &Rung) -> Result<Vec<(f64, f64)>> {
    let setting = &rung.setting;
    let bound = own_class_inactivity(setting);
    let mut ratios = Vec::new();
    for (Run { record, set }, activations) in rung.runs.iter().zip(rung.activations()?.iter()) {
        for (weights, at_time) in record.weights.iter().zip(activations) {
            for (neuron, probabilities) in set.iter().zip(at_time) {
                let active = probabilities.of(neuron.own);
                let row = row_of(weights.as_ref(), neuron.neuron_idx);
                let hoeffding = hoeffding_inactivity(setting, &row, neuron.own);
                let inactive = 1.0 - active.value;
                let lower = (inactive - active.error_bound).max(0.0);
                let upper = (inactive + active.error_bound).min(hoeffding);
                ratios.push((0.5 * (lower + upper) / bound, 0.5 * (upper - lower) / bound));
            }
        }
    }
    Ok(ratios)
}

/// `r_own` at `T1`, over the value that the fixed point gives, one average per run.
fn own_mean(variation: &str, rung: &Rung) -> Result<Draft> {
    let setting = &rung.setting;
    let predicted = FixedPoint::solve(&Moments::of(setting))?.own_class_mean;
    let ratios = rung.of_sets(|Run { record, set }| {
        let means = class_means(setting, record.weights[Times::T1].as_ref());
        let own: Vec<f64> =
            set.iter().map(|neuron| *means[neuron.neuron_idx].of(neuron.own)).collect();
        mean(&own) / predicted
    });
    let region = Region::within(OWN_MEAN_MARGIN, 1.0);
    let draft = Draft::new(
        format!(
            "{variation}standardised own-class mean at T1 over predicted, d0 = {}",
            rung.n_features()
        ),
        &[rung.n_features()],
        winsorised(&ratios, region, 1.0)?,
        region,
    );
    Ok(draft.predicted(1.0))
}

/// `asymmetry/other-class`: the exponent of the mean activation on the other class at `T1`.
pub(super) fn other_class(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let ladder = lab.ladder(OTHER_CLASS.of(arm), arm)?;
    // The claim's own prediction, also in the control: there the same statement must fail.
    let law = activation_law(&ladder, |rung| Ok(Setting::theorem(rung.n_features())))?;
    let mut drafts = vec![fall("", &ladder, ladder.slope(&law))?];
    for (name, ladder) in lab.variations(&VARIATIONS, arm)? {
        let law = activation_law(&ladder, |rung| Ok(rung.setting.clone()))?;
        drafts.push(fall(&name, &ladder, ladder.slope(&law))?);
    }
    Ok(drafts)
}

/// `P` of the fixed point at every size.
fn activation_law(ladder: &Ladder, setting: impl Fn(&Rung) -> Result<Setting>) -> Result<Vec<f64>> {
    let of_rung = |rung: &Rung| {
        let moments = Moments::of(&*setting(rung)?);
        Ok(FixedPoint::solve(&moments)?.other_class_activation)
    };
    ladder.rungs.iter().map(of_rung).collect()
}

/// The exponent as predicted where core and background are in balance; with less background the
/// activation falls faster than a power, and the claim is that it falls at least as fast as in balance.
fn fall(variation: &str, ladder: &Ladder, predicted: f64) -> Result<Draft> {
    let rungs = ladder.rungs.iter().map(other_class_means).collect::<Result<Vec<_>>>()?;
    let name = format!("{variation}exponent of P(active on other class) at T1");
    let in_balance = |rung: &Rung| Ok(Setting::theorem(rung.n_features()));
    let setting = &ladder.rungs[0].setting;
    let region = if Moments::of(setting).background_share() < BALANCE {
        let slope = ladder.slope(&activation_law(ladder, in_balance)?);
        Region::at_most(slope + EXPONENT_MARGIN)
    } else {
        Region::within(EXPONENT_MARGIN, predicted)
    };
    exponent_part(name, ladder, &rungs, region, predicted)
}

/// The mean of `P(active on other class)` over the initial set, one value per run with a set.
fn other_class_means(rung: &Rung) -> Result<Replicates<f64>> {
    let runs = rung.runs.zip(rung.activations()?);
    Ok(runs.filter_map(|(Run { set, .. }, activations)| {
        let pairs = set.iter().zip(&activations[Times::T1]);
        let others = pairs.map(|(neuron, p)| p.of(neuron.own.other()).value);
        (!set.is_empty()).then(|| mean(&others.collect::<Vec<_>>()))
    }))
}
