//! Sums over subsets of the rows of a matrix, without a multiplication.
//!
//! A product with a matrix of zeros and ones adds up rows. Subsets of few rows have theirs added one by one
//! ([`listed`]); those of many rows look sums of four rows up ([`tabled`]).

mod listed;
mod members;
mod tabled;

use std::ops::Range;

use faer::MatMut;
use faer::prelude::ReborrowMut;

use listed::Listed;
use members::{Members, STRIP};
use tabled::Tabled;

use super::{Real, WeightedRows, add_to_column};

/// Entries of a row that are summed at a time, in registers; and of what is left of it, where that is little.
const WIDTH: usize = 32;
const NARROW: usize = 16;
/// A subset of at most the `FEW`th part of all rows is summed row by row, where rows are long enough to make up for
/// the listing.
const FEW: usize = 8;
const MIN_LISTED: usize = 128;

/// Entries of one row or of one sum, on lines of the cache of their own: a vector that is split between two lines
/// takes twice the time.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Entries<T, const W: usize>([T; W]);

impl<T: Real, const W: usize> Entries<T, W> {
    fn zero() -> Self {
        Entries([T::from_f64(0.0); W])
    }
}

/// Some subsets of `n` rows, one per column of a matrix of zeros and ones.
#[derive(Debug, Clone, Default)]
pub struct Subsets {
    n_rows: usize,
    n_entries: usize,
    /// One subset, before it is kept.
    members: Members,
    many: Tabled,
    few: Listed,
}

impl Subsets {
    /// Makes room for as many subsets as given, of as many rows of so many entries.
    pub fn clear(&mut self, (n_rows, n_entries): (usize, usize), n_subsets: usize) {
        (self.n_rows, self.n_entries) = (n_rows, n_entries);
        self.members.clear(n_rows);
        self.many.clear(self.members.strips().len(), n_subsets);
        self.few.clear(n_rows);
    }

    /// Makes a subset, for the first time since they were cleared, of the rows whose entry is not negative (or not
    /// a number), of as many entries as there are rows.
    pub fn set_not_negative<T: Real>(&mut self, subset_idx: usize, entries: &[T]) {
        self.members.set_not_negative(entries);
        if self.n_entries >= MIN_LISTED && FEW * self.members.count() <= self.n_rows {
            self.few.push(subset_idx, &self.members);
        } else {
            self.many.push(subset_idx, &self.members);
        }
    }

    /// Adds to columns of `dst` multiples of the sums of the subsets' rows, of the entries `entries` of the
    /// multiplied rows, which are as many as `dst` has rows. `place` says of a subset which column and what factor.
    ///
    /// Sums of one entry are taken in the same order whatever the range of entries is.
    pub fn add_sums<T: Real>(
        &self,
        dst: MatMut<'_, T>,
        rows: &WeightedRows<'_, T>,
        entries: Range<usize>,
        place: impl Fn(usize) -> (usize, T),
    ) {
        let n_left = entries.len() % WIDTH;
        let n_wide = entries.len() - if n_left > NARROW { 0 } else { n_left };
        let (wide, narrow) = dst.split_at_row_mut(n_wide);
        let middle = entries.start + n_wide;
        self.add_pieces::<T, WIDTH>(wide, rows, entries.start..middle, &place);
        if narrow.nrows() > 0 {
            self.add_pieces::<T, NARROW>(narrow, rows, middle..entries.end, &place);
        }
    }

    /// The same, so many entries at a time.
    fn add_pieces<T: Real, const W: usize>(
        &self,
        mut dst: MatMut<'_, T>,
        rows: &WeightedRows<'_, T>,
        entries: Range<usize>,
        place: &impl Fn(usize) -> (usize, T),
    ) {
        let (mut listed, mut tables) = (self.few.workplace(), Tabled::workplace());
        for entries_here in pieces(entries.clone(), W) {
            let at = entries_here.start - entries.start;
            let mut dst = dst.rb_mut().subrows_mut(at, entries_here.len());
            let mut add = |subset_idx: usize, sum: &Entries<T, W>| {
                let (column, factor) = place(subset_idx);
                add_to_column(dst.rb_mut().col_mut(column), &sum.0, factor);
            };
            self.few.sums(&mut listed, rows, &entries_here, &mut add);
            self.many.sums(&mut tables, rows, &entries_here, &mut add);
        }
    }
}

/// Writes these entries of as many multiplied rows as a strip has, from row `start` of those meant on. What is not
/// there is left as it was.
fn write_strip<T: Real, const W: usize>(
    to: &mut [Entries<T, W>; STRIP],
    rows: &WeightedRows<'_, T>,
    entries: &Range<usize>,
    start: usize,
) {
    let Range { start: first, end } = rows.range;
    let here = end.min(first + start)..end.min(first + start + STRIP);
    let mut weights = [T::from_f64(0.0); STRIP];
    weights[..here.len()].copy_from_slice(&rows.weights[here.clone()]);
    for (j, column) in entries.clone().enumerate() {
        let column = &rows.matrix.col_as_slice(column)[here.clone()];
        match column.first_chunk::<STRIP>() {
            Some(column) => (0..STRIP).for_each(|g| to[g].0[j] = column[g] * weights[g]),
            None => column.iter().enumerate().for_each(|(g, &entry)| {
                to[g].0[j] = entry * weights[g];
            }),
        }
    }
}

