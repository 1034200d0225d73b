//! Compensated summation, so that statistics do not depend on how many terms they add.

use super::Real;

/// A running sum with Neumaier's correction: error of one rounding, however many terms.
///
/// # Source
/// Neumaier, *Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen*, ZAMM 54, 1974.
#[derive(Debug, Clone, Copy, Default)]
pub struct CompensatedSum {
    sum: f64,
    correction: f64,
}

impl CompensatedSum {
    /// Adds one term.
    pub fn add(&mut self, term: f64) {
        let total = self.sum + term;
        self.correction += if self.sum.abs() >= term.abs() {
            (self.sum - total) + term
        } else {
            (term - total) + self.sum
        };
        self.sum = total;
    }

    /// Adds the product of two numbers with its rounding error: a sum of products comes out as if
    /// computed with twice the digits and rounded once, unless a product leaves the range of `f64`.
    ///
    /// # Source
    /// Ogita, Rump and Oishi, *Accurate sum and dot product*, SIAM J. Sci. Comput. 26, 2005, algorithm 5.3.
    pub fn add_product(&mut self, left: f64, right: f64) {
        let product = left * right;
        self.add(product);
        self.add(left.mul_add(right, -product));
    }

    /// The sum so far.
    pub fn value(self) -> f64 {
        self.sum + self.correction
    }
}

impl FromIterator<f64> for CompensatedSum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.add(term));
        sum
    }
}

/// The sum in double precision, in eight interleaved partial sums: no addition waits for the one before it.
/// The order is fixed, so that the bits are the same on every run.
pub fn sum<T: Real>(entries: impl IntoIterator<Item = T>) -> f64 {
    let mut partial = [0.0; 8];
    let mut entries = entries.into_iter();
    loop {
        for slot in &mut partial {
            let Some(entry) = entries.next() else { return partial.iter().sum() };
            *slot += entry.to_f64();
        }
    }
}

/// Sums of slices of one length, entry by entry, in double precision: for each entry the sum that
/// [`sum`] gives, in the same order.
pub fn sum_of_slices<'a, T: Real>(
    n_entries: usize,
    slices: impl Iterator<Item = &'a [T]>,
) -> Vec<f64> {
    let mut partial = vec![vec![0.0; n_entries]; 8];
    for (idx, slice) in slices.enumerate() {
        let slot = partial[idx % 8].iter_mut();
        slot.zip(slice).for_each(|(slot, entry)| *slot += entry.to_f64());
    }
    (0..n_entries).map(|j| partial.iter().map(|slot| slot[j]).sum()).collect()
}

/// The compensated mean; NaN for an empty slice.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().copied().collect::<CompensatedSum>().value() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancellation_does_not_lose_the_small_term() {
        let sum: CompensatedSum = [1.0, 1e100, 1.0, -1e100].into_iter().collect();
        assert_eq!(sum.value(), 2.0);
    }

    #[test]
    fn products_are_added_with_their_rounding_errors() {
        // (1 + e)(1 - e) - 1 = -e^2 exactly, which the product alone rounds away.
        let small = 2.0_f64.powi(-40);
        let mut sum = CompensatedSum::default();
        sum.add_product(1.0 + small, 1.0 - small);
        sum.add(-1.0);
        assert_eq!(sum.value(), -small * small);
    }

    #[test]
    fn sums_of_slices_have_the_bits_of_sums() {
        let rows = faer::Mat::from_fn(13, 3, |i, j| ((3 * i + 7 * j) as f64).cos());
        let slices: Vec<Vec<f64>> =
            (0..13).map(|i| rows.row(i).iter().copied().collect()).collect();
        let sums = sum_of_slices(3, slices.iter().map(Vec::as_slice));
        assert_eq!(sums, [0, 1, 2].map(|j| sum(rows.col(j).iter().copied())));
    }

    #[test]
    fn mean_of_nothing_is_not_a_number() {
        assert!(mean(&[]).is_nan());
        assert_eq!(mean(&[1.0, 2.0, 6.0]), 3.0);
    }
}
