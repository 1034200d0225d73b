//! Intervals and decisions: from independent replicates to *supported*, *refuted* or *undecided*.
//!
//! No word of machine learning. A claim says that a quantity lies in a [`Region`]. An [`Estimate`]
//! gives an interval for the quantity at any error rate. The claim is *supported* when the interval
//! at the miss rate `beta` lies inside the region (were the quantity outside, that would happen with
//! probability at most `beta`), *refuted* when the interval at the false-alarm rate `alpha` lies outside
//! (were the quantity inside, at most `alpha`), and *undecided* else. Supported is so an equivalence or
//! a one-sided bound shown, never the mere absence of a rejection.
//!
//! The samples of an estimate are independent replicates; lengths and ties are checked first.

mod binomial;
mod chi_square;
mod decision;
mod exact;
mod kolmogorov_smirnov;
mod student;
mod trend;

pub use binomial::Proportion;
pub use chi_square::Variance;
pub use decision::{Decision, Estimate, Interval, Rates, Region, Verdict, decide};
pub use exact::Exact;
pub use kolmogorov_smirnov::DistanceToLaw;
pub use student::Mean;
pub use trend::{log_log_slope, slope_replicates};
