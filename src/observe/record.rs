//! One run of the ladder: its weights at a few times and its risks at the last.

use faer::Mat;

use crate::data::Shift;
use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};
use crate::train::{Evaluation, Simulation};

/// What is kept of a run.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// Feature coordinates at the start, shape `(m, d0)`.
    pub start: Mat<f64>,
    /// Feature coordinates after the steps asked for.
    pub weights: Vec<Mat<f64>>,
    /// The largest margin seen on a batch up to each of these times: below 1, the hinge was active on
    /// every sample.
    pub max_margins: Vec<f64>,
    /// Loss and margins on fresh samples in distribution, at the end.
    pub in_distribution: Evaluation,
    /// Loss and margins on fresh samples out of distribution, at the end.
    pub out_of_distribution: Evaluation,
}

/// Fresh samples per risk: its standard error is at most 1/64 of the spread of the loss.
pub const N_TEST: usize = 4096;

/// What is kept of a run, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule<'a> {
    /// The numbers of steps after which weights are kept, ascending.
    pub kept_steps: &'a [usize],
    /// The number of steps after which risks are measured.
    pub n_steps: usize,
    /// Fresh samples per risk.
    pub n_test: usize,
}

impl<'a> Schedule<'a> {
    /// Weights at all of these times, risks at the last of them on [`N_TEST`] samples.
    pub fn all(times_steps: &'a [usize]) -> Self {
        let n_steps = times_steps.last().copied().unwrap_or_default();
        Schedule { kept_steps: times_steps, n_steps, n_test: N_TEST }
    }

    /// Weights alone: risks are those of one sample.
    pub fn weights(times_steps: &'a [usize]) -> Self {
        Schedule { n_test: 1, ..Schedule::all(times_steps) }
    }
}

/// Runs a setting in feature coordinates and single precision.
///
/// # Errors
/// If training diverges.
pub fn record(setting: &Setting, seed: Seed, schedule: &Schedule) -> Result<RunRecord> {
    let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
    let start = run.feature_weights();
    let (mut weights, mut max_margins) = (Vec::new(), Vec::new());
    let mut max_margin = f64::NEG_INFINITY;
    for &n_steps in schedule.kept_steps {
        max_margin = max_margin.max(run.advance_to(n_steps)?);
        weights.push(run.feature_weights());
        max_margins.push(max_margin);
    }
    run.advance_to(schedule.n_steps)?;
    Ok(RunRecord {
        start,
        weights,
        max_margins,
        in_distribution: run.evaluate(schedule.n_test, Shift::InDistribution, "id"),
        out_of_distribution: run.evaluate(schedule.n_test, Shift::OutOfDistribution, "ood"),
    })
}
