//! The multi-layer perceptron `h(x) = <a, phi(W_L phi(... phi(W_1 x + b_1) ...) + b_L)> + c`:
//! parameters, forward pass, gradient.
//!
//! A bias is the weight of one more input that is always 1, kept as the last column of its layer. Samples
//! pass through the network some rows at a time, forward and backward, so that what lies between the
//! layers stays in the caches. Batches of more than [`CHUNK`] rows go through in chunks, side by side where there
//! are idle threads; what a chunk is does not depend on them, and so no bit does.

use std::ops::Range;

use faer::{Mat, MatRef};
use rayon::prelude::*;

use super::elementwise::{Sink, activate, dot};
use crate::error::{Error, Result};
use crate::linalg::{self, Real, multiply};
use crate::setting::Activation;

/// One layer of weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer<T: Real> {
    /// The weights, shape `(units, inputs)`, with one more column for the bias where there is one.
    pub weights: Mat<T>,
    /// Whether the last column is the bias.
    pub has_bias: bool,
}

impl<T: Real> Layer<T> {
    /// The number of inputs, without the one that is always 1.
    pub fn n_inputs(&self) -> usize {
        self.weights.ncols() - usize::from(self.has_bias)
    }

    /// The number of units.
    pub fn n_units(&self) -> usize {
        self.weights.nrows()
    }

    /// The weights without the bias, shape `(units, inputs)`.
    pub fn without_bias(&self) -> MatRef<'_, T> {
        self.weights.as_ref().subcols(0, self.n_inputs())
    }
}

/// A network of at least two layers of weights with one output.
///
/// The derivative of ReLU at 0 is 0, PyTorch's convention.
#[derive(Debug, Clone)]
pub struct Perceptron<T: Real> {
    layers: Vec<Layer<T>>,
    activation: Activation,
}

/// Rows that pass through the network together. With 256 units their pre-activations take 256 KiB in
/// `f32`: a free choice that suits second-level caches.
const ROWS: usize = 256;

/// Rows that one thread takes: two blocks, so that the thousand samples of the authors' experiment keep two
/// threads busy. A free choice.
const CHUNK: usize = 2 * ROWS;

/// What a gradient needs besides the network; reused from step to step.
#[derive(Debug, Clone)]
pub struct Workbench<T: Real> {
    tape: Tape<T>,
    /// Of every chunk but the first: its tape and its share of the gradient.
    others: Vec<(Tape<T>, Vec<Mat<T>>)>,
}

impl<T: Real> Default for Workbench<T> {
    fn default() -> Self {
        Workbench { tape: Tape::default(), others: Vec::new() }
    }
}

/// What one block of rows leaves between the layers; reused from block to block and from step to step.
#[derive(Debug, Clone)]
struct Tape<T: Real> {
    /// The inputs of each hidden layer, with a column of ones where it has biases, and last the
    /// activations of the last hidden layer.
    inputs: Vec<Mat<T>>,
    /// Of each hidden layer: pre-activations, then derivatives, then derivatives of the objective, those
    /// of the last hidden layer up to a factor for each row.
    slopes: Vec<Mat<T>>,
}

impl<T: Real> Default for Tape<T> {
    fn default() -> Self {
        Tape { inputs: Vec::new(), slopes: Vec::new() }
    }
}

impl<T: Real> Perceptron<T> {
    /// A network of these layers, the first one first.
    ///
    /// # Errors
    /// - fewer than two layers, or a layer without units or inputs;
    /// - a layer whose inputs are not the units of the one before it;
    /// - a last layer of more than one unit.
    pub fn new(layers: Vec<Layer<T>>, activation: Activation) -> Result<Self> {
        let fault = |what: &str, value: usize, range: String| {
            Err(Error::out_of_range(what, value, range, "give layers that fit each other"))
        };
        if layers.len() < 2 {
            return fault("number of layers", layers.len(), "at least 2".into());
        }
        for (l, layer) in layers.iter().enumerate() {
            let (n_units, n_inputs) = layer.weights.shape();
            if n_units == 0 || n_inputs <= usize::from(layer.has_bias) {
                return fault(&format!("size of layer {l}"), 0, "at least 1 unit and input".into());
            }
            let before = l.checked_sub(1).map_or(layer.n_inputs(), |k| layers[k].n_units());
            if layer.n_inputs() != before {
                let what = format!("inputs of layer {l}");
                let range = format!("the {before} units of the layer before");
                return fault(&what, layer.n_inputs(), range);
            }
            if l + 1 == layers.len() && n_units != 1 {
                return fault("units of the last layer", n_units, "1".into());
            }
        }
        Ok(Perceptron { layers, activation })
    }

