//! What a study of one's own needs, in one line: `use feature_contamination::prelude::*;`.
//!
//! A [`Study`] holds statements; the check of a statement measures one value per independent run
//! ([`Replicates`], from streams of a [`Seed`]), makes an estimate of them ([`Mean`], [`Variance`],
//! [`Trend`], or [`Exact`] for what was computed), and makes a [`Draft`] with what is claimed of it ([`Region`],
//! [`Hypothesis`]). [`study_main`] makes a program of a study. [`Setting`] and [`Simulation`] are runs of the paper's
//! own regime. All other estimates are in [`crate::stats`].

pub use crate::claims::{Arm, Draft, Part, StatementOutcome, Study, StudyOutcome};
pub use crate::cli::study_main;
pub use crate::error::{Error, Result};
pub use crate::seed::Seed;
pub use crate::setting::{EngineKind, Parameters, Setting};
pub use crate::stats::{
    Correction, Exact, Hypothesis, Mean, Rates, Region, Replicates, Trend, Variance, Verdict,
};
pub use crate::train::Simulation;
