//! Deliberate faults against the claims that must catch them: a fast part of `contam faults`. It needs a build
//! with the feature `faults`.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use faer::mat;
use feature_contamination::fault::{FAULTS, Fault, inject, select};
use feature_contamination::network::{Rows, TwoLayer, Workspace};
use feature_contamination::paper;
use feature_contamination::seed::Seed;
use feature_contamination::setting::Activation;
use feature_contamination::study::{PanelEntry, Verdict};

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
    let study = paper::study();
    let (claim, tier) = (study.find(id).unwrap(), study.all_tiers()[0]);
    study.panel_entry(fault, &[claim], (tier, Seed::root(2024)))
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
fn a_wrong_derivative_is_as_wrong_where_neurons_are_certain() {
    let network = TwoLayer::new(mat![[1.0, 2.0], [-1.0, 0.5]], Activation::Relu).unwrap();
    let inputs = mat![[3.0, 1.0], [0.5, 2.0]];
    let orthant = [Rows { range: 0..2, orthant: Some([1.0; 2].as_slice()) }];
    let gradient = |rows: &[Rows<'_, f64>]| {
        let mut workspace = Workspace::default();
        network.forward_by_rows(inputs.as_ref(), rows, &mut workspace);
        network.gradient((&inputs, &[1.0, -2.0]), &workspace)
    };
    for name in ["derivative/leaky", "derivative/forgotten"] {
        let fault = select(&[name.to_owned()]).unwrap()[0];
        let sound = inject(None, || gradient(&[Rows::all(2)]));
        let [wrong, where_certain] =
            inject(Some(fault), || [gradient(&[Rows::all(2)]), gradient(&orthant)]);
        assert_ne!(wrong, sound, "{name}");
        assert_eq!(where_certain, wrong, "{name}");
    }
}

#[test]
fn the_page_has_a_row_for_every_fault_in_both_tables() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("theory/faults.md");
    let page = fs::read_to_string(page).unwrap();
    let remedy = "write it anew: contam faults --page theory/faults.md";
    for fault in FAULTS {
        let rows = page.lines().filter(|line| line.starts_with(&format!("| `{}` |", fault.name)));
        assert_eq!(rows.count(), 2, "{}: {remedy}", fault.name);
    }
}
