//! The scalars that the paper talks about, measured on runs: one value per replicate.
//!
//! Nothing here knows what the theory predicts. Names pair with those of `predict` by their noun.

mod activation;
mod gradient;
mod linear;
mod neurons;
mod record;
mod reduction;

pub use activation::activation_count;
pub use gradient::{batch_projections, projection_identity, ProjectionIdentity};
pub use linear::{background_displacement, LinearDisplacement};
pub use neurons::{class_means, feature_projections, initial_set, SetNeuron};
pub use record::{record, RunRecord};
pub use reduction::{reduction, ReductionGap};
