//! The panel of deliberate faults: as text, as JSON, and as the tables of `theory/faults.md`.

use std::fmt::Write;

use serde::Serialize;

use super::json::SCHEMA;
use super::text::{page_table, paragraph};
use super::{Verdict, number};
use crate::error::{Error, Result};
use crate::fault::Fault;
use crate::study::{Finding, PanelEntry, Tier};

/// The document of `faults`.
#[derive(Debug, Serialize)]
pub struct Panel<'a> {
    schema: u32,
    command: &'static str,
    version: &'static str,
    seed: u64,
    tier: Tier,
    threads: usize,
    seconds: f64,
    caught: usize,
    claims: Vec<&'static str>,
    faults: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    /// The name of the fault; null where there is none.
    fault: Option<&'a str>,
    about: Option<&'a str>,
    per_cent: Option<f64>,
    caught: bool,
    /// The claim that refutes it in the fewest core-seconds.
    cheapest: Option<&'a str>,
    core_seconds: Option<f64>,
    findings: Vec<Answer<'a>>,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    id: &'a str,
    /// The verdict, or the error.
    verdict: String,
    core_seconds: f64,
}

/// The document of a panel.
pub fn panel_document(
    entries: &[PanelEntry],
    (seed, tier): (u64, Tier),
    (threads, seconds): (usize, f64),
) -> Panel<'_> {
    let answer = |finding: &Finding| Answer {
        id: finding.claim.id,
        verdict: match &finding.verdict {
            Ok(verdict) => verdict.to_string(),
            Err(fault) => format!("error: {fault}"),
        },
        core_seconds: finding.core_seconds,
    };
    let of_entry = |entry: &PanelEntry| Entry {
        fault: entry.fault.map(|fault| fault.name),
        about: entry.fault.map(|fault| fault.about),
        per_cent: entry.fault.and_then(|fault| fault.per_cent),
        caught: entry.is_caught(),
        cheapest: entry.cheapest().map(|finding| finding.claim.id),
        core_seconds: entry.cheapest().map(|finding| finding.core_seconds),
        findings: entry.findings.iter().map(answer).collect(),
    };
    Panel {
        schema: SCHEMA,
        command: "faults",
        version: env!("CARGO_PKG_VERSION"),
        seed,
        tier,
        threads,
        seconds,
        caught: count_caught(entries),
        claims: ids(entries),
        faults: entries.iter().map(of_entry).collect(),
    }
}

fn count_caught(entries: &[PanelEntry]) -> usize {
    entries.iter().filter(|entry| entry.fault.is_some() && entry.is_caught()).count()
}

fn ids(entries: &[PanelEntry]) -> Vec<&'static str> {
    let first = entries.first().map(|entry| entry.findings.iter());
    first.into_iter().flatten().map(|finding| finding.claim.id).collect()
}

