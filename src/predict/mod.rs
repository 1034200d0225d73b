//! The theory's side: closed forms, bounds and exact probabilities, from the setting alone.
//!
//! Nothing here knows a network, a sample or a random number; `observe` measures what this module
//! predicts, and only `claims` sees both. Every number that comes out of a series or a quadrature is
//! a [`Certified`] value: it carries a bound on its own error.
//!
//! Notation (section 3 of `theory/notation.md`): for a neuron with feature coordinates `u` and a label
//! `y`, `S = sum_j c_j z_j` with `c_j = y u_j` on the core and `u_j` on the background.

mod activation;
mod association;
mod berry_esseen;
mod binomial;
mod certified;
mod characteristic;
mod covariance;
mod discrete;
mod edgeworth;
mod features;
mod finite_size;
mod fixed_point;
mod gradient;
mod hinge_risk;
mod initial_set;
mod inversion;
mod jacobi;
mod linear;
mod linear_map;
mod linear_margin;
mod mean_field;
mod normal;
mod own_class;
mod population;
mod slope;

pub use activation::{ActivationOracle, signed_coefficients};
pub use association::{AssociatedFixedPoint, linear_ratio};
pub use berry_esseen::{
    BerryEsseen, NON_IDENTICAL_CONSTANT, NON_UNIFORM_CONSTANT, normal_approximation,
    standardised_third_moment,
};
pub use binomial::{
    BinomialExpansion, ESSEEN_SUCCESS_PROBABILITY, binomial_distance, binomial_expansion,
    esseen_limit,
};
pub use certified::Certified;
pub use covariance::{bessel_bound, covariance_bounds};
pub use edgeworth::{Edgeworth, TwoTerms, edgeworth};
pub use features::{FeatureProjection, feature_projection};
pub use finite_size::finite_size_margin;
pub use fixed_point::{FixedPoint, Moments, relative_energy};
pub use gradient::ExpectedGradient;
pub use hinge_risk::{critical_decay, linear_risk, relu_risk};
pub use initial_set::initial_set_share;
pub use linear::{
    BackgroundDisplacement, CoreIncrement, background_displacement, core_displacement,
    core_increment,
};
pub use linear_map::mean_square;
pub use linear_margin::{LinearMargin, linear_margin};
pub use mean_field::{Activity, Group, GroupWeights, Margin, MeanField};
pub use normal::{normal_cdf, normal_density};
pub use own_class::{START_FORGOTTEN, hoeffding_inactivity, own_class_inactivity};
pub use population::{
    Drift, GroupMoments, PopulationOracle, PopulationRun, ProjectedMoments, largest_margin,
};
pub use slope::SlopedFixedPoint;
