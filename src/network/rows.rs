//! Rows of a batch that lie in one orthant, and the neurons that are active on all of it.
//!
//! Where the signs of the inputs' entries are known, a ReLU neuron whose weights have the same signs is
//! active on every input, whatever its size. All such neurons together are one linear neuron: exact, and
//! free of a cost per neuron. A trained network consists of little else on a neuron's own class.

use std::ops::Range;

use faer::{Mat, MatRef};

use super::derivatives::Derivatives;
use super::{n_positive, output_divisor};
use crate::linalg::{self, Real, WeightedRows};
use crate::setting::Activation;

/// Consecutive rows of a matrix of inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<'a, T> {
    /// Which rows.
    pub range: Range<usize>,
    /// One number per input entry, +1 or -1, such that its product with the entry is nowhere negative on
    /// these rows; nothing where that is not known.
    pub orthant: Option<&'a [T]>,
}

impl<T> Rows<'_, T> {
    /// All of `n` rows, with signs unknown.
    pub fn all(n: usize) -> Self {
        Rows { range: 0..n, orthant: None }
    }
}

/// The forward pass of some rows, and what the backward pass needs of it.
#[derive(Debug, Clone)]
pub(super) struct Pass<T: Real> {
    range: Range<usize>,
    neurons: Option<Sorted>,
    /// The weights of the columns, shape `(p, columns)`, where neurons are sorted.
    weights: Mat<T>,
    /// `phi'` at the pre-activations, shape `(rows, columns)`.
    derivatives: Derivatives<T>,
}

/// Neurons by what is certain of them, in ascending order.
#[derive(Debug, Clone, Default)]
struct Sorted {
    /// Neurons with a column of their own; the first `n_plus` have positive output weights.
    own: Vec<usize>,
    n_plus: usize,
    /// Neurons that are active on every row, by the sign of their output weights: the last column is the
    /// linear neuron that they are together.
    certain: [Vec<usize>; 2],
}

impl Sorted {
    /// Sorts the neurons; nothing if none is certain.
    fn of<T: Real>(weights: &Mat<T>, signs: &[T]) -> Option<Self> {
        let n_positive = n_positive(weights.ncols());
        let mut sorted = Sorted::default();
        for k in 0..weights.ncols() {
            if nowhere_opposite(signs, weights.col_as_slice(k)) {
                sorted.certain[usize::from(k >= n_positive)].push(k);
            } else {
                sorted.n_plus += usize::from(k < n_positive);
                sorted.own.push(k);
            }
        }
        sorted.certain.iter().any(|part| !part.is_empty()).then_some(sorted)
    }

    /// Copies the weights of the columns; the last one gets the signed sum of those that are certain.
    fn gather<T: Real>(&self, from: &Mat<T>, to: &mut Mat<T>) {
        let n_own = self.own.len();
        to.resize_with(from.nrows(), n_own + 1, |_, _| T::from_f64(0.0));
        for (column, &k) in self.own.iter().enumerate() {
            to.col_as_slice_mut(column).copy_from_slice(from.col_as_slice(k));
        }
        let [plus, minus] = self.certain.each_ref().map(|neurons| {
            linalg::sum_of_slices(from.nrows(), neurons.iter().map(|&k| from.col_as_slice(k)))
        });
        for ((weight, plus), minus) in to.col_as_slice_mut(n_own).iter_mut().zip(plus).zip(minus) {
            *weight = T::from_f64(plus - minus);
        }
    }

    /// Adds the columns of a gradient to the neurons that they belong to.
    fn scatter<T: Real>(&self, from: &Mat<T>, to: &mut Mat<T>) {
        let signs = [T::from_f64(1.0), T::from_f64(-1.0)];
        for (column, &k) in self.own.iter().enumerate() {
            let sign = signs[usize::from(column >= self.n_plus)];
            linalg::add_multiple(to.col_as_slice_mut(k), from.col_as_slice(column), sign);
        }
        for (neurons, sign) in self.certain.iter().zip(signs) {
            for &k in neurons {
                linalg::add_multiple(
                    to.col_as_slice_mut(k),
                    from.col_as_slice(self.own.len()),
                    sign,
                );
            }
        }
    }
}

