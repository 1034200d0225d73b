//! The features in the coordinates of the network's inputs.

use faer::{Mat, MatRef};

use crate::linalg::{self, Real};

/// The features as rows, shape `(d0, p)`: a sample of feature coordinates `s` is the input `s F`, and
/// weights `w` have the projections `F w` on the features.
///
/// In the coordinates of an orthonormal basis `Q` of the features' span, with `F^T = Q R`, the inputs are
/// `s R^T` and the projections `R^T u` with `u = Q^T w`: the same matrix serves both, and features need
/// not be orthonormal.
#[derive(Debug, Clone)]
pub(super) enum Features<T: Real> {
    /// Inputs are the feature coordinates themselves.
    Axes,
    /// Any features.
    Rows(Mat<T>),
}

impl<T: Real> Features<T> {
    /// The inputs of samples given by feature coordinates of shape `(n, d0)`.
    pub fn embed(&self, samples: Mat<T>) -> Mat<T> {
        match self {
            Features::Axes => samples,
            Features::Rows(rows) => {
                let mut inputs = Mat::zeros(samples.nrows(), rows.ncols());
                let one = T::from_f64(1.0);
                linalg::product(inputs.as_mut(), samples.as_ref(), rows.as_ref(), one);
                inputs
            }
        }
    }

    /// The projections of weights of shape `(m, p)` on the features, shape `(m, d0)`, in `f64`.
    pub fn project(&self, weights: MatRef<'_, T>) -> Mat<f64> {
        let weights = linalg::to_f64(weights);
        match self {
            Features::Axes => weights,
            Features::Rows(rows) => {
                let rows = linalg::to_f64(rows.as_ref());
                let mut projections = Mat::zeros(weights.nrows(), rows.nrows());
                let to = projections.as_mut();
                linalg::product(to, weights.as_ref(), rows.transpose(), 1.0);
                projections
            }
        }
    }
}

/// An orthonormal basis of the span of features, as the columns of a matrix of shape `(d, d0)`.
pub(super) fn basis_of(features: MatRef<'_, f64>) -> Mat<f64> {
    linalg::orthonormal_factor(features.transpose())
}

/// The coordinates of rows of shape `(n, d)` in a basis, shape `(n, d0)`.
pub(super) fn coordinates(rows: MatRef<'_, f64>, basis: MatRef<'_, f64>) -> Mat<f64> {
    let mut found = Mat::zeros(rows.nrows(), basis.ncols());
    linalg::product(found.as_mut(), rows, basis, 1.0);
    found
}

/// The largest entry of what rows have outside of the span of a basis.
pub(super) fn largest_outside(rows: MatRef<'_, f64>, basis: MatRef<'_, f64>) -> f64 {
    let mut inside = Mat::zeros(rows.nrows(), rows.ncols());
    let coordinates = coordinates(rows, basis);
    linalg::product(inside.as_mut(), coordinates.as_ref(), basis.transpose(), 1.0);
    linalg::max_abs_difference(inside.as_ref(), rows)
}

/// Rounds a matrix to a type.
pub(super) fn rounded<T: Real>(matrix: MatRef<'_, f64>) -> Mat<T> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| T::from_f64(matrix[(i, j)]))
}
