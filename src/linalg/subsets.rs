//! Sums over subsets of the rows of a matrix, without a multiplication.
//!
//! A product with a matrix of zeros and ones adds up rows. Four rows have only sixteen sums: they are
//! computed once, and each subset looks up one of them in the place of four multiply-adds. With many subsets that
//! is an eighth of a product's instructions.
//!
//! # Source
//! Arlazarov, Dinic, Kronrod and Faradzhev, *On economical construction of the transitive closure of a
//! directed graph*, Soviet Math. Dokl. 11, 1970 ("the method of four Russians").

use std::ops::Range;

use faer::prelude::ReborrowMut;
use faer::{ColMut, Mat, MatMut};

use super::{Real, add_multiple, multiply, vectorised};

/// Rows whose sums make one table.
const GROUP: usize = 4;
const N_SUMS: usize = 1 << GROUP;
/// Groups that a subset passes through at a time: their tables stay in a core's first cache.
const STRIP: usize = 8;
/// Entries of a row that are summed at a time, in registers; and of what is left of it, where that is little.
const WIDTH: usize = 32;
const NARROW: usize = 16;
/// Subsets whose running sums stay in a core's second cache.
const N_RUNNING: usize = 1024;

/// Entries of one sum, on lines of the cache of their own: a vector that is split between two lines takes twice
/// the time.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Entries<T, const W: usize>([T; W]);

type Tables<T, const W: usize> = [[Entries<T, W>; N_SUMS]; STRIP];

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
}

/// Some subsets of `n` rows, one per column of a matrix of zeros and ones.
#[derive(Debug, Clone, Default)]
pub struct Subsets {
    n_rows: usize,
    n_subsets: usize,
    /// What a subset has of each group of a strip, as bits; subsets are neighbours within a strip. Group `g`
    /// of all `n_groups` consists of the rows `g`, `n_groups + g`, ...: neighbouring rows are in neighbouring
    /// groups, so that they are treated side by side.
    members: Vec<[u8; STRIP]>,
    /// The members of one subset, before they go to their strips.
    of_groups: Vec<u8>,
}

impl Subsets {
    /// Takes as many subsets of as many rows as given, all of them empty.
    pub fn clear(&mut self, n_rows: usize, n_subsets: usize) {
        (self.n_rows, self.n_subsets) = (n_rows, n_subsets);
        self.members.clear();
        self.members.resize(self.n_strips() * n_subsets, [0; STRIP]);
        self.of_groups.resize(self.n_groups(), 0);
    }

    fn n_strips(&self) -> usize {
        self.n_rows.div_ceil(GROUP * STRIP)
    }

    /// At least one strip's, so that no rows are as many as any.
    fn n_groups(&self) -> usize {
        self.n_strips().max(1) * STRIP
    }

    /// Makes a subset of the rows whose entry is not negative (or not a number), of as many entries as there are
    /// rows.
    pub fn set_not_negative<T: Real>(&mut self, subset_idx: usize, entries: &[T]) {
        let (n_groups, n_subsets) = (self.n_groups(), self.n_subsets);
        self.of_groups.fill(0);
        let zero = T::from_f64(0.0);
        for (bit, part) in entries.chunks(n_groups).enumerate() {
            let members = self.of_groups.as_mut_slice();
            vectorised(
                #[inline(always)]
                move || {
                    for (members, &entry) in members.iter_mut().zip(part) {
                        *members |= (if entry < zero { 0 } else { 1 }) << bit;
                    }
                },
            );
        }
        let places = self.members.iter_mut().skip(subset_idx).step_by(n_subsets);
        places.zip(self.of_groups.as_chunks().0).for_each(|(place, &members)| *place = members);
    }

