//! What the documents say of the program, held against the program.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

mod support {
    pub mod snapshots;
}

use std::fs;
use std::path::Path;
use std::sync::Arc;

use feature_contamination::paper;
use feature_contamination::report::{Graph, verdict_source};
use feature_contamination::study::{Claim, Study};
use feature_contamination::sweep::Grid;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Holds a generated text against the committed one; with `INSTA_UPDATE=always`, as for snapshots, writes it.
#[track_caller]
fn check_generated(path: &str, generated: &str) {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|mode| mode == "always") {
        fs::write(&whole, generated).unwrap();
    }
    let is_fresh = fs::read_to_string(&whole).is_ok_and(|kept| kept == generated);
    let remedy = "INSTA_UPDATE=always cargo test --test claims --test documents";
    assert!(is_fresh, "{path} is not up to date: {remedy}");
}

/// A claim's link in the README's table of families.
fn link(claim: &Claim) -> String {
    let name = claim.id.split('/').nth(1).unwrap();
    format!("[{name}](theory/{}.md)", claim.id)
}

const TABLE_HEAD: &str = "| family | claims | what they check |\n|---|---|---|\n";

/// The README's table of families. What a family checks is said there by hand; a new family says what its first
/// claim does.
fn table(study: &Study, kept: &str) -> String {
    let mut families: Vec<&str> = Vec::new();
    for claim in study.claims() {
        if !families.contains(&claim.family()) {
            families.push(claim.family());
        }
    }
    let row = |family: &str| {
        let of_family = || study.claims().iter().filter(|claim| claim.family() == family);
        let links: Vec<String> = of_family().map(|claim| link(claim)).collect();
        let start = format!("| `{family}/` |");
        let known = kept.lines().find(|line| line.starts_with(&start));
        let about = known.and_then(|line| line.trim_end_matches(" |").rsplit(" | ").next());
        let about = about.unwrap_or(of_family().next().unwrap().statement);
        format!("{start} {} | {about} |\n", links.join(", "))
    };
    families.into_iter().map(row).collect()
}

