//! The blueprint of `theory/`: that nothing in it is missing, circular or without evidence.
//!
//! Every rule has a case here that shows it catching a fault.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

mod support {
    pub mod snapshots;
}

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use feature_contamination::paper;
use feature_contamination::report::Graph;
use feature_contamination::study::{
    Blueprint, Claim, Role, Standing, Statement, Study, Theorem, Verdict, faults,
};
use support::snapshots::{snapshot, verdict, verdicts};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// No faults, or a message that lists them.
#[track_caller]
fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn study() -> Study {
    paper::study()
}

fn compiled() -> Blueprint {
    study().blueprint().unwrap()
}

fn statements() -> Vec<Statement> {
    let study = study();
    let of_claim = |claim: &Arc<Claim>| Statement::of_claim(claim.id, claim.statement, claim.card);
    let of_theorem = |theorem: &Theorem| Statement::of_theorem(theorem.id, theorem.page);
    let theorems = study.established().iter().map(of_theorem);
    study.claims().iter().map(of_claim).chain(theorems).collect()
}

// The graph.

#[test]
fn the_blueprint_has_no_fault() {
    none(faults(&statements()));
    assert_eq!(compiled().statements(), statements());
}

/// A card of these uses.
fn claim(id: &str, uses: &[&str]) -> Statement {
    let uses: String = uses.iter().map(|id| format!("- {id}\n")).collect();
    let card = format!("# {id}\n\n## Uses\n{uses}\n## Kind\n- x/x\n\n## Status\nHolds\nhere.\n");
    Statement::of_claim(id, "A sentence.", &card)
}

fn theorem(id: &str, claims: &[&str], uses: &[&str]) -> Statement {
    let list = |ids: &[&str]| ids.iter().map(|id| format!("- {id}\n")).collect::<String>();
    let page = format!(
        "# {id}\n\n## Statement\nOne\nline.\n\n## Claims\n{}\n## Uses\n{}\n## Status\nHolds.\n",
        list(claims),
        list(uses)
    );
    Statement::of_theorem(id, &page)
}

/// Two claims and a theorem in good order.
fn good() -> Vec<Statement> {
    vec![
        claim("a/a", &["none"]),
        claim("b/b", &["a/a"]),
        theorem("theorems/t", &["b/b"], &["none"]),
    ]
}

#[test]
fn a_card_is_read_as_it_is_written() {
    let found = good();
    assert_eq!((found[0].uses.len(), found[1].uses.as_slice()), (0, ["a/a".to_owned()].as_slice()));
    assert_eq!(found[1].status, "Holds here.");
    assert_eq!((found[2].sentence.as_str(), found[2].role), ("One line.", Role::Theorem));
    assert_eq!(found[2].claims, ["b/b"]);
    assert_eq!((found[1].family(), found[1].name()), ("b", "b"));
}

/// The faults of the good statements after an edit must be exactly one, of these words.
#[track_caller]
fn caught(edit: impl FnOnce(&mut Vec<Statement>), words: &str) {
    let mut edited = good();
    none(faults(&edited));
    edit(&mut edited);
    let found = faults(&edited);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains(words), "{found:?}");
}

/// The same for a link that keeps the blueprint from being put together.
#[track_caller]
fn refused(edit: impl Fn(&mut Vec<Statement>), words: &str) {
    caught(&edit, words);
    let mut edited = good();
    edit(&mut edited);
    let refused = Blueprint::new(edited).unwrap_err().to_string();
    assert!(refused.contains(words), "{refused}");
}

#[test]
fn a_statement_that_is_missing_is_caught() {
    refused(|all| all[1].uses.push("c/c".into()), "b/b: rests on c/c, which is no statement");
    refused(|all| all[2].claims.push("c/c".into()), "theorems/t: rests on c/c");
    refused(|all| all[2].uses.push("theorems/s".into()), "theorems/t: rests on theorems/s");
}

