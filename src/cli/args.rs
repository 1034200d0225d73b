//! The arguments, as clap reads them. What they may be is said here; what they do is said elsewhere.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::figures_args::{self, Figures};
use super::oracle_args::Oracle;
use crate::calibrate::{self, DEFAULT_REPLICATES, PROCEDURES};
use crate::error::{Error, Result};

/// The seed where none is given: any number would do, this one is fixed so that two people who type
/// the same command see the same numbers.
pub const DEFAULT_SEED: u64 = 2024;

/// More repetitions than anybody waits for; a free choice.
const MAX_REPEATS: usize = 10_000_000;

/// More threads than this help nobody; a free choice.
const MAX_THREADS: usize = 1024;

const AFTER_HELP: &str = "\
Examples:
  contam                                      check every claim
  contam verify linear --tier quick           check one family, in seconds
  contam --report report                      check every claim, and write a page with the evidence
  contam control linear/risk --seed random    break a premise and see the claim refuted
  contam train regime.toml --trace run.json   train one network and keep its trace
  contam sweep grids/decay.toml --out decay   train a grid of networks and draw a phase diagram

`contam completions SHELL` prints what completes these commands in a shell, `contam man` a manual page.

Exit status: 0 every claim supported (control: every control refuted); 1 some claim refuted
(control: some control supported); 3 some undecided; 2 bad input; 130 interrupted.";

/// Checks the theorems on feature contamination (Zhang et al., ICML 2024) by experiment.
#[derive(Debug, Parser)]
#[command(name = "contam", version, about, after_help = AFTER_HELP)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct Cli {
    /// With no subcommand, verifies every claim.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub options: CheckOptions,
}

/// The program of a study: the subcommands that every study has.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct StudyCli {
    /// With no subcommand, verifies every claim.
    #[command(subcommand)]
    pub command: Option<StudyCommand>,
    #[command(flatten)]
    pub options: CheckOptions,
}

/// What every study can be asked.
#[derive(Debug, Subcommand)]
pub enum StudyCommand {
    /// Show the claims: id, kind, statement, what they rest on, source, cost, control
    List(List),
    /// Check claims; without a subcommand, all of them
    Verify(Verify),
    /// Run the controls: the same designs with the premise broken; each must be refuted
    Control(Check),
    /// Show what each claim runs and how it is judged, without running it
    Design(DesignOptions),
    /// Show the card of a claim, or the page of a theorem: statement, setting, and what it does not show
    Explain {
        /// The id of one claim or theorem
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(flatten)]
    Study(StudyCommand),
    /// Train one network and show its losses and what it learns
    Train(Train),
    /// Train a grid of networks and draw phase diagrams, with what the theory predicts beside them
    #[command(after_help = SWEEP_HELP)]
    Sweep(Sweep),
    /// Draw the figures of the paper's numerical section, with what the theory predicts, and their data
    #[command(after_help = figures_args::HELP)]
    Figures(Figures),
    /// Measure the error rates of the statistical procedures beside those they promise
    #[command(after_help = calibrate_help())]
    Calibrate(Calibrate),
    /// Break the physics of the runs on purpose, and show which claims catch it
    #[cfg(feature = "faults")]
    #[command(after_help = FAULTS_HELP)]
    Faults(Faults),
    /// Compute a prediction of the theory, without a run
    #[command(subcommand)]
    Oracle(Oracle),
    /// Print the script that completes commands and options in a shell; ids of claims too in bash and zsh
    Completions {
        /// The shell
        #[arg(value_name = "SHELL", value_enum)]
        shell: Shell,
    },
    /// Print the manual page (`contam man | man -l -`)
    Man,
}

#[derive(Debug, Args)]
pub struct List {
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Write which statement rests on which, theorems of the paper included: a picture (.svg), Graphviz
    /// (.dot) or a table (.txt); `-` stands for the table on standard output
    #[arg(long, value_name = "FILE", conflicts_with = "json", value_parser = GraphTarget::from_str)]
    pub graph: Option<GraphTarget>,
    /// Show the verdicts of a run in the graph, from a document that `contam verify --json` wrote
    #[arg(long, value_name = "RUN.json", requires = "graph")]
    pub verdicts: Option<PathBuf>,
}

/// Where a graph goes, and in which format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GraphTarget {
    /// A table on standard output.
    Output,
    /// A file with a format.
    File(PathBuf, GraphFormat),
}

