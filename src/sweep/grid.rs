//! The grid file: axes, replicates, seed, times and figures, as TOML.

use serde::Deserialize;

use super::axis::{Axes, Axis};
use super::cell::{Cell, Times};
use super::figure::{Figure, Figures};
use crate::error::{Error, Result};
use crate::setting::{Latent, toml_fault};

/// A grid of cells and what is drawn of it.
///
/// ```
/// use feature_contamination::sweep::{Grid, Planned, predicted};
///
/// let grid = Grid::from_toml("d0 = [16]\nc = [0.01, 1.0]\nruns = 2")?;
/// let cells = grid.cells()?;
/// assert_eq!((cells.len(), cells[0].n_runs), (2, 2));
/// // Ten times the critical decay and more lets the network learn next to nothing.
/// let risk = |idx: usize| {
///     let cell = Planned::new(&cells[idx], grid.times)?;
///     Ok::<_, feature_contamination::error::Error>(predicted(&cell.setting, cell.steps)?.id_risk)
/// };
/// assert!(risk(0)? < 0.5 && risk(1)? > 0.5);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The values on the axes.
    pub axes: Axes,
    /// Replicates of a cell, for each `d0` one number for each `beta`.
    pub runs: Vec<Vec<usize>>,
    /// The root of all random streams.
    pub seed: u64,
    /// When runs are looked at.
    pub times: Times,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// A cell at its place in a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Its parameters.
    pub cell: Cell,
    /// Its indices on the axes, in the order of [`Axis::ALL`].
    pub at: [usize; 6],
    /// Its number of replicates.
    pub n_runs: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default = "default_d0")]
    d0: Vec<usize>,
    #[serde(default = "half")]
    beta: Vec<f64>,
    #[serde(default = "four")]
    width_per_feature: Vec<f64>,
    c: Option<Vec<f64>>,
    #[serde(default = "uniform")]
    latent: Vec<String>,
    learning_rate: Option<Vec<f64>>,
    #[serde(default)]
    runs: Runs,
    #[serde(default = "default_seed")]
    seed: u64,
    #[serde(default)]
    times: Times,
    #[serde(default)]
    figure: Figures,
}

/// One number of replicates for all cells, or one for each `d0`, or for each `d0` one for each `beta`.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number of runs, or a list with one number for each d0, or for each d0 a list with \
                 one number for each beta"
)]
enum Runs {
    Same(usize),
    PerSize(Vec<usize>),
    PerSizeAndShare(Vec<Vec<usize>>),
}

impl Default for Runs {
    fn default() -> Self {
        Runs::Same(4)
    }
}

/// In the middle of the ladder; a free choice.
fn default_d0() -> Vec<usize> {
    vec![64]
}
fn half() -> Vec<f64> {
    vec![0.5]
}
fn four() -> Vec<f64> {
    vec![4.0]
}
fn uniform() -> Vec<String> {
    vec!["uniform".into()]
}
/// The same as that of the other commands.
fn default_seed() -> u64 {
    2024
}

/// More cells or runs than anybody waits for; a free choice.
const MAX_COUNT: usize = 100_000;

impl Grid {
    /// Reads a grid from the text of a TOML file.
    ///
    /// # Errors
    /// - text that is not TOML, keys that are unknown, values of the wrong type;
    /// - values out of range, twice on an axis, or that fit no whole number of features or neurons;
    /// - a figure that the axes do not have.
    pub fn from_toml(text: &str) -> Result<Self> {
        let remedy = "grids/other-class.toml is a complete grid file";
        let file: File = toml::from_str(text)
            .map_err(|fault| toml_fault("the grid file", remedy, text, &fault))?;
        let latent = file.latent.iter().map(|law| law.parse()).collect::<Result<Vec<Latent>>>()?;
        let axes = Axes {
            d0: file.d0,
            beta: file.beta,
            width_per_feature: file.width_per_feature,
            c: file.c,
            latent,
            learning_rate: file.learning_rate,
        };
        axes.check()?;
        let runs = file.runs.table(axes.d0.len(), axes.beta.len())?;
        let grid = Grid { axes, runs, seed: file.seed, times: file.times, figures: file.figure.0 };
        grid.check()?;
        Ok(grid)
    }