/// The README with this table and this number of claims.
fn readme(study: &Study, committed: &str) -> String {
    let (before, rest) = committed.split_once(TABLE_HEAD).unwrap();
    let (kept, after) = rest.split_once("\n\n").unwrap();
    let text = format!("{before}{TABLE_HEAD}{}\n{after}", table(study, kept));
    let n = study.claims().len();
    let with_count = |line: &str| match line.split_once(" claims") {
        Some((start, rest)) if start.starts_with("Checking ") => {
            format!("Checking {n} claims{rest}\n")
        }
        Some((start, rest)) if start.parse::<usize>().is_ok() && rest.starts_with(": ") => {
            format!("{n} claims: {n} supported, 0 refuted, 0 undecided.\n")
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(with_count).collect()
}

#[test]
fn the_readme_links_every_claim_in_order_counts_them_and_stays_short() {
    let committed = read("README.md");
    check_generated("README.md", &readme(&paper::study(), &committed));
    assert!(committed.lines().count() < 150);
}

const CARDS_HEAD: &str = "| card | in one line | kind |\n|---|---|---|\n";

/// `theory/README.md` with a row for each card. What a card says in one line is said there by hand; a new card says
/// its claim's statement.
fn cards(study: &Study, committed: &str) -> String {
    let (before, rest) = committed.split_once(CARDS_HEAD).unwrap();
    let (kept, after) = rest.split_once("\n\n").unwrap();
    let row = |claim: &Arc<Claim>| {
        let start = format!("| [{0}]({0}.md) | ", claim.id);
        let known = kept.lines().find_map(|line| line.strip_prefix(&start)?.split(" | ").next());
        format!("{start}{} | {} |\n", known.unwrap_or(claim.statement), claim.kind.name())
    };
    let rows: String = study.claims().iter().map(row).collect();
    format!("{before}{CARDS_HEAD}{rows}\n{after}")
}

#[test]
fn the_list_of_cards_has_every_claim_in_order() {
    let committed = read("theory/README.md");
    check_generated("theory/README.md", &cards(&paper::study(), &committed));
    let broken = committed.replace("(linear/risk.md)", "(linear/rsk.md)");
    assert!(broken != committed && cards(&paper::study(), &broken) != broken);
}

const LATER_CLAIMS: &str = "Claims that came after the tables and are not in them: ";

/// `theory/faults.md` with the claims that its tables do not have.
fn faults_page(study: &Study, committed: &str) -> String {
    let is_listed = |id: &str| {
        let item = format!(". [{id}]({id}.md) ");
        committed
            .lines()
            .any(|line| line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(&item))
    };
    let later = study.claims().iter().filter(|claim| !is_listed(claim.id));
    let links: Vec<String> = later.map(|claim| format!("[{0}]({0}.md)", claim.id)).collect();
    let links = if links.is_empty() { "none".to_owned() } else { links.join(", ") };
    let lines = committed.lines().map(|line| match line.starts_with(LATER_CLAIMS) {
        true => format!("{LATER_CLAIMS}{links}.\n"),
        false => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn the_page_of_faults_names_every_claim() {
    let committed = read("theory/faults.md");
    assert!(committed.contains(LATER_CLAIMS));
    check_generated("theory/faults.md", &faults_page(&paper::study(), &committed));
    let broken = committed.replace("(linear/risk.md)", "(linear/rsk.md)");
    assert!(faults_page(&paper::study(), &broken).contains("[linear/risk](linear/risk.md)"));
}

#[test]
fn a_missing_link_and_a_wrong_count_are_caught() {
    let study = paper::study();
    // Another test may be writing the file.
    let committed = readme(&study, &read("README.md"));
    let n = study.claims().len();
    for (from, to) in [
        ("[closed-form](theory/linear/closed-form.md), ".to_owned(), ""),
        (format!("Checking {n} "), "Checking 7 "),
        (format!("{n} claims: {n} supported"), "7 claims: 7 supported"),
    ] {
        let broken = committed.replace(&from, to);
        assert_ne!(broken, committed, "{from}");
        assert_eq!(readme(&study, &broken), readme(&study, &committed), "{from}");
    }
}

#[test]
fn the_committed_picture_is_drawn_from_the_committed_cards_and_verdicts() {
    let study = paper::study();
    let (blueprint, verdicts) = (study.blueprint().unwrap(), support::snapshots::verdicts(&study));
    // The seed of `contam` where none is given, which is that of the snapshots.
    let source = verdict_source(study.all_tiers()[0].name, 2024);
    check_generated("theory/graph.svg", &Graph::new(&blueprint, &verdicts, source).svg());
}

#[test]
fn every_work_that_the_code_cites_is_in_the_bibliography() {
    let bibliography = read("theory/references.bib");
    let keys: Vec<&str> = bibliography
        .lines()
        .filter_map(|line| line.strip_prefix('@')?.split_once('{')?.1.strip_suffix(','))
        .collect();
    for (author, year) in [
        ("waudbysmith", 2024),
        ("vovk", 2021),
        ("wald", 1945),
        ("lai", 1976),
        ("holm", 1979),
        ("wang", 2022),
        ("clopper", 1934),
        ("massart", 1990),
        ("hoeffding", 1963),
        ("schuirmann", 1987),
        ("berger", 1982),
        ("shevtsova", 2013),
        ("esseen", 1945),
        ("paditz", 1989),
        ("neammanee", 2005),
        ("sugiyama", 1981),
        ("esseen", 1956),
        ("higham", 2002),
        ("arlazarov", 1970),
    ] {
        let prefix = format!("{author}{year}");
        assert!(keys.iter().any(|key| key.starts_with(&prefix)), "{prefix}: {keys:?}");
    }
}

#[test]
fn every_grid_is_read_and_has_its_command_in_the_readme() {
    let readme = read("README.md");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grids");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(names.len(), 4);
    for name in names {
        let text = read(&format!("grids/{name}"));
        let grid = Grid::from_toml(&text).unwrap();
        assert!(grid.cells().is_ok() && !grid.figures.is_empty(), "{name}");
        let command = format!("contam sweep grids/{name} --out");
        assert!(readme.contains(&command) && text.contains(&command), "{name}");
    }
}
