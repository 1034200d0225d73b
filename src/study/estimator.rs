//! Estimators as values: what a part reads of the records, and which estimate it makes of it.

use std::fmt;
use std::sync::Arc;

use super::record::{Column, Records, Runs};
use super::{TrendDetails, Window};
use crate::error::{Error, Result};
use crate::linalg::mean;
use crate::stats::{
    Correction, DistanceToLaw, Estimate, Exact, Mean, Proportion, Replicates, SequentialProportion,
    SequentialVariance, Squares, Trend, Variance,
};

/// A distribution function.
type Law = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

/// Successes and trials of one run.
type Counts = (usize, usize);

/// What a part measures: the numbers that it reads, and the estimate that it makes of them.
///
/// Made by the methods of [`Runs`], by [`Estimator::trend`] and by [`Estimator::largest`].
#[derive(Clone)]
pub struct Estimator(Procedure);

#[derive(Clone)]
enum Procedure {
    BoundedMean { values: Column<Option<f64>>, window: Window },
    NormalMean { values: Column<Option<f64>> },
    Proportion { counts: Column<Counts>, trials_per_run: usize },
    SequentialProportion { counts: Column<Counts>, trials_per_run: usize, resolution: f64 },
    Variance { squares: Column<Squares>, values_per_run: usize },
    SequentialVariance { squares: Column<Squares>, values_per_run: usize, resolution: f64 },
    DistanceToLaw { values: Column<Vec<f64>>, values_per_run: usize, law: Law },
    Largest { cases: Vec<Cases> },
    LargestMean { groups: Column<Vec<Vec<f64>>> },
    Trend { rungs: Vec<AtSize> },
}

/// Computed values with error bounds that are read of the records of one sample.
#[derive(Clone)]
pub struct Cases(Column<Vec<(f64, f64)>>);

/// One size of a ladder: one number from each of its runs.
#[derive(Clone)]
pub struct AtSize {
    size: f64,
    values: Column<Option<f64>>,
}

impl<V: 'static> Runs<V> {
    /// The mean of one number per run, by bets in a window. A run for which `read` returns `None` is left out;
    /// what decides that must not be the number itself.
    pub fn mean<D: Into<Option<f64>>>(
        self,
        window: Window,
        read: impl Fn(&V) -> D + Send + Sync + 'static,
    ) -> Estimator {
        let values = self.column(move |record| read(record).into());
        Estimator(Procedure::BoundedMean { values, window })
    }

    /// The mean of one normal number per run.
    pub fn normal_mean<D: Into<Option<f64>>>(
        self,
        read: impl Fn(&V) -> D + Send + Sync + 'static,
    ) -> Estimator {
        Estimator(Procedure::NormalMean { values: self.column(move |record| read(record).into()) })
    }

    /// The proportion of successes among a fixed number of independent trials per run; `read` returns successes
    /// and trials.
    pub fn proportion(
        self,
        trials_per_run: usize,
        read: impl Fn(&V) -> (usize, usize) + Send + Sync + 'static,
    ) -> Estimator {
        Estimator(Procedure::Proportion { counts: self.column(read), trials_per_run })
    }

    /// The same at any time, with evidence that tells proportions apart that differ by `resolution`. A run may
    /// have fewer trials than `trials_per_run`.
    pub fn sequential_proportion(
        self,
        trials_per_run: usize,
        resolution: f64,
        read: impl Fn(&V) -> (usize, usize) + Send + Sync + 'static,
    ) -> Estimator {
        let counts = self.column(read);
        Estimator(Procedure::SequentialProportion { counts, trials_per_run, resolution })
    }

    /// The variance of normal values of mean 0, from their squares.
    pub fn variance(
        self,
        values_per_run: usize,
        read: impl Fn(&V) -> Squares + Send + Sync + 'static,
    ) -> Estimator {
        Estimator(Procedure::Variance { squares: self.column(read), values_per_run })
    }

    /// The same at any time, with evidence that tells variances apart that differ by the share `resolution`.
    pub fn sequential_variance(
        self,
        values_per_run: usize,
        resolution: f64,
        read: impl Fn(&V) -> Squares + Send + Sync + 'static,
    ) -> Estimator {
        let squares = self.column(read);
        Estimator(Procedure::SequentialVariance { squares, values_per_run, resolution })
    }

    /// The Kolmogorov distance of the law of some values to the law with this distribution function. The values
    /// of a run must have been drawn independently of each other: the card of the claim says why they are.
    pub fn distance_to_law(
        self,
        values_per_run: usize,
        law: impl Fn(f64) -> f64 + Send + Sync + 'static,
        read: impl Fn(&V) -> Vec<f64> + Send + Sync + 'static,
    ) -> Estimator {
        let (values, law) = (self.column(read), Arc::new(law));
        Estimator(Procedure::DistanceToLaw { values, values_per_run, law })
    }

    /// Computed values with error bounds, any number per run, of which the largest counts.
    pub fn cases(self, read: impl Fn(&V) -> Vec<(f64, f64)> + Send + Sync + 'static) -> Cases {
        Cases(self.column(read))
    }

    /// The largest of these values.
    pub fn largest(
        self,
        read: impl Fn(&V) -> Vec<(f64, f64)> + Send + Sync + 'static,
    ) -> Estimator {
        Estimator::largest([self.cases(read)])
    }

    /// The same for a number without error of each run.
    pub fn largest_of(self, read: impl Fn(&V) -> f64 + Send + Sync + 'static) -> Estimator {
        self.largest(move |record| vec![(read(record), 0.0)])
    }

    /// For each group of numbers the largest absolute mean over runs; of the groups the largest. Treated as exact: the
    /// claim's card must justify ignoring the sampling error.
    pub fn largest_mean(
        self,
        read: impl Fn(&V) -> Vec<Vec<f64>> + Send + Sync + 'static,
    ) -> Estimator {
        Estimator(Procedure::LargestMean { groups: self.column(read) })
    }

    /// The runs as one size of a ladder.
    pub fn at_size<D: Into<Option<f64>>>(
        self,
        size: usize,
        read: impl Fn(&V) -> D + Send + Sync + 'static,
    ) -> AtSize {
        AtSize { size: size as f64, values: self.column(move |record| read(record).into()) }
    }
}

