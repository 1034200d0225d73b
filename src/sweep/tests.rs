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

fn on_threads(n_threads: usize, plan: &[Planned], watch: &Counter) -> Result<Vec<Vec<RunValues>>> {
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
