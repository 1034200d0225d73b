//! Claims on experiments beyond the theorems: other networks, trainings and data, and remedies.

use super::{Claim, Kind};
use crate::claims::Tier;
use crate::claims::{
    beyond_theorems, distillation, geometry, histogram, remedy, slope, toy_figures, toy_replay,
};

/// In their order.
pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "toy/replay",
        statement: "From the exact starts of the authors' script, losses and feature correlations \
                    follow its recorded trace up to the rounding of f32.",
        source: "Zhang et al. 2024, section 5 (numerical experiments)",
        kind: Kind::Identity,
        tier: Tier::Quick,
        control: "a learning rate that is 1 % higher",
        cost: "two replayed runs",
        card: card!("toy/replay"),
        check: toy_replay::replay,
        work: toy_replay::replay_work,
    },
    Claim {
        id: "toy/figures",
        statement: "The curves of the authors' theoretical setting are those of the mean-field \
                    theory with biases, and the gap of their default setting is no overfitting.",
        source: "Zhang et al. 2024, section 5 (numerical experiments); notation 9",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the identity as activation",
        cost: "runs of the authors' two settings",
        card: card!("toy/figures"),
        check: toy_figures::figures,
        work: toy_figures::figures_work,
    },
    Claim {
        id: "activations/uneven",
        statement: "Networks with leaky ReLU or GELU lose as much of their margin out of \
                    distribution as with ReLU: what matters is a derivative that is larger above 0 \
                    than below.",
        source: "Zhang et al. 2024, section 5 (numerical experiments); notation 11",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the identity as activation",
        cost: "runs of a small toy",
        card: card!("activations/uneven"),
        check: beyond_theorems::uneven,
        work: beyond_theorems::uneven_work,
    },
    Claim {
        id: "activations/even",
        statement: "Sigmoid and tanh networks learn linear labels without contamination: their \
                    derivative is even.",
        source: "Zhang et al. 2024, section 5 (numerical experiments); notation 11",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "ReLU as activation",
        cost: "runs of a small toy",
        card: card!("activations/even"),
        check: beyond_theorems::even,
        work: beyond_theorems::even_work,
    },
    Claim {
        id: "activations/slope",
        statement: "How much background a network of leaky ReLU learns is the sharp law's function of its \
                    slope below 0: (1 - rho) / (1 + rho) of the core, with rho the mean derivative on the \
                    other class.",
        source: "notation 6, 13",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the law with slopes 0.1 too large",
        cost: "runs up to T1",
        card: card!("activations/slope"),
        check: slope::slope,
        work: slope::slope_work,
    },
    Claim {
        id: "losses/contamination",
        statement: "A ReLU network loses its margin out of distribution under hinge, logistic and \
                    squared loss alike.",
        source: "Zhang et al. 2024, section 5 (numerical experiments)",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the identity as activation",
        cost: "runs of a small toy",
        card: card!("losses/contamination"),
        check: beyond_theorems::losses,
        work: beyond_theorems::losses_work,
    },
    Claim {
        id: "optimizers/contamination",
        statement: "A ReLU network loses its margin out of distribution under SGD with and without \
                    momentum, Adam and AdamW alike.",
        source: "Zhang et al. 2024, section 5 (numerical experiments)",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the identity as activation",
        cost: "runs of a small toy",
        card: card!("optimizers/contamination"),
        check: beyond_theorems::optimizers,
        work: beyond_theorems::optimizers_work,
    },
    Claim {
        id: "labels/nonlinear",
        statement: "Where the label is not a linear function of the core a ReLU network learns it, \
                    and is near to guessing out of distribution.",
        source: "Zhang et al. 2024, section 5 (numerical experiments)",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the identity as activation",
        cost: "runs of a small toy",
        card: card!("labels/nonlinear"),
        check: beyond_theorems::nonlinear,
        work: beyond_theorems::nonlinear_work,
    },
    Claim {
        id: "depth/contamination",
        statement: "Deeper ReLU networks carry background through to their last hidden layer, and \
                    lose margin out of distribution.",
        source: "Zhang et al. 2024, section 5 (numerical experiments)",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the identity as activation",
        cost: "runs of small deep networks",
        card: card!("depth/contamination"),
        check: beyond_theorems::depth,
        work: beyond_theorems::depth_work,
    },
    Claim {
        id: "histogram/activation-rate",
        statement: "Activation rates by class are spread out at the start as predicted, and gather \
                    at both ends once features are learned.",
        source: "Zhang et al. 2024, section 5 (numerical experiments); notation 4",
        kind: Kind::Law,
        tier: Tier::Quick,
        control: "a learning rate of 0",
        cost: "runs up to T1",
        card: card!("histogram/activation-rate"),
        check: histogram::activation_rate,
        work: histogram::activation_rate_work,
    },
    Claim {
        id: "geometry/non-orthogonal",
        statement: "Features at random angles to each other are contaminated like orthogonal ones.",
        source: "Zhang et al. 2024, section 5 (numerical experiments); notation 2",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the identity as activation",
        cost: "runs of a small toy",
        card: card!("geometry/non-orthogonal"),
        check: geometry::non_orthogonal,
        work: geometry::non_orthogonal_work,
    },
    Claim {
        id: "distillation/student",
        statement: "A ReLU student that fits a teacher's linear representation in distribution errs on \
                    it out of distribution, and so does a fresh linear probe on it; a probe on the \
                    teacher does not.",
        source: "Zhang et al. 2024, representation distillation; notation 12",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a linear student",
        cost: "runs of small students",
        card: card!("distillation/student"),
        check: distillation::of_all,
        work: distillation::of_all_work,
    },
    Claim {
        id: "distillation/core-only",
        statement: "The error of the representation is there, though smaller, where the teacher sees only \
                    the core: the student takes in background that nothing in its target speaks of.",
        source: "Zhang et al. 2024, representation distillation; notation 12",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a linear student",
        cost: "runs of small students",
        card: card!("distillation/core-only"),
        check: distillation::of_core,
        work: distillation::of_core_work,
    },
    Claim {
        id: "distillation/linear-part",
        statement: "Out of distribution a ReLU student's error is twice the error of its linear part, \
                    half the product of its weights, up to its error in distribution.",
        source: "notation 12",
        kind: Kind::Inequality,
        tier: Tier::Quick,
        control: "a linear student",
        cost: "runs of small students",
        card: card!("distillation/linear-part"),
        check: distillation::linear_part,
        work: distillation::linear_part_work,
    },
    Claim {
        id: "remedy/oracle-projection",
        statement: "Updates that are projected on the core's subspace leave no contamination, and \
                    the risk in distribution vanishes as well.",
        source: "Zhang et al. 2024, section 7 (discussion); notation 11",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a random subspace of the same size",
        cost: "runs of a small toy",
        card: card!("remedy/oracle-projection"),
        check: remedy::oracle,
        work: remedy::oracle_work,
    },
    Claim {
        id: "remedy/mean-shift",
        statement: "Taking one direction out of the updates, the difference of the means of \
                    unlabelled samples from two environments, removes the contamination, and the \
                    risk in distribution vanishes as well.",
        source: "Zhang et al. 2024, open question on subspaces; notation 11",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a random direction",
        cost: "runs of a small toy",
        card: card!("remedy/mean-shift"),
        check: remedy::mean_shift,
        work: remedy::mean_shift_work,
    },
    Claim {
        id: "remedy/sign-flips",
        statement: "Training on samples that are turned around by a coin along that one direction removes \
                    the contamination of networks of two and of three layers, and the risk in distribution \
                    vanishes as well.",
        source: "Zhang et al. 2024, open question on training procedures; notation 11",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a random direction",
        cost: "runs of a small toy",
        card: card!("remedy/sign-flips"),
        check: remedy::sign_flips,
        work: remedy::sign_flips_work,
    },
    Claim {
        id: "remedy/leak",
        statement: "Leaky ReLU of slope s loses the share of its margin that the sharp law has, \
                    (1 - s)^2 / (1 + s^2): a fifth at 1/2 and a twenty-fifth at 3/4; the risk in \
                    distribution vanishes as it does with ReLU.",
        source: "Zhang et al. 2024, open question on architectures; notation 13",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "ReLU as activation",
        cost: "runs of a small toy",
        card: card!("remedy/leak"),
        check: remedy::leak,
        work: remedy::leak_work,
    },
    Claim {
        id: "remedy/no-help",
        statement: "Fewer steps, more weight decay and the squared loss leave the share of the \
                    margin that is lost as it is.",
        source: "Zhang et al. 2024, open question on training procedures; notation 6",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the identity as activation",
        cost: "runs of a small toy",
        card: card!("remedy/no-help"),
        check: remedy::no_help,
        work: remedy::no_help_work,
    },
];
