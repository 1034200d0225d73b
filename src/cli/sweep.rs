//! `contam sweep`: a grid of runs, its documents and its figures.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::args::{SeedChoice, Sweep};
use super::files::{self, Target, file_error, make_directory};
use super::progress::Line;
use super::verify::start_threads;
use super::{output, signal};
use crate::error::Result;
use crate::report;
use crate::sweep::store::{self, Conditions};
use crate::sweep::{self, CellSummary, Grid, Placed, Planned, RunValues, Watch};

/// A grid file is a page of text.
const MAX_GRID_BYTES: u64 = 1 << 20;
/// A kept cell has a few hundred bytes for each run.
const MAX_CELL_BYTES: u64 = 1 << 28;

/// Where measured cells are kept, below the directory of the sweep.
const KEPT: &str = "cells";

/// Measures the cells of a grid file that are not kept yet, and writes the documents and the figures.
///
/// # Errors
/// - a grid file that cannot be read, or asks for what cannot be;
/// - a directory that takes no file, found before the work starts;
/// - threads that cannot be started;
/// - training that diverges, after the cells that are complete were kept;
/// - [`crate::error::Error::Stopped`] after Ctrl-C, likewise.
pub fn run(options: &Sweep) -> Result<()> {
    let is_stopped =
        signal::flag("\nstopping after the runs that have begun; press Ctrl-C again to stop now");
    let mut grid = read_grid(&options.grid)?;
    if let Some(seed) = options.seed {
        grid.seed = seed.number();
    }
    let placed = grid.cells()?;
    let shelf = Shelf::new(&options.out, &grid)?;
    let outputs = Outputs::new(&options.out, &grid)?;
    start_threads(options.threads)?;
    let (plan, stock) = shelf.plan(&placed, &grid)?;
    for fault in &stock.faults {
        output::note(&format!("note: {fault}"));
    }
    announce(&stock, placed.len(), &grid, options)?;
    let runs = {
        let line = Line::of_cost(plan.iter().map(Planned::cost_left).sum(), options.quiet);
        let keeper = Keeper {
            shelf: &shelf,
            plan: &plan,
            line: &line,
            is_stopped,
            n_done: stock.n_complete.into(),
        };
        keeper.show(stock.n_complete);
        sweep::run(&plan, grid.seed, &keeper)?
    };
    let places: Vec<[usize; 6]> = placed.iter().map(|placed| placed.at).collect();
    let cells = sweep::summary(&plan, &places, runs)?;
    let document = report::to_json(&report::sweep_document(&grid, grid.seed, &cells))?;
    outputs.write(&grid, &cells, &document)?;
    if options.json {
        return output::answer(&document);
    }
    output::answer(&format!("\n{}", report::sweep_table(&grid, &cells)))?;
    output::answer(&format!("\nThe report lies in {}.", options.out.display()))
}

fn read_grid(path: &Path) -> Result<Grid> {
    let remedy = "give the path of a grid file, such as grids/decay.toml";
    let bytes = files::read(path, MAX_GRID_BYTES, remedy)?;
    let text =
        String::from_utf8(bytes).map_err(|_| file_error(path, "not a text in UTF-8", remedy))?;
    Grid::from_toml(&text)
}

/// Says what there is to do. A document stands alone on standard output; a seed that nobody knows yet is
/// then told on standard error, and so is what was kept.
fn announce(stock: &Stock, n_cells: usize, grid: &Grid, options: &Sweep) -> Result<()> {
    let line = format!(
        "Sweeping {n_cells} cells with seed {}: {} kept from an earlier run, {} to measure.",
        grid.seed,
        stock.n_complete,
        n_cells - stock.n_complete
    );
    if !options.json {
        return output::answer(&line);
    }
    if !options.quiet || options.seed == Some(SeedChoice::Random) {
        output::note(&line);
    }
    Ok(())
}

/// The cells that lie in the directory of a sweep.
struct Shelf {
    directory: PathBuf,
    conditions: Conditions,
}

