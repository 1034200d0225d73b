//! Linear regression with errors of one unknown variance.

use faer::{Mat, MatRef};

use super::Coefficient;
use crate::error::{Error, Result};
use crate::linalg::{CompensatedSum, least_squares, mean};

/// A linear regression by least squares: independent normal errors of one unknown variance, which is
/// estimated from the residuals.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// The coefficients in the order of the columns, the constant first where there is one. Their standard
    /// errors have the degrees of freedom of the residuals.
    pub coefficients: Vec<Coefficient>,
    /// `sqrt(sum of squared residuals / degrees of freedom)`.
    pub residual_standard_deviation: f64,
    /// `1 - sum of squared residuals / total sum of squares`, the total taken about the mean of the
    /// responses where the regression has a constant and about 0 where it has none; NaN if the total is 0.
    pub r_squared: f64,
    /// Observations less coefficients, at least 1.
    pub degrees_of_freedom: usize,
}

impl Regression {
    /// The regression of `n` responses on a constant and the `p` columns of `predictors`, an `(n, p)`
    /// matrix; `n >= p + 2`.
    ///
    /// # Errors
    /// - as many coefficients as observations, or more;
    /// - what [`least_squares`] refuses: shapes that do not fit, an entry that is not finite, dependent
    ///   columns.
    pub fn with_constant(predictors: MatRef<'_, f64>, responses: &[f64]) -> Result<Self> {
        let design = Mat::from_fn(predictors.nrows(), predictors.ncols() + 1, |i, j| {
            if j == 0 { 1.0 } else { predictors[(i, j - 1)] }
        });
        Self::of(design.as_ref(), responses, mean(responses))
    }

    /// The regression of `n` responses on the `p` columns of `predictors` alone; `n >= p + 1`.
    ///
    /// # Errors
    /// As [`Regression::with_constant`].
    pub fn through_origin(predictors: MatRef<'_, f64>, responses: &[f64]) -> Result<Self> {
        Self::of(predictors, responses, 0.0)
    }

    fn of(design: MatRef<'_, f64>, responses: &[f64], center: f64) -> Result<Self> {
        let (n_rows, n_cols) = (design.nrows(), design.ncols());
        if n_rows <= n_cols {
            return Err(Error::out_of_range(
                "number of observations",
                n_rows,
                format!("above {n_cols}, the number of coefficients"),
                "give more observations: the residuals must tell the size of the errors",
            ));
        }
        let fit = least_squares(design, responses, &vec![1.0; n_rows])?;
        let degrees_of_freedom = n_rows - n_cols;
        let variance = fit.residual_sum_of_squares / degrees_of_freedom as f64;
        let coefficients = fit.coefficients.iter().enumerate().map(|(j, &value)| Coefficient {
            value,
            standard_error: (variance * fit.inverse_gram[(j, j)]).sqrt(),
            degrees_of_freedom: degrees_of_freedom as f64,
            n_samples: n_rows,
        });
        let mut total = CompensatedSum::default();
        responses.iter().for_each(|y| total.add_product(y - center, y - center));
        let r_squared = match total.value() {
            0.0 => f64::NAN,
            total => 1.0 - fit.residual_sum_of_squares / total,
        };
        Ok(Regression {
            coefficients: coefficients.collect(),
            residual_standard_deviation: variance.sqrt(),
            r_squared,
            degrees_of_freedom,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Estimate;

    #[test]
    fn a_line_through_four_points_by_hand() {
        // y = 1, 3, 2, 6 at x = 0..3: slope 7/5, constant 9/10, residuals 1, 7, -17, 9 tenths.
        let x = Mat::from_fn(4, 1, |i, _| i as f64);
        let fit = Regression::with_constant(x.as_ref(), &[1.0, 3.0, 2.0, 6.0]).unwrap();
        let [constant, slope] = [fit.coefficients[0], fit.coefficients[1]];
        assert!((constant.value - 0.9).abs() < 1e-15 && (slope.value - 1.4).abs() < 1e-15);
        assert!((fit.residual_standard_deviation - 2.1_f64.sqrt()).abs() < 1e-15);
        // The variance of the slope is s^2 / 5, and t of two degrees of freedom at 0.975 is 4.3027.
        assert!((slope.standard_error - 0.42_f64.sqrt()).abs() < 1e-15);
        assert!((fit.r_squared - 0.7).abs() < 1e-15);
        let half_width = slope.interval(0.025).half_width();
        assert!((half_width - 4.302_652_729_749_464 * 0.42_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn what_leaves_no_residual_is_refused() {
        let x = Mat::from_fn(2, 1, |i, _| i as f64);
        let fault = Regression::with_constant(x.as_ref(), &[1.0, 2.0]).unwrap_err().to_string();
        assert!(
            fault.contains("number of observations = 2") && fault.contains("above 2"),
            "{fault}"
        );
        assert!(Regression::through_origin(x.as_ref(), &[1.0, 2.0]).is_ok());
        assert!(Regression::through_origin(x.as_ref(), &[1.0, f64::NAN]).is_err());
        assert!(Regression::through_origin(x.as_ref(), &[1.0]).is_err());
    }

    #[test]
    fn a_constant_response_has_no_share_explained() {
        let x = Mat::from_fn(3, 1, |i, _| i as f64);
        let fit = Regression::with_constant(x.as_ref(), &[2.0; 3]).unwrap();
        assert!(fit.r_squared.is_nan());
    }
}
