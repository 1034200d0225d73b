//! One value per independent run: the only rows that statistics are made of.

use rayon::prelude::*;

use crate::error::{Error, Result};

/// Values of independent replicates, exactly one per run, in the order of the runs.
///
/// The rows of a run (its neurons, its steps, its test points) share its randomness and are no samples.
/// So this type has no way from several rows of a run to several replicates: it is made by a
/// closure that is called once per run, and can be mapped, but not flattened. A statistic takes
/// `&Replicates<f64>`:
///
/// ```
/// use feature_contamination::stats::{Estimate, Mean, Replicates};
/// let runs = Replicates::of(8, |run_idx| vec![run_idx as f64; 100]);
/// let per_run = runs.map(|rows| rows.iter().sum::<f64>() / 100.0);
/// assert_eq!(Mean::of(&per_run)?.n_samples(), 8);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// A hundred correlated rows per run do not pass for samples:
///
/// ```compile_fail
/// use feature_contamination::stats::{Mean, Replicates};
/// let runs = Replicates::of(8, |run_idx| vec![run_idx as f64; 100]);
/// Mean::of(&runs);
/// ```
///
/// ```compile_fail
/// use feature_contamination::stats::{Mean, Replicates};
/// let runs = Replicates::of(8, |run_idx| vec![run_idx as f64; 100]);
/// let rows: Replicates<f64> = runs.into_iter().flatten().collect();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates<V> {
    values: Vec<V>,
}

impl<V> Replicates<V> {
    /// Calls `run` once for each of `n_runs` indices. It must draw from a random stream of its own, named
    /// by the index.
    pub fn of(n_runs: usize, run: impl FnMut(usize) -> V) -> Self {
        Replicates { values: (0..n_runs).map(run).collect() }
    }

    /// No run yet.
    pub fn none() -> Self {
        Replicates { values: Vec::new() }
    }

    /// The same as [`Replicates::of`], on all threads; the order is that of the indices, whatever the number of threads.
    ///
    /// # Errors
    /// The error of a run.
    pub fn try_of_parallel(
        n_runs: usize,
        run: impl Fn(usize) -> Result<V> + Send + Sync,
    ) -> Result<Self>
    where
        V: Send,
    {
        let values = (0..n_runs).into_par_iter().with_max_len(1).map(run).collect::<Result<_>>()?;
        Ok(Replicates { values })
    }

    /// Takes rows from outside for independent runs. Nothing here can check that they are: the caller
    /// vouches for it.
    pub fn assume_independent(values: Vec<V>) -> Self {
        Replicates { values }
    }

    /// One value from each run.
    pub fn map<W>(&self, value: impl FnMut(&V) -> W) -> Replicates<W> {
        Replicates { values: self.values.iter().map(value).collect() }
    }

    /// One value from each run, or an error.
    ///
    /// # Errors
    /// The first error of `value`.
    pub fn try_map<W>(&self, value: impl FnMut(&V) -> Result<W>) -> Result<Replicates<W>> {
        Ok(Replicates { values: self.values.iter().map(value).collect::<Result<_>>()? })
    }

    /// At most one value from each run. What decides whether a run has one must not be the value itself.
    pub fn filter_map<W>(&self, value: impl FnMut(&V) -> Option<W>) -> Replicates<W> {
        Replicates { values: self.values.iter().filter_map(value).collect() }
    }

    /// Pairs of values of the same run; runs that only one side has are left out.
    pub fn zip<'a, W>(&'a self, other: &'a Replicates<W>) -> Replicates<(&'a V, &'a W)> {
        Replicates { values: self.values.iter().zip(&other.values).collect() }
    }

    /// More runs behind those so far.
    pub fn extend(&mut self, later: Replicates<V>) {
        self.values.extend(later.values);
    }

    /// The number of runs.
    pub fn n_runs(&self) -> usize {
        self.values.len()
    }

    /// The values, one per run.
    pub fn as_slice(&self) -> &[V] {
        &self.values
    }

    /// The values, one per run.
    pub fn iter(&self) -> std::slice::Iter<'_, V> {
        self.values.iter()
    }
}

impl Replicates<f64> {
    /// Nothing that is not a number.
    ///
    /// # Errors
    /// No run, or a value that is not finite.
    pub(super) fn check(&self) -> Result<()> {
        if self.values.is_empty() {
            let remedy = "give at least one independent run";
            return Err(Error::out_of_range("number of replicates", 0, "at least 1", remedy));
        }
        match self.values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(run_idx) => Err(Error::out_of_range(
                format!("replicate {run_idx}"),
                self.values[run_idx],
                "a finite number",
                "find out why the run left the numbers; no statistic can mend it",
            )),
        }
    }

    /// Whether more than one replicate agree to the last bit, which those of a continuous quantity do
    /// only when their random streams are tied: such replicates are no evidence.
    pub fn are_tied(&self) -> bool {
        self.values.len() > 1 && self.values.windows(2).all(|pair| pair[0] == pair[1])
    }
}

impl<V> Replicates<Vec<V>> {
    /// Rows that are independent within their runs as well, each a run of its own. That is a property of
    /// the design (coordinates of a start before the first batch, fresh samples of one law), never of
    /// what came after a shared batch; the card of a claim says why it holds.
    pub fn independent_within(self) -> Replicates<V> {
        Replicates { values: self.values.into_iter().flatten().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_keep_their_order_on_any_number_of_threads() {
        let square = |idx: usize| idx * idx;
        let parallel = Replicates::try_of_parallel(100, |idx| Ok(square(idx))).unwrap();
        assert_eq!(parallel, Replicates::of(100, square));
        let failing = Replicates::try_of_parallel(3, |idx| {
            if idx == 1 { Err(Error::Interrupted { step: idx }) } else { Ok(idx) }
        });
        assert!(failing.is_err());
    }

    #[test]
    fn what_is_no_number_is_refused_with_its_place() {
        let check = |values: &[f64]| Replicates::assume_independent(values.to_vec()).check();
        assert!(check(&[1.0, 2.0]).is_ok());
        assert!(check(&[]).unwrap_err().to_string().contains("number of replicates = 0"));
        let fault = check(&[1.0, f64::NAN]).unwrap_err().to_string();
        assert!(fault.contains("replicate 1 = NaN"), "{fault}");
        assert!(check(&[f64::INFINITY]).is_err());
    }

    #[test]
    fn ties_of_a_whole_sample_are_seen() {
        assert!(Replicates::of(3, |_| 2.0).are_tied());
        assert!(!Replicates::of(3, |idx| (idx / 2) as f64).are_tied());
        assert!(!Replicates::of(1, |_| 2.0).are_tied());
    }
}
