//! Samples: what a design runs, how often, and what one run costs.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use super::key::Key;
use super::record::{Record, RecordType};
use crate::error::{Error, Result};
use crate::seed::Seed;
use crate::stats::{Rates, Resolution};

/// One kind of run: its key, its sizes, how many runs are drawn, and the closure that does one.
///
/// The closure takes the streams of its run and returns a record: every number that any claim reads of such a
/// run. Only records are kept, so memory does not grow with what is trained.
pub struct Sample<V> {
    pub(super) spec: SampleSpec,
    record: std::marker::PhantomData<fn() -> V>,
}

/// Does the run of an index, from the streams of the sample, into the place of a record.
type RunInto = dyn Fn(usize, Seed, &Record) -> Result<()> + Send + Sync;

/// A sample without the type of its records.
#[derive(Clone)]
pub(super) struct SampleSpec {
    pub key: Key,
    pub sizes: Vec<usize>,
    pub budget: Budget,
    pub record_type: RecordType,
    place: fn() -> Record,
    run: Arc<RunInto>,
    cost: Option<Arc<dyn Fn() -> Result<f64> + Send + Sync>>,
}

/// How many runs of a sample are drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Budget {
    /// This many.
    Fixed(usize),
    /// Chunks of runs, until every part that reads only this sample has a verdict or the runs are spent.
    UntilDecided {
        /// Runs between two looks.
        chunk: usize,
        /// The scatters of its parts, from which the largest number of runs follows.
        scatters: Vec<Scatter>,
    },
    /// The same with a number of runs that does not follow from a scatter.
    AtMost {
        /// Runs between two looks.
        chunk: usize,
        /// The number of runs to expect if the claim is true.
        expected: usize,
        /// The largest number of runs.
        most: usize,
    },
}

/// The spread of one part's values, declared in advance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// The standard deviation of one value, over the margin of the part.
    pub deviation: f64,
    /// Values per run.
    pub n_per_run: f64,
}

impl Scatter {
    /// One value per run.
    pub const fn of_run(deviation: f64) -> Self {
        Scatter { deviation, n_per_run: 1.0 }
    }
}

/// The numbers of runs that a budget comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCounts {
    /// The number of runs to expect if the claim is true.
    pub expected: usize,
    /// The largest number of runs.
    pub most: usize,
    /// Runs between two looks; `most` if nobody looks before the end.
    pub(super) chunk: usize,
}

impl RunCounts {
    /// Whether all runs are drawn before anybody looks, so that their number is certain.
    pub fn looks_at_the_end_only(&self) -> bool {
        self.chunk == self.most
    }
}

/// With this probability a budget suffices to support a true claim, and to refute one that is off by its
/// margin.
const POWER: f64 = 0.999;

impl Budget {
    /// Checks that the budget leads to runs and to an end.
    ///
    /// # Errors
    /// - no run, no run between two looks, or more runs expected than there can be;
    /// - no scatter, or one that is not positive and finite.
    pub(super) fn check(&self, key: &Key) -> Result<()> {
        let (chunk, is_sound) = match self {
            Budget::Fixed(n_runs) => (*n_runs, true),
            Budget::AtMost { chunk, expected, most } => (*chunk, (1..=*most).contains(expected)),
            Budget::UntilDecided { chunk, scatters } => {
                let is_positive = |x: f64| x > 0.0 && x.is_finite();
                let is_sound = |s: &Scatter| is_positive(s.deviation) && is_positive(s.n_per_run);
                (*chunk, !scatters.is_empty() && scatters.iter().all(is_sound))
            }
        };
        if chunk > 0 && is_sound {
            return Ok(());
        }
        let range =
            "at least one run at a time, with positive scatters, and no more expected than allowed";
        let remedy = "declare how many runs the sample takes";
        Err(Error::out_of_range(format!("budget of {key}"), format!("{self:?}"), range, remedy))
    }

    /// The numbers of runs at these rates of each part.
    pub(super) fn counts(&self, rates: Rates, patience: f64) -> RunCounts {
        match self {
            Budget::Fixed(n_runs) => RunCounts { expected: *n_runs, most: *n_runs, chunk: *n_runs },
            Budget::AtMost { chunk, expected, most } => {
                RunCounts { expected: *expected, most: *most, chunk: *chunk }
            }
            Budget::UntilDecided { chunk, scatters } => {
                let (support, refute) = runs_to_decide(scatters, rates, POWER);
                let (even_odds, _) = runs_to_decide(scatters, rates, 0.5);
                let whole = |n_runs: f64| (n_runs / *chunk as f64).ceil() as usize * chunk;
                let most = whole(support.max(refute) * patience);
                RunCounts { expected: whole(even_odds).min(most), most, chunk: *chunk }
            }
        }
    }
}

