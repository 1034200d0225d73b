//! The normal law, by `libm`'s `erfc` (accurate in the far tail, the same on every platform).

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// `Phi(x)`, the distribution function of the standard normal law.
///
/// ```
/// use feature_contamination::predict::normal_cdf;
///
/// assert_eq!(normal_cdf(0.0), 0.5);
/// assert!((normal_cdf(1.0) - 0.841_344_746_068_543).abs() < 1e-14);
/// ```
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The density of the standard normal law.
pub fn normal_density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distribution_function_at_published_points() {
        // Abramowitz and Stegun, table 26.1; the tail from 26.2.12's table of -log10 Q(x).
        assert!((normal_cdf(1.0) - 0.841_344_746_068_543).abs() < 1e-15);
        assert!((normal_cdf(-2.0) - 0.022_750_131_948_179_2).abs() < 1e-16);
        assert!((normal_cdf(-10.0).log10() + 23.118_05).abs() < 1e-5);
    }
}
