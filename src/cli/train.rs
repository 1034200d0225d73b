//! `contam train`: one run, its trace and its checkpoint.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::args::Train;
use super::files::{self, Target};
use super::progress::Line;
use super::{output, signal};
use crate::error::{Error, Result};
use crate::report;
use crate::setting::Regime;
use crate::train::{self, Checkpoint, Row, Trace};

/// A regime file is a page of text.
const MAX_REGIME_BYTES: u64 = 1 << 20;

/// A checkpoint is written at most this often, and takes at most one part in [`MAX_SHARE`] of the time.
/// Both are free choices.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(2);
const MAX_SHARE: u32 = 20;

const HEADER: [&str; 8] = [
    "step",
    "train\nloss",
    "id\nloss",
    "ood\nloss",
    "id\naccuracy",
    "ood\naccuracy",
    "core\ncorrelation",
    "background\ncorrelation",
];

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    trace: &'a Trace,
}

/// Trains the network of a regime file and shows its trace.
///
/// # Errors
/// - a regime file that cannot be read, or asks for what cannot be;
/// - a trace or a checkpoint that cannot be written, found out before the training;
/// - a checkpoint of another regime;
/// - training that diverges;
/// - [`Error::Interrupted`] after Ctrl-C, once the checkpoint is written.
pub fn run(options: &Train) -> Result<()> {
    // First of all, so that Ctrl-C means the same from the first word on.
    let is_interrupted = options.checkpoint.as_ref().map(|_| {
        signal::flag(
            "\nstopping at the next row, with a checkpoint; press Ctrl-C again to stop now",
        )
    });
    if is_interrupted.is_none() {
        signal::end_at_once();
    }
    let regime = read_regime(&options.regime)?;
    let trace_target = options.trace.as_deref().map(Target::new).transpose()?;
    let checkpoint_target = options.checkpoint.as_deref().map(Target::new).transpose()?;
    check_distinct(&options.regime, trace_target.as_ref(), checkpoint_target.as_ref())?;
    for hypothesis in regime.setting.hypotheses().iter().filter(|hypothesis| !hypothesis.holds) {
        output::note(&format!("note: outside of the theorems: {} does not hold", hypothesis.text));
    }
    let trace = match checkpoint_target.zip(is_interrupted) {
        Some((target, is_interrupted)) => {
            Keeper::new(target, &regime, is_interrupted).train(&regime)?
        }
        None => {
            let line = Line::of_steps(regime.setting.n_steps);
            train::run(&regime, None, &mut |row, _| {
                line.set(row.step);
                Ok(())
            })?
        }
    };
    let text = report::to_json(&Document { schema: report::SCHEMA, trace: &trace })?;
    if let Some(target) = trace_target {
        target.write(|writer| writeln!(writer, "{text}"))?;
    }
    output::answer(&if options.json { text } else { table(&trace.rows) })
}

fn read_regime(path: &Path) -> Result<Regime> {
    let remedy = "give the path of a regime file; README.md shows one";
    let bytes = files::read(path, MAX_REGIME_BYTES, remedy)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| files::file_error(path, "not a text in UTF-8", remedy))?;
    Regime::from_toml(&text)
}

/// Refuses to write two things into one file.
fn check_distinct(
    regime: &Path,
    trace: Option<&Target>,
    checkpoint: Option<&Target>,
) -> Result<()> {
    let doubled = [trace, checkpoint].into_iter().flatten().find(|target| target.is(regime));
    match doubled.or(trace.filter(|trace| checkpoint.is_some_and(|other| other.same_as(trace)))) {
        Some(target) => Err(files::file_error(
            target.path(),
            "one file cannot be two of regime, trace and checkpoint",
            "give each a path of its own",
        )),
        None => Ok(()),
    }
}

fn table(rows: &[Row]) -> String {
    let cells = |row: &Row| {
        let numbers = [
            row.train_loss,
            row.id_loss,
            row.ood_loss,
            row.id_accuracy,
            row.ood_accuracy,
            row.core_correlation,
            row.background_correlation,
        ];
        let numbers = numbers.iter().map(|&value| report::number(value));
        std::iter::once(row.step.to_string()).chain(numbers).collect()
    };
    report::columns(&HEADER, rows.iter().map(cells))
}

/// Keeps a run's checkpoint on disk.
struct Keeper {
    target: Target,
    line: Line,
    is_interrupted: Arc<AtomicBool>,
    n_steps: usize,
    last_write: Instant,
    /// How long the last write took.
    write_time: Duration,
}

impl Keeper {
    fn new(target: Target, regime: &Regime, is_interrupted: Arc<AtomicBool>) -> Self {
        Keeper {
            target,
            line: Line::of_steps(regime.setting.n_steps),
            is_interrupted,
            n_steps: regime.setting.n_steps,
            last_write: Instant::now(),
            write_time: Duration::ZERO,
        }
    }

    fn train(mut self, regime: &Regime) -> Result<Trace> {
        let resume = self.target.exists().then(|| self.read()).transpose()?;
        if let Some(checkpoint) = &resume {
            let path = self.target.path().display();
            output::note(&format!("going on from step {} of {path}", checkpoint.step()));
        }
        train::run(regime, resume, &mut |row, checkpoint| self.keep(row, checkpoint))
    }

    fn keep(&mut self, row: &Row, checkpoint: &dyn Fn() -> Checkpoint) -> Result<()> {
        self.line.set(row.step);
        let is_last = row.step >= self.n_steps;
        let is_interrupted = self.is_interrupted.load(Ordering::SeqCst);
        let is_due = self.last_write.elapsed() >= CHECKPOINT_EVERY.max(MAX_SHARE * self.write_time);
        if is_last || is_interrupted || is_due {
            self.write(&checkpoint())?;
        }
        if is_interrupted && !is_last {
            return Err(Error::Interrupted { step: row.step });
        }
        Ok(())
    }

    fn write(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let start = Instant::now();
        self.target.write(|writer| Ok(serde_json::to_writer(writer, checkpoint)?))?;
        self.last_write = Instant::now();
        self.write_time = self.last_write - start;
        Ok(())
    }

    fn read(&self) -> Result<Checkpoint> {
        let path = self.target.path();
        let remedy = "delete it to start again";
        let file = std::fs::File::open(path).map_err(|e| files::file_error(path, e, remedy))?;
        serde_json::from_reader(std::io::BufReader::new(file)).map_err(|fault| Error::Malformed {
            what: format!("the checkpoint {}", path.display()),
            reason: fault.to_string(),
            remedy: remedy.into(),
        })
    }
}
