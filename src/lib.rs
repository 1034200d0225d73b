//! Checks a learning-theory paper by machine.
//!
//! Zhang, Zhao, Chen, Jiang and Chen, *Feature contamination: Neural networks learn uncorrelated features
//! and fail to generalize* (ICML 2024, arXiv 2406.03345), prove that a two-layer ReLU network trained by
//! SGD learns background features that say nothing about the label, together with the core features
//! that do, and so fails when the background shifts; a linear network does not. This crate simulates the
//! theorems' own regime exactly, computes what the theory predicts, and decides each statement with
//! declared error rates, beside a control that breaks its premise and must be refuted.
//!
//! The program `contam` is the usual way in; the modules are the same machinery as a library:
//!
//! - [`setting`], [`data`], [`network`], [`train`]: a run, from its checked parameters to its weights;
//! - [`predict`]: the theory's side, with certified error bounds and never a random number;
//! - [`arrays`]: NumPy's files, from which a run may start;
//! - [`observe`]: the scalars of a run that the paper talks about;
//! - [`stats`]: evidence from independent runs, and the three-way decision;
//! - [`calibrate`]: the error rates that `stats` really has, measured;
//! - [`toy`]: the authors' experiment, the theory beside it, and the data of its figures;
//! - [`claims`]: the registry, where prediction meets observation;
//! - [`sweep`]: grids of runs, with predictions beside them;
//! - [`report`] and [`cli`]: what people and programs see;
//! - [`fault`]: deliberate faults of a run, in builds with the feature `faults` only;
//! - [`prelude`]: the names that a study of one's own needs.
//!
//! ```
//! use feature_contamination::predict::ActivationOracle;
//! use feature_contamination::setting::Latent;
//!
//! // P(z_1 - z_2 + z_3 >= 0) for uniform latents is 5/6.
//! let oracle = ActivationOracle::new(&[Latent::Uniform; 3], 0)?;
//! let active = oracle.probabilities(&[1.0, -1.0, 1.0])?.positive;
//! assert!((active.value - 5.0 / 6.0).abs() <= active.error_bound);
//! # Ok::<(), feature_contamination::error::Error>(())
//! ```
//!
//! # A statement of your own
//!
//! A [`claims::Study`] decides statements on anything that can be run again with another seed: what is claimed
//! of a quantity, a check that measures it on independent runs, and a control that breaks the premise and must
//! come out refuted.
//!
//! ```
//! use feature_contamination::prelude::*;
//! use rand::RngExt;
//!
//! let study = Study::new("uniform draws").statement(
//!     "uniform/mean",
//!     "A uniform draw has the mean 1/2.",
//!     "takes the larger one of two draws",
//!     |seed, arm| {
//!         let draws = Replicates::of(1000, |run_idx| {
//!             let mut rng = seed.index(run_idx).rng();
//!             let (a, b) = (rng.random::<f64>(), rng.random::<f64>());
//!             if arm == Arm::Claim { a } else { a.max(b) }
//!         });
//!         // Eight standard errors of 0.29 / sqrt(1000).
//!         let claimed = Hypothesis::value(0.5, 0.075);
//!         Ok(vec![Draft::new("mean", &[], Mean::of(&draws)?, claimed)])
//!     },
//! );
//! let outcome = study.run(Seed::root(2024))?;
//! assert_eq!(outcome.statements[0].verdict(Arm::Claim), Verdict::Supported);
//! assert!(outcome.statements[0].caught_by().is_some(), "{outcome}");
//! # Ok::<(), Error>(())
//! ```
//!
//! The folder `examples/` has three studies to start from: `law_of_large_numbers.rs`, `random_features.rs`, and
//! `own_network.rs`, on a network that the crate does not know.

// Bad input is an error, never a panic; tests may unwrap.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod arrays;
pub mod calibrate;
pub mod claims;
pub mod cli;
pub mod data;
pub mod error;
pub mod fault;
pub mod linalg;
pub mod network;
pub mod observe;
pub mod predict;
pub mod prelude;
pub mod report;
pub mod seed;
pub mod setting;
pub mod stats;
pub mod sweep;
pub mod toy;
pub mod train;