/// What lay there already.
#[derive(Default)]
struct Stock {
    /// Cells with all of their runs.
    n_complete: usize,
    /// Why others cannot be used, one sentence each.
    faults: Vec<String>,
}

impl Shelf {
    fn new(out: &Path, grid: &Grid) -> Result<Self> {
        let directory = out.join(KEPT);
        make_directory(&directory)?;
        Ok(Shelf { directory, conditions: Conditions { seed: grid.seed, times: grid.times } })
    }

    fn path(&self, cell: &sweep::Cell) -> PathBuf {
        self.directory.join(store::file_name(cell))
    }

    /// The plan of a sweep, with the runs that are kept.
    fn plan(&self, placed: &[Placed], grid: &Grid) -> Result<(Vec<Planned>, Stock)> {
        let (mut plan, mut stock) = (Vec::new(), Stock::default());
        let mut others = Vec::new();
        for placed in placed {
            let mut planned = Planned::new(placed, grid.times)?;
            match self.known(&placed.cell)? {
                Ok(mut known) => {
                    known.truncate(placed.n_runs);
                    planned.known = known;
                }
                Err(store::Unusable::Other(what)) => others.push(what),
                Err(fault) => {
                    let path = self.path(&placed.cell);
                    stock.faults.push(format!("{}: {fault}; it is measured again", path.display()));
                }
            }
            stock.n_complete += usize::from(planned.known.len() == planned.n_runs);
            plan.push(planned);
        }
        // Many cells of an older sweep are one piece of news.
        others.sort_unstable();
        others.dedup();
        for what in others {
            stock.faults.push(format!("cells measured with another {what} are measured again"));
        }
        Ok((plan, stock))
    }

    /// The runs of a cell that are kept; none where there is no file.
    fn known(&self, cell: &sweep::Cell) -> Result<Result<Vec<RunValues>, store::Unusable>> {
        let path = self.path(cell);
        if !path.exists() {
            return Ok(Ok(Vec::new()));
        }
        let bytes = files::read(&path, MAX_CELL_BYTES, "delete it, or write elsewhere")?;
        Ok(store::from_text(&String::from_utf8_lossy(&bytes), cell, self.conditions))
    }

    fn keep(&self, cell: &sweep::Cell, runs: &[RunValues]) -> Result<()> {
        let text = store::to_text(cell, self.conditions, runs)?;
        Target::new(&self.path(cell))?.write(|writer| writeln!(writer, "{text}"))
    }
}

/// Keeps each cell once its last run is done.
struct Keeper<'a> {
    shelf: &'a Shelf,
    plan: &'a [Planned],
    line: &'a Line,
    is_stopped: Arc<AtomicBool>,
    n_done: AtomicUsize,
}

impl Keeper<'_> {
    fn show(&self, n_done: usize) {
        self.line.say(format!("{n_done} of {} cells", self.plan.len()));
    }
}

impl Watch for Keeper<'_> {
    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst)
    }

    fn run_done(&self, cost: u64) {
        self.line.advance(cost);
    }

    fn keep(&self, cell_idx: usize, runs: &[RunValues]) -> Result<()> {
        self.shelf.keep(&self.plan[cell_idx].cell, runs)?;
        self.show(self.n_done.fetch_add(1, Ordering::SeqCst) + 1);
        Ok(())
    }
}

/// The files of a report: table, document, figures.
struct Outputs {
    csv: Target,
    json: Target,
    figures: Vec<Target>,
}

impl Outputs {
    fn new(out: &Path, grid: &Grid) -> Result<Self> {
        let target = |name: &str| Target::new(&out.join(name));
        let figures = grid.figures.iter().map(|figure| target(&figure.file)).collect::<Result<_>>();
        Ok(Outputs { csv: target("cells.csv")?, json: target("cells.json")?, figures: figures? })
    }

