//! Arguments of `contam figures`.

use std::path::PathBuf;

use clap::Args;

use super::args::{SeedChoice, threads};
use crate::error::{Error, Result};
use crate::toy;

/// What is drawn.
pub const HELP: &str = "\
The directory gets drawings (SVG) with their numbers (CSV): losses and feature correlations of the authors'
theoretical and default setting, activation rates by class at the start and in the end, the margin that other
activations, optimizers and depths lose, and figures.json. Losses in and out of distribution are on fresh samples.

Exit status: 0 done; 2 bad input; 130 interrupted.";

#[derive(Debug, Args)]
pub struct Figures {
    /// Write drawings and data into this directory
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Independent runs of each network
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = figure_runs)]
    pub runs: usize,
    /// Features; every other size of the authors' script is in proportion to its 64
    #[arg(long, value_name = "N", default_value_t = toy::N_FEATURES, value_parser = figure_features)]
    pub d0: usize,
    /// The root of all random streams
    #[arg(long, value_name = "N|random", default_value_t)]
    pub seed: SeedChoice,
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

fn figure_runs(text: &str) -> Result<usize> {
    let asked = text.parse().ok().filter(|n_runs| (2..=1000).contains(n_runs));
    asked.ok_or_else(|| {
        Error::out_of_range(
            "runs",
            text,
            "from 2 to 1000",
            "a band needs two runs, 8 are the default",
        )
    })
}

fn figure_features(text: &str) -> Result<usize> {
    let asked =
        text.parse().ok().filter(|d0: &usize| (4..=512).contains(d0) && d0.is_multiple_of(2));
    asked.ok_or_else(|| {
        Error::out_of_range("d0", text, "even, from 4 to 512", "64 is the authors' size")
    })
}
