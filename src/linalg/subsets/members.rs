//! The rows of one subset, as bits.

use crate::linalg::{Real, vectorised};

/// Rows that make a group, whose sums are tabled together: one bit each.
pub(super) const GROUP: usize = 4;
/// Groups that make a strip: their tables stay in a core's first cache.
pub(super) const STRIP: usize = 8;

/// Which rows of each group belong to a subset.
///
/// Group `g` of all `n_groups` consists of the rows `g`, `n_groups + g`, ...: neighbouring rows are in neighbouring
/// groups, so that they are treated side by side.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    groups: Vec<u8>,
}

impl Members {
    /// No rows of `n_rows`.
    pub fn clear(&mut self, n_rows: usize) {
        self.groups.clear();
        // At least one strip, so that no rows are as many as any.
        self.groups.resize(n_rows.div_ceil(GROUP * STRIP).max(1) * STRIP, 0);
    }

    /// The groups, strip by strip.
    pub fn strips(&self) -> &[[u8; STRIP]] {
        self.groups.as_chunks().0
    }

    /// The rows whose entry is not negative (or not a number), of as many entries as there are rows.
    pub fn set_not_negative<T: Real>(&mut self, entries: &[T]) {
        self.groups.fill(0);
        let zero = T::from_f64(0.0);
        for (bit, part) in entries.chunks(self.groups.len()).enumerate() {
            let groups = self.groups.as_mut_slice();
            vectorised(
                #[inline(always)]
                move || {
                    for (members, &entry) in groups.iter_mut().zip(part) {
                        *members |= (if entry < zero { 0 } else { 1 }) << bit;
                    }
                },
            );
        }
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        let strips = self.strips();
        vectorised(
            #[inline(always)]
            move || {
                strips.iter().map(|&strip| u64::from_le_bytes(strip).count_ones() as usize).sum()
            },
        )
    }

    /// Appends the rows in ascending order.
    pub fn append_to(&self, rows: &mut Vec<u32>) {
        const FIRST_BITS: u64 = u64::from_le_bytes([1; STRIP]);
        let strips = self.strips();
        vectorised(
            #[inline(always)]
            move || {
                for bit in 0..GROUP {
                    for (idx, &strip) in strips.iter().enumerate() {
                        let first = ((bit * strips.len() + idx) * STRIP) as u32;
                        let mut members = (u64::from_le_bytes(strip) >> bit) & FIRST_BITS;
                        while members != 0 {
                            rows.push(first + members.trailing_zeros() / u8::BITS);
                            members &= members - 1;
                        }
                    }
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in() {
        for n_rows in [0, 1, 31, 32, 33, 100] {
            let is_in = |i: usize| (i * i) % 7 < 3;
            let entries: Vec<f32> =
                (0..n_rows).map(|i| if is_in(i) { i as f32 } else { -1.0 }).collect();
            let mut members = Members::default();
            members.clear(n_rows);
            members.set_not_negative(&entries);
            let expected: Vec<u32> = (0..n_rows).filter(|&i| is_in(i)).map(|i| i as u32).collect();
            let mut rows = Vec::new();
            members.append_to(&mut rows);
            assert_eq!((rows, members.count()), (expected.clone(), expected.len()));
        }
    }
}