    fn write(&self, grid: &Grid, cells: &[CellSummary], document: &str) -> Result<()> {
        let csv = report::sweep_csv(cells);
        self.csv.write(|writer| writer.write_all(csv.as_bytes()))?;
        self.json.write(|writer| writeln!(writer, "{document}"))?;
        for (target, figure) in self.figures.iter().zip(&grid.figures) {
            let svg = report::heat_map(grid, figure, cells)?;
            target.write(|writer| writer.write_all(svg.as_bytes()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const GRID: &str = "d0 = [8]\nbeta = [0.25, 0.5]\nruns = 2\ntimes = { t1 = 2.0, t2 = 3.0 }";

    fn shelf_of(out: &Path, text: &str) -> (Shelf, Grid, Vec<Placed>) {
        let grid = Grid::from_toml(text).unwrap();
        let placed = grid.cells().unwrap();
        (Shelf::new(out, &grid).unwrap(), grid, placed)
    }

    fn measure(shelf: &Shelf, plan: &[Planned], seed: u64) -> Vec<Vec<RunValues>> {
        let line = Line::of_cost(0, true);
        let (is_stopped, n_done) = (Arc::default(), AtomicUsize::new(0));
        sweep::run(plan, seed, &Keeper { shelf, plan, line: &line, is_stopped, n_done }).unwrap()
    }

    #[test]
    fn kept_cells_are_known_again_and_damaged_ones_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let (shelf, grid, placed) = shelf_of(directory.path(), GRID);
        let (plan, stock) = shelf.plan(&placed, &grid).unwrap();
        assert_eq!(stock.n_complete, 0);
        let runs = measure(&shelf, &plan, grid.seed);
        let (again, stock) = shelf.plan(&placed, &grid).unwrap();
        assert_eq!((stock.n_complete, stock.faults.len()), (2, 0));
        assert_eq!(again[1].known, runs[1]);

        let path = shelf.path(&placed[0].cell);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..100]).unwrap();
        let (damaged, stock) = shelf.plan(&placed, &grid).unwrap();
        assert_eq!((stock.n_complete, damaged[0].known.len()), (1, 0));
        assert!(stock.faults[0].contains("damaged") && stock.faults[0].contains("again"));
        assert_eq!(measure(&shelf, &damaged, grid.seed), runs);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_changed_grid_keeps_what_matches_and_adds_runs_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let (shelf, grid, placed) = shelf_of(directory.path(), GRID);
        let (plan, _) = shelf.plan(&placed, &grid).unwrap();
        let runs = measure(&shelf, &plan, grid.seed);
        let wider = GRID.replace("0.25, 0.5", "0.75, 0.25, 0.5").replace("runs = 2", "runs = 3");
        let (shelf, grid, placed) = shelf_of(directory.path(), &wider);
        let (plan, stock) = shelf.plan(&placed, &grid).unwrap();
        let known: Vec<usize> = plan.iter().map(|cell| cell.known.len()).collect();
        assert_eq!((known, stock.n_complete), (vec![0, 2, 2], 0));
        assert_eq!(measure(&shelf, &plan, grid.seed)[1][..2], runs[0]);
        // Fewer runs use the first ones of what is kept, and leave the file as it is.
        let (shelf, grid, placed) = shelf_of(directory.path(), GRID);
        let (plan, stock) = shelf.plan(&placed, &grid).unwrap();
        assert_eq!((stock.n_complete, &plan[0].known), (2, &runs[0]));
    }

    #[test]
    fn another_seed_measures_again_and_says_so_once() {
        let directory = tempfile::tempdir().unwrap();
        let (shelf, grid, placed) = shelf_of(directory.path(), GRID);
        let (plan, _) = shelf.plan(&placed, &grid).unwrap();
        measure(&shelf, &plan, grid.seed);
        let (shelf, grid, placed) = shelf_of(directory.path(), &format!("seed = 8\n{GRID}"));
        let (_, stock) = shelf.plan(&placed, &grid).unwrap();
        assert_eq!(stock.n_complete, 0);
        assert_eq!(stock.faults, ["cells measured with another seed are measured again"]);
    }
}
