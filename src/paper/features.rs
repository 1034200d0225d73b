//! Claims on learned features: the projections of the initial set at `T1`.

use crate::error::Result;
use crate::predict::{FeatureProjection, feature_projection};
use crate::setting::Setting;
use crate::stats::Region;
use crate::study::{Claim, Design, Estimator, Kind, Scope};

use super::exponent::exponent_part;
use super::ladder::{Ladder, LadderRun, Rung};
use super::mean::mean_part;
use super::scenario::{Arms, Scenario, Times, VARIATIONS};

/// An exponent this near 0 is called order one over the ladder.
const EXPONENT_MARGIN: f64 = 0.1;

const CORE: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Frozen };
const BACKGROUND: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Linear };

/// `features/core`.
pub(super) fn core() -> Claim {
    Claim::new(
        "features/core",
        "At T1 the core projection y sum_C mu_j <w, m_j> of the initial set is of order one.",
        |scope| design(scope, CORE, Projection::Core),
    )
    .source("notation 4; Zhang et al. 2024, theorem 4.2")
    .kind(Kind::Trend)
    .control("learning rate 0")
    .cost("the ReLU ladder")
    .card(card!("features/core"))
}

/// `features/background`.
pub(super) fn background() -> Claim {
    Claim::new(
        "features/background",
        "At T1 the background projection sum_B mu_j <w, m_j> of the initial set is of order one: \
         background is learned as much as core.",
        |scope| design(scope, BACKGROUND, Projection::Background),
    )
    .source("notation 4; Zhang et al. 2024, theorem 4.2")
    .kind(Kind::Trend)
    .control("identity activation")
    .cost("the ReLU ladder")
    .card(card!("features/background"))
}

/// One of the two projections.
#[derive(Clone, Copy)]
enum Projection {
    Core,
    Background,
}

impl Projection {
    /// The bounds and the value that the theory gives for a setting.
    fn predicted(self, setting: &Setting) -> Result<FeatureProjection> {
        let (core, background) = feature_projection(setting, Times::of(setting).t1)?;
        Ok(match self {
            Projection::Core => core,
            Projection::Background => background,
        })
    }

    /// The mean over the initial set of a run that has one.
    fn measured(self, run: &LadderRun) -> Option<f64> {
        run.set.map(|set| match self {
            Projection::Core => set.core,
            Projection::Background => set.background,
        })
    }
}

/// The projection within its explicit bounds at every size that decides, and without trend; and in
/// every variation at its largest size.
fn design(scope: &Scope, arms: Arms, projection: Projection) -> Result<Design> {
    let mut design = Design::new();
    let ladder = Ladder::of(&mut design, arms.of(scope.arm), scope)?;
    let beta = scope.rates.beta;
    // The bounds are those of the theorem's rates, even where a control changes them.
    let theorem = |rung: &Rung| projection.predicted(&Setting::theorem(rung.n_features()));
    for rung in ladder.decidable(beta) {
        within_bounds(&mut design, "", (rung, theorem(rung)?), projection)?;
    }
    let law = ladder.rungs.iter().map(|rung| Ok(theorem(rung)?.predicted));
    let slope = ladder.slope(&law.collect::<Result<Vec<f64>>>()?);
    exponent_part(
        &mut design,
        "exponent of the projection",
        &ladder,
        move |run| projection.measured(run),
        Region::around(0.0).within(EXPONENT_MARGIN),
        slope,
    );
    active_hinge(&mut design, "", &ladder);
    for (name, ladder) in Ladder::variations(&mut design, &VARIATIONS, scope)? {
        let rung = ladder.largest(beta);
        let bounds = projection.predicted(&rung.setting)?;
        within_bounds(&mut design, &name, (rung, bounds), projection)?;
        active_hinge(&mut design, &name, &ladder);
    }
    Ok(design)
}

/// Adds the projection at one size, within these bounds.
fn within_bounds(
    design: &mut Design,
    variation: &str,
    (rung, bounds): (&Rung, FeatureProjection),
    projection: Projection,
) -> Result<()> {
    let region = Region::between(bounds.lower, bounds.upper);
    let name = format!("{variation}projection at T1, d0 = {}", rung.n_features());
    let read = move |run: &LadderRun| projection.measured(run);
    mean_part(design, name, rung.runs, (region, bounds.predicted), read)?
        .predicted(bounds.predicted);
    Ok(())
}

/// Adds the premise that the bounds rest on.
fn active_hinge(design: &mut Design, variation: &str, ladder: &Ladder) {
    let margins =
        ladder.rungs.iter().map(|rung| rung.runs.cases(|run| vec![(run.max_margin.max(0.0), 0.0)]));
    design.inequality(
        format!("{variation}premise: the hinge is active on every sample up to T1, largest margin"),
        Estimator::largest(margins),
    );
}