/// The list of faults as a table.
pub fn fault_list(faults: &[&'static Fault]) -> String {
    let mut table = page_table(&["fault", "size", "what is wrong"]);
    for fault in faults {
        table.add_row([fault.name, &size(fault), fault.about]);
    }
    table.trim_fmt()
}

fn size(fault: &Fault) -> String {
    fault.per_cent.map_or_else(|| "-".into(), |per_cent| format!("{per_cent} %"))
}

/// One letter for what a claim said.
fn letter(finding: &Finding) -> char {
    match finding.verdict {
        Ok(Verdict::Supported) => '.',
        Ok(Verdict::Refuted) => 'R',
        Ok(Verdict::Undecided) => 'U',
        Err(_) => 'E',
    }
}

const LETTERS: &str =
    "R refuted, U undecided, . supported, E no verdict (the claim ended with an error)";

/// The panel as text: a row for each fault, with one letter for each claim.
pub fn panel_table(entries: &[PanelEntry]) -> String {
    let mut table = page_table(&["fault", "size", "claims", "cheapest that refutes", "core-s"]);
    for entry in entries {
        let letters: String = entry.findings.iter().map(letter).collect();
        let (name, size) =
            entry.fault.map_or(("(none)", "-".into()), |fault| (fault.name, size(fault)));
        let cheapest = entry.cheapest();
        let id = cheapest.map_or("-", |finding| finding.claim.id);
        let seconds = cheapest.map_or("-".into(), |finding| short(finding.core_seconds));
        table.add_row([name, &size, &letters, id, &seconds]);
    }
    let legend: Vec<String> =
        ids(entries).iter().enumerate().map(|(idx, id)| format!("{} {id}", idx + 1)).collect();
    format!(
        "{}\n\n{}\n{}\n\n{}",
        table.trim_fmt(),
        paragraph("claims", &legend.join(", ")),
        paragraph("letters", LETTERS),
        summary(entries)
    )
}

/// Seconds with one decimal.
fn short(seconds: f64) -> String {
    format!("{seconds:.1}")
}

/// How many faults are caught, and what escapes.
fn summary(entries: &[PanelEntry]) -> String {
    let faults: Vec<&PanelEntry> = entries.iter().filter(|entry| entry.fault.is_some()).collect();
    let small = |entry: &&&PanelEntry| {
        entry.is_caught()
            && entry.fault.and_then(|fault| fault.per_cent).is_some_and(|size| size <= 5.0)
    };
    let n_small = faults.iter().filter(small).count();
    let mut text = format!(
        "{} of {} faults are caught, {n_small} of them of 5 % or less.",
        count_caught(entries),
        faults.len()
    );
    for entry in faults.iter().filter(|entry| !entry.is_caught()) {
        let Some(fault) = entry.fault else { continue };
        let noticed: Vec<&str> =
            entry.with_verdict(Verdict::Undecided).map(|finding| finding.claim.id).collect();
        let _ = write!(text, "\nNot caught: {}.", fault.name);
        if !noticed.is_empty() {
            let _ = write!(text, " Noticed (undecided) by {}.", noticed.join(", "));
        }
    }
    if entries.iter().any(|entry| entry.fault.is_none() && entry.is_caught()) {
        text += "\nA claim is refuted without a fault: the panel shows nothing.";
    }
    text
}

/// The tables of a page lie between these lines; the rest of it is written by hand.
pub const PAGE_START: &str = "<!-- tables: contam faults --page -->";
/// See [`PAGE_START`].
pub const PAGE_END: &str = "<!-- end of tables -->";

/// A page with the tables between its marks replaced by those of a panel.
///
/// # Errors
/// If the page has no marks.
pub fn panel_page(page: &str, entries: &[PanelEntry], (seed, tier): (u64, Tier)) -> Result<String> {
    let parts = page.split_once(PAGE_START).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(PAGE_END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| Error::Malformed {
        what: "the page".into(),
        reason: "it has no marks between which tables could go".into(),
        remedy: format!("write the lines `{PAGE_START}` and `{PAGE_END}` into it"),
    })?;
    let tables = markdown(entries, (seed, tier));
    Ok(format!("{before}{PAGE_START}\n\n{tables}\n{PAGE_END}{after}"))
}

fn markdown(entries: &[PanelEntry], (seed, tier): (u64, Tier)) -> String {
    let mut text =
        format!("Tier {tier}, seed {seed}. {}\n\n", summary(entries).replace('\n', "\n\n"));
    text += "| fault | what is wrong | size | refuted by | cheapest | core-seconds |\n";
    text += "|---|---|---|---|---|---|\n";
    for entry in entries {
        let Some(fault) = entry.fault else { continue };
        let n_refuting = entry.with_verdict(Verdict::Refuted).count();
        let (cheapest, seconds) = entry
            .cheapest()
            .map_or(("-", "-".into()), |finding| (finding.claim.id, short(finding.core_seconds)));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {n_refuting} | {cheapest} | {seconds} |",
            fault.name,
            fault.about,
            size(fault)
        );
    }
    let ids = ids(entries);
    text += "\nThe claims, by number:\n\n";
    for (idx, id) in ids.iter().enumerate() {
        let n_caught = entries
            .iter()
            .filter(|entry| entry.fault.is_some())
            .flat_map(|entry| entry.with_verdict(Verdict::Refuted))
            .filter(|finding| finding.claim.id == *id)
            .count();
        let _ = writeln!(text, "{}. [{id}]({id}.md) refutes {n_caught}", idx + 1);
    }
    let _ = writeln!(text, "\nEvery claim under every fault ({LETTERS}):\n");
    let numbers: Vec<String> = (1..=ids.len()).map(|number| number.to_string()).collect();
    let _ = writeln!(text, "| fault | {} |", numbers.join(" | "));
    let _ = writeln!(text, "|---{}|", "|---".repeat(ids.len()));
    for entry in entries {
        let name = entry.fault.map_or("none".into(), |fault| format!("`{}`", fault.name));
        let letters: Vec<String> =
            entry.findings.iter().map(|finding| letter(finding).to_string()).collect();
        let _ = writeln!(text, "| {name} | {} |", letters.join(" | "));
    }
    text
}

