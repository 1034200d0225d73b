//! Regions, intervals and the three-way decision.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the evidence says of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The quantity was shown to lie in the claimed region.
    Supported,
    /// The quantity was shown to lie outside the claimed region.
    Refuted,
    /// Neither was shown.
    Undecided,
}

impl Verdict {
    /// The verdict of a statement made of several: refuted if one part is, supported if all are.
    pub fn all(parts: impl IntoIterator<Item = Verdict>) -> Verdict {
        parts.into_iter().fold(Verdict::Supported, |verdict, part| match (verdict, part) {
            (Verdict::Refuted, _) | (_, Verdict::Refuted) => Verdict::Refuted,
            (Verdict::Undecided, _) | (_, Verdict::Undecided) => Verdict::Undecided,
            _ => Verdict::Supported,
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Supported => "supported",
            Verdict::Refuted => "refuted",
            Verdict::Undecided => "undecided",
        })
    }
}

/// A closed interval; either end may be infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

impl Interval {
    /// Everything: what one knows without evidence.
    pub const UNKNOWN: Interval = Interval { lower: f64::NEG_INFINITY, upper: f64::INFINITY };

    /// An interval from its ends; NaN at an end stands for no knowledge there.
    pub fn new(lower: f64, upper: f64) -> Self {
        Interval {
            lower: if lower.is_nan() { f64::NEG_INFINITY } else { lower },
            upper: if upper.is_nan() { f64::INFINITY } else { upper },
        }
    }

    /// Half of its length.
    pub fn half_width(self) -> f64 {
        0.5 * (self.upper - self.lower)
    }
}

/// The values of a quantity that a claim allows, a closed interval that may be unbounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// The smallest value allowed.
    pub lower: f64,
    /// The largest value allowed.
    pub upper: f64,
}

impl Region {
    /// All values up to `upper`.
    pub fn at_most(upper: f64) -> Self {
        Region { lower: f64::NEG_INFINITY, upper }
    }

    /// All values from `lower` on.
    pub fn at_least(lower: f64) -> Self {
        Region { lower, upper: f64::INFINITY }
    }

    /// All values from `lower` to `upper`.
    pub fn between(lower: f64, upper: f64) -> Self {
        Region { lower, upper }
    }

    /// All values within `margin` of `center`.
    pub fn within(margin: f64, center: f64) -> Self {
        Region { lower: center - margin, upper: center + margin }
    }

    fn contains(self, interval: Interval) -> bool {
        interval.lower >= self.lower && interval.upper <= self.upper
    }

    fn excludes(self, interval: Interval) -> bool {
        interval.lower > self.upper || interval.upper < self.lower
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Four decimals where they say something, the whole number else.
        let end = |value: f64| match value.abs() {
            modulus if modulus > 0.0 && modulus < 1e-3 => format!("{value:e}"),
            _ => format!("{value:.4}"),
        };
        match (self.lower.is_finite(), self.upper.is_finite()) {
            (true, true) => write!(f, "[{}, {}]", end(self.lower), end(self.upper)),
            (true, false) => write!(f, ">= {}", end(self.lower)),
            (false, true) => write!(f, "<= {}", end(self.upper)),
            (false, false) => write!(f, "any"),
        }
    }
}

/// The error rates of one decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// The probability of *refuted* when the quantity lies in the region, at most.
    pub alpha: f64,
    /// The probability of *supported* when the quantity lies outside, at most.
    pub beta: f64,
}

/// An estimate of a quantity from independent replicates.
pub trait Estimate {
    /// The point estimate.
    fn value(&self) -> f64;

    /// An interval that misses the quantity on each of its two sides with probability at most `tail`.
    fn interval(&self, tail: f64) -> Interval;

    /// The number of independent samples.
    fn n_samples(&self) -> usize;
}

/// A decision with its evidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// The point estimate.
    pub estimate: f64,
    /// The interval at tail `beta` on each side, the one that *supported* rests on.
    pub interval: Interval,
    /// The region claimed.
    pub region: Region,
    /// The error rates.
    pub rates: Rates,
    /// The smallest detectable discrepancy: a quantity this far outside of the region is refuted with
    /// probability about `1 - beta`. Half-widths at `alpha / 2` and at `beta`, added.
    pub detectable: f64,
    /// The number of independent samples.
    pub n_samples: usize,
}

/// Decides whether a quantity lies in a region.
pub fn decide(estimate: &dyn Estimate, region: Region, rates: Rates) -> Decision {
    let supporting = estimate.interval(rates.beta);
    let refuting = estimate.interval(rates.alpha / 2.0);
    let verdict = if region.contains(supporting) {
        Verdict::Supported
    } else if region.excludes(refuting) {
        Verdict::Refuted
    } else {
        Verdict::Undecided
    };
    Decision {
        verdict,
        estimate: estimate.value(),
        interval: supporting,
        region,
        rates,
        detectable: refuting.half_width() + supporting.half_width(),
        n_samples: estimate.n_samples(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An estimate of known ends at the two tails.
    struct Fixed(Interval, Interval);

    impl Estimate for Fixed {
        fn value(&self) -> f64 {
            0.5 * (self.0.lower + self.0.upper)
        }
        fn interval(&self, tail: f64) -> Interval {
            if tail == RATES.beta { self.0 } else { self.1 }
        }
        fn n_samples(&self) -> usize {
            1
        }
    }

    const RATES: Rates = Rates { alpha: 1e-6, beta: 1e-3 };

    fn check(beta: (f64, f64), alpha: (f64, f64), region: Region, verdict: Verdict) {
        let ends = |(lower, upper)| Interval::new(lower, upper);
        let decision = decide(&Fixed(ends(beta), ends(alpha)), region, RATES);
        assert_eq!(decision.verdict, verdict, "{region}");
    }

    #[test]
    fn inside_is_supported_outside_refuted_and_else_undecided() {
        check((0.9, 1.1), (0.7, 1.3), Region::within(0.2, 1.0), Verdict::Supported);
        check((0.7, 1.1), (0.5, 1.3), Region::within(0.2, 1.0), Verdict::Undecided);
        check((0.4, 0.6), (0.3, 0.7), Region::within(0.2, 1.0), Verdict::Refuted);
        check((0.4, 0.6), (0.3, 0.9), Region::within(0.2, 1.0), Verdict::Undecided);
        check((0.9, 1.1), (0.7, 1.3), Region::at_most(1.1), Verdict::Supported);
        check((0.9, 1.1), (0.7, 1.3), Region::at_least(1.4), Verdict::Refuted);
    }

    #[test]
    fn no_knowledge_is_undecided_even_when_it_comes_as_not_a_number() {
        let nan = (f64::NAN, f64::NAN);
        check(nan, nan, Region::within(1.0, 0.0), Verdict::Undecided);
        check(nan, nan, Region::at_most(0.0), Verdict::Undecided);
    }

    #[test]
    fn a_statement_of_parts_is_refuted_by_one_and_supported_by_all() {
        use Verdict::{Refuted, Supported, Undecided};
        assert_eq!(Verdict::all([Supported, Supported]), Supported);
        assert_eq!(Verdict::all([Supported, Undecided]), Undecided);
        assert_eq!(Verdict::all([Undecided, Refuted, Supported]), Refuted);
    }
}