#[test]
fn a_premise_of_the_wrong_kind_is_caught() {
    refused(|all| all[2].uses.push("a/a".into()), "theorems/t: a/a is in the wrong section");
    let with_other = |all: &mut Vec<Statement>| {
        all.push(theorem("theorems/s", &["a/a"], &[]));
        all[1].uses.push("theorems/s".into());
    };
    refused(with_other, "b/b: theorems/s is in the wrong section, or no premise");
}

#[test]
fn a_missing_status_is_caught() {
    caught(|all| all[0].status.clear(), "a/a: its status begins with none of Holds, Fails");
    caught(|all| all[2].status = "Proved.".into(), "theorems/t: its status");
}

#[test]
fn a_theorem_that_no_claim_supports_is_caught() {
    let without = |all: &mut Vec<Statement>| {
        all.push(theorem("theorems/s", &["none"], &["theorems/t"]));
    };
    caught(without, "theorems/s: no claim supports it");
}

#[test]
fn a_circle_is_caught() {
    refused(|all| all[0].uses.push("b/b".into()), "these rest on themselves: a/a, b/b");
    refused(|all| all[0].uses.push("a/a".into()), "these rest on themselves: a/a");
}

#[test]
fn a_statement_that_stands_alone_or_twice_is_caught() {
    caught(|all| all.push(claim("c/c", &["none"])), "c/c: stands alone");
    let twice = |all: &mut Vec<Statement>| all.push(claim("b/b", &["a/a"]));
    let mut doubled = good();
    twice(&mut doubled);
    assert!(faults(&doubled).iter().all(|fault| fault == "b/b: more than once"));
    assert!(!faults(&doubled).is_empty());
}

#[test]
fn levels_and_reduced_premises_at_a_hand_drawn_graph() {
    let mut all = vec![
        claim("a/a", &[]),
        claim("b/b", &["a/a"]),
        claim("c/c", &["a/a"]),
        claim("d/d", &["a/a", "b/b", "c/c"]),
        theorem("theorems/t", &["a/a", "d/d"], &[]),
    ];
    all.push(theorem("theorems/s", &["b/b"], &["theorems/t"]));
    let blueprint = Blueprint::new(all).unwrap();
    let levels: Vec<usize> = (0..6).map(|idx| blueprint.level(idx)).collect();
    assert_eq!(levels, [0, 1, 1, 2, 3, 4]);
    assert_eq!(blueprint.premises(3), [0, 1, 2]);
    assert_eq!(blueprint.reduced_premises(3), [1, 2]);
    assert_eq!(blueprint.reduced_premises(4), [3]);
    // The claim b/b follows from the theorem that is used.
    assert_eq!(blueprint.reduced_premises(5), [4]);
}

#[test]
fn a_theorem_stands_as_the_worst_of_its_claims() {
    use Verdict::{Refuted, Supported, Undecided};
    let mut all = good();
    all[2].claims.push("a/a".into());
    let blueprint = Blueprint::new(all).unwrap();
    let cases: [(&[(&str, Verdict)], Standing); 6] = [
        (&[("a/a", Supported), ("b/b", Supported)], Standing::Supported),
        (&[("a/a", Supported), ("b/b", Refuted)], Standing::Refuted),
        (&[("a/a", Undecided), ("b/b", Refuted)], Standing::Refuted),
        (&[("a/a", Supported), ("b/b", Undecided)], Standing::Undecided),
        (&[("a/a", Supported)], Standing::NotRun),
        (&[("a/a", Refuted)], Standing::Refuted),
    ];
    for (verdicts, expected) in cases {
        let verdicts = verdicts.iter().map(|&(id, verdict)| (id.to_owned(), verdict)).collect();
        let standings = blueprint.standings(&verdicts);
        assert_eq!(standings[2], expected, "{verdicts:?}");
        assert_eq!(standings[0], Standing::from(verdicts.get("a/a").copied()));
    }
}

// The evidence.

