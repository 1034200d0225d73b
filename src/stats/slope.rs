//! Plain slopes along a ladder of sizes.

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
}
