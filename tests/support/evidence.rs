//! Evidence as text for a person who reads a diff: each number with the digits that its own precision
//! supports, so that a change of rounding shows as nothing.

use feature_contamination::stats::{Hypothesis, Region};
use feature_contamination::study::{Arm, Claim, Kind, Outcome, Part};

/// The sections of a snapshot: the evidence on a claim, and that on its control.
pub struct Sections {
    claim: String,
    control: String,
}

impl Sections {
    /// The sections of a snapshot as it is committed; empty where there is none.
    pub fn of(file: &str) -> Self {
        let from = |start: &str| file.find(start).map_or("", |at| &file[at + 1..]);
        let claim = from("\nclaim: ");
        let end = claim.find("\n\ncontrol (").unwrap_or(claim.len());
        let control = from("\ncontrol (").trim_end();
        Sections {
            claim: claim[..end].trim_end_matches('\n').to_owned(),
            control: control.to_owned(),
        }
    }

    /// The same with the section of an outcome's arm replaced by its evidence.
    pub fn with(self, outcome: &Outcome) -> Self {
        let section = format!("{}\n\n{}", head(outcome), parts(outcome));
        match outcome.arm {
            Arm::Claim => Sections { claim: section, ..self },
            Arm::Control => Sections { control: section, ..self },
        }
    }

    /// The text of the snapshot.
    pub fn render(&self, claim: &Claim) -> String {
        format!("{}\n\n{}\n\n{}", claim.statement, self.claim, self.control)
    }
}

/// A paragraph for each part; of many parts two lines each.
const MANY_PARTS: usize = 12;

fn parts(outcome: &Outcome) -> String {
    let Outcome { claim, parts, .. } = outcome;
    let is_long = parts.len() > MANY_PARTS;
    let of = |part| if is_long { row(claim.kind, part) } else { block(claim.kind, part) };
    parts.iter().map(of).collect::<Vec<_>>().join(if is_long { "\n" } else { "\n\n" })
}

fn row(kind: Kind, part: &Part) -> String {
    let decision = &part.decision;
    let predicted = match part.predicted {
        Some(value) => format!("predicted {}, ", significant(value, 4)),
        None => String::new(),
    };
    format!(
        "  {}: {}\n    measured {}; {predicted}allowed {}, n = {}",
        part.name,
        decision.verdict,
        measured(kind, part),
        decision.hypothesis.allowed,
        decision.n_samples
    )
}

fn head(outcome: &Outcome) -> String {
    match outcome.arm {
        Arm::Claim => format!("claim: {}", outcome.verdict()),
        Arm::Control => format!("control ({}): {}", outcome.claim.control, outcome.verdict()),
    }
}

fn block(kind: Kind, part: &Part) -> String {
    let decision = &part.decision;
    let sizes: Vec<String> = part.sizes.iter().map(usize::to_string).collect();
    let predicted = part.predicted.map_or("-".to_owned(), |value| significant(value, 4));
    let Hypothesis { claimed, allowed } = decision.hypothesis;
    let mut lines = vec![
        format!("  {}: {}", part.name, decision.verdict),
        format!("    predicted  {predicted}"),
        format!("    measured   {}", measured(kind, part)),
        format!("    allowed    {allowed}"),
        format!("    samples    {} at d0 = {}", decision.n_samples, sizes.join(", ")),
    ];
    if claimed != allowed {
        lines.insert(3, format!("    claimed    {claimed}"));
    }
    lines.join("\n")
}

