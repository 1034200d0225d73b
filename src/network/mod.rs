//! The networks: the theorem's two-layer one, `h(x) = sum_k a_k phi(<w_k, x>)`, and a multi-layer
//! perceptron with biases and any output layer ([`Perceptron`]), and a two-layer one with several outputs
//! ([`VectorNetwork`]). Parameters, forward pass, gradient.
//!
//! Neither knows the data or the loop: inputs are rows of any dimension `p`, feature
//! coordinates or ambient vectors. Pre-activations are a matrix of shape `(n, m)`, one column per
//! neuron.

mod activation;
mod derivatives;
mod elementwise;
mod perceptron;
mod perceptron_start;
mod rows;
mod start;
mod vector_network;

use std::ops::Range;

use faer::prelude::ReborrowMut;
use faer::{ColMut, Mat, MatMut, MatRef};
use rayon::prelude::*;

pub use perceptron::{Layer, Perceptron, Workbench};
pub use perceptron_start::{start_layer, start_output, with_bias};
pub use rows::Rows;
pub use start::{gaussian_start, gaussian_sums};
pub use vector_network::VectorNetwork;

use activation::is_step;
use rows::{Pass, is_large};

use crate::error::{Error, Result};
use crate::fault::{self, Site};
use crate::linalg::{self, Real, WeightedRows};
use crate::setting::Activation;

/// A two-layer network without biases and with fixed output weights `+1/m` and `-1/m`.
///
/// ```
/// use faer::mat;
/// use feature_contamination::network::TwoLayer;
/// use feature_contamination::setting::Activation;
///
/// // h(x) = (relu(x_1) - relu(x_2)) / 2.
/// let network = TwoLayer::<f64>::new(mat![[1.0, 0.0], [0.0, 1.0]], Activation::Relu)?;
/// let outputs = network.outputs(mat![[2.0, 3.0], [-1.0, 4.0]].as_ref());
/// assert_eq!(outputs, [-0.5, -2.0]);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TwoLayer<T: Real> {
    /// One column per neuron, shape `(p, m)`: a product with inputs reads the columns of its right side,
    /// and neighbours in memory are read a third faster than neurons a row apart.
    weights: Mat<T>,
    activation: Activation,
}

/// What a forward pass leaves for the backward pass: the derivatives of the activation, or nothing where
/// the network is linear and collapses to one vector.
#[derive(Debug, Clone)]
pub struct Workspace<T: Real> {
    passes: Vec<Pass<T>>,
}

impl<T: Real> Default for Workspace<T> {
    fn default() -> Self {
        Workspace { passes: Vec::new() }
    }
}

impl<T: Real> TwoLayer<T> {
    /// A network of the given hidden weights, shape `(m, p)` with `m` even.
    ///
    /// # Errors
    /// If the number of neurons is odd or zero.
    pub fn new(weights: Mat<T>, activation: Activation) -> Result<Self> {
        if weights.nrows() == 0 || !weights.nrows().is_multiple_of(2) {
            return Err(Error::out_of_range(
                "number of neurons",
                weights.nrows(),
                "even and at least 2",
                "half of the neurons have output weight +1/m and half -1/m",
            ));
        }
        let is_smooth = activation == Activation::Relu && fault::breaks(Site::Kink);
        let activation = if is_smooth { Activation::Gelu } else { activation };
        Ok(TwoLayer { weights: weights.transpose().to_owned(), activation })
    }

    /// The number of neurons `m`.
    pub fn n_neurons(&self) -> usize {
        self.weights.ncols()
    }