    /// `dst_k += factor(k) * (the sum of the rows of subset k)`, for the subsets' sums as columns of shape
    /// `(p, n_subsets)` and the entries `entries` of `p` of the multiplied rows.
    ///
    /// Sums of one entry are taken in the same order whatever the range of entries is.
    pub fn add_sums<T: Real>(
        &self,
        dst: MatMut<'_, T>,
        rows: &WeightedRows<'_, T>,
        entries: Range<usize>,
        factor: impl Fn(usize) -> T,
    ) {
        let n_left = entries.len() % WIDTH;
        let n_wide = entries.len() - if n_left > NARROW { 0 } else { n_left };
        let (wide, narrow) = dst.split_at_row_mut(n_wide);
        let middle = entries.start + n_wide;
        self.add_pieces::<T, WIDTH>(wide, rows, entries.start..middle, &factor);
        if narrow.nrows() > 0 {
            self.add_pieces::<T, NARROW>(narrow, rows, middle..entries.end, &factor);
        }
    }

    /// The same, so many entries at a time.
    fn add_pieces<T: Real, const W: usize>(
        &self,
        mut dst: MatMut<'_, T>,
        rows: &WeightedRows<'_, T>,
        entries: Range<usize>,
        factor: &impl Fn(usize) -> T,
    ) {
        let zero = Entries([T::from_f64(0.0); W]);
        let mut tables = [[zero; N_SUMS]; STRIP];
        let mut sums = Vec::new();
        for columns in pieces(entries.clone(), W) {
            let at = columns.start - entries.start;
            for subsets in pieces(0..self.n_subsets, N_RUNNING) {
                sums.clear();
                sums.resize(subsets.len(), zero);
                for strip in 0..self.n_strips() {
                    self.tabulate(&mut tables, rows, columns.clone(), strip);
                    let members = &self.members[strip * self.n_subsets..][subsets.clone()];
                    add_from_tables(&mut sums, &tables, members);
                }
                for (k, sum) in subsets.zip(&sums) {
                    let place = dst.rb_mut().col_mut(k).subrows_mut(at, columns.len());
                    add_to_column(place, &sum.0, factor(k));
                }
            }
        }
    }

    /// The sums of every choice among the rows of each group of a strip, for some columns; rows and columns that
    /// are not there count as zero.
    fn tabulate<T: Real, const W: usize>(
        &self,
        tables: &mut Tables<T, W>,
        rows: &WeightedRows<'_, T>,
        columns: Range<usize>,
        strip: usize,
    ) {
        let zero = T::from_f64(0.0);
        let mut gathered = [[[zero; W]; STRIP]; GROUP];
        let range = rows.range.clone();
        for (bit, gathered) in gathered.iter_mut().enumerate() {
            let start = bit * self.n_groups() + strip * STRIP;
            let here =
                range.end.min(range.start + start)..range.end.min(range.start + start + STRIP);
            let mut weights = [zero; STRIP];
            weights[..here.len()].copy_from_slice(&rows.weights[here.clone()]);
            for (j, column) in columns.clone().enumerate() {
                let column = &rows.matrix.col_as_slice(column)[here.clone()];
                match column.first_chunk::<STRIP>() {
                    Some(column) => {
                        (0..STRIP).for_each(|g| gathered[g][j] = column[g] * weights[g]);
                    }
                    None => column.iter().enumerate().for_each(|(g, &entry)| {
                        gathered[g][j] = entry * weights[g];
                    }),
                }
            }
        }
        vectorised(
            #[inline(always)]
            move || {
                for (group, table) in tables.iter_mut().enumerate() {
                    for (bit, rows) in gathered.iter().enumerate() {
                        let (without, with) = table.split_at_mut(1 << bit);
                        for (sum, base) in with.iter_mut().zip(without) {
                            for (j, (sum, &base)) in sum.0.iter_mut().zip(&base.0).enumerate() {
                                *sum = base + rows[group][j];
                            }
                        }
                    }
                }
            },
        );
    }
}

