//! The parameters and hypotheses of the paper's setting, checked once.
//!
//! Notation (section 1 of `theory/notation.md`): `d0` features, of which the first `n_core` are core;
//! ambient dimension `d`; width `m`; batch `N`; learning rate `eta`; weight decay `lambda`; and the
//! theorem's time `tau = eta t d0 / m` after `t` steps.
//!
//! # Source
//! Zhang, Zhao, Chen, Jiang, Chen, *Feature contamination*, ICML 2024, section 3.

mod activation;
mod experiment;
mod label;
mod latent;
mod parameters;
mod regime;
mod regime_file;
mod theorem;
mod toml_fault;

pub use activation::{Activation, LEAKY_SLOPE};
pub use experiment::{
    Description, Experiment, LabelRelation, Loss, Optimizer, OutputLayer, Samples, StartLaw,
};
pub use label::{ByLabel, Label};
pub use latent::Latent;
pub use parameters::{Parameters, Setting};
pub use regime::{EngineKind, Precision, Regime};
pub use regime_file::RegimeFile;
pub use theorem::{DECAY_CONSTANT, Premise, decay};
pub(crate) use toml_fault::toml_fault;
