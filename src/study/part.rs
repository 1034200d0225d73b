//! Parts of a claim: what is judged, before and after it is.

use super::estimator::Estimated;
use super::record::Records;
use super::{Arm, Estimator, TrendDetails};
use crate::error::{Error, Result};
use crate::stats::{Decision, Hypothesis, Rates, decide, p_value_of};

/// One quantity of a claim, with what is claimed of it and how it is measured.
#[derive(Clone)]
pub struct PartDesign {
    pub(super) name: String,
    pub(super) hypothesis: Hypothesis,
    pub(super) predicted: Option<f64>,
    pub(super) estimator: Estimator,
    /// Where they are not those of the samples that are read.
    pub(super) sizes: Option<Vec<usize>>,
    pub(super) has_slack: bool,
}

/// A part that was judged.
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
    /// The sizes that entered, such as numbers of features.
    pub sizes: Vec<usize>,
    /// For exponents: how well a power of the size fits.
    pub trend: Option<TrendDetails>,
    /// Whether all runs gave the same number to the last bit: their random streams are tied, or the number is
    /// not continuous, and they are no evidence.
    pub is_tied: bool,
}

impl PartDesign {
    /// Adds the value that the theory predicts.
    pub fn predicted(&mut self, value: f64) -> &mut Self {
        self.predicted = Some(value);
        self
    }

    /// Declares the sizes that enter, where they are not those of the samples that are read.
    pub fn sizes(&mut self, sizes: &[usize]) -> &mut Self {
        self.sizes = Some(sizes.to_vec());
        self
    }

    /// Checks that the part can come out either way, and in the claim's own setting as predicted.
    pub(super) fn check(&self, arm: Arm) -> Result<()> {
        self.hypothesis.check()?;
        let allowed = self.hypothesis.allowed;
        // A control shows what is predicted for the claim, or for its own setting; either may lie outside.
        match self.predicted {
            Some(value)
                if arm == Arm::Claim && !(allowed.lower..=allowed.upper).contains(&value) =>
            {
                let range = format!("inside the allowed region, {allowed}");
                let remedy =
                    "allow what the theory predicts, or find out which of the two is wrong";
                Err(Error::out_of_range("predicted value", value, range, remedy))
            }
            _ => Ok(()),
        }
    }

    /// Measures the part on these records.
    pub(super) fn measure<'a>(
        &'a self,
        sizes: Vec<usize>,
        records: &Records,
    ) -> Result<Measured<'a>> {
        Ok(Measured { part: self, sizes, estimated: self.estimator.estimate(records)? })
    }
}

/// A part with its estimate, before its share of the claim's false alarms is known.
pub(super) struct Measured<'a> {
    part: &'a PartDesign,
    sizes: Vec<usize>,
    estimated: Estimated,
}

impl Measured<'_> {
    pub fn p_value(&self) -> f64 {
        p_value_of(self.estimated.estimate.as_ref(), self.part.hypothesis.claimed)
    }

    pub fn decision(&self, rates: Rates) -> Decision {
        decide(self.estimated.estimate.as_ref(), self.part.hypothesis, rates)
    }

    pub fn judge(self, rates: Rates) -> Part {
        let decision = self.decision(rates);
        Part {
            name: self.part.name.clone(),
            predicted: self.part.predicted,
            // None where the measured side is 0.
            slack: Some(1.0 / decision.estimate)
                .filter(|slack| self.part.has_slack && slack.is_finite()),
            decision,
            sizes: self.sizes,
            trend: self.estimated.trend,
            is_tied: self.estimated.is_tied,
        }
    }
}
