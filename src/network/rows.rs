//! Rows of a batch that lie in one orthant, and the neurons that are active on all of it.
//!
//! Where the signs of the inputs' entries are known, a ReLU neuron whose weights have the same signs is
//! active on every input, whatever its size. All such neurons together are one linear neuron: exact, and
//! free of a cost per neuron. A trained network consists of little else on a neuron's own class.

use std::ops::Range;

use faer::prelude::ReborrowMut;
use faer::{Mat, MatMut, MatRef};

use super::derivatives::{Columns, Derivatives};
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
    neurons: Sorted,
    /// The weights of one block of neurons, where they are no neighbours.
    gathered: Mat<T>,
    /// `phi'` at the pre-activations of the neurons that have one of their own, shape `(rows, neurons)`.
    derivatives: Derivatives<T>,
}

/// Neurons by what is certain of them, in ascending order.
#[derive(Debug, Clone, Default)]
struct Sorted {
    /// Neurons with a column of pre-activations of their own; the first `n_plus` have positive output weights.
    own: Vec<usize>,
    n_plus: usize,
    /// Neurons that are active on every row, by the sign of their output weights: together one linear neuron.
    certain: [Vec<usize>; 2],
}

impl Sorted {
    /// Neurons of which nothing is known.
    fn unknown(n_neurons: usize) -> Self {
        let (own, n_plus) = ((0..n_neurons).collect(), n_positive(n_neurons));
        Sorted { own, n_plus, certain: [Vec::new(), Vec::new()] }
    }

    /// Neurons on inputs in an orthant.
    fn of<T: Real>(weights: &Mat<T>, signs: &[T]) -> Self {
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
        sorted
    }

    /// The weights of the linear neuron: the sum of those that are certain, with the signs of their output
    /// weights, shape `(p, 1)`; nothing if none is.
    fn linear<T: Real>(&self, weights: &Mat<T>) -> Option<Mat<T>> {
        if self.certain.iter().all(Vec::is_empty) {
            return None;
        }
        let [plus, minus] = self.certain.each_ref().map(|neurons| {
            let columns = neurons.iter().map(|&k| weights.col_as_slice(k));
            linalg::sum_of_slices(weights.nrows(), columns)
        });
        Some(Mat::from_fn(weights.nrows(), 1, |j, _| T::from_f64(plus[j] - minus[j])))
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
        let (gathered, derivatives) = (Mat::zeros(0, 0), Derivatives::new());
        Pass { range: 0..0, neurons: Sorted::default(), gathered, derivatives }
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
        self.neurons = match rows.orthant {
            Some(signs) => Sorted::of(weights, signs),
            None => Sorted::unknown(weights.ncols()),
        };
        let (own, one) = (self.neurons.own.as_slice(), T::from_f64(1.0));
        for block in self.derivatives.prepare(activation, inputs.shape(), own.len()) {
            let of_block = columns(weights, &own[block.clone()], &mut self.gathered);
            linalg::product(self.derivatives.preactivations(&block), inputs, of_block, one);
            self.derivatives.activate(block, self.neurons.n_plus, outputs);
        }
        if let Some(linear) = self.neurons.linear(weights) {
            let n_rows = outputs.len();
            let outputs = MatMut::from_column_major_slice_mut(outputs, n_rows, 1);
            linalg::add_product(outputs, inputs, linear.as_ref(), one);
        }
        let output_weight = T::from_f64(1.0 / output_divisor(weights.ncols()));
        outputs.iter_mut().for_each(|output| *output *= output_weight);
    }

    /// Adds to `dst`, shape `(entries, m)`, these entries of `step * sum_i r_i grad_w h(x_i)` over these rows, for
    /// all inputs and their `r_i`.
    pub fn add_gradient(
        &self,
        mut dst: MatMut<'_, T>,
        (matrix, weights): (&Mat<T>, &[T]),
        entries: Range<usize>,
        step: T,
    ) {
        let rows = &WeightedRows { matrix, weights, range: self.range.clone() };
        let factor = T::from_f64(step.to_f64() / output_divisor(dst.ncols()));
        let Sorted { own, n_plus, certain } = &self.neurons;
        let columns = Columns { neurons: own, n_plus: *n_plus, factor };
        self.derivatives.add_sums(dst.rb_mut(), rows, entries.clone(), &columns);
        if certain.iter().all(Vec::is_empty) {
            return;
        }
        let sums: Vec<T> = rows.sums(entries).into_iter().map(T::from_f64).collect();
        for (neurons, factor) in certain.iter().zip([factor, -factor]) {
            for &k in neurons {
                linalg::add_to_column(dst.rb_mut().col_mut(k), &sums, factor);
            }
        }
    }
}

/// The columns of these neurons, in ascending order: where they are neighbours they are read where they stand.
fn columns<'a, T: Real>(
    weights: &'a Mat<T>,
    neurons: &[usize],
    gathered: &'a mut Mat<T>,
) -> MatRef<'a, T> {
    let (first, n_columns) = (neurons.first().copied().unwrap_or(0), neurons.len());
    if neurons.last().is_none_or(|&last| last + 1 == first + n_columns) {
        return weights.subcols(first, n_columns);
    }
    gathered.resize_with(weights.nrows(), n_columns, |_, _| T::from_f64(0.0));
    for (column, &k) in neurons.iter().enumerate() {
        gathered.col_as_slice_mut(column).copy_from_slice(weights.col_as_slice(k));
    }
    gathered.as_ref()
}

/// Whether a product is worth a second thread: a millisecond of one. Smaller ones lose more to the handing over
/// than they gain.
pub(super) fn is_large((n_rows, n_inputs): (usize, usize), n_neurons: usize) -> bool {
    const MIN_MULTIPLICATIONS: usize = 1 << 25;
    n_rows * n_inputs * n_neurons >= MIN_MULTIPLICATIONS
}