    /// The cells, in the order of [`Axis::ALL`] with the last axis fastest.
    ///
    /// # Errors
    /// If a share or a width is no whole number; a grid that was read has none such.
    pub fn cells(&self) -> Result<Vec<Placed>> {
        (0..self.n_cells())
            .map(|idx| {
                let at = self.place(idx);
                let n_runs = self.runs[at[Axis::D0.direction()]][at[Axis::Beta.direction()]];
                Ok(Placed { cell: Cell::at(&self.axes, at)?, at, n_runs })
            })
            .collect()
    }

    fn n_cells(&self) -> usize {
        Axis::ALL.iter().map(|&axis| self.axes.len(axis)).product()
    }

    /// The indices on the axes of the cell of this index.
    fn place(&self, cell_idx: usize) -> [usize; 6] {
        let (mut rest, mut at) = (cell_idx, [0; 6]);
        for (direction, &axis) in Axis::ALL.iter().enumerate().rev() {
            at[direction] = rest % self.axes.len(axis);
            rest /= self.axes.len(axis);
        }
        at
    }

    fn check(&self) -> Result<()> {
        let Times { t1, t2 } = self.times;
        if !(t1 > 0.0 && t1 <= t2 && t2 <= MAX_TAU) {
            return Err(Error::out_of_range(
                "times",
                format!("{{ t1 = {t1}, t2 = {t2} }}"),
                format!("0 < t1 <= t2 <= {MAX_TAU}"),
                "times are tau = eta t d0 / m; the ladder has t1 = 8 and t2 = 20",
            ));
        }
        if self.n_cells() > MAX_COUNT {
            let range = format!("at most {MAX_COUNT}");
            let remedy = "take values off the axes";
            return Err(Error::out_of_range("number of cells", self.n_cells(), range, remedy));
        }
        for (idx, figure) in self.figures.iter().enumerate() {
            figure.check(&self.axes)?;
            if self.figures[..idx].iter().any(|other| other.file == figure.file) {
                let range = "the name of one figure only";
                let remedy = "give each figure a file of its own";
                return Err(Error::out_of_range("figure.file", &figure.file, range, remedy));
            }
        }
        Ok(())
    }
}

/// Ten times as long as it takes the margins to settle; a free choice.
const MAX_TAU: f64 = 200.0;

impl Runs {
    /// A number for every `d0` and `beta`.
    fn table(self, n_sizes: usize, n_shares: usize) -> Result<Vec<Vec<usize>>> {
        let table = match self {
            Runs::Same(n_runs) => vec![vec![n_runs; n_shares]; n_sizes],
            Runs::PerSize(runs) => runs.into_iter().map(|n_runs| vec![n_runs; n_shares]).collect(),
            Runs::PerSizeAndShare(table) => table,
        };
        check_length(table.len(), n_sizes, "d0")?;
        for row in &table {
            check_length(row.len(), n_shares, "beta")?;
        }
        match table.iter().flatten().find(|n_runs| !(1..=MAX_COUNT).contains(n_runs)) {
            None => Ok(table),
            Some(n_runs) => {
                let range = format!("from 1 to {MAX_COUNT}");
                Err(Error::out_of_range("runs", n_runs, range, "a cell has a replicate at least"))
            }
        }
    }
}

