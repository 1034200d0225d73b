//! What the compiler does not check: which module imports which, that every claim has its card
//! and its snapshot, and that no input can make the library panic.
//!
//! Every rule is a function of texts, so that each has a case here that shows it catching a fault.

mod support {
    #[allow(dead_code, reason = "not every test needs all of it")]
    pub mod sources;
}

use std::collections::BTreeSet;

use feature_contamination::paper;
use support::sources::{
    code, files, group_heads, identifier, module_of, none, read, sources, without_tests,
};

// Imports.

/// Which modules each module may import: strictly those before it, and not its siblings.
const MAY_IMPORT: [(&str, &[&str]); 20] = [
    ("error", &[]),
    ("fault", &["error"]),
    ("linalg", &["error"]),
    ("seed", &[]),
    ("arrays", &[]),
    ("setting", &["error"]),
    ("data", &["setting", "seed", "linalg", "fault", "error"]),
    ("network", &["setting", "seed", "linalg", "fault", "error"]),
    ("predict", &["setting", "linalg", "error"]),
    ("stats", &["linalg", "error"]),
    ("calibrate", &["stats", "seed", "linalg", "error"]),
    ("train", &["arrays", "data", "network", "setting", "seed", "linalg", "fault", "error"]),
    ("observe", &["train", "data", "network", "setting", "seed", "linalg", "error"]),
    ("toy", &["train", "predict", "network", "data", "setting", "seed", "linalg", "error"]),
    ("study", &["stats", "seed", "linalg", "fault", "error"]),
    (
        "paper",
        &[
            "study", "toy", "observe", "train", "stats", "predict", "network", "data", "setting",
            "arrays", "seed", "linalg", "error",
        ],
    ),
    (
        "sweep",
        &[
            "observe", "train", "stats", "predict", "network", "data", "setting", "seed", "linalg",
            "error",
        ],
    ),
    ("report", &["study", "sweep", "toy", "calibrate", "stats", "train", "fault", "error"]),
    (
        "cli",
        &[
            "report",
            "paper",
            "study",
            "sweep",
            "toy",
            "calibrate",
            "train",
            "predict",
            "stats",
            "setting",
            "arrays",
            "seed",
            "fault",
            "error",
        ],
    ),
    ("prelude", &["cli", "study", "train", "stats", "setting", "seed", "error"]),
];

/// The modules of the crate that a text names after `crate::`, in groups too.
fn imports(text: &str) -> BTreeSet<String> {
    let code = code(text);
    let mut named = BTreeSet::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            named.extend(group_heads(group));
        } else {
            named.insert(identifier(rest));
        }
    }
    named.remove("");
    named
}

/// What is wrong with the imports of one file of a module.
fn import_faults(path: &str, text: &str) -> Vec<String> {
    let Some(module) = module_of(path) else { return vec![format!("{path}: no module")] };
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{path}: module {module} is not in the table")];
    };
    let named = imports(text).into_iter().filter(|name| *name != module);
    let mut faults: Vec<String> = named
        .filter(|name| !allowed.contains(&name.as_str()))
        .map(|name| format!("{path}: {module} may not import {name}"))
        .collect();
    // From the head of a module, one `super` is the crate; from any other file, two are.
    let is_head = path == format!("src/{module}.rs") || path == format!("src/{module}/mod.rs");
    let code = code(text);
    if code.contains("super::super") || (is_head && code.contains("super::")) {
        faults.push(format!("{path}: reaches the crate by `super`; write `crate::`"));
    }
    if code.contains(concat!("feature_", "contamination::")) {
        faults.push(format!("{path}: names its own crate; write `crate::`"));
    }
    faults
}

#[test]
fn modules_import_downward_only() {
    none(sources().iter().flat_map(|(path, text)| import_faults(path, text)).collect());
}

#[test]
fn every_module_is_in_the_table_and_in_the_map() {
    let paths = sources();
    let present: BTreeSet<&str> = paths.iter().filter_map(|(path, _)| module_of(path)).collect();
    let listed: BTreeSet<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).collect();
    assert_eq!(present, listed);
    // The table itself goes downward.
    for (idx, (name, allowed)) in MAY_IMPORT.iter().enumerate() {
        let above: Vec<&str> = MAY_IMPORT[..idx].iter().map(|(name, _)| *name).collect();
        assert!(allowed.iter().all(|other| above.contains(other)), "{name}");
    }
    let map = read("ARCHITECTURE.md");
    let rows = map.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.collect::<BTreeSet<_>>(), listed);
}

