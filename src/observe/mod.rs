//! The scalars that the paper talks about, measured on runs: one value per replicate.
//!
//! Nothing here knows what the theory predicts. Names pair with those of `predict` by their noun.

mod activation;
mod distillation;
mod evaluation;
mod gradient;
mod linear;
mod neurons;
mod record;
mod reduction;

pub use activation::activation_count;
pub use distillation::{
    LostProbeMargin, ReflectedErrors, linear_part_error, lost_probe_margin, reflected_errors,
    representation_error,
};
pub use evaluation::{LinearEvaluation, linear_evaluation};
pub use gradient::{ProjectionIdentity, batch_projections, projection_identity};
pub use linear::{
    CoreDisplacements, LinearDisplacement, background_displacement, core_displacements,
};
pub use neurons::{
    INITIAL_THRESHOLD, SetNeuron, class_means, feature_projections, initial_set, initial_set_beyond,
};
pub use record::{N_TEST, RunRecord, Schedule, record};
pub use reduction::{ReductionGap, reduction};
