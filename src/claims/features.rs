//! Claims on learned features: the projections of the initial set at `T1`.

use crate::error::Result;
use crate::observe::feature_projections;
use crate::predict::{FeatureProjection, feature_projection};
use crate::stats::{Exact, Mean, Region};

use super::lab::{Ladder, Rung, Scenario, Times};
use super::{Arm, Draft, Lab};

/// An exponent this near 0 is called order one over the ladder.
const EXPONENT_MARGIN: f64 = 0.1;

/// Which of the two projections.
#[derive(Clone, Copy)]
enum Which {
    Core,
    Background,
}

/// `features/core`.
pub(super) fn core(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let scenario = match arm {
        Arm::Claim => Scenario::Theorem,
        Arm::Control => Scenario::Frozen,
    };
    projection(&*lab.ladder(scenario, arm)?, Which::Core)
}

/// `features/background`.
pub(super) fn background(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let scenario = match arm {
        Arm::Claim => Scenario::Theorem,
        Arm::Control => Scenario::Linear,
    };
    projection(&*lab.ladder(scenario, arm)?, Which::Background)
}

/// The projection within its explicit bounds at every size, and without trend.
fn projection(ladder: &Ladder, which: Which) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    let (mut rungs, mut law) = (Vec::new(), Vec::new());
    for rung in &ladder.rungs {
        let bounds = predicted(rung, which)?;
        let values = measured(rung, which);
        drafts.push(
            Draft::new(
                format!("projection at T1, d0 = {}", rung.n_features()),
                &[rung.n_features()],
                Mean::of(&values),
                Region::between(bounds.lower, bounds.upper),
            )
            .predicted(bounds.predicted),
        );
        rungs.push(values);
        law.push(bounds.predicted);
    }
    let sizes = ladder.sizes();
    drafts.push(
        Draft::new(
            "exponent of the projection",
            &sizes,
            ladder.slopes(&rungs),
            Region::within(EXPONENT_MARGIN, 0.0),
        )
        .predicted(ladder.slope(&law)),
    );
    let margins = ladder.rungs.iter().flat_map(|rung| &rung.runs);
    drafts.push(Draft::inequality(
        "premise: the hinge is active on every sample up to T1, largest margin",
        &sizes,
        Exact::largest(margins.map(|run| (run.max_margins[Times::T1].max(0.0), 0.0))),
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
fn measured(rung: &Rung, which: Which) -> Vec<f64> {
    let runs = rung.runs.iter().zip(&rung.sets).filter(|(_, set)| !set.is_empty());
    runs.map(|(run, set)| {
        let weights = run.weights[Times::T1].as_ref();
        let (core, background) = feature_projections(&rung.setting, weights, set);
        match which {
            Which::Core => core,
            Which::Background => background,
        }
    })
    .collect()
}
