//! Rows of a matrix, each multiplied by a number of its own, without writing them.

use std::ops::Range;

use faer::Mat;

use super::{Real, multiply, sum};

/// Some consecutive rows of a matrix, each multiplied by a number of its own.
#[derive(Debug, Clone)]
pub struct WeightedRows<'a, T: Real> {
    /// All rows, shape `(n, p)`.
    pub matrix: &'a Mat<T>,
    /// The numbers, for all rows: length `n`.
    pub weights: &'a [T],
    /// Which rows are meant.
    pub range: Range<usize>,
}

impl<T: Real> WeightedRows<'_, T> {
    /// Some entries of the multiplied rows, shape `(rows, entries)`.
    pub fn multiplied(&self, entries: Range<usize>) -> Mat<T> {
        let mut multiplied = self.matrix.get(self.range.clone(), entries).to_owned();
        let weights = &self.weights[self.range.clone()];
        for j in 0..multiplied.ncols() {
            multiply(multiplied.col_as_slice_mut(j), weights);
        }
        multiplied
    }

    /// The sums of some entries of the multiplied rows in double precision.
    pub fn sums(&self, entries: Range<usize>) -> Vec<f64> {
        let weights = &self.weights[self.range.clone()];
        let of_column = |column: &[T]| {
            let rows = column[self.range.clone()].iter().zip(weights);
            sum(rows.map(|(&entry, &weight)| entry * weight))
        };
        entries.map(|j| of_column(self.matrix.col_as_slice(j))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_range_are_multiplied_and_summed() {
        let matrix = faer::mat![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]];
        let rows = WeightedRows { matrix: &matrix, weights: &[9.0, 1.0, -2.0, 9.0], range: 1..3 };
        assert_eq!(rows.multiplied(0..2), faer::mat![[3.0, 4.0], [-10.0, -12.0]]);
        assert_eq!(rows.multiplied(1..2), faer::mat![[4.0], [-12.0]]);
        assert_eq!((rows.sums(0..2), rows.sums(1..2)), (vec![-7.0, -8.0], vec![-8.0]));
        assert_eq!(WeightedRows { range: 2..2, ..rows }.sums(0..2), [0.0, 0.0]);
    }
}