/// The formats of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphFormat {
    Svg,
    Dot,
    Text,
}

impl FromStr for GraphTarget {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "-" {
            return Ok(GraphTarget::Output);
        }
        let path = PathBuf::from(text);
        let extension = path.extension().map(|end| end.to_string_lossy().to_ascii_lowercase());
        let format = match extension.as_deref() {
            Some("svg") => GraphFormat::Svg,
            Some("dot" | "gv") => GraphFormat::Dot,
            Some("txt") => GraphFormat::Text,
            _ => {
                let range = "a file that ends in .svg, .dot or .txt";
                return Err(Error::out_of_range("graph", text, range, "or write - for a table"));
            }
        };
        Ok(GraphTarget::File(path, format))
    }
}

#[derive(Debug, Args)]
pub struct Check {
    /// Ids of claims or of families; all of them where none is given
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Run nothing; show how many runs each claim would take, and how long they would last
    #[arg(long, conflicts_with_all = ["report", "figures", "junit"])]
    pub plan: bool,
    /// Run everything under N seeds, and count the verdicts
    #[arg(long, value_name = "N", conflicts_with_all = ["plan", "report", "figures", "junit"], value_parser = repeats)]
    pub repeat: Option<usize>,
    #[command(flatten)]
    pub options: CheckOptions,
}

#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    pub check: Check,
    /// Run nothing; put the evidence of earlier runs together, from documents that `contam verify --json`
    /// wrote with different seeds
    #[arg(long, value_name = "FILE.json", num_args = 2.., conflicts_with_all = ["ids", "plan", "repeat", "tier", "seed", "threads", "report", "figures", "junit"])]
    pub combine: Vec<PathBuf>,
}

