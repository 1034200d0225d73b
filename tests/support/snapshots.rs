//! The committed snapshots.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use feature_contamination::study::{Study, Verdict};

/// The text of a claim's snapshot, empty if there is none.
pub fn snapshot(id: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    fs::read_to_string(folder.join(format!("{}.snap", id.replace('/', "--")))).unwrap_or_default()
}

/// The verdict on the claim in a snapshot.
pub fn verdict(snapshot: &str) -> Option<Verdict> {
    let word = snapshot.lines().find_map(|line| line.strip_prefix("claim: "))?;
    [Verdict::Supported, Verdict::Refuted, Verdict::Undecided]
        .into_iter()
        .find(|verdict| verdict.to_string() == word)
}

/// The verdicts of all snapshots, by id.
pub fn verdicts(study: &Study) -> BTreeMap<String, Verdict> {
    let ids = study.claims().iter().map(|claim| claim.id);
    ids.filter_map(|id| Some((id.to_owned(), verdict(&snapshot(id))?))).collect()
}
