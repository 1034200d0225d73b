//! Gradient projections on features, `-<grad_k, m_j>`.

use faer::{Mat, MatRef};

use crate::data::Batch;
use crate::error::Result;
use crate::linalg::{self, dot_error_factor};
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};
use crate::train::Simulation;

/// The two sides of the projection identity on one batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProjectionIdentity {
    /// The largest difference between the sides over all neurons and features.
    pub difference: f64,
    /// The difference that rounding can make.
    pub tolerance: f64,
}

/// Compares, after `n_steps` steps of a run in double precision, the network's gradient on the next
/// batch, projected on the features, with `a_k` times the batch mean of `y 1{y h < 1} 1{<w_k, x> >= 0} s_j`
/// added up sample by sample.
///
/// The tolerance: a sum of `N` products, each of an input of `d0` terms, projected with `d` terms, all
/// bounded by `|a_k| sum_j |m_j| |s_j| <= |a_k| d0`; and `|a_k| / N` for every pre-activation so near 0 that
/// rounding decides its sign.
///
/// ```
/// use feature_contamination::observe::projection_identity;
/// use feature_contamination::seed::Seed;
/// use feature_contamination::setting::{EngineKind, Setting};
///
/// let setting = Setting::theorem(16);
/// let sides = projection_identity(&setting, EngineKind::Feature, 3, Seed::root(1))?;
/// assert!(sides.difference <= sides.tolerance && sides.tolerance < 1e-9);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// If training diverges.
pub fn projection_identity(
    setting: &Setting,
    engine: EngineKind,
    n_steps: usize,
    seed: Seed,
) -> Result<ProjectionIdentity> {
    let mut run = Simulation::<f64>::new(setting, engine, seed)?;
    run.advance_to(n_steps)?;
    let (batch, weights) = (run.next_batch(), run.feature_weights());
    let ascent = run.batch_ascent(&batch);
    let projected = run.coordinates().feature_weights(ascent.as_ref());
    let inputs = run.coordinates().inputs(&batch.features);
    let outputs = run.network().outputs(inputs.as_ref().as_ref());
    let (sums, n_ambiguous) = indicator_sums(setting, weights.as_ref(), &batch, &outputs);
    let scale = 1.0 / batch.n_samples() as f64;
    let d0 = setting.n_features();
    let n_terms = batch.n_samples() + setting.ambient_dim + d0;
    let rounding = 2.0 * dot_error_factor(n_terms) * d0 as f64;
    Ok(ProjectionIdentity {
        difference: scale * linalg::max_abs_difference(projected.as_ref(), sums.as_ref()),
        tolerance: (rounding + scale * n_ambiguous as f64) / setting.width as f64,
    })
}

/// `a_k sum_i y_i 1{y_i h_i < 1} 1{<u_k, s_i> >= 0} s_ij`, and the number of undecidable signs.
fn indicator_sums(
    setting: &Setting,
    weights: MatRef<'_, f64>,
    batch: &Batch<f64>,
    outputs: &[f64],
) -> (Mat<f64>, usize) {
    let mut sums = Mat::zeros(weights.nrows(), weights.ncols());
    let mut n_ambiguous = 0;
    let sign_error = 4.0 * dot_error_factor(setting.ambient_dim + setting.n_features());
    let samples = batch.features.row_iter().zip(&batch.labels).zip(outputs);
    for ((sample, &label), &output) in samples {
        if label * output >= 1.0 {
            continue;
        }
        for k in 0..weights.nrows() {
            let terms = || weights.row(k).iter().zip(sample.iter()).map(|(u, s)| u * s);
            let preactivation: f64 = terms().sum();
            // The ambient engine adds d terms, whose orthogonal part has norm about 1.
            let size = 1.0 + terms().map(f64::abs).sum::<f64>();
            n_ambiguous += usize::from(preactivation.abs() <= sign_error * size);
            if preactivation >= 0.0 {
                for (j, s) in sample.iter().enumerate() {
                    sums[(k, j)] += setting.output_weight(k) * label * s;
                }
            }
        }
    }
    (sums, n_ambiguous)
}

/// Batch means of the per-sample projections `a_k y 1{<u_k, s> >= 0} s_j` with the hinge taken as active,
/// for the given neurons: one matrix of shape `(neurons, d0)` for each of the consecutive blocks of
/// `block` samples.
pub fn batch_projections(
    setting: &Setting,
    weights: MatRef<'_, f64>,
    neuron_idxs: &[usize],
    batch: &Batch<f64>,
    block: usize,
) -> Vec<Mat<f64>> {
    (0..batch.n_samples() / block)
        .map(|block_idx| {
            let mut means = Mat::zeros(neuron_idxs.len(), weights.ncols());
            for i in block_idx * block..(block_idx + 1) * block {
                let sample = batch.features.row(i);
                for (row, &k) in neuron_idxs.iter().enumerate() {
                    let terms = weights.row(k).iter().zip(sample.iter());
                    if terms.map(|(u, s)| u * s).sum::<f64>() >= 0.0 {
                        let factor = setting.output_weight(k) * batch.labels[i] / block as f64;
                        for (j, s) in sample.iter().enumerate() {
                            means[(row, j)] += factor * s;
                        }
                    }
                }
            }
            means
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_means_of_two_samples_by_hand() {
        let setting = Setting::theorem(2);
        let batch =
            Batch { labels: vec![1.0, -1.0], features: faer::mat![[0.5, 0.2], [-0.4, 0.8]] };
        // Neuron 0 (a = 1/8) of weights (1, 0) sees the first sample only.
        let weights = faer::mat![[1.0, 0.0]];
        let means = batch_projections(&setting, weights.as_ref(), &[0], &batch, 2);
        assert_eq!(means, [faer::mat![[0.5 / 16.0, 0.2 / 16.0]]]);
    }
}
