//! Regions, intervals and the three-way decision.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What the evidence says of a claim.
///
/// ```
/// use feature_contamination::stats::Verdict::{self, Refuted, Supported, Undecided};
///
/// assert_eq!(Verdict::all([Supported, Supported]), Supported);
/// assert_eq!(Verdict::all([Supported, Undecided]), Undecided);
/// assert_eq!(Verdict::all([Supported, Undecided, Refuted]), Refuted);
/// ```
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

    /// The values around `center`, up to the margin given next: `Region::around(1.0).within(0.1)`.
    pub fn around(center: f64) -> Around {
        Around(center)
    }

    fn contains(self, interval: Interval) -> bool {
        interval.lower >= self.lower && interval.upper <= self.upper
    }
}

/// The center of a region whose margin is still to be given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Around(f64);

impl Around {
    /// All values within `margin` of the center.
    pub fn within(self, margin: f64) -> Region {
        Region { lower: self.0 - margin, upper: self.0 + margin }
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

/// What a claim says of a quantity, and how far from it is too far.
///
/// Where the theory gives one value exactly, that value is what evidence can refute; where it says that
/// a quantity lies in a region, only evidence against the whole region can.
///
/// ```
/// use feature_contamination::stats::{Hypothesis, Region};
///
/// // An exact value, and how far from it is close enough; a region is claimed as it is allowed.
/// let half = Hypothesis::exactly(0.5).within(0.125);
/// assert_eq!((half.claimed, half.allowed), (Region::between(0.5, 0.5), Region::between(0.375, 0.625)));
/// let small: Hypothesis = Region::at_most(1.0).into();
/// assert_eq!(small.claimed, small.allowed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hypothesis {
    /// What is claimed: *refuted* is evidence against every value in here.
    pub claimed: Region,
    /// What is close enough: *supported* is evidence against every value outside. It holds `claimed`.
    pub allowed: Region,
}

impl Hypothesis {
    /// The quantity has exactly this value; the margin that is close enough is given next:
    /// `Hypothesis::exactly(0.5).within(0.1)`.
    pub fn exactly(value: f64) -> Exactly {
        Exactly(value)
    }

    /// The quantity, which is never negative, is 0; one of at most `allowed` is close enough.
    pub fn zero_up_to(allowed: f64) -> Self {
        Hypothesis { claimed: Region::at_most(0.0), allowed: Region::at_most(allowed) }
    }

    /// Checks that there is something to show and something to refute, so that a verdict can come out either way.
    ///
    /// # Errors
    /// No end at all, an end that is NaN, or a claim that reaches outside of what is allowed.
    pub fn check(self) -> Result<()> {
        let Hypothesis { claimed, allowed } = self;
        let is_bounded = allowed.lower.is_finite() || allowed.upper.is_finite();
        let is_nested = allowed.lower <= claimed.lower
            && claimed.lower <= claimed.upper
            && claimed.upper <= allowed.upper;
        if is_bounded && is_nested {
            return Ok(());
        }
        Err(Error::out_of_range(
            "hypothesis",
            format!("{claimed} within {allowed}"),
            "an ordered region inside a region with an end",
            "claim a value with a margin, or a region with at least one end",
        ))
    }
}

/// A claimed value whose margin is still to be given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exactly(f64);

impl Exactly {
    /// A value within `margin` of the claimed one is close enough.
    pub fn within(self, margin: f64) -> Hypothesis {
        Hypothesis {
            claimed: Region::between(self.0, self.0),
            allowed: Region::around(self.0).within(margin),
        }
    }
}

/// The quantity lies in the region.
impl From<Region> for Hypothesis {
    fn from(region: Region) -> Self {
        Hypothesis { claimed: region, allowed: region }
    }
}

/// A one-sided hypothesis on a quantity, that evidence speaks against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Null {
    /// The quantity is at most this.
    AtMost(f64),
    /// The quantity is at least this.
    AtLeast(f64),
}

