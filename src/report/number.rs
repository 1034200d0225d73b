//! Numbers and intervals as short text.

use crate::stats::{Hypothesis, Region};

/// Below this modulus a number is shown in e-notation; a free choice.
const SMALL: f64 = 1e-3;
/// From this modulus on a number is shown in e-notation; a free choice.
const LARGE: f64 = 1e6;

/// Letters of two ends that fit a column of intervals.
const ROOM: usize = 15;

/// A number with four significant digits; whole numbers as they are; small and large ones in
/// e-notation.
///
/// ```
/// use feature_contamination::report::{number, optional, rate, span};
///
/// assert_eq!(number(2.0 / 3.0), "0.6667");
/// assert_eq!(optional(None), "-");
/// assert_eq!(rate(0.001), "1e-3");
/// assert_eq!(span(f64::NEG_INFINITY, 1.0), "<= 1");
/// ```
pub fn number(value: f64) -> String {
    let modulus = value.abs();
    if value == 0.0 {
        "0".into()
    } else if !value.is_finite() {
        value.to_string().to_lowercase()
    } else if !(SMALL..LARGE).contains(&modulus) {
        format!("{value:.3e}")
    } else if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        let n_decimals = 3 - modulus.log10().floor() as i32;
        format!("{value:.*}", n_decimals.max(0) as usize)
    }
}

/// A number that may be missing: `-` where it is.
pub fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), number)
}

/// An error rate: two significant digits in e-notation, without idle zeros.
pub fn rate(value: f64) -> String {
    format!("{value:.1e}").replace(".0e", "e")
}

/// An interval from its ends: one-sided where an end is infinite, `exact` where both are equal.
pub fn span(lower: f64, upper: f64) -> String {
    match (lower.is_finite(), upper.is_finite()) {
        (true, true) if lower == upper => "exact".into(),
        (true, true) => format!("[{}, {}]", number(lower), number(upper)),
        (true, false) => format!(">= {}", number(lower)),
        (false, true) => format!("<= {}", number(upper)),
        (false, false) => "unknown".into(),
    }
}

/// The same in little room: no brackets, no zeros at the end, one number where both ends look alike.
pub(super) fn short_span(lower: f64, upper: f64) -> String {
    let (low, high) = (trimmed(lower), trimmed(upper));
    match (lower.is_finite(), upper.is_finite()) {
        (true, true) if lower == upper => "exact".into(),
        (true, true) if low == high => low,
        // Where the column must wrap, it wraps between the ends.
        (true, true) if low.len() + high.len() > ROOM => format!("{low}.. {high}"),
        (true, true) => format!("{low}..{high}"),
        (true, false) => format!(">= {low}"),
        (false, true) => format!("<= {high}"),
        (false, false) => "unknown".into(),
    }
}

/// A factor with two digits, more where it is a whole number of up to five.
pub(super) fn factor(value: f64) -> String {
    match value {
        10.0..1e5 => format!("{value:.0}"),
        0.1..10.0 => format!("{value:.1}"),
        _ if value.is_finite() => rate(value),
        _ => number(value),
    }
}

/// A number without idle zeros.
pub(super) fn trimmed(value: f64) -> String {
    let text = number(value);
    if text.contains('.') && !text.contains('e') {
        return text.trim_end_matches('0').trim_end_matches('.').into();
    }
    text
}

/// What is claimed, where it is not all that is allowed.
pub(super) fn claimed(hypothesis: Hypothesis) -> String {
    let Hypothesis { claimed, allowed } = hypothesis;
    match claimed {
        _ if claimed == allowed => "as allowed".into(),
        Region { lower, upper } if lower == upper => number(lower),
        Region { lower, upper } => span(lower, upper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits_over_the_whole_range() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-2048.0, "-2048"),
            (0.123_456, "0.1235"),
            (-12.345_67, "-12.35"),
            (1234.56, "1235"),
            (123_456.7, "123457"),
            (1e6, "1.000e6"),
            (0.001, "0.001000"),
            (9.994e-4, "9.994e-4"),
            (-2.5e-13, "-2.500e-13"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn rates_are_short() {
        for (value, text) in [(1e-6, "1e-6"), (1e-3, "1e-3"), (1e-6 / 13.0, "7.7e-8")] {
            assert_eq!(rate(value), text);
        }
    }

    #[test]
    fn spans_show_which_ends_are_known() {
        let infinity = f64::INFINITY;
        let cases = [
            (-0.5, 0.25, "[-0.5000, 0.2500]"),
            (-infinity, 1.0, "<= 1"),
            (0.5, infinity, ">= 0.5000"),
            (-infinity, infinity, "unknown"),
            (2.0, 2.0, "exact"),
        ];
        for (lower, upper, text) in cases {
            assert_eq!(span(lower, upper), text);
        }
        let cases = [
            (-0.5, 0.98, "-0.5..0.98"),
            (-infinity, -0.25, "<= -0.25"),
            (1e-7, 100.0, "1.000e-7..100"),
            (-7.133e-4, 7.412e-4, "-7.133e-4.. 7.412e-4"),
            (0.028_931_2, 0.028_931_3, "0.02893"),
        ];
        for (lower, upper, text) in cases {
            assert_eq!(short_span(lower, upper), text);
        }
    }

    #[test]
    fn factors_take_little_room() {
        for (value, text) in [
            (3122.4, "3122"),
            (1.26, "1.3"),
            (1.55e8, "1.6e8"),
            (1e-11, "1e-11"),
            (1.0 / 0.0, "inf"),
        ] {
            assert_eq!(factor(value), text);
        }
    }
}
