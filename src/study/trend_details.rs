//! How well a power of the size fits a ladder of runs.

use crate::stats::{Coefficient, Correction, Point, Replicates, Trend};

/// What is shown of a ladder beside the exponent itself.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendDetails {
    /// The mean over runs at each size, and its standard error.
    pub points: Vec<Point>,
    /// The weighted sum of squared residuals of the logarithms.
    pub chi_square: f64,
    /// Sizes less parameters.
    pub degrees_of_freedom: usize,
    /// The probability of so large a sum or a larger one if the law is a power.
    pub chi_square_p_value: Option<f64>,
    /// The exponent without the smallest size less the one with it, and its standard error.
    pub drift: Option<(f64, f64)>,
    /// The exponent with a finite-size factor `1 + c / sqrt(size)`, and its standard error, where the sizes
    /// determine it.
    pub with_inverse_sqrt: Option<(f64, f64)>,
    /// The same with `1 + c / size`.
    pub with_inverse: Option<(f64, f64)>,
}

impl TrendDetails {
    pub(super) fn of(trend: &Trend, sizes: &[f64], rungs: &[Replicates<f64>]) -> Self {
        let pair = |coefficient: Coefficient| (coefficient.value, coefficient.standard_error);
        // Too few sizes, or too near to each other, say nothing of a correction.
        let corrected = |correction: Correction| {
            let trend = Trend::of_replicates(sizes, rungs, correction).ok()?;
            trend.is_determined().then(|| pair(trend.exponent()))
        };
        TrendDetails {
            points: trend.ladder().points().collect(),
            chi_square: trend.chi_square(),
            degrees_of_freedom: trend.degrees_of_freedom(),
            chi_square_p_value: trend.chi_square_p_value(),
            drift: trend.drift().map(pair),
            with_inverse_sqrt: corrected(Correction::InverseSqrt),
            with_inverse: corrected(Correction::Inverse),
        }
    }
}