    /// The layers, the first one first.
    pub fn layers(&self) -> &[Layer<T>] {
        &self.layers
    }

    /// The layers, to be moved by a step.
    pub(crate) fn layers_mut(&mut self) -> &mut [Layer<T>] {
        &mut self.layers
    }

    /// The activation of the hidden layers.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The number of inputs.
    pub fn n_inputs(&self) -> usize {
        self.layers[0].n_inputs()
    }

    /// A gradient of this network's shape: one matrix per layer, all zero.
    pub fn zero_gradient(&self) -> Vec<Mat<T>> {
        let zeros = |layer: &Layer<T>| Mat::zeros(layer.weights.nrows(), layer.weights.ncols());
        self.layers.iter().map(zeros).collect()
    }

    /// The outputs `h(x)` of `n` inputs of shape `(n, p)`.
    pub fn outputs(&self, inputs: MatRef<'_, T>) -> Vec<T> {
        let mut tape = Tape::default();
        let mut outputs = vec![T::from_f64(0.0); inputs.nrows()];
        for rows in blocks(0..inputs.nrows()) {
            self.forward((inputs, &rows), false, &mut tape, &mut outputs[rows.clone()]);
        }
        outputs
    }

    /// The pre-activations of every hidden layer, shapes `(n, units)`.
    pub fn preactivations(&self, inputs: MatRef<'_, T>) -> Vec<Mat<T>> {
        let mut found: Vec<Mat<T>> = Vec::new();
        for (l, layer) in self.hidden().iter().enumerate() {
            let mut of_layer: Mat<T> = Mat::zeros(inputs.nrows(), layer.n_units());
            let activated = l.checked_sub(1).map(|before| {
                let mut before = found[before].clone();
                let mut values = vec![T::from_f64(0.0); before.nrows()];
                for j in 0..before.ncols() {
                    let column = before.col_as_slice_mut(j);
                    activate(self.activation, column, Sink::Keep(&mut values), T::from_f64(1.0));
                    column.copy_from_slice(&values);
                }
                before
            });
            let from = activated.as_ref().map_or(inputs, |matrix| matrix.as_ref());
            let one = T::from_f64(1.0);
            linalg::product(of_layer.as_mut(), from, layer.without_bias().transpose(), one);
            if layer.has_bias {
                for (j, column) in of_layer.col_iter_mut().enumerate() {
                    let bias = layer.weights[(j, layer.n_inputs())];
                    column.iter_mut().for_each(|z| *z += bias);
                }
            }
            found.push(of_layer);
        }
        found
    }

    /// Adds the gradient of an objective of the outputs to `gradient`, one matrix per layer.
    ///
    /// `derivatives` is told some rows and their outputs and writes the derivatives of the objective by
    /// those outputs. The gradient of the last layer is left out where it is frozen.
    pub fn add_gradient(
        &self,
        inputs: MatRef<'_, T>,
        is_output_frozen: bool,
        workbench: &mut Workbench<T>,
        derivatives: impl Fn(Range<usize>, &[T], &mut [T]) + Sync,
        gradient: &mut [Mat<T>],
    ) {
        let n_rows = inputs.nrows();
        let of_chunk = |chunk_idx: usize, tape: &mut Tape<T>, gradient: &mut [Mat<T>]| {
            let start = chunk_idx * CHUNK;
            let rows = start..n_rows.min(start + CHUNK);
            self.add_gradient_of((inputs, rows), is_output_frozen, tape, &derivatives, gradient);
        };
        let Workbench { tape, others } = workbench;
        let n_others = n_rows.div_ceil(CHUNK).saturating_sub(1);
        if n_others == 0 {
            return of_chunk(0, tape, gradient);
        }
        others.resize_with(n_others, || (Tape::default(), self.zero_gradient()));
        rayon::join(
            || of_chunk(0, tape, gradient),
            || {
                others.par_iter_mut().enumerate().for_each(|(idx, (tape, share))| {
                    share.iter_mut().for_each(|matrix| matrix.fill(T::from_f64(0.0)));
                    of_chunk(idx + 1, tape, share);
                });
            },
        );
        for (_, share) in others {
            gradient.iter_mut().zip(share).for_each(|(to, from)| *to += &*from);
        }
    }

