//! Made-up outcomes for the tests of this module.

use super::Conditions;
use crate::claims::{Arm, CLAIMS, Outcome, Part, Tier};
use crate::stats::{Estimate, Interval, Null, Rates, Region, decide};

struct Fixed {
    value: f64,
    interval: Interval,
}

impl Estimate for Fixed {
    fn value(&self) -> f64 {
        self.value
    }
    fn interval(&self, _tail: f64) -> Interval {
        self.interval
    }
    fn p_value(&self, null: Null) -> f64 {
        let is_beyond = match null {
            Null::AtMost(bound) => self.interval.lower > bound,
            Null::AtLeast(bound) => self.interval.upper < bound,
        };
        if is_beyond { 0.0 } else { 1.0 }
    }
    fn n_samples(&self) -> usize {
        128
    }
}

/// Conditions of a made-up run.
pub(super) fn conditions(arm: Arm) -> Conditions {
    Conditions {
        arm,
        seed: 7,
        tier: Tier::Quick,
        n_threads: 2,
        planned_seconds: 11.0,
        seconds: 12.5,
    }
}

/// A part of given estimate, interval and region.
pub(super) fn part(name: &str, value: f64, interval: (f64, f64), region: (f64, f64)) -> Part {
    let estimate = Fixed { value, interval: Interval::new(interval.0, interval.1) };
    let region = Region::between(region.0, region.1);
    Part {
        name: name.into(),
        predicted: None,
        decision: decide(&estimate, region, Rates { alpha: 1e-7, beta: 1e-3 }),
        slack: None,
        sizes: vec![16, 32, 64],
        trend: None,
    }
}

/// The last claim of the registry, `linear/risk`.
pub(super) const LAST: usize = CLAIMS.len() - 1;

/// An outcome of the claim at this place of the registry.
pub(super) fn outcome(claim_idx: usize, arm: Arm, parts: Vec<Part>) -> Outcome {
    Outcome { claim: &CLAIMS[claim_idx], arm, parts, seconds: 0.5 }
}
