//! Experiments beyond the theorems: multi-layer networks, other losses and optimizers, fixed samples, and
//! starts that come from a file.
//!
//! Notation: inputs `x = s F` of feature coordinates `s` and features `F` (rows), outputs `h(x)`, loss
//! `L = (1/n) sum_i l(y_i, h(x_i))`. Samples that lie in the span of the features, an optimizer that does
//! not depend on the axes, and an orthonormal basis `Q` of the span make the run in the coordinates
//! `Q^T x`, `Q^T w` the same run: gradients of the first layer lie in the span, and what the weights have
//! outside of it only decays, without ever reaching an output.

mod checkpoint;
mod criterion;
mod features;
mod optimizer;
mod run;
mod start_file;

#[cfg(test)]
mod tests;

pub use checkpoint::ExperimentCheckpoint;
pub use run::ExperimentRun;
pub use start_file::{Array, StartArrays};

use super::trace::next_multiple;
use super::{Row, Trace};
use crate::error::Result;
use crate::linalg::Real;
use crate::setting::{Experiment, Precision};

/// Who is told of every row, with a function that makes the checkpoint of that moment; an error stops
/// the run.
pub type ExperimentObserver<'a> =
    dyn FnMut(&Row, &dyn Fn() -> ExperimentCheckpoint) -> Result<()> + 'a;

/// Trains an experiment and records its trace.
///
/// `start` takes the place of the data and the weights that the experiment would draw; the experiment must
/// be the one that it belongs to, see [`StartArrays::overrule`]. `resume` goes on from a checkpoint of the same experiment.
///
/// # Errors
/// - training diverged, see [`ExperimentRun::step`];
/// - the start file has other sizes, or the checkpoint belongs to another experiment;
/// - whatever `observe` returns.
pub fn run_experiment(
    experiment: &Experiment,
    start: Option<&StartArrays>,
    resume: Option<ExperimentCheckpoint>,
    observe: &mut ExperimentObserver<'_>,
) -> Result<Trace> {
    let rows = match experiment.precision {
        Precision::F32 => run_in::<f32>(experiment, start, resume, observe),
        Precision::F64 => run_in::<f64>(experiment, start, resume, observe),
    }?;
    Ok(Trace { engine: experiment.engine(), precision: experiment.precision, rows })
}

fn run_in<T: Real>(
    experiment: &Experiment,
    start: Option<&StartArrays>,
    resume: Option<ExperimentCheckpoint>,
    observe: &mut ExperimentObserver<'_>,
) -> Result<Vec<Row>> {
    let (mut run, mut rows) = match resume {
        Some(checkpoint) => checkpoint.restore::<T>(experiment, start)?,
        None => (ExperimentRun::<T>::new(experiment, start)?, Vec::new()),
    };
    let mut record = |run: &ExperimentRun<T>, rows: &mut Vec<Row>| {
        let row = run.row()?;
        rows.push(row);
        observe(&row, &|| ExperimentCheckpoint::of(run, rows))
    };
    if rows.is_empty() {
        record(&run, &mut rows)?;
    }
    while run.n_steps_done() < experiment.n_steps {
        let target = next_multiple(run.n_steps_done(), experiment.record_every_steps);
        run.advance_to(target.min(experiment.n_steps))?;
        record(&run, &mut rows)?;
    }
    Ok(rows)
}
