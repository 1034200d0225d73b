//! The claim on the authors' recorded runs, replayed from their exact starts.

use std::collections::BTreeSet;

use crate::arrays::parse_archive;
use crate::error::{Error, Result};
use crate::setting::{Description, EngineKind, Experiment, Setting};
use crate::stats::Exact;
use crate::train::{ExperimentRun, Row, StartArrays};

use super::lab::Budget;
use super::plan::Work;
use super::{Arm, Draft, Lab, Tier};

/// A recorded run of the authors' script: see `reference/README.md`.
#[derive(Debug, Clone, Copy)]
struct Recording {
    name: &'static str,
    description: fn(u64) -> Description,
    start: &'static [u8],
    trace: &'static str,
    train_loss: &'static str,
    /// So many steps are replayed at each tier.
    n_steps: [usize; 3],
}

const THEORETICAL: Recording = Recording {
    name: "theoretical setting",
    description: Description::toy_theoretical,
    start: include_bytes!("../../reference/theoretical-start.npz"),
    trace: include_str!("../../reference/theoretical-relu.csv"),
    train_loss: include_str!("../../reference/theoretical-relu-train-loss.csv"),
    n_steps: [300, 4_000, 20_000],
};

/// After some twenty steps correct programs part ways: the claim ends there.
const DEFAULT: Recording = Recording {
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

/// `toy/replay`. In the control the learning rate is 1 % higher.
pub(super) fn replay(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for recording in &RECORDINGS {
        // Nothing is drawn, and the stream is not used.
        let distances =
            lab.replicates(1, lab.seed("toy/replay"), |_| recording.distances(lab.tier(), arm))?;
        for (column, distance) in distances.iter().flatten() {
            drafts.push(Draft::inequality(
                format!("{}: {column}, difference over rounding", recording.name),
                &[64],
                Exact::largest([(*distance, 0.0)]),
            ));
        }
    }
    Ok(drafts)
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
    /// For each column the largest difference over all steps that were recorded, over what rounding does.
    fn distances(&self, tier: Tier, arm: Arm) -> Result<Vec<(&'static str, f64)>> {
        let rows = self.rows(self.n_steps[tier as usize], arm)?;
        COLUMNS
            .iter()
            .map(|&(column, value)| {
                let text = if column == "train_loss" { self.train_loss } else { self.trace };
                let recorded = numbers_of(text, column)?;
                let distances = rows.iter().filter_map(|row| {
                    let (_, expected) = recorded.iter().find(|(step, _)| *step == row.step)?;
                    Some((value(row) - expected).abs() / rounding(row.step))
                });
                Ok((column, distances.fold(0.0, f64::max)))
            })
            .collect()
    }

    /// Rows at the steps of the trace, and at every one of the first [`EVERY_STEP_UP_TO`].
    fn rows(&self, n_steps: usize, arm: Arm) -> Result<Vec<Row>> {
        let start = self.arrays()?;
        let (mut description, _) = start.overrule(&(self.description)(0))?;
        if arm == Arm::Control {
            description.learning_rate *= CONTROL_RATE;
        }
        let mut run = ExperimentRun::<f32>::new(&Experiment::new(description)?, Some(&start))?;
        let traced: BTreeSet<usize> =
            numbers_of(self.trace, "step")?.into_iter().map(|(step, _)| step).collect();
        let is_looked_at = |step: &usize| *step <= EVERY_STEP_UP_TO || traced.contains(step);
        let row_at = |step: usize| {
            run.advance_to(step)?;
            run.row()
        };
        (0..=n_steps).filter(is_looked_at).map(row_at).collect()
    }

    fn arrays(&self) -> Result<StartArrays> {
        let arrays = parse_archive(self.start).map_err(|reason| malformed(self.name, reason))?;
        StartArrays::from_arrays(arrays)
    }
}

/// What two correct `f32` programs may differ by after so many steps: each step rounds every weight, which adds
/// up like a random walk, and a loss is a sum of [`N_SAMPLES`] numbers of order 1.
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

pub(super) fn replay_work(_tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let budget = Budget::fixed(RECORDINGS.len());
    let work = Work::own("toy/replay", Setting::theorem(64), EngineKind::Feature, 0, budget);
    Ok(vec![work.with_run(|| THEORETICAL.rows(300, Arm::Claim).map(|_| ()))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Precision;

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
