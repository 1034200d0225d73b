//! Outcomes: what the parts of a claim, or of its control, came to.

use std::sync::Arc;

use super::{Arm, Claim, Key, Part};
use crate::error::Error;
use crate::stats::{Rates, Verdict};

/// What one claim, or its control, came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The claim.
    pub claim: Arc<Claim>,
    /// The claim or its control.
    pub arm: Arm,
    /// The error rates of the claim: its share of the false alarms, which its parts share out again.
    pub rates: Rates,
    /// The parts, never empty.
    pub parts: Vec<Part>,
    /// The runs that it read of each sample.
    pub runs: Vec<(Key, usize)>,
    /// Wall-clock time.
    pub seconds: f64,
}

impl Outcome {
    /// Refuted if one part is, supported if all are.
    pub fn verdict(&self) -> Verdict {
        Verdict::all(self.parts.iter().map(|part| part.decision.verdict))
    }

    /// The part that decides: the first one with the verdict of the whole.
    pub fn decisive(&self) -> &Part {
        let verdict = self.verdict();
        let decisive = self.parts.iter().position(|part| part.decision.verdict == verdict);
        &self.parts[decisive.unwrap_or(0)]
    }

    /// Returns the verdict hoped for.
    pub fn goal(&self) -> Verdict {
        match self.arm {
            Arm::Claim => Verdict::Supported,
            Arm::Control => Verdict::Refuted,
        }
    }

    /// Whether the outcome is the one hoped for: a claim supported, a control refuted.
    pub fn passed(&self) -> bool {
        self.verdict() == self.goal()
    }
}

/// A claim that came to no verdict, and why.
#[derive(Debug)]
pub struct Unanswered {
    /// The claim.
    pub claim: Arc<Claim>,
    /// A run that diverged, a law that cannot be computed.
    pub fault: Error,
}
