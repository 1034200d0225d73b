//! A two-layer network without biases and with several outputs, `f(x) = A phi(W x)`: forward pass and
//! gradient. The network of one output is [`super::Perceptron`], which is faster where it serves.

use faer::{Mat, MatRef};

use super::Layer;
use super::elementwise::{Sink, activate};
use crate::error::{Error, Result};
use crate::linalg::{self, Real, multiply};
use crate::setting::Activation;

/// A network `f(x) = A phi(W x)` with `K` outputs.
///
/// The derivative of ReLU at 0 is 0, PyTorch's convention.
#[derive(Debug, Clone)]
pub struct VectorNetwork<T: Real> {
    /// `W`, shape `(m, p)`, and `A`, shape `(K, m)`.
    layers: [Layer<T>; 2],
    activation: Activation,
}

impl<T: Real> VectorNetwork<T> {
    /// A network of hidden weights of shape `(m, p)` and output weights of shape `(K, m)`.
    ///
    /// # Errors
    /// - no unit, no input or no output;
    /// - output weights for another number of units.
    pub fn new(hidden: Mat<T>, output: Mat<T>, activation: Activation) -> Result<Self> {
        let fault = |what: &str, value: usize, range: String| {
            Err(Error::out_of_range(what, value, range, "give layers that fit each other"))
        };
        let n_units = hidden.nrows();
        if n_units.min(hidden.ncols()).min(output.nrows()) == 0 {
            return fault("units, inputs or outputs", 0, "at least 1 of each".into());
        }
        if output.ncols() != n_units {
            let range = format!("the {n_units} units of the hidden layer");
            return fault("inputs of the output layer", output.ncols(), range);
        }
        let layers = [hidden, output].map(|weights| Layer { weights, has_bias: false });
        Ok(VectorNetwork { layers, activation })
    }

    /// The hidden layer and the output layer.
    pub fn layers(&self) -> &[Layer<T>; 2] {
        &self.layers
    }

    /// The layers, to be moved by a step.
    pub(crate) fn layers_mut(&mut self) -> &mut [Layer<T>] {
        &mut self.layers
    }

    /// The path `A W` without the activation, shape `(K, p)`.
    pub fn path(&self) -> Mat<f64> {
        let [hidden, output] = self.layers.each_ref().map(|layer| layer.weights.as_ref());
        let mut path = Mat::zeros(output.nrows(), hidden.ncols());
        let (hidden, output) = (linalg::to_f64(hidden), linalg::to_f64(output));
        linalg::product(path.as_mut(), output.as_ref(), hidden.as_ref(), 1.0);
        path
    }

    /// A gradient of this network's shape, all zero.
    pub fn zero_gradient(&self) -> [Mat<T>; 2] {
        self.layers.each_ref().map(|layer| Mat::zeros(layer.weights.nrows(), layer.weights.ncols()))
    }

    /// The outputs `f(x)` of `n` inputs of shape `(n, p)`, shape `(n, K)`.
    pub fn outputs(&self, inputs: MatRef<'_, T>) -> Mat<T> {
        self.forward(inputs).outputs
    }

    /// Writes the gradient of an objective of the outputs to `gradient`, of the layers' shapes.
    ///
    /// `derivatives` is told the outputs, shape `(n, K)`, and puts the derivatives of the objective by those
    /// outputs in their place.
    pub fn gradient(
        &self,
        inputs: MatRef<'_, T>,
        derivatives: impl FnOnce(&mut Mat<T>),
        gradient: &mut [Mat<T>; 2],
    ) {
        let one = T::from_f64(1.0);
        let Pass { activations, slopes, outputs: mut residuals } = self.forward(inputs);
        derivatives(&mut residuals);
        let [of_hidden, of_output] = gradient;
        let residuals = residuals.as_ref();
        linalg::product(of_output.as_mut(), residuals.transpose(), activations.as_ref(), one);
        let mut down = activations;
        linalg::product(down.as_mut(), residuals, self.layers[1].weights.as_ref(), one);
        for k in 0..down.ncols() {
            multiply(down.col_as_slice_mut(k), slopes.col_as_slice(k));
        }
        linalg::product(of_hidden.as_mut(), down.transpose(), inputs, one);
    }

