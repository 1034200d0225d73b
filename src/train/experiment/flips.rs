//! An augmentation: samples whose component along a direction is turned around.

use faer::Mat;
use rand::RngExt;

use crate::error::{Error, Result};
use crate::linalg::Real;
use crate::seed::Seed;

/// Turns the component of each sample along a direction around by a fair coin: `s <- s - 2 <u, s> u` or `s`.
#[derive(Debug, Clone)]
pub(super) struct SignFlips<T: Real> {
    /// The direction `u`, of length 1, in feature coordinates.
    direction: Vec<T>,
}

impl<T: Real> SignFlips<T> {
    /// Flips along a direction of any length over the features.
    pub fn new(direction: &[f64], n_features: usize) -> Result<Self> {
        let norm = direction.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
        if direction.len() != n_features || !(norm > 0.0 && norm.is_finite()) {
            return Err(Error::out_of_range(
                "direction of sign flips",
                format!("{} entries of norm {norm}", direction.len()),
                format!("{n_features} entries of a norm that is positive and finite"),
                "give one entry for each feature",
            ));
        }
        Ok(SignFlips { direction: direction.iter().map(|u| T::from_f64(u / norm)).collect() })
    }

    /// Flips samples of shape `(n, d0)`, each by its own coin.
    pub fn apply(&self, features: &mut Mat<T>, seed: Seed) {
        let mut rng = seed.rng();
        let mut components = vec![T::from_f64(0.0); features.nrows()];
        for (column, &u) in features.col_iter().zip(&self.direction) {
            let pairs = components.iter_mut().zip(column.iter());
            pairs.for_each(|(component, &s)| *component += u * s);
        }
        for component in &mut components {
            let factor = if rng.random() { 2.0 } else { 0.0 };
            *component = T::from_f64(factor) * *component;
        }
        for (column, &u) in features.col_iter_mut().zip(&self.direction) {
            let pairs = column.iter_mut().zip(&components);
            pairs.for_each(|(s, &component)| *s -= u * component);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_samples_are_mirrored_and_the_others_stay() {
        let samples = Mat::from_fn(400, 3, |i, j| (i as f64 + 2.0 * j as f64).sin());
        let mut flipped = samples.clone();
        SignFlips::new(&[3.0, 0.0, 4.0], 3).unwrap().apply(&mut flipped, Seed::root(1));
        let mut n_mirrored = 0;
        for i in 0..400 {
            let along = |matrix: &Mat<f64>| 0.6 * matrix[(i, 0)] + 0.8 * matrix[(i, 2)];
            let across = |matrix: &Mat<f64>| 0.8 * matrix[(i, 0)] - 0.6 * matrix[(i, 2)];
            assert!((across(&flipped) - across(&samples)).abs() < 1e-14);
            assert_eq!(flipped[(i, 1)], samples[(i, 1)]);
            let is_mirrored = flipped[(i, 0)] != samples[(i, 0)];
            let sign = if is_mirrored { -1.0 } else { 1.0 };
            assert!((along(&flipped) - sign * along(&samples)).abs() < 1e-14);
            n_mirrored += usize::from(is_mirrored);
        }
        // A fair coin, within six standard errors.
        assert!((140..=260).contains(&n_mirrored), "{n_mirrored}");
    }

    #[test]
    fn a_direction_that_does_not_fit_is_refused() {
        for direction in [&[1.0, 0.0] as &[f64], &[0.0; 3], &[1.0, f64::NAN, 0.0]] {
            let fault = SignFlips::<f64>::new(direction, 3).unwrap_err().to_string();
            assert!(fault.contains("direction of sign flips"), "{fault}");
        }
    }
}
