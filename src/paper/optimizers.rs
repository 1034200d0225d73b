//! The claim on other optimizers than SGD with momentum.

use crate::error::Result;
use crate::setting::{Description, EngineKind, Optimizer};
use crate::study::{Claim, Design, Kind, Scope};

use super::effort::Effort;
use super::small_toy::{Variation, base, contaminated_unless_linear};

/// `optimizers/contamination`.
pub(super) fn contamination() -> Claim {
    Claim::new(
        "optimizers/contamination",
        "A ReLU network loses its margin out of distribution under SGD with and without momentum, \
         Adam and AdamW alike.",
        contamination_design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments)")
    .kind(Kind::Band)
    .control("the identity as activation")
    .cost("runs of a small toy")
    .card(card!("optimizers/contamination"))
}

fn contamination_design(scope: &Scope) -> Result<Design> {
    let base = base(Effort::of(scope));
    let plain = Optimizer::Sgd { momentum: 0.0 };
    let adam = |optimizer| Description {
        optimizer,
        learning_rate: 3e-3,
        engine: EngineKind::Ambient,
        ..base.clone()
    };
    let variations = [
        ("SGD", Description { optimizer: plain, learning_rate: 0.2, ..base.clone() }),
        ("momentum", base.clone()),
        ("Adam", adam(Optimizer::Adam)),
        ("AdamW", adam(Optimizer::AdamW)),
    ];
    let variations = variations.map(|(label, description)| Variation::new(label, description));
    contaminated_unless_linear(("optimizers/contamination", scope), variations)
}
