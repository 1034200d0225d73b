//! `contam train` beyond the theorems, driven as other programs drive it.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

mod support {
    pub mod regime;
    pub mod sandbox;
}

use serde_json::Value;
use support::regime::edited;
use support::sandbox::{Sandbox, stderr, vector};

/// A regime beyond the theorems; each edit replaces one line's value.
fn general(edits: &[(&str, &str)]) -> String {
    let text = "precision = \"f64\"\nseed = 7\n\
         [data]\nd0 = 6\ncore = 3\nd = 12\nbatch = \"full\"\nsamples = 50\nlabels = \"nonlinear\"\n\
         [network]\nwidth = 8\ndepth = 3\nactivation = \"gelu\"\noutput = \"trained\"\nbias = true\n\
         [training]\nsteps = 60\nlearning_rate = 0.05\nweight_decay = 0.01\noptimizer = \"sgd\"\n\
         momentum = 0.9\nloss = \"logistic\"\nrecord_every = 20\n";
    edited(text, edits)
}

#[test]
fn a_run_beyond_the_theorems_has_the_same_fields_and_resumes() {
    let sandbox = Sandbox::new().with("regime.toml", general(&[]));
    let document = sandbox.document("train regime.toml --json --checkpoint state");
    assert_eq!((&document["engine"], &document["precision"]), (&"feature".into(), &"f64".into()));
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| &row["step"]).collect::<Vec<_>>(), [0, 20, 40, 60]);
    for field in [
        "train_loss",
        "id_loss",
        "ood_loss",
        "id_accuracy",
        "ood_accuracy",
        "core_correlation",
        "background_correlation",
    ] {
        assert!(rows.iter().all(|row| row[field].is_number()), "{field}");
    }
    let again = sandbox.contam("train regime.toml --json --checkpoint state");
    assert!(stderr(&again).contains("going on from step 60"), "{}", stderr(&again));
    assert_eq!(again.stdout, sandbox.contam("train regime.toml --json").stdout);
    assert_eq!(sandbox.names(), ["regime.toml", "state"]);
    let other = sandbox.with("other.toml", general(&[("seed", "8")]));
    other.check_refused("train other.toml --checkpoint state", &["another regime", "delete it"]);
}

#[test]
fn adam_asked_for_in_feature_coordinates_runs_in_the_ambient_space_and_says_so() {
    let text = general(&[("optimizer", "\"adam\""), ("momentum", "0.0")]);
    let sandbox = Sandbox::new().with("regime.toml", text);
    let output = sandbox.contam("train regime.toml --json");
    assert!(stderr(&output).contains("depends on the axes"), "{}", stderr(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["engine"], "ambient");
}

#[test]
fn faulty_regimes_beyond_the_theorems_are_refused() {
    let cases = [
        (general(&[("samples", "0")]), "data.samples = 0"),
        (general(&[("depth", "1")]), "network.depth = 1"),
        (general(&[("momentum", "1.0")]), "training.momentum = 1"),
        (general(&[("optimizer", "\"adamw\"")]), "training.momentum = 0.9"),
        (general(&[("labels", "\"quadratic\"")]), "quadratic"),
        (general(&[("output", "\"thawed\"")]), "thawed"),
        (general(&[("width", "9000000000")]), "GiB"),
    ];
    for (text, named) in cases {
        let sandbox = Sandbox::new().with("regime.toml", text);
        sandbox.check_refused("train regime.toml", &[named]);
    }
}

/// The reference runs in the repository.
fn reference(name: &str) -> String {
    format!("{}/reference/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_start_file_wins_over_the_regime_and_a_note_says_it() {
    let edits = [("steps", "2"), ("record_every", "1"), ("core", "32"), ("d0", "64"), ("d", "64")];
    let sandbox = Sandbox::new().with("regime.toml", general(&edits));
    let line = format!("train regime.toml --json --start {}", reference("default-start.npz"));
    let output = sandbox.contam(&line);
    let notes = stderr(&output);
    for key in ["data.d = 64", "data.samples = 50", "network.width = 8", "network.depth = 3"] {
        assert!(notes.contains(&format!("{key} gives way to the start file")), "{notes}");
    }
    assert_eq!(notes.lines().count(), 4, "{notes}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["engine"], "feature");
    // The mean of the file's own first layer, known before any step.
    let correlation = document["rows"][0]["core_correlation"].as_f64().unwrap();
    assert!((correlation - 0.200_817_9).abs() < 1e-6, "{correlation}");
}

#[test]
fn start_files_that_are_none_are_refused() {
    let sandbox = Sandbox::new()
        .with("regime.toml", general(&[]))
        .with("text.npz", "PK")
        .with("one.npy", vector(&[1.0]));
    let cases =
        [("none.npz", "none.npz"), ("text.npz", "no .npz archive"), ("one.npy", "no .npz archive")];
    for (file, named) in cases {
        sandbox.check_refused(&format!("train regime.toml --start {file}"), &[named]);
    }
    let start = reference("default-start.npz");
    // 80 core features are more than the 64 of the file.
    let sandbox = sandbox.with("core.toml", general(&[("core", "80")]));
    let line = format!("train core.toml --start {start}");
    sandbox.check_refused(&line, &["data.core = 80", "data.d0 = 64"]);
    sandbox.check_refused("train regime.toml --start text.npz --trace text.npz", &["text.npz"]);
}
