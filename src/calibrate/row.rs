//! What is measured: rates beside promises, curves, and numbers of samples.

use std::fmt;

use crate::stats::{Estimate, Interval, Proportion};

/// What a procedure says of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Promise {
    /// At most this.
    AtMost(f64),
    /// At most this, if the values are of a law that they are not: shown, not held against it.
    IfOnly(f64, &'static str),
    /// At most this, which a control must be seen to break.
    Control(f64),
    /// Nothing.
    None,
}

impl Promise {
    /// The rate promised.
    pub fn rate(self) -> Option<f64> {
        match self {
            Promise::AtMost(rate) | Promise::IfOnly(rate, _) | Promise::Control(rate) => Some(rate),
            Promise::None => None,
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measured {
    /// A probability that was computed: the largest over a grid of probabilities of success.
    Exact {
        /// The probability.
        rate: f64,
        /// Where it is largest.
        worst_at: f64,
    },
    /// An event that was counted.
    Counted {
        /// Replicates with the event.
        count: usize,
        /// All replicates.
        n_replicates: usize,
    },
    /// A number that was averaged.
    Average {
        /// The mean over replicates.
        mean: f64,
        /// Its standard error; 0 of a computed one.
        standard_error: f64,
        /// All replicates; 0 of a computed one.
        n_replicates: usize,
    },
}

/// The probability that a limit of a counted rate lies on the wrong side of it.
const LIMIT_TAIL: f64 = 1e-3;
/// The same of a normal average, in standard errors.
const LIMIT_QUANTILE: f64 = 3.09;
/// Relative rounding of a computed probability: sums of up to a million positive terms, each with a few
/// roundings on its way.
const ROUNDING: f64 = 1e-9;

impl Measured {
    /// The rate, or the mean.
    pub fn value(self) -> f64 {
        match self {
            Measured::Exact { rate, .. } => rate,
            Measured::Counted { count, n_replicates } => count as f64 / n_replicates as f64,
            Measured::Average { mean, .. } => mean,
        }
    }

    /// Limits of the true value, each of which holds with probability 99.9 %: exact ones of a rate, normal
    /// ones of a mean; the value itself where it was computed.
    pub fn limits(self) -> Interval {
        match self {
            Measured::Exact { rate, .. } => Interval::new(rate, rate),
            Measured::Counted { count, n_replicates } => {
                Proportion { n_successes: count, n_trials: n_replicates }.interval(LIMIT_TAIL)
            }
            Measured::Average { mean, standard_error, .. } => {
                let half_width = LIMIT_QUANTILE * standard_error;
                Interval::new(mean - half_width, mean + half_width)
            }
        }
    }
}

/// How a measured rate stands to its promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The rate may be as promised, or better.
    Kept,
    /// It is not, beyond the doubt that the replicates leave.
    Broken,
    /// A control broke its promise, as it must.
    Caught,
    /// A control was not seen to break its promise: the calibration is blind.
    NotCaught,
    /// The values do not follow the law that the promise needs.
    OutsideModel,
    /// Nothing was promised.
    Shown,
}

impl Standing {
    /// Whether something is wrong.
    pub fn is_fault(self) -> bool {
        matches!(self, Standing::Broken | Standing::NotCaught)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Standing::Kept => "kept",
            Standing::Broken => "broken",
            Standing::Caught => "caught",
            Standing::NotCaught => "not caught",
            Standing::OutsideModel => "outside model",
            Standing::Shown => "-",
        })
    }
}

/// One measured quantity of one procedure under one law.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The procedure's name.
    pub procedure: &'static str,
    /// The law of the values, or the claim on a proportion, in a few words.
    pub law: String,
    /// What was measured, in a few words.
    pub quantity: String,
    /// Samples of one replicate, at most.
    pub n_samples: usize,
    /// What is promised.
    pub promise: Promise,
    /// What was found.
    pub measured: Measured,
}

