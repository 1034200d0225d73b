//! Initial weights.

use faer::Mat;
use rand::Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};

use crate::fault::{self, Site};
use crate::linalg::Real;
use crate::seed::Seed;

/// Independent `N(0, 1/d)` weights, shape `(n_neurons, n_inputs)`, drawn neuron by neuron.
///
/// With `n_inputs = d0` this is the exact law of the feature coordinates `u_k(0) = M^T w_k(0)` of a
/// start `w_k(0) ~ N(0, I_d / d)`, because the columns of `M` are orthonormal.
///
/// ```
/// use feature_contamination::network::gaussian_start;
/// use feature_contamination::seed::Seed;
///
/// // A wider network begins with the neurons of a narrower one.
/// let [narrow, wide] = [2, 4].map(|m| gaussian_start::<f64>(m, 5, 9, Seed::root(1)));
/// assert_eq!(narrow, wide.subrows(0, 2).to_owned());
/// ```
pub fn gaussian_start<T: Real>(
    n_neurons: usize,
    n_inputs: usize,
    ambient_dim: usize,
    seed: Seed,
) -> Mat<T> {
    let ambient_dim = if fault::breaks(Site::StartDimension) { n_inputs } else { ambient_dim };
    let seed = if fault::breaks(Site::StartStream) { Seed::root(0) } else { seed };
    let scale = 1.0 / (ambient_dim as f64).sqrt();
    let mut rng = seed.rng();
    let mut weights = Mat::zeros(n_neurons, n_inputs);
    for row in weights.row_iter_mut() {
        for weight in row.iter_mut() {
            let normal: f64 = StandardNormal.sample(&mut rng);
            *weight = T::from_f64(scale * fault::value(Site::StartNormal, normal));
        }
    }
    weights
}

/// The mean of `n` independent `N(0, 1/d)` weights and the sum of their squared distances from it, drawn
/// from their joint law without the weights: a normal variable and, independent of it, a chi-square one
/// with `n - 1` degrees of freedom.
pub fn gaussian_sums(n: usize, ambient_dim: usize, rng: &mut impl Rng) -> (f64, f64) {
    let (n, d) = (n as f64, ambient_dim as f64);
    let normal: f64 = StandardNormal.sample(rng);
    // No weight is left to scatter where there is one, and its law is refused.
    let spread = ChiSquared::new(n - 1.0).map_or(0.0, |law| law.sample(rng));
    (normal / (n * d).sqrt(), spread / d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_have_variance_one_over_d() {
        let weights: Mat<f64> = gaussian_start(100, 100, 25, Seed::root(1));
        let variance = weights.squared_norm_l2() / 1e4;
        // Standard error of a variance: sqrt(2 / n) of its value; six of them.
        assert!((variance * 25.0 - 1.0).abs() < 6.0 * (2e-4_f64).sqrt());
    }

    #[test]
    fn sums_of_a_start_have_the_moments_of_their_laws() {
        let mut rng = Seed::root(3).rng();
        let draws: Vec<(f64, f64)> = (0..10_000).map(|_| gaussian_sums(5, 4, &mut rng)).collect();
        let average = |value: fn(&(f64, f64)) -> f64| draws.iter().map(value).sum::<f64>() / 1e4;
        // Var mean = 1/20 and E spread = 4/4, each at six standard errors.
        assert!((20.0 * average(|(mean, _)| mean * mean) - 1.0).abs() < 6.0 * (2e-4_f64).sqrt());
        assert!((average(|(_, spread)| *spread) - 1.0).abs() < 6.0 * (0.5e-4_f64).sqrt());
        assert_eq!(gaussian_sums(1, 4, &mut rng).1, 0.0);
    }

    #[test]
    fn a_wider_network_starts_with_the_same_first_neurons() {
        let narrow: Mat<f64> = gaussian_start(2, 5, 9, Seed::root(1));
        let wide: Mat<f64> = gaussian_start(4, 5, 9, Seed::root(1));
        assert_eq!(narrow, wide.subrows(0, 2).to_owned());
    }
}
