//! The claim on other losses than the hinge.

use crate::error::Result;
use crate::setting::{Description, Loss};
use crate::study::{Claim, Design, Kind, Scope};

use super::effort::Effort;
use super::small_toy::{Variation, base, contaminated_unless_linear};

/// `losses/contamination`.
pub(super) fn contamination() -> Claim {
    Claim::new(
        "losses/contamination",
        "A ReLU network loses its margin out of distribution under hinge, logistic and squared \
         loss alike.",
        contamination_design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments)")
    .kind(Kind::Band)
    .control("the identity as activation")
    .cost("runs of a small toy")
    .card(card!("losses/contamination"))
}

/// Losses with numbers of steps. The logistic loss never lets go, and takes longer to separate.
const LOSSES: [(&str, Loss, usize); 3] = [
    ("hinge", Loss::Hinge, 300),
    ("logistic", Loss::Logistic, 1200),
    ("squared", Loss::Squared, 300),
];

fn contamination_design(scope: &Scope) -> Result<Design> {
    let variations = LOSSES.map(|(label, loss, n_steps)| {
        Variation::new(label, Description { loss, n_steps, ..base(Effort::of(scope)) })
    });
    contaminated_unless_linear(("losses/contamination", scope), variations)
}
