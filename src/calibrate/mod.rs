//! Calibration: the error rates that the procedures of [`crate::stats`] really have, beside those they
//! promise.
//!
//! Two ways to know a rate. Of a rule on binary trials whose evidence depends on the counts alone, every
//! probability is *computed*: dynamic programming over (trials, successes), over a grid of more than a
//! thousand probabilities (module `binary`). Everything else is *sampled*, with as many replicates as are asked
//! for, each on its own random stream, and the rate comes with its exact limits by Clopper and Pearson. A
//! promise counts as broken when even the lower limit lies above it.
//!
//! What cannot fail shows nothing: beside the procedures stands a control that must break its promise (an
//! interval for a fixed sample, looked at after every trial), and laws outside of a procedure's model are
//! shown with the rates they have.
//!
//! [`PROCEDURES`] is the one list: a name, what is promised, what is measured.

mod binary;
mod effort;
mod fixed_sample;
mod law;
mod multiplicity;
mod power;
mod proportion;
mod reading;
mod registry;
mod row;
mod samples;
mod sequence;
mod sequential;

pub use effort::{Effort, Progress};
pub use registry::{PROCEDURES, Procedure, select};
pub use row::{Curve, CurvePoint, Findings, Measured, Promise, Row, Saving, Standing};

use crate::error::{Error, Result};
use crate::stats::Rates;

/// The error rates that procedures are given: large enough for a hundred thousand replicates to measure.
pub const RATES: Rates = Rates { alpha: 0.01, beta: 0.01 };

/// Replicates where nobody says how many: a rate of 0.01 is then known to within a tenth of itself.
pub const DEFAULT_REPLICATES: usize = 100_000;

/// More replicates than this take days.
const MAX_REPLICATES: usize = 100_000_000;

/// Runs procedures, in the order given, and collects what they find.
///
/// ```
/// use feature_contamination::calibrate::{Effort, run, select};
/// use feature_contamination::seed::Seed;
///
/// let procedures = select(&["many/holm".to_owned()])?;
/// let findings = run(&procedures, &Effort::new(Seed::root(1), 100, &())?)?;
/// assert!(!findings.rows.is_empty());
/// assert!(findings.rows.iter().all(|row| !row.standing().is_fault()));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// A procedure that gives no answer.
pub fn run(procedures: &[&'static Procedure], effort: &Effort) -> Result<Findings> {
    let mut findings = Findings::default();
    for (idx, procedure) in procedures.iter().enumerate() {
        effort.progress().procedure(idx, procedures.len(), procedure.name);
        findings.extend((procedure.run)(&effort.of(procedure.name))?);
    }
    Ok(findings)
}

/// A number of replicates.
///
/// # Errors
/// None, or more than anybody waits for.
pub fn check_replicates(n_replicates: usize) -> Result<usize> {
    if (1..=MAX_REPLICATES).contains(&n_replicates) {
        return Ok(n_replicates);
    }
    let range = format!("from 1 to {MAX_REPLICATES}");
    let remedy = format!("{DEFAULT_REPLICATES} resolve a rate of 0.01 to a tenth of itself");
    Err(Error::out_of_range("replicates", n_replicates, range, remedy))
}