/// One line about an entry that is done.
pub fn panel_line(entry: &PanelEntry) -> String {
    let letters: String = entry.findings.iter().map(letter).collect();
    let name = entry.fault.map_or("(none)", |fault| fault.name);
    let by = entry.cheapest().map_or_else(String::new, |finding| {
        format!("{} ({} core-s)", finding.claim.id, number(finding.core_seconds))
    });
    format!("{name:<24} {letters}  {by}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FAULTS;
    use crate::report::fixture::{claim, conditions};
    use crate::study::Arm;

    fn entries() -> Vec<PanelEntry> {
        let finding = |id: &str, verdict, seconds| Finding {
            claim: claim(id),
            verdict: Ok(verdict),
            core_seconds: seconds,
        };
        let entry = |fault, left, right| PanelEntry {
            fault,
            findings: vec![
                finding("linear/risk", left, 2.0),
                finding("gradient/identity", right, 0.5),
            ],
        };
        let named = |name: &str| FAULTS.iter().find(|fault| fault.name == name);
        vec![
            entry(None, Verdict::Supported, Verdict::Supported),
            entry(named("rate/high"), Verdict::Refuted, Verdict::Refuted),
            entry(named("rate/sign"), Verdict::Supported, Verdict::Undecided),
        ]
    }

    #[test]
    fn the_table_fits_the_page_and_says_what_catches_and_what_escapes() {
        let text = panel_table(&entries());
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        for words in [
            "1 of 2 faults are caught, 1 of them of 5 % or less",
            "Not caught: rate/sign. Noticed (undecided) by gradient/identity",
            "1 linear/risk, 2 gradient/identity",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let row = text.lines().find(|line| line.starts_with("rate/high")).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(cells, ["rate/high", "5", "%", "RR", "gradient/identity", "0.5"]);
    }

    #[test]
    fn the_list_names_every_fault() {
        let all: Vec<&Fault> = FAULTS.iter().collect();
        let text = fault_list(&all);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(FAULTS.iter().all(|fault| text.contains(fault.name)));
    }

    #[test]
    fn a_page_keeps_what_is_written_by_hand() {
        let page = format!("# By hand\n{PAGE_START}\nold\n{PAGE_END}\nafter\n");
        let once = panel_page(&page, &entries(), (7, conditions(Arm::Claim).tier)).unwrap();
        assert!(once.starts_with("# By hand\n") && once.ends_with("\nafter\n"), "{once}");
        assert!(!once.contains("old") && once.contains("| `rate/high` | R | R |"), "{once}");
        assert_eq!(panel_page(&once, &entries(), (7, conditions(Arm::Claim).tier)).unwrap(), once);
        assert!(panel_page("no marks", &entries(), (7, conditions(Arm::Claim).tier)).is_err());
    }

    #[test]
    fn the_document_names_the_cheapest_claim() {
        let entries = entries();
        let document = panel_document(&entries, (7, conditions(Arm::Claim).tier), (2, 60.0));
        let document = serde_json::to_value(document).unwrap();
        assert_eq!(document["caught"], 1);
        assert_eq!(document["faults"][1]["cheapest"], "gradient/identity");
        assert_eq!(document["faults"][1]["core_seconds"], 0.5);
        assert_eq!(document["faults"][2]["findings"][1]["verdict"], "undecided");
    }
}
