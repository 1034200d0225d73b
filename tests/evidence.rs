//! The commands that show and combine evidence, driven as other programs drive them.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

mod support {
    mod oracle;
    pub mod sandbox;
}

use std::fs;

use serde_json::Value;
use support::sandbox::{Sandbox, npy, stderr, vector};

#[test]
fn a_plan_runs_nothing_and_shares_the_false_alarms_out() {
    let document = Sandbox::new().document("verify --plan --tier quick --json");
    let claims = document["claims"].as_array().unwrap();
    let spent: f64 = claims.iter().map(|claim| claim["alpha"].as_f64().unwrap()).sum();
    assert!(spent <= document["alpha"].as_f64().unwrap() * (1.0 + 1e-12));
    for claim in claims {
        for sample in claim["samples"].as_array().unwrap() {
            let [expected, most] =
                ["expected", "most"].map(|field| sample[field].as_u64().unwrap());
            assert!(0 < expected && expected <= most, "{claim}");
        }
    }
    // A ladder is planned once, however many claims read it.
    let ladder = |sample: &&Value| sample["key"] == "ladder/theorem/64";
    let samples = claims.iter().flat_map(|claim| claim["samples"].as_array().unwrap());
    let drawn: Vec<&Value> = samples.filter(ladder).collect();
    assert_eq!(drawn.iter().filter(|sample| sample["shared"] == false).count(), 1);
    assert!(drawn.len() > 3);
    assert!(document["seconds"].as_f64().unwrap() > 0.0);
    let text = Sandbox::new().contam("verify linear/cancellation --plan --tier quick");
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("linear/cancellation") && text.contains("runs expected"), "{text}");
}

/// The evidence of a cheap claim under a seed, in a file.
fn recorded(sandbox: Sandbox, seed: u64) -> Sandbox {
    let line = format!("verify gradient/population --tier quick --json --seed {seed}");
    let output = sandbox.contam(&line);
    assert!(output.status.success(), "{}", stderr(&output));
    sandbox.with(&format!("{seed}.json"), output.stdout)
}

#[test]
fn evidence_of_two_seeds_multiplies() {
    let sandbox = recorded(recorded(Sandbox::new(), 1), 2);
    let combined = sandbox.document("verify --combine 1.json 2.json --json");
    assert_eq!(combined["seeds"], serde_json::json!([1, 2]));
    assert_eq!(combined["claims"][0]["verdict"], "supported");
    let single = |seed: u64| -> Value {
        let text = fs::read_to_string(sandbox.path(&format!("{seed}.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let (one, two) = (single(1), single(2));
    let log_e =
        |document: &Value| document["claims"][0]["parts"][0]["log_e_below"].as_f64().unwrap();
    assert!((log_e(&combined) - log_e(&one) - log_e(&two)).abs() < 1e-9);
    let text = sandbox.contam("verify --combine 1.json 2.json");
    assert!(text.status.success());
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("supported, supported"), "{text}");
}

#[test]
fn evidence_that_does_not_add_up_is_refused() {
    let sandbox = recorded(Sandbox::new(), 1).with("broken.json", "{").with("1b.json", b"");
    fs::copy(sandbox.path("1.json"), sandbox.path("copy.json")).unwrap();
    sandbox.check_refused("verify --combine 1.json copy.json", &["seed = 1", "same evidence"]);
    sandbox.check_refused("verify --combine 1.json broken.json", &["broken.json"]);
    sandbox.check_refused("verify --combine 1.json none.json", &["none.json"]);
    let old = fs::read_to_string(sandbox.path("1.json")).unwrap();
    let old = old.replacen("\"schema\": 2", "\"schema\": 1", 1);
    let sandbox = sandbox.with("old.json", old);
    sandbox.check_refused(
        "verify --combine 1.json old.json",
        &["schema of old.json = 1", "must be 2"],
    );
    sandbox.check_refused("verify --combine 1.json", &["2 values required"]);
    sandbox.check_refused("verify --combine 1.json copy.json --seed 3", &["cannot be used with"]);
    assert_eq!(sandbox.names(), ["1.json", "1b.json", "broken.json", "copy.json", "old.json"]);
}

#[test]
fn a_mean_of_bounded_data_comes_with_its_interval() {
    let values: Vec<f64> = (0..1000).map(|i| f64::from(i % 10) / 9.0).collect();
    let sandbox = Sandbox::new().with("values.npy", vector(&values));
    let line = "oracle mean --data values.npy --level 0.99 --json";
    let document = sandbox.document(line);
    let [mean, lower, upper] = ["mean", "lower", "upper"].map(|f| document[f].as_f64().unwrap());
    assert!((mean - 0.5).abs() < 1e-12 && document["samples"] == 1000);
    // The standard deviation is 0.32: two and a half standard errors to each side, and some more.
    assert!(0.46 < lower && lower < 0.475 && 0.525 < upper && upper < 0.54, "{document}");
    // The same data on another scale.
    let stretched: Vec<f64> = values.iter().map(|x| 10.0 * x - 20.0).collect();
    let sandbox = sandbox.with("stretched.npy", vector(&stretched));
    let line = "oracle mean --data stretched.npy --level 0.99 --lower -20 --upper -10 --json";
    let document = sandbox.document(line);
    let stretched = document["lower"].as_f64().unwrap();
    assert!((stretched - (10.0 * lower - 20.0)).abs() < 1e-9, "{document}");
}

#[test]
fn data_that_are_no_bounded_independent_numbers_are_refused() {
    let rows = npy("<f8", "(8, 4)", &[0_u8; 256]);
    let sandbox = Sandbox::new()
        .with("outside.npy", vector(&[0.5, 1.5]))
        .with("nan.npy", vector(&[0.5, f64::NAN]))
        .with("rows.npy", rows)
        .with("good.npy", vector(&[0.5, 0.25]));
    let cases: [(&str, &[&str]); 7] = [
        ("--data outside.npy --level 0.95", &["replicate 1 = 1.5", "declared bounds [0, 1]"]),
        ("--data nan.npy --level 0.95", &["entry 1 is NaN"]),
        ("--data rows.npy --level 0.95", &["(8, 4)", "average them first"]),
        ("--data good.npy --level 0.05", &["level = 0.05", "coverage"]),
        ("--data good.npy --level 1", &["level = 1"]),
        ("--data good.npy --level nan", &["level = nan"]),
        ("--data good.npy --level 0.95 --lower 1 --upper 0", &["bounds = [1, 0]", "ascending"]),
    ];
    for (options, named) in cases {
        sandbox.check_refused(&format!("oracle mean {options}"), named);
    }
}
