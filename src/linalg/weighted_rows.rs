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
    /// The multiplied rows, shape `(rows, p)`.
    pub fn multiplied(&self) -> Mat<T> {
        let rows = self.matrix.subrows(self.range.start, self.range.len());
        let mut multiplied = rows.to_owned();
        let weights = &self.weights[self.range.clone()];
        for j in 0..multiplied.ncols() {
            multiply(multiplied.col_as_slice_mut(j), weights);
        }
        multiplied
    }

    /// The sum of the multiplied rows in double precision, length `p`.
    pub fn sum(&self) -> Vec<f64> {
        let weights = &self.weights[self.range.clone()];
        let of_column = |column: &[T]| {
            let rows = column[self.range.clone()].iter().zip(weights);
            sum(rows.map(|(&entry, &weight)| entry * weight))
        };
        (0..self.matrix.ncols()).map(|j| of_column(self.matrix.col_as_slice(j))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_range_are_multiplied_and_summed() {
        let matrix = faer::mat![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]];
        let rows = WeightedRows { matrix: &matrix, weights: &[9.0, 1.0, -2.0, 9.0], range: 1..3 };
        assert_eq!(rows.multiplied(), faer::mat![[3.0, 4.0], [-10.0, -12.0]]);
        assert_eq!(rows.sum(), [-7.0, -8.0]);
        assert_eq!(WeightedRows { range: 2..2, ..rows }.sum(), [0.0, 0.0]);
    }
}
