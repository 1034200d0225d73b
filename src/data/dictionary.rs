//! The dictionary `M` of features in the ambient space.

use faer::{Mat, MatRef};
use rand_distr::{Distribution, StandardNormal};

use crate::fault::{self, Site};
use crate::linalg::{self, Real};
use crate::seed::Seed;

/// The features `m_1 ... m_d0` as the columns of a matrix of shape `(d, d0)`.
///
/// ```
/// use faer::mat;
/// use feature_contamination::data::Dictionary;
/// use feature_contamination::seed::Seed;
///
/// // Into the ambient space and back: orthonormal features lose nothing.
/// let dictionary = Dictionary::<f64>::orthonormal(64, 2, Seed::root(1));
/// let ambient = dictionary.embed(mat![[3.0, -4.0]].as_ref());
/// let back = dictionary.project(ambient.as_ref());
/// assert!((back[(0, 0)] - 3.0).abs() < 1e-12 && (back[(0, 1)] + 4.0).abs() < 1e-12);
/// assert!((ambient.norm_l2() - 5.0).abs() < 1e-12);
/// ```
#[derive(Debug, Clone)]
pub struct Dictionary<T: Real> {
    columns: Mat<T>,
}

impl<T: Real> Dictionary<T> {
    /// Orthonormal features, uniform over all orthonormal frames: the QR factor of a Gaussian matrix.
    pub fn orthonormal(ambient_dim: usize, n_features: usize, seed: Seed) -> Self {
        Dictionary {
            columns: linalg::orthonormal_factor(gaussian(ambient_dim, n_features, seed).as_ref()),
        }
    }

    /// Features of mean squared length 1 that are not orthonormal: independent Gaussian vectors.
    ///
    /// They break the premise of the reduction, as its control needs.
    pub fn gaussian(ambient_dim: usize, n_features: usize, seed: Seed) -> Self {
        let scale = T::from_f64(1.0 / (ambient_dim as f64).sqrt());
        let mut columns: Mat<T> = gaussian(ambient_dim, n_features, seed);
        for column in columns.col_iter_mut() {
            column.iter_mut().for_each(|entry| *entry *= scale);
        }
        Dictionary { columns }
    }

    /// The ambient samples `x = M s`, shape `(n, d)`, of feature coordinates of shape `(n, d0)`.
    pub fn embed(&self, features: MatRef<'_, T>) -> Mat<T> {
        let mut ambient = Mat::zeros(features.nrows(), self.columns.nrows());
        let one = T::from_f64(fault::value(Site::FeatureLength, 1.0));
        linalg::product(ambient.as_mut(), features, self.columns.transpose(), one);
        ambient
    }

    /// The feature coordinates `u = M^T w`, shape `(m, d0)`, of ambient rows of shape `(m, d)`.
    pub fn project(&self, ambient: MatRef<'_, T>) -> Mat<T> {
        let mut features = Mat::zeros(ambient.nrows(), self.columns.ncols());
        let one = T::from_f64(1.0);
        linalg::product(features.as_mut(), ambient, self.columns.as_ref(), one);
        features
    }

    /// The part of ambient rows that is orthogonal to the features, `w - M M^T w`.
    pub fn orthogonal_part(&self, ambient: MatRef<'_, T>) -> Mat<T> {
        let mut rest = ambient.to_owned();
        let minus_one = T::from_f64(-1.0);
        let coordinates = self.project(ambient);
        linalg::add_product(
            rest.as_mut(),
            coordinates.as_ref(),
            self.columns.transpose(),
            minus_one,
        );
        rest
    }
}

/// A matrix of independent standard normal entries.
fn gaussian<T: Real>(n_rows: usize, n_cols: usize, seed: Seed) -> Mat<T> {
    let mut rng = seed.rng();
    Mat::from_fn(n_rows, n_cols, |_, _| T::from_f64(StandardNormal.sample(&mut rng)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{dot_error_factor, max_abs_difference};

    #[test]
    fn embedding_then_projecting_returns_the_coordinates() {
        let dictionary = Dictionary::<f64>::orthonormal(100, 6, Seed::root(2));
        let coordinates = Mat::from_fn(5, 6, |i, j| (i as f64 - j as f64) / 3.0);
        let back = dictionary.project(dictionary.embed(coordinates.as_ref()).as_ref());
        let difference = max_abs_difference(back.as_ref(), coordinates.as_ref());
        assert!(difference < 10.0 * dot_error_factor(100));
    }

    #[test]
    fn orthogonal_part_has_no_feature_coordinates() {
        let dictionary = Dictionary::<f64>::orthonormal(50, 4, Seed::root(3));
        let ambient: Mat<f64> = gaussian(3, 50, Seed::root(4));
        let rest = dictionary.orthogonal_part(ambient.as_ref());
        let zero = Mat::<f64>::zeros(3, 4);
        let coordinates = dictionary.project(rest.as_ref());
        assert!(
            max_abs_difference(coordinates.as_ref(), zero.as_ref()) < 100.0 * dot_error_factor(50)
        );
    }

    #[test]
    fn a_gaussian_dictionary_is_not_orthonormal() {
        let dictionary = Dictionary::<f64>::gaussian(100, 6, Seed::root(2));
        let identity = Mat::<f64>::identity(6, 6);
        let gram = dictionary.project(dictionary.embed(identity.as_ref()).as_ref());
        assert!(max_abs_difference(gram.as_ref(), identity.as_ref()) > 0.05);
    }
}
