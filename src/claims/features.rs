//! Claims on learned features: the projections of the initial set at `T1`.

use crate::error::Result;
use crate::observe::feature_projections;
use crate::predict::{FeatureProjection, feature_projection};
use crate::stats::{Exact, Region, Replicates};

use super::exponent::exponent_part;
use super::lab::{Arms, Ladder, Run, Rung, Scenario, Times};
use super::plan::Work;
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// An exponent this near 0 is called order one over the ladder.
const EXPONENT_MARGIN: f64 = 0.1;

const CORE: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Frozen };
const BACKGROUND: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Linear };

pub(super) fn core_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladder(CORE.of(arm), tier, arm)
}

pub(super) fn background_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    Work::ladder(BACKGROUND.of(arm), tier, arm)
}

/// Which of the two projections.
#[derive(Clone, Copy)]
enum Which {
    Core,
    Background,
}

/// `features/core`.
pub(super) fn core(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    projection(&*lab.ladder(CORE.of(arm), arm)?, Which::Core)
}

/// `features/background`.
pub(super) fn background(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    projection(&*lab.ladder(BACKGROUND.of(arm), arm)?, Which::Background)
}

/// The projection within its explicit bounds at every size, and without trend.
fn projection(ladder: &Ladder, which: Which) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    let (mut rungs, mut law) = (Vec::new(), Vec::new());
    for rung in &ladder.rungs {
        let bounds = predicted(rung, which)?;
        let values = measured(rung, which);
        let region = Region::between(bounds.lower, bounds.upper);
        drafts.push(
            Draft::new(
                format!("projection at T1, d0 = {}", rung.n_features()),
                &[rung.n_features()],
                winsorised(&values, region, bounds.predicted)?,
                region,
            )
            .predicted(bounds.predicted),
        );
        rungs.push(values);
        law.push(bounds.predicted);
    }
    let (flat, predicted) = (Region::within(EXPONENT_MARGIN, 0.0), ladder.slope(&law));
    drafts.push(exponent_part("exponent of the projection", ladder, &rungs, flat, predicted)?);
    let margins = ladder.rungs.iter().flat_map(|rung| rung.runs.iter());
    drafts.push(Draft::inequality(
        "premise: the hinge is active on every sample up to T1, largest margin",
        &ladder.sizes(),
        Exact::largest(margins.map(|run| (run.record.max_margins[Times::T1].max(0.0), 0.0))),
    ));
    Ok(drafts)
}

/// The claim's bounds. They are those of the theorem's rates, also where a control changes them.
fn predicted(rung: &Rung, which: Which) -> Result<FeatureProjection> {
    let theorem = crate::setting::Setting::theorem(rung.n_features());
    let (core, background) = feature_projection(&theorem, Times::of(&theorem).t1)?;
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
