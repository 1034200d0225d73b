//! The one error type of the crate.
//!
//! A claim that fails is a value ([`crate::stats::Verdict`]), not an error. An error means that
//! no answer exists: the input is out of range, a file cannot be read, a run left the numbers.
//! Every message names the parameter, the value it had, the range it may have and the remedy.

use std::path::PathBuf;

/// What keeps the crate from giving an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter is outside its range, or inconsistent with another one.
    #[error("{parameter} = {value} is out of range: it must be {range}; {remedy}")]
    OutOfRange {
        /// The parameter, in the words of the regime file or of the command line.
        parameter: String,
        /// The value it had.
        value: String,
        /// The range it may have.
        range: String,
        /// What to do about it.
        remedy: String,
    },
    /// A text could not be read as the thing it should be.
    #[error("{what} cannot be read: {reason}; {remedy}")]
    Malformed {
        /// The thing that was to be read.
        what: String,
        /// Why it cannot be.
        reason: String,
        /// What to do about it.
        remedy: String,
    },
    /// No claim has this id.
    #[error("unknown claim `{id}`{}; `contam list` shows every id", suggestion(.nearest))]
    UnknownClaim {
        /// The id asked for.
        id: String,
        /// The registered id nearest to it, where one is near.
        nearest: Option<String>,
    },
    /// No calibrated procedure has this name.
    #[error(
        "unknown procedure `{name}`{}; `contam calibrate --help` names every one",
        suggestion(.nearest)
    )]
    UnknownProcedure {
        /// The name asked for.
        name: String,
        /// The name nearest to it, where one is near.
        nearest: Option<String>,
    },
    /// No deliberate fault has this name.
    #[cfg(feature = "faults")]
    #[error("unknown fault `{name}`{}; `contam faults --list` shows every one", suggestion(.nearest))]
    UnknownFault {
        /// The name asked for.
        name: String,
        /// The name nearest to it, where one is near.
        nearest: Option<String>,
    },
    /// A file could not be read or written.
    #[error("{}: {reason}; {remedy}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
        /// What to do about it.
        remedy: String,
    },
    /// Training left the finite numbers.
    #[error(
        "training diverged at step {step}: neuron {neuron_idx} has a weight that is not finite; \
         lower training.learning_rate, or use precision = \"f64\""
    )]
    Diverged {
        /// Steps completed before the fault was seen.
        step: usize,
        /// The first neuron with a weight that is not finite, counted from 0.
        neuron_idx: usize,
    },
    /// A cell of a sweep gave no answer.
    #[error("cell {cell}: {fault}")]
    Cell {
        /// The cell, by its parameters.
        cell: String,
        /// What kept it from an answer.
        fault: Box<Error>,
    },
    /// A claim could not be checked.
    #[error("claim {id}: {fault}")]
    Claim {
        /// The claim's id.
        id: String,
        /// What kept it from a verdict.
        fault: Box<Error>,
    },
    /// A part of a claim could not be put together or judged.
    #[error("part `{name}`: {fault}")]
    Part {
        /// The part's name.
        name: String,
        /// What kept it from a verdict.
        fault: Box<Error>,
    },
    /// The caller asked a sweep to stop; the cells that are complete were kept.
    #[error(
        "interrupted with {n_kept} of {n_cells} cells measured and kept; run the same command again \
         to go on"
    )]
    Stopped {
        /// Cells that are complete.
        n_kept: usize,
        /// Cells of the grid.
        n_cells: usize,
    },
    /// The caller asked to stop; nothing was lost that a checkpoint holds.
    #[error(
        "interrupted after step {step}; run the same command again to go on from the checkpoint"
    )]
    Interrupted {
        /// Steps completed.
        step: usize,
    },
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|id| format!("; did you mean `{id}`?")).unwrap_or_default()
}

impl Error {
    /// An [`Error::OutOfRange`] from displayable parts.
    pub(crate) fn out_of_range(
        parameter: impl Into<String>,
        value: impl ToString,
        range: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Error::OutOfRange {
            parameter: parameter.into(),
            value: value.to_string(),
            range: range.into(),
            remedy: remedy.into(),
        }
    }
}

/// The crate's result type.
pub type Result<T, E = Error> = std::result::Result<T, E>;
