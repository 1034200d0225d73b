//! The rows of a quick run that the README shows, held against the run.

use feature_contamination::report;
use feature_contamination::study::Outcome;

use super::comparator::agree;

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));

/// A row as evidence that the comparator reads: its words, with intervals as two numbers.
fn words(row: &str) -> String {
    format!("measured {}", row.split_whitespace().collect::<Vec<_>>().join(" ").replace("..", ", "))
}

/// The row of a claim in a table.
fn row_of<'a>(id: &str, table: &'a str) -> Option<&'a str> {
    table.lines().find(|line| line.split_whitespace().next() == Some(id))
}

/// Fails where the README shows another row for this claim.
#[track_caller]
pub fn check(outcome: &Outcome) {
    let table = report::table(std::slice::from_ref(outcome), false);
    let (Some(shown), Some(found)) =
        (row_of(outcome.claim.id, README), row_of(outcome.claim.id, &table))
    else {
        return;
    };
    assert!(
        agree(&words(shown), &words(found)),
        "README.md shows\n{shown}\nand the run has\n{found}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use feature_contamination::paper;

    #[test]
    fn the_readme_shows_rows_of_claims_and_another_number_is_caught() {
        let study = paper::study();
        let rows = study.claims().iter().filter_map(|claim| row_of(claim.id, README));
        let shown: Vec<&str> = rows.collect();
        assert!(shown.len() >= 5, "{shown:?}");
        for row in shown {
            assert!(row.contains(" supported "), "{row}");
            assert!(agree(&words(row), &words(row)));
            assert!(!agree(&words(row), &words(&row.replace("supported", "refuted"))), "{row}");
            let other: String = row.chars().map(|c| if c == '8' { '5' } else { c }).collect();
            assert!(row == other || !agree(&words(row), &words(&other)), "{row}");
        }
    }
}