/// What is kept of a claim besides its code.
#[derive(Clone, Copy)]
struct Evidence<'a> {
    card: &'a str,
    /// In the words of the registry.
    control: &'a str,
    snapshot: &'a str,
}

/// What a claim lacks: its card, its control, its snapshot with both arms.
fn evidence_faults(id: &str, evidence: Evidence<'_>) -> Vec<String> {
    let Evidence { card, control, snapshot } = evidence;
    let section = card.split("\n## Control\n").nth(1).and_then(|rest| rest.split("\n## ").next());
    let has_control = section.is_some_and(|text| !text.trim().is_empty()) && !control.is_empty();
    let kept = [
        (card.starts_with(&format!("# {id}\n")), "card"),
        (has_control, "control on its card and in the registry"),
        (verdict(snapshot).is_some(), "snapshot"),
        (snapshot.contains(&format!("\ncontrol ({control}): refuted\n")), "refuted control"),
    ];
    let missing = kept.iter().filter(|(is_there, _)| !is_there);
    missing.map(|(_, what)| format!("{id}: no {what}")).collect()
}

#[test]
fn every_claim_has_its_evidence() {
    let of = |claim: &Arc<Claim>| {
        let snapshot = snapshot(claim.id);
        let (card, control) = (claim.card, claim.control);
        evidence_faults(claim.id, Evidence { card, control, snapshot: &snapshot })
    };
    none(study().claims().iter().flat_map(of).collect());
}

#[test]
fn missing_evidence_is_caught() {
    let whole = Evidence {
        card: "# a/a\n\n## Control\nOne.\n\n## Status\nHolds.\n",
        control: "a premise",
        snapshot: "One.\n\nclaim: supported\n\ncontrol (a premise): refuted\n\n  part: refuted\n",
    };
    none(evidence_faults("a/a", whole));
    let control = "control on its card and in the registry";
    let uncaught = whole.snapshot.replace("): refuted", "): supported");
    for (broken, what) in [
        (Evidence { card: "# b/b\n\n## Control\nOne.\n", ..whole }, "card"),
        (Evidence { card: "# a/a\n\n## Status\nHolds.\n", ..whole }, control),
        (Evidence { card: "# a/a\n\n## Control\n\n## Status\nHolds.\n", ..whole }, control),
        (
            Evidence { snapshot: "claim: maybe\n\ncontrol (a premise): refuted\n", ..whole },
            "snapshot",
        ),
        (Evidence { snapshot: &uncaught, ..whole }, "refuted control"),
    ] {
        assert_eq!(evidence_faults("a/a", broken), [format!("a/a: no {what}")]);
    }
    let none_told =
        Evidence { control: "", snapshot: "\nclaim: refuted\n\ncontrol (): refuted\n", ..whole };
    assert_eq!(evidence_faults("a/a", none_told), [format!("a/a: no {control}")]);
}

// The pages of the theorems.

const HEADINGS: [&str; 8] = [
    "Source",
    "Statement",
    "Claims",
    "Uses",
    "Constants",
    "Proved there, checked here",
    "What the paper does not state",
    "Status",
];

fn page_faults(theorem: &Theorem) -> Vec<String> {
    let Theorem { id, cited_as, page } = theorem;
    let mut faults = Vec::new();
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    if !page.starts_with(&format!("# {id}\n")) || headings != HEADINGS {
        faults.push(format!("{id}: the page's head or headings are not in order: {headings:?}"));
    }
    let source = page.split("\n## ").find(|section| section.starts_with("Source\n"));
    if !source.is_some_and(|source| source.contains(cited_as)) {
        faults.push(format!("{id}: the source does not name {cited_as}"));
    }
    faults
}

/// Claims whose source names a theorem and that its page leaves out, or the other way round.
fn citation_faults(theorem: &Theorem, sources: &[(&str, &str)]) -> Vec<String> {
    let listed = Statement::of_theorem(theorem.id, theorem.page).claims;
    let of = |&(id, source): &(&str, &str)| {
        let (is_cited, is_listed) =
            (source.contains(theorem.cited_as), listed.iter().any(|listed| listed == id));
        match (is_cited, is_listed) {
            (true, false) => Some(format!("theory/{}.md: add `- {id}` under Claims", theorem.id)),
            (false, true) => Some(format!("{id}: its source does not name {}", theorem.cited_as)),
            _ => None,
        }
    };
    sources.iter().filter_map(of).collect()
}