impl Row {
    /// How the measured rate stands to the promise.
    pub fn standing(&self) -> Standing {
        let lower = match self.measured {
            Measured::Exact { rate, .. } => rate * (1.0 - ROUNDING),
            measured => measured.limits().lower,
        };
        match self.promise {
            Promise::AtMost(rate) if lower <= rate => Standing::Kept,
            Promise::AtMost(_) => Standing::Broken,
            Promise::Control(rate) if lower > rate => Standing::Caught,
            Promise::Control(_) => Standing::NotCaught,
            Promise::IfOnly(..) => Standing::OutsideModel,
            Promise::None => Standing::Shown,
        }
    }
}

/// Verdicts along true values of the quantity, under one claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The procedure.
    pub procedure: &'static str,
    /// The claim, in a few words.
    pub claim: String,
    /// The value claimed, and the margin.
    pub claimed: f64,
    /// What is close enough to it.
    pub margin: f64,
    /// From the smallest true value to the largest.
    pub points: Vec<CurvePoint>,
}

/// One point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The true value.
    pub truth: f64,
    /// The probability of *supported*.
    pub supported: f64,
    /// The probability of *refuted*.
    pub refuted: f64,
    /// The mean number of samples until the decision.
    pub mean_samples: f64,
}

/// Samples until a true claim is supported, beside the fixed number of the design by the bound of
/// Dvoretzky, Kiefer and Wolfowitz.
#[derive(Debug, Clone, PartialEq)]
pub struct Saving {
    /// The procedure.
    pub procedure: &'static str,
    /// The law of the values.
    pub law: String,
    /// Replicates; 0 where the mean was computed.
    pub n_replicates: usize,
    /// The share of replicates that supported the claim.
    pub supported: f64,
    /// The mean number of samples.
    pub mean_samples: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Samples of the fixed design.
    pub fixed_samples: f64,
    /// The saving hoped for, where one was set.
    pub target: Option<f64>,
}

impl Saving {
    /// How many times fewer samples than by the fixed design.
    pub fn ratio(&self) -> f64 {
        self.fixed_samples / self.mean_samples
    }
}

/// All that was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Findings {
    /// Rates and averages.
    pub rows: Vec<Row>,
    /// Power.
    pub curves: Vec<Curve>,
    /// Samples against a fixed design.
    pub savings: Vec<Saving>,
}

impl Findings {
    /// More findings behind those so far.
    pub(super) fn extend(&mut self, more: Findings) {
        self.rows.extend(more.rows);
        self.curves.extend(more.curves);
        self.savings.extend(more.savings);
    }

    /// Whether a promise was broken, or a control not caught.
    pub fn has_fault(&self) -> bool {
        self.rows.iter().any(|row| row.standing().is_fault())
    }
}

impl From<Vec<Row>> for Findings {
    fn from(rows: Vec<Row>) -> Self {
        Findings { rows, ..Findings::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(promise: Promise, measured: Measured) -> Standing {
        let (law, quantity) = (String::new(), String::new());
        Row { procedure: "", law, quantity, n_samples: 1, promise, measured }.standing()
    }

    #[test]
    fn a_promise_is_broken_only_beyond_doubt() {
        let counted = |count| Measured::Counted { count, n_replicates: 10_000 };
        // 100 are expected, with a standard deviation of 10; the 99.9 % point is 132.
        for (count, of_claim, of_control) in [
            (0, Standing::Kept, Standing::NotCaught),
            (120, Standing::Kept, Standing::NotCaught),
            (140, Standing::Broken, Standing::Caught),
        ] {
            assert_eq!(standing(Promise::AtMost(0.01), counted(count)), of_claim);
            assert_eq!(standing(Promise::Control(0.01), counted(count)), of_control);
            let outside = Promise::IfOnly(0.01, "normal values");
            assert_eq!(standing(outside, counted(count)), Standing::OutsideModel);
            assert_eq!(standing(Promise::None, counted(count)), Standing::Shown);
        }
    }

    #[test]
    fn a_computed_rate_needs_no_doubt_but_rounding() {
        let exact = |rate| Measured::Exact { rate, worst_at: 0.5 };
        assert_eq!(standing(Promise::AtMost(0.01), exact(0.01 + 1e-13)), Standing::Kept);
        assert_eq!(standing(Promise::AtMost(0.01), exact(0.0101)), Standing::Broken);
        assert_eq!(exact(0.3).limits(), Interval::new(0.3, 0.3));
    }
}