/// The number of independent values in an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValuesPerRun {
    /// This many, or fewer.
    AtMost(usize),
    /// The estimate is a computed value, however many runs it looks at.
    Computed,
}

/// An estimate, with what is shown beside an exponent.
pub(super) struct Estimated {
    pub estimate: Box<dyn Estimate>,
    pub trend: Option<TrendDetails>,
    /// Whether all runs gave the same number to the last bit, which is no evidence.
    pub is_tied: bool,
}

impl<E: Estimate + 'static> From<E> for Estimated {
    fn from(estimate: E) -> Self {
        Estimated { estimate: Box::new(estimate), trend: None, is_tied: false }
    }
}

impl Estimator {
    /// The exponent of the mean along a ladder of sizes. A mean that is not positive has no exponent: then
    /// nothing is known.
    pub fn trend(rungs: impl IntoIterator<Item = AtSize>) -> Self {
        Estimator(Procedure::Trend { rungs: rungs.into_iter().collect() })
    }

    /// The largest computed value of several samples.
    pub fn largest(cases: impl IntoIterator<Item = Cases>) -> Self {
        Estimator(Procedure::Largest { cases: cases.into_iter().collect() })
    }

    /// The samples that are read, each once, in order.
    pub(super) fn sample_idxs(&self) -> Vec<usize> {
        let mut read = match &self.0 {
            Procedure::BoundedMean { values, .. } | Procedure::NormalMean { values } => {
                vec![values.sample_idx]
            }
            Procedure::Proportion { counts, .. }
            | Procedure::SequentialProportion { counts, .. } => {
                vec![counts.sample_idx]
            }
            Procedure::Variance { squares, .. } | Procedure::SequentialVariance { squares, .. } => {
                vec![squares.sample_idx]
            }
            Procedure::DistanceToLaw { values, .. } => vec![values.sample_idx],
            Procedure::LargestMean { groups } => vec![groups.sample_idx],
            Procedure::Largest { cases } => cases.iter().map(|cases| cases.0.sample_idx).collect(),
            Procedure::Trend { rungs } => rungs.iter().map(|rung| rung.values.sample_idx).collect(),
        };
        read.sort_unstable();
        read.dedup();
        read
    }

    /// Whether the evidence holds at any time, so that it may decide when sampling stops.
    pub(super) fn is_any_time(&self) -> bool {
        match self.0 {
            Procedure::BoundedMean { .. }
            | Procedure::SequentialProportion { .. }
            | Procedure::SequentialVariance { .. }
            | Procedure::Largest { .. } => true,
            Procedure::LargestMean { .. }
            | Procedure::NormalMean { .. }
            | Procedure::Proportion { .. }
            | Procedure::Variance { .. }
            | Procedure::DistanceToLaw { .. }
            | Procedure::Trend { .. } => false,
        }
    }

    pub(super) fn values_per_run(&self) -> ValuesPerRun {
        match self.0 {
            Procedure::BoundedMean { .. }
            | Procedure::NormalMean { .. }
            | Procedure::Trend { .. } => ValuesPerRun::AtMost(1),
            Procedure::Proportion { trials_per_run, .. }
            | Procedure::SequentialProportion { trials_per_run, .. } => {
                ValuesPerRun::AtMost(trials_per_run)
            }
            Procedure::Variance { values_per_run, .. }
            | Procedure::SequentialVariance { values_per_run, .. }
            | Procedure::DistanceToLaw { values_per_run, .. } => {
                ValuesPerRun::AtMost(values_per_run)
            }
            Procedure::Largest { .. } | Procedure::LargestMean { .. } => ValuesPerRun::Computed,
        }
    }

