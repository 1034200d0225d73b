//! A study of a user's own as text.

use std::fmt;

use super::number::{number, rate, short_span};
use super::text::{page_table, paragraph};
use crate::claims::{Arm, Part, StatementOutcome, StudyOutcome};

const HEADER: [&str; 6] = ["statement", "verdict", "measured", "interval", "region", "runs"];

/// A table with every part of each statement and of its control, then what each statement says and whether
/// its control was caught, then the error rates.
impl fmt::Display for StudyOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = page_table(&HEADER);
        table.add_rows(self.statements.iter().flat_map(rows));
        writeln!(f, "{}\n\n{}\n", self.name, table.trim_fmt())?;
        for statement in &self.statements {
            writeln!(f, "{}", sentences(statement))?;
        }
        write!(
            f,
            "\nA true statement is refuted in {} of studies at most, a false one supported in {} at most.",
            rate(self.rates.alpha),
            rate(self.rates.beta),
        )
    }
}

fn rows(statement: &StatementOutcome) -> Vec<[String; 6]> {
    let verdict = |arm: Arm| statement.verdict(arm).to_string();
    let heading = |name: &str, verdict: String| {
        let mut row = <[String; 6]>::default();
        row[..2].clone_from_slice(&[name.to_owned(), verdict]);
        row
    };
    let mut rows = vec![heading(&statement.id, verdict(Arm::Claim))];
    rows.extend(statement.claim.iter().map(row));
    rows.push(heading("control", verdict(Arm::Control)));
    rows.extend(statement.control.iter().map(row));
    rows
}

fn row(part: &Part) -> [String; 6] {
    let decision = &part.decision;
    let allowed = decision.hypothesis.allowed;
    [
        format!("- {}", part.name),
        decision.verdict.to_string(),
        number(decision.estimate),
        short_span(decision.interval.lower, decision.interval.upper),
        short_span(allowed.lower, allowed.upper),
        decision.n_samples.to_string(),
    ]
}

fn sentences(statement: &StatementOutcome) -> String {
    let caught = match statement.caught_by() {
        Some(part) => format!("caught by: {}", part.name),
        None => format!("NOT caught: {}", statement.verdict(Arm::Control)),
    };
    format!(
        "{}\n{}\n{}",
        statement.id,
        paragraph("says", &statement.statement),
        paragraph("control", &format!("{}; {caught}.", statement.breaks)),
    )
}

#[cfg(test)]
mod tests {
    use crate::claims::{Arm, Draft, Study};
    use crate::seed::Seed;
    use crate::stats::{Exact, Region};

    fn text(control: f64) -> String {
        let study = Study::new("sums").statement(
            "sum/half",
            "The sum is at most 1.",
            "adds a half",
            move |_, arm| {
                let sum = if arm == Arm::Claim { 0.75 } else { control };
                let sum = Exact::largest([(sum, 0.125)]);
                Ok(vec![Draft::new("the sum of two", &[], sum, Region::at_most(1.0))])
            },
        );
        study.run(Seed::root(1)).unwrap().to_string()
    }

    #[test]
    fn a_person_reads_verdict_number_interval_region_and_control() {
        let text = text(1.5);
        for words in [
            "sum/half",
            "supported",
            "0.7500",
            "0.625..0.875",
            "<= 1",
            "refuted",
            "1.375..1.625",
            "adds a half; caught by: the sum of two.",
            "1e-6",
            "1e-3",
            "The sum is at most 1.",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn a_control_that_is_not_caught_is_told_in_words() {
        assert!(text(0.5).contains("adds a half; NOT caught: supported."), "{}", text(0.5));
    }
}
