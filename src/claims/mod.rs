//! The registry of claims and their runner: the only place where predictions meet observations.
//!
//! A [`Claim`] is one statement with its check. The check runs on the claim's own setting
//! ([`Arm::Claim`]) or on one that breaks its premise ([`Arm::Control`]), and drafts one or more
//! quantities with the region that each must lie in; the decision follows from the error rates of the
//! [`Tier`]. A [`Lab`] holds the seed and the ladders of runs that claims share. A [`Study`] decides
//! statements of a user's own in the same way.

mod approximation_rate;
mod asymmetry;
mod batch_noise;
mod berry_esseen;
mod beyond_theorems;
mod blueprint;
mod capacity;
mod closed_form;
mod correlation;
mod course;
mod data_model;
mod decay;
mod digits;
mod distillation;
mod evaluation;
mod evidence;
mod exponent;
mod features;
mod geometry;
mod gradient;
mod gradient_asymmetry;
mod histogram;
mod lab;
mod limit;
mod linear;
mod mean_field;
mod neurons;
#[cfg(feature = "faults")]
mod panel;
mod plan;
mod registry;
mod remedy;
mod repeat;
mod risk;
mod runner;
mod scenario;
mod select;
mod setting;
mod sharp;
mod sharp_constant;
mod slope;
mod study;
mod tier;
mod toy;
mod toy_figures;
mod toy_replay;
mod window;

pub use crate::stats::Verdict;
pub use blueprint::{Blueprint, Role, Standing, Statement, THEOREMS, Theorem, faults};
pub use evidence::{Arm, Draft, LiveDraft, Outcome, Part};
pub use exponent::TrendDetails;
pub use lab::{Lab, Progress, Silent};
#[cfg(feature = "faults")]
pub use panel::{Finding, PanelEntry, panel_entry};
pub use plan::{Plan, PlannedClaim, plan};
pub use registry::{CLAIMS, Claim, Kind};
pub use repeat::{VerdictCounts, repeat};
pub use runner::{Unanswered, claim_rates, ledger, run, run_each};
pub use select::{find, select};
pub use study::{StatementOutcome, Study, StudyOutcome};
pub use tier::{RungPlan, Tier};
