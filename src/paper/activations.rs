//! Claims on other activations than ReLU: what matters is whether their derivative is even.

use crate::error::Result;
use crate::setting::{Activation, Description};
use crate::study::{Arm, Claim, Design, Kind, Scope};

use super::effort::Effort;
use super::small_toy::{Variation, base, clean, contaminated_unless_linear, losing, trained};

/// `activations/uneven`.
pub(super) fn uneven() -> Claim {
    Claim::new(
        "activations/uneven",
        "Networks with leaky ReLU or GELU lose as much of their margin out of distribution as with \
         ReLU: what matters is a derivative that is larger above 0 than below.",
        uneven_design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments); notation 11")
    .kind(Kind::Band)
    .control("the identity as activation")
    .cost("runs of a small toy")
    .card(card!("activations/uneven"))
}

const UNEVEN: [(&str, Activation); 3] =
    [("relu", Activation::Relu), ("leaky-relu", Activation::LeakyRelu), ("gelu", Activation::Gelu)];

fn uneven_design(scope: &Scope) -> Result<Design> {
    let variations = UNEVEN.map(|(label, activation)| {
        let description = Description { activation, ..base(Effort::of(scope)) };
        Variation::new(label, description).named(activation.to_string())
    });
    contaminated_unless_linear(("activations/uneven", scope), variations)
}

/// `activations/even`.
pub(super) fn even() -> Claim {
    Claim::new(
        "activations/even",
        "Sigmoid and tanh networks learn linear labels without contamination: their derivative is \
         even.",
        even_design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments); notation 11")
    .kind(Kind::Band)
    .control("ReLU as activation")
    .cost("runs of a small toy")
    .card(card!("activations/even"))
}

const EVEN: [(&str, Activation); 2] =
    [("sigmoid", Activation::Sigmoid), ("tanh", Activation::Tanh)];

/// In the control each network has ReLU in the place of its activation.
fn even_design(scope: &Scope) -> Result<Design> {
    let variations = EVEN.map(|(label, named)| {
        let activation = if scope.arm == Arm::Claim { named } else { Activation::Relu };
        let description = Description { activation, ..trained(Effort::of(scope)) };
        Variation::new(label, description).named(named.to_string())
    });
    losing(("activations/even", scope), variations, clean())
}
