//! The paper as a study: each family's claims, with statement, design and control side by side.
//!
//! The only place where predictions meet observations.

/// The text of a card.
macro_rules! card {
    ($id:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/theory/", $id, ".md"))
    };
}

mod activations;
mod approximation;
mod approximation_rate;
mod asymmetry;
mod asymmetry_terms;
mod batch_noise;
mod berry_esseen;
mod capacity;
mod closed_form;
mod correlation;
mod cost;
mod course;
mod data_model;
mod decay;
mod depth;
mod digits;
mod distillation;
mod effort;
mod evaluation;
mod exponent;
mod features;
mod frequency;
mod geometry;
mod gradient;
mod gradient_asymmetry;
mod histogram;
mod initialisation;
mod labels;
mod ladder;
mod latent_moments;
mod limit;
mod linear;
mod losses;
mod mean;
mod mean_field;
mod neurons;
mod optimizers;
mod random_neurons;
mod reduction;
mod registry;
mod remedy;
mod risk;
mod scenario;
mod set_means;
mod sharp;
mod sharp_constant;
mod slope;
mod small_toy;
mod toy_figures;
mod toy_replay;

pub use registry::study;