/// The estimate and its interval to two significant digits of the interval's half-width. A computed
/// number, whose interval is narrower than a millionth of it, has three significant digits instead;
/// one that is next to nothing beside its bound is only said to be so; and one that is itself made of
/// rounding errors has an order of magnitude.
pub fn measured(kind: Kind, part: &Part) -> String {
    let decision = &part.decision;
    let (value, interval) = (decision.estimate, decision.interval);
    let half_width = interval.half_width();
    if !(value.is_finite() && half_width.is_finite()) {
        return "unknown".to_owned();
    }
    let is_ratio = decision.hypothesis.allowed == Region::at_most(1.0);
    let is_rounding = is_ratio && kind == Kind::Identity;
    if is_rounding && interval.upper < 1.0 {
        return "< 1, computed".to_owned();
    }
    if is_rounding {
        return format!("{value:.0e}, computed");
    }
    if is_ratio && interval.upper < SMALL {
        return format!("< {SMALL}, computed");
    }
    if half_width <= COMPUTED * value.abs() {
        return format!("{}, computed", significant(value, 3));
    }
    let n_decimals = decimals(half_width, 2);
    let round = |number: f64| format!("{number:.n_decimals$}");
    format!("{} in [{}, {}]", round(value), round(interval.lower), round(interval.upper))
}

/// A relative half-width below which a number was computed, not sampled; a free choice.
const COMPUTED: f64 = 1e-6;
/// A ratio of a bound below which it is only said to be small; a free choice.
const SMALL: f64 = 0.001;

/// A number with so many significant digits, and at least one decimal: a whole number is a count.
fn significant(value: f64, n_digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..10.0_f64.powi(n_digits as i32)).contains(&value.abs()) {
        return format!("{value:.*e}", n_digits - 1);
    }
    format!("{value:.*}", decimals(value.abs(), n_digits))
}

/// The decimals that show so many significant digits of a positive number, at least one.
fn decimals(number: f64, n_digits: usize) -> usize {
    let exponent = number.log10().floor() as i32;
    (n_digits as i32 - 1 - exponent).max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::measured;
    use feature_contamination::stats::{Estimate, Interval, Null, Rates, Region, decide};
    use feature_contamination::study::{Kind, Part};

    struct Fixed(f64, f64);

    impl Estimate for Fixed {
        fn value(&self) -> f64 {
            self.0
        }
        fn interval(&self, _tail: f64) -> Interval {
            Interval::new(self.0 - self.1, self.0 + self.1)
        }
        fn p_value(&self, _null: Null) -> f64 {
            1.0
        }
        fn n_samples(&self) -> usize {
            8
        }
    }

    #[track_caller]
    fn check(kind: Kind, (value, half_width): (f64, f64), region: Region, expected: &str) {
        let rates = Rates { alpha: 1e-6, beta: 1e-3 };
        let decision = decide(&Fixed(value, half_width), region, rates);
        let (name, sizes) = (String::new(), vec![16]);
        let part = Part {
            name,
            predicted: None,
            decision,
            slack: None,
            sizes,
            trend: None,
            is_tied: false,
        };
        assert_eq!(measured(kind, &part), expected);
    }

    #[test]
    fn a_sampled_number_has_the_digits_of_its_interval() {
        let region = Region::around(0.0).within(0.1);
        check(Kind::Band, (0.123_456, 0.012_34), region, "0.123 in [0.111, 0.136]");
        check(Kind::Trend, (-0.299_63, 0.016_8), region, "-0.300 in [-0.316, -0.283]");
        check(Kind::Band, (25.3, 13.0), region, "25.3 in [12.3, 38.3]");
        check(Kind::Band, (f64::NAN, 0.1), region, "unknown");
        check(Kind::Band, (0.1, f64::INFINITY), region, "unknown");
    }

    #[test]
    fn a_computed_number_has_three_digits_and_a_rounding_error_none() {
        let ratio = Region::at_most(1.0);
        check(Kind::Inequality, (0.034_143_1, 1e-13), ratio, "0.0341, computed");
        check(Kind::Inequality, (6852.088, 0.0), ratio, "6.85e3, computed");
        check(Kind::Inequality, (1.7e-11, 1.7e-11), ratio, "< 0.001, computed");
        check(Kind::Inequality, (0.0, 0.0), ratio, "< 0.001, computed");
        check(Kind::Identity, (0.0, 0.0), ratio, "< 1, computed");
        check(Kind::Identity, (0.000_306, 0.0), ratio, "< 1, computed");
        check(Kind::Identity, (4.787e10, 0.0), ratio, "5e10, computed");
        check(Kind::Identity, (0.623_813, 0.0), Region::around(0.6).within(0.1), "0.624, computed");
    }
}