/// The error rates of one decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// The probability of *refuted* when what is claimed is true, at most.
    pub alpha: f64,
    /// The probability of *supported* when the quantity lies outside of what is allowed, at most.
    pub beta: f64,
}

/// An estimate of a quantity from independent replicates.
pub trait Estimate {
    /// The point estimate.
    fn value(&self) -> f64;

    /// An interval that misses the quantity on each of its two sides with probability at most `tail`.
    fn interval(&self, tail: f64) -> Interval;

    /// The evidence against a one-sided hypothesis, as a p-value: were the hypothesis true, a value
    /// of at most `p` would come out with probability at most `p`. It is the smallest tail at which
    /// [`Estimate::interval`] lies beyond the hypothesis.
    fn p_value(&self, null: Null) -> f64;

    /// The same evidence as the logarithm of an e-value, whose expectation under the hypothesis is at
    /// most 1: e-values of independent runs multiply. By default it is calibrated from the p-value.
    fn log_e_value(&self, null: Null) -> f64 {
        log_e_of_p(self.p_value(null))
    }

    /// The number of independent samples.
    fn n_samples(&self) -> usize;
}

/// An estimate whose intervals and evidence hold at every number of samples, also one that was chosen by
/// looking at them. Only such an estimate may decide when sampling stops: a fixed-sample interval that
/// is looked at again and again misses many times more often than it promises.
pub trait AnyTime: Estimate {}

/// The p-value of a region: of one side where it has one, twice the smaller one where it has two.
pub fn p_value_of(estimate: &dyn Estimate, region: Region) -> f64 {
    let (lower, upper) = (Null::AtLeast(region.lower), Null::AtMost(region.upper));
    match (region.lower.is_finite(), region.upper.is_finite()) {
        (true, true) => (2.0 * estimate.p_value(lower).min(estimate.p_value(upper))).min(1.0),
        (true, false) => estimate.p_value(lower),
        (false, true) => estimate.p_value(upper),
        (false, false) => 1.0,
    }
}

/// The logarithm of the e-value of a region: the average of both sides where it has two.
pub fn log_e_value_of(estimate: &dyn Estimate, region: Region) -> f64 {
    let (lower, upper) = (Null::AtLeast(region.lower), Null::AtMost(region.upper));
    match (region.lower.is_finite(), region.upper.is_finite()) {
        (true, true) => {
            let (a, b) = (estimate.log_e_value(lower), estimate.log_e_value(upper));
            let larger = a.max(b);
            if larger.is_infinite() {
                return larger;
            }
            larger + (0.5 * ((a - larger).exp() + (b - larger).exp())).ln()
        }
        (true, false) => estimate.log_e_value(lower),
        (false, true) => estimate.log_e_value(upper),
        (false, false) => 0.0,
    }
}

/// The logarithm of `(1 - p + p ln p) / (p ln^2 p)`, the mixture of the calibrators `k p^{k-1}` over `k`
/// in (0, 1): its integral over `p` in (0, 1) is 1, so it turns a p-value into an e-value.
///
/// # Source
/// Vovk and Wang, *E-values: calibration, combination and applications*, Ann. Statist. 49, 2021, eq. (2).
pub fn log_e_of_p(p: f64) -> f64 {
    if p.is_nan() || p >= 1.0 {
        // The limit at 1 is 1/2; no evidence is worth no more than 1.
        return 0.5_f64.ln();
    }
    if p <= 0.0 {
        return f64::INFINITY;
    }
    let log_p = p.ln();
    // Near 1 the numerator cancels; its series is (1-p)^2 / 2 + (1-p)^3 / 6 + ...
    let q = 1.0 - p;
    let numerator = if q < 1e-4 { q * q * (0.5 + q / 6.0) } else { q + p * log_p };
    numerator.ln() - log_p - 2.0 * log_p.abs().ln()
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
    /// What was claimed and what is allowed.
    pub hypothesis: Hypothesis,
    /// The p-value of what is claimed; *refuted* when it is at most `alpha`.
    pub p_value: f64,
    /// Logarithms of the e-values against what is claimed, against all that lies below and against all
    /// that lies above what is allowed: evidence that other runs can be combined with.
    pub log_e_values: [f64; 3],
    /// The error rates.
    pub rates: Rates,
    /// The smallest detectable discrepancy: a quantity this far outside of what is claimed is refuted
    /// with probability about `1 - beta`. Half-widths at `alpha` (a half of it on each side of a claim
    /// with two) and at `beta`, added.
    pub detectable: f64,
    /// The number of independent samples.
    pub n_samples: usize,
}

