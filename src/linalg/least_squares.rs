//! Weighted linear least squares.

use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Mat, MatRef, Par};

use super::factor::HouseholderQr;
use super::{CompensatedSum, dot_error_factor};
use crate::error::{Error, Result};

/// More refinements than this bring nothing: each gains the digits that the condition leaves, and from a
/// condition of 1e12 on, four of them make up for it.
const MAX_REFINEMENTS: usize = 6;

/// The solution of a weighted linear least-squares problem.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastSquares {
    /// The coefficients, one per column of the design.
    pub coefficients: Vec<f64>,
    /// `(X^T W X)^{-1}`, symmetric: the covariance of the coefficients where the weights are inverse
    /// variances.
    pub inverse_gram: Mat<f64>,
    /// `y - X b`, one per row, without weights.
    pub residuals: Vec<f64>,
    /// `sum_i w_i (y - X b)_i^2`.
    pub residual_sum_of_squares: f64,
}

/// The coefficients `b` that make `sum_i w_i (y_i - x_i b)^2` least, for a design of `n` rows and `p`
/// columns with `1 <= p <= n`, a response of length `n` and `n` positive weights.
///
/// The columns are brought to one length by powers of two, which rounds nothing, and factorised by
/// Householder reflections. The augmented system `r + X b = y, X^T W r = 0` is then refined with
/// residuals of twice the precision, so that the coefficients are those of the numbers given, to nearly
/// all digits, up to a condition (after scaling) of about 1e11. The inverse of the Gram matrix comes from
/// the same system and has the same precision.
///
/// # Errors
/// - no column, or fewer rows than columns;
/// - a response or weights of another length than the design has rows;
/// - an entry that is not finite, a weight that is not positive and finite;
/// - columns that are linearly dependent up to rounding.
///
/// # Source
/// Bjorck, *Iterative refinement of linear least squares solutions I*, BIT 7, 1967.
pub fn least_squares(
    design: MatRef<'_, f64>,
    response: &[f64],
    weights: &[f64],
) -> Result<LeastSquares> {
    check(design, response, weights)?;
    let system = System::new(design, weights)?;
    let n_cols = design.ncols();
    let (residuals, scaled) = system.solve(response, &vec![0.0; n_cols]);
    let coefficients: Vec<f64> = scaled.iter().zip(&system.scales).map(|(x, s)| x * s).collect();
    let inverse_gram = system.inverse_gram(response.len());
    let mut sum = CompensatedSum::default();
    for (residual, weight) in residuals.iter().zip(weights) {
        sum.add_product(residual * weight, *residual);
    }
    let is_finite = coefficients.iter().chain(&residuals).all(|x| x.is_finite())
        && inverse_gram.col_iter().all(|column| column.iter().all(|x| x.is_finite()));
    if !is_finite {
        return Err(dependent());
    }
    let residual_sum_of_squares = sum.value();
    Ok(LeastSquares { coefficients, inverse_gram, residuals, residual_sum_of_squares })
}

fn check(design: MatRef<'_, f64>, response: &[f64], weights: &[f64]) -> Result<()> {
    let (n_rows, n_cols) = (design.nrows(), design.ncols());
    if n_cols == 0 || n_rows < n_cols {
        return Err(Error::out_of_range(
            "shape of the design",
            format!("({n_rows}, {n_cols})"),
            "at least one column, and as many rows as columns or more",
            "give more observations, or fit fewer coefficients",
        ));
    }
    for (name, values) in [("response", response), ("weights", weights)] {
        if values.len() != n_rows {
            let range = format!("{n_rows}, the number of rows of the design");
            let remedy = "give one for each observation";
            return Err(Error::out_of_range(
                format!("length of the {name}"),
                values.len(),
                range,
                remedy,
            ));
        }
    }
    let remedy = "leave the observation out, or mend it";
    for row_idx in 0..n_rows {
        let entries = design.row(row_idx).iter().copied().chain([response[row_idx]]);
        if let Some(entry) = entries.into_iter().find(|entry| !entry.is_finite()) {
            let name = format!("entry of observation {row_idx}");
            return Err(Error::out_of_range(name, entry, "a finite number", remedy));
        }
        let weight = weights[row_idx];
        if !(weight > 0.0 && weight.is_finite()) {
            let name = format!("weight of observation {row_idx}");
            return Err(Error::out_of_range(name, weight, "positive and finite", remedy));
        }
    }
    Ok(())
}

