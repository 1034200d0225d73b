//! The claim on labels that are not a linear function of the core.

use crate::error::Result;
use crate::setting::{Description, LabelRelation};
use crate::stats::Region;
use crate::study::{Claim, Design, Kind, Scope};

use super::effort::Effort;
use super::small_toy::{Variation, trained};

/// `labels/nonlinear`.
pub(super) fn nonlinear() -> Claim {
    Claim::new(
        "labels/nonlinear",
        "Where the label is not a linear function of the core a ReLU network learns it, and is \
         near to guessing out of distribution.",
        nonlinear_design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments)")
    .kind(Kind::Band)
    .control("the identity as activation")
    .cost("runs of a small toy")
    .card(card!("labels/nonlinear"))
}

/// The end of one run.
struct End {
    id_risk: f64,
    /// In distribution less out of it.
    lost_accuracy: f64,
}

/// The accuracy out of distribution is that of a guess. A linear network guesses in distribution as
/// well, and has nothing to lose. Such labels take both layers, and more steps.
fn nonlinear_design(scope: &Scope) -> Result<Design> {
    let trained = trained(Effort::of(scope));
    let description = Description { labels: LabelRelation::Nonlinear, n_steps: 1000, ..trained };
    let variation = Variation::new("two spheres", description).linear_in_control(scope.arm);

    let mut design = Design::new();
    let ends = variation.ends(&mut design, ("labels/nonlinear", scope), |run| {
        let row = run.row()?;
        Ok(End { id_risk: row.id_loss, lost_accuracy: row.id_accuracy - row.ood_accuracy })
    })?;
    let risk = ("logistic risk in distribution", ends);
    variation.part(&mut design, risk, (Region::at_most(0.3), 0.05), |end| end.id_risk)?;
    let lost = ("accuracy lost out of distribution", ends);
    variation.part(&mut design, lost, (Region::at_least(0.2), 0.4), |end| end.lost_accuracy)?;
    Ok(design)
}
