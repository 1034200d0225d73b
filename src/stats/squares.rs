//! Squares of standard normal values, with the reason why several values of one run count as samples.

use crate::linalg::CompensatedSum;

/// The sum of the squares of values that are standard normal if the theory is right, and their number.
///
/// Values of one run share its randomness, so that most of them are no samples. Each constructor names the
/// one reason why its values are: there is no other way in. The variance of the values is decided by
/// [`super::Variance`] and [`super::SequentialVariance`].
///
/// ```
/// use feature_contamination::stats::{Estimate, Squares, Variance};
///
/// let runs = [Squares::of_one_per_run(1.0), Squares::of_one_per_run(-3.0)];
/// let variance = Variance::of(runs);
/// assert_eq!((variance.value(), variance.n_samples()), (5.0, 2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Squares {
    sum: f64,
    n_samples: usize,
}

impl Squares {
    /// One value from each run.
    pub fn of_one_per_run(value: f64) -> Self {
        Self::of(std::iter::once(value))
    }

    /// The values of one run after a linear map that takes their predicted covariance to the identity: if
    /// the prediction is right they are uncorrelated, and as sums over many batches nearly normal.
    pub fn of_whitened(values: impl IntoIterator<Item = f64>) -> Self {
        Self::of(values)
    }

    /// The standardised increments of a martingale along one run: each has, given all that came before it,
    /// mean 0 and variance 1.
    pub fn of_martingale_increments(increments: impl IntoIterator<Item = f64>) -> Self {
        Self::of(increments)
    }

    /// Values that were drawn independently of each other, such as the coordinates of a start before the
    /// first batch.
    pub fn of_independent_draws(draws: impl IntoIterator<Item = f64>) -> Self {
        Self::of(draws)
    }

    /// A sum of squares of `n_samples` independent draws that was formed elsewhere, such as the squared norm of
    /// a start.
    pub fn of_squared_norm(sum: f64, n_samples: usize) -> Self {
        Squares { sum, n_samples }
    }

    fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = CompensatedSum::default();
        let mut n_samples = 0;
        for value in values {
            sum.add(value * value);
            n_samples += 1;
        }
        Squares { sum: sum.value(), n_samples }
    }

    /// The squares of several runs together, as their sum and the number of values.
    pub(super) fn total(runs: impl IntoIterator<Item = Squares>) -> (f64, usize) {
        let mut sum = CompensatedSum::default();
        let mut n_samples = 0;
        for run in runs {
            sum.add(run.sum);
            n_samples += run.n_samples;
        }
        (sum.value(), n_samples)
    }
}
