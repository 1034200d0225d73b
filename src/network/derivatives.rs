//! What the backward pass of some rows needs of the forward pass: the derivatives of the activation.
//!
//! Those of ReLU are zeros and ones. They are kept as sets of rows, and the gradient adds rows up instead of
//! multiplying them.

use std::ops::Range;

use faer::{Mat, MatMut};

use super::activation::{activate, add_positive_part, is_step};
use crate::linalg::{self, Real, Subsets, WeightedRows};
use crate::setting::Activation;

/// `phi'` at the pre-activations, shape `(rows, columns)`.
#[derive(Debug, Clone)]
pub(super) struct Derivatives<T: Real> {
    activation: Activation,
    n_rows: usize,
    n_columns: usize,
    /// The derivatives; where they are zeros and ones, a block of pre-activations alone. It has room for more.
    values: Mat<T>,
    /// The rows on which a column's neuron is active, where that says it all.
    active: Option<Subsets>,
}

impl<T: Real> Derivatives<T> {
    pub fn new() -> Self {
        let (activation, values) = (Activation::Identity, Mat::zeros(0, 0));
        Derivatives { activation, n_rows: 0, n_columns: 0, values, active: None }
    }

    /// Makes room for those of inputs of shape `(rows, p)` and so many columns; returns the blocks of columns to
    /// fill it by.
    pub fn prepare(
        &mut self,
        activation: Activation,
        (n_rows, n_entries): (usize, usize),
        n_columns: usize,
    ) -> Vec<Range<usize>> {
        self.activation = activation;
        self.active = is_step(activation).then(|| self.active.take().unwrap_or_default());
        let blocks: Vec<_> = blocks::<T>(n_rows, n_columns).collect();
        let mut n_kept = n_columns;
        if let Some(active) = &mut self.active {
            active.clear((n_rows, n_entries), n_columns);
            n_kept = blocks.iter().map(|block| block.len()).max().unwrap_or(0);
        }
        (self.n_rows, self.n_columns) = (n_rows, n_columns);
        let (n_places, n_columns) = (self.values.nrows(), self.values.ncols());
        if n_rows > n_places || n_kept > n_columns {
            // It only grows, and by more than it must: labels are not as many in every batch.
            self.values = Mat::zeros((n_rows + n_rows / 8).max(n_places), n_kept.max(n_columns));
        }
        blocks
    }

    /// Where a block's first column is kept.
    fn place(&self, block: &Range<usize>) -> usize {
        if self.active.is_some() { 0 } else { block.start }
    }

    /// The place for the pre-activations of a block of columns.
    pub fn preactivations(&mut self, block: &Range<usize>) -> MatMut<'_, T> {
        let place = self.place(block);
        self.values.as_mut().submatrix_mut(0, place, self.n_rows, block.len())
    }

    /// Adds to the outputs the activations at a block's pre-activations, and from column `n_plus` on subtracts
    /// them; keeps the derivatives.
    pub fn activate(&mut self, block: Range<usize>, n_plus: usize, outputs: &mut [T]) {
        let place = self.place(&block);
        for (idx, column_idx) in block.enumerate() {
            let column = &mut self.values.col_as_slice_mut(place + idx)[..self.n_rows];
            let sign = T::from_f64(if column_idx < n_plus { 1.0 } else { -1.0 });
            match &mut self.active {
                Some(active) => {
                    active.set_not_negative(column_idx, column);
                    add_positive_part(column, sign, outputs);
                }
                None => activate(self.activation, column, sign, outputs),
            }
        }
    }

    /// Adds to the columns of `dst`, of shape `(entries, m)`, the sums of these entries of the rows `r_i x_i`,
    /// weighted with the derivatives and the factors of `columns`.
    pub fn add_sums(
        &self,
        dst: MatMut<'_, T>,
        rows: &WeightedRows<'_, T>,
        entries: Range<usize>,
        columns: &Columns<'_, T>,
    ) {
        if let Some(active) = &self.active {
            return active.add_sums(dst, rows, entries, |column_idx| columns.place(column_idx));
        }
        let multiplied = rows.multiplied(entries);
        let (rows, factor) = (multiplied.transpose(), columns.factor);
        let (plus, minus) = dst.split_at_col_mut(columns.n_plus);
        let derivatives = self.values.submatrix(0, 0, self.n_rows, self.n_columns);
        let (of_plus, of_minus) = derivatives.split_at_col(columns.n_plus);
        linalg::add_product(plus, rows, of_plus, factor);
        linalg::add_product(minus, rows, of_minus, -factor);
    }
}

/// Where the columns of derivatives belong in a gradient.
#[derive(Debug)]
pub(super) struct Columns<'a, T> {
    /// The neuron of each, in ascending order; all neurons where the activation has no steps.
    pub neurons: &'a [usize],
    /// How many of them have positive output weights.
    pub n_plus: usize,
    /// What their sums are multiplied by; those of the others by its opposite.
    pub factor: T,
}

impl<T: Real> Columns<'_, T> {
    /// The neuron and the factor of a column.
    fn place(&self, column_idx: usize) -> (usize, T) {
        let factor = if column_idx < self.n_plus { self.factor } else { -self.factor };
        (self.neurons[column_idx], factor)
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