    fn forward(&self, inputs: MatRef<'_, T>) -> Pass<T> {
        let one = T::from_f64(1.0);
        let [hidden, output] = self.layers.each_ref().map(|layer| layer.weights.as_ref());
        let (n, m) = (inputs.nrows(), hidden.nrows());
        let (mut slopes, mut activations) = (Mat::zeros(n, m), Mat::zeros(n, m));
        linalg::product(slopes.as_mut(), inputs, hidden.transpose(), one);
        for k in 0..m {
            let columns = (slopes.col_as_slice_mut(k), activations.col_as_slice_mut(k));
            activate(self.activation, columns.0, Sink::Keep(columns.1), one);
        }
        let mut outputs = Mat::zeros(n, output.nrows());
        linalg::product(outputs.as_mut(), activations.as_ref(), output.transpose(), one);
        Pass { activations, slopes, outputs }
    }
}

/// What a forward pass leaves: activations and slopes of shape `(n, m)`, outputs of shape `(n, K)`.
struct Pass<T: Real> {
    activations: Mat<T>,
    slopes: Mat<T>,
    outputs: Mat<T>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Perceptron;

    /// Any numbers do that keep pre-activations away from the kink.
    fn matrix(n_rows: usize, n_cols: usize, phase: f64) -> Mat<f64> {
        Mat::from_fn(n_rows, n_cols, |i, j| (1.7 * i as f64 + 2.9 * j as f64 + phase).sin())
    }

    fn network(n_outputs: usize, activation: Activation) -> VectorNetwork<f64> {
        VectorNetwork::new(matrix(4, 3, 0.2), matrix(n_outputs, 4, 0.5), activation).unwrap()
    }

    /// The sum of the squared outputs.
    fn objective(network: &VectorNetwork<f64>, inputs: &Mat<f64>) -> f64 {
        network.outputs(inputs.as_ref()).squared_norm_l2()
    }

    fn doubled(outputs: &mut Mat<f64>) {
        outputs.col_iter_mut().for_each(|column| column.iter_mut().for_each(|f| *f *= 2.0));
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let inputs = matrix(7, 3, 1.0);
        for activation in Activation::ALL {
            let network = network(2, activation);
            let mut gradient = network.zero_gradient();
            network.gradient(inputs.as_ref(), doubled, &mut gradient);
            for (l, of_layer) in gradient.iter().enumerate() {
                for (k, j) in
                    (0..of_layer.nrows()).flat_map(|k| (0..of_layer.ncols()).map(move |j| (k, j)))
                {
                    let shifted = |by: f64| {
                        let mut shifted = network.clone();
                        shifted.layers[l].weights[(k, j)] += by;
                        objective(&shifted, &inputs)
                    };
                    // Truncation 1e-12 and cancellation 1e-15 / 1e-6, with room for the constants.
                    let difference = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
                    let found = of_layer[(k, j)];
                    assert!((found - difference).abs() < 1e-7, "{activation} {l} {k} {j}");
                }
            }
        }
    }

    #[test]
    fn one_output_is_the_perceptrons() {
        let inputs = matrix(7, 3, 1.0);
        for activation in Activation::ALL {
            let network = network(1, activation);
            let perceptron = Perceptron::new(network.layers().to_vec(), activation).unwrap();
            let pairs = perceptron.outputs(inputs.as_ref()).into_iter();
            let outputs = network.outputs(inputs.as_ref());
            for (expected, found) in pairs.zip(outputs.col(0).iter()) {
                // Sums of twelve products of size 1.
                assert!((expected - found).abs() < 12.0 * f64::EPSILON, "{activation}");
            }
        }
    }

    #[test]
    fn the_odd_part_of_relu_is_half_of_the_path() {
        let (network, inputs) = (network(2, Activation::Relu), matrix(7, 3, 1.0));
        let reflected = Mat::from_fn(7, 3, |i, j| -inputs[(i, j)]);
        let odd = network.outputs(inputs.as_ref()) - network.outputs(reflected.as_ref());
        let path = &inputs * network.path().transpose();
        assert!((odd - path).norm_max() < 24.0 * f64::EPSILON);
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let fault = VectorNetwork::new(matrix(4, 3, 0.0), matrix(2, 5, 0.0), Activation::Relu);
        assert!(fault.unwrap_err().to_string().contains("inputs of the output layer = 5"));
        let empty = VectorNetwork::new(matrix(4, 0, 0.0), matrix(2, 4, 0.0), Activation::Relu);
        assert!(empty.unwrap_err().to_string().contains("inputs"));
    }
}
