//! Grids of runs, with predictions beside what is measured.
//!
//! A grid file becomes a [`Grid`] of cells, each a setting with its own random stream, named by its
//! parameters alone. [`run`] measures the cells that are not known yet, in parallel; [`summary`] puts
//! means over runs beside the predictions of one function, [`predicted`]. Files, clock and terminal are
//! the caller's: [`store`] makes and reads texts only.

mod axis;
mod cell;
mod figure;
mod grid;
mod measure;
mod prediction;
mod quantity;
pub mod store;
mod summary;

pub use axis::{Axes, Axis};
pub use cell::{Cell, Steps, Times};
pub use figure::{Boundary, Figure};
pub use grid::{Grid, Placed};
pub use measure::{RunValues, measured};
pub use prediction::{Prediction, predicted};
pub use quantity::Quantity;
pub use summary::{CellSummary, Measured, summary};

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::setting::Setting;

/// Someone who watches a sweep, keeps what it finds, and may stop it.
pub trait Watch: Sync {
    /// Whether to begin no further run.
    fn is_stopped(&self) -> bool;
    /// A run of this cost is done.
    fn run_done(&self, cost: u64);
    /// All runs of a cell are done.
    ///
    /// # Errors
    /// If they cannot be kept; the sweep then ends.
    fn keep(&self, cell_idx: usize, runs: &[RunValues]) -> Result<()>;
}

/// A cell that is to have so many runs, of which the first ones may be known.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The cell.
    pub cell: Cell,
    /// Its setting.
    pub setting: Setting,
    /// Its times.
    pub steps: Steps,
    /// The runs that are known, with indices from 0 on.
    pub known: Vec<RunValues>,
    /// The runs that it is to have.
    pub n_runs: usize,
}

impl Planned {
    /// A cell of which no run is known.
    ///
    /// # Errors
    /// If its parameters are not consistent.
    pub fn new(placed: &Placed, times: Times) -> Result<Self> {
        let setting = placed.cell.setting()?;
        let steps = times.steps(&setting);
        Ok(Planned { cell: placed.cell, setting, steps, known: Vec::new(), n_runs: placed.n_runs })
    }

    /// The cost of the runs that are to be made.
    pub fn cost_left(&self) -> u64 {
        self.run_cost() * self.n_runs.saturating_sub(self.known.len()) as u64
    }

    fn run_cost(&self) -> u64 {
        self.cell.cost(&self.setting, self.steps)
    }
}

/// Measures what is not known; returns the runs of every cell, in the order of the plan. No number
/// depends on the number of threads or on what is known already.
///
/// # Errors
/// - [`Error::Cell`] if training diverges;
/// - the error of the one who keeps;
/// - [`Error::Stopped`] if the watcher stopped the sweep before its end.
pub fn run(plan: &[Planned], root: u64, watch: &impl Watch) -> Result<Vec<Vec<RunValues>>> {
    let mut jobs: Vec<(usize, usize)> = plan
        .iter()
        .enumerate()
        .flat_map(|(idx, cell)| (cell.known.len()..cell.n_runs).map(move |run| (idx, run)))
        .collect();
    // The longest runs first, so that no thread is left with one at the end.
    jobs.sort_by_key(|&(cell_idx, _)| std::cmp::Reverse(plan[cell_idx].run_cost()));
    let slots: Vec<Mutex<Slot>> = plan.iter().map(|cell| Mutex::new(Slot::new(cell))).collect();
    jobs.par_iter().with_max_len(1).try_for_each(|&(cell_idx, run_idx)| -> Result<()> {
        if watch.is_stopped() {
            return Ok(());
        }
        let Planned { cell, setting, steps, .. } = &plan[cell_idx];
        let values = measured(setting, *steps, cell.seed(root, run_idx))
            .map_err(|fault| Error::Cell { cell: cell.key(), fault: Box::new(fault) })?;
        let complete = {
            let mut slot = slots[cell_idx].lock().unwrap_or_else(PoisonError::into_inner);
            slot.runs[run_idx] = Some(values);
            slot.complete()
        };
        if let Some(runs) = complete {
            watch.keep(cell_idx, &runs)?;
        }
        watch.run_done(plan[cell_idx].run_cost());
        Ok(())
    })?;
    let done: Vec<Vec<RunValues>> = slots
        .into_iter()
        .filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner).complete())
        .collect();
    if done.len() < plan.len() {
        return Err(Error::Stopped { n_kept: done.len(), n_cells: plan.len() });
    }
    Ok(done)
}

/// The runs of a cell, as they come in.
struct Slot {
    runs: Vec<Option<RunValues>>,
}

impl Slot {
    fn new(planned: &Planned) -> Self {
        let mut runs: Vec<Option<RunValues>> = planned.known.iter().copied().map(Some).collect();
        runs.resize(planned.n_runs, None);
        Slot { runs }
    }

    /// All runs, once they are there.
    fn complete(&self) -> Option<Vec<RunValues>> {
        self.runs.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests;