    /// The estimate of these records.
    pub(super) fn estimate(&self, records: &Records) -> Result<Estimated> {
        Ok(match &self.0 {
            Procedure::BoundedMean { values, window } => {
                let runs = present(values, records)?;
                Estimated { is_tied: runs.are_tied(), ..window.mean(&runs)?.into() }
            }
            Procedure::NormalMean { values } => {
                let runs = present(values, records)?;
                Estimated { is_tied: runs.are_tied(), ..Mean::of(&runs)?.into() }
            }
            Procedure::Proportion { counts, trials_per_run } => {
                let counts = counts.of(records)?;
                check_trials(&counts, *trials_per_run)?;
                let n_successes = counts.iter().map(|&(n_successes, _)| n_successes).sum();
                let n_trials = counts.iter().map(|&(_, n_trials)| n_trials).sum();
                Proportion { n_successes, n_trials }.into()
            }
            Procedure::SequentialProportion { counts, resolution, trials_per_run } => {
                let mut proportion = SequentialProportion::new(*resolution)?;
                let counts = counts.of(records)?;
                check_trials(&counts, *trials_per_run)?;
                counts.iter().try_for_each(|&(n_successes, n_trials)| {
                    proportion.add(n_successes, n_trials)
                })?;
                proportion.into()
            }
            Procedure::Variance { squares, .. } => {
                Variance::of(squares.of(records)?.iter().copied()).into()
            }
            Procedure::SequentialVariance { squares, resolution, .. } => {
                let squares = squares.of(records)?;
                SequentialVariance::of(squares.iter().copied(), *resolution)?.into()
            }
            Procedure::DistanceToLaw { values, law, .. } => {
                let values = values.of(records)?.independent_within();
                DistanceToLaw::of(&values, |value| law(value))?.into()
            }
            Procedure::Largest { cases } => {
                let mut all = Vec::new();
                for cases in cases {
                    all.extend(cases.0.of(records)?.iter().flatten().copied());
                }
                Exact::largest(all).into()
            }
            Procedure::LargestMean { groups } => largest_mean(&groups.of(records)?).into(),
            Procedure::Trend { rungs } => exponent(rungs, records)?,
        })
    }
}

/// Errors if a run has more trials than the design says.
fn check_trials(counts: &Replicates<Counts>, trials_per_run: usize) -> Result<()> {
    match counts.iter().find(|(_, n_trials)| *n_trials > trials_per_run) {
        None => Ok(()),
        Some((_, n_trials)) => {
            let remedy = "declare the largest number of trials of a run";
            let range = format!("at most {trials_per_run}");
            Err(Error::out_of_range("trials of a run", n_trials, range, remedy))
        }
    }
}

/// The numbers of the runs that have one.
fn present(values: &Column<Option<f64>>, records: &Records) -> Result<Replicates<f64>> {
    Ok(values.of(records)?.filter_map(|value| *value))
}

/// A group that is not as long in every run, or a number that is NaN, leaves the whole unknown.
fn largest_mean(runs: &Replicates<Vec<Vec<f64>>>) -> Exact {
    let Some(first) = runs.as_slice().first() else { return Exact::largest([]) };
    let mut sums: Vec<Vec<f64>> = first.iter().map(|group| vec![0.0; group.len()]).collect();
    for run in runs.iter() {
        let is_alike = run.len() == sums.len()
            && run.iter().zip(&sums).all(|(group, sums)| group.len() == sums.len());
        if !is_alike {
            return Exact::largest([(f64::NAN, 0.0)]);
        }
        for (sums, group) in sums.iter_mut().zip(run) {
            sums.iter_mut().zip(group).for_each(|(sum, value)| *sum += value);
        }
    }
    let n_runs = runs.n_runs() as f64;
    let largest = |sums: &Vec<f64>| Exact::largest(sums.iter().map(|sum| (sum.abs(), 0.0))).value;
    Exact::largest(sums.iter().map(|sums| (largest(sums) / n_runs, 0.0)))
}

fn exponent(rungs: &[AtSize], records: &Records) -> Result<Estimated> {
    let sizes: Vec<f64> = rungs.iter().map(|rung| rung.size).collect();
    let runs =
        rungs.iter().map(|rung| present(&rung.values, records)).collect::<Result<Vec<_>>>()?;
    if runs.iter().any(|runs| mean(runs.as_slice()) <= 0.0) {
        return Ok(Exact::largest([]).into());
    }
    let trend = Trend::of_replicates(&sizes, &runs, Correction::None)?;
    let details = TrendDetails::of(&trend, &sizes, &runs);
    Ok(Estimated { trend: Some(details), ..trend.into() })
}

/// The name of the procedure.
impl fmt::Display for Estimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self.0 {
            Procedure::BoundedMean { .. } => "bounded mean",
            Procedure::NormalMean { .. } => "normal mean",
            Procedure::Proportion { .. } => "proportion",
            Procedure::SequentialProportion { .. } => "sequential proportion",
            Procedure::Variance { .. } => "variance",
            Procedure::SequentialVariance { .. } => "sequential variance",
            Procedure::DistanceToLaw { .. } => "distance to a law",
            Procedure::Largest { .. } => "largest computed value",
            Procedure::LargestMean { .. } => "largest mean",
            Procedure::Trend { .. } => "trend",
        })
    }
}
