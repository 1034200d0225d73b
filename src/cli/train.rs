//! `contam train`: one run, its trace and its checkpoint.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::args::Train;
use super::files::{self, Target};
use super::progress::Line;
use super::{numpy, output, signal};
use crate::error::{Error, Result};
use crate::report;
use crate::setting::{Description, Experiment, Regime, RegimeFile};
use crate::train::{self, Checkpoint, ExperimentCheckpoint, Row, StartArrays, Trace};

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
    let job = Job::of(options)?;
    let trace_target = options.trace.as_deref().map(Target::new).transpose()?;
    let checkpoint_target = options.checkpoint.as_deref().map(Target::new).transpose()?;
    let inputs = [Some(&options.regime), options.start.as_ref()];
    check_distinct(&inputs, trace_target.as_ref(), checkpoint_target.as_ref())?;
    job.notes().iter().for_each(|note| output::note(&format!("note: {note}")));
    let line = Line::of_steps(job.n_steps());
    let trace = match checkpoint_target.zip(is_interrupted) {
        Some((target, is_interrupted)) => {
            let n_steps = job.n_steps();
            let mut keeper = Keeper::new(target, line, n_steps, is_interrupted);
            match &job {
                Job::Theorem(regime) => {
                    let resume = keeper.resume(Checkpoint::step)?;
                    train::run(regime, resume, &mut |row, state| keeper.keep(row, state))?
                }
                Job::General { experiment, start, .. } => {
                    let resume = keeper.resume(ExperimentCheckpoint::step)?;
                    let keep = &mut |row: &Row, state: &dyn Fn() -> ExperimentCheckpoint| {
                        keeper.keep(row, state)
                    };
                    train::run_experiment(experiment, start.as_deref(), resume, keep)?
                }
            }
        }
        None => {
            let show = |row: &Row| {
                line.set(row.step);
                Ok(())
            };
            match &job {
                Job::Theorem(regime) => train::run(regime, None, &mut |row, _| show(row))?,
                Job::General { experiment, start, .. } => {
                    let show = &mut |row: &Row, _: &dyn Fn() -> ExperimentCheckpoint| show(row);
                    train::run_experiment(experiment, start.as_deref(), None, show)?
                }
            }
        }
    };
    let text = report::to_json(&Document { schema: report::SCHEMA, trace: &trace })?;
    if let Some(target) = trace_target {
        target.write(|writer| writeln!(writer, "{text}"))?;
    }
    output::answer(&if options.json { text } else { table(&trace.rows) })
}

/// A run that is ready to start.
enum Job {
    /// Of the theorems' regime.
    Theorem(Regime),
    /// Beyond it, with what is to be said of it.
    General { experiment: Box<Experiment>, start: Option<Box<StartArrays>>, notes: Vec<String> },
}

impl Job {
    fn of(options: &Train) -> Result<Self> {
        let text = read_regime(&options.regime)?;
        let (description, start) = match &options.start {
            Some(path) => {
                let description = Description::from_toml(&text)?;
                let start = StartArrays::from_arrays(numpy::read_arrays(path)?)?;
                (description, Some(Box::new(start)))
            }
            None => match RegimeFile::from_toml(&text)? {
                RegimeFile::Theorem(regime) => return Ok(Job::Theorem(regime)),
                RegimeFile::General(description) => (description, None),
            },
        };
        let (description, mut notes) = match &start {
            Some(arrays) => arrays.overrule(&description)?,
            None => (description, Vec::new()),
        };
        let experiment = Box::new(Experiment::new(description)?);
        if experiment.engine() != experiment.engine {
            notes.push(
                "engine = \"feature\" gives way to \"ambient\": Adam divides entry by entry, so that \
                 its run depends on the axes"
                    .into(),
            );
        }
        Ok(Job::General { experiment, start, notes })
    }

    fn n_steps(&self) -> usize {
        match self {
            Job::Theorem(regime) => regime.setting.n_steps,
            Job::General { experiment, .. } => experiment.n_steps,
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Job::Theorem(regime) => {
                let hypotheses = regime.setting.hypotheses();
                let broken = hypotheses.iter().filter(|hypothesis| !hypothesis.holds);
                broken
                    .map(|h| format!("outside of the theorems: {} does not hold", h.text))
                    .collect()
            }
            Job::General { notes, .. } => notes.clone(),
        }
    }
}

fn read_regime(path: &Path) -> Result<String> {
    let remedy = "give the path of a regime file; README.md shows one";
    let bytes = files::read(path, MAX_REGIME_BYTES, remedy)?;
    String::from_utf8(bytes).map_err(|_| files::file_error(path, "not a text in UTF-8", remedy))
}

/// Refuses to write two things into one file.
fn check_distinct(
    inputs: &[Option<&PathBuf>],
    trace: Option<&Target>,
    checkpoint: Option<&Target>,
) -> Result<()> {
    let is_input = |target: &&Target| inputs.iter().flatten().any(|path| target.is(path));
    let doubled = [trace, checkpoint].into_iter().flatten().find(is_input);
    match doubled.or(trace.filter(|trace| checkpoint.is_some_and(|other| other.same_as(trace)))) {
        Some(target) => Err(files::file_error(
            target.path(),
            "one file cannot be two of regime, start, trace and checkpoint",
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
    fn new(target: Target, line: Line, n_steps: usize, is_interrupted: Arc<AtomicBool>) -> Self {
        let (last_write, write_time) = (Instant::now(), Duration::ZERO);
        Keeper { target, line, is_interrupted, n_steps, last_write, write_time }
    }

    /// The checkpoint that is there already, with a word on where it stands.
    fn resume<C: DeserializeOwned>(&self, step: impl Fn(&C) -> usize) -> Result<Option<C>> {
        let resume: Option<C> = self.target.exists().then(|| self.read()).transpose()?;
        if let Some(checkpoint) = &resume {
            let path = self.target.path().display();
            output::note(&format!("going on from step {} of {path}", step(checkpoint)));
        }
        Ok(resume)
    }

    fn keep<C: Serialize>(&mut self, row: &Row, checkpoint: &dyn Fn() -> C) -> Result<()> {
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

    fn write<C: Serialize>(&mut self, checkpoint: &C) -> Result<()> {
        let start = Instant::now();
        self.target.write(|writer| Ok(serde_json::to_writer(writer, checkpoint)?))?;
        self.last_write = Instant::now();
        self.write_time = self.last_write - start;
        Ok(())
    }

    fn read<C: DeserializeOwned>(&self) -> Result<C> {
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
