//! Checks a learning-theory paper by machine.
//!
//! Zhang, Zhao, Chen, Jiang and Chen, *Feature contamination: Neural networks learn uncorrelated features
//! and fail to generalize* (ICML 2024, arXiv 2406.03345), prove that a two-layer ReLU network trained by
//! SGD learns background features that say nothing about the label, together with the core features
//! that do, and so fails when the background shifts; a linear network does not. This crate simulates the
//! theorems' own regime exactly, computes what the theory predicts, and decides each statement with
//! declared error rates, beside a control that breaks its premise and must be refuted.
//!
//! The program `contam` is the usual way in ([`cli`]); this page is on the same machinery as a library.
//!
//! # From a setting to a report
//!
//! | step | in | by |
//! |---|---|---|
//! | parameters, checked once | [`setting`] | [`setting::Setting`], [`setting::Experiment`], [`setting::RegimeFile`] |
//! | streams of random numbers, by name | [`seed`] | [`seed::Seed`] |
//! | a run, step by step | [`train`] | [`train::Simulation`], [`train::ExperimentRun`] |
//! | one number of a run | [`observe`] | a function for each noun, such as [`observe::background_displacement`] |
//! | what the theory says of it | [`predict`] | the same noun, such as [`predict::background_displacement`] |
//! | evidence from many runs | [`stats`] | [`stats::Replicates`], an [`stats::Estimate`], [`stats::decide`] |
//! | a claim as a design, and its control | [`study`] | [`study::Study::run`]; the paper's claims are [`paper::study`] |
//! | text, JSON, JUnit, a page | [`report`] | [`report::table`], [`report::report_files`] |
//!
//! The whole way, for one neuron of a linear network, whose background averages out:
//!
//! ```
//! use feature_contamination::observe;
//! use feature_contamination::prelude::*;
//! use feature_contamination::setting::Activation;
//! use feature_contamination::stats::{Mean, Replicates, decide};
//!
//! let setting = Setting::theorem(16).with(|p| p.activation = Activation::Identity)?;
//! // One number from each of 64 independent runs of 8 steps.
//! let means = Replicates::try_of_parallel(64, |run_idx| {
//!     let seed = Seed::root(2024).child("example").index(run_idx);
//!     let moved = observe::background_displacement(&setting, 8, seed)?.background;
//!     Ok(moved.iter().sum::<f64>() / moved.len() as f64)
//! })?;
//! // On the core a coordinate moves by about eta mu / m = 1/256 a step; the background by less than a tenth of it.
//! let core = 8.0 / 256.0;
//! let rates = Rates { alpha: 1e-6, beta: 1e-3 };
//! let decision = decide(&Mean::of(&means)?, Region::around(0.0).within(0.1 * core), rates);
//! assert_eq!(decision.verdict, Verdict::Supported);
//! # Ok::<(), Error>(())
//! ```
//!
//! # How to read a verdict
//!
//! A check is decided three ways ([`stats::Verdict`]), at two error rates ([`stats::Rates`]):
//!
//! - *supported*: the whole interval lies inside of what is allowed. Were the quantity outside, this would happen
//!   with probability `beta` at most;
//! - *refuted*: the evidence against what is claimed holds at the false-alarm rate `alpha`, of which each claim has its
//!   share ([`study::Study::ledger`]);
//! - *undecided*: neither; more runs would decide.
//!
//! It says so of these sizes, these times and these laws, and is no proof. A check that could not fail would say
//! nothing: so each has a control, the same check with one premise broken, which must come out refuted. A check without
//! an answer (a run that diverged) is an [`error::Error`], never a verdict.
//!
//! # A statement of your own
//!
//! A [`study::Study`] decides claims on anything that can be run again with another seed. A claim is a *design*: samples,
//! each with a closure that makes a record of one run, and parts, each with what is claimed of a quantity and the
//! estimator that reads records. The control is the same design with a premise broken. The [`prelude`] has the names.
//!
//! ```
//! use feature_contamination::prelude::*;
//! use rand::RngExt;
//!
//! fn mean(scope: &Scope) -> Result<Design> {
//!     let arm = scope.arm;
//!     let mut design = Design::new();
//!     let draws = design.sample(
//!         Sample::new(Key::new("draw"), move |seed| {
//!             let mut rng = seed.rng();
//!             let (a, b) = (rng.random::<f64>(), rng.random::<f64>());
//!             Ok(if arm == Arm::Claim { a } else { a.max(b) })
//!         })
//!         .runs(1000),
//!     );
//!     // Eight standard errors of 0.29 / sqrt(1000).
//!     let claimed = Hypothesis::exactly(0.5).within(0.075);
//!     design.part("mean", claimed, draws.normal_mean(|draw| *draw)).predicted(0.5);
//!     Ok(design)
//! }
//!
//! let claim = Claim::new("uniform/mean", "A uniform draw has the mean 1/2.", mean);
//! let study = Study::new("Uniform draws").claim(claim.control("takes the larger one of two draws"));
//! let mut lab = Lab::new(Seed::root(2024), study.default_tier(), Box::new(Silent));
//! for arm in [Arm::Claim, Arm::Control] {
//!     let outcomes = study.run(study.claims(), arm, &mut lab)?;
//!     assert!(outcomes[0].passed());
//! }
//! # Ok::<(), Error>(())
//! ```
//!
//! [`cli::study_main`] makes a program of a study, with everything that `contam` can do with the paper's. The folder
//! `examples/` has four to start from: `law_of_large_numbers.rs`, `random_features.rs`, `own_network.rs`, on a network that
//! the crate does not know, and `batch_size.rs`, on a change of the paper's setting.
//!
//! # Layers
//!
//! Imports go strictly downward, and a test holds the code against the table in `ARCHITECTURE.md`:
//!
//! - [`error`], [`seed`], [`arrays`] (NumPy's files, from which a run may start) and [`linalg`] know nothing of learning;
//! - [`setting`], then [`data`] and [`network`], then [`train`], then [`observe`] are the side of the runs;
//! - [`predict`] is the side of the theory, with certified error bounds ([`predict::Certified`]). It sees no network, no
//!   sample and no random number, so that one mistake cannot sit on both sides;
//! - [`stats`] has a word for neither; [`calibrate`] measures the error rates that it really has;
//! - [`study`] is the harness of claims, which knows no network; [`paper`] is where both sides meet; [`sweep`] puts them side by side over a grid, and [`toy`] in the authors' own
//!   experiment, without a verdict;
//! - [`report`] is pure, [`cli`] alone sees files, clock and terminal;
//! - [`fault`] has deliberate faults of a run, in builds with the feature `faults` only.

// Bad input is an error, never a panic; tests may unwrap.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod arrays;
pub mod calibrate;
pub mod cli;
pub mod data;
pub mod error;
pub mod fault;
pub mod linalg;
pub mod network;
pub mod observe;
pub mod paper;
pub mod predict;
pub mod prelude;
pub mod report;
pub mod seed;
pub mod setting;
pub mod stats;
pub mod study;
pub mod sweep;
pub mod toy;
pub mod train;
