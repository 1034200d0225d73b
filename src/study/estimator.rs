//! Estimators as values: what a part reads of the records, and which estimate it makes of it.

use std::fmt;
use std::sync::Arc;

use super::record::{Column, Records, Runs};
use super::{TrendDetails, Window};
use crate::error::Result;
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
pub struct Estimator(Kind);

#[derive(Clone)]
enum Kind {
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
        Estimator(Kind::BoundedMean { values, window })
    }

    /// The mean of one normal number per run.
    pub fn normal_mean<D: Into<Option<f64>>>(
        self,
        read: impl Fn(&V) -> D + Send + Sync + 'static,
    ) -> Estimator {
        Estimator(Kind::NormalMean { values: self.column(move |record| read(record).into()) })
    }

    /// The proportion of successes among a fixed number of independent trials per run; `read` returns successes
    /// and trials.
    pub fn proportion(
        self,
        trials_per_run: usize,
        read: impl Fn(&V) -> (usize, usize) + Send + Sync + 'static,
    ) -> Estimator {
        Estimator(Kind::Proportion { counts: self.column(read), trials_per_run })
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
        Estimator(Kind::SequentialProportion { counts, trials_per_run, resolution })
    }

    /// The variance of normal values of mean 0, from their squares.
    pub fn variance(
        self,
        values_per_run: usize,
        read: impl Fn(&V) -> Squares + Send + Sync + 'static,
    ) -> Estimator {
        Estimator(Kind::Variance { squares: self.column(read), values_per_run })
    }

    /// The same at any time, with evidence that tells variances apart that differ by the share `resolution`.
    pub fn sequential_variance(
        self,
        values_per_run: usize,
        resolution: f64,
        read: impl Fn(&V) -> Squares + Send + Sync + 'static,
    ) -> Estimator {
        let squares = self.column(read);
        Estimator(Kind::SequentialVariance { squares, values_per_run, resolution })
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
        Estimator(Kind::DistanceToLaw { values, values_per_run, law })
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

    /// For each group of numbers the largest absolute mean over runs; of the groups the largest. It is taken as
    /// computed: the card of the claim says why so many runs leave no room for chance.
    pub fn largest_mean(
        self,
        read: impl Fn(&V) -> Vec<Vec<f64>> + Send + Sync + 'static,
    ) -> Estimator {
        Estimator(Kind::LargestMean { groups: self.column(read) })
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
        Estimator(Kind::Trend { rungs: rungs.into_iter().collect() })
    }

    /// The largest computed value of several samples.
    pub fn largest(cases: impl IntoIterator<Item = Cases>) -> Self {
        Estimator(Kind::Largest { cases: cases.into_iter().collect() })
    }

    /// The samples that are read, each once, in order.
    pub(super) fn sample_idxs(&self) -> Vec<usize> {
        let mut read = match &self.0 {
            Kind::BoundedMean { values, .. } | Kind::NormalMean { values } => {
                vec![values.sample_idx]
            }
            Kind::Proportion { counts, .. } | Kind::SequentialProportion { counts, .. } => {
                vec![counts.sample_idx]
            }
            Kind::Variance { squares, .. } | Kind::SequentialVariance { squares, .. } => {
                vec![squares.sample_idx]
            }
            Kind::DistanceToLaw { values, .. } => vec![values.sample_idx],
            Kind::LargestMean { groups } => vec![groups.sample_idx],
            Kind::Largest { cases } => cases.iter().map(|cases| cases.0.sample_idx).collect(),
            Kind::Trend { rungs } => rungs.iter().map(|rung| rung.values.sample_idx).collect(),
        };
        read.sort_unstable();
        read.dedup();
        read
    }

    /// Whether the evidence holds at any time, so that it may decide when sampling stops.
    pub(super) fn is_any_time(&self) -> bool {
        match self.0 {
            Kind::BoundedMean { .. }
            | Kind::SequentialProportion { .. }
            | Kind::SequentialVariance { .. }
            | Kind::Largest { .. } => true,
            Kind::LargestMean { .. }
            | Kind::NormalMean { .. }
            | Kind::Proportion { .. }
            | Kind::Variance { .. }
            | Kind::DistanceToLaw { .. }
            | Kind::Trend { .. } => false,
        }
    }

    pub(super) fn values_per_run(&self) -> ValuesPerRun {
        match self.0 {
            Kind::BoundedMean { .. } | Kind::NormalMean { .. } | Kind::Trend { .. } => {
                ValuesPerRun::AtMost(1)
            }
            Kind::Proportion { trials_per_run, .. }
            | Kind::SequentialProportion { trials_per_run, .. } => {
                ValuesPerRun::AtMost(trials_per_run)
            }
            Kind::Variance { values_per_run, .. }
            | Kind::SequentialVariance { values_per_run, .. }
            | Kind::DistanceToLaw { values_per_run, .. } => ValuesPerRun::AtMost(values_per_run),
            Kind::Largest { .. } | Kind::LargestMean { .. } => ValuesPerRun::Computed,
        }
    }

    /// The estimate of these records.
    pub(super) fn estimate(&self, records: &Records) -> Result<Estimated> {
        Ok(match &self.0 {
            Kind::BoundedMean { values, window } => {
                let runs = present(values, records)?;
                Estimated { is_tied: runs.are_tied(), ..window.mean(&runs)?.into() }
            }
            Kind::NormalMean { values } => {
                let runs = present(values, records)?;
                Estimated { is_tied: runs.are_tied(), ..Mean::of(&runs)?.into() }
            }
            Kind::Proportion { counts, .. } => {
                let counts = counts.of(records)?;
                let n_successes = counts.iter().map(|&(n_successes, _)| n_successes).sum();
                let n_trials = counts.iter().map(|&(_, n_trials)| n_trials).sum();
                Proportion { n_successes, n_trials }.into()
            }
            Kind::SequentialProportion { counts, resolution, .. } => {
                let mut proportion = SequentialProportion::new(*resolution)?;
                counts.of(records)?.iter().try_for_each(|&(n_successes, n_trials)| {
                    proportion.add(n_successes, n_trials)
                })?;
                proportion.into()
            }
            Kind::Variance { squares, .. } => {
                Variance::of(squares.of(records)?.iter().copied()).into()
            }
            Kind::SequentialVariance { squares, resolution, .. } => {
                let squares = squares.of(records)?;
                SequentialVariance::of(squares.iter().copied(), *resolution)?.into()
            }
            Kind::DistanceToLaw { values, law, .. } => {
                let values = values.of(records)?.independent_within();
                DistanceToLaw::of(&values, |value| law(value))?.into()
            }
            Kind::Largest { cases } => {
                let mut all = Vec::new();
                for cases in cases {
                    all.extend(cases.0.of(records)?.iter().flatten().copied());
                }
                Exact::largest(all).into()
            }
            Kind::LargestMean { groups } => largest_mean(&groups.of(records)?).into(),
            Kind::Trend { rungs } => exponent(rungs, records)?,
        })
    }
}

