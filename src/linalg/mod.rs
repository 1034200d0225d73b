//! Dense linear algebra on top of faer: the scalar trait, products, factorisations, sums and
//! rounding bounds. No word of machine learning.
//!
//! Every product runs sequentially ([`faer::Par::Seq`]): parallelism lives between independent
//! runs, so that a result has the same bits for any number of threads.

mod rounding;
mod sum;

pub use rounding::{UNIT_ROUNDOFF, dot_error_factor};
pub use sum::{CompensatedSum, mean};

use faer::linalg::matmul;
use faer::traits::RealField;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};

use crate::error::{Error, Result};

/// The floating-point types that a run can use: `f32` and `f64`.
pub trait Real: RealField + Copy + PartialOrd + Send + Sync + std::fmt::Debug + 'static {
    /// The nearest value of this type.
    fn from_f64(value: f64) -> Self;
    /// The same value as `f64` (exact).
    fn to_f64(self) -> f64;
}

impl Real for f32 {
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
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

/// The factor `Q` of the thin QR factorisation, with the signs that make `R`'s diagonal positive.
///
/// With that convention `Q` of a Gaussian matrix is uniform over the orthonormal frames
/// (Mezzadri 2007), which the bare Householder `Q` is not.
pub fn orthonormal_factor<T: Real>(matrix: MatRef<'_, T>) -> Mat<T> {
    let factorisation = matrix.qr();
    let mut q = factorisation.compute_thin_Q();
    let r = factorisation.thin_R();
    let zero = T::from_f64(0.0);
    for (col_idx, column) in q.col_iter_mut().enumerate() {
        if r[(col_idx, col_idx)] < zero {
            column.iter_mut().for_each(|entry| *entry = zero - *entry);
        }
    }
    q
}

/// Eigenvalues (ascending) of the symmetric tridiagonal matrix with the given diagonals.
///
/// # Errors
/// If the eigenvalue iteration does not converge.
pub fn tridiagonal_spectrum(diagonal: &[f64], off_diagonal: &[f64]) -> Result<Vec<f64>> {
    let n = diagonal.len();
    let matrix = Mat::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => off_diagonal[i.min(j)],
        _ => 0.0,
    });
    matrix.self_adjoint_eigenvalues(Side::Lower).map_err(|fault| Error::Malformed {
        what: format!("a {n} x {n} tridiagonal eigenproblem"),
        reason: format!("{fault:?}"),
        remedy: "use milder parameters of the latent law".into(),
    })
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
    fn orthonormal_factor_spans_the_columns_of_its_argument() {
        let matrix = Mat::from_fn(7, 3, |i, j| ((i * i + 3 * j + 1) as f64).sin());
        let q = orthonormal_factor(matrix.as_ref());
        let gram = q.transpose() * &q;
        let identity = Mat::<f64>::identity(3, 3);
        assert!(max_abs_difference(gram.as_ref(), identity.as_ref()) < 8.0 * f64::EPSILON);
        let rebuilt = &q * (q.transpose() * &matrix);
        assert!(max_abs_difference(rebuilt.as_ref(), matrix.as_ref()) < 16.0 * f64::EPSILON);
    }

    #[test]
    fn tridiagonal_spectrum_gives_the_two_point_gauss_legendre_nodes() {
        let nodes = tridiagonal_spectrum(&[0.0, 0.0], &[1.0 / 3.0_f64.sqrt()]).unwrap();
        assert!((nodes[0] + 1.0 / 3.0_f64.sqrt()).abs() < 1e-15);
        assert!((nodes[1] - 1.0 / 3.0_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn max_abs_difference_does_not_swallow_nan() {
        let left = faer::mat![[1.0, f64::NAN]];
        assert_eq!(max_abs_difference(left.as_ref(), left.as_ref()), f64::INFINITY);
    }
}
