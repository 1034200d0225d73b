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
//! - [`fault`]: deliberate faults of a run, in builds with the feature `faults` only.
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
pub mod report;
pub mod seed;
pub mod setting;
pub mod stats;
pub mod sweep;
pub mod toy;
pub mod train;