/// The numbers of the runs that have one.
fn present(values: &Column<Option<f64>>, records: &Records) -> Result<Replicates<f64>> {
    Ok(values.of(records)?.filter_map(|value| *value))
}

fn largest_mean(runs: &Replicates<Vec<Vec<f64>>>) -> Exact {
    let mut sums: Vec<Vec<f64>> = Vec::new();
    for run in runs.iter() {
        sums.resize_with(run.len(), Vec::new);
        for (sums, group) in sums.iter_mut().zip(run) {
            sums.resize(group.len(), 0.0);
            sums.iter_mut().zip(group).for_each(|(sum, value)| *sum += value);
        }
    }
    let largest = |sums: &Vec<f64>| sums.iter().fold(0.0, |most: f64, sum| most.max(sum.abs()));
    Exact::largest(sums.iter().map(|sums| (largest(sums) / runs.n_runs() as f64, 0.0)))
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
            Kind::BoundedMean { .. } => "bounded mean",
            Kind::NormalMean { .. } => "normal mean",
            Kind::Proportion { .. } => "proportion",
            Kind::SequentialProportion { .. } => "sequential proportion",
            Kind::Variance { .. } => "variance",
            Kind::SequentialVariance { .. } => "sequential variance",
            Kind::DistanceToLaw { .. } => "distance to a law",
            Kind::Largest { .. } => "largest computed value",
            Kind::LargestMean { .. } => "largest mean",
            Kind::Trend { .. } => "trend",
        })
    }
}