/// How a study is run.
#[derive(Debug, Args)]
pub struct RunOptions {
    /// How much to spend
    #[arg(long, value_name = "TIER")]
    pub tier: String,
    /// The root of all random streams
    #[arg(long, value_name = "N|random", default_value_t)]
    pub seed: SeedChoice,
    /// Threads that share the work, all cores by default; no number depends on it
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CheckOptions {
    #[command(flatten)]
    pub run: RunOptions,
    /// Write a page (index.html) with the evidence of every claim, and its figures with their numbers, into this
    /// directory; figures that an earlier report wrote there and this one does not are removed
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Show on the page the figures (SVG) that `contam figures` or `contam sweep` wrote into this directory
    #[arg(long, value_name = "DIR", requires = "report")]
    pub figures: Option<PathBuf>,
    /// Write the verdicts as the test cases of a build (JUnit XML): a refuted claim is a failure, an undecided
    /// one an error
    #[arg(long, value_name = "FILE.xml")]
    pub junit: Option<PathBuf>,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct DesignOptions {
    /// Ids of claims or of families; all of them where none is given
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Show the designs of the controls
    #[arg(long)]
    pub control: bool,
    #[command(flatten)]
    pub run: RunOptions,
}

#[derive(Debug, Args)]
pub struct Train {
    /// The regime file: data, network, training
    #[arg(value_name = "REGIME.toml")]
    pub regime: PathBuf,
    /// Take data, features and weights from this file; where the regime says otherwise, the file wins
    #[arg(long, value_name = "FILE.npz")]
    pub start: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Write the document to a file as well
    #[arg(long, value_name = "FILE.json")]
    pub trace: Option<PathBuf>,
    /// Keep the state of the run in this file, and go on from it where it exists
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

/// What a grid file is.
const SWEEP_HELP: &str = "\
Examples:
  contam sweep grids/decay.toml --out decay          where weight decay keeps the hinge from letting go
  contam sweep grids/other-class.toml --out other    P_other over the background's share and d0
  contam sweep grids/latents.toml --out latents      P_other over the background's share and mu / sigma

A grid file is TOML: lists for the axes d0, beta, width_per_feature, c, latent, learning_rate (what is left
out is the theorem's), runs (one number, or one for each d0), seed, times = { t1 = 8.0, t2 = 20.0 }, and
tables [[figure]] with value (other_class, ratio, id_risk, ood_risk), x, y (axes; mean_over_deviation stands
for latent by mu / sigma), file and boundary (half, critical_decay).

The directory gets cells.csv, cells.json, the figures, and a file for each cell below cells/: the same command
goes on from there. Exit status: 0 done; 2 bad input; 130 interrupted, with complete cells kept.";

#[derive(Debug, Args)]
pub struct Sweep {
    /// The grid file: axes, runs, figures
    #[arg(value_name = "GRID.toml")]
    pub grid: PathBuf,
    /// Write cells and figures into this directory, and go on from the cells that lie there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The root of all random streams, in place of the grid file's
    #[arg(long, value_name = "N|random")]
    pub seed: Option<SeedChoice>,
    /// Threads that share the work, all cores by default; no number depends on it
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Calibrate {
    /// Names of procedures or of families; all of them where none is given
    #[arg(value_name = "PROCEDURE")]
    pub procedures: Vec<String>,
    /// Replicates of each rate that is sampled
    #[arg(long, value_name = "N", default_value_t = DEFAULT_REPLICATES, value_parser = replicates)]
    pub replicates: usize,
    /// The root of all random streams
    #[arg(long, value_name = "N|random", default_value_t)]
    pub seed: SeedChoice,
    /// Threads that share the work, all cores by default; no number depends on it
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Write the table (CSV, JSON) and its plots (SVG) into this directory as well
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
}

/// What the exit status says.
#[cfg(feature = "faults")]
const FAULTS_HELP: &str = "\
Exit status: 0 every fault refuted by some claim; 1 some fault not, or a claim refuted without a \
fault; 2 bad input.";

#[cfg(feature = "faults")]
#[derive(Debug, Args)]
pub struct Faults {
    /// Names of faults or of sites; all of them where none is given
    #[arg(value_name = "FAULT")]
    pub faults: Vec<String>,
    /// Run nothing; show the faults
    #[arg(long)]
    pub list: bool,
    /// Ids of claims or of families to run, separated by commas; all of them where none is given
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub claims: Vec<String>,
    /// How much to spend on the claims under each fault
    #[arg(long, value_name = "TIER", default_value = "quick")]
    pub tier: String,
    /// The root of all random streams
    #[arg(long, value_name = "N|random", default_value_t)]
    pub seed: SeedChoice,
    /// Threads that share the work, all cores by default; no verdict depends on it
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
    /// Replace the tables of this page as well
    #[arg(long, value_name = "FILE.md")]
    pub page: Option<PathBuf>,
}

/// A seed as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedChoice {
    /// This number.
    Number(u64),
    /// A number that nobody chose.
    Random,
}

impl Default for SeedChoice {
    fn default() -> Self {
        SeedChoice::Number(DEFAULT_SEED)
    }
}

impl fmt::Display for SeedChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SeedChoice::Number(number) => write!(f, "{number}"),
            SeedChoice::Random => write!(f, "random"),
        }
    }
}

impl FromStr for SeedChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "random" {
            return Ok(SeedChoice::Random);
        }
        text.parse().map(SeedChoice::Number).map_err(|_| {
            let range = format!("a whole number from 0 to {}", u64::MAX);
            Error::out_of_range("seed", text, range, "or write random")
        })
    }
}

pub fn threads(text: &str) -> Result<usize> {
    let asked = text.parse().ok().filter(|n_threads| (1..=MAX_THREADS).contains(n_threads));
    asked.ok_or_else(|| {
        let range = format!("from 1 to {MAX_THREADS}");
        Error::out_of_range("threads", text, range, "leave --threads out to use every core")
    })
}

fn repeats(text: &str) -> Result<usize> {
    let asked = text.parse().ok().filter(|n_repeats| (1..=MAX_REPEATS).contains(n_repeats));
    asked.ok_or_else(|| {
        let range = format!("from 1 to {MAX_REPEATS}");
        Error::out_of_range("repeat", text, range, "a thousand bound a rate by 0.7 %")
    })
}

fn replicates(text: &str) -> Result<usize> {
    let asked = text.parse().map_err(|_| {
        let remedy = format!("{DEFAULT_REPLICATES} is the default");
        Error::out_of_range("replicates", text, "a whole number from 1 on", remedy)
    })?;
    calibrate::check_replicates(asked)
}

/// The names of the procedures, and what the exit status says.
fn calibrate_help() -> String {
    let names = PROCEDURES
        .iter()
        .map(|procedure| format!("\n  {:<24}{}", procedure.name, procedure.measured));
    format!(
        "Procedures:{}\n\n\
         Exit status: 0 every promise kept and every control caught; 1 some promise broken, or a control \
         not caught; 2 bad input.",
        names.collect::<String>()
    )
}
