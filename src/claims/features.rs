//! Claims on learned features: the projections of the initial set at `T1`.

use crate::error::Result;
use crate::observe::feature_projections;
use crate::predict::{FeatureProjection, feature_projection};
use crate::setting::Setting;
use crate::stats::{Exact, Region, Replicates};

use super::exponent::exponent_part;
use super::lab::{Ladder, Run, Rung};
use super::plan::Work;
use super::scenario::{Arms, Scenario, Times, VARIATIONS};
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// An exponent this near 0 is called order one over the ladder.
const EXPONENT_MARGIN: f64 = 0.1;

const CORE: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Frozen };
const BACKGROUND: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Linear };

pub(super) fn core_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladders(CORE, &VARIATIONS, tier, arm)
}

pub(super) fn background_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladders(BACKGROUND, &VARIATIONS, tier, arm)
}

/// Which of the two projections.
#[derive(Clone, Copy)]
enum Which {
    Core,
    Background,
}

/// `features/core`.
pub(super) fn core(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    projections(lab, CORE, arm, Which::Core)
}

/// `features/background`.
pub(super) fn background(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    projections(lab, BACKGROUND, arm, Which::Background)
}

/// The projection within its explicit bounds at every size that decides, and without trend; and in every
/// variation at its largest size.
fn projections(lab: &Lab, arms: Arms, arm: Arm, which: Which) -> Result<Vec<Draft>> {
    let (ladder, beta) = (lab.ladder(arms.of(arm), arm)?, lab.rates().beta);
    // The claim's bounds are those of the theorem's rates, also where a control changes them.
    let theorem = |rung: &Rung| Setting::theorem(rung.n_features());
    let mut drafts = Vec::new();
    for rung in ladder.decidable(beta) {
        drafts.push(projection("", rung, &theorem(rung), which)?);
    }
    let of_rung = |rung: &Rung| Ok(predicted(&theorem(rung), which)?.predicted);
    let law = ladder.rungs.iter().map(of_rung).collect::<Result<Vec<f64>>>()?;
    let rungs: Vec<_> = ladder.rungs.iter().map(|rung| measured(rung, which)).collect();
    let (flat, slope) = (Region::within(EXPONENT_MARGIN, 0.0), ladder.slope(&law));
    drafts.push(exponent_part("exponent of the projection", &ladder, &rungs, flat, slope)?);
    drafts.push(active_hinge("", &ladder));
    for (name, ladder) in lab.variations(&VARIATIONS, arm)? {
        let rung = ladder.largest(beta);
        drafts.push(projection(&name, rung, &rung.setting, which)?);
        drafts.push(active_hinge(&name, &ladder));
    }
    Ok(drafts)
}

fn projection(variation: &str, rung: &Rung, setting: &Setting, which: Which) -> Result<Draft> {
    let (bounds, values) = (predicted(setting, which)?, measured(rung, which));
    let region = Region::between(bounds.lower, bounds.upper);
    let draft = Draft::new(
        format!("{variation}projection at T1, d0 = {}", rung.n_features()),
        &[rung.n_features()],
        winsorised(&values, region, bounds.predicted)?,
        region,
    );
    Ok(draft.predicted(bounds.predicted))
}

fn active_hinge(variation: &str, ladder: &Ladder) -> Draft {
    let runs = ladder.rungs.iter().flat_map(|rung| rung.runs.iter());
    Draft::inequality(
        format!("{variation}premise: the hinge is active on every sample up to T1, largest margin"),
        &ladder.sizes(),
        Exact::largest(runs.map(|run| (run.record.max_margins[Times::T1].max(0.0), 0.0))),
    )
}

/// The bounds and the value that the theory gives for the setting.
fn predicted(setting: &Setting, which: Which) -> Result<FeatureProjection> {
    let (core, background) = feature_projection(setting, Times::of(setting).t1)?;
    Ok(match which {
        Which::Core => core,
        Which::Background => background,
    })
}

/// One value per run with an initial set.
fn measured(rung: &Rung, which: Which) -> Replicates<f64> {
    rung.of_sets(|Run { record, set }| {
        let weights = record.weights[Times::T1].as_ref();
        let (core, background) = feature_projections(&rung.setting, weights, set);
        match which {
            Which::Core => core,
            Which::Background => background,
        }
    })
}
