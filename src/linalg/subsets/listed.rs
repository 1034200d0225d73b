//! Subsets of few rows, which are listed and added one by one.

use std::ops::Range;

use super::members::{Members, STRIP};
use super::{Entries, write_strip};
use crate::linalg::{Real, WeightedRows, vectorised};

/// Rows that are added to a sum at a time, in pairs first: additions that wait for each other are fewer.
const AT_A_TIME: usize = 4;

/// Subsets by the lists of their rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Listed {
    n_rows: usize,
    /// Each subset, and where its list is.
    subsets: Vec<(usize, Range<usize>)>,
    /// The lists one after another, each filled up to whole fours with row `n_rows`, which is zero.
    rows: Vec<u32>,
}

impl Listed {
    /// No subset, of `n_rows` rows.
    pub fn clear(&mut self, n_rows: usize) {
        self.n_rows = n_rows;
        self.subsets.clear();
        self.rows.clear();
    }

    /// One subset more.
    pub fn push(&mut self, subset_idx: usize, members: &Members) {
        let start = self.rows.len();
        members.append_to(&mut self.rows);
        let end = start + (self.rows.len() - start).next_multiple_of(AT_A_TIME);
        self.rows.resize(end, self.n_rows as u32);
        self.subsets.push((subset_idx, start..end));
    }

    /// Room for some entries of all rows, and of one more that stays zero.
    pub fn workplace<T: Real, const W: usize>(&self) -> Vec<[Entries<T, W>; STRIP]> {
        let n_strips = if self.subsets.is_empty() { 0 } else { self.n_rows / STRIP + 1 };
        vec![[Entries::zero(); STRIP]; n_strips]
    }

    /// Tells `add` of each subset the sum of some entries of its rows.
    pub fn sums<T: Real, const W: usize>(
        &self,
        workplace: &mut [[Entries<T, W>; STRIP]],
        rows: &WeightedRows<'_, T>,
        entries: &Range<usize>,
        add: &mut impl FnMut(usize, &Entries<T, W>),
    ) {
        for (idx, strip) in workplace.iter_mut().enumerate() {
            write_strip(strip, rows, entries, idx * STRIP);
        }
        for (subset_idx, range) in &self.subsets {
            let list = self.rows[range.clone()].as_chunks().0;
            add(*subset_idx, &sum(workplace.as_flattened(), list));
        }
    }
}

/// The sum of the listed rows.
fn sum<T: Real, const W: usize>(
    rows: &[Entries<T, W>],
    list: &[[u32; AT_A_TIME]],
) -> Entries<T, W> {
    vectorised(
        #[inline(always)]
        move || {
            let mut running = Entries::zero();
            for listed in list {
                let row = |idx: usize| &rows[listed[idx] as usize].0;
                let (a, b, c, d) = (row(0), row(1), row(2), row(3));
                for (j, sum) in running.0.iter_mut().enumerate() {
                    *sum += (a[j] + b[j]) + (c[j] + d[j]);
                }
            }
            running
        },
    )
}
