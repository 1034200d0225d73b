//! What a study of one's own needs, in one line: `use feature_contamination::prelude::*;`.
//!
//! A [`Study`] is a list of [`Claim`]s. A claim makes a [`Design`]: [`Sample`]s, which draw records from the streams of
//! a [`Key`], and parts, each a [`Hypothesis`] or a [`Region`] with the [`Estimator`] that reads records.
//! [`study_main`] makes a program of a study. [`Setting`] and [`Simulation`] are runs of the paper's own regime.

pub use crate::cli::study_main;
pub use crate::error::{Error, Result};
pub use crate::seed::Seed;
pub use crate::setting::{EngineKind, Parameters, Setting};
pub use crate::stats::{Hypothesis, Rates, Region, Squares, Verdict};
pub use crate::study::{
    Arm, AtSize, Budget, Cases, Claim, Design, Estimator, Expected, Key, Kind, Lab, Outcome, Part,
    Runs, Sample, Scatter, Scope, Silent, Study, Tier, Window,
};
pub use crate::train::Simulation;
