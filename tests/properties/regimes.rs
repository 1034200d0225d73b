//! Regime files: what is consistent is read, what is not is refused, and nothing panics.

use feature_contamination::error::Error;
use feature_contamination::setting::{EngineKind, Latent, Precision, Regime, Setting};
use proptest::prelude::*;

use super::strategies::{ACTIVATIONS, cases, setting};

fn toml(setting: &Setting, seed: u64, record_every: usize) -> String {
    let laws: Vec<String> = setting.latents.iter().map(|law| format!("\"{law}\"")).collect();
    format!(
        "engine = \"ambient\"\nprecision = \"f64\"\nseed = {seed}\n\
         [data]\nd0 = {}\ncore = {}\nd = {}\nlatent = [{}]\nbatch = {}\n\
         [network]\nwidth = {}\nactivation = \"{}\"\n\
         [training]\nsteps = {}\nlearning_rate = {:?}\nweight_decay = {:?}\nrecord_every = {record_every}\n",
        setting.n_features(),
        setting.n_core,
        setting.ambient_dim,
        laws.join(", "),
        setting.batch,
        setting.width,
        setting.activation,
        setting.n_steps,
        setting.learning_rate,
        setting.weight_decay,
    )
}

/// Values that a hand, or a program, may put anywhere.
const ODD_VALUES: &[&str] = &[
    "0",
    "-1",
    "1",
    "3",
    "9223372036854775807",
    "9223372036854775806",
    "-9223372036854775808",
    "4611686018427387904",
    "1048576",
    "0.5",
    "-0.0",
    "1e308",
    "nan",
    "inf",
    "-inf",
    "true",
    "\"\"",
    "\"relu\"",
    "\"uniform\"",
    "\"beta:1e300,1\"",
    "\"bernoulli:-0\"",
    "[]",
    "[\"uniform\"]",
    "{}",
    "1979-05-27",
    "\"ü\"",
];

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_consistent_regime_reads_back(
        setting in setting(ACTIVATIONS),
        seed in 0..1_000_000_u64,
        record_every in 1..100_usize,
    ) {
        let regime = Regime::from_toml(&toml(&setting, seed, record_every)).unwrap();
        prop_assert_eq!((regime.engine, regime.precision), (EngineKind::Ambient, Precision::F64));
        prop_assert_eq!((regime.seed, regime.record_every_steps), (seed, record_every));
        prop_assert_eq!(regime.setting, setting);
    }

    #[test]
    fn a_faulty_regime_is_refused_in_one_line(
        setting in setting(ACTIVATIONS),
        edits in proptest::collection::vec((0..16_usize, proptest::sample::select(ODD_VALUES)), 1..5),
    ) {
        let mut lines: Vec<String> = toml(&setting, 1, 1).lines().map(str::to_owned).collect();
        for (line_idx, value) in edits {
            let idx = line_idx % lines.len();
            if let Some((key, _)) = lines[idx].clone().split_once(" = ") {
                lines[idx] = format!("{key} = {value}");
            }
        }
        match Regime::from_toml(&lines.join("\n")) {
            Ok(regime) => prop_assert!(Setting::new((*regime.setting).clone()).is_ok()),
            Err(fault) => prop_assert!(!fault.to_string().contains('\n'), "{fault}"),
        }
    }

    #[test]
    fn any_text_is_answered(text in "[\\[\\]\"=.,#a-z0-9 \n\\\\ü-]{0,80}") {
        prop_assert!(Regime::from_toml(&text).is_err());
        let law: Result<Latent, Error> = text.parse();
        if let Ok(law) = law {
            prop_assert_eq!(law.to_string().parse::<Latent>().unwrap(), law);
        }
    }
}

#[test]
fn sizes_beyond_all_bounds_are_refused() {
    // Two at a time, so that no sum or product of sizes is trusted to fit.
    let keys = ["d0", "core", "d", "batch", "width", "steps"];
    let text = toml(&Setting::theorem(4), 1, 1).replace("\"feature\"", "\"ambient\"");
    for (first, second) in keys.iter().flat_map(|a| keys.iter().map(move |b| (a, b))) {
        let lines = text.lines().map(|line| match line.split_once(" = ") {
            Some((key, _)) if key == *first || key == *second => {
                format!("{key} = {}", i64::MAX - 1)
            }
            _ => line.to_owned(),
        });
        let regime = Regime::from_toml(&lines.collect::<Vec<_>>().join("\n"));
        assert!(regime.is_err() || (*first, *second) == ("steps", "steps"), "{first} {second}");
    }
}
