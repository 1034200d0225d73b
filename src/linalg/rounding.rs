//! Rounding bounds, the one place that numerical tolerances come from.

/// The unit roundoff of `f64`, 2^-53.
pub const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// `gamma_n = n u / (1 - n u)`: a dot product of length `n` computed in `f64`, in any order, differs
/// from the exact one by at most `gamma_n * sum |x_i y_i|`.
///
/// # Source
/// Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., 2002, section 3.1.
pub fn dot_error_factor(n_terms: usize) -> f64 {
    let nu = n_terms as f64 * UNIT_ROUNDOFF;
    nu / (1.0 - nu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_grows_linearly_and_starts_at_zero() {
        assert_eq!(dot_error_factor(0), 0.0);
        assert!((dot_error_factor(1000) / dot_error_factor(1) - 1000.0).abs() < 1e-9);
    }
}