/// Decides whether a quantity is as claimed. Evidence against what is claimed comes first: of an exact
/// claim many samples may show both that it is wrong and that it is not far off.
///
/// ```
/// use feature_contamination::stats::{Proportion, Rates, Region, Verdict, decide};
///
/// let rates = Rates { alpha: 1e-6, beta: 1e-3 };
/// let verdict = |n_successes, n_trials, region| {
///     decide(&Proportion { n_successes, n_trials }, region, rates).verdict
/// };
/// assert_eq!(verdict(90, 100, Region::at_least(0.5)), Verdict::Supported);
/// assert_eq!(verdict(90, 100, Region::at_most(0.5)), Verdict::Refuted);
/// // Nine of ten say too little.
/// assert_eq!(verdict(9, 10, Region::at_least(0.5)), Verdict::Undecided);
/// ```
pub fn decide(
    estimate: &dyn Estimate,
    hypothesis: impl Into<Hypothesis>,
    rates: Rates,
) -> Decision {
    let hypothesis = hypothesis.into();
    let Hypothesis { claimed, allowed } = hypothesis;
    let supporting = estimate.interval(rates.beta);
    let p_value = p_value_of(estimate, claimed);
    let verdict = if p_value <= rates.alpha {
        Verdict::Refuted
    } else if allowed.contains(supporting) {
        Verdict::Supported
    } else {
        Verdict::Undecided
    };
    let n_sides = if claimed.lower.is_finite() && claimed.upper.is_finite() { 2.0 } else { 1.0 };
    let against = |end: f64, null: Null| {
        // What has no end on a side cannot be left there.
        if end.is_finite() { estimate.log_e_value(null) } else { f64::INFINITY }
    };
    Decision {
        verdict,
        estimate: estimate.value(),
        interval: supporting,
        hypothesis,
        p_value,
        log_e_values: [
            log_e_value_of(estimate, claimed),
            against(allowed.lower, Null::AtMost(allowed.lower)),
            against(allowed.upper, Null::AtLeast(allowed.upper)),
        ],
        rates,
        detectable: estimate.interval(rates.alpha / n_sides).half_width() + supporting.half_width(),
        n_samples: estimate.n_samples(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An estimate of known ends at the tails of support and of refutation.
    struct Fixed(Interval, Interval);

    impl Estimate for Fixed {
        fn value(&self) -> f64 {
            0.5 * (self.0.lower + self.0.upper)
        }
        fn interval(&self, tail: f64) -> Interval {
            if tail == RATES.beta { self.0 } else { self.1 }
        }
        fn p_value(&self, null: Null) -> f64 {
            let is_beyond = match null {
                Null::AtMost(bound) => self.1.lower > bound,
                Null::AtLeast(bound) => self.1.upper < bound,
            };
            if is_beyond { RATES.alpha / 2.0 } else { 1.0 }
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
        check((0.9, 1.1), (0.7, 1.3), Region::around(1.0).within(0.2), Verdict::Supported);
        check((0.7, 1.1), (0.5, 1.3), Region::around(1.0).within(0.2), Verdict::Undecided);
        check((0.4, 0.6), (0.3, 0.7), Region::around(1.0).within(0.2), Verdict::Refuted);
        check((0.4, 0.6), (0.3, 0.9), Region::around(1.0).within(0.2), Verdict::Undecided);
        check((0.9, 1.1), (0.7, 1.3), Region::at_most(1.1), Verdict::Supported);
        check((0.9, 1.1), (0.7, 1.3), Region::at_least(1.4), Verdict::Refuted);
    }

    #[test]
    fn no_knowledge_is_undecided_even_when_it_comes_as_not_a_number() {
        let nan = (f64::NAN, f64::NAN);
        check(nan, nan, Region::around(0.0).within(1.0), Verdict::Undecided);
        check(nan, nan, Region::at_most(0.0), Verdict::Undecided);
    }

    #[test]
    fn evidence_against_an_exact_claim_comes_before_that_for_its_margin() {
        let decision = |beta: (f64, f64), alpha: (f64, f64)| {
            let ends = |(lower, upper)| Interval::new(lower, upper);
            decide(&Fixed(ends(beta), ends(alpha)), Hypothesis::exactly(1.0).within(0.2), RATES)
        };
        assert_eq!(decision((1.05, 1.15), (1.01, 1.19)).verdict, Verdict::Refuted);
        assert_eq!(decision((0.95, 1.15), (0.9, 1.3)).verdict, Verdict::Supported);
        assert_eq!(decision((0.95, 1.25), (0.9, 1.3)).verdict, Verdict::Undecided);
        assert_eq!(decision((1.05, 1.15), (1.01, 1.19)).p_value, RATES.alpha);
    }

    #[test]
    fn a_claim_with_one_side_has_the_p_value_of_that_side() {
        let estimate = Fixed(Interval::new(0.9, 1.1), Interval::new(0.8, 1.2));
        assert_eq!(p_value_of(&estimate, Region::at_most(0.7)), 5e-7);
        assert_eq!(p_value_of(&estimate, Region::around(0.7).within(0.05)), 1e-6);
        let everything = Region { lower: f64::NEG_INFINITY, upper: f64::INFINITY };
        assert_eq!(p_value_of(&estimate, everything), 1.0);
        // Both sides of a claim with two: the average of their e-values.
        let (one, two) = (Region::at_most(0.7), Region::around(0.7).within(0.05));
        let difference = log_e_value_of(&estimate, one) - log_e_value_of(&estimate, two);
        assert!((difference - 2.0_f64.ln()).abs() < 1e-4, "{difference}");
    }

    #[test]
    fn calibrated_p_values_have_expectation_one() {
        // The integral over p in (0, 1), on a grid in u = ln p; what is left out below e^-u is 1/u.
        let (n_steps, depth) = (400_000, 40.0);
        let step = depth / f64::from(n_steps);
        let integrand = |idx: i32| {
            let p = (-(f64::from(idx) + 0.5) * step).exp();
            (log_e_of_p(p) + p.ln()).exp() * step
        };
        let total: f64 = (0..n_steps).map(integrand).sum();
        assert!((total + 1.0 / depth - 1.0).abs() < 1e-3, "{total}");
        assert!((log_e_of_p(1.0 - 1e-5) - 0.5_f64.ln()).abs() < 1e-4);
        assert!((log_e_of_p(1.0 - 1.1e-4) - log_e_of_p(1.0 - 0.9e-4)).abs() < 1e-4);
        assert_eq!(log_e_of_p(0.0), f64::INFINITY);
        assert_eq!(log_e_of_p(f64::NAN), 0.5_f64.ln());
    }

    #[test]
    fn a_statement_of_parts_is_refuted_by_one_and_supported_by_all() {
        use Verdict::{Refuted, Supported, Undecided};
        assert_eq!(Verdict::all([Supported, Supported]), Supported);
        assert_eq!(Verdict::all([Supported, Undecided]), Undecided);
        assert_eq!(Verdict::all([Undecided, Refuted, Supported]), Refuted);
    }
}
