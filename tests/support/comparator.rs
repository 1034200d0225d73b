//! A comparator of snapshots that takes a number within one unit of its last printed digit for the
//! same number: where rounding sits on the edge between two digits, it may fall on either side.

use insta::{Comparator, Snapshot};

/// Accepts snapshots that [`agree`].
#[derive(Debug, Clone, Copy)]
pub struct WithinOneUnit;

impl Comparator for WithinOneUnit {
    fn matches(&self, reference: &Snapshot, test: &Snapshot) -> bool {
        match (reference.as_text(), test.as_text()) {
            (Some(reference), Some(test)) => agree(&reference.to_string(), &test.to_string()),
            _ => false,
        }
    }

    fn dyn_clone(&self) -> Box<dyn Comparator> {
        Box::new(*self)
    }
}

/// Whether two texts are equal up to one unit in the last digit of decimal numbers on lines of
/// evidence. Whole numbers are counts and must be equal, like every word.
pub fn agree(reference: &str, test: &str) -> bool {
    let (mut references, mut tests) = (reference.lines(), test.lines());
    loop {
        match (references.next(), tests.next()) {
            (None, None) => return true,
            (Some(reference), Some(test)) if lines_agree(reference, test) => {}
            _ => return false,
        }
    }
}

/// What lines with measured numbers begin with.
const EVIDENCE: [&str; 4] = ["predicted", "measured", "claimed", "allowed"];

fn lines_agree(reference: &str, test: &str) -> bool {
    if reference == test {
        return true;
    }
    let (references, tests) = (words(reference), words(test));
    EVIDENCE.iter().any(|name| reference.trim_start().starts_with(name))
        && references.len() == tests.len()
        && references.iter().zip(&tests).all(|(reference, test)| words_agree(reference, test))
}

/// Numbers and what stands between them.
fn words(line: &str) -> Vec<&str> {
    line.split_inclusive([' ', '[', ']', ',']).collect()
}

fn words_agree(reference: &str, test: &str) -> bool {
    let split = |word: &str| {
        let end = word.trim_end_matches([' ', '[', ']', ',']).len();
        (word[..end].to_owned(), word[end..].to_owned())
    };
    let ((reference, after_reference), (test, after_test)) = (split(reference), split(test));
    let is_same_number = match (decimal(&reference), decimal(&test)) {
        (Some((a, unit_a)), Some((b, unit_b))) => {
            // The numbers themselves are only known to a rounding of the parser.
            (a - b).abs() <= unit_a.max(unit_b) * (1.0 + 1e-9)
        }
        _ => reference == test,
    };
    is_same_number && after_reference == after_test
}

/// A number with a decimal point or an exponent, and the unit of its last digit.
fn decimal(word: &str) -> Option<(f64, f64)> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) || !word.contains(['.', 'e']) {
        return None;
    }
    let (mantissa, exponent) = word.split_once('e').unwrap_or((word, "0"));
    let n_decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let exponent: i32 = exponent.parse().ok()?;
    Some((word.parse().ok()?, 10.0_f64.powi(exponent - n_decimals as i32)))
}

#[cfg(test)]
mod tests {
    use super::WithinOneUnit;
    use insta::{Comparator, Snapshot};

    /// A snapshot as insta reads it from its file.
    fn snapshot(text: &str) -> Snapshot {
        let file = tempfile::NamedTempFile::with_suffix(".snap").unwrap();
        std::fs::write(file.path(), format!("---\nsource: tests/claims.rs\n---\n{text}\n"))
            .unwrap();
        Snapshot::from_file(file.path()).unwrap()
    }

    /// The comparator on two texts, in both orders.
    #[track_caller]
    fn check(reference: &str, test: &str, is_accepted: bool) {
        let (left, right) = (snapshot(reference), snapshot(test));
        assert_eq!(WithinOneUnit.matches(&left, &right), is_accepted, "{reference} | {test}");
        assert_eq!(WithinOneUnit.matches(&right, &left), is_accepted, "{test} | {reference}");
        assert_eq!(WithinOneUnit.dyn_clone().matches(&left, &right), is_accepted);
    }

    #[test]
    fn one_unit_in_the_last_digit_is_accepted() {
        for (reference, test) in [
            ("measured  0.585 in [0.582, 0.588]", "measured  0.586 in [0.581, 0.589]"),
            ("measured  -0.0999, computed", "measured  -0.1000, computed"),
            ("allowed  >= 0.5000", "allowed  >= 0.5001"),
            ("predicted  5e10", "predicted  4e10"),
            // Half-widths on the edge between two numbers of digits.
            ("measured  0.9812", "measured  0.981"),
            ("measured  9e9", "measured  1e10"),
        ] {
            check(reference, test, true);
            check(
                &format!("statement\n\n    {reference}\n"),
                &format!("statement\n\n    {test}\n"),
                true,
            );
        }
    }

    #[test]
    fn two_units_are_caught() {
        for (reference, test) in [
            ("measured  0.585 in [0.582, 0.588]", "measured  0.587 in [0.582, 0.588]"),
            ("measured  0.585 in [0.582, 0.588]", "measured  0.585 in [0.582, 0.590]"),
            ("measured  0.01, computed", "measured  -0.01, computed"),
            ("predicted  5e10", "predicted  3e10"),
            ("predicted  1.25e-7", "predicted  1.27e-7"),
        ] {
            check(reference, test, false);
        }
    }

    #[test]
    fn a_changed_word_count_or_line_is_caught() {
        for (reference, test) in [
            ("  exponent: supported", "  exponent: undecided"),
            ("measured  < 1, computed", "measured  < 0.001, computed"),
            ("measured  0.5, computed", "measured  0.5, sampled"),
            ("measured  0.5", "measured  unknown"),
            ("samples  127 at d0 = 16", "samples  128 at d0 = 16"),
            ("allowed  <= 0.5", "allowed  >= 0.5"),
            // Numbers in a statement are words.
            ("within 0.5583 L", "within 0.5584 L"),
            ("measured  0.5\nsamples  8", "measured  0.5"),
            ("measured  0.5", "measured  0.5 in [0.4, 0.6]"),
            ("", "measured  0.5"),
        ] {
            check(reference, test, false);
        }
    }
}
