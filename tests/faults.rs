//! Deliberate faults against the claims that must catch them: a fast part of `contam faults`. It needs a build
//! with the feature `faults`.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use feature_contamination::claims::{CLAIMS, Verdict, find, panel_entry};
use feature_contamination::claims::{PanelEntry, Tier};
use feature_contamination::fault::{FAULTS, Fault, select};
use feature_contamination::seed::Seed;

/// What catches what, at the quick tier, cheaply. Six of the faults are of 5 % or less.
const CAUGHT: [(&str, &str); 9] = [
    ("start/variance-high", "setting/initialisation"),
    ("start/tied", "setting/initialisation"),
    ("decay/high", "setting/reduction"),
    ("weight/bfloat16", "setting/reduction"),
    ("dictionary/long", "setting/reduction"),
    ("hinge/late", "gradient/identity"),
    ("derivative/leaky", "gradient/identity"),
    ("latent/large", "gradient/population"),
    ("core/sign", "gradient/population"),
];

fn entry(fault: Option<&'static Fault>, id: &str) -> PanelEntry {
    panel_entry(fault, &[find(id).unwrap()], Tier::Quick, Seed::root(2024))
}

#[test]
fn a_cheap_claim_catches_each_of_these_faults() {
    for (name, id) in CAUGHT {
        let fault = select(&[name.to_owned()]).unwrap()[0];
        assert!(entry(Some(fault), id).is_caught(), "{name} escapes {id}");
    }
    let sizes =
        CAUGHT.iter().filter_map(|(name, _)| select(&[(*name).to_owned()]).unwrap()[0].per_cent);
    assert!(sizes.filter(|&size| size <= 5.0).count() >= 2);
}

#[test]
fn the_same_claims_are_supported_of_runs_without_a_fault() {
    let ids: BTreeSet<&str> = CAUGHT.iter().map(|&(_, id)| id).collect();
    for id in ids {
        let entry = entry(None, id);
        assert_eq!(entry.with_verdict(Verdict::Supported).count(), 1, "{id}");
    }
}

#[test]
fn the_page_has_a_row_for_every_fault_and_a_column_for_every_claim() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("theory/faults.md");
    let page = fs::read_to_string(page).unwrap();
    let remedy = "write it anew: contam faults --page theory/faults.md";
    for fault in FAULTS {
        let rows = page.lines().filter(|line| line.starts_with(&format!("| `{}` |", fault.name)));
        assert_eq!(rows.count(), 2, "{}: {remedy}", fault.name);
    }
    for (idx, claim) in CLAIMS.iter().enumerate() {
        let item = format!("{}. [{}]({}.md) ", idx + 1, claim.id, claim.id);
        assert!(page.contains(&item), "{}: {remedy}", claim.id);
    }
}
