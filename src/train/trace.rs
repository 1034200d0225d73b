//! The loop that records a trace.

use serde::{Deserialize, Serialize};

use super::{Checkpoint, Simulation};
use crate::data::Shift;
use crate::error::Result;
use crate::linalg::{Real, mean_row_norm};
use crate::seed::Seed;
use crate::setting::{EngineKind, Precision, Regime};

/// One row of a trace, at a number of completed steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Steps completed.
    pub step: usize,
    /// Loss on the samples of the next step.
    pub train_loss: f64,
    /// Loss on fresh samples of the training distribution.
    pub id_loss: f64,
    /// Loss on samples with the background moved to [-1, 0]: fresh ones, or those of a start file.
    pub ood_loss: f64,
    /// Accuracy on the samples of `id_loss`.
    pub id_accuracy: f64,
    /// Accuracy on the samples of `ood_loss`.
    pub ood_accuracy: f64,
    /// Mean over neurons of the first layer of the norm of the weights' projections on the core features.
    pub core_correlation: f64,
    /// The same on the background features.
    pub background_correlation: f64,
}

/// The trace of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// The coordinates of the run.
    pub engine: EngineKind,
    /// The floating-point type of the run.
    pub precision: Precision,
    /// A row every `record_every` steps, with the start and the end.
    pub rows: Vec<Row>,
}

/// Fresh samples per loss of a row: its standard error is at most 1/64 of the spread of the loss.
const N_TEST: usize = 4096;

/// Who is told of every row, with a function that makes the checkpoint of that moment; an error stops
/// the run.
pub type Observer<'a> = dyn FnMut(&Row, &dyn Fn() -> Checkpoint) -> Result<()> + 'a;

/// Trains a regime and records its trace.
///
/// `resume` goes on from a checkpoint of the same regime.
///
/// ```
/// use feature_contamination::seed::Seed;
/// use feature_contamination::setting::{EngineKind, Precision, Regime, Setting};
/// use feature_contamination::train::run;
///
/// let regime = Regime {
///     engine: EngineKind::Feature,
///     precision: Precision::F64,
///     seed: 1,
///     setting: Setting::theorem(16).with(|parameters| parameters.n_steps = 25)?,
///     record_every_steps: 10,
/// };
/// let trace = run(&regime, None, &mut |_row, _checkpoint| Ok(()))?;
/// let steps: Vec<usize> = trace.rows.iter().map(|row| row.step).collect();
/// assert_eq!(steps, [0, 10, 20, 25]);
/// assert!(trace.rows[3].id_loss < trace.rows[0].id_loss);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// - training diverged, see [`Simulation::step`];
/// - the checkpoint belongs to another regime;
/// - whatever `observe` returns.
pub fn run(
    regime: &Regime,
    resume: Option<Checkpoint>,
    observe: &mut Observer<'_>,
) -> Result<Trace> {
    let rows = match regime.precision {
        Precision::F32 => run_in::<f32>(regime, resume, observe),
        Precision::F64 => run_in::<f64>(regime, resume, observe),
    }?;
    Ok(Trace { engine: regime.engine, precision: regime.precision, rows })
}

fn run_in<T: Real>(
    regime: &Regime,
    resume: Option<Checkpoint>,
    observe: &mut Observer<'_>,
) -> Result<Vec<Row>> {
    let seed = Seed::root(regime.seed);
    let (mut simulation, mut rows) = match resume {
        Some(checkpoint) => checkpoint.restore::<T>(regime)?,
        None => (Simulation::<T>::new(&regime.setting, regime.engine, seed)?, Vec::new()),
    };
    let n_steps = regime.setting.n_steps;
    if rows.is_empty() {
        rows.push(row(&simulation));
        tell(observe, regime, &simulation, &rows)?;
    }
    while simulation.n_steps_done() < n_steps {
        let target = next_multiple(simulation.n_steps_done(), regime.record_every_steps);
        simulation.advance_to(target.min(n_steps))?;
        rows.push(row(&simulation));
        tell(observe, regime, &simulation, &rows)?;
    }
    Ok(rows)
}

/// Shows the last row to the observer.
fn tell<T: Real>(
    observe: &mut Observer<'_>,
    regime: &Regime,
    simulation: &Simulation<T>,
    rows: &[Row],
) -> Result<()> {
    match rows.last() {
        Some(row) => observe(row, &|| Checkpoint::of(regime, simulation, rows)),
        None => Ok(()),
    }
}

/// The smallest multiple of `every` above `done`.
pub(super) fn next_multiple(done: usize, every: usize) -> usize {
    (done / every + 1).saturating_mul(every)
}

fn row<T: Real>(simulation: &Simulation<T>) -> Row {
    let setting = simulation.setting();
    let id = simulation.evaluate(N_TEST, Shift::InDistribution, "id");
    let ood = simulation.evaluate(N_TEST, Shift::OutOfDistribution, "ood");
    let weights = simulation.feature_weights();
    let correlation = |features| mean_row_norm(weights.as_ref(), features);
    Row {
        step: simulation.n_steps_done(),
        train_loss: simulation.next_batch_loss(),
        id_loss: id.loss,
        ood_loss: ood.loss,
        id_accuracy: id.accuracy,
        ood_accuracy: ood.accuracy,
        core_correlation: correlation(setting.core()),
        background_correlation: correlation(setting.background()),
    }
}
