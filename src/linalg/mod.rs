//! Dense linear algebra on top of faer: the scalar trait, products, factorisations, least
//! squares, sums and rounding bounds. No word of machine learning.
//!
//! Every product runs sequentially ([`faer::Par::Seq`]): parallelism lives between independent
//! runs, so that a result has the same bits for any number of threads.

mod elementary;
mod factor;
mod least_squares;
mod rounding;
mod subsets;
mod sum;
mod vector;
mod weighted_rows;

pub use factor::{orthonormal_factor, tridiagonal_spectrum};
pub use least_squares::{LeastSquares, least_squares};
pub use rounding::{UNIT_ROUNDOFF, dot_error_factor};
pub use subsets::Subsets;
pub use sum::{CompensatedSum, mean, sum, sum_of_slices};
pub(crate) use vector::{add_multiple, add_to_column, multiply, vectorised};
pub use weighted_rows::WeightedRows;

use faer::linalg::matmul;
use faer::traits::RealField;
use faer::{Accum, Mat, MatMut, MatRef, Par};

/// The floating-point types that a run can use: `f32` and `f64`.
pub trait Real: RealField + Copy + PartialOrd + Send + Sync + std::fmt::Debug + 'static {
    /// The nearest value of this type.
    fn from_f64(value: f64) -> Self;
    /// The same value as `f64` (exact).
    fn to_f64(self) -> f64;
    /// The square root.
    fn square_root(self) -> Self;
    /// `1 / (1 + exp(-x))` and its derivative. In `f32` they stay away from 0 in the tail.
    fn logistic_with_slope(self) -> (Self, Self);
    /// The hyperbolic tangent and its derivative.
    fn tanh_with_slope(self) -> (Self, Self);
    /// The distribution function of the standard normal law and its density.
    fn normal_with_density(self) -> (Self, Self);
}

impl Real for f32 {
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn square_root(self) -> Self {
        self.sqrt()
    }
    #[inline(always)]
    fn logistic_with_slope(self) -> (Self, Self) {
        elementary::logistic(self)
    }
    #[inline(always)]
    fn tanh_with_slope(self) -> (Self, Self) {
        elementary::tanh(self)
    }
    #[inline(always)]
    fn normal_with_density(self) -> (Self, Self) {
        elementary::normal(self)
    }
}

impl Real for f64 {
    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    fn square_root(self) -> Self {
        self.sqrt()
    }
    fn logistic_with_slope(self) -> (Self, Self) {
        let e = libm::exp(-self.abs());
        let upper = 1.0 / (1.0 + e);
        (if self > 0.0 { upper } else { e * upper }, e * upper * upper)
    }
    fn tanh_with_slope(self) -> (Self, Self) {
        // 4 e / (1 + e)^2 keeps the tail, which 1 - tanh^2 would lose.
        let e = libm::exp(-2.0 * self.abs());
        (libm::tanh(self), 4.0 * e / ((1.0 + e) * (1.0 + e)))
    }
    fn normal_with_density(self) -> (Self, Self) {
        let below = 0.5 * libm::erfc(-self * std::f64::consts::FRAC_1_SQRT_2);
        (below, libm::exp(-0.5 * self * self) / std::f64::consts::TAU.sqrt())
    }
}

/// `dst = alpha * lhs * rhs`, sequentially.
///
/// # Panics
/// If the shapes do not fit, as faer does: shapes are fixed by the crate's own types.
pub fn product<T: Real>(dst: MatMut<'_, T>, lhs: MatRef<'_, T>, rhs: MatRef<'_, T>, alpha: T) {
    matmul::matmul(dst, Accum::Replace, lhs, rhs, alpha, Par::Seq);
}

/// `dst += alpha * lhs * rhs`, sequentially.
///
/// # Panics
/// If the shapes do not fit, see [`product`].
pub fn add_product<T: Real>(dst: MatMut<'_, T>, lhs: MatRef<'_, T>, rhs: MatRef<'_, T>, alpha: T) {
    matmul::matmul(dst, Accum::Add, lhs, rhs, alpha, Par::Seq);
}

/// The first row of a matrix with an entry that is not finite; 0 where there is none.
pub fn first_faulty_row<T: Real>(matrix: MatRef<'_, T>) -> usize {
    let is_faulty = |&k: &usize| matrix.row(k).iter().any(|entry| !entry.to_f64().is_finite());
    (0..matrix.nrows()).find(is_faulty).unwrap_or_default()
}

/// The columns of a matrix, each to be written by itself.
pub fn columns_mut<T: Real>(matrix: &mut Mat<T>) -> Vec<&mut [T]> {
    // Columns of a matrix that owns its entries are contiguous: none is left out.
    let columns = matrix.col_iter_mut().filter_map(|column| column.try_as_col_major_mut());
    columns.map(|column| column.as_slice_mut()).collect()
}

/// Copies one row of a matrix.
pub fn row_of(matrix: MatRef<'_, f64>, row_idx: usize) -> Vec<f64> {
    matrix.row(row_idx).iter().copied().collect()
}

/// The mean norm of the rows of a block of columns, shape `(n, p)`.
pub fn mean_row_norm(matrix: MatRef<'_, f64>, columns: std::ops::Range<usize>) -> f64 {
    let block = matrix.subcols(columns.start, columns.len());
    mean(&block.row_iter().map(|row| row.norm_l2()).collect::<Vec<_>>())
}

/// Copies a matrix into `f64`.
pub fn to_f64<T: Real>(matrix: MatRef<'_, T>) -> Mat<f64> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)].to_f64())
}

/// The largest absolute difference between two matrices of one shape.
///
/// A NaN anywhere gives infinity, so that a comparison against a tolerance cannot pass by accident.
pub fn max_abs_difference(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> f64 {
    let mut worst = 0.0_f64;
    for (a, b) in left.col_iter().zip(right.col_iter()) {
        for (x, y) in a.iter().zip(b.iter()) {
            let difference = (x - y).abs();
            if difference.is_nan() {
                return f64::INFINITY;
            }
            worst = worst.max(difference);
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_equals_the_hand_computed_one() {
        let lhs = Mat::from_fn(2, 3, |i, j| (i * 3 + j) as f64);
        let rhs = Mat::from_fn(3, 2, |i, j| (i + j) as f64);
        let mut dst = Mat::zeros(2, 2);
        product(dst.as_mut(), lhs.as_ref(), rhs.as_ref(), 2.0);
        assert_eq!(dst, faer::mat![[10.0, 16.0], [28.0, 52.0]]);
        add_product(dst.as_mut(), lhs.as_ref(), rhs.as_ref(), -2.0);
        assert_eq!(dst, Mat::<f64>::zeros(2, 2));
    }

    #[test]
    fn every_column_is_there_to_be_written() {
        let mut matrix = Mat::<f64>::zeros(2, 3);
        for (j, column) in columns_mut(&mut matrix).into_iter().enumerate() {
            column.copy_from_slice(&[j as f64, 7.0]);
        }
        assert_eq!(matrix, faer::mat![[0.0, 1.0, 2.0], [7.0, 7.0, 7.0]]);
    }

    #[test]
    fn max_abs_difference_does_not_swallow_nan() {
        let left = faer::mat![[1.0, f64::NAN]];
        assert_eq!(max_abs_difference(left.as_ref(), left.as_ref()), f64::INFINITY);
    }
}
