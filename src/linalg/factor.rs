//! Factorisations, sequential like the products: faer's convenient forms follow its global number of
//! threads, and so would their bits.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::linalg::householder;
use faer::linalg::qr::no_pivoting::factor as qr;
use faer::{Conj, Mat, MatMut, MatRef, Par};

use super::Real;
use crate::error::{Error, Result};

/// A Householder QR factorisation as faer packs it: `R` in the upper triangle, the reflectors below it.
pub(super) struct HouseholderQr<T: Real> {
    factors: Mat<T>,
    /// The triangular coefficients of each block of reflectors.
    coefficients: Mat<T>,
}

impl<T: Real> HouseholderQr<T> {
    pub(super) fn of(matrix: Mat<T>) -> Self {
        let (n_rows, n_cols) = (matrix.nrows(), matrix.ncols());
        let mut factors = matrix;
        let block_size = qr::recommended_block_size::<T>(n_rows, n_cols);
        let mut coefficients = Mat::zeros(block_size, n_cols.min(n_rows));
        let scratch =
            qr::qr_in_place_scratch::<T>(n_rows, n_cols, block_size, Par::Seq, Default::default());
        qr::qr_in_place(
            factors.as_mut(),
            coefficients.as_mut(),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            Default::default(),
        );
        HouseholderQr { factors, coefficients }
    }

    /// The upper triangle of this holds `R`.
    pub(super) fn factors(&self) -> MatRef<'_, T> {
        self.factors.as_ref()
    }

    /// `matrix = Q matrix` with the square `Q`.
    pub(super) fn apply_q(&self, matrix: MatMut<'_, T>) {
        let scratch = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<T>(
            self.factors.nrows(),
            self.coefficients.nrows(),
            matrix.ncols(),
        );
        householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
            self.factors.as_ref(),
            self.coefficients.as_ref(),
            Conj::No,
            matrix,
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
    }

    /// `matrix = Q^T matrix` with the square `Q`.
    pub(super) fn apply_q_transpose(&self, matrix: MatMut<'_, T>) {
        let scratch =
            householder::apply_block_householder_sequence_transpose_on_the_left_in_place_scratch::<T>(
                self.factors.nrows(),
                self.coefficients.nrows(),
                matrix.ncols(),
            );
        householder::apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj(
            self.factors.as_ref(),
            self.coefficients.as_ref(),
            Conj::No,
            matrix,
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
    }
}

/// The factor `Q` of the thin QR factorisation, with the signs that make `R`'s diagonal positive.
///
/// With that convention `Q` of a Gaussian matrix is uniform over the orthonormal frames
/// (Mezzadri 2007), which the bare Householder `Q` is not.
pub fn orthonormal_factor<T: Real>(matrix: MatRef<'_, T>) -> Mat<T> {
    let qr = HouseholderQr::of(matrix.to_owned());
    let mut q = Mat::identity(matrix.nrows(), matrix.ncols().min(matrix.nrows()));
    qr.apply_q(q.as_mut());
    let zero = T::from_f64(0.0);
    for (col_idx, column) in q.col_iter_mut().enumerate() {
        if qr.factors()[(col_idx, col_idx)] < zero {
            column.iter_mut().for_each(|entry| *entry = zero - *entry);
        }
    }
    q
}

/// Eigenvalues (ascending) of the symmetric tridiagonal matrix with the given diagonals, the second one
/// shorter by one.
///
/// # Errors
/// If the eigenvalue iteration does not converge.
pub fn tridiagonal_spectrum(diagonal: &[f64], off_diagonal: &[f64]) -> Result<Vec<f64>> {
    let n = diagonal.len();
    let scratch = evd::self_adjoint_evd_scratch::<f64>(
        n,
        ComputeEigenvectors::No,
        Par::Seq,
        Default::default(),
    );
    let mut eigenvalues = Diag::zeros(n);
    let padded: Vec<f64> = off_diagonal.iter().copied().chain([0.0]).collect();
    evd::tridiagonal_self_adjoint_evd(
        faer::ColRef::from_slice(diagonal).as_diagonal(),
        faer::ColRef::from_slice(&padded).as_diagonal(),
        eigenvalues.as_mut(),
        None,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|fault| Error::Malformed {
        what: format!("a {n} x {n} tridiagonal eigenproblem"),
        reason: format!("{fault:?}"),
        remedy: "use milder parameters of the latent law".into(),
    })?;
    let mut eigenvalues: Vec<f64> = eigenvalues.column_vector().iter().copied().collect();
    eigenvalues.sort_unstable_by(f64::total_cmp);
    Ok(eigenvalues)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::max_abs_difference;

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
}