#[test]
fn a_forbidden_import_is_caught_however_it_is_written() {
    let forbidden = [
        ("predict", "use crate::train::Simulation;"),
        ("predict", "use crate::{setting::Setting, observe};"),
        ("predict", "use crate::{\n    setting::{Label, Latent},\n    data::Batch,\n};"),
        ("predict", "fn f() -> f64 {\n    crate::stats::log_log_slope(&[], &[])\n}"),
        ("stats", "use crate::seed::Seed;"),
        ("setting", "use crate::fault::{self, Site};"),
        ("predict", "use crate::fault;"),
        ("data", "pub(crate) use crate::network::TwoLayer;"),
        ("observe", "use crate::study::{self, Arm};"),
        ("study", "use crate::network::TwoLayer;"),
        ("predict", "use super::super::train;"),
        ("predict", "use feature_contamination::train;"),
        ("surprise", "use crate::error::Error;"),
    ];
    for (module, text) in forbidden {
        let faults = import_faults(&format!("src/{module}/file.rs"), text);
        assert_eq!(faults.len(), 1, "{module}: {text}: {faults:?}");
    }
    assert_eq!(import_faults("src/seed.rs", "use super::linalg;").len(), 1);
    assert_eq!(import_faults("src/predict/mod.rs", "use super::train::run;").len(), 1);
}

#[test]
fn a_permitted_import_passes() {
    let permitted = [
        ("predict", "use crate::setting::{Label, Latent};\nuse crate::linalg;"),
        ("predict", "use super::Certified;\npub(super) fn f() {}"),
        ("predict", "use crate::predict::Certified;"),
        ("paper", "use crate::{observe::record, predict::{Moments, FixedPoint}};"),
        ("predict", "// as in crate::train, see [`crate::train::run`]\nfn f() {}"),
        ("predict", "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    use crate::train::run;\n}"),
    ];
    for (module, text) in permitted {
        none(import_faults(&format!("src/{module}/file.rs"), text));
    }
    // What follows a test module counts again.
    let text = "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n\nuse crate::train::run;";
    assert_eq!(import_faults("src/predict/file.rs", text).len(), 1);
}

// Claims, cards and snapshots.

const HEADINGS: [&str; 12] = [
    "Source",
    "Statement",
    "Uses",
    "Setting and sizes",
    "Observable",
    "Relation",
    "Kind",
    "Error rates and detectable discrepancy",
    "Derivation",
    "Control",
    "What this does not show",
    "Status",
];

/// What is wrong with the form of a card.
fn card_faults(id: &str, card: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if card.lines().next() != Some(&format!("# {id}")) {
        faults.push(format!("{id}: the card does not begin with `# {id}`"));
    }
    let headings: Vec<&str> = card.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    if headings != HEADINGS {
        faults.push(format!("{id}: the card's headings are {headings:?}"));
    }
    let sections = card.split("\n## ").skip(1);
    let empty = sections.filter(|section| section.trim().lines().count() < 2);
    faults.extend(empty.map(|section| format!("{id}: nothing under `{}`", section.trim())));
    faults
}

/// Ids on one side only, or twice on one side.
fn pairing_faults(what: &str, ids: &[String], found: &[String]) -> Vec<String> {
    let count = |list: &[String], id: &String| list.iter().filter(|other| *other == id).count();
    let missing = ids.iter().filter(|id| count(found, id) == 0);
    let mut faults: Vec<String> = missing.map(|id| format!("{id}: no {what}")).collect();
    let orphans = found.iter().filter(|id| count(ids, id) == 0);
    faults.extend(orphans.map(|id| format!("{id}: a {what} of no claim")));
    let doubled: BTreeSet<&String> = found.iter().filter(|id| count(found, id) > 1).collect();
    faults.extend(doubled.into_iter().map(|id| format!("{id}: more than one {what}")));
    faults
}

fn registered() -> Vec<String> {
    paper::study().claims().iter().map(|claim| claim.id.to_owned()).collect()
}

#[test]
fn every_claim_has_one_card_and_one_snapshot() {
    let ids = registered();
    let mut faults = pairing_faults("entry of the registry", &ids, &ids);
    let cards = files("theory", &[".md"]).into_iter().filter_map(|(path, _)| {
        let id = path.strip_prefix("theory/")?.strip_suffix(".md")?.to_owned();
        (id.contains('/') && !id.starts_with("theorems/")).then_some(id)
    });
    faults.extend(pairing_faults("card", &ids, &cards.collect::<Vec<_>>()));
    let snapshots = files("snapshots", &[".snap"]).into_iter().filter_map(|(path, _)| {
        Some(path.strip_prefix("snapshots/")?.strip_suffix(".snap")?.replace("--", "/"))
    });
    faults.extend(pairing_faults("snapshot", &ids, &snapshots.collect::<Vec<_>>()));
    none(faults);
}

#[test]
fn every_card_has_its_headings() {
    let cards = registered().into_iter().map(|id| (read(&format!("theory/{id}.md")), id));
    none(cards.flat_map(|(card, id)| card_faults(&id, &card)).collect());
}

/// A card in good order.
fn card(id: &str) -> String {
    let sections: String = HEADINGS.iter().map(|name| format!("\n## {name}\n- none\n")).collect();
    format!("# {id}\n{sections}")
}

