//! Exponents along a ladder of runs.

use crate::stats::Hypothesis;
use crate::study::{Design, Estimator};

use super::ladder::{Ladder, LadderRun};

/// Adds the exponent of the mean over runs of one number along a ladder.
pub(super) fn exponent_part<D: Into<Option<f64>>>(
    design: &mut Design,
    name: impl Into<String>,
    ladder: &Ladder,
    read: impl Fn(&LadderRun) -> D + Clone + Send + Sync + 'static,
    hypothesis: impl Into<Hypothesis>,
    predicted: f64,
) {
    let rungs = ladder.rungs.iter().map(|rung| rung.runs.at_size(rung.n_features(), read.clone()));
    design.part(name, hypothesis, Estimator::trend(rungs)).predicted(predicted);
}
