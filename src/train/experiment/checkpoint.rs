//! The state of an experiment's run between two steps, from which it goes on to the same bytes.

use faer::Mat;
use serde::{Deserialize, Serialize};

use super::optimizer::Stepper;
use super::{ExperimentRun, StartArrays};
use crate::error::{Error, Result};
use crate::linalg::Real;
use crate::network::Layer;
use crate::setting::Experiment;
use crate::train::Row;

/// The parameters and the optimizer's state after some steps, with the rows recorded so far. Data come
/// from streams named by step, or from the start file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentCheckpoint {
    /// The experiment and the fingerprint of its start file, to refuse a checkpoint of another one.
    experiment: String,
    /// Steps completed.
    step: usize,
    /// Rows recorded so far.
    rows: Vec<Row>,
    /// Each layer column by column; exact, because every `f32` is an `f64`.
    layers: Vec<Vec<f64>>,
    /// Velocities or first moments of each layer, as the layers.
    first_moments: Vec<Vec<f64>>,
    /// Second moments of each layer, as the layers.
    second_moments: Vec<Vec<f64>>,
}

impl ExperimentCheckpoint {
    /// Steps completed when the checkpoint was taken.
    pub fn step(&self) -> usize {
        self.step
    }

    pub(super) fn of<T: Real>(run: &ExperimentRun<T>, rows: &[Row]) -> Self {
        let entries = |matrices: &[Mat<T>]| matrices.iter().map(entries).collect();
        ExperimentCheckpoint {
            experiment: identity(run.experiment(), run.fingerprint),
            step: run.n_steps_done(),
            rows: rows.to_vec(),
            layers: run
                .network()
                .layers()
                .iter()
                .map(|layer| self::entries(&layer.weights))
                .collect(),
            first_moments: entries(&run.stepper.first),
            second_moments: entries(&run.stepper.second),
        }
    }

    /// The run and its rows at this checkpoint.
    ///
    /// # Errors
    /// - the checkpoint was taken from another experiment, or is damaged;
    /// - see [`ExperimentRun::new`].
    pub(super) fn restore<T: Real>(
        self,
        experiment: &Experiment,
        start: Option<&StartArrays>,
    ) -> Result<(ExperimentRun<T>, Vec<Row>)> {
        let mut run = ExperimentRun::<T>::new(experiment, start)?;
        if self.experiment != identity(experiment, run.fingerprint) {
            return Err(Error::Malformed {
                what: "the checkpoint".into(),
                reason: "it was taken from another regime or start file".into(),
                remedy: "delete it, or give the files that it was made from".into(),
            });
        }
        if !self.is_whole(&run) {
            return Err(Error::Malformed {
                what: "the checkpoint".into(),
                reason: format!("its arrays do not fit the network at step {}", self.step),
                remedy: "delete it: it was damaged".into(),
            });
        }
        let shapes = run.network().layers().to_vec();
        let like = |arrays: &[Vec<f64>]| -> Vec<Mat<T>> {
            arrays.iter().zip(&shapes).map(|(entries, layer)| matrix(entries, layer)).collect()
        };
        let layers = self.layers.iter().zip(&shapes).map(|(entries, layer)| Layer {
            weights: matrix(entries, layer),
            has_bias: layer.has_bias,
        });
        let (first, second) = (like(&self.first_moments), like(&self.second_moments));
        run.stepper = run.stepper.resumed(self.step, first, second);
        Ok((run.resumed(self.step, layers.collect())?, self.rows))
    }

    fn is_whole<T: Real>(&self, run: &ExperimentRun<T>) -> bool {
        let layers = run.network().layers();
        let fits = |arrays: &[Vec<f64>], n_arrays: usize| {
            let size = |layer: &Layer<T>| layer.weights.nrows() * layer.weights.ncols();
            arrays.len() == n_arrays
                && arrays.iter().zip(layers).all(|(entries, layer)| entries.len() == size(layer))
        };
        let (n_first, n_second) = Stepper::<T>::n_moments(run.experiment().optimizer);
        // Before the first step there is no state.
        let n_matrices = if self.step == 0 { 0 } else { run.n_trained() };
        fits(&self.layers, layers.len())
            && fits(&self.first_moments, n_first * n_matrices)
            && fits(&self.second_moments, n_second * n_matrices)
            && self.step <= run.experiment().n_steps
            && !self.rows.is_empty()
    }
}

/// Everything that fixes the rows of a run, as text.
fn identity(experiment: &Experiment, fingerprint: Option<u64>) -> String {
    format!("{experiment:?}, start file {fingerprint:?}")
}

fn entries<T: Real>(matrix: &Mat<T>) -> Vec<f64> {
    let columns = (0..matrix.ncols()).map(|j| matrix.col_as_slice(j));
    columns.flatten().map(|entry| entry.to_f64()).collect()
}

fn matrix<T: Real>(entries: &[f64], like: &Layer<T>) -> Mat<T> {
    let (n_rows, n_cols) = like.weights.shape();
    Mat::from_fn(n_rows, n_cols, |i, j| T::from_f64(entries[j * n_rows + i]))
}