    /// The hidden weights, shape `(m, p)`.
    pub fn weights(&self) -> MatRef<'_, T> {
        self.weights.transpose()
    }

    /// The outputs `h(x)` of `n` inputs of shape `(n, p)`.
    pub fn outputs(&self, inputs: MatRef<'_, T>) -> Vec<T> {
        self.forward(inputs, &mut Workspace::default())
    }

    /// The outputs, with what the gradient needs kept in the workspace.
    pub fn forward(&self, inputs: MatRef<'_, T>, workspace: &mut Workspace<T>) -> Vec<T> {
        self.forward_by_rows(inputs, &[Rows::all(inputs.nrows())], workspace)
    }

    /// The same, where `rows`, which must make up all inputs in their order, say what is known of their
    /// signs. Outputs and gradient are those of [`TwoLayer::forward`] up to rounding.
    pub fn forward_by_rows(
        &self,
        inputs: MatRef<'_, T>,
        rows: &[Rows<'_, T>],
        workspace: &mut Workspace<T>,
    ) -> Vec<T> {
        if self.activation == Activation::Identity {
            return self.linear_outputs(inputs);
        }
        workspace.passes.resize_with(rows.len(), Pass::new);
        let network = (&self.weights, self.activation);
        let mut outputs = vec![T::from_f64(0.0); inputs.nrows()];
        let mut left = outputs.as_mut_slice();
        let pieces = rows.iter().zip(&mut workspace.passes).map(|(rows, pass)| {
            let (here, rest) = std::mem::take(&mut left).split_at_mut(rows.range.len());
            left = rest;
            let orthant = rows.orthant.filter(|_| is_step(self.activation));
            (Rows { range: rows.range.clone(), orthant }, pass, here)
        });
        let pieces: Vec<_> = pieces.collect();
        let forward = |(rows, pass, outputs): (Rows<'_, T>, &mut Pass<T>, &mut [T])| {
            pass.forward(network, inputs, &rows, outputs);
        };
        if is_large((inputs.nrows(), inputs.ncols()), self.n_neurons()) {
            pieces.into_par_iter().for_each(forward);
        } else {
            pieces.into_iter().for_each(forward);
        }
        outputs
    }

    /// Adds `step * sum_i r_i grad_w h(x_i)` to the weights after multiplying them by `shrinkage`.
    ///
    /// Given are the inputs `x_i`, shape `(n, p)`, and the numbers `r_i`, length `n`; the workspace is the one of
    /// the forward pass on the same inputs.
    pub fn update(
        &mut self,
        inputs: (&Mat<T>, &[T]),
        workspace: &Workspace<T>,
        shrinkage: T,
        step: T,
    ) {
        if self.activation == Activation::Identity {
            return add_linear_gradient(&mut self.weights, inputs, shrinkage, step);
        }
        in_pieces(self.weights.as_mut(), inputs.1.len(), |entries, mut weights| {
            weights.rb_mut().col_iter_mut().for_each(|neuron| shrink(neuron, shrinkage));
            for pass in &workspace.passes {
                pass.add_gradient(weights.rb_mut(), inputs, entries.clone(), step);
            }
        });
    }

    /// `sum_i r_i grad_w h(x_i)`, shape `(m, p)`, for inputs and numbers as in [`TwoLayer::update`].
    pub fn gradient(&self, inputs: (&Mat<T>, &[T]), workspace: &Workspace<T>) -> Mat<T> {
        let mut gradient = Mat::zeros(self.weights.nrows(), self.weights.ncols());
        let one = T::from_f64(1.0);
        if self.activation == Activation::Identity {
            add_linear_gradient(&mut gradient, inputs, one, one);
        } else {
            in_pieces(gradient.as_mut(), inputs.1.len(), |entries, mut gradient| {
                for pass in &workspace.passes {
                    pass.add_gradient(gradient.rb_mut(), inputs, entries.clone(), one);
                }
            });
        }
        gradient.transpose().to_owned()
    }

    /// With `phi` the identity, `h(x) = <sum_k a_k w_k, x>`: one vector does the work of `m`.
    fn linear_outputs(&self, inputs: MatRef<'_, T>) -> Vec<T> {
        let (n_inputs, n_positive) = (self.weights.nrows(), n_positive(self.n_neurons()));
        let output_weight = 1.0 / output_divisor(self.n_neurons());
        let [positive, negative] = [0..n_positive, n_positive..self.n_neurons()].map(|neurons| {
            linalg::sum_of_slices(n_inputs, neurons.map(|k| self.weights.col_as_slice(k)))
        });
        let collapsed = Mat::from_fn(n_inputs, 1, |j, _| {
            T::from_f64(output_weight * (positive[j] - negative[j]))
        });
        let mut outputs = Mat::zeros(inputs.nrows(), 1);
        let one = T::from_f64(1.0);
        linalg::product(outputs.as_mut(), inputs, collapsed.as_ref(), one);
        outputs.col(0).iter().copied().collect()
    }
}

