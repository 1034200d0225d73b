//! Evidence: what a check found, part by part.

use crate::stats::{
    AnyTime, Decision, Estimate, Hypothesis, Rates, Region, Verdict, decide, holm_thresholds,
    p_value_of,
};

use super::{Claim, TrendDetails};

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
    /// For exponents: how well a power of the size fits.
    pub trend: Option<TrendDetails>,
}

/// A part before its error rates are known: the estimate is decided once the number of parts, over
/// which the claim's share of false alarms is split, is final.
pub struct Draft {
    name: String,
    predicted: Option<f64>,
    hypothesis: Hypothesis,
    has_slack: bool,
    sizes: Vec<usize>,
    estimate: Box<dyn Estimate>,
    trend: Option<TrendDetails>,
}

impl Draft {
    /// A quantity that must be as the hypothesis says.
    pub fn new(
        name: impl Into<String>,
        sizes: &[usize],
        estimate: impl Estimate + 'static,
        hypothesis: impl Into<Hypothesis>,
    ) -> Self {
        Draft {
            name: name.into(),
            predicted: None,
            hypothesis: hypothesis.into(),
            has_slack: false,
            sizes: sizes.to_vec(),
            estimate: Box::new(estimate),
            trend: None,
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

    /// Adds how well a power of the size fits.
    pub fn detailed(mut self, trend: TrendDetails) -> Self {
        self.trend = Some(trend);
        self
    }

    fn decide(self, rates: Rates) -> Part {
        let decision = decide(self.estimate.as_ref(), self.hypothesis, rates);
        Part {
            name: self.name,
            predicted: self.predicted,
            // None where the two sides agree to the last bit.
            slack: Some(1.0 / decision.estimate)
                .filter(|slack| self.has_slack && slack.is_finite()),
            decision,
            sizes: self.sizes,
            trend: self.trend,
        }
    }
}

/// A part that may be looked at while it is being sampled, because its evidence holds at any time.
pub struct LiveDraft(Draft);

impl LiveDraft {
    /// A quantity that must be as the hypothesis says.
    pub fn new(
        name: impl Into<String>,
        sizes: &[usize],
        estimate: impl AnyTime + 'static,
        hypothesis: impl Into<Hypothesis>,
    ) -> Self {
        LiveDraft(Draft::new(name, sizes, estimate, hypothesis))
    }

    /// A ratio of measured to bound that must be at most 1, with its slack shown.
    pub fn inequality(
        name: impl Into<String>,
        sizes: &[usize],
        ratio: impl AnyTime + 'static,
    ) -> Self {
        LiveDraft(Draft::inequality(name, sizes, ratio))
    }

    /// Adds the value that the theory predicts.
    pub fn predicted(self, value: f64) -> Self {
        LiveDraft(self.0.predicted(value))
    }
}

impl From<LiveDraft> for Draft {
    fn from(live: LiveDraft) -> Self {
        live.0
    }
}

/// Whether parts so far come to a verdict, each at these rates. With an even share of the claim's `alpha`,
/// which Holm's procedure never undercuts, what is decided here stays decided.
pub(super) fn is_decided(drafts: &[LiveDraft], rates: Rates) -> bool {
    let verdict_of =
        |draft: &LiveDraft| decide(draft.0.estimate.as_ref(), draft.0.hypothesis, rates).verdict;
    Verdict::all(drafts.iter().map(verdict_of)) != Verdict::Undecided
}

/// Decides all parts of a claim: they share its `alpha` by Holm's procedure; each keeps the full miss rate,
/// because *supported* needs every part (an intersection-union test).
pub(super) fn decide_all(drafts: Vec<Draft>, rates: Rates) -> Vec<Part> {
    let p_value = |draft: &Draft| p_value_of(draft.estimate.as_ref(), draft.hypothesis.claimed);
    let p_values: Vec<f64> = drafts.iter().map(p_value).collect();
    let alphas = holm_thresholds(&p_values, rates.alpha);
    let decided = drafts.into_iter().zip(alphas);
    decided.map(|(draft, alpha)| draft.decide(Rates { alpha, ..rates })).collect()
}

/// Refuted if one part is, supported if all are.
pub(super) fn verdict(parts: &[Part]) -> Verdict {
    Verdict::all(parts.iter().map(|part| part.decision.verdict))
}

/// The first part with the verdict of the whole; there is one, since a check drafts something.
pub(super) fn decisive(parts: &[Part]) -> &Part {
    let verdict = verdict(parts);
    let decisive = parts.iter().position(|part| part.decision.verdict == verdict);
    &parts[decisive.unwrap_or(0)]
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
        verdict(&self.parts)
    }

    /// The part that decides: the first one with the verdict of the whole.
    pub fn decisive(&self) -> &Part {
        decisive(&self.parts)
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
