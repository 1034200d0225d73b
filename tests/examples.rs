//! The studies in `examples/`: every statement supported, every control caught, at the seed they are run with.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

use std::process::{Command, Output};

use feature_contamination::prelude::*;

#[expect(dead_code, reason = "its `main` is for the example alone")]
#[path = "../examples/batch_size.rs"]
mod batch_size;
#[expect(dead_code, reason = "its `main` is for the example alone")]
#[path = "../examples/law_of_large_numbers.rs"]
mod law_of_large_numbers;
#[expect(dead_code, reason = "its `main` is for the example alone")]
#[path = "../examples/own_network.rs"]
mod own_network;
#[expect(dead_code, reason = "its `main` is for the example alone")]
#[path = "../examples/random_features.rs"]
mod random_features;

/// Runs a study at its first tier and holds its ids against these, each with the part that must catch its control.
#[track_caller]
fn check<const N: usize>(study: &Study, caught_by: [(&str, &str); N]) {
    let claims = study.select(&[]).unwrap();
    let mut lab = Lab::new(Seed::root(2024), study.all_tiers()[0], Box::new(Silent));
    let ids: Vec<&str> = claims.iter().map(|claim| claim.id).collect();
    assert_eq!(ids, caught_by.map(|(id, _)| id));
    for arm in [Arm::Claim, Arm::Control] {
        for (outcome, (id, part)) in
            study.run(&claims, arm, &mut lab).unwrap().iter().zip(caught_by)
        {
            assert!(outcome.passed(), "{id}: {:?}", outcome.parts);
            assert!(arm == Arm::Claim || outcome.decisive().name == part, "{id}");
        }
    }
}

#[test]
fn the_law_of_large_numbers_holds_and_common_parts_break_it() {
    check(
        &law_of_large_numbers::study(),
        [("mean/exponent", "exponent of the error"), ("mean/variance", "variance at n = 16")],
    );
}

#[test]
fn random_features_converge_and_tied_or_smaller_weights_do_not() {
    check(
        &random_features::study(),
        [("kernel/deviation", "exponent of the square"), ("kernel/limit", "ratio at 30 degrees")],
    );
}

#[test]
fn the_balance_is_kept_and_weight_decay_breaks_it() {
    check(
        &own_network::study(),
        [("balance/order", "order in eta"), ("balance/bound", "largest drift over bound")],
    );
}

#[test]
fn larger_batches_contaminate_as_predicted_and_linear_networks_do_not() {
    let part = "batches times 1: background over core, measured less predicted";
    check(&batch_size::study(), [("batch/ratio", part)]);
}

#[test]
fn the_limit_kernel_is_the_integral_that_defines_it() {
    use std::f64::consts::PI;
    // The polar integral with E r^2 = 2 by the midpoint rule, which errs by less than the square of its step.
    for t in [0.0, 0.5, 1.0, 2.0, 3.0] {
        let n_steps = 20_000;
        let step = 2.0 * PI / f64::from(n_steps);
        let term = |idx: i32| {
            let s = (f64::from(idx) + 0.5) * step;
            s.cos().max(0.0) * (s - t).cos().max(0.0)
        };
        let integral = 2.0 * (0..n_steps).map(term).sum::<f64>() * step / (2.0 * PI);
        assert!((random_features::arc_cosine(t) - integral).abs() < step * step, "{t}");
    }
    assert_eq!(random_features::arc_cosine(0.0), 0.5);
}

/// Runs an example as a user does; cargo builds it first where it is not up to date.
fn program(name: &str, arguments: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["run", "--quiet", "--locked", "--example", name]);
    // What this test was built with, so that nothing is built a second time.
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    if cfg!(feature = "faults") {
        cargo.args(["--features", "faults"]);
    }
    cargo.arg("--").args(arguments).output().unwrap()
}

#[test]
fn a_study_is_a_program_like_contam() {
    let help = program("own_network", &["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    for word in ["verify", "control", "design", "list", "explain", "--tier", "--junit"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("report");
    let report = place.to_str().unwrap();
    let run = program(
        "law_of_large_numbers",
        &["--tier", "quick", "--json", "--quiet", "--seed", "7", "--report", report],
    );
    let document: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(0), "{document}");
    assert_eq!((&document["seed"], &document["size_label"]), (&7.into(), &"n".into()));
    assert_eq!(document["claims"][1]["verdict"], "supported");
    let page = std::fs::read_to_string(place.join("index.html")).unwrap();
    assert!(page.contains("law_of_large_numbers verify --seed 7 --tier quick"), "{page}");
    let table = program("law_of_large_numbers", &["control", "mean/variance", "--tier", "quick"]);
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(text.contains("claim") && text.contains("refuted, as each should be"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn a_study_refuses_what_it_does_not_have_with_a_remedy() {
    for (arguments, words) in [
        (&["verify", "mean/exponnt"][..], ["unknown claim", "did you mean `mean/exponent`"]),
        (&["--tier", "deep"], ["deep", "quick, standard"]),
        (&["--seed", "seven"], ["seed = seven", "or write random"]),
    ] {
        let output = program("law_of_large_numbers", arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(words.iter().all(|word| message.contains(word)), "{arguments:?}: {message}");
    }
}
