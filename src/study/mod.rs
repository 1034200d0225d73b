//! Claims as designs: what is run, how it is judged, and the one way to do both.
//!
//! A [`Study`] is a list of [`Claim`]s. A claim makes a [`Design`]: its [`Sample`]s, each a key and a closure from
//! random streams to a record, and its [`PartDesign`]s, each a hypothesis with the [`Estimator`] that reads
//! records. A design is made for the claim's own setting ([`Arm::Claim`]) or for one that breaks its premise
//! ([`Arm::Control`]). A [`Lab`] draws samples and keeps their records, which claims share by key. Everything
//! else reads designs: the runner ([`Study::run`]), the plan ([`Study::plan`]), controls, and reports.
//!
//! No word of learning: the paper is one study, in [`crate::paper`].

mod arm;
mod blueprint;
mod claim;
mod design;
mod estimator;
mod key;
mod lab;
mod outcome;
#[cfg(feature = "faults")]
mod panel;
mod part;
mod plan;
mod record;
mod registry;
mod repeat;
mod runner;
mod sample;
mod theorem;
mod tier;
mod trend_details;
mod window;

pub use arm::Arm;
pub use blueprint::{Blueprint, Role, Standing, Statement, faults};
pub use claim::{Claim, Kind};
pub use design::{Design, Scope};
pub use estimator::{AtSize, Cases, Estimator};
pub use key::Key;
pub use lab::{Lab, Progress, Silent};
pub use outcome::{Outcome, Unanswered};
#[cfg(feature = "faults")]
pub use panel::{Finding, PanelEntry};
pub use part::{Part, PartDesign};
pub use plan::{Plan, PlannedClaim, PlannedPart, PlannedSample};
pub use record::Runs;
pub use registry::Study;
pub use repeat::VerdictCounts;
pub use sample::{Budget, RunCounts, Sample, Scatter};
pub use theorem::Theorem;
pub use tier::Tier;
pub use trend_details::TrendDetails;
pub use window::{Expected, Window};

pub use crate::stats::Verdict;
