//! The program, driven as other programs drive it: arguments in, exit status and output out.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

mod support {
    pub mod regime;
    pub mod sandbox;
}

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use feature_contamination::paper;
use serde_json::Value;
use support::regime::edited;
use support::sandbox::{Sandbox, command, npy, stderr, vector};

/// A regime of 200 steps; each edit replaces one line's value.
fn regime(edits: &[(&str, &str)]) -> String {
    let text = "engine = \"feature\"\nprecision = \"f64\"\nseed = 7\n\
         [data]\nd0 = 8\ncore = 4\nd = 64\nlatent = \"uniform\"\nbatch = 32\n\
         [network]\nwidth = 16\nactivation = \"relu\"\n\
         [training]\nsteps = 200\nlearning_rate = 0.5\nweight_decay = 0.001\nrecord_every = 20\n";
    edited(text, edits)
}

#[test]
fn list_is_one_document_of_every_claim() {
    let document = Sandbox::new().document("list --json");
    let claims = document["claims"].as_array().unwrap();
    assert_eq!(claims.len(), paper::study().claims().len());
    for field in ["id", "statement", "source", "kind", "tier", "cost"] {
        assert!(claims.iter().all(|claim| claim[field].is_string()), "{field}");
    }
}

#[test]
fn the_graph_is_written_in_the_format_that_its_name_asks_for() {
    let sandbox = Sandbox::new();
    for (name, start) in [("g.svg", "<svg "), ("g.dot", "digraph "), ("g.txt", "No verdicts")] {
        let output = sandbox.contam(&format!("list --graph {name}"));
        assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
        let text = fs::read_to_string(sandbox.0.path().join(name)).unwrap();
        assert!(text.starts_with(start) && text.contains("not run"), "{text}");
    }
    // The verdicts of a run, and nothing for what it did not check.
    let run = sandbox.contam("verify setting/reduction --tier quick --json");
    fs::write(sandbox.0.path().join("run.json"), run.stdout).unwrap();
    let output = sandbox.contam("list --graph - --verdicts run.json");
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |id: &str| text.lines().find(|line| line.contains(id)).unwrap().to_owned();
    assert!(text.starts_with("Verdicts at tier quick with seed 2024."), "{text}");
    assert!(row("setting/reduction ").contains(" supported "), "{text}");
    assert!(row("linear/risk ").contains(" not run "), "{text}");
}

