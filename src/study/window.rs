//! Windows: the bounds in which one number per run is bet on, and what the bets are made for.

use crate::error::{Error, Result};
use crate::stats::{Bets, BoundedMean, Bounds, Region, Replicates};

/// What is expected of one number per run if the claim is true, and how far its mean may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The mean.
    pub value: f64,
    /// The standard deviation of one run.
    pub deviation: f64,
    /// The distance from the mean that the bets resolve.
    pub margin: f64,
}

/// Bounds to which a number per run is winsorised, with bets on its mean. No run beyond the bounds counts for
/// more than a run at them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    bounds: Bounds,
    bets: Bets,
}

impl Window {
    /// A window that reaches `half_width` to each side of the expected value.
    ///
    /// # Errors
    /// A half-width, deviation or margin that is not positive and finite.
    pub fn new(expected: Expected, half_width: f64) -> Result<Self> {
        let Expected { value, deviation, margin } = expected;
        for (name, number) in [("deviation", deviation), ("margin", margin)] {
            if !(number > 0.0 && number.is_finite()) {
                let remedy = "declare what one run scatters by, and what the bets resolve";
                return Err(Error::out_of_range(name, number, "positive and finite", remedy));
            }
        }
        Ok(Window {
            bounds: Bounds::new(value - half_width, value + half_width)?,
            bets: Bets::resolving(margin).expecting(value, deviation),
        })
    }

    /// A window of four expected standard deviations: for nearly normal numbers it moves the mean by less than
    /// 1e-5 of one.
    ///
    /// # Errors
    /// A deviation that is not positive and finite.
    pub fn of_deviations(expected: Expected) -> Result<Self> {
        Window::new(expected, 4.0 * expected.deviation)
    }

    /// The window of a difference between measurement and prediction: four expected standard deviations, or one
    /// and a half margins if that is more.
    ///
    /// # Errors
    /// A deviation or a margin that is not finite.
    pub fn of_difference(expected: Expected) -> Result<Self> {
        Window::new(expected, (4.0 * expected.deviation).max(1.5 * expected.margin))
    }

    /// A window around a region. It reaches as far beyond each end as the predicted value lies inside of it, so
    /// that runs as predicted make bets against an end grow by nearly a factor 2 each, and no far-away run can
    /// turn them. The expected standard deviation is a quarter of that distance.
    ///
    /// # Errors
    /// A region without an end, or a predicted value at an end.
    pub fn around_region(region: Region, predicted: f64) -> Result<Self> {
        let ends = [region.lower, region.upper].into_iter().filter(|end| end.is_finite());
        let distance = ends.map(|end| (predicted - end).abs()).fold(f64::INFINITY, f64::min);
        let inner = |end: f64, other: fn(f64, f64) -> f64, far: f64| {
            if end.is_finite() { end } else { other(predicted, far) }
        };
        let lower = inner(region.lower, f64::min, region.upper) - distance;
        let upper = inner(region.upper, f64::max, region.lower) + distance;
        Ok(Window {
            bounds: Bounds::new(lower, upper)?,
            bets: Bets::resolving(distance).expecting(predicted, 0.25 * distance),
        })
    }

    /// The mean of one number per run in this window.
    ///
    /// # Errors
    /// No run, or a number that is not finite.
    pub fn mean(&self, runs: &Replicates<f64>) -> Result<BoundedMean> {
        BoundedMean::winsorised(runs, self.bounds, self.bets)
    }
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
            let window = Window::around_region(region, predicted).unwrap();
            decide(&window.mean(&runs).unwrap(), region, rates).verdict
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
        let window = Window::around_region(Region::between(0.1, 0.5), 0.4).unwrap();
        // The window reaches up to 0.6.
        let mean = window.mean(&runs).unwrap();
        assert!((mean.value() - (99.0 * 0.4 + 0.6) / 100.0).abs() < 1e-12);
    }
}