/// Whether no entry has the sign opposite to the given one.
fn nowhere_opposite<T: Real>(signs: &[T], entries: &[T]) -> bool {
    let zero = T::from_f64(0.0);
    linalg::vectorised(
        #[inline(always)]
        // No early end, which would keep the compiler from vectorising.
        move || signs.iter().zip(entries).fold(true, |all, (&s, &entry)| all & (s * entry >= zero)),
    )
}

impl<T: Real> Pass<T> {
    pub fn new() -> Self {
        let derivatives = Derivatives::new();
        Pass { range: 0..0, neurons: None, weights: Mat::zeros(0, 0), derivatives }
    }

    /// Writes the outputs of these rows, for weights of shape `(p, m)`.
    pub fn forward(
        &mut self,
        (weights, activation): (&Mat<T>, Activation),
        inputs: MatRef<'_, T>,
        rows: &Rows<'_, T>,
        outputs: &mut [T],
    ) {
        self.range = rows.range.clone();
        let inputs = inputs.subrows(self.range.start, self.range.len());
        self.neurons = rows.orthant.and_then(|signs| Sorted::of(weights, signs));
        let (mut n_own, mut n_plus) = (weights.ncols(), n_positive(weights.ncols()));
        let mut of_columns = weights;
        if let Some(neurons) = &self.neurons {
            neurons.gather(weights, &mut self.weights);
            (n_own, n_plus) = (neurons.own.len(), neurons.n_plus);
            of_columns = &self.weights;
        }
        let shape = (inputs.nrows(), of_columns.ncols());
        let sign_of = |k| (k < n_own).then_some(if k < n_plus { 1.0 } else { -1.0 });
        for block in self.derivatives.prepare(activation, shape) {
            let of_block = of_columns.subcols(block.start, block.len());
            let preactivations = self.derivatives.preactivations(&block);
            linalg::product(preactivations, inputs, of_block, T::from_f64(1.0));
            self.derivatives.activate(block, sign_of, outputs);
        }
        let output_weight = T::from_f64(1.0 / output_divisor(weights.ncols()));
        outputs.iter_mut().for_each(|output| *output *= output_weight);
    }

    /// `dst += step * sum_i r_i grad_w h(x_i)` over these rows, shape `(p, m)`, for all inputs and their `r_i`.
    pub fn add_gradient(&self, dst: &mut Mat<T>, (matrix, weights): (&Mat<T>, &[T]), step: T) {
        let is_shared = is_large((matrix.nrows(), dst.nrows()), dst.ncols());
        let output_weight = T::from_f64(step.to_f64() / output_divisor(dst.ncols()));
        let rows = &WeightedRows { matrix, weights, range: self.range.clone() };
        let Some(neurons) = &self.neurons else {
            let factors = (output_weight, n_positive(dst.ncols()));
            return self.derivatives.add_sums(dst.as_mut(), rows, factors, is_shared);
        };
        let n_columns = self.weights.ncols();
        let mut gradient = Mat::zeros(dst.nrows(), n_columns);
        let factors = (output_weight, n_columns);
        self.derivatives.add_sums(gradient.as_mut(), rows, factors, is_shared);
        neurons.scatter(&gradient, dst);
    }
}

/// Whether a product is worth a second thread: a millisecond of one. Smaller ones lose more to the handing over
/// than they gain.
pub(super) fn is_large((n_rows, n_inputs): (usize, usize), n_neurons: usize) -> bool {
    const MIN_MULTIPLICATIONS: usize = 1 << 25;
    n_rows * n_inputs * n_neurons >= MIN_MULTIPLICATIONS
}
