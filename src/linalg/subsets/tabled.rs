//! Subsets of many rows, whose sums are looked up.
//!
//! Four rows have only sixteen sums: they are computed once, and each subset looks up one of them in the place of
//! four multiply-adds. With many subsets that is an eighth of a product's instructions.
//!
//! # Source
//! Arlazarov, Dinic, Kronrod and Faradzhev, *On economical construction of the transitive closure of a
//! directed graph*, Soviet Math. Dokl. 11, 1970 ("the method of four Russians").

use std::ops::Range;

use super::members::{GROUP, Members, STRIP};
use super::{Entries, pieces, write_strip};
use crate::linalg::{Real, WeightedRows, vectorised};

const N_SUMS: usize = 1 << GROUP;
/// Subsets whose running sums stay in a core's second cache.
const N_RUNNING: usize = 1024;

/// Subsets by what they have of each group of rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Tabled {
    n_strips: usize,
    /// How many subsets there is room for.
    n_places: usize,
    subsets: Vec<usize>,
    /// What a subset has of the groups of a strip; subsets are neighbours within a strip.
    members: Vec<[u8; STRIP]>,
}

/// The sums of every choice among the rows of each group of a strip.
type Tables<T, const W: usize> = [[Entries<T, W>; N_SUMS]; STRIP];

/// What is reused from strip to strip.
pub(super) struct Workplace<T: Real, const W: usize> {
    /// The rows of a strip: first those that are the groups' first, and so on.
    rows: [[Entries<T, W>; STRIP]; GROUP],
    tables: Tables<T, W>,
    sums: Vec<Entries<T, W>>,
}

impl Tabled {
    /// No subset, and room for so many.
    pub fn clear(&mut self, n_strips: usize, n_places: usize) {
        (self.n_strips, self.n_places) = (n_strips, n_places);
        self.subsets.clear();
        self.members.resize(n_strips * n_places, [0; STRIP]);
    }

    /// One subset more.
    pub fn push(&mut self, subset_idx: usize, members: &Members) {
        let places = self.members.iter_mut().skip(self.subsets.len()).step_by(self.n_places);
        places.zip(members.strips()).for_each(|(place, &strip)| *place = strip);
        self.subsets.push(subset_idx);
    }

    pub fn workplace<T: Real, const W: usize>() -> Workplace<T, W> {
        let zero = Entries::zero();
        let (rows, tables) = ([[zero; STRIP]; GROUP], [[zero; N_SUMS]; STRIP]);
        Workplace { rows, tables, sums: Vec::new() }
    }

    /// Tells `add` of each subset the sum of some entries of its rows.
    pub fn sums<T: Real, const W: usize>(
        &self,
        workplace: &mut Workplace<T, W>,
        rows: &WeightedRows<'_, T>,
        entries: &Range<usize>,
        add: &mut impl FnMut(usize, &Entries<T, W>),
    ) {
        for here in pieces(0..self.subsets.len(), N_RUNNING) {
            workplace.sums.clear();
            workplace.sums.resize(here.len(), Entries::zero());
            for strip in 0..self.n_strips {
                for (bit, of_bit) in workplace.rows.iter_mut().enumerate() {
                    // Rows that are not there are left as they are: no subset has them.
                    write_strip(of_bit, rows, entries, (bit * self.n_strips + strip) * STRIP);
                }
                tabulate(&mut workplace.tables, &workplace.rows);
                let members = &self.members[strip * self.n_places..][here.clone()];
                add_from_tables(&mut workplace.sums, &workplace.tables, members);
            }
            let subsets = &self.subsets[here];
            subsets.iter().zip(&workplace.sums).for_each(|(&idx, sum)| add(idx, sum));
        }
    }
}

/// Computes the sums of every choice among the rows of each group.
fn tabulate<T: Real, const W: usize>(
    tables: &mut Tables<T, W>,
    rows: &[[Entries<T, W>; STRIP]; GROUP],
) {
    vectorised(
        #[inline(always)]
        move || {
            for (group, table) in tables.iter_mut().enumerate() {
                for (bit, rows) in rows.iter().enumerate() {
                    // A copy: behind a reference it might be part of the table.
                    let row = rows[group].0;
                    let (without, with) = table.split_at_mut(1 << bit);
                    for (sum, base) in with.iter_mut().zip(without) {
                        for (j, (sum, &base)) in sum.0.iter_mut().zip(&base.0).enumerate() {
                            *sum = base + row[j];
                        }
                    }
                }
            }
        },
    );
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
