//! `contam oracle mean`: the mean of a user's own bounded data.

use serde::Serialize;

use super::oracle_args::Mean;
use super::statistics::tail;
use super::{numpy, output};
use crate::error::Result;
use crate::report;
use crate::stats::{BoundedMean, Bounds, Estimate, Replicates};

#[derive(Debug, Serialize)]
struct MeanDocument {
    mean: f64,
    lower: f64,
    upper: f64,
    samples: usize,
    level: f64,
    bounds: [f64; 2],
}

/// Shows the mean with an interval that holds at the level for every law on the bounds, and for every
/// number of samples, also one that was chosen by looking at them.
///
/// # Errors
/// - data that cannot be read, see [`numpy::read_vector`], or that lie outside of the bounds;
/// - bounds in the wrong order.
pub fn mean(options: &Mean) -> Result<()> {
    let tail = tail(options.level);
    let bounds = Bounds::new(options.lower, options.upper)?;
    let values = numpy::read_vector(&options.data, numpy::SAMPLES)?;
    // The user vouches for the rows; the shape of the file is all that can be checked.
    let estimate =
        BoundedMean::for_interval(&Replicates::assume_independent(values), bounds, tail)?;
    let interval = estimate.interval(tail);
    let document = MeanDocument {
        mean: estimate.value(),
        lower: interval.lower,
        upper: interval.upper,
        samples: estimate.n_samples(),
        level: options.level,
        bounds: [options.lower, options.upper],
    };
    if options.json {
        return output::answer(&report::to_json(&document)?);
    }
    output::answer(&format!(
        "mean      {}\ninterval  [{}, {}] at level {}\nsamples   {}, each within [{}, {}]",
        document.mean,
        document.lower,
        document.upper,
        document.level,
        document.samples,
        options.lower,
        options.upper
    ))
}
