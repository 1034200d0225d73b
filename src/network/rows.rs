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

/// Neurons by what is certain of them, those of positive output weight first: each in ascending order.
#[derive(Debug, Clone, Default)]
struct Sorted {
    /// Neurons with a column of their own.
    own: [Vec<usize>; 2],
    /// Neurons that are active on every row: the last column is the linear neuron that they are together.
    certain: [Vec<usize>; 2],
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
            part[usize::from(k >= n_positive)].push(k);
        }
        sorted.certain.iter().any(|part| !part.is_empty()).then_some(sorted)
    }

    /// How many columns there are, the common one not counted.
    fn n_own(&self) -> usize {
        self.own[0].len() + self.own[1].len()
    }

    /// Copies the weights of the columns; the last one gets the signed sum of those that are certain.
    fn gather<T: Real>(&self, from: &Mat<T>, to: &mut Mat<T>) {
        let n_own = self.n_own();
        to.resize_with(n_own + 1, from.ncols(), |_, _| T::from_f64(0.0));
        for j in 0..from.ncols() {
            let (from, to) = (from.col_as_slice(j), to.col_as_slice_mut(j));
            let own = self.own.iter().flatten();
            to.iter_mut().zip(own).for_each(|(to, &k)| *to = from[k]);
            let [plus, minus] = [0, 1].map(|sign: usize| {
                self.certain[sign].iter().map(|&k| from[k].to_f64()).sum::<f64>()
            });
            to[n_own] = T::from_f64(plus - minus);
        }
    }

    /// Adds the rows of a gradient, one for each column, to the neurons that they belong to.
    fn scatter<T: Real>(&self, from: &Mat<T>, to: &mut Mat<T>) {
        for j in 0..from.ncols() {
            let (from, to) = (from.col_as_slice(j), to.col_as_slice_mut(j));
            let (plus, rest) = from.split_at(self.own[0].len());
            let (minus, common) = rest.split_at(self.own[1].len());
            self.own[0].iter().zip(plus).for_each(|(&k, &term)| to[k] += term);
            self.own[1].iter().zip(minus).for_each(|(&k, &term)| to[k] -= term);
            self.certain[0].iter().for_each(|&k| to[k] += common[0]);
            self.certain[1].iter().for_each(|&k| to[k] -= common[0]);
        }
    }
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
            (n_own, n_columns) = (neurons.n_own(), neurons.n_own() + 1);
            (n_plus, of_columns) = (neurons.own[0].len(), &self.weights);
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