/// Refuses a list of runs that is shorter or longer than its axis.
fn check_length(n_values: usize, n_on_axis: usize, axis: &str) -> Result<()> {
    if n_values == n_on_axis {
        return Ok(());
    }
    let range = format!("the number of {axis}, {n_on_axis}");
    let remedy = format!("give one number for all, or one for each {axis}");
    Err(Error::out_of_range("runs, number of values", n_values, range, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Boundary, Quantity};

    const EXAMPLE: &str = r#"
        d0 = [16, 32]
        beta = [0.25, 0.4375]
        c = [0.01, 0.1]
        latent = ["beta:2,5"]
        runs = [8, 2]
        seed = 7
        times = { t1 = 4.0, t2 = 10.0 }
    "#;

    const FIGURE: &str = "d0 = [16, 32]\nbeta = [0.25, 0.5]\nlatent = [\"uniform\"]\n[figure]\n\
        value = \"other_class\"\nx = \"beta\"\ny = \"d0\"\nfile = \"p.svg\"\nboundary = \"half\"\n";

    #[test]
    fn a_file_is_read_and_its_cells_are_in_order() {
        let grid = Grid::from_toml(EXAMPLE).unwrap();
        assert_eq!((grid.seed, grid.times), (7, Times { t1: 4.0, t2: 10.0 }));
        let cells = grid.cells().unwrap();
        let places: Vec<_> = cells.iter().map(|c| (c.cell.c, c.cell.d0, c.cell.core)).collect();
        let of_c = |c| [(c, 16, 12), (c, 16, 9), (c, 32, 24), (c, 32, 18)];
        assert_eq!(places, [of_c(0.01), of_c(0.1)].concat());
        assert_eq!((cells[0].n_runs, cells[2].n_runs), (8, 2));
        assert_eq!(cells[0].cell.learning_rate, 0.5);
        assert_eq!(cells[0].cell.width, 64);
    }

    #[test]
    fn runs_may_differ_from_cell_to_cell() {
        let text = "d0 = [16, 32]\nbeta = [0.25, 0.5]\nruns = [[1, 2], [3, 4]]";
        let cells = Grid::from_toml(text).unwrap().cells().unwrap();
        let runs: Vec<_> = cells.iter().map(|c| (c.cell.d0, c.cell.core, c.n_runs)).collect();
        assert_eq!(runs, [(16, 12, 1), (16, 8, 2), (32, 24, 3), (32, 16, 4)]);
    }

    #[test]
    fn an_empty_file_is_the_theorem() {
        let cells = Grid::from_toml("").unwrap().cells().unwrap();
        assert_eq!((cells.len(), cells[0].n_runs), (1, 4));
        assert_eq!(cells[0].cell.setting().unwrap(), crate::setting::Setting::theorem(64));
    }

    #[test]
    fn a_decay_that_is_not_given_follows_the_energy() {
        let cells = Grid::from_toml("latent = [\"beta:2,5\"]").unwrap().cells().unwrap();
        assert!((cells[0].cell.c - 0.01 * 16.0 / 49.0).abs() < 1e-12);
    }

    #[test]
    fn a_value_more_on_an_axis_leaves_other_cells_as_they_are() {
        let cells = |text: &str| Grid::from_toml(text).unwrap().cells().unwrap();
        let few = cells("d0 = [16, 32]\nbeta = [0.25]");
        let many = cells("d0 = [8, 16, 32]\nbeta = [0.5, 0.25]");
        for cell in few {
            let same = many.iter().find(|other| other.cell == cell.cell).unwrap();
            assert_eq!(same.cell.seed(1, 0), cell.cell.seed(1, 0));
        }
    }

    #[track_caller]
    fn check_refused(text: &str, named: &[&str]) {
        let message = Grid::from_toml(text).unwrap_err().to_string();
        for name in named {
            assert!(message.contains(name), "{text}: {name} is missing in {message}");
        }
        assert!(!message.contains('\n'), "{message}");
    }

    #[test]
    fn a_faulty_file_is_refused_with_the_value_in_the_message() {
        let cases: [(&str, &[&str]); 26] = [
            ("bta = [0.5]", &["line 1 (`bta = [0.5]`)", "unknown field `bta`", "`beta`"]),
            ("d0 = 16", &["line 1", "grids/other-class.toml"]),
            ("d0 = [15]", &["d0 = 15", "even"]),
            ("d0 = []", &["d0 = []", "leave the axis out"]),
            ("d0 = [16, 32, 16]", &["d0 = 16", "once"]),
            ("d0 = [16, 64]\nbeta = [0.03125]", &["beta = 0.03125", "1/16"]),
            ("beta = [1.0]", &["beta = 1", "below 1"]),
            ("beta = [-0.5]", &["beta = -0.5"]),
            ("beta = [nan]", &["beta = NaN"]),
            ("width_per_feature = [0.015625]", &["width_per_feature = 0.015625", "even"]),
            ("width_per_feature = [inf]", &["width_per_feature = inf"]),
            ("d0 = [4096]\nwidth_per_feature = [8]", &["m d0 for d0 = 4096", "134217728"]),
            ("c = [-1.0]", &["c = -1", "0, or from"]),
            ("learning_rate = [0.0]", &["learning_rate = 0"]),
            ("latent = [\"normal\"]", &["normal", "beta:A,B"]),
            ("latent = [\"bernoulli:0.5\"]", &["d0 = 64", "at most 40", "bernoulli:0.5"]),
            ("runs = 0", &["runs = 0"]),
            ("runs = [1, 2]", &["number of values = 2", "1"]),
            ("runs = [[1, 2]]", &["number of values = 2", "beta"]),
            ("runs = [[1], [1]]", &["number of values = 2", "d0"]),
            ("runs = [[0]]", &["runs = 0"]),
            ("runs = \"few\"", &["number of runs"]),
            ("seed = -1", &["-1"]),
            ("times = { t1 = 8.0, t2 = 4.0 }", &["t2 = 4", "t1 <= t2"]),
            ("times = { t1 = 8.0 }", &["missing field `t2`"]),
            ("times = { t1 = 8.0, t2 = 9.0, t3 = 1.0 }", &["t3"]),
        ];
        for (text, named) in cases {
            check_refused(text, named);
        }
    }

    #[test]
    fn one_figure_and_many_are_read() {
        let grid = Grid::from_toml(FIGURE).unwrap();
        let figure = &grid.figures[0];
        assert_eq!(
            (figure.value, figure.x, figure.y),
            (Quantity::OtherClass, Axis::Beta, Axis::D0)
        );
        assert_eq!(figure.boundary, Some(Boundary::Half));
        let second = "[[figure]]\nvalue = \"ratio\"\nx = \"d0\"\ny = \"beta\"\nfile = \"r.svg\"\n";
        let many = FIGURE.replace("[figure]", "[[figure]]") + second;
        assert_eq!(Grid::from_toml(&many).unwrap().figures.len(), 2);
    }

    #[test]
    fn a_faulty_figure_is_refused() {
        let cases: [(&str, &str, &[&str]); 10] = [
            ("\"other_class\"", "\"risk\"", &["unknown variant `risk`", "ood_risk"]),
            ("\"other_class\"", "\"max_margin\"", &["max_margin", "id_risk"]),
            ("x = \"beta\"", "x = \"d1\"", &["d1", "mean_over_deviation"]),
            ("x = \"beta\"", "x = \"d0\"", &["figure.y = d0", "another axis"]),
            ("x = \"beta\"", "x = \"c\"", &["beta, number of values = 2", "p.svg"]),
            ("\"p.svg\"", "\"../p.svg\"", &["../p.svg", "file name"]),
            ("\"p.svg\"", "\"p.png\"", &["p.png", ".svg"]),
            ("\"half\"", "\"third\"", &["third", "critical_decay"]),
            ("\"half\"", "\"critical_decay\"", &["critical_decay", "c is no axis"]),
            ("boundary", "border", &["border", "boundary"]),
        ];
        for (from, to, named) in cases {
            check_refused(&FIGURE.replace(from, to), named);
        }
        let twice = FIGURE.replace("[figure]", "[[figure]]");
        let figure = &twice[twice.find("[[").unwrap()..];
        check_refused(&format!("{twice}{figure}"), &["p.svg", "one figure only"]);
    }
}
