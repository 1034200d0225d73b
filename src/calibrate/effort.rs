//! Replicates in parallel, with the same result for any number of threads.

use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::Measured;
use crate::error::Result;
use crate::seed::Seed;

/// Sees how far the work is.
pub trait Progress: Sync {
    /// A procedure begins.
    fn procedure(&self, _procedure_idx: usize, _n_procedures: usize, _name: &str) {}
    /// So many more replicates will run.
    fn planned(&self, _n_replicates: usize) {}
    /// So many have run.
    fn done(&self, _n_replicates: usize) {}
}

/// Nobody looks.
impl Progress for () {}

/// What may be spent, and on which random streams.
#[derive(Clone, Copy)]
pub struct Effort<'a> {
    seed: Seed,
    procedure: &'static str,
    n_replicates: usize,
    progress: &'a dyn Progress,
}

/// Replicates that one thread takes at a time; a free choice that moves only the rounding of averages.
const CHUNK: usize = 64;

impl<'a> Effort<'a> {
    /// So many replicates of each sampled rate, on streams below this seed.
    ///
    /// # Errors
    /// No replicate, or more than anybody waits for.
    pub fn new(seed: Seed, n_replicates: usize, progress: &'a dyn Progress) -> Result<Self> {
        let n_replicates = super::check_replicates(n_replicates)?;
        Ok(Effort { seed, procedure: "", n_replicates, progress })
    }

    /// The same for one procedure, whose streams depend on nothing but its name.
    pub(super) fn of(&self, procedure: &'static str) -> Self {
        Effort { seed: self.seed.child(procedure), procedure, ..*self }
    }

    /// The procedure that this is for.
    pub(super) fn procedure(&self) -> &'static str {
        self.procedure
    }

    /// The replicates of one sampled rate.
    pub(super) fn n_replicates(&self) -> usize {
        self.n_replicates
    }

    /// Who sees how far the work is.
    pub(super) fn progress(&self) -> &dyn Progress {
        self.progress
    }

    /// Runs replicates, each on the stream of its index below this name, and adds up the numbers that each
    /// gives: 1 for an event, 0 for its absence, or anything that is to be averaged.
    ///
    /// # Errors
    /// The first error of a replicate.
    pub(super) fn sample<const K: usize>(
        &self,
        name: &str,
        n_replicates: usize,
        replicate: impl Fn(&mut Pcg64) -> Result<[f64; K]> + Sync,
    ) -> Result<[Moments; K]> {
        let seed = self.seed.child(name);
        self.progress.planned(n_replicates);
        let chunk = |chunk_idx: usize| {
            let mut moments = [Moments::default(); K];
            let end = n_replicates.min((chunk_idx + 1) * CHUNK);
            for idx in chunk_idx * CHUNK..end {
                let values = replicate(&mut seed.index(idx).rng())?;
                moments.iter_mut().zip(values).for_each(|(moments, value)| moments.add(value));
            }
            self.progress.done(end - chunk_idx * CHUNK);
            Ok(moments)
        };
        let n_chunks = n_replicates.div_ceil(CHUNK);
        let chunks = (0..n_chunks).into_par_iter().map(chunk).collect::<Result<Vec<_>>>()?;
        // In the order of the indices, for the same rounding on any number of threads.
        Ok(chunks.into_iter().fold([Moments::default(); K], |mut total, chunk| {
            total.iter_mut().zip(chunk).for_each(|(total, moments)| total.merge(moments));
            total
        }))
    }
}

/// Sums over replicates.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Moments {
    n_replicates: usize,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.n_replicates += 1;
        self.sum += value;
        self.squares += value * value;
    }

    fn merge(&mut self, other: Moments) {
        self.n_replicates += other.n_replicates;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// The mean.
    pub fn mean(self) -> f64 {
        self.sum / self.n_replicates as f64
    }

    /// Its standard error.
    pub fn standard_error(self) -> f64 {
        let n = self.n_replicates as f64;
        let variance = (self.squares / n - self.mean().powi(2)).max(0.0);
        (variance / n).sqrt()
    }

    /// As the count of an event: its sum is one of zeros and ones, exact up to 2^53.
    pub fn counted(self) -> Measured {
        Measured::Counted { count: self.sum as usize, n_replicates: self.n_replicates }
    }

    /// As an average.
    pub fn averaged(self) -> Measured {
        Measured::Average {
            mean: self.mean(),
            standard_error: self.standard_error(),
            n_replicates: self.n_replicates,
        }
    }
}

/// 1 for an event, 0 for its absence.
pub(super) fn indicator(event: bool) -> f64 {
    f64::from(u8::from(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn moments_are_the_same_on_one_thread_and_on_two() {
        let effort = Effort::new(Seed::root(1), 1000, &()).unwrap().of("test");
        let run = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            let replicate = |rng: &mut Pcg64| {
                let value: f64 = rng.random();
                Ok([value, indicator(value < 0.3)])
            };
            pool.install(|| effort.sample("uniform", 1000, replicate)).unwrap()
        };
        let [value, event] = run(1);
        assert_eq!([value, event], run(2));
        assert!((value.mean() - 0.5).abs() < 0.05 && (event.mean() - 0.3).abs() < 0.08);
        assert!((value.standard_error() / (1.0 / 12.0 / 1000.0_f64).sqrt() - 1.0).abs() < 0.1);
        assert!(matches!(event.counted(), Measured::Counted { n_replicates: 1000, .. }));
    }

    #[test]
    fn no_replicates_are_refused_and_a_fault_is_passed_on() {
        let fault = Effort::new(Seed::root(1), 0, &()).err().unwrap().to_string();
        assert!(fault.contains("replicates = 0"), "{fault}");
        let effort = Effort::new(Seed::root(1), 10, &()).unwrap();
        let failing =
            effort.sample("x", 10, |_| crate::calibrate::check_replicates(0).map(|_| [0.0]));
        assert!(failing.is_err());
    }
}
