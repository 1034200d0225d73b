//! Bounded numbers of runs, for decisions that hold whatever their law.

use crate::error::Result;
use crate::stats::{Bets, BoundedMean, Bounds, Region, Replicates};

/// The mean of one number per run, winsorised to a window around the region that it must lie in: the
/// window reaches as far beyond each end as the predicted value lies inside of it, so that runs as
/// predicted make bets against an end grow by nearly a factor 2 each, and no far-away run can turn them.
/// The predicted value is expected, with a standard deviation of a quarter of that distance.
///
/// The theorems speak of runs "with high probability"; the mean of winsorised runs is such a statement, and
/// where no run leaves the window, it is the mean.
///
/// # Errors
/// No run, or one that is not finite.
pub(super) fn winsorised(
    runs: &Replicates<f64>,
    region: Region,
    predicted: f64,
) -> Result<BoundedMean> {
    let ends = [region.lower, region.upper].into_iter().filter(|end| end.is_finite());
    let distance = ends.map(|end| (predicted - end).abs()).fold(f64::INFINITY, f64::min);
    let inner = |end: f64, other: fn(f64, f64) -> f64, far: f64| {
        if end.is_finite() { end } else { other(predicted, far) }
    };
    let lower = inner(region.lower, f64::min, region.upper) - distance;
    let upper = inner(region.upper, f64::max, region.lower) + distance;
    let bets = Bets::resolving(distance).expecting(predicted, 0.25 * distance);
    BoundedMean::winsorised(runs, Bounds::new(lower, upper)?, bets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Estimate, Rates, Verdict, decide};

    #[test]
    fn sixteen_runs_as_predicted_support_and_others_refute() {
        let rates = Rates { alpha: 1e-8, beta: 1e-3 };
        let verdict = |region: Region, predicted: f64, measured: f64, n_runs: usize| {
            let runs = Replicates::of(n_runs, |idx| measured + 1e-3 * (idx % 2) as f64);
            decide(&winsorised(&runs, region, predicted).unwrap(), region, rates).verdict
        };
        let band = Region::between(0.1, 0.5);
        assert_eq!(verdict(band, 0.4, 0.41, 16), Verdict::Supported);
        assert_eq!(verdict(band, 0.4, 0.02, 192), Verdict::Refuted);
        assert_eq!(verdict(Region::at_most(0.1), 0.01, 0.02, 16), Verdict::Supported);
        // A control may be predicted, too, to lie on the other side.
        assert_eq!(verdict(Region::at_most(0.1), 0.54, 0.57, 96), Verdict::Refuted);
        assert_eq!(verdict(Region::at_least(0.5), 0.9, 0.02, 96), Verdict::Refuted);
    }

    #[test]
    fn one_far_away_run_moves_the_mean_by_no_more_than_the_window() {
        let runs = Replicates::of(100, |idx| if idx == 50 { 1e9 } else { 0.4 });
        let mean = winsorised(&runs, Region::between(0.1, 0.5), 0.4).unwrap();
        // The window reaches up to 0.6.
        assert!((mean.value() - (99.0 * 0.4 + 0.6) / 100.0).abs() < 1e-12);
    }
}
