//! Grids of runs, with predictions beside what is measured.
//!
//! A grid file becomes a [`Grid`] of cells, each a setting with its own random stream, named by its
//! parameters alone. [`run`] measures the cells that are not known yet, in parallel; [`summary`] puts
//! means over runs beside the predictions of one function, [`predicted`]. Files, clock and terminal are
//! the caller's: [`store`] makes and reads texts only.

mod axis;
mod cell;
mod ensemble;
mod figure;
mod grid;
mod measure;
mod prediction;
mod quantity;
pub mod store;
mod summary;

pub use axis::{Axes, Axis};
pub use cell::{Cell, Steps, Times};
pub use ensemble::{Ensemble, EnsembleCourse};
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
mod tests {
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    use super::*;

    /// Counts, and stops after so many cells.
    struct Counter {
        kept: Mutex<Vec<(usize, usize)>>,
        cost: AtomicU64,
        n_left: AtomicUsize,
    }

    impl Counter {
        fn stopping_after(n_cells: usize) -> Self {
            Counter { kept: Mutex::default(), cost: AtomicU64::new(0), n_left: n_cells.into() }
        }
    }

    impl Watch for Counter {
        fn is_stopped(&self) -> bool {
            self.n_left.load(Ordering::SeqCst) == 0
        }
        fn run_done(&self, cost: u64) {
            self.cost.fetch_add(cost, Ordering::SeqCst);
        }
        fn keep(&self, cell_idx: usize, runs: &[RunValues]) -> Result<()> {
            self.kept.lock().unwrap().push((cell_idx, runs.len()));
            self.n_left.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    }

    fn plan(text: &str) -> Vec<Planned> {
        let grid = Grid::from_toml(text).unwrap();
        let cells = grid.cells().unwrap();
        cells.iter().map(|placed| Planned::new(placed, grid.times).unwrap()).collect()
    }

    const TINY: &str = "d0 = [8, 16]\nbeta = [0.25, 0.5]\nruns = 3\ntimes = { t1 = 4.0, t2 = 6.0 }";

    fn on_threads(
        n_threads: usize,
        plan: &[Planned],
        watch: &Counter,
    ) -> Result<Vec<Vec<RunValues>>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        pool.install(|| run(plan, 7, watch))
    }

    #[test]
    fn results_are_the_same_for_one_and_two_threads() {
        let plan = plan(TINY);
        let watches = [1, 2].map(|_| Counter::stopping_after(100));
        let one = on_threads(1, &plan, &watches[0]).unwrap();
        let two = on_threads(2, &plan, &watches[1]).unwrap();
        assert_eq!(one, two);
        assert_eq!((one.len(), one[0].len()), (4, 3));
        let cost: u64 = plan.iter().map(Planned::cost_left).sum();
        assert!(watches.iter().all(|watch| watch.cost.load(Ordering::SeqCst) == cost));
        assert_ne!(one[0][0], one[0][1], "each run has a stream of its own");
    }

    #[test]
    fn known_runs_are_not_made_again_and_change_nothing() {
        let mut plan = plan(TINY);
        let all = run(&plan, 7, &Counter::stopping_after(100)).unwrap();
        plan[0].known = all[0].clone();
        plan[1].known = all[1][..1].to_vec();
        let watch = Counter::stopping_after(100);
        assert_eq!(run(&plan, 7, &watch).unwrap(), all);
        let mut kept = watch.kept.into_inner().unwrap();
        kept.sort_unstable();
        assert_eq!(kept, [(1, 3), (2, 3), (3, 3)]);
    }

    #[test]
    fn a_sweep_that_is_stopped_says_how_many_cells_it_kept() {
        let plan = plan(TINY);
        let stopped = on_threads(1, &plan, &Counter::stopping_after(1)).unwrap_err();
        assert!(matches!(stopped, Error::Stopped { n_kept: 1, n_cells: 4 }), "{stopped}");
        assert!(stopped.to_string().contains("1 of 4 cells"), "{stopped}");
    }

    #[test]
    fn a_run_that_explodes_names_its_cell() {
        let mut plan = plan("d0 = [8]\nc = [0.0]");
        // Beyond single precision. A rate that a grid may have does not get there: a hinge bounds the pull.
        plan[0].setting = plan[0].setting.with(|p| p.learning_rate = 1e45).unwrap();
        let fault = run(&plan, 7, &Counter::stopping_after(100)).unwrap_err().to_string();
        assert!(fault.starts_with("cell d0-8_core-4_m-32_c-0_uniform_eta-"), "{fault}");
        assert!(fault.contains("training diverged"), "{fault}");
    }
}
