//! The table of verdicts and the lines that sum it up.

use comfy_table::{CellAlignment, ColumnConstraint, Width};

use super::Conditions;
use super::Verdict;
use super::coverage::{coverage, sizes};
use super::number::{factor, number, optional, rate, short_span};
use super::text::page_table;
use crate::study::{Arm, Outcome, Part};

const HEADER: [&str; 7] =
    ["claim", "verdict", "predicted", "measured", "interval", "allowed", "evidence"];

/// The width of the column of ids, in which the names of parts are wrapped: the longest id.
const NAME_WIDTH: u16 = 25;

/// The table of verdicts: a row for each claim, with its decisive part; one more for every part of a
/// claim that is not as it should be. Families are set apart.
///
/// ```
/// use feature_contamination::report::table;
/// # use feature_contamination::paper;
/// # use feature_contamination::seed::Seed;
/// # use feature_contamination::study::{Arm, Lab, Outcome, Silent};
/// # let study = &paper::study();
/// # let (tier, seed, arm) = (study.tier("quick")?, 7, Arm::Claim);
/// # let claims = study.select(&["gradient/identity".to_owned()])?;
/// # let mut lab = Lab::new(Seed::root(seed), tier, Box::new(Silent));
/// let outcomes: Vec<Outcome> = study.run(&claims, arm, &mut lab)?;
/// let text = table(&outcomes, false);
/// assert!(text.contains("gradient/identity") && text.contains("supported"));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
pub fn table(outcomes: &[Outcome], colour: bool) -> String {
    let mut table = page_table(&HEADER);
    let mut family = None;
    for outcome in outcomes {
        let own_family = Some(outcome.claim.family());
        if family.is_some() && family != own_family {
            table.add_row([""]);
        }
        family = own_family;
        table.add_row(row(outcome.claim.id.into(), outcome.decisive()));
        if outcome.parts.len() > 1 && !outcome.passed() {
            table.add_rows(outcome.parts.iter().map(|part| row(format!("- {}", part.name), part)));
        }
    }
    for (column_idx, column) in table.column_iter_mut().enumerate() {
        // Seven columns leave room for no more than the one space that a table without lines has.
        column.set_padding((0, 0));
        match HEADER[column_idx] {
            "claim" => column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(NAME_WIDTH))),
            "interval" | "allowed" => column,
            _ => column.set_constraint(ColumnConstraint::ContentWidth),
        };
        if matches!(HEADER[column_idx], "predicted" | "measured") {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.trim_fmt();
    if colour { painted(&text, outcomes) } else { text }
}

fn row(name: String, part: &Part) -> [String; 7] {
    let decision = &part.decision;
    let evidence = match part.slack {
        Some(slack) => format!("slack {}", factor(slack)),
        None => format!("n = {}", decision.n_samples),
    };
    [
        name,
        decision.verdict.to_string(),
        optional(part.predicted),
        number(decision.estimate),
        short_span(decision.interval.lower, decision.interval.upper),
        short_span(decision.hypothesis.allowed.lower, decision.hypothesis.allowed.upper),
        evidence,
    ]
}

/// Colours the verdicts. It comes after the layout, which would count the escape codes as letters.
fn painted(text: &str, outcomes: &[Outcome]) -> String {
    let goal = outcomes.first().map_or(Verdict::Supported, Outcome::goal);
    [Verdict::Supported, Verdict::Refuted, Verdict::Undecided].iter().fold(
        text.to_owned(),
        |text, verdict| {
            let colour = match verdict {
                Verdict::Undecided => "33",
                verdict if *verdict == goal => "32",
                _ => "31",
            };
            text.replace(&format!(" {verdict} "), &format!(" \x1b[{colour}m{verdict}\x1b[0m "))
        },
    )
}