/// Adds to each subset's sum what the tables of a strip have for its members.
fn add_from_tables<T: Real, const W: usize>(
    sums: &mut [Entries<T, W>],
    tables: &Tables<T, W>,
    members: &[[u8; STRIP]],
) {
    vectorised(
        #[inline(always)]
        move || {
            for (sum, members) in sums.iter_mut().zip(members) {
                let mut running = sum.0;
                let table = |group: usize| &tables[group][usize::from(members[group]) % N_SUMS].0;
                for group in (0..STRIP).step_by(2) {
                    let (first, second) = (table(group), table(group + 1));
                    // In pairs, so that half as many additions wait for the one before.
                    for (j, sum) in running.iter_mut().enumerate() {
                        *sum += first[j] + second[j];
                    }
                }
                sum.0 = running;
            }
        },
    );
}

/// Adds the multiple of a sum to a column, as far as that goes.
fn add_to_column<T: Real>(mut to: ColMut<'_, T>, from: &[T], factor: T) {
    match to.rb_mut().try_as_col_major_mut() {
        Some(to) => add_multiple(to.as_slice_mut(), from, factor),
        None => to.iter_mut().zip(from).for_each(|(to, &from)| *to += factor * from),
    }
}

/// A range in pieces of a length, the last one shorter.
fn pieces(range: Range<usize>, len: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(len).map(move |start| start..range.end.min(start + len))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [(usize, usize, usize); 6] =
        [(0, 2, 3), (1, 1, 1), (7, 3, 17), (32, 5, 32), (45, 9, 73), (130, N_RUNNING + 3, 5)];

    fn matrix(n_rows: usize, n_entries: usize) -> Mat<f64> {
        // Whole numbers, so that their sums are exact in every order.
        Mat::from_fn(n_rows, n_entries, |i, j| ((3 * i + 7 * j) % 11) as f64 - 5.0)
    }

    fn is_member(row_idx: usize, subset_idx: usize) -> bool {
        (row_idx * row_idx + 3 * subset_idx) % 5 < 2
    }

    fn subsets(n_rows: usize, n_subsets: usize) -> Subsets {
        let mut subsets = Subsets::default();
        // Something to forget.
        subsets.clear(n_rows + 40, 2);
        subsets.set_not_negative(1, &vec![1.0_f64; n_rows + 40]);
        subsets.clear(n_rows, n_subsets);
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
            subsets(n_rows, n_subsets).add_sums(dst.as_mut(), &rows, 0..n_entries, factor);
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
            let (subsets, weights) = (subsets(n_rows, n_subsets), vec![1.0; n_rows]);
            let sums = |entries: Range<usize>| {
                let mut dst = Mat::<f32>::zeros(entries.len(), n_subsets);
                let rows = WeightedRows { matrix: &matrix, weights: &weights, range: 0..n_rows };
                subsets.add_sums(dst.as_mut(), &rows, entries, |_| 0.3);
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
        let (matrix, subsets) = (matrix(9, 4), subsets(9, 3));
        let from = WeightedRows { matrix: &matrix, weights: &[1.0; 9], range: 0..9 };
        let (mut columns, mut rows) = (Mat::zeros(4, 3), Mat::zeros(3, 4));
        subsets.add_sums(columns.as_mut(), &from, 0..4, |_| 1.0);
        subsets.add_sums(rows.as_mut().transpose_mut(), &from, 0..4, |_| 1.0);
        assert_eq!(columns.as_ref(), rows.transpose());
    }

    #[test]
    fn not_a_number_is_a_member() {
        let mut subsets = Subsets::default();
        subsets.clear(2, 1);
        subsets.set_not_negative(0, &[f64::NAN, -1.0]);
        let mut dst = Mat::zeros(1, 1);
        let rows =
            WeightedRows { matrix: &faer::mat![[3.0], [5.0]], weights: &[1.0; 2], range: 0..2 };
        subsets.add_sums(dst.as_mut(), &rows, 0..1, |_| 1.0);
        assert_eq!(dst[(0, 0)], 3.0);
    }
}
