//! A run's state between two steps, from which it goes on to the same bytes.

use faer::Mat;
use serde::{Deserialize, Serialize};

use super::{Coordinates, Row, Simulation};
use crate::error::{Error, Result};
use crate::linalg::Real;
use crate::seed::Seed;
use crate::setting::{EngineKind, Regime};

/// The weights of a run after some steps, with the rows recorded so far.
///
/// Streams are named by step, so nothing else has to be kept: the next batch is a function of the
/// seed and of the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The regime, as text, to refuse a checkpoint of another one.
    regime: String,
    /// Steps completed.
    step: usize,
    /// Rows recorded so far.
    rows: Vec<Row>,
    /// Shape of the weights.
    shape: (usize, usize),
    /// The weights, column by column; exact, because every `f32` is an `f64`.
    weights: Vec<f64>,
}

impl Checkpoint {
    /// Steps completed when the checkpoint was taken.
    pub fn step(&self) -> usize {
        self.step
    }

    /// The state of a run.
    pub(super) fn of<T: Real>(regime: &Regime, simulation: &Simulation<T>, rows: &[Row]) -> Self {
        let weights = simulation.network().weights();
        Checkpoint {
            regime: identity(regime),
            step: simulation.n_steps_done(),
            rows: rows.to_vec(),
            shape: weights.shape(),
            weights: weights
                .col_iter()
                .flat_map(|column| column.iter().map(|weight| weight.to_f64()).collect::<Vec<_>>())
                .collect(),
        }
    }

    /// The run and its rows at this checkpoint.
    ///
    /// # Errors
    /// If the checkpoint was taken from another regime.
    pub(super) fn restore<T: Real>(self, regime: &Regime) -> Result<(Simulation<T>, Vec<Row>)> {
        let (n_rows, n_cols) = self.shape;
        if self.regime != identity(regime) {
            return Err(Error::Malformed {
                what: "the checkpoint".into(),
                reason: "it was taken from another regime".into(),
                remedy: "delete it, or give the regime file that it was made from".into(),
            });
        }
        let n_inputs = match regime.engine {
            EngineKind::Feature => regime.setting.n_features(),
            EngineKind::Ambient => regime.setting.ambient_dim,
        };
        let is_whole = self.shape == (regime.setting.width, n_inputs)
            && self.weights.len() == n_rows * n_cols
            && self.step <= regime.setting.n_steps
            && !self.rows.is_empty();
        if !is_whole {
            return Err(Error::Malformed {
                what: "the checkpoint".into(),
                reason: format!(
                    "its weights have shape {:?} and {} entries at step {}",
                    self.shape,
                    self.weights.len(),
                    self.step
                ),
                remedy: "delete it: it was damaged".into(),
            });
        }
        let weights =
            Mat::from_fn(n_rows, n_cols, |i, j| T::from_f64(self.weights[j * n_rows + i]));
        let seed = Seed::root(regime.seed);
        let coordinates = Coordinates::new(regime.engine, &regime.setting, seed);
        let simulation =
            Simulation::from_weights(&regime.setting, coordinates, weights, seed, self.step)?;
        Ok((simulation, self.rows))
    }
}

/// Everything that fixes the rows of a run, as text.
fn identity(regime: &Regime) -> String {
    format!("{regime:?}")
}
