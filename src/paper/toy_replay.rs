//! The claim on the authors' recorded runs, replayed from their exact starts.

use std::collections::BTreeSet;

use crate::arrays::parse_archive;
use crate::error::{Error, Result};
use crate::setting::{Description, Experiment};
use crate::stats::Exact;
use crate::study::{Arm, Claim, Design, Key, Kind, Sample, Scope};
use crate::toy;
use crate::train::{ExperimentRun, Row, StartArrays};

use super::cost;
use super::effort::Effort;

/// A recorded run of the authors' script: see `reference/README.md`.
#[derive(Debug, Clone, Copy)]
struct Recording {
    /// The last label of its key.
    label: &'static str,
    name: &'static str,
    description: fn(u64) -> Description,
    start: &'static [u8],
    trace: &'static str,
    train_loss: &'static str,
    /// The number of steps that are replayed at each tier.
    n_steps: [usize; 3],
}

const THEORETICAL: Recording = Recording {
    label: "theoretical",
    name: "theoretical setting",
    description: Description::toy_theoretical,
    start: include_bytes!("../../reference/theoretical-start.npz"),
    trace: include_str!("../../reference/theoretical-relu.csv"),
    train_loss: include_str!("../../reference/theoretical-relu-train-loss.csv"),
    n_steps: [300, 4_000, 20_000],
};

/// After some twenty steps correct programs part ways: the claim ends there.
const DEFAULT: Recording = Recording {
    label: "default",
    name: "default setting",
    description: Description::toy_default,
    start: include_bytes!("../../reference/default-start.npz"),
    trace: include_str!("../../reference/default-relu.csv"),
    train_loss: include_str!("../../reference/default-relu-train-loss.csv"),
    n_steps: [20; 3],
};

const RECORDINGS: [Recording; 2] = [THEORETICAL, DEFAULT];

/// The training loss was recorded at every step, the other columns at the first of every hundred.
const EVERY_STEP_UP_TO: usize = 20;

/// By how much the control changes the learning rate.
const CONTROL_RATE: f64 = 1.01;

/// `toy/replay`.
pub(super) fn replay() -> Claim {
    Claim::new(
        "toy/replay",
        "From the exact starts of the authors' script, losses and feature correlations follow its \
         recorded trace up to the rounding of f32.",
        replay_design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments)")
    .kind(Kind::Identity)
    .control("a learning rate that is 1 % higher")
    .cost("two replayed runs")
    .card(card!("toy/replay"))
}

/// Nothing is drawn: both runs are computed from recorded arrays.
fn replay_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let (effort, arm) = (Effort::of(scope), scope.arm);
    for recording in RECORDINGS {
        let key = Key::new("claim").child("toy/replay").child(recording.label);
        let sample = Sample::single(key, move |_| recording.distances(effort, arm))
            .sizes(&[toy::N_FEATURES])
            .cost(move || recording.seconds(effort));
        let run = design.sample(sample);
        for (column_idx, (column, _)) in COLUMNS.iter().enumerate() {
            design.inequality(
                format!("{}: {column}, difference over rounding", recording.name),
                run.largest_of(move |distances| distances[column_idx]),
            );
        }
    }
    Ok(design)
}

