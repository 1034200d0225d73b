//! Rows of a batch that lie in one orthant, and the neurons that are active on all of it.
//!
//! Where the signs of the inputs' entries are known, a ReLU neuron whose weights have the same signs is
//! active on every input, whatever its size. All such neurons together are one linear neuron: exact, and
//! free of a cost per neuron. A trained network consists of little else on a neuron's own class.

use std::ops::Range;

use faer::{Mat, MatRef};

use super::activation::signed_sum;
use super::{n_positive, output_divisor};
use crate::linalg::{self, Real};
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
    /// The weights of the columns, shape `(columns, p)`, where neurons are sorted.
    weights: Mat<T>,
    /// `phi'` at the pre-activations, shape `(rows, columns)`.
    derivatives: Mat<T>,
}

/// Neurons by what is certain of them, those of positive output weight first: stretches of neighbours, in
/// ascending order, because copying a stretch costs a fraction of copying its members.
#[derive(Debug, Clone, Default)]
struct Sorted {
    /// Neurons with a column of their own.
    own: [Vec<Range<usize>>; 2],
    /// Neurons that are active on every row: the last column is the linear neuron that they are together.
    certain: [Vec<Range<usize>>; 2],
}

impl Sorted {
    /// Sorts the neurons; nothing if none is certain.
    fn of<T: Real>(weights: &Mat<T>, signs: &[T]) -> Option<Self> {
        let zero = T::from_f64(0.0);
        let mut lowest = vec![zero; weights.nrows()];
        for (j, &sign) in signs.iter().enumerate() {
            for (lowest, &weight) in lowest.iter_mut().zip(weights.col_as_slice(j)) {
                let signed = sign * weight;
                *lowest = if signed < *lowest { signed } else { *lowest };
            }
        }
        let n_positive = n_positive(weights.nrows());
        let mut sorted = Sorted::default();
        for (k, &lowest) in lowest.iter().enumerate() {
            let part = if lowest >= zero { &mut sorted.certain } else { &mut sorted.own };
            let stretches = &mut part[usize::from(k >= n_positive)];
            match stretches.last_mut().filter(|stretch| stretch.end == k) {
                Some(stretch) => stretch.end += 1,
                None => stretches.push(k..k + 1),
            }
        }
        sorted.certain.iter().any(|part| !part.is_empty()).then_some(sorted)
    }

    /// How many neurons of one sign have a column.
    fn n_own(&self, sign: usize) -> usize {
        self.own[sign].iter().map(ExactSizeIterator::len).sum()
    }

    /// Copies the weights of the columns; the last one gets the signed sum of those that are certain.
    fn gather<T: Real>(&self, from: &Mat<T>, to: &mut Mat<T>) {
        let n_own = self.n_own(0) + self.n_own(1);
        to.resize_with(n_own + 1, from.ncols(), |_, _| T::from_f64(0.0));
        for j in 0..from.ncols() {
            let (from, mut to) = (from.col_as_slice(j), to.col_as_slice_mut(j));
            for stretch in self.own.iter().flatten() {
                let (here, rest) = to.split_at_mut(stretch.len());
                here.copy_from_slice(&from[stretch.clone()]);
                to = rest;
            }
            let sum = |sign: usize| -> f64 {
                self.certain[sign].iter().map(|stretch| lane_sum(&from[stretch.clone()])).sum()
            };
            to[0] = T::from_f64(sum(0) - sum(1));
        }
    }

    /// Adds the rows of a gradient, one for each column, to the neurons that they belong to.
    fn scatter<T: Real>(&self, from: &Mat<T>, to: &mut Mat<T>) {
        let one = T::from_f64(1.0);
        for j in 0..from.ncols() {
            let (mut from, to) = (from.col_as_slice(j), to.col_as_slice_mut(j));
            for (stretches, sign) in self.own.iter().zip([one, -one]) {
                for stretch in stretches {
                    let (here, rest) = from.split_at(stretch.len());
                    let weights = to[stretch.clone()].iter_mut();
                    weights.zip(here).for_each(|(weight, &term)| *weight += sign * term);
                    from = rest;
                }
            }
            for (stretches, common) in self.certain.iter().zip([from[0], -from[0]]) {
                for stretch in stretches {
                    to[stretch.clone()].iter_mut().for_each(|weight| *weight += common);
                }
            }
        }
    }
}

/// The sum of a slice, in eight lanes that a vector unit adds side by side.
fn lane_sum<T: Real>(values: &[T]) -> f64 {
    let mut lanes = [0.0; 8];
    for chunk in values.chunks(lanes.len()) {
        lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane += value.to_f64());
    }
    lanes.iter().sum()
}

impl<T: Real> Pass<T> {
    pub fn new() -> Self {
        let empty = || Mat::zeros(0, 0);
        Pass { range: 0..0, neurons: None, weights: empty(), derivatives: empty() }
    }

    /// Writes the outputs of these rows.
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
        let (mut n_own, mut n_columns) = (weights.nrows(), weights.nrows());
        let (mut n_plus, mut of_columns) = (n_positive(weights.nrows()), weights);
        if let Some(neurons) = &self.neurons {
            neurons.gather(weights, &mut self.weights);
            n_plus = neurons.n_own(0);
            n_own = n_plus + neurons.n_own(1);
            (n_columns, of_columns) = (n_own + 1, &self.weights);
        }
        let (zero, one) = (T::from_f64(0.0), T::from_f64(1.0));
        self.derivatives.resize_with(inputs.nrows(), n_columns, |_, _| zero);
        linalg::product(self.derivatives.as_mut(), inputs, of_columns.transpose(), one);
        let (own, common) = self.derivatives.as_mut().split_at_col_mut(n_own);
        signed_sum(activation, own, n_plus, outputs);
        for column in common.col_iter_mut() {
            for (output, z) in outputs.iter_mut().zip(column.iter_mut()) {
                *output += *z;
                *z = one;
            }
        }
        let output_weight = T::from_f64(1.0 / output_divisor(weights.nrows()));
        outputs.iter_mut().for_each(|output| *output *= output_weight);
    }

    /// `dst += step * sum_i r_i grad_w h(x_i)` over these rows, for weighted inputs `r_i x_i` of all rows.
    pub fn add_gradient(&self, dst: &mut Mat<T>, weighted: MatRef<'_, T>, step: T) {
        let weighted = weighted.subrows(self.range.start, self.range.len());
        let n_positive = n_positive(dst.nrows());
        let output_weight = T::from_f64(step.to_f64() / output_divisor(dst.nrows()));
        let derivatives = self.derivatives.transpose();
        if let Some(neurons) = &self.neurons {
            let mut gradient = Mat::zeros(derivatives.nrows(), weighted.ncols());
            linalg::product(gradient.as_mut(), derivatives, weighted, output_weight);
            return neurons.scatter(&gradient, dst);
        }
        let (positive, negative) = dst.as_mut().split_at_row_mut(n_positive);
        let (of_positive, of_negative) = derivatives.split_at_row(n_positive);
        linalg::add_product(positive, of_positive, weighted, output_weight);
        linalg::add_product(negative, of_negative, weighted, -output_weight);
    }
}