fn dependent() -> Error {
    Error::out_of_range(
        "rank of the design",
        "less than its number of columns",
        "full: no column a combination of the others, up to rounding",
        "drop a column, or take observations that tell the columns apart",
    )
}

/// The augmented system `r + A x = f, A^T W r = g` of a design `A` with scaled columns.
struct System<'a> {
    design: Mat<f64>,
    /// The powers of two that the columns were multiplied with.
    scales: Vec<f64>,
    weights: &'a [f64],
    roots: Vec<f64>,
    /// Of the design with each row times the root of its weight.
    qr: HouseholderQr<f64>,
}

impl<'a> System<'a> {
    fn new(design: MatRef<'_, f64>, weights: &'a [f64]) -> Result<Self> {
        let (n_rows, n_cols) = (design.nrows(), design.ncols());
        let roots: Vec<f64> = weights.iter().map(|weight| weight.sqrt()).collect();
        let scale = |col_idx: usize| {
            // Without the square of an entry, which may leave the range.
            let norm = (0..n_rows).fold(0.0, |norm, row_idx| {
                libm::hypot(norm, roots[row_idx] * design[(row_idx, col_idx)])
            });
            let is_usable = norm > 0.0 && norm.is_finite();
            is_usable.then(|| libm::scalbn(1.0, -libm::ilogb(norm)))
        };
        let scales: Option<Vec<f64>> = (0..n_cols).map(scale).collect();
        let scales = scales.ok_or_else(dependent)?;
        let scaled = Mat::from_fn(n_rows, n_cols, |i, j| design[(i, j)] * scales[j]);
        let qr = HouseholderQr::of(Mat::from_fn(n_rows, n_cols, |i, j| roots[i] * scaled[(i, j)]));
        let system = System { design: scaled, scales, weights, roots, qr };
        // Where backward error times condition reaches 1, a matrix of lower rank is as near.
        let error = dot_error_factor(n_rows * n_cols) * system.condition();
        if error < 1.0 { Ok(system) } else { Err(dependent()) }
    }

