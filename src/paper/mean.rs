//! Means over runs.

use crate::error::Result;
use crate::stats::Region;
use crate::study::{Design, Expected, PartDesign, Runs, Window};

/// Adds the mean over runs of one number, which must lie in a region and is expected to have the
/// value beside it.
pub(super) fn mean_part<V: 'static, D: Into<Option<f64>>>(
    design: &mut Design,
    name: impl Into<String>,
    runs: Runs<V>,
    (region, expected): (Region, f64),
    read: impl Fn(&V) -> D + Send + Sync + 'static,
) -> Result<&mut PartDesign> {
    Ok(design.part(name, region, runs.mean(Window::around_region(region, expected)?, read)))
}

/// Adds the mean over runs of a difference between measurement and prediction, which must be 0
/// within the margin that is expected.
pub(super) fn difference_part<V: 'static, D: Into<Option<f64>>>(
    design: &mut Design,
    name: impl Into<String>,
    runs: Runs<V>,
    expected: Expected,
    difference: impl Fn(&V) -> D + Send + Sync + 'static,
) -> Result<()> {
    let region = Region::around(0.0).within(expected.margin);
    let mean = runs.mean(Window::of_difference(expected)?, difference);
    design.part(name, region, mean).predicted(0.0);
    Ok(())
}