    /// The same of some rows, one block after the other.
    fn add_gradient_of(
        &self,
        (inputs, rows): (MatRef<'_, T>, Range<usize>),
        is_output_frozen: bool,
        tape: &mut Tape<T>,
        derivatives: &impl Fn(Range<usize>, &[T], &mut [T]),
        gradient: &mut [Mat<T>],
    ) {
        let zero = T::from_f64(0.0);
        let (mut outputs, mut residuals) = ([zero; ROWS], [zero; ROWS]);
        for rows in blocks(rows) {
            let (outputs, residuals) = (&mut outputs[..rows.len()], &mut residuals[..rows.len()]);
            self.forward((inputs, &rows), !is_output_frozen, tape, outputs);
            derivatives(rows, outputs, residuals);
            let n_taught = tape.keep_taught(residuals);
            if n_taught == 0 {
                continue;
            }
            let residuals = &mut residuals[..n_taught];
            if !is_output_frozen {
                self.add_output_gradient(tape, residuals, gradient);
            }
            self.backward(tape, residuals, gradient);
        }
    }

    fn hidden(&self) -> &[Layer<T>] {
        &self.layers[..self.layers.len() - 1]
    }

    fn output_layer(&self) -> &Layer<T> {
        &self.layers[self.layers.len() - 1]
    }

    /// Outputs of some rows; leaves inputs and slopes of the layers, those of the last hidden one
    /// multiplied by its output weights, and the activations of the last one where they are asked for.
    fn forward(
        &self,
        (inputs, rows): (MatRef<'_, T>, &Range<usize>),
        keeps_activations: bool,
        tape: &mut Tape<T>,
        outputs: &mut [T],
    ) {
        let (n_rows, one) = (rows.len(), T::from_f64(1.0));
        tape.reserve(self);
        for (j, column) in inputs.col_iter().enumerate() {
            let to = tape.inputs[0].col_as_slice_mut(j);
            for (to, &from) in to.iter_mut().zip(column.subrows(rows.start, n_rows).iter()) {
                *to = from;
            }
        }
        let output = self.output_layer();
        let output_bias = output.has_bias.then(|| output.weights[(0, output.n_inputs())]);
        outputs.fill(output_bias.unwrap_or(T::from_f64(0.0)));
        let last = self.hidden().len() - 1;
        for (l, layer) in self.hidden().iter().enumerate() {
            let (before, after) = tape.inputs.split_at_mut(l + 1);
            if layer.has_bias {
                before[l].col_as_slice_mut(layer.n_inputs())[..n_rows].fill(one);
            }
            let slopes = tape.slopes[l].as_mut().subrows_mut(0, n_rows);
            let inputs = before[l].as_ref().subrows(0, n_rows);
            linalg::product(slopes, inputs, layer.weights.transpose(), one);
            for k in 0..layer.n_units() {
                let slopes = &mut tape.slopes[l].col_as_slice_mut(k)[..n_rows];
                let activations = &mut after[0].col_as_slice_mut(k)[..n_rows];
                let weight = if l == last { output.weights[(0, k)] } else { one };
                if l == last && !keeps_activations {
                    activate(self.activation, slopes, Sink::Add(outputs), weight);
                    continue;
                }
                activate(self.activation, slopes, Sink::Keep(activations), weight);
                if l == last {
                    linalg::add_multiple(outputs, activations, weight);
                }
            }
        }
    }

    fn add_output_gradient(&self, tape: &Tape<T>, residuals: &[T], gradient: &mut [Mat<T>]) {
        let output = self.output_layer();
        let (of_output, activations) =
            (&mut gradient[self.hidden().len()], &tape.inputs[self.hidden().len()]);
        for k in 0..output.n_inputs() {
            of_output[(0, k)] += dot(&activations.col_as_slice(k)[..residuals.len()], residuals);
        }
        if output.has_bias {
            of_output[(0, output.n_inputs())] +=
                residuals.iter().fold(T::from_f64(0.0), |sum, &residual| sum + residual);
        }
    }

    fn backward(&self, tape: &mut Tape<T>, residuals: &[T], gradient: &mut [Mat<T>]) {
        let (n_rows, one) = (residuals.len(), T::from_f64(1.0));
        let last = self.hidden().len() - 1;
        for l in (0..=last).rev() {
            if l == last {
                // The factor of each row goes to the inputs, which are fewer or as many.
                for j in 0..self.layers[l].weights.ncols() {
                    multiply(&mut tape.inputs[l].col_as_slice_mut(j)[..n_rows], residuals);
                }
            }
            let slopes = tape.slopes[l].as_ref().subrows(0, n_rows);
            let inputs = tape.inputs[l].as_ref().subrows(0, n_rows);
            linalg::add_product(gradient[l].as_mut(), slopes.transpose(), inputs, one);
            if l == 0 {
                return;
            }
            // What the layer sends down replaces its inputs, which have served.
            let down = tape.inputs[l].as_mut().subcols_mut(0, self.layers[l].n_inputs());
            let weights = self.layers[l].without_bias();
            linalg::product(down.subrows_mut(0, n_rows), slopes, weights, one);
            for k in 0..self.layers[l].n_inputs() {
                let down = &mut tape.inputs[l].col_as_slice_mut(k)[..n_rows];
                if l == last {
                    multiply(down, residuals);
                }
                multiply(&mut tape.slopes[l - 1].col_as_slice_mut(k)[..n_rows], down);
            }
        }
    }
}

impl<T: Real> Tape<T> {
    /// Moves the rows whose residual is not 0 to the front, with their residuals, if they are at most half of
    /// all; returns how many rows are left to go backward. Samples that the hinge has let go of teach nothing.
    fn keep_taught(&mut self, residuals: &mut [T]) -> usize {
        let zero = T::from_f64(0.0);
        let taught: Vec<usize> = (0..residuals.len()).filter(|&i| residuals[i] != zero).collect();
        if 2 * taught.len() > residuals.len() {
            return residuals.len();
        }
        let gather = |column: &mut [T]| {
            taught.iter().enumerate().for_each(|(to, &from)| column[to] = column[from]);
        };
        gather(residuals);
        for matrix in self.inputs.iter_mut().chain(&mut self.slopes) {
            (0..matrix.ncols()).for_each(|j| gather(matrix.col_as_slice_mut(j)));
        }
        taught.len()
    }

    /// Room for a block of rows of this network.
    fn reserve(&mut self, network: &Perceptron<T>) {
        let fits = self.slopes.len() == network.hidden().len()
            && network
                .layers
                .iter()
                .zip(&self.inputs)
                .all(|(layer, inputs)| inputs.ncols() == layer.weights.ncols());
        if fits {
            return;
        }
        let inputs = |layer: &Layer<T>| Mat::zeros(ROWS, layer.weights.ncols());
        self.inputs = network.layers.iter().map(inputs).collect();
        let slopes = |layer: &Layer<T>| Mat::zeros(ROWS, layer.n_units());
        self.slopes = network.hidden().iter().map(slopes).collect();
    }
}

/// Blocks of rows that make up all of them.
fn blocks(rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    rows.clone().step_by(ROWS).map(move |start| start..rows.end.min(start + ROWS))
}