    fn r_factor(&self) -> MatRef<'_, f64> {
        self.qr.factors().subrows(0, self.design.ncols())
    }

    /// The condition of `R` in the Frobenius norm, NaN or infinite where `R` is singular.
    fn condition(&self) -> f64 {
        let n_cols = self.design.ncols();
        let r = self.r_factor();
        let mut inverse = Mat::<f64>::identity(n_cols, n_cols);
        solve_upper_triangular_in_place(r, inverse.as_mut(), Par::Seq);
        let squares = |entry: &dyn Fn(usize, usize) -> f64| {
            let entries = (0..n_cols).flat_map(|j| (0..=j).map(move |i| (i, j)));
            entries.map(|(i, j)| entry(i, j).powi(2)).sum::<f64>()
        };
        (squares(&|i, j| r[(i, j)]) * squares(&|i, j| inverse[(i, j)])).sqrt()
    }

    /// The solution by the factors alone.
    fn by_factors(&self, f: &[f64], g: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (n_rows, n_cols) = (self.design.nrows(), self.design.ncols());
        // With s = W^{1/2} r and W^{1/2} A = Q R: R^T (Q^T s)_top = g, and the rest of Q^T s is that of f.
        let mut rotated = Mat::from_fn(n_rows, 1, |i, _| self.roots[i] * f[i]);
        self.qr.apply_q_transpose(rotated.as_mut());
        let mut top = Mat::from_fn(n_cols, 1, |j, _| g[j]);
        solve_lower_triangular_in_place(self.r_factor().transpose(), top.as_mut(), Par::Seq);
        let mut x = Mat::from_fn(n_cols, 1, |j, _| rotated[(j, 0)] - top[(j, 0)]);
        solve_upper_triangular_in_place(self.r_factor(), x.as_mut(), Par::Seq);
        (0..n_cols).for_each(|j| rotated[(j, 0)] = top[(j, 0)]);
        self.qr.apply_q(rotated.as_mut());
        let r = (0..n_rows).map(|i| rotated[(i, 0)] / self.roots[i]).collect();
        (r, (0..n_cols).map(|j| x[(j, 0)]).collect())
    }

    /// What `r` and `x` leave of `f` and `g`, in twice the precision.
    fn defect(&self, f: &[f64], g: &[f64], r: &[f64], x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let of_row = |i: usize| {
            let mut sum: CompensatedSum = [f[i], -r[i]].into_iter().collect();
            (0..x.len()).for_each(|j| sum.add_product(-self.design[(i, j)], x[j]));
            sum.value()
        };
        let of_col = |j: usize| {
            let mut sum: CompensatedSum = [g[j]].into_iter().collect();
            for (i, residual) in r.iter().enumerate() {
                let weighted = self.weights[i] * residual;
                let rounding = self.weights[i].mul_add(*residual, -weighted);
                sum.add_product(-self.design[(i, j)], weighted);
                sum.add_product(-self.design[(i, j)], rounding);
            }
            sum.value()
        };
        ((0..f.len()).map(of_row).collect(), (0..g.len()).map(of_col).collect())
    }

    /// The refined solution.
    fn solve(&self, f: &[f64], g: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut r, mut x) = self.by_factors(f, g);
        let mut last = f64::INFINITY;
        for _ in 0..MAX_REFINEMENTS {
            let (df, dg) = self.defect(f, g, &r, &x);
            let (dr, dx) = self.by_factors(&df, &dg);
            let size = dx.iter().fold(0.0, |size, step| libm::hypot(size, *step));
            // A step that is no longer much smaller than the one before is rounding.
            if size.is_nan() || size >= 0.5 * last {
                break;
            }
            last = size;
            r.iter_mut().zip(&dr).for_each(|(entry, step)| *entry += step);
            x.iter_mut().zip(&dx).for_each(|(entry, step)| *entry += step);
        }
        (r, x)
    }

    /// `(X^T W X)^{-1}` of the design as given: with `f = 0` and `g = -e` the solution `x` is one column
    /// of it.
    fn inverse_gram(&self, n_rows: usize) -> Mat<f64> {
        let n_cols = self.scales.len();
        let zero = vec![0.0; n_rows];
        let columns: Vec<Vec<f64>> = (0..n_cols)
            .map(|col_idx| {
                let unit: Vec<f64> =
                    (0..n_cols).map(|j| -f64::from(u8::from(j == col_idx))).collect();
                self.solve(&zero, &unit).1
            })
            .collect();
        Mat::from_fn(n_cols, n_cols, |i, j| {
            0.5 * (columns[j][i] + columns[i][j]) * self.scales[i] * self.scales[j]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::max_abs_difference;

    #[test]
    fn a_line_through_three_weighted_points_by_hand() {
        // Weights 1, 2, 1 at x = -1, 0, 1: slope (y3 - y1) / 2, height (y1 + 2 y2 + y3) / 4.
        let design = Mat::from_fn(3, 2, |i, j| if j == 0 { 1.0 } else { i as f64 - 1.0 });
        let fit = least_squares(design.as_ref(), &[1.0, 2.0, 7.0], &[1.0, 2.0, 1.0]).unwrap();
        assert_eq!(fit.coefficients, [3.0, 3.0]);
        assert_eq!(fit.residuals, [1.0, -1.0, 1.0]);
        assert_eq!(fit.residual_sum_of_squares, 4.0);
        let inverse = faer::mat![[0.25, 0.0], [0.0, 0.5]];
        assert!(max_abs_difference(fit.inverse_gram.as_ref(), inverse.as_ref()) < f64::EPSILON);
    }

    #[test]
    fn the_hilbert_matrix_of_order_eight_keeps_its_digits() {
        // Condition 1.5e10. Integer coefficients, and entries scaled to integers: no input is rounded.
        let n = 8_usize;
        let common = 360_360.0;
        let design = Mat::from_fn(n, n, |i, j| common / (i + j + 1) as f64);
        let truth: Vec<f64> = (0..n).map(|j| (j * j) as f64 - 7.0).collect();
        let response: Vec<f64> =
            (0..n).map(|i| (0..n).map(|j| design[(i, j)] * truth[j]).sum()).collect();
        let fit = least_squares(design.as_ref(), &response, &vec![1.0; n]).unwrap();
        for (computed, exact) in fit.coefficients.iter().zip(&truth) {
            assert!((computed - exact).abs() < 1e-13, "{computed} {exact}");
        }
        // The first entry of the inverse Gram matrix: |first row of H^{-1}|^2, H^{-1}_{1j} by its formula.
        let first = [64.0, -2016.0, 20160.0, -92400.0, 221760.0, -288288.0, 192192.0, -51480.0];
        let square: f64 = first.iter().map(|x: &f64| x * x).sum::<f64>() / (common * common);
        assert!((fit.inverse_gram[(0, 0)] / square - 1.0).abs() < 1e-13);
    }

    #[test]
    fn units_of_a_column_do_not_matter() {
        let design = |unit: f64| {
            Mat::from_fn(5, 2, |i, j| ((i * i + 2 * j) as f64).cos() * unit.powi(j as i32))
        };
        let response = [1.0, 2.0, -1.0, 0.5, 3.0];
        let weights = [1.0, 0.3, 2.0, 5.0, 0.1];
        let fit = |unit: f64| least_squares(design(unit).as_ref(), &response, &weights).unwrap();
        let (plain, scaled) = (fit(1.0), fit(1e90));
        assert!((plain.coefficients[1] / scaled.coefficients[1] / 1e90 - 1.0).abs() < 1e-14);
        assert!(
            (plain.inverse_gram[(1, 1)] / scaled.inverse_gram[(1, 1)] / 1e180 - 1.0).abs() < 1e-14
        );
    }

    #[test]
    fn faulty_problems_are_refused_by_name() {
        let ones = |n_rows, n_cols| Mat::<f64>::from_fn(n_rows, n_cols, |_, _| 1.0);
        let fault = |design: &Mat<f64>, response: &[f64], weights: &[f64]| {
            least_squares(design.as_ref(), response, weights).unwrap_err().to_string()
        };
        let cases = [
            (ones(2, 0), vec![1.0; 2], vec![1.0; 2], "(2, 0)"),
            (ones(1, 2), vec![1.0; 1], vec![1.0; 1], "(1, 2)"),
            (ones(2, 1), vec![1.0; 3], vec![1.0; 2], "length of the response = 3"),
            (ones(2, 1), vec![1.0; 2], vec![1.0; 1], "length of the weights = 1"),
            (ones(2, 1), vec![1.0, f64::NAN], vec![1.0; 2], "observation 1 = NaN"),
            (ones(2, 1), vec![1.0; 2], vec![1.0, 0.0], "weight of observation 1 = 0"),
            (ones(2, 1), vec![1.0; 2], vec![f64::INFINITY, 1.0], "weight of observation 0 = inf"),
            (ones(3, 2), vec![1.0; 3], vec![1.0; 3], "rank"),
            (Mat::zeros(3, 1), vec![1.0; 3], vec![1.0; 3], "rank"),
            (
                Mat::from_fn(4, 3, |i, j| (i as f64 + 0.1) * (j as f64 + 0.3)),
                vec![1.0; 4],
                vec![1.0; 4],
                "rank",
            ),
        ];
        for (design, response, weights, named) in cases {
            let message = fault(&design, &response, &weights);
            assert!(message.contains(named), "{named}: {message}");
        }
    }
}
