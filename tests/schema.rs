//! The published schemas of `verify --json` and `design --json`, held against what the program prints.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

mod support {
    #[allow(dead_code, reason = "not every test needs all of it")]
    pub mod sandbox;
}

use std::fs;
use std::path::Path;

use boon::{Compiler, SchemaIndex, Schemas};
use feature_contamination::report::VERIFICATION_SCHEMA;
use serde_json::{Value, json};
use support::sandbox::Sandbox;

/// The schema of the version that the program writes.
struct Published {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Published {
    fn read(document: &str) -> Self {
        let name = format!("schema/{document}-{VERIFICATION_SCHEMA}.json");
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        let id = schema["$id"].as_str().unwrap().to_owned();
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler.add_resource(&id, schema).unwrap();
        let index = compiler.compile(&id, &mut schemas).unwrap();
        Published { schemas, index }
    }

    /// What is wrong with a document, if anything.
    fn fault(&self, document: &Value) -> Option<String> {
        self.schemas.validate(document, self.index).err().map(|fault| fault.to_string())
    }
}

/// Several parts, a ladder with its trend, and a control.
const LINES: [&str; 2] = [
    "verify linear/risk gradient/identity setting/reduction --tier quick --json",
    "control gradient/identity --tier quick --json",
];

#[test]
fn what_the_program_prints_follows_the_schema() {
    let (published, sandbox) = (Published::read("verification"), Sandbox::new());
    for line in LINES {
        let document = sandbox.document(line);
        assert_eq!(published.fault(&document), None, "{line}");
    }
}

#[test]
fn a_document_that_is_broken_anywhere_is_refused() {
    let published = Published::read("verification");
    let document = Sandbox::new().document(LINES[0]);
    let breaks = [
        ("/schema", json!(1)),
        ("/command", json!("plan")),
        ("/seed", json!(-1)),
        ("/tier", json!("")),
        ("/size_label", json!(7)),
        ("/claims", json!({})),
        ("/claims/0/verdict", json!("proved")),
        ("/claims/0/id", json!("other class")),
        ("/claims/0/interval", json!([0.1])),
        ("/claims/0/p_value", json!(1.5)),
        ("/claims/0/parts/1/samples", json!("many")),
        ("/claims/2/parts/0/trend/points/0/size", json!(0)),
        ("/claims/2/trend/drift", json!(0.1)),
    ];
    for (place, value) in breaks {
        let mut broken = document.clone();
        *broken.pointer_mut(place).unwrap() = value;
        assert!(published.fault(&broken).is_some(), "{place}");
    }
    for (object, field) in
        [("", "alpha"), ("", "study"), ("/claims/0", "share"), ("/claims/1/parts/0", "slack")]
    {
        let mut broken = document.clone();
        broken.pointer_mut(object).unwrap().as_object_mut().unwrap().remove(field).unwrap();
        assert!(published.fault(&broken).is_some(), "{object} without {field}");
    }
}

#[test]
fn designs_follow_their_schema_and_broken_ones_are_refused() {
    let (published, sandbox) = (Published::read("design"), Sandbox::new());
    let document = sandbox.document("design linear/risk linear/cancellation --tier quick --json");
    assert_eq!(published.fault(&document), None);
    let plan =
        sandbox.document("verify linear/risk linear/cancellation --plan --tier quick --json");
    assert_eq!(published.fault(&plan), None);
    assert_eq!(plan["claims"][0]["parts"], document["claims"][0]["parts"]);
    for (place, value) in [
        ("/schema", json!(1)),
        ("/claims/0/samples/0/key", json!(7)),
        ("/claims/0/samples/0/expected", json!(0)),
        ("/claims/0/parts/0/claimed", json!([0.0])),
        ("/claims/0/parts/0/most_samples", json!("many")),
        ("/claims/0/parts/0/alpha", json!(0)),
    ] {
        let mut broken = document.clone();
        *broken.pointer_mut(place).unwrap() = value;
        assert!(published.fault(&broken).is_some(), "{place}");
    }
    // A premise is computed, a mean is sampled.
    let most = |part: usize| &document["claims"][0]["parts"][part]["most_samples"];
    assert!(most(0).is_u64() && most(2).is_null());
}