/// A recorded column: its name in the traces, and where a row has it.
type Column = (&'static str, fn(&Row) -> f64);

const COLUMNS: [Column; 4] = [
    ("train_loss", |row| row.train_loss),
    ("ood_loss", |row| row.ood_loss),
    ("core_correlation", |row| row.core_correlation),
    ("background_correlation", |row| row.background_correlation),
];

impl Recording {
    /// Returns for each column the largest difference over all steps that were recorded, over what
    /// rounding does.
    fn distances(&self, effort: Effort, arm: Arm) -> Result<Vec<f64>> {
        let rows = self.rows(self.n_steps(effort), arm)?;
        let of_column = |&(column, value): &Column| {
            let text = if column == "train_loss" { self.train_loss } else { self.trace };
            let recorded = numbers_of(text, column)?;
            let distances = rows.iter().filter_map(|row| {
                let (_, expected) = recorded.iter().find(|(step, _)| *step == row.step)?;
                Some(((value(row) - expected).abs() / rounding(row.step), 0.0))
            });
            // Not a number where there is nothing to compare, or where that is not a number.
            Ok(Exact::largest(distances).value)
        };
        COLUMNS.iter().map(of_column).collect()
    }

    fn n_steps(&self, effort: Effort) -> usize {
        self.n_steps[effort as usize]
    }

    /// Returns rows at the steps that are compared.
    fn rows(&self, n_steps: usize, arm: Arm) -> Result<Vec<Row>> {
        let mut run = self.start(arm)?;
        let row_at = |step: usize| {
            run.advance_to(step)?;
            run.row()
        };
        self.compared(n_steps)?.into_iter().map(row_at).collect()
    }

    /// Returns the steps of the trace, and every one of the first [`EVERY_STEP_UP_TO`].
    fn compared(&self, n_steps: usize) -> Result<Vec<usize>> {
        let traced: BTreeSet<usize> =
            numbers_of(self.trace, "step")?.into_iter().map(|(step, _)| step).collect();
        let is_compared = |step: &usize| *step <= EVERY_STEP_UP_TO || traced.contains(step);
        Ok((0..=n_steps).filter(is_compared).collect())
    }

    fn start(&self, arm: Arm) -> Result<ExperimentRun<f32>> {
        let start = self.arrays()?;
        let (mut description, _) = start.overrule(&(self.description)(0))?;
        if arm == Arm::Control {
            description.learning_rate *= CONTROL_RATE;
        }
        ExperimentRun::new(&Experiment::new(description)?, Some(&start))
    }

    /// Returns the seconds of a replay, with its rows.
    fn seconds(&self, effort: Effort) -> Result<f64> {
        let mut run = self.start(Arm::Claim)?;
        let n_steps = self.n_steps(effort);
        let rows = cost::of_steps(self.compared(n_steps)?.len(), || run.row().map(|_| ()))?;
        Ok(rows + cost::of_steps(n_steps, || run.step())?)
    }

    fn arrays(&self) -> Result<StartArrays> {
        let arrays = parse_archive(self.start).map_err(|reason| malformed(self.name, reason))?;
        StartArrays::from_arrays(arrays)
    }
}

/// What two correct `f32` programs may differ by at this step: each step rounds every weight, which
/// adds up like a random walk, and a loss is a sum of [`N_SAMPLES`] numbers of order 1.
fn rounding(step: usize) -> f64 {
    let unit = f64::from(f32::EPSILON) / 2.0;
    unit * ((step as f64).sqrt() + N_SAMPLES.sqrt())
}

const N_SAMPLES: f64 = 1000.0;

/// A column of a trace with its steps.
fn numbers_of(trace: &str, column: &str) -> Result<Vec<(usize, f64)>> {
    let fault = |reason: String| malformed("a recorded trace", reason);
    let mut reader = csv::Reader::from_reader(trace.as_bytes());
    let headers = reader.headers().map_err(|e| fault(e.to_string()))?;
    let idx = headers.iter().position(|header| header == column);
    let idx = idx.ok_or_else(|| fault(format!("no column `{column}`")))?;
    reader
        .records()
        .map(|record| {
            let record = record.map_err(|e| fault(e.to_string()))?;
            let pair = record.get(0).and_then(|s| s.parse().ok());
            let pair = pair.zip(record.get(idx).and_then(|s| s.parse().ok()));
            pair.ok_or_else(|| fault(format!("a row without numbers: {record:?}")))
        })
        .collect()
}

fn malformed(what: &str, reason: String) -> Error {
    Error::Malformed { what: what.into(), reason, remedy: "restore reference/".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::{EngineKind, Precision};

    #[test]
    fn the_recorded_arrays_belong_to_their_descriptions() {
        for recording in RECORDINGS {
            let description = (recording.description)(2024);
            let (_, notes) = recording.arrays().unwrap().overrule(&description).unwrap();
            assert!(notes.is_empty(), "{}: {notes:?}", recording.name);
        }
    }

    #[test]
    fn as_many_rows_are_compared_as_were_recorded() {
        let compared = |recording: &Recording, n_steps: usize, column: &str| {
            let rows = recording.rows(n_steps, Arm::Claim).unwrap();
            let text = if column == "train_loss" { recording.train_loss } else { recording.trace };
            let recorded = numbers_of(text, column).unwrap();
            rows.iter().filter(|row| recorded.iter().any(|(step, _)| *step == row.step)).count()
        };
        assert_eq!(compared(&DEFAULT, 20, "train_loss"), 21);
        assert_eq!(compared(&DEFAULT, 20, "ood_loss"), 2);
        assert_eq!(compared(&THEORETICAL, 303, "train_loss"), 24);
        assert_eq!(compared(&THEORETICAL, 303, "core_correlation"), 5);
    }

    #[test]
    fn engines_and_precisions_replay_alike() {
        let start = THEORETICAL.arrays().unwrap();
        let mut losses = Vec::new();
        for (engine, precision) in [
            (EngineKind::Feature, Precision::F64),
            (EngineKind::Ambient, Precision::F64),
            (EngineKind::Feature, Precision::F32),
        ] {
            let description = Description { engine, precision, ..Description::toy_theoretical(0) };
            let experiment = Experiment::new(description).unwrap();
            losses.push(match precision {
                Precision::F32 => loss_after(ExperimentRun::<f32>::new(&experiment, Some(&start))),
                Precision::F64 => loss_after(ExperimentRun::<f64>::new(&experiment, Some(&start))),
            });
        }
        // The data leave the features' span by their rounding to f32 only.
        assert!(losses.iter().all(|loss| (loss - losses[0]).abs() < 1e-6), "{losses:?}");
    }

    fn loss_after<T: crate::linalg::Real>(run: Result<ExperimentRun<T>>) -> f64 {
        let mut run = run.unwrap();
        run.advance_to(20).unwrap();
        run.training().loss
    }

    #[test]
    fn a_trace_without_the_column_or_with_a_word_for_a_number_is_refused() {
        let fault = |trace: &str| numbers_of(trace, "loss").unwrap_err().to_string();
        assert!(fault("step,risk\n0,1\n").contains("no column `loss`"));
        assert!(fault("step,loss\n0,one\n").contains("without numbers"));
    }
}
