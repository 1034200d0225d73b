//! Claims beyond the paper: the sharp laws, where they stop, and what they do not depend on.

use super::{Claim, Kind};
use crate::claims::Tier;
use crate::claims::{capacity, correlation, decay, limit, mean_field, sharp};

/// In their order.
pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "sharp/mean-field",
        statement: "A neuron is a handful of sums: the mean-field engine keeps the exact \
                    activation probabilities of the population's run within its Berry-Esseen \
                    envelope at every step.",
        source: "notation 6, 9",
        kind: Kind::Inequality,
        tier: Tier::Quick,
        control: "a core of half its size",
        cost: "exact drifts and probabilities along runs",
        card: card!("sharp/mean-field"),
        check: mean_field::mean_field,
        work: mean_field::mean_field_work,
    },
    Claim {
        id: "sharp/other-class",
        statement: "How active neurons are on the other class is what the fixed point says, with \
                    start, steps, noise and decay taken in, for shares of the background from 1/8 \
                    to 3/4.",
        source: "notation 6, 9",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a theory with mu / sigma off by a tenth",
        cost: "the ladders of shares",
        card: card!("sharp/other-class"),
        check: sharp::other_class,
        work: sharp::sharp_work,
    },
    Claim {
        id: "sharp/ratio",
        statement: "Background over core learned is (E_B / E_C) (1 - P) / (1 + P), likewise.",
        source: "notation 6, 9",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a theory with mu / sigma off by a tenth",
        cost: "the ladders of shares",
        card: card!("sharp/ratio"),
        check: sharp::ratio,
        work: sharp::sharp_work,
    },
    Claim {
        id: "sharp/ood-risk",
        statement: "The risk out of distribution is the mean-field one, whose limit is min(1, 2 \
                    beta), two-sided.",
        source: "notation 6, 9",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a sixteenth of the features on the wrong side",
        cost: "the ladders of shares",
        card: card!("sharp/ood-risk"),
        check: sharp::ood_risk,
        work: sharp::sharp_work,
    },
    Claim {
        id: "sharp/transition",
        statement: "The activation on the other class takes off at a share of the background of \
                    one half, within 0.01, and tends to 2 beta - 1 beyond.",
        source: "notation 6, 9",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "runs at one quarter said to be at three quarters",
        cost: "the ladders of shares",
        card: card!("sharp/transition"),
        check: sharp::transition,
        work: sharp::sharp_work,
    },
    Claim {
        id: "decay/saturation",
        statement: "Above the critical decay the margin saturates, and the risk in distribution is \
                    the mean-field one.",
        source: "notation 7, 9",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "lambda without its factor d0",
        cost: "long runs at one size",
        card: card!("decay/saturation"),
        check: decay::saturation,
        work: decay::saturation_work,
    },
    Claim {
        id: "decay/critical",
        statement: "The critical decay is c* = m^0.01 (E_C + E_B) / (4 d0), within 5 %: the risk \
                    in distribution vanishes below it and not above.",
        source: "notation 7",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "lambda without its factor d0",
        cost: "long runs at one size",
        card: card!("decay/critical"),
        check: decay::critical,
        work: decay::critical_work,
    },
    Claim {
        id: "capacity/width",
        statement: "More neurons change neither the activation on the other class nor the risk out \
                    of distribution; the share of the background does, as predicted.",
        source: "notation 6, 9",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the shares told in the wrong order",
        cost: "runs of several widths",
        card: card!("capacity/width"),
        check: capacity::width,
        work: capacity::width_work,
    },
    Claim {
        id: "correlation/ratio",
        statement: "Of a background that leans on the label ReLU neurons learn the contamination of an \
                    independent one plus what a linear network learns.",
        source: "notation 6, 10",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a background that leans the other way",
        cost: "pairs of runs up to T1",
        card: card!("correlation/ratio"),
        check: correlation::ratio,
        work: correlation::ratio_work,
    },
    Claim {
        id: "correlation/linear",
        statement: "A linear network learns of the background what leans on the label, delta / mu, and no \
                    more.",
        source: "notation 4, 10",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a background that leans the other way",
        cost: "linear runs up to T1",
        card: card!("correlation/linear"),
        check: correlation::linear,
        work: correlation::linear_work,
    },
    Claim {
        id: "limit/step-size",
        statement: "Results depend on the number of steps only through tau = eta t d0 / m: a quarter of the \
                    learning rate over four times the steps gives the same.",
        source: "notation 1; Zhang et al. 2024, section 3.1",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "four times smaller steps, as many of them",
        cost: "pairs of small runs",
        card: card!("limit/step-size"),
        check: limit::step_size,
        work: limit::step_size_work,
    },
    Claim {
        id: "limit/width",
        statement: "Results depend on the width only through tau and the decay: four times the neurons give the \
                    same at the same tau.",
        source: "notation 1, 2; Zhang et al. 2024, section 3.1",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "four times wider, after as many steps",
        cost: "pairs of small runs",
        card: card!("limit/width"),
        check: limit::width,
        work: limit::width_work,
    },
    Claim {
        id: "limit/ambient",
        statement: "Results depend on the ambient dimension only through T0: at the same share of T0 they are \
                    the same for d = d0^2.5 and d0^3.",
        source: "notation 1, 2; Zhang et al. 2024, section 3.1",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "the same tau instead of the same share of T0",
        cost: "pairs of small runs",
        card: card!("limit/ambient"),
        check: limit::ambient,
        work: limit::ambient_work,
    },
];