#[test]
fn explain_shows_the_page_of_a_theorem() {
    let output = Sandbox::new().contam("explain theorems/risks");
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["# theorems/risks", "contam verify risk/in-distribution risk/out-of-distribution"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_reader_that_goes_early_is_no_fault() {
    let sandbox = Sandbox::new();
    for line in ["list", "explain linear/risk", "--help"] {
        let mut child = command(sandbox.0.path(), line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{line}");
        assert_eq!(stderr(&output), "", "{line}");
    }
}

#[test]
fn explain_shows_the_card_and_the_commands() {
    let output = Sandbox::new().contam("explain linear/risk");
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["# linear/risk", "contam verify linear/risk", "contam control linear/risk"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn arguments_that_make_no_sense_are_refused_with_a_remedy() {
    let sandbox = Sandbox::new();
    let cases: [(&str, &[&str]); 14] = [
        ("list --graph picture.png", &["picture.png", ".svg, .dot or .txt"]),
        ("list --verdicts run.json", &["--graph"]),
        ("verify linear/rsk", &["linear/rsk", "did you mean `linear/risk`?", "contam list"]),
        ("control featurs", &["did you mean `features`?"]),
        ("explain linear", &["unknown claim `linear`"]),
        ("verify --tier nonsense", &["nonsense", "quick, standard, deep"]),
        ("--tier nonsense", &["nonsense", "quick, standard, deep"]),
        ("verify --threads 0", &["threads = 0", "leave --threads out"]),
        ("verify --seed 1.5", &["1.5", "random"]),
        ("verfy", &["verfy", "verify"]),
        ("oracle fixed-point --d0 0 --core 1 --latent uniform", &["d0 = 0", "from 1 to 1048576"]),
        ("oracle fixed-point --d0 8 --core 0 --latent uniform", &["core = 0", "from 1 to d0 = 8"]),
        ("oracle fixed-point --d0 8 --core 9 --latent uniform", &["core = 9", "from 1 to d0 = 8"]),
        ("oracle fixed-point --d0 8 --core 4 --latent normal", &["normal", "bernoulli:P"]),
    ];
    for (line, named) in cases {
        sandbox.check_refused(line, named);
    }
}

/// The feature `faults` is off where nobody asks for it, and then nothing of it is in the program.
#[cfg(not(feature = "faults"))]
#[test]
fn the_program_that_is_shipped_cannot_be_broken_on_purpose() {
    let sandbox = Sandbox::new();
    sandbox.check_refused("faults", &["faults", "unrecognized"]);
    let program = fs::read(env!("CARGO_BIN_EXE_contam")).unwrap();
    for text in ["batch/every-second", "contam faults"] {
        assert!(!program.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
}

#[test]
fn a_check_is_one_document_whose_numbers_do_not_depend_on_threads() {
    let sandbox = Sandbox::new();
    let documents = ["1", "2"].map(|n_threads| {
        let line = format!("verify gradient/identity --tier quick --json --threads {n_threads}");
        let mut document = sandbox.document(&line);
        assert_eq!(document["threads"].to_string(), n_threads);
        for path in ["/threads", "/planned_seconds", "/seconds", "/claims/0/seconds"] {
            *document.pointer_mut(path).unwrap() = Value::Null;
        }
        document
    });
    assert_eq!(documents[0], documents[1]);
    let claim = &documents[0]["claims"][0];
    assert_eq!(
        (&documents[0]["command"], &claim["verdict"]),
        (&"verify".into(), &"supported".into())
    );
    assert_eq!(claim["kind"], "identity");
}

#[test]
fn a_refuted_control_is_a_success_and_says_so() {
    let output = Sandbox::new().contam("control gradient/identity --tier quick --seed 3");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{text}{}", stderr(&output));
    assert!(text.starts_with("Checking 1 control, each of which must be refuted"), "{text}");
    assert!(text.contains("1 control: 1 refuted, as each should be"), "{text}");
    assert!(text.contains("seed 3"), "{text}");
    assert!(!text.contains('\x1b'), "no colour into a pipe: {text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn faulty_weights_are_refused_by_dtype_shape_and_entry() {
    let zeros = [0_u8; 32];
    let cases: [(Vec<u8>, &[&str]); 7] = [
        (npy("<i8", "(4,)", &zeros), &["<i8", "f8"]),
        (npy("<f8", "(2, 2)", &zeros), &["(2, 2)", "(n,)"]),
        (npy("<f8", "(0,)", &zeros), &["(0,)"]),
        (npy("<f8", "(5,)", &zeros), &["too early"]),
        (vector(&[1.0, f64::NAN]), &["entry 1 is NaN"]),
        (vector(&[f64::INFINITY]), &["entry 0 is inf"]),
        (b"1.0\n-1.0\n".to_vec(), &[".npy"]),
    ];
    for (bytes, named) in cases {
        let sandbox = Sandbox::new().with("w.npy", bytes);
        sandbox.check_refused(
            "oracle activation --weights w.npy --core 0 --latent uniform --label 1",
            named,
        );
    }
    let sandbox = Sandbox::new().with("w.npy", vector(&[1.0, -1.0]));
    let line = |weights, label| {
        format!("oracle activation --weights {weights} --core 3 --latent uniform --label {label}")
    };
    sandbox.check_refused(&line("w.npy", "1"), &["core = 3", "number of weights = 2"]);
    sandbox.check_refused(&line("none.npy", "1"), &["none.npy", "numpy.save"]);
    sandbox.check_refused(&line("w.npy", "-2"), &["-2", "1 or -1"]);
}

/// The probability of activity, with all the fields of the document in place.
#[track_caller]
fn probability(weights: &[f64], arguments: &str) -> f64 {
    let sandbox = Sandbox::new().with("w.npy", vector(weights));
    let line = format!("oracle activation --weights w.npy {arguments} --json");
    let document = sandbox.document(&line);
    for field in ["error_bound", "normal_approximation", "berry_esseen_bound"] {
        assert!(document[field].is_number(), "{field}: {document}");
    }
    assert_eq!(document["truncated_means"].as_array().unwrap().len(), weights.len());
    document["probability"].as_f64().unwrap()
}

#[test]
fn activation_probabilities_agree_with_closed_forms() {
    // Two uniforms against each other; Bernoulli(1/2), two against two: (6 + 4 + 1) / 16. Label -1 turns
    // the core weight, and no weight is then positive.
    let cases: [(&[f64], &str, f64); 4] = [
        (&[1.0, -1.0], "--core 0 --latent uniform --label 1", 0.5),
        (&[1.0, 1.0, -1.0, -1.0], "--core 0 --latent bernoulli:0.5 --label 1", 11.0 / 16.0),
        (&[1.0, -1.0], "--core 1 --latent uniform --label -1", 0.0),
        (&[-1.0, -1.0, -1.0, -1.0], "--core 2 --latent uniform --label -1", 0.5),
    ];
    for (weights, arguments, exact) in cases {
        let computed = probability(weights, arguments);
        assert!((computed - exact).abs() < 1e-11, "{weights:?} {arguments}: {computed}");
    }
}

#[test]
fn a_zero_neuron_is_active_and_has_no_normal_approximation() {
    let sandbox = Sandbox::new().with("w.npy", vector(&[0.0, 0.0]));
    let line = "oracle activation --weights w.npy --core 1 --latent uniform --label -1 --json";
    let document = sandbox.document(line);
    assert_eq!(document["probability"], 1.0);
    assert_eq!(document["normal_approximation"], Value::Null);
    assert_eq!(document["berry_esseen_bound"], Value::Null);
}

#[test]
fn the_fixed_point_has_its_fields() {
    let line = "oracle fixed-point --d0 1048576 --core 524288 --latent beta:2,5 --json";
    let document = Sandbox::new().document(line);
    // Half the energy is background: the limit risk is 1.
    assert_eq!(document["ood_risk"], 1.0);
    let activation = document["other_class_activation"].as_f64().unwrap();
    let ratio = document["ratio"].as_f64().unwrap();
    assert!((ratio - (1.0 - activation) / (1.0 + activation)).abs() < 1e-12, "{document}");
}

#[test]
fn faulty_regimes_are_refused_by_value_and_leave_no_trace() {
    let cases = [
        (regime(&[("core", "80")]), "data.core = 80"),
        (regime(&[("width", "15")]), "network.width = 15"),
        (regime(&[("learning_rate", "nan")]), "NaN"),
        (regime(&[("latent", "\"bernoulli:2\"")]), "2"),
        (regime(&[("steps", "-1")]), "-1"),
        ("engine = ".into(), "line 1"),
        (String::new(), "missing"),
    ];
    for (text, named) in cases {
        let sandbox = Sandbox::new().with("regime.toml", text);
        sandbox.check_refused("train regime.toml --trace trace.json --checkpoint state", &[named]);
        assert_eq!(sandbox.names(), ["regime.toml"]);
    }
    let sandbox = Sandbox::new().with("regime.toml", [0xff, 0xfe]);
    sandbox.check_refused("train none.toml", &["none.toml", "README.md"]);
    sandbox.check_refused("train regime.toml", &["regime.toml", "UTF-8"]);
    sandbox.check_refused("train .", &["regime file"]);
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_the_training() {
    // So many steps that a test which trains first does not end.
    let text = regime(&[("steps", "1000000000"), ("record_every", "1000000000")]);
    let sandbox = Sandbox::new().with("regime.toml", text);
    let cases = [
        ("--trace none/trace.json", "none/trace.json"),
        ("--checkpoint none/state", "none/state"),
        ("--trace .", "not a regular file"),
        ("--trace regime.toml", "a path of its own"),
        ("--trace same --checkpoint ./same", "a path of its own"),
    ];
    for (options, named) in cases {
        sandbox.check_refused(&format!("train regime.toml {options}"), &[named]);
        assert_eq!(sandbox.names(), ["regime.toml"]);
    }
}

/// Both engines on one seed: the same losses and accuracies, row by row.
#[track_caller]
fn check_engines_agree(edits: &[(&str, &str)]) {
    let [feature, ambient] = ["\"feature\"", "\"ambient\""].map(|engine| {
        let edits = [edits, &[("engine", engine)]].concat();
        let document =
            Sandbox::new().with("regime.toml", regime(&edits)).document("train regime.toml --json");
        assert_eq!(document["engine"].to_string(), engine);
        document["rows"].as_array().unwrap().clone()
    });
    assert_eq!((feature.len(), ambient.len()), (11, 11));
    for (one, other) in feature.iter().zip(&ambient) {
        for (field, value) in one.as_object().unwrap() {
            let difference = (value.as_f64().unwrap() - other[field].as_f64().unwrap()).abs();
            assert!(difference < 1e-10, "{field}: {one} {other}");
        }
    }
    let losses = [&feature[0], &feature[10]].map(|row| row["id_loss"].as_f64().unwrap());
    assert!(losses[1] < losses[0], "training lowers the loss: {losses:?}");
}

#[test]
fn engines_agree_on_relu_and_on_linear_networks_with_weight_decay() {
    check_engines_agree(&[]);
    check_engines_agree(&[("activation", "\"identity\""), ("weight_decay", "0.1")]);
}

#[test]
fn a_run_that_ends_from_its_checkpoint_writes_the_same_bytes() {
    let sandbox = Sandbox::new().with("regime.toml", regime(&[]));
    let line = "train regime.toml --json --trace trace.json --checkpoint state";
    let first = sandbox.contam(line);
    let trace = fs::read(sandbox.path("trace.json")).unwrap();
    assert_eq!(first.stdout, trace);
    let second = sandbox.contam(line);
    assert!(stderr(&second).contains("going on from step 200"), "{}", stderr(&second));
    assert_eq!(fs::read(sandbox.path("trace.json")).unwrap(), trace);
    assert_eq!(sandbox.names(), ["regime.toml", "state", "trace.json"]);

    let without = sandbox.contam("train regime.toml --json");
    assert_eq!(without.stdout, trace);
    let other = sandbox.with("other.toml", regime(&[("seed", "8")]));
    other.check_refused("train other.toml --checkpoint state", &["another regime", "delete it"]);
    let broken = other.with("state", "{");
    broken.check_refused("train regime.toml --checkpoint state", &["state", "delete it"]);
}

#[test]
fn a_regime_outside_the_theorem_is_trained_with_a_note() {
    let sandbox = Sandbox::new().with("regime.toml", regime(&[("learning_rate", "1.5")]));
    let output = sandbox.contam("train regime.toml");
    assert!(output.status.success());
    let notes = stderr(&output);
    // d = 64 is below 8^2.5 and eta above 8^(-1/4); the other hypotheses hold.
    assert_eq!(notes.lines().count(), 2, "{notes}");
    assert!(notes.contains("d = 64 >= d0^2.5") && notes.contains("eta = 1.5000"), "{notes}");
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        table.lines().filter(|line| line.trim_start().starts_with("200 ")).count(),
        1,
        "{table}"
    );
}

/// Ctrl-C in the middle, then the same command again: the bytes of a run that nobody stopped.
#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on_and_ends_in_the_same_bytes() {
    let text = regime(&[("steps", "60000"), ("record_every", "1000")]);
    let sandbox = Sandbox::new().with("regime.toml", text);
    let line = "train regime.toml --json --checkpoint state";
    let mut child = command(sandbox.0.path(), line)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Ctrl-C is heeded from the first word on: the note that d = 64 is below the theorem's.
    let mut word = [0; 4];
    child.stderr.as_mut().unwrap().read_exact(&mut word).unwrap();
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let stopped = child.wait_with_output().unwrap();
    assert_eq!(stopped.status.code(), Some(130), "{}", stderr(&stopped));
    assert!(stopped.stdout.is_empty());
    assert!(sandbox.path("state").exists(), "{}", stderr(&stopped));
    let resumed = sandbox.contam(line);
    assert!(stderr(&resumed).contains("going on from step"), "{}", stderr(&resumed));
    assert_eq!(resumed.stdout, sandbox.contam("train regime.toml --json").stdout);
}

/// A grid of two cells, of seconds at most.
const GRID: &str = "d0 = [16]\nbeta = [0.5, 0.25]\nruns = 2\n[figure]\nvalue = \"other_class\"\n\
    x = \"beta\"\ny = \"d0\"\nfile = \"p.svg\"\nboundary = \"half\"\n";

#[test]
fn a_sweep_writes_its_documents_and_a_rerun_measures_nothing() {
    let sandbox = Sandbox::new().with("grid.toml", GRID);
    let first = sandbox.contam("sweep grid.toml --out out --threads 2");
    let text = String::from_utf8(first.stdout.clone()).unwrap();
    assert!(first.status.success(), "{}", stderr(&first));
    assert!(text.contains("0 kept from an earlier run, 2 to measure"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let read = |name: &str| fs::read_to_string(sandbox.path("out").join(name)).unwrap();
    let documents = ["cells.csv", "cells.json", "p.svg"].map(read);
    assert!(documents[2].starts_with("<svg") && documents[2].contains("beta = 1/2"));
    let kept = || fs::read_dir(sandbox.path("out/cells")).unwrap().count();
    assert_eq!((documents[0].lines().count(), kept()), (3, 2));

    let second = sandbox.contam("sweep grid.toml --out out --json --threads 1");
    assert!(stderr(&second).contains("2 kept from an earlier run, 0 to measure"));
    assert_eq!(String::from_utf8(second.stdout).unwrap(), documents[1]);
    assert_eq!(["cells.csv", "cells.json", "p.svg"].map(read), documents);
    let document: Value = serde_json::from_str(&documents[1]).unwrap();
    let cell = &document["cells"][0];
    assert_eq!((&document["seed"], &cell["beta"]), (&2024.into(), &0.5.into()));
    assert_eq!(cell["runs"].as_array().unwrap().len(), 2);
    assert!(cell["id_risk"]["mean"].is_number() && cell["id_risk"]["predicted"].is_number());

    // A cell cut short is measured again, to the same bytes, and another seed finds nothing to go on from.
    let entry = fs::read_dir(sandbox.path("out/cells")).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read_to_string(&entry).unwrap();
    fs::write(&entry, &whole[..whole.len() / 2]).unwrap();
    let third = sandbox.contam("sweep grid.toml --out out --json --quiet");
    assert!(stderr(&third).contains("damaged"), "{}", stderr(&third));
    assert_eq!(String::from_utf8(third.stdout).unwrap(), documents[1]);
    assert_eq!(fs::read_to_string(&entry).unwrap(), whole);
    let other = sandbox.contam("sweep grid.toml --out out --seed 7 --json");
    assert!(stderr(&other).contains("another seed"), "{}", stderr(&other));
}

#[test]
fn figures_come_with_their_data_and_do_not_depend_on_the_threads() {
    let sandbox = Sandbox::new();
    let drawn = |arguments: &str| {
        let output = sandbox.contam(&format!("figures --d0 8 --runs 2 --seed 5 {arguments}"));
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = drawn("--out one --threads 1");
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    for part in ["ID loss, predicted", "margin lost, relu", "overfitting is"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let document: Value = serde_json::from_str(&drawn("--out two --threads 2 --json")).unwrap();
    assert_eq!((&document["command"], &document["seed"]), (&"figures".into(), &5.into()));
    let names = sandbox.names_in("one");
    assert_eq!(names.len(), 6 * 2 + 1, "{names:?}");
    for name in names {
        let read = |directory: &str| fs::read(sandbox.path(directory).join(&name)).unwrap();
        assert_eq!(read("one"), read("two"), "{name}");
    }
    sandbox.check_refused("figures", &["--out"]);
    sandbox.check_refused("figures --out three --d0 9", &["even", "64"]);
    sandbox.check_refused("figures --out three --runs 1", &["a band needs two runs"]);
}

#[test]
fn faulty_grids_are_refused_by_value_and_leave_nothing() {
    let cases: [(String, &[&str]); 4] = [
        (GRID.replace("runs", "rnus"), &["line 3", "unknown field `rnus`"]),
        (GRID.replace("0.25", "0.3"), &["beta = 0.3", "1/16"]),
        (GRID.replace("p.svg", "p.png"), &["p.png", ".svg"]),
        (GRID.replace("[16]", "[17]"), &["d0 = 17", "even"]),
    ];
    for (text, named) in cases {
        let sandbox = Sandbox::new().with("grid.toml", text);
        sandbox.check_refused("sweep grid.toml --out out", named);
        assert_eq!(sandbox.names(), ["grid.toml"]);
    }
    let sandbox = Sandbox::new().with("grid.toml", GRID);
    sandbox.check_refused("sweep grid.toml", &["--out"]);
    sandbox.check_refused("sweep none.toml --out out", &["none.toml", "grids/decay.toml"]);
    sandbox.check_refused("sweep grid.toml --out grid.toml", &["give a directory"]);
}

/// Ctrl-C in the middle, then the same command again: the bytes of a sweep that nobody stopped.
#[cfg(unix)]
#[test]
fn an_interrupted_sweep_keeps_its_cells_and_ends_in_the_same_bytes() {
    let text =
        GRID.replace("[0.5, 0.25]", "[0.5, 0.25, 0.125, 0.375]").replace("runs = 2", "runs = 16");
    let sandbox = Sandbox::new().with("grid.toml", text);
    let line = "sweep grid.toml --out out --json --threads 1";
    let mut child = command(sandbox.0.path(), line)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The announcement comes before the first run.
    let mut word = [0; 8];
    child.stderr.as_mut().unwrap().read_exact(&mut word).unwrap();
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let stopped = child.wait_with_output().unwrap();
    assert_eq!(stopped.status.code(), Some(130), "{}", stderr(&stopped));
    assert!(stopped.stdout.is_empty() && stderr(&stopped).contains("of 4 cells"));
    assert!(!sandbox.path("out/cells.json").exists());
    let resumed = sandbox.contam(line);
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    assert_eq!(resumed.stdout, sandbox.contam(&line.replace("--out out", "--out new")).stdout);
}
