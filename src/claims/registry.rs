//! The one list of claims, in the order of the paper.

use crate::error::Result;

use super::plan::Work;
use super::{Arm, Draft, Lab, Tier};
use super::{
    approximation_rate, batch_noise, data_model, evaluation, gradient_asymmetry, sharp_constant,
};
use super::{
    asymmetry, berry_esseen, capacity, closed_form, decay, features, gradient, limit, linear,
    mean_field, neurons, risk, setting, sharp,
};

/// The kind of evidence that a claim needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Equal to rounding, with a tolerance from an error analysis.
    Identity,
    /// Both sides computed; not one violation allowed; the slack shown.
    Inequality,
    /// An estimate within a margin of the prediction.
    Band,
    /// An exponent, or a separation, along a ladder of sizes.
    Trend,
    /// A whole distribution, or its variance, against an exact one.
    Law,
}

impl Kind {
    /// The name in tables and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Identity => "identity",
            Kind::Inequality => "inequality",
            Kind::Band => "band",
            Kind::Trend => "trend",
            Kind::Law => "law",
        }
    }
}

/// One statement that a run can support or refute.
#[derive(Debug)]
pub struct Claim {
    /// `family/name`: also the path of its card, the name of its test and of its snapshot.
    pub id: &'static str,
    /// The statement in one sentence.
    pub statement: &'static str,
    /// Where the paper or the theory pages state it.
    pub source: &'static str,
    /// The kind of evidence.
    pub kind: Kind,
    /// The cheapest tier at which the claim can be decided.
    pub tier: Tier,
    /// What is broken in the control, in a few words.
    pub control: &'static str,
    /// What dominates its cost, in a few words.
    pub cost: &'static str,
    /// The card, as in `theory/`.
    pub card: &'static str,
    pub(super) check: fn(&Lab, Arm) -> Result<Vec<Draft>>,
    /// The runs that the check asks for.
    pub(super) work: fn(Tier, Arm) -> Result<Vec<Work>>,
}

macro_rules! card {
    ($id:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/theory/", $id, ".md"))
    };
}