#[test]
fn a_faulty_card_is_caught() {
    let good = card("linear/risk");
    none(card_faults("linear/risk", &good));
    for (from, to) in [
        ("# linear/risk", "# linear/rsik"),
        ("## Control\n", "## Controls\n"),
        ("## Kind\n- none\n", ""),
        (
            "## Kind\n- none\n\n## Error rates and detectable discrepancy\n- none\n",
            "## Error rates and detectable discrepancy\n- none\n\n## Kind\n- none\n",
        ),
        ("## Status\n- none", "## Status\n"),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(!card_faults("linear/risk", &good.replace(from, to)).is_empty(), "{from}");
    }
}

#[test]
fn missing_orphaned_and_doubled_entries_are_caught() {
    let list = |ids: &[&str]| -> Vec<String> { ids.iter().map(|&id| id.to_owned()).collect() };
    let ids = list(&["a/a", "b/b"]);
    none(pairing_faults("card", &ids, &ids));
    assert_eq!(pairing_faults("card", &ids, &list(&["a/a"])), ["b/b: no card"]);
    let orphan = pairing_faults("card", &ids, &list(&["a/a", "b/b", "c/c"]));
    assert_eq!(orphan, ["c/c: a card of no claim"]);
    let doubled = pairing_faults("test", &ids, &list(&["a/a", "b/b", "b/b"]));
    assert_eq!(doubled, ["b/b: more than one test"]);
}

// Panics, sizes, paths.

/// Calls that end the program where an error should be returned; asserted premises are not among them.
const PANICS: [&str; 7] =
    [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "unreachable!(", "dbg!("];

fn panic_faults(path: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let found = PANICS.iter().filter(|call| code.contains(**call));
    found.map(|call| format!("{path}: `{call}` outside of tests")).collect()
}

/// Lines of a source file without its tests.
const MAX_LINES: usize = 500;

fn size_faults(path: &str, text: &str) -> Vec<String> {
    let n_lines = without_tests(text).lines().count();
    let fault = format!("{path}: {n_lines} lines; split it");
    (n_lines > MAX_LINES).then_some(fault).into_iter().collect()
}

/// Folders at the root of one machine or another, where somebody's checkout may lie.
const FOLDERS: [&str; 4] = ["home", "root", "Users", "work"];

fn path_faults(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let starts = |folder: &&str| {
            let folder = format!("/{folder}/");
            let mut places = line.match_indices(&folder);
            // Not in the middle of a relative path or of an address.
            places.any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.'))
        };
        FOLDERS.iter().any(starts)
    });
    lines.map(|(idx, _)| format!("{path}:{}: a path of one machine", idx + 1)).collect()
}

#[test]
fn no_input_can_meet_a_panic() {
    let sources = files("src", &[".rs"]);
    none(sources.iter().flat_map(|(path, text)| panic_faults(path, text)).collect());
}

#[test]
fn no_file_is_too_long_to_read() {
    let all = [files("src", &[".rs"]), files("tests", &[".rs"]), files("benches", &[".rs"])];
    none(all.iter().flatten().flat_map(|(path, text)| size_faults(path, text)).collect());
    assert!(read("src/main.rs").lines().count() < 15);
}

#[test]
fn no_file_names_a_machine() {
    let endings = [".rs", ".md", ".snap", ".bib", ".toml", ".yml", ".svg"];
    let folders = [
        "src",
        "tests",
        "benches",
        "grids",
        "regimes",
        "reference",
        "theory",
        "snapshots",
        ".github",
    ];
    let mut all: Vec<(String, String)> =
        folders.iter().flat_map(|folder| files(folder, &endings)).collect();
    for path in ["Cargo.toml", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        all.push((path.to_owned(), read(path)));
    }
    none(all.iter().flat_map(|(path, text)| path_faults(path, text)).collect());
}

#[test]
fn panics_long_files_and_machine_paths_are_caught() {
    for call in PANICS {
        assert_eq!(
            panic_faults("x.rs", &format!("fn f() {{\n    x{call})\n}}")).len(),
            1,
            "{call}"
        );
        none(panic_faults("x.rs", &format!("/// Not {call}\nfn f() {{}}")));
        none(panic_faults("x.rs", &format!("#[cfg(test)]\nmod tests {{\n    x{call})\n}}")));
    }
    none(panic_faults(
        "x.rs",
        "#[expect(dead_code, reason = \"none\")]\nfn f() { assert!(true); }",
    ));
    assert_eq!(size_faults("x.rs", &"x\n".repeat(MAX_LINES + 1)).len(), 1);
    none(size_faults("x.rs", &"x\n".repeat(MAX_LINES)));
    let tests = format!("#[cfg(test)]\nmod tests {{{}\n}}", "\n    x".repeat(MAX_LINES + 1));
    none(size_faults("x.rs", &tests));
    for folder in FOLDERS {
        assert_eq!(path_faults("x.md", &format!("see (/{folder}/x)")).len(), 1);
        none(path_faults("x.md", &format!("https://example.org/{folder}/x and ../{folder}/x")));
    }
}
