//! Rows of a batch that lie in one orthant, and the neurons that are active on all of it.
//!
//! Where the signs of the inputs' entries are known, a ReLU neuron whose weights have the same signs is
//! active on every input, whatever its size. All such neurons together are one linear neuron: exact, and
//! free of a cost per neuron. A trained network consists of little else on a neuron's own class.

use std::ops::Range;

use faer::{Mat, MatRef};

use super::activation::signed_sum;
use super::elementwise::add_multiple;
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
    /// The weights of the columns, shape `(p, columns)`, where neurons are sorted.
    weights: Mat<T>,
    /// `phi'` at the pre-activations, shape `(rows, columns)`.
    derivatives: Mat<T>,
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
            add_multiple(to.col_as_slice_mut(k), from.col_as_slice(column), sign);
        }
        for (neurons, sign) in self.certain.iter().zip(signs) {
            for &k in neurons {
                add_multiple(to.col_as_slice_mut(k), from.col_as_slice(self.own.len()), sign);
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
        let empty = || Mat::zeros(0, 0);
        Pass { range: 0..0, neurons: None, weights: empty(), derivatives: empty() }
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
        let (mut n_own, mut n_columns) = (weights.ncols(), weights.ncols());
        let (mut n_plus, mut of_columns) = (n_positive(weights.ncols()), weights);
        if let Some(neurons) = &self.neurons {
            neurons.gather(weights, &mut self.weights);
            (n_own, n_plus) = (neurons.own.len(), neurons.n_plus);
            (n_columns, of_columns) = (n_own + 1, &self.weights);
        }
        let (zero, one) = (T::from_f64(0.0), T::from_f64(1.0));
        self.derivatives.resize_with(inputs.nrows(), n_columns, |_, _| zero);
        for block in blocks::<T>(inputs.nrows(), n_columns) {
            let of_block = of_columns.subcols(block.start, block.len());
            let columns = self.derivatives.as_mut().subcols_mut(block.start, block.len());
            linalg::product(columns, inputs, of_block, one);
            let own = block.start..block.end.min(n_own);
            signed_sum(activation, (&mut self.derivatives, own), n_plus, outputs);
        }
        for common in n_own..n_columns {
            for (output, z) in outputs.iter_mut().zip(self.derivatives.col_as_slice_mut(common)) {
                *output += *z;
                *z = one;
            }
        }
        let output_weight = T::from_f64(1.0 / output_divisor(weights.ncols()));
        outputs.iter_mut().for_each(|output| *output *= output_weight);
    }

    /// `dst += step * sum_i r_i grad_w h(x_i)` over these rows, shape `(p, m)`, for weighted inputs
    /// `r_i x_i` of all rows.
    pub fn add_gradient(&self, dst: &mut Mat<T>, weighted: MatRef<'_, T>, step: T) {
        let is_shared = is_large((weighted.nrows(), dst.nrows()), dst.ncols());
        let weighted = weighted.subrows(self.range.start, self.range.len()).transpose();
        let n_positive = n_positive(dst.ncols());
        let output_weight = T::from_f64(step.to_f64() / output_divisor(dst.ncols()));
        if let Some(neurons) = &self.neurons {
            let mut gradient = Mat::zeros(weighted.nrows(), self.derivatives.ncols());
            let half = gradient.ncols() / 2;
            let (first, second) = gradient.as_mut().split_at_col_mut(half);
            let (of_first, of_second) = self.derivatives.split_at_col(half);
            join(
                is_shared,
                || linalg::product(first, weighted, of_first, output_weight),
                || linalg::product(second, weighted, of_second, output_weight),
            );
            return neurons.scatter(&gradient, dst);
        }
        let (positive, negative) = dst.as_mut().split_at_col_mut(n_positive);
        let (of_positive, of_negative) = self.derivatives.split_at_col(n_positive);
        join(
            is_shared,
            || linalg::add_product(positive, weighted, of_positive, output_weight),
            || linalg::add_product(negative, weighted, of_negative, -output_weight),
        );
    }
}

/// Whether a product is worth a second thread: a millisecond of one. Smaller ones lose more to the handing over
/// than they gain.
pub(super) fn is_large((n_rows, n_inputs): (usize, usize), n_neurons: usize) -> bool {
    const MIN_MULTIPLICATIONS: usize = 1 << 25;
    n_rows * n_inputs * n_neurons >= MIN_MULTIPLICATIONS
}

/// Two pieces of work, side by side if they are to be shared. They write to different places, so that no bit
/// depends on it.
fn join(is_shared: bool, first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
    if is_shared {
        rayon::join(first, second);
    } else {
        first();
        second();
    }
}

/// Columns of pre-activations that stay in a core's second cache between the product that writes them and
/// the activation that reads them.
const BLOCK_BYTES: usize = 256 * 1024;

/// Columns in blocks of that size; products of a single column are not computed by the same kernel, so
/// that the last block has at least two where there are two.
fn blocks<T>(n_rows: usize, n_columns: usize) -> impl Iterator<Item = Range<usize>> {
    let width = (BLOCK_BYTES / size_of::<T>() / n_rows.max(1)).next_multiple_of(4).max(32);
    let n_blocks = n_columns.saturating_sub(2) / width + 1;
    (0..n_blocks).map(move |block| {
        let end = if block + 1 == n_blocks { n_columns } else { (block + 1) * width };
        block * width..end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_all_columns_in_order_and_none_is_alone() {
        for n_columns in 1..300 {
            let blocks: Vec<_> = blocks::<f32>(1024, n_columns).collect();
            let flat: Vec<usize> = blocks.iter().cloned().flatten().collect();
            assert_eq!(flat, (0..n_columns).collect::<Vec<_>>());
            assert!(n_columns < 2 || blocks.iter().all(|block| block.len() >= 2), "{n_columns}");
        }
    }

    #[test]
    fn blocks_change_no_bit_of_a_product() {
        let inputs = Mat::from_fn(100, 24, |i, j| ((3 * i + 7 * j) as f32).cos());
        let weights = Mat::from_fn(24, 97, |i, j| ((5 * i + 11 * j) as f32).sin());
        let mut whole = Mat::zeros(100, 97);
        linalg::product(whole.as_mut(), inputs.as_ref(), weights.as_ref(), 1.0);
        for width in [8, 30, 64] {
            let mut parts = Mat::zeros(100, 97);
            for start in (0..97).step_by(width) {
                let len = width.min(97 - start);
                let of_part = weights.subcols(start, len);
                linalg::product(parts.subcols_mut(start, len), inputs.as_ref(), of_part, 1.0);
            }
            assert_eq!(parts, whole, "{width}");
        }
    }
}
