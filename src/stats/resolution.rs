//! How many samples a decision needs, and what it can see with those it has: before any is drawn.
//!
//! Everything here is to first order in the samples' law (its standard deviation); the calibration
//! measures how good that is.

use statrs::distribution::{ContinuousCDF, Normal};

use super::Rates;

/// What a decision on a mean is to resolve.
///
/// ```
/// use feature_contamination::stats::{Resolution, Rates};
///
/// let rates = Rates { alpha: 1e-6, beta: 1e-3 };
/// let design = Resolution { standard_deviation: 0.5, margin: 0.1, rates };
/// let n_samples = design.samples_to_refute(0.9);
/// assert!((design.detectable_by_betting(n_samples, 0.9) - 0.1).abs() < 1e-6);
/// // Half of the margin takes about four times as many.
/// let finer = Resolution { margin: 0.05, ..design };
/// assert!((finer.samples_to_refute(0.9) / n_samples - 4.0).abs() < 0.2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolution {
    /// The standard deviation of one sample.
    pub standard_deviation: f64,
    /// The distance from the mean to the nearest end of what is allowed, and the smallest deviation that
    /// is to be refuted.
    pub margin: f64,
    /// The error rates.
    pub rates: Rates,
}

impl Resolution {
    /// Samples after which a betting decision has, with probability `power`, supported a true claim.
    ///
    /// With the share `D / (s^2 + D^2)` the logarithm of the capital grows by `D^2 / (2 (s^2 + D^2))` per
    /// sample, with standard deviation `D s / (s^2 + D^2)`. That is for one side; both sides of an equivalence
    /// take up to half as many again, and a narrow law pays for learning its variance.
    pub fn samples_to_support(&self, power: f64) -> f64 {
        self.samples_by_betting(self.rates.beta, power)
    }

    /// Samples after which a betting decision has, with probability `power`, refuted a claim that is off
    /// by the margin.
    pub fn samples_to_refute(&self, power: f64) -> f64 {
        self.samples_by_betting(0.5 * self.rates.alpha, power)
    }

    fn samples_by_betting(&self, rate: f64, power: f64) -> f64 {
        let (s, d) = (self.standard_deviation, self.margin);
        let moment = s * s + d * d;
        let (growth, spread) = (0.5 * d * d / moment, d * s / moment);
        let noise = spread * normal_quantile(power);
        // n growth - z sqrt(n) spread = ln(1 / rate).
        let root = (noise + (noise * noise - 4.0 * growth * rate.ln()).sqrt()) / (2.0 * growth);
        root * root
    }

    /// The margin that as many samples resolve by betting, with probability `power`: the inverse of
    /// [`Resolution::samples_to_refute`].
    pub fn detectable_by_betting(&self, n_samples: f64, power: f64) -> f64 {
        let enough = |margin: f64| {
            let design = Resolution { margin, ..*self };
            design.samples_to_refute(power) <= n_samples
        };
        let (mut too_small, mut resolved) = (0.0, self.standard_deviation.max(f64::MIN_POSITIVE));
        for _ in 0..60 {
            if enough(resolved) {
                break;
            }
            resolved *= 2.0;
        }
        for _ in 0..60 {
            let middle = 0.5 * (too_small + resolved);
            if enough(middle) { resolved = middle } else { too_small = middle }
        }
        resolved
    }

    /// Samples of the fixed-sample decision by the bound of Dvoretzky, Kiefer and Wolfowitz on values in
    /// [0, 1], each error with half of the margin: what TensorFlow Probability's `statistical_testing`
    /// asks for.
    ///
    /// # Source
    /// Massart 1990 for the constant; Langmore et al., tensorflow-probability, `min_num_samples_for_dkwm_mean_test`.
    pub fn samples_by_dkw(&self) -> f64 {
        let envelope = 0.5 * self.margin;
        let smallest = self.rates.alpha.min(self.rates.beta);
        -(0.5 * smallest).ln() / (2.0 * envelope * envelope)
    }
}

/// The quantile of the standard normal law.
fn normal_quantile(p: f64) -> f64 {
    Normal::new(0.0, 1.0).map_or(f64::NAN, |law| law.inverse_cdf(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(standard_deviation: f64) -> Resolution {
        let rates = Rates { alpha: 1e-6, beta: 1e-6 };
        Resolution { standard_deviation, margin: 0.01, rates }
    }

    #[test]
    fn the_design_of_the_reference_needs_290174_samples() {
        assert_eq!(design(0.5).samples_by_dkw().ceil(), 290_174.0);
    }

    #[test]
    fn betting_needs_what_the_growth_of_its_capital_gives() {
        // Half of the time: ln(1e6) * 2 (0.25 + 1e-4) / 1e-4.
        let expected = 1e6_f64.ln() * 2.0 * 0.2501 / 1e-4;
        assert!((design(0.5).samples_to_support(0.5) / expected - 1.0).abs() < 1e-12);
        assert!(design(0.5).samples_to_support(0.999) > 1.8 * expected);
    }

    #[test]
    fn what_is_detectable_needs_the_samples_that_there_are() {
        let design = design(0.2);
        let detectable = design.detectable_by_betting(10_000.0, 0.999);
        let needed = Resolution { margin: detectable, ..design }.samples_to_refute(0.999);
        assert!((needed / 10_000.0 - 1.0).abs() < 1e-9, "{needed}");
    }
}
