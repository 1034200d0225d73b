//! `contam figures`: the figures of the authors' experiment, with their data.

use std::path::Path;

use super::args::SeedChoice;
use super::figures_args::Figures;
use super::files::{Target, make_directory};
use super::progress::Line;
use super::verify::start_threads;
use super::{output, signal};
use crate::error::Result;
use crate::report;
use crate::seed::Seed;
use crate::toy::{self, FigureRuns};

/// The document beside the drawings and their tables.
const DOCUMENT: &str = "figures.json";

/// Trains the networks of the figures and writes the drawings and their numbers.
///
/// # Errors
/// - a directory that takes no file, found before the work starts;
/// - threads that cannot be started;
/// - training that diverges.
pub fn run(options: &Figures) -> Result<()> {
    let document_target = target(&options.out, DOCUMENT)?;
    start_threads(options.threads)?;
    signal::end_at_once();
    let seed = options.seed.number();
    let cost =
        FigureRuns { n_features: options.d0, n_runs: options.runs, on_run: &|| {} }.n_planned();
    let line = format!(
        "Drawing the figures of the authors' experiment from {cost} runs at d0 = {} with seed {seed}.",
        options.d0
    );
    if !options.json {
        output::answer(&line)?;
    } else if options.seed == SeedChoice::Random {
        output::note(&line);
    }
    let figures = {
        let line = Line::of_cost(cost as u64, options.quiet);
        let on_run = || line.advance(1);
        let runs = FigureRuns { n_features: options.d0, n_runs: options.runs, on_run: &on_run };
        toy::figures(&runs, Seed::root(seed))?
    };
    let document = report::figures_document(&figures, options.d0, seed);
    let text = report::to_json(&document)?;
    for (name, text) in report::figure_files(&figures)? {
        target(&options.out, &name)?.write(|writer| writer.write_all(text.as_bytes()))?;
    }
    document_target.write(|writer| writeln!(writer, "{text}"))?;
    if options.json {
        return output::answer(&text);
    }
    output::answer(&format!("\n{}", report::figures_text(&document)))?;
    output::answer(&format!("\nThe figures lie in {}.", options.out.display()))
}

/// A file in a directory, which is made where there is none.
fn target(directory: &Path, name: &str) -> Result<Target> {
    make_directory(directory)?;
    Target::new(&directory.join(name))
}
