//! Exponents along a ladder of sizes.

use crate::linalg::mean;

/// The least-squares slope of log value against log size; NaN unless all are positive.
pub fn log_log_slope(sizes: &[f64], values: &[f64]) -> f64 {
    let log_sizes: Vec<f64> = sizes.iter().map(|size| size.ln()).collect();
    let log_values: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let center = mean(&log_sizes);
    let spread: f64 = log_sizes.iter().map(|x| (x - center).powi(2)).sum();
    let products = log_sizes.iter().zip(&log_values).map(|(x, y)| (x - center) * y);
    products.sum::<f64>() / spread
}

/// Slopes of independent ladders, one per replicate, ready for [`super::Mean`].
///
/// `rungs[s]` holds the values of the independent runs at `sizes[s]`. Each replicate gets an equal share
/// of every rung's runs, averages them, and fits its own slope: the replicates are independent and of
/// one law, so no variance has to be known and none is shared between sizes. Runs left over when a
/// rung does not divide evenly are not used.
pub fn slope_replicates(sizes: &[f64], rungs: &[Vec<f64>], n_replicates: usize) -> Vec<f64> {
    (0..n_replicates)
        .map(|replicate| {
            let values: Vec<f64> = rungs
                .iter()
                .map(|runs| {
                    let share = runs.len() / n_replicates;
                    mean(&runs[replicate * share..(replicate + 1) * share])
                })
                .collect();
            log_log_slope(sizes, &values)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_law_has_its_exponent_as_slope() {
        let sizes = [16.0, 64.0, 256.0];
        let values = sizes.map(|size: f64| 3.0 * size.powf(-0.5));
        assert!((log_log_slope(&sizes, &values) + 0.5).abs() < 1e-14);
        assert!(log_log_slope(&sizes, &[1.0, -1.0, 1.0]).is_nan());
    }

    #[test]
    fn every_replicate_uses_its_own_runs() {
        let rungs = vec![vec![1.0, 1.0, 2.0, 2.0], vec![1.0, 4.0]];
        let slopes = slope_replicates(&[1.0, 2.0], &rungs, 2);
        assert!((slopes[0] - 0.0).abs() < 1e-14 && (slopes[1] - 1.0).abs() < 1e-14);
        // No run for a replicate: not a number, and so no evidence.
        assert!(slope_replicates(&[1.0, 2.0], &rungs, 3)[0].is_nan());
    }
}