/// A range in pieces of a length, the last one shorter.
fn pieces(range: Range<usize>, len: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(len).map(move |start| start..range.end.min(start + len))
}

#[cfg(test)]
mod tests {
    use faer::Mat;

    use super::*;

    /// Numbers of rows, of subsets (some of them more than have their sums computed together), and of entries (some
    /// of them enough for lists).
    const SIZES: [(usize, usize, usize); 8] = [
        (0, 2, 3),
        (1, 1, 1),
        (7, 3, 17),
        (32, 5, 32),
        (45, 9, 73),
        (130, 1027, 5),
        (0, 2, MIN_LISTED),
        (99, 40, MIN_LISTED + 5),
    ];

    fn matrix(n_rows: usize, n_entries: usize) -> Mat<f64> {
        // Whole numbers, so that their sums are exact in every order.
        Mat::from_fn(n_rows, n_entries, |i, j| ((3 * i + 7 * j) % 11) as f64 - 5.0)
    }

    /// Every third subset has few rows.
    fn is_member(row_idx: usize, subset_idx: usize) -> bool {
        let (modulus, least) = if subset_idx.is_multiple_of(3) { (23, 2) } else { (5, 2) };
        (row_idx * row_idx + 3 * subset_idx) % modulus < least
    }

    fn subsets(n_rows: usize, n_subsets: usize, n_entries: usize) -> Subsets {
        let mut subsets = Subsets::default();
        // Something to forget.
        subsets.clear((n_rows + 40, n_entries), 2);
        subsets.set_not_negative(0, &vec![-1.0_f64; n_rows + 40]);
        subsets.set_not_negative(1, &vec![1.0_f64; n_rows + 40]);
        subsets.clear((n_rows, n_entries), n_subsets);
        for k in 0..n_subsets {
            let sign = |i| if is_member(i, k) { 0.0 } else { -1.0 };
            subsets.set_not_negative(k, &(0..n_rows).map(sign).collect::<Vec<f64>>());
        }
        subsets
    }

    #[test]
    fn sums_are_those_of_the_product_with_zeros_and_ones() {
        for (n_rows, n_subsets, n_entries) in SIZES {
            let matrix = matrix(n_rows + 2, n_entries);
            let mut dst = Mat::from_fn(n_entries, n_subsets, |_, _| 1.0);
            let factor = |k| if k < 2 { 2.0 } else { -2.0 };
            let weights: Vec<f64> = (0..n_rows + 2).map(|i| i as f64 - 3.0).collect();
            let rows = WeightedRows { matrix: &matrix, weights: &weights, range: 1..n_rows + 1 };
            let place = |k| (k, factor(k));
            subsets(n_rows, n_subsets, n_entries).add_sums(
                dst.as_mut(),
                &rows,
                0..n_entries,
                place,
            );
            let expected = Mat::from_fn(n_entries, n_subsets, |j, k| {
                let members = (0..n_rows).filter(|&i| is_member(i, k));
                let multiplied = members.map(|i| weights[i + 1] * matrix[(i + 1, j)]);
                1.0 + factor(k) * multiplied.sum::<f64>()
            });
            assert_eq!(dst, expected, "{n_rows} rows, {n_subsets} subsets");
        }
    }

    #[test]
    fn parts_of_the_entries_make_up_the_whole_to_the_last_bit() {
        for (n_rows, n_subsets, n_entries) in SIZES {
            let matrix = Mat::from_fn(n_rows, n_entries, |i, j| ((i + 3 * j) as f32).sin());
            let (subsets, weights) = (subsets(n_rows, n_subsets, n_entries), vec![1.0; n_rows]);
            let sums = |entries: Range<usize>| {
                let mut dst = Mat::<f32>::zeros(entries.len(), n_subsets);
                let rows = WeightedRows { matrix: &matrix, weights: &weights, range: 0..n_rows };
                subsets.add_sums(dst.as_mut(), &rows, entries, |k| (k, 0.3));
                dst
            };
            let whole = sums(0..n_entries);
            for middle in 0..=n_entries {
                for part in [0..middle, middle..n_entries] {
                    assert_eq!(whole.get(part.clone(), ..), sums(part).as_ref(), "{middle}");
                }
            }
        }
    }

    #[test]
    fn columns_that_are_not_contiguous_get_the_same_sums() {
        let (matrix, subsets) = (matrix(9, 4), subsets(9, 3, 4));
        let from = WeightedRows { matrix: &matrix, weights: &[1.0; 9], range: 0..9 };
        let (mut columns, mut rows) = (Mat::zeros(4, 3), Mat::zeros(3, 4));
        subsets.add_sums(columns.as_mut(), &from, 0..4, |k| (k, 1.0));
        subsets.add_sums(rows.as_mut().transpose_mut(), &from, 0..4, |k| (k, 1.0));
        assert_eq!(columns.as_ref(), rows.transpose());
    }

    #[test]
    fn not_a_number_is_a_member() {
        let mut subsets = Subsets::default();
        subsets.clear((2, 1), 1);
        subsets.set_not_negative(0, &[f64::NAN, -1.0]);
        let mut dst = Mat::zeros(1, 1);
        let rows =
            WeightedRows { matrix: &faer::mat![[3.0], [5.0]], weights: &[1.0; 2], range: 0..2 };
        subsets.add_sums(dst.as_mut(), &rows, 0..1, |k| (k, 1.0));
        assert_eq!(dst[(0, 0)], 3.0);
    }
}