/// The lines under the table: how many of each verdict, under which conditions, at which error rates, and
/// what was checked and what was not.
///
/// ```
/// use feature_contamination::report::summary;
/// # use feature_contamination::paper;
/// # use feature_contamination::report::Conditions;
/// # use feature_contamination::seed::Seed;
/// # use feature_contamination::study::{Arm, Lab, Outcome, Silent};
/// # let study = &paper::study();
/// # let (tier, seed, arm) = (study.tier("quick")?, 7, Arm::Claim);
/// # let claims = study.select(&["gradient/identity".to_owned()])?;
/// # let mut lab = Lab::new(Seed::root(seed), tier, Box::new(Silent));
/// # let (n_threads, planned_seconds, seconds, program) = (1, 0.0, 0.0, "contam");
/// let outcomes: Vec<Outcome> = study.run(&claims, arm, &mut lab)?;
/// let conditions =
///     Conditions { study, program, arm, seed, tier, n_threads, planned_seconds, seconds };
/// assert!(summary(&conditions, &outcomes).contains("seed 7"));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
pub fn summary(conditions: &Conditions, outcomes: &[Outcome]) -> String {
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict() == verdict).count();
    let (supported, refuted, undecided) =
        (count(Verdict::Supported), count(Verdict::Refuted), count(Verdict::Undecided));
    let counts = match conditions.arm {
        Arm::Claim => format!("{supported} supported, {refuted} refuted, {undecided} undecided."),
        Arm::Control => format!(
            "{refuted} refuted, as each should be; {supported} supported, {undecided} undecided."
        ),
    };
    let Conditions { tier, seed, seconds, .. } = conditions;
    let rates = tier.rates;
    let coverage = coverage(conditions, outcomes.len());
    format!(
        "{}: {counts}\n\
         Tier {tier}, seed {seed}, {}, {seconds:.1} s.\n\
         A true claim is refuted in {} of runs at most, a false one supported in {} at most.\n\
         Checked: {}; not checked: {}.",
        conditions.counted(outcomes.len()),
        sizes(conditions.study.label_of_sizes(), outcomes.iter()),
        rate(rates.alpha),
        rate(rates.beta),
        coverage.checked,
        coverage.not_checked,
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{conditions, outcome, part};
    use super::*;
    use crate::paper;

    fn wide_outcomes() -> Vec<Outcome> {
        let wide = |name| {
            let mut part = part(name, -1.234e-10, (-1.234e-10, 1.5e-10), (-2.345e-10, 2.345e-10));
            part.predicted = Some(-1.111e-10);
            part
        };
        vec![
            outcome("risk/out-of-distribution", Arm::Claim, vec![wide("slope of the risk")]),
            outcome(
                "linear/risk",
                Arm::Claim,
                vec![
                    wide("a name of a part that is too long for its column"),
                    part("outside", 2.0, (1.9, 2.1), (0.0, 1.0)),
                ],
            ),
        ]
    }

    #[test]
    fn the_table_fits_the_page_even_with_the_widest_numbers() {
        let text = table(&wide_outcomes(), false);
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{text}");
        }
        assert!(text.contains("risk/out-of-distribution "), "{text}");
    }

    #[test]
    fn every_id_fits_its_column() {
        for claim in paper::study().claims() {
            assert!(claim.id.len() <= usize::from(NAME_WIDTH), "{}", claim.id);
        }
    }

    #[test]
    fn parts_are_shown_where_a_claim_is_not_as_it_should_be() {
        let text = table(&wide_outcomes(), false);
        assert!(!text.contains("slope of the risk"), "{text}");
        let outside = text.lines().find(|line| line.starts_with("- outside"));
        assert!(outside.is_some_and(|line| line.contains("refuted")), "{text}");
        assert_eq!(text.matches("refuted").count(), 2, "{text}");
    }

    #[test]
    fn colour_changes_no_letter() {
        let outcomes = wide_outcomes();
        let mut coloured = table(&outcomes, true);
        assert!(coloured.contains("\x1b[31mrefuted\x1b[0m"), "{coloured}");
        for code in ["\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"] {
            coloured = coloured.replace(code, "");
        }
        assert_eq!(coloured, table(&outcomes, false));
    }

    #[test]
    fn the_summary_counts_and_names_the_conditions() {
        let n_claims = conditions(Arm::Claim).study.claims().len();
        let text = summary(&conditions(Arm::Claim), &wide_outcomes());
        for word in [
            "1 supported, 1 refuted, 0 undecided",
            "seed 7",
            "16 to 64",
            "1e-6",
            "1e-3",
            "2 claims",
            &format!(
                "Checked: 2 of {n_claims} claims at these sizes; not checked: {} claims, ",
                n_claims - 2
            ),
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
        let text = summary(&conditions(Arm::Control), &wide_outcomes());
        assert!(text.contains("2 controls: 1 refuted, as each should be"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}
