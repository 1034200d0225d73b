//! The one list of claims: the paper's, in its order, then what goes beyond it.

use crate::study::{Claim, Study, Theorem};

use super::effort::TIERS;
use super::{
    activations, approximation_rate, asymmetry, batch_noise, berry_esseen, capacity, closed_form,
    correlation, data_model, decay, depth, distillation, evaluation, features, geometry, gradient,
    gradient_asymmetry, histogram, initialisation, labels, limit, linear, losses, mean_field,
    neurons, optimizers, reduction, remedy, risk, sharp, sharp_constant, slope, toy_figures,
    toy_replay,
};

/// Every claim.
fn claims() -> Vec<Claim> {
    vec![
        // The paper: its setting, its mechanism, its theorems.
        data_model::data_model(),
        reduction::reduction(),
        initialisation::initialisation(),
        evaluation::evaluation(),
        berry_esseen::bound(),
        sharp_constant::sharp(),
        approximation_rate::rate(),
        gradient::identity(),
        gradient::population(),
        gradient_asymmetry::asymmetry(),
        batch_noise::batch_noise(),
        neurons::initial_sets(),
        asymmetry::own_class(),
        asymmetry::other_class(),
        features::core(),
        features::background(),
        risk::in_distribution(),
        risk::out_of_distribution(),
        linear::cancellation(),
        closed_form::closed_form(),
        linear::risk(),
        // Beyond the paper: the sharp laws, where they stop, and what they do not depend on.
        mean_field::mean_field(),
        sharp::other_class(),
        sharp::ratio(),
        sharp::ood_risk(),
        sharp::transition(),
        sharp::margin(),
        decay::saturation(),
        decay::critical(),
        capacity::width(),
        correlation::ratio(),
        correlation::linear(),
        limit::step_size(),
        limit::width(),
        limit::ambient(),
        // Experiments beyond the theorems: other networks, trainings and data, and remedies.
        toy_replay::replay(),
        toy_figures::figures(),
        activations::uneven(),
        activations::even(),
        slope::slope(),
        losses::contamination(),
        optimizers::contamination(),
        labels::nonlinear(),
        depth::contamination(),
        histogram::activation_rate(),
        geometry::non_orthogonal(),
        distillation::of_all(),
        distillation::of_core(),
        distillation::linear_part(),
        remedy::oracle(),
        remedy::mean_shift(),
        remedy::sign_flips(),
        remedy::leak(),
        remedy::no_help(),
    ]
}

macro_rules! theorem {
    ($id:literal, $cited_as:literal) => {
        Theorem {
            id: $id,
            cited_as: $cited_as,
            page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/theory/", $id, ".md")),
        }
    };
}

/// The paper's statements, in its order.
static THEOREMS: &[Theorem] = &[
    theorem!("theorems/gradient-projection", "mechanism 1"),
    theorem!("theorems/activation-asymmetry", "theorem 4.1"),
    theorem!("theorems/learned-features", "theorem 4.2"),
    theorem!("theorems/risks", "theorem 4.3"),
    theorem!("theorems/linear-networks", "theorem 4.4"),
];

/// The share of a run's false alarms that each claim may spend: room for a hundred claims, so that a new one moves no
/// number of another.
const SLOT: f64 = 0.01;

/// The study of the paper.
pub fn study() -> Study {
    let study = Study::new("Feature contamination")
        .tiers(&TIERS, "standard")
        .size_label("d0")
        .theorems(THEOREMS);
    claims().into_iter().fold(study, |study, claim| study.claim(claim.slot(SLOT)))
}
