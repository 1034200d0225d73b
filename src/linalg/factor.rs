//! Factorisations, sequential like the products: faer's convenient forms follow its global number of
//! threads, and so would their bits.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::linalg::householder;
use faer::linalg::qr::no_pivoting::factor as qr;
use faer::{Conj, Mat, MatRef, Par};

use super::Real;
use crate::error::{Error, Result};

/// The factor `Q` of the thin QR factorisation, with the signs that make `R`'s diagonal positive.
///
/// With that convention `Q` of a Gaussian matrix is uniform over the orthonormal frames
/// (Mezzadri 2007), which the bare Householder `Q` is not.
pub fn orthonormal_factor<T: Real>(matrix: MatRef<'_, T>) -> Mat<T> {
    let (n_rows, n_cols) = (matrix.nrows(), matrix.ncols().min(matrix.nrows()));
    let mut factors = matrix.to_owned();
    let block_size = qr::recommended_block_size::<T>(n_rows, matrix.ncols());
    let mut coefficients = Mat::zeros(block_size, n_cols);
    let scratch = qr::qr_in_place_scratch::<T>(
        n_rows,
        matrix.ncols(),
        block_size,
        Par::Seq,
        Default::default(),
    );
    qr::qr_in_place(
        factors.as_mut(),
        coefficients.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    );
    let mut q = Mat::identity(n_rows, n_cols);
    let scratch = householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<T>(
        n_rows, block_size, n_cols,
    );
    householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
        factors.as_ref(),
        coefficients.as_ref(),
        Conj::No,
        q.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
    );
    let zero = T::from_f64(0.0);
    for (col_idx, column) in q.col_iter_mut().enumerate() {
        // The upper triangle of the factors is R.
        if factors[(col_idx, col_idx)] < zero {
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