/// The first half of the neurons has positive output weights.
fn n_positive(n_neurons: usize) -> usize {
    fault::count(Site::PositiveNeurons, n_neurons / 2)
}

/// The `m` of the output weights `+-1/m`.
fn output_divisor(n_neurons: usize) -> f64 {
    fault::value(Site::OutputDivisor, n_neurons as f64)
}

/// Entries of every neuron that a thread updates at a time where several share a step: whole registers, and pieces
/// enough for the faster thread to take one more when another program slows the other.
const SHARED_ENTRIES: usize = 64;

/// Has a matrix of shape `(p, m)` updated, for a batch of so many samples, with the entries that each piece
/// consists of: all at once, or where that is much work side by side. No bit depends on the number of threads.
fn in_pieces<T: Real>(
    matrix: MatMut<'_, T>,
    n_samples: usize,
    update: impl Fn(Range<usize>, MatMut<'_, T>) + Sync,
) {
    let entries = 0..matrix.nrows();
    if !is_large((n_samples, entries.len()), matrix.ncols()) {
        return update(entries, matrix);
    }
    let pieces = matrix.par_row_chunks_mut(SHARED_ENTRIES).enumerate().with_max_len(1);
    pieces.for_each(|(idx, piece)| {
        let start = idx * SHARED_ENTRIES;
        update(start..start + piece.nrows(), piece);
    });
}

/// Multiplies weights by what the weight decay leaves of them.
fn shrink<T: Real>(mut weights: ColMut<'_, T>, shrinkage: T) {
    let shrunk = move |weight: T| stored(weight * shrinkage);
    match weights.rb_mut().try_as_col_major_mut() {
        Some(weights) => {
            let weights = weights.as_slice_mut();
            linalg::vectorised(
                #[inline(always)]
                move || weights.iter_mut().for_each(|weight| *weight = shrunk(*weight)),
            );
        }
        None => weights.iter_mut().for_each(|weight| *weight = shrunk(*weight)),
    }
}

/// A weight in memory.
#[inline(always)]
fn stored<T: Real>(weight: T) -> T {
    T::from_f64(fault::value(Site::StoredWeight, weight.to_f64()))
}

/// `dst += step * sum_i r_i grad_w h(x_i)` after multiplying by `shrinkage`, shape `(p, m)`, with derivative
/// 1 everywhere: all neurons of one sign move by the same vector, and those of the other by the opposite one.
fn add_linear_gradient<T: Real>(
    dst: &mut Mat<T>,
    (matrix, weights): (&Mat<T>, &[T]),
    shrinkage: T,
    step: T,
) {
    let n_positive = n_positive(dst.ncols());
    let output_weight = step.to_f64() / output_divisor(dst.ncols());
    let sums = WeightedRows { matrix, weights, range: 0..matrix.nrows() }.sums(0..matrix.ncols());
    let displacement = |sign: f64| -> Vec<T> {
        sums.iter().map(|sum| T::from_f64(sign * (output_weight * sum))).collect()
    };
    let displacements = [displacement(1.0), displacement(-1.0)];
    for k in 0..dst.ncols() {
        let displacement = displacements[usize::from(k >= n_positive)].as_slice();
        let neuron = dst.col_as_slice_mut(k);
        linalg::vectorised(
            #[inline(always)]
            move || {
                for (weight, &displacement) in neuron.iter_mut().zip(displacement) {
                    *weight = stored(*weight * shrinkage) + displacement;
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn network(activation: Activation) -> TwoLayer<f64> {
        TwoLayer::new(gaussian_start(6, 4, 4, Seed::root(1)), activation).unwrap()
    }

    fn inputs() -> Mat<f64> {
        Mat::from_fn(5, 4, |i, j| ((3 * i + 7 * j) as f64).cos())
    }

    /// `sum_i r_i h(x_i)`, whose gradient the network claims to know.
    fn objective(network: &TwoLayer<f64>, weights: &[f64]) -> f64 {
        network.outputs(inputs().as_ref()).iter().zip(weights).map(|(h, r)| h * r).sum()
    }

    #[test]
    fn output_of_one_relu_pair_is_the_hand_computed_one() {
        let weights = faer::mat![[1.0, -1.0], [0.5, 2.0]];
        let network = TwoLayer::new(weights, Activation::Relu).unwrap();
        // Pre-activations of (2, 1): 1 and 3; of (0, 1): -1 and 2.
        let outputs = network.outputs(faer::mat![[2.0, 1.0], [0.0, 1.0]].as_ref());
        assert_eq!(outputs, vec![(1.0 - 3.0) / 2.0, (0.0 - 2.0) / 2.0]);
    }

    #[test]
    fn the_derivative_of_relu_at_zero_is_one() {
        let network = TwoLayer::new(faer::mat![[0.0], [0.0]], Activation::Relu).unwrap();
        let mut workspace = Workspace::default();
        let input = faer::mat![[3.0]];
        network.forward(input.as_ref(), &mut workspace);
        assert_eq!(network.gradient((&input, &[1.0]), &workspace), faer::mat![[1.5], [-1.5]]);
    }

    #[test]
    fn gradient_equals_central_differences_for_every_activation() {
        let coefficients = [0.3, -1.0, 0.7, 0.2, -0.4];
        for activation in Activation::ALL {
            let network = network(activation);
            let mut workspace = Workspace::default();
            network.forward(inputs().as_ref(), &mut workspace);
            let gradient = network.gradient((&inputs(), &coefficients), &workspace);
            for (k, j) in (0..6).flat_map(|k| (0..4).map(move |j| (k, j))) {
                let shifted = |by: f64| {
                    let mut shifted = network.clone();
                    shifted.weights[(j, k)] += by;
                    objective(&shifted, &coefficients)
                };
                let difference = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
                // Truncation 1e-12 and cancellation 1e-16 / 1e-6, with room for the constants.
                assert!((gradient[(k, j)] - difference).abs() < 1e-8, "{activation} {k} {j}");
            }
        }
    }

    #[test]
    fn update_shrinks_and_adds_the_gradient() {
        for activation in Activation::ALL {
            let mut network = network(activation);
            let (before, mut workspace) = (network.clone(), Workspace::default());
            network.forward(inputs().as_ref(), &mut workspace);
            let gradient = network.gradient((&inputs(), &[1.0; 5]), &workspace);
            network.forward(inputs().as_ref(), &mut workspace);
            network.update((&inputs(), &[1.0; 5]), &workspace, 0.5, 3.0);
            let expected =
                Mat::from_fn(6, 4, |k, j| 0.5 * before.weights[(j, k)] + 3.0 * gradient[(k, j)]);
            let difference = linalg::max_abs_difference(network.weights(), expected.as_ref());
            assert!(difference < 20.0 * f64::EPSILON, "{activation}");
        }
    }

    #[test]
    fn neurons_that_are_certainly_active_change_nothing_but_the_cost() {
        // Neurons 0 and 5 have the signs of the first orthant, 3 those of the second, the others none.
        let weights = faer::mat![
            [0.3, 0.2, 0.0],
            [0.4, -0.1, 0.3],
            [-0.2, -0.3, -0.1],
            [-0.5, 0.1, 0.2],
            [0.2, 0.1, -0.4],
            [0.1, 0.6, 0.2]
        ];
        let signs = [[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]];
        let entry = |i: usize, j: usize| 0.1 + ((3 * i + 7 * j) as f64).cos().abs();
        let inputs = Mat::from_fn(8, 3, |i, j| entry(i, j) * signs[usize::from(i >= 3)][j]);
        let rows = [
            Rows { range: 0..3, orthant: Some(signs[0].as_slice()) },
            Rows { range: 3..7, orthant: Some(signs[1].as_slice()) },
            Rows { range: 7..8, orthant: None },
        ];
        let numbers: Vec<f64> = (0..8).map(|i| f64::from(i).sin()).collect();
        for activation in Activation::ALL {
            let network = TwoLayer::new(weights.clone(), activation).unwrap();
            let (mut plain, mut sorted) = (Workspace::default(), Workspace::default());
            let expected = network.forward(inputs.as_ref(), &mut plain);
            let outputs = network.forward_by_rows(inputs.as_ref(), &rows, &mut sorted);
            let near = |(a, b): (&f64, &f64)| (a - b).abs() < 4.0 * f64::EPSILON;
            assert!(outputs.iter().zip(&expected).all(near), "{activation}");
            let gradient = network.gradient((&inputs, &numbers), &sorted);
            let expected = network.gradient((&inputs, &numbers), &plain);
            let difference = linalg::max_abs_difference(gradient.as_ref(), expected.as_ref());
            assert!(difference < 8.0 * f64::EPSILON, "{activation}");
        }
    }

    #[test]
    fn neurons_that_are_all_certain_are_one_linear_neuron() {
        let network = TwoLayer::new(faer::mat![[1.0, 2.0], [0.0, 4.0]], Activation::Relu).unwrap();
        let rows = [Rows { range: 0..2, orthant: Some([1.0; 2].as_slice()) }];
        let (inputs, mut workspace) = (faer::mat![[1.0, 1.0], [2.0, 0.0]], Workspace::default());
        let outputs = network.forward_by_rows(inputs.as_ref(), &rows, &mut workspace);
        assert_eq!(outputs, [-0.5, 1.0]);
        let gradient = network.gradient((&inputs, &[1.0, 3.0]), &workspace);
        assert_eq!(gradient, faer::mat![[3.5, 0.5], [-3.5, -0.5]]);
    }

    #[test]
    fn a_gradient_in_pieces_is_the_sum_of_those_of_smaller_batches() {
        let (n, p, m) = (1024, 160, 256);
        assert!(is_large((n, p), m) && !is_large((n / 4, p), m));
        // Pre-activations lean to one side: neurons are active on few samples or on most.
        let inputs = Mat::from_fn(n, p, |i, j| 0.2 + ((3 * i + 7 * j) as f64).cos());
        let lean = |k: usize| if k.is_multiple_of(3) { -0.06 } else { 0.03 };
        let weights = Mat::from_fn(m, p, |k, j| lean(k) + ((5 * k + 11 * j) as f64).sin());
        let numbers: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
        for activation in [Activation::Relu, Activation::Gelu] {
            let network = TwoLayer::new(weights.clone(), activation).unwrap();
            let gradient = |rows: Range<usize>| {
                let inputs = inputs.get(rows.clone(), ..).to_owned();
                let mut workspace = Workspace::default();
                network.forward(inputs.as_ref(), &mut workspace);
                network.gradient((&inputs, &numbers[rows]), &workspace)
            };
            let parts = (0..4).map(|part| gradient(part * n / 4..(part + 1) * n / 4));
            let sum = parts.reduce(|sum, part| sum + part).unwrap();
            let difference = linalg::max_abs_difference(gradient(0..n).as_ref(), sum.as_ref());
            assert!(difference < 1e-13, "{activation}: {difference}");
        }
    }

    #[test]
    fn an_odd_number_of_neurons_is_refused() {
        let message = TwoLayer::new(Mat::<f64>::zeros(3, 2), Activation::Relu).unwrap_err();
        assert!(message.to_string().contains("number of neurons = 3"));
    }
}