#[test]
fn every_theorem_has_its_page_and_lists_the_claims_that_cite_it() {
    let study = study();
    let theorems = study.established();
    let sources: Vec<(&str, &str)> =
        study.claims().iter().map(|claim| (claim.id, claim.source)).collect();
    none(theorems.iter().flat_map(page_faults).collect());
    none(theorems.iter().flat_map(|theorem| citation_faults(theorem, &sources)).collect());
    let pages = fs::read_dir(root().join("theory/theorems")).unwrap();
    let pages = pages.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let ids = theorems.iter().map(|theorem| theorem.id.replace("theorems/", "") + ".md");
    assert_eq!(pages.collect::<BTreeSet<_>>(), ids.collect::<BTreeSet<_>>());
}

#[test]
fn a_faulty_page_is_caught() {
    let good = &study().established()[1];
    none(page_faults(good));
    let edited = |from: &str, to: &str| -> &'static str {
        assert!(good.page.contains(from), "{from}");
        Box::leak(good.page.replace(from, to).into_boxed_str())
    };
    for page in [
        edited("## Status\n", "## State\n"),
        edited("# theorems/activation-asymmetry\n", "# theorems/asymmetry\n"),
        edited("theorem 4.1", "theorem 4.2"),
    ] {
        assert_eq!(page_faults(&Theorem { page, ..*good }).len(), 1);
    }
    let sources = [("asymmetry/own-class", "notation 4"), ("x/y", "Zhang et al., theorem 4.1")];
    assert_eq!(
        citation_faults(good, &sources),
        [
            "asymmetry/own-class: its source does not name theorem 4.1",
            "theory/theorems/activation-asymmetry.md: add `- x/y` under Claims",
        ]
    );
}

// The picture.

#[test]
fn picture_table_and_graphviz_show_every_statement_and_its_standing() {
    let blueprint = compiled();
    let mut verdicts = verdicts(&study());
    verdicts.insert("linear/risk".into(), Verdict::Refuted);
    verdicts.insert("features/core".into(), Verdict::Undecided);
    verdicts.remove("risk/in-distribution");
    let graph = Graph::new(&blueprint, &verdicts, "Made up");
    let (svg, text, dot) = (graph.svg(), graph.text(), graph.dot());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    for (statement, standing) in blueprint.statements().iter().zip(blueprint.standings(&verdicts)) {
        let (id, name) = (&statement.id, standing.name());
        assert!(svg.contains(&format!("<a href=\"{id}.md\">")), "{id}");
        assert!(svg.contains(&format!("<title>{id}: {name}. ")), "{id}");
        assert!(dot.contains(&format!("tooltip=\"{id}: {name}. ")), "{id}");
        assert!(root().join(format!("theory/{id}.md")).exists(), "{id}");
        let row = text.lines().find(|line| line.split_whitespace().nth(1) == Some(id)).unwrap();
        assert!(row.contains(&format!(" {name} ")), "{row}");
    }
    let standing = |id: &str| {
        let idx = blueprint.statements().iter().position(|statement| statement.id == id).unwrap();
        blueprint.standings(&verdicts)[idx]
    };
    assert_eq!(standing("theorems/linear-networks"), Standing::Refuted);
    assert_eq!(standing("theorems/learned-features"), Standing::Undecided);
    assert_eq!(standing("theorems/risks"), Standing::NotRun);
    // Text stays text, and what is text to XML is escaped.
    assert!(!svg.contains("font-face") && svg.contains("&lt;w, m_j&gt;"));
    assert_eq!(svg.matches("<a href").count(), svg.matches("</a>").count());
}
