//! Evidence: what a check found, part by part.

use crate::stats::{Decision, Estimate, Rates, Region, Verdict, decide};

use super::Claim;

/// Whether a check runs on the claim or on the control that breaks its premise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arm {
    /// The claim's own setting.
    Claim,
    /// The setting that breaks the premise; the same check must come out refuted.
    Control,
}

/// One decision of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What was measured, in a few words.
    pub name: String,
    /// The value that the theory predicts, where it predicts one value.
    pub predicted: Option<f64>,
    /// The decision with its interval, region and error rates.
    pub decision: Decision,
    /// Bound over measured, for inequalities.
    pub slack: Option<f64>,
    /// The numbers of features `d0` that entered.
    pub sizes: Vec<usize>,
}

/// A part before its error rates are known: the estimate is decided once the number of parts, over
/// which the claim's share of false alarms is split, is final.
pub struct Draft {
    name: String,
    predicted: Option<f64>,
    region: Region,
    has_slack: bool,
    sizes: Vec<usize>,
    estimate: Box<dyn Estimate>,
}

impl Draft {
    /// A quantity that must lie in a region.
    pub fn new(
        name: impl Into<String>,
        sizes: &[usize],
        estimate: impl Estimate + 'static,
        region: Region,
    ) -> Self {
        Draft {
            name: name.into(),
            predicted: None,
            region,
            has_slack: false,
            sizes: sizes.to_vec(),
            estimate: Box::new(estimate),
        }
    }

    /// A ratio of measured to bound that must be at most 1, with its slack shown.
    pub fn inequality(
        name: impl Into<String>,
        sizes: &[usize],
        ratio: impl Estimate + 'static,
    ) -> Self {
        let mut draft = Draft::new(name, sizes, ratio, Region::at_most(1.0));
        draft.has_slack = true;
        draft
    }

    /// Adds the value that the theory predicts.
    pub fn predicted(mut self, value: f64) -> Self {
        self.predicted = Some(value);
        self
    }

    fn decide(self, rates: Rates) -> Part {
        let decision = decide(self.estimate.as_ref(), self.region, rates);
        Part {
            name: self.name,
            predicted: self.predicted,
            // None where the two sides agree to the last bit.
            slack: Some(1.0 / decision.estimate)
                .filter(|slack| self.has_slack && slack.is_finite()),
            decision,
            sizes: self.sizes,
        }
    }
}

/// Decides all parts of a claim: its share `alpha` of false alarms is split evenly over them; each keeps
/// the full miss rate, because *supported* needs every part (an intersection-union test).
pub(super) fn decide_all(drafts: Vec<Draft>, rates: Rates) -> Vec<Part> {
    let alpha = rates.alpha / drafts.len().max(1) as f64;
    drafts.into_iter().map(|draft| draft.decide(Rates { alpha, ..rates })).collect()
}

/// What a check of one claim, or of its control, came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The claim.
    pub claim: &'static Claim,
    /// The claim or its control.
    pub arm: Arm,
    /// The parts, never empty.
    pub parts: Vec<Part>,
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

    /// Whether the outcome is the one hoped for: a claim supported, a control refuted.
    pub fn is_as_it_should_be(&self) -> bool {
        self.verdict()
            == match self.arm {
                Arm::Claim => Verdict::Supported,
                Arm::Control => Verdict::Refuted,
            }
    }
}