/// Runs that resolve the margins of all parts with this probability: to support, and to refute.
fn runs_to_decide(scatters: &[Scatter], rates: Rates, power: f64) -> (f64, f64) {
    scatters.iter().fold((0.0, 0.0), |(support, refute): (f64, f64), scatter| {
        let resolution = Resolution { standard_deviation: scatter.deviation, margin: 1.0, rates };
        (
            support.max(resolution.samples_to_support(power) / scatter.n_per_run),
            refute.max(resolution.samples_to_refute(power) / scatter.n_per_run),
        )
    })
}

impl<V: Send + Sync + 'static> Sample<V> {
    /// A sample whose runs are numbered. `run` does one of them; it must draw from the streams that it is given, and
    /// from no other.
    pub fn new(key: Key, run: impl Fn(Seed) -> Result<V> + Send + Sync + 'static) -> Self {
        Self::indexed(key, move |_, seed| run(seed))
    }

    /// A sample whose runs know their index, for instance because the first is looked at more closely.
    pub fn indexed(
        key: Key,
        run: impl Fn(usize, Seed) -> Result<V> + Send + Sync + 'static,
    ) -> Self {
        Self::drawing(key, move |idx, seed| run(idx, seed.index(idx)))
    }

    /// A sample of a single run, which draws from the streams of the key itself, or draws nothing and computes.
    pub fn single(key: Key, run: impl Fn(Seed) -> Result<V> + Send + Sync + 'static) -> Self {
        Self::drawing(key, move |_, seed| run(seed))
    }

    /// `run` takes the index of a run and the streams of the key.
    fn drawing(key: Key, run: impl Fn(usize, Seed) -> Result<V> + Send + Sync + 'static) -> Self {
        let run_into = move |idx: usize, seed: Seed, place: &Record| -> Result<()> {
            let value = run(idx, seed)?;
            if let Some(place) = place.downcast_ref::<OnceLock<V>>() {
                place.get_or_init(|| value);
            }
            Ok(())
        };
        let spec = SampleSpec {
            key,
            sizes: Vec::new(),
            budget: Budget::Fixed(1),
            record_type: RecordType::of::<V>(),
            place: || Arc::new(OnceLock::<V>::new()),
            run: Arc::new(run_into),
            cost: None,
        };
        Sample { spec, record: std::marker::PhantomData }
    }

    /// Declares the sizes of a run, such as its number of features, for tables and plots.
    pub fn sizes(mut self, sizes: &[usize]) -> Self {
        self.spec.sizes = sizes.to_vec();
        self
    }

    /// Draws this many runs.
    pub fn runs(self, n_runs: usize) -> Self {
        self.budget(Budget::Fixed(n_runs))
    }

    /// Draws chunks of runs until the parts that read only this sample are decided.
    pub fn until_decided(self, chunk: usize, scatters: &[Scatter]) -> Self {
        self.budget(Budget::UntilDecided { chunk, scatters: scatters.to_vec() })
    }

    /// Draws runs within this budget.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.spec.budget = budget;
        self
    }

    /// Declares how to measure the seconds of one run on one core without doing the run, for runs that take
    /// more than a tenth of a second. A sample that declares nothing is timed by one of its runs.
    pub fn cost(mut self, seconds: impl Fn() -> Result<f64> + Send + Sync + 'static) -> Self {
        self.spec.cost = Some(Arc::new(seconds));
        self
    }
}

impl SampleSpec {
    /// Returns an empty place for the record of one run.
    pub fn place(&self) -> Record {
        (self.place)()
    }

    /// Does the run of this index below the root seed, and puts its record into a place of this sample.
    pub fn run(&self, run_idx: usize, root: Seed, place: &Record) -> Result<()> {
        (self.run)(run_idx, self.key.seed(root), place)
    }

    /// Seconds of one run on one core of this machine.
    pub fn seconds_per_run(&self) -> Result<f64> {
        if let Some(cost) = &self.cost {
            return cost();
        }
        let start = Instant::now();
        self.run(0, Seed::root(0), &self.place())?;
        Ok(start.elapsed().as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCATTERS: [Scatter; 2] =
        [Scatter::of_run(3.0), Scatter { deviation: 20.0, n_per_run: 32.0 }];

    #[test]
    fn a_budget_resolves_every_part_in_whole_chunks() {
        let budget = Budget::UntilDecided { chunk: 128, scatters: SCATTERS.to_vec() };
        let loose = Rates { alpha: 1e-9, beta: 1e-3 };
        let strict = Rates { alpha: 1e-12, beta: 1e-6 };
        for rates in [loose, strict] {
            let counts = budget.counts(rates, 1.25);
            let resolution = Resolution { standard_deviation: 3.0, margin: 1.0, rates };
            assert!(counts.most as f64 >= resolution.samples_to_refute(POWER));
            assert!(counts.most.is_multiple_of(128) && counts.expected <= counts.most);
        }
        assert!(budget.counts(strict, 2.5).most > budget.counts(loose, 1.25).most);
    }
}
