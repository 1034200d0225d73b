//! The lab: where runs are done, and their records kept for every claim that reads them.

use std::collections::HashMap;
use std::time::Instant;

use rayon::prelude::*;

use super::record::{Record, RecordType};
use super::sample::SampleSpec;
use super::{Arm, Key, Tier};
use crate::error::{Error, Result};
use crate::seed::Seed;

/// Receives progress events.
pub trait Progress: Sync {
    /// A claim begins.
    fn claim(&self, claim_idx: usize, n_claims: usize, id: &str);
    /// This many runs are about to start.
    fn runs_planned(&self, n_runs: usize);
    /// A run is done.
    fn run_done(&self);
}

/// Ignores all progress events.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn claim(&self, _claim_idx: usize, _n_claims: usize, _id: &str) {}
    fn runs_planned(&self, _n_runs: usize) {}
    fn run_done(&self) {}
}

/// Draws samples at one seed and one tier, and keeps their records by key and arm, so that claims that name one
/// key share its runs.
pub struct Lab {
    seed: Seed,
    tier: Tier,
    progress: Box<dyn Progress + Send>,
    drawn: HashMap<(Key, Arm), Drawn>,
}

/// The records of one sample so far.
struct Drawn {
    record_type: RecordType,
    sizes: Vec<usize>,
    records: Vec<Record>,
    /// Core-seconds of each run.
    seconds: Vec<f64>,
}

/// One run to be done.
struct Job<'s> {
    sample: &'s SampleSpec,
    run_idx: usize,
    record: Record,
    /// Core-seconds that the run took.
    seconds: f64,
}

impl<'s> Job<'s> {
    /// Takes the place of the record before any run starts. Taken after a run, it would split the space that the
    /// run's matrices leave, and those of the next run would no longer fit there.
    fn new(sample: &'s SampleSpec, run_idx: usize) -> Self {
        Job { sample, run_idx, record: sample.place(), seconds: 0.0 }
    }

    fn run(&mut self, root: Seed) -> Result<()> {
        let start = Instant::now();
        self.sample.run(self.run_idx, root, &self.record)?;
        self.seconds = start.elapsed().as_secs_f64();
        Ok(())
    }
}

impl Lab {
    /// A lab without records. The progress is told of every run.
    pub fn new(seed: Seed, tier: Tier, progress: Box<dyn Progress + Send>) -> Self {
        Lab { seed, tier, progress, drawn: HashMap::new() }
    }

    /// The root of all random streams.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// How much may be spent.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    pub(super) fn progress(&self) -> &dyn Progress {
        self.progress.as_ref()
    }

    /// Returns the first runs of each sample, as many as asked for; those that nobody asked for before are drawn
    /// in parallel, the largest sizes first, so that no thread is left with a long one at the end. What a run
    /// gives depends on its key and its index alone.
    ///
    /// # Errors
    /// - the error of a run;
    /// - a key under which records of another type or of other sizes are kept.
    pub(super) fn draw(
        &mut self,
        arm: Arm,
        wanted: &[(&SampleSpec, usize)],
    ) -> Result<Vec<Vec<Record>>> {
        let mut jobs: Vec<Job<'_>> = Vec::new();
        for &(sample, n_runs) in wanted {
            let known = self.drawn.entry((sample.key.clone(), arm)).or_insert_with(|| Drawn {
                record_type: sample.record_type,
                sizes: sample.sizes.clone(),
                records: Vec::new(),
                seconds: Vec::new(),
            });
            check_alike(sample, known)?;
            jobs.extend((known.records.len()..n_runs).map(|run_idx| Job::new(sample, run_idx)));
        }
        jobs.sort_by_key(|job| std::cmp::Reverse(job.sample.sizes.iter().max().copied()));
        self.progress.runs_planned(jobs.len());
        jobs.par_iter_mut().with_max_len(1).try_for_each(|job| {
            job.run(self.seed)?;
            self.progress.run_done();
            Ok(())
        })?;
        // Jobs of one sample are in the order of their indices: the sort is stable.
        for job in jobs {
            if let Some(known) = self.drawn.get_mut(&(job.sample.key.clone(), arm)) {
                known.records.push(job.record);
                known.seconds.push(job.seconds);
            }
        }
        let records = wanted.iter().map(|&(sample, n_runs)| {
            let known = self.drawn.get(&(sample.key.clone(), arm));
            known.map(|known| known.records[..n_runs].to_vec()).unwrap_or_default()
        });
        Ok(records.collect())
    }

    /// Core-seconds that the first runs of a key took.
    #[cfg(feature = "faults")]
    pub(super) fn core_seconds(&self, key: &Key, arm: Arm, n_runs: usize) -> f64 {
        let known = self.drawn.get(&(key.clone(), arm));
        known.map_or(0.0, |known| known.seconds.iter().take(n_runs).sum())
    }
}

/// Checks that a key has one kind of record at one size, whoever names it.
fn check_alike(sample: &SampleSpec, known: &Drawn) -> Result<()> {
    if known.record_type == sample.record_type && known.sizes == sample.sizes {
        return Ok(());
    }
    Err(Error::out_of_range(
        format!("sample {}", sample.key),
        format!("`{}` at sizes {:?}", sample.record_type.1, sample.sizes),
        format!(
            "`{}` at sizes {:?}, as another claim declares it",
            known.record_type.1, known.sizes
        ),
        "give samples that differ different keys",
    ))
}
