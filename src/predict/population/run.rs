//! Training without sampling noise: batches of infinite size.

use faer::{Mat, MatRef};

use super::{Drift, PopulationOracle};
use crate::error::{Error, Result};
use crate::linalg::{UNIT_ROUNDOFF, row_of};
use crate::setting::{ByLabel, Label, Setting};

/// Some neurons under the population gradient, `u_k <- q u_k + eta a_k D(u_k)`, as long as the hinge is active on
/// every sample. Neurons do not interact then, so any subset can be run.
///
/// The weights carry a bound `e` on their distance to the exact ones, in Euclidean norm. With `L` the Lipschitz
/// constant of the drift on the ball of radius `e` about the computed weights, and drifts known within `b`,
///
/// `e <- (q + eta |a_k| L) e + eta |a_k| b sqrt(d0) + rounding`.
///
/// ```
/// use faer::Mat;
/// use feature_contamination::predict::PopulationRun;
/// use feature_contamination::setting::Setting;
///
/// // From 0 a neuron is active on every sample: the first step is eta a_k mu on the core, nothing on the background.
/// let setting = Setting::theorem(16);
/// let mut run = PopulationRun::new(&setting, &[0], Mat::zeros(1, 16).as_ref())?;
/// run.step()?;
/// let weights = run.weights();
/// assert!((weights[(0, 0)] - 0.5 * 0.5 / 64.0).abs() < 1e-9);
/// assert!(weights[(0, 15)].abs() < 1e-9);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Source
/// `theory/notation.md`, section 8.
#[derive(Debug, Clone)]
pub struct PopulationRun {
    oracle: PopulationOracle,
    setting: Setting,
    neuron_idxs: Vec<usize>,
    weights: Vec<Vec<f64>>,
    error_bounds: Vec<f64>,
    n_steps_done: usize,
}

impl PopulationRun {
    /// A run of the neurons `neuron_idxs` from a start of shape `(neurons, d0)`, one row for each.
    ///
    /// # Errors
    /// - a start of another shape;
    /// - a neuron that the setting does not have;
    /// - a latent law whose tables cannot be computed.
    pub fn new(setting: &Setting, neuron_idxs: &[usize], start: MatRef<'_, f64>) -> Result<Self> {
        let shape = (neuron_idxs.len(), setting.n_features());
        if (start.nrows(), start.ncols()) != shape {
            return Err(Error::out_of_range(
                "shape of the start",
                format!("({}, {})", start.nrows(), start.ncols()),
                format!("({}, {})", shape.0, shape.1),
                "give one row of weights for each neuron",
            ));
        }
        if let Some(neuron_idx) = neuron_idxs.iter().find(|&&idx| idx >= setting.width) {
            return Err(Error::out_of_range(
                "index of a neuron",
                neuron_idx,
                format!("below the width, {}", setting.width),
                "name neurons of the setting",
            ));
        }
        Ok(PopulationRun {
            oracle: PopulationOracle::new(&setting.latents, setting.n_core)?,
            setting: setting.clone(),
            neuron_idxs: neuron_idxs.to_vec(),
            weights: (0..start.nrows()).map(|row| row_of(start, row)).collect(),
            error_bounds: vec![0.0; neuron_idxs.len()],
            n_steps_done: 0,
        })
    }

    /// Takes one step.
    ///
    /// # Errors
    /// If a weight is not finite.
    pub fn step(&mut self) -> Result<()> {
        let q = self.setting.shrinkage();
        let root = (self.setting.n_features() as f64).sqrt();
        let neurons = self.neuron_idxs.iter().zip(&mut self.weights).zip(&mut self.error_bounds);
        for ((&neuron_idx, weights), error) in neurons {
            let rate = self.setting.learning_rate * self.setting.output_weight(neuron_idx);
            // Of a ball of unknown radius nothing is known.
            let drift = if error.is_finite() {
                self.oracle.drift_near(weights, *error)?
            } else {
                self.oracle.drift(weights)?
            };
            let Drift { mean, lipschitz, .. } = drift;
            let mut size = 0.0;
            for (weight, drift) in weights.iter_mut().zip(&mean.value) {
                *weight = q * *weight + rate * drift;
                size += weight.abs() + 2.0 * rate.abs();
            }
            // Without a Lipschitz constant the first step is still known: its start has no error.
            let carried =
                if *error == 0.0 { 0.0 } else { (q.abs() + rate.abs() * lipschitz) * *error };
            *error = carried + rate.abs() * root * mean.error_bound + 4.0 * UNIT_ROUNDOFF * size;
        }
        self.n_steps_done += 1;
        Ok(())
    }

    /// Steps until `n_steps` are completed.
    ///
    /// # Errors
    /// See [`PopulationRun::step`].
    pub fn advance_to(&mut self, n_steps: usize) -> Result<()> {
        while self.n_steps_done < n_steps {
            self.step()?;
        }
        Ok(())
    }

    /// Steps completed.
    pub fn n_steps_done(&self) -> usize {
        self.n_steps_done
    }

    /// The weights, shape `(neurons, d0)`.
    pub fn weights(&self) -> Mat<f64> {
        Mat::from_fn(self.weights.len(), self.setting.n_features(), |k, j| self.weights[k][j])
    }

    /// For each neuron a bound on the Euclidean distance of its computed weights to the exact ones;
    /// infinite from the second step on where the latents have no density (Bernoulli): there the drift
    /// jumps.
    pub fn error_bounds(&self) -> &[f64] {
        &self.error_bounds
    }
}

/// The largest margin `y h(x)` that any sample of the support can have, at most: the neurons of the other
/// sign only lower it, and `<u_k, s> <= sum_j max(0, c_j)` as every latent lies in [0, 1].
///
/// The hinge is active on every sample while this is below 1. `weights` holds all neurons, `(m, d0)`.
pub fn largest_margin(setting: &Setting, weights: MatRef<'_, f64>) -> f64 {
    let of_label = |label: Label| -> f64 {
        let own = |k: &usize| setting.output_weight(*k) * label.sign() > 0.0;
        let reach = |k: usize| -> f64 {
            let row = row_of(weights, k);
            let coefficients = super::signed_coefficients(&row, setting.n_core, label);
            coefficients.iter().map(|c| c.max(0.0)).sum()
        };
        (0..weights.nrows()).filter(own).map(|k| setting.output_weight(k).abs() * reach(k)).sum()
    };
    let ByLabel { positive, negative } = ByLabel::from_fn(of_label);
    positive.max(negative)
}
