//! Evidence and decisions: from independent replicates to *supported*, *refuted* or *undecided*.
//!
//! No word of machine learning. A [`Hypothesis`] says what is claimed of a quantity, and what is close
//! enough. An [`Estimate`] gives evidence against one-sided hypotheses, as p-values and as e-values, and
//! intervals at any error rate. [`decide`] calls a claim *refuted* when the evidence against what is claimed
//! holds at the false-alarm rate `alpha`, *supported* when the interval at the miss rate `beta` lies inside
//! of what is allowed (were the quantity outside, that would happen with probability at most `beta`), and
//! *undecided* else. Supported is so an equivalence or a one-sided bound shown, never the mere absence of
//! a rejection.
//!
//! | quantity | estimate | holds |
//! |---|---|---|
//! | mean in declared bounds | [`BoundedMean`], [`SequentialMean`] | at every number of runs, for every law |
//! | proportion | [`Proportion`]; [`SequentialProportion`] | exactly; at every number of trials |
//! | mean of normal values | [`Mean`] | exactly |
//! | variance of normal values | [`Variance`] | exactly |
//! | distance to a law | [`DistanceToLaw`] | at every number of samples, fixed beforehand |
//! | computed value | [`Exact`] | with certainty |
//!
//! Samples come as [`Replicates`], one value per independent run: rows of one run do not pass for samples.
//! Many decisions share one rate through a [`Ledger`] and [`holm`]; [`Resolution`] says beforehand what a
//! decision can see. Values outside of their bounds, NaN, or no data are errors, never a verdict.

mod anderson_darling;
mod band_crossing;
mod betting;
mod binomial;
mod bounded_mean;
mod bounds;
mod chi_square;
mod coefficient;
mod combine;
mod confidence_sequence;
mod decision;

mod deviance;
mod exact;
mod incomplete_beta;
mod kolmogorov_law;
mod kolmogorov_smirnov;
mod laws;
mod means_by_size;
mod multiplicity;
mod order;
mod regression;
mod replicates;
mod resolution;
mod root;
mod sequential_mean;
mod sequential_proportion;
mod sequential_variance;
mod slope;
mod squares;
mod student;
mod trend;
mod trend_error;
mod trend_fit;
mod two_sample;

pub use anderson_darling::AndersonDarling;
pub use betting::Bets;
pub use binomial::Proportion;
pub use bounded_mean::BoundedMean;
pub use bounds::Bounds;
pub use chi_square::Variance;
pub use coefficient::Coefficient;
pub use combine::{Evidence, combine};
pub use confidence_sequence::{EmpiricalBernstein, HedgedSequence};
pub use decision::{
    AnyTime, Around, Decision, Estimate, Exactly, Hypothesis, Interval, Null, Rates, Region,
    Verdict, decide, log_e_of_p, log_e_value_of, p_value_of,
};
pub use exact::Exact;
pub use kolmogorov_law::KolmogorovLaw;
pub use kolmogorov_smirnov::DistanceToLaw;
pub use means_by_size::{MeansBySize, Point};
pub use multiplicity::{Ledger, e_bh, holm, holm_thresholds};
pub use order::{LargestRatio, Separation};
pub use regression::Regression;
pub use replicates::Replicates;
pub use resolution::Resolution;
pub use sequential_mean::SequentialMean;
pub use sequential_proportion::SequentialProportion;
pub use sequential_variance::SequentialVariance;
pub use slope::log_log_slope;
pub use squares::Squares;
pub use student::Mean;
pub use trend::{Rival, Trend};
pub use trend_fit::Correction;
pub use two_sample::TwoSampleDistance;
