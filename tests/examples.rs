//! The studies in `examples/`: every statement supported, every control caught, at the seed they are run with.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

use std::process::{Command, Output};

use feature_contamination::prelude::*;

#[path = "../examples/law_of_large_numbers.rs"]
mod law_of_large_numbers;
#[path = "../examples/own_network.rs"]
mod own_network;
#[path = "../examples/random_features.rs"]
mod random_features;

/// Runs a study and holds against these ids, each with the part that must catch its control.
#[track_caller]
fn check(study: &Study, caught_by: [(&str, &str); 2]) {
    let outcome = study.run(Seed::root(2024)).unwrap();
    let ids: Vec<&str> = outcome.statements.iter().map(|statement| statement.id.as_str()).collect();
    assert_eq!(ids, caught_by.map(|(id, _)| id));
    for (statement, (id, part)) in outcome.statements.iter().zip(caught_by) {
        assert_eq!(statement.verdict(Arm::Claim), Verdict::Supported, "{id}\n{outcome}");
        assert_eq!(statement.verdict(Arm::Control), Verdict::Refuted, "{id}\n{outcome}");
        let caught = statement.caught_by().map(|part| part.name.as_str());
        assert_eq!(caught, Some(part), "{id}\n{outcome}");
    }
    assert!(outcome.is_as_it_should_be());
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
fn a_study_is_a_program_that_reads_its_seed_and_says_how_it_went() {
    let output = program("own_network", &["7"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.ends_with("The seed was 7.\n"), "{text}");
    for name in ["law_of_large_numbers", "own_network", "random_features"] {
        let output = program(name, &["seven"]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {message}");
        assert!(output.stdout.is_empty(), "{name}");
        assert!(message.starts_with("error: seed = seven is out of range"), "{name}: {message}");
        assert!(message.contains("or write random"), "{name}: {message}");
        assert_eq!(message.lines().count(), 1, "{name}: {message}");
    }
}
