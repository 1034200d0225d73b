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
    /// Feature coordinates at the times asked for.
    pub weights: Vec<Mat<f64>>,
    /// The largest margin seen on a batch up to each of these times: below 1, the hinge was active on
    /// every sample.
    pub max_margins: Vec<f64>,
    /// Loss and margins on fresh samples in distribution, at the last time.
    pub in_distribution: Evaluation,
    /// Loss and margins on fresh samples out of distribution, at the last time.
    pub out_of_distribution: Evaluation,
}

/// Fresh samples per risk: its standard error is at most 1/64 of the spread of the loss.
pub const N_TEST: usize = 4096;

/// Runs a setting in feature coordinates and single precision, through the given numbers of steps
/// (ascending).
///
/// # Errors
/// If training diverges.
pub fn record(setting: &Setting, seed: Seed, times_steps: &[usize]) -> Result<RunRecord> {
    let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
    let start = run.feature_weights();
    let (mut weights, mut max_margins) = (Vec::new(), Vec::new());
    let mut max_margin = f64::NEG_INFINITY;
    for &n_steps in times_steps {
        max_margin = max_margin.max(run.advance_to(n_steps)?);
        weights.push(run.feature_weights());
        max_margins.push(max_margin);
    }
    Ok(RunRecord {
        start,
        weights,
        max_margins,
        in_distribution: run.evaluate(N_TEST, Shift::InDistribution, "id"),
        out_of_distribution: run.evaluate(N_TEST, Shift::OutOfDistribution, "ood"),
    })
}
