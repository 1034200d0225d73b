//! The start of a multi-layer perceptron.

use faer::Mat;
use rand::{Rng, RngExt};

use super::{Layer, gaussian_start};
use crate::linalg::Real;
use crate::seed::Seed;
use crate::setting::{OutputLayer, StartLaw};

/// A hidden or a trained layer by its start law, with weights of shape `(n_units, n_inputs)`.
///
/// Weights and biases have streams of their own, so that a network with biases has the weights of one
/// without.
pub fn start_layer<T: Real>(
    law: StartLaw,
    (n_units, n_inputs): (usize, usize),
    has_bias: bool,
    seed: Seed,
) -> Layer<T> {
    let weights: Mat<T> = match law {
        StartLaw::Uniform => uniform((n_units, n_inputs), n_inputs, seed.child("weights")),
        StartLaw::Gaussian => gaussian_start(n_units, n_inputs, n_inputs, seed.child("weights")),
    };
    with_bias(weights, has_bias, |n_units| match law {
        StartLaw::Uniform => uniform((n_units, 1), n_inputs, seed.child("biases")),
        StartLaw::Gaussian => Mat::zeros(n_units, 1),
    })
}

/// The last layer: a frozen one has weights `+1/m` (first half) and `-1/m`, with the bias of the law.
pub fn start_output<T: Real>(
    law: StartLaw,
    output: OutputLayer,
    (n_inputs, has_bias): (usize, bool),
    seed: Seed,
) -> Layer<T> {
    let mut layer = start_layer(law, (1, n_inputs), has_bias, seed);
    if output == OutputLayer::Frozen {
        for k in 0..n_inputs {
            let sign = if k < n_inputs / 2 { 1.0 } else { -1.0 };
            layer.weights[(0, k)] = T::from_f64(sign / n_inputs as f64);
        }
    }
    layer
}

/// A layer of these weights, with the biases as one more column where there are any.
pub fn with_bias<T: Real>(
    weights: Mat<T>,
    has_bias: bool,
    biases: impl FnOnce(usize) -> Mat<T>,
) -> Layer<T> {
    if !has_bias {
        return Layer { weights, has_bias };
    }
    let (n_units, n_inputs) = weights.shape();
    let biases = biases(n_units);
    let entry = |k: usize, j: usize| if j < n_inputs { weights[(k, j)] } else { biases[(k, 0)] };
    Layer { weights: Mat::from_fn(n_units, n_inputs + 1, entry), has_bias }
}

/// Independent entries, uniform within `1 / sqrt(fan_in)` of 0: PyTorch's default, which it calls Kaiming
/// uniform with `a = sqrt 5`. Drawn unit by unit.
fn uniform<T: Real>((n_units, n_inputs): (usize, usize), fan_in: usize, seed: Seed) -> Mat<T> {
    let bound = 1.0 / (fan_in as f64).sqrt();
    let mut rng = seed.rng();
    let mut matrix = Mat::zeros(n_units, n_inputs);
    for row in matrix.row_iter_mut() {
        row.iter_mut().for_each(|entry| *entry = T::from_f64(bound * symmetric(&mut rng)));
    }
    matrix
}

/// Uniform on [-1, 1).
fn symmetric(rng: &mut impl Rng) -> f64 {
    2.0 * rng.random::<f64>() - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uniform_layer_fills_its_interval_and_no_more() {
        let layer = start_layer::<f64>(StartLaw::Uniform, (100, 25), true, Seed::root(1));
        assert_eq!(layer.weights.shape(), (100, 26));
        let entries = || layer.weights.col_iter().flat_map(|column| column.iter());
        assert!(entries().all(|entry| entry.abs() <= 0.2));
        let variance = entries().map(|entry| entry * entry).sum::<f64>() / 2600.0;
        // Variance (1/5)^2 / 3; the standard error of its estimate is sqrt(0.8 / n) of it; six of them.
        assert!((75.0 * variance - 1.0).abs() < 6.0 * (0.8_f64 / 2600.0).sqrt());
    }

    #[test]
    fn biases_move_no_weight() {
        let layer = |bias| start_layer::<f64>(StartLaw::Uniform, (3, 5), bias, Seed::root(1));
        assert_eq!(layer(true).without_bias(), layer(false).without_bias());
    }

    #[test]
    fn a_frozen_output_is_half_positive() {
        let seed = Seed::root(1);
        let layer = start_output::<f64>(StartLaw::Gaussian, OutputLayer::Frozen, (4, true), seed);
        assert_eq!(layer.weights, faer::mat![[0.25, 0.25, -0.25, -0.25, 0.0]]);
    }
}