/// Every claim, in the order of the paper.
pub static CLAIMS: &[Claim] = &[
    Claim {
        id: "setting/data-model",
        statement: "Draws in and out of distribution have the supports, laws and independence of the data model, \
                    and a background that is independent of the label.",
        source: "notation 1; Zhang et al. 2024, section 3.1",
        kind: Kind::Law,
        tier: Tier::Quick,
        control: "a background associated with the label",
        cost: "sampling of data",
        card: card!("setting/data-model"),
        check: data_model::data_model,
        work: data_model::data_model_work,
    },
    Claim {
        id: "setting/reduction",
        statement: "A run in feature coordinates and a run in the ambient space agree step by step.",
        source: "notation 2; Zhang et al. 2024, section 3.1",
        kind: Kind::Identity,
        tier: Tier::Quick,
        control: "a dictionary that is not orthonormal",
        cost: "two ambient runs at d = 1024",
        card: card!("setting/reduction"),
        check: setting::reduction,
        work: setting::reduction_work,
    },
    Claim {
        id: "setting/initialisation",
        statement: "At the start the standardised class means r_y follow Student's t with d0 - 1 degrees \
                    of freedom, and squared norms have the means of the chi-square law.",
        source: "notation 4; Zhang et al. 2024, section 3.1",
        kind: Kind::Law,
        tier: Tier::Quick,
        control: "core coordinates of variance 2/d",
        cost: "sampling of starts",
        card: card!("setting/initialisation"),
        check: setting::initialisation,
        work: setting::initialisation_work,
    },
    Claim {
        id: "setting/evaluation",
        statement: "Risks are those of fresh samples: a linear network's margins have exactly the predicted \
                    mean and variance, in and out of distribution.",
        source: "notation 1, 5; Zhang et al. 2024, section 3.1",
        kind: Kind::Law,
        tier: Tier::Quick,
        control: "the background's association with the label left out of the prediction",
        cost: "evaluations of short linear runs",
        card: card!("setting/evaluation"),
        check: evaluation::evaluation,
        work: evaluation::evaluation_work,
    },
    Claim {
        id: "berry-esseen/bound",
        statement: "Every activation probability lies within 0.5583 L of its normal approximation.",
        source: "notation 3; Shevtsova 2013",
        kind: Kind::Inequality,
        tier: Tier::Quick,
        control: "the constant 0.40, on Esseen's two-point law",
        cost: "exact probabilities of trained neurons",
        card: card!("berry-esseen/bound"),
        check: berry_esseen::bound,
        work: berry_esseen::bound_work,
    },
    Claim {
        id: "berry-esseen/sharp",
        statement: "For Esseen's two-point law sqrt(n) D / b tends from below to (sqrt 10 + 3) / \
                    (6 sqrt(2 pi)) = 0.409732, and is short of it by the predicted O(1/n).",
        source: "notation 3; Esseen 1956",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a fair coin, p = 1/2",
        cost: "exact binomial laws",
        card: card!("berry-esseen/sharp"),
        check: sharp_constant::sharp,
        work: sharp_constant::sharp_work,
    },
    Claim {
        id: "berry-esseen/rate",
        statement: "The normal approximation of an activation probability is off by d0^-1/2 for skewed and for \
                    lattice latents, and by 1/d0 for uniform ones.",
        source: "notation 3; Esseen 1945",
        kind: Kind::Trend,
        tier: Tier::Quick,
        control: "the exponents of symmetric and of skewed latents exchanged",
        cost: "exact probabilities up to 4096 features",
        card: card!("berry-esseen/rate"),
        check: approximation_rate::rate,
        work: approximation_rate::rate_work,
    },
    Claim {
        id: "gradient/identity",
        statement: "The projection of a neuron's batch gradient on a feature is a_k times the batch mean \
                    of y 1{active} s_j.",
        source: "notation 4; Zhang et al. 2024, mechanism 1",
        kind: Kind::Identity,
        tier: Tier::Quick,
        control: "a smooth activation (GELU)",
        cost: "one ambient batch at d = 1024",
        card: card!("gradient/identity"),
        check: gradient::identity,
        work: gradient::identity_work,
    },
    Claim {
        id: "gradient/population",
        statement: "Batch gradients have the exact expectation and variance of the population.",
        source: "notation 4; Zhang et al. 2024, mechanism 1",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "a background associated with the label",
        cost: "exact truncated moments",
        card: card!("gradient/population"),
        check: gradient::population,
        work: gradient::population_work,
    },
    Claim {
        id: "gradient/asymmetry",
        statement: "The background gradient is (a_k/2) mu_j (P_+ - P_-) up to a covariance term with an \
                    explicit bound: a neuron learns background because its activation is asymmetric.",
        source: "notation 4, 8; Zhang et al. 2024, mechanism 1",
        kind: Kind::Inequality,
        tier: Tier::Quick,
        control: "identity activation",
        cost: "the ReLU ladder, exact drifts",
        card: card!("gradient/asymmetry"),
        check: gradient_asymmetry::asymmetry,
        work: gradient_asymmetry::asymmetry_work,
    },
    Claim {
        id: "gradient/batch-noise",
        statement: "A sampled run scatters around the exact drift as a martingale with the predicted \
                    variance, and its distance to the run without noise falls like N^-1/2.",
        source: "notation 4, 8",
        kind: Kind::Law,
        tier: Tier::Quick,
        control: "batches half as large as the law is told",
        cost: "exact second moments along runs",
        card: card!("gradient/batch-noise"),
        check: batch_noise::batch_noise,
        work: batch_noise::batch_noise_work,
    },
    Claim {
        id: "neurons/initial-sets",
        statement: "At the start the initial set N_y(0) holds exactly the share of the neurons that the law of a \
                    uniform direction gives.",
        source: "notation 4; Zhang et al. 2024, theorem 4.1 (neuron sets)",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "c0 doubled without saying so",
        cost: "sampling of starts",
        card: card!("neurons/initial-sets"),
        check: neurons::initial_sets,
        work: neurons::initial_sets_work,
    },
    Claim {
        id: "asymmetry/own-class",
        statement: "After T0 every neuron of the initial set is active on its own class up to an \
                    exponentially small probability, below the paper's O(d0^-1/2).",
        source: "notation 4; Zhang et al. 2024, theorem 4.1",
        kind: Kind::Inequality,
        tier: Tier::Quick,
        control: "learning rate 0",
        cost: "the ReLU ladder",
        card: card!("asymmetry/own-class"),
        check: asymmetry::own_class,
        work: asymmetry::own_class_work,
    },
    Claim {
        id: "asymmetry/other-class",
        statement: "At T1 the neurons of the initial set are active on the other class with a mean \
                    probability that falls to 0 as d0 grows, if beta <= 1/2.",
        source: "notation 4, 6; Zhang et al. 2024, theorem 4.1",
        kind: Kind::Trend,
        tier: Tier::Quick,
        control: "three quarters of the features background (beta = 0.75)",
        cost: "the ReLU ladder",
        card: card!("asymmetry/other-class"),
        check: asymmetry::other_class,
        work: asymmetry::other_class_work,
    },
    Claim {
        id: "features/core",
        statement: "At T1 the core projection y sum_C mu_j <w, m_j> of the initial set is of order one.",
        source: "notation 4; Zhang et al. 2024, theorem 4.2",
        kind: Kind::Trend,
        tier: Tier::Quick,
        control: "learning rate 0",
        cost: "the ReLU ladder",
        card: card!("features/core"),
        check: features::core,
        work: features::core_work,
    },
    Claim {
        id: "features/background",
        statement: "At T1 the background projection sum_B mu_j <w, m_j> of the initial set is of order one: \
                    background is learned as much as core.",
        source: "notation 4; Zhang et al. 2024, theorem 4.2",
        kind: Kind::Trend,
        tier: Tier::Quick,
        control: "identity activation",
        cost: "the ReLU ladder",
        card: card!("features/background"),
        check: features::background,
        work: features::background_work,
    },
    Claim {
        id: "risk/in-distribution",
        statement: "At T2 the hinge risk in distribution falls to 0 as d0 grows.",
        source: "notation 4; Zhang et al. 2024, theorem 4.3",
        kind: Kind::Trend,
        tier: Tier::Quick,
        control: "weight decay at twice its critical value",
        cost: "the ReLU ladder",
        card: card!("risk/in-distribution"),
        check: risk::in_distribution,
        work: risk::in_distribution_work,
    },
    Claim {
        id: "risk/out-of-distribution",
        statement: "At T2 the hinge risk out of distribution stays of order one as d0 grows.",
        source: "notation 4, 6; Zhang et al. 2024, theorem 4.3",
        kind: Kind::Trend,
        tier: Tier::Quick,
        control: "identity activation",
        cost: "the ReLU ladder",
        card: card!("risk/out-of-distribution"),
        check: risk::out_of_distribution,
        work: risk::out_of_distribution_work,
    },
    Claim {
        id: "linear/cancellation",
        statement: "In a linear network background displacements have mean 0 and exactly the predicted \
                    covariance.",
        source: "notation 5; Zhang et al. 2024, theorem 4.4",
        kind: Kind::Law,
        tier: Tier::Quick,
        control: "a background associated with the label",
        cost: "many short linear runs",
        card: card!("linear/cancellation"),
        check: linear::cancellation,
        work: linear::cancellation_work,
    },
    Claim {
        id: "linear/closed-form",
        statement: "In a linear network the core follows its closed form, in mean, variance and independence of \
                    its increments.",
        source: "notation 5; Zhang et al. 2024, theorem 4.4",
        kind: Kind::Band,
        tier: Tier::Quick,
        control: "ReLU activation",
        cost: "some hundred short linear runs",
        card: card!("linear/closed-form"),
        check: closed_form::closed_form,
        work: closed_form::closed_form_work,
    },
    Claim {
        id: "linear/risk",
        statement: "In a linear network both hinge risks fall to 0 together as d0 grows.",
        source: "notation 5; Zhang et al. 2024, theorem 4.4",
        kind: Kind::Trend,
        tier: Tier::Quick,
        control: "ReLU activation",
        cost: "the linear ladder",
        card: card!("linear/risk"),
        check: linear::risk,
        work: linear::risk_work,
    },
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
