//! The claims of the paper's study, from its registry: `cargo test linear/risk` runs one claim,
//! `cargo test control/linear/risk` its control.
//!
//! At the quick tier a claim must be supported and its control refuted, each must draw the runs that its design
//! says, and the evidence must be that of `snapshots/`, one file for both arms. `INSTA_UPDATE=always` writes it.

#[allow(dead_code, unused_imports, reason = "their unit tests run in tests/study.rs")]
mod support {
    pub mod comparator;
    pub mod evidence;
    pub mod readme;
}

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use feature_contamination::paper;
use feature_contamination::report::{self, Conditions};
use feature_contamination::seed::Seed;
use feature_contamination::study::{Arm, Claim, Lab, Outcome, Silent, Study, Tier};
use libtest_mimic::{Arguments, Failed, Trial};

/// The seed of `contam` where none is given: `contam verify --tier quick` shows the evidence of the
/// snapshots. A claim passes under any seed at its rate.
const SEED: u64 = 2024;

static STUDY: LazyLock<Study> = LazyLock::new(paper::study);

/// Claims share runs, so all tests share one lab.
static LAB: LazyLock<Mutex<Lab>> =
    LazyLock::new(|| Mutex::new(Lab::new(Seed::root(SEED), tier(), Box::new(Silent))));

/// The cheapest tier.
fn tier() -> Tier {
    STUDY.all_tiers()[0]
}

fn main() {
    let arguments = Arguments::from_args();
    let of_claim = |claim: &Arc<Claim>| {
        [(Arm::Claim, claim.id.to_owned()), (Arm::Control, format!("control/{}", claim.id))].map(
            |(arm, name)| {
                let claim = Arc::clone(claim);
                Trial::test(name, move || check(&claim, arm))
            },
        )
    };
    let trials = STUDY.claims().iter().flat_map(of_claim).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn check(claim: &Arc<Claim>, arm: Arm) -> Result<(), Failed> {
    let mut lab = LAB.lock().unwrap_or_else(PoisonError::into_inner);
    let outcome = STUDY.run(std::slice::from_ref(claim), arm, &mut lab)?.remove(0);
    drop(lab);
    if !outcome.passed() {
        return Err(format!("\n\n{}\n", remark(&outcome)).into());
    }
    check_runs(&outcome)?;
    check_snapshot(&outcome);
    if arm == Arm::Claim {
        support::readme::check(&outcome);
    }
    Ok(())
}

/// A run draws what its design says: fixed numbers exactly, others no more than the largest.
fn check_runs(outcome: &Outcome) -> Result<(), Failed> {
    let counts = STUDY.run_counts(&outcome.claim, outcome.arm, (tier(), Seed::root(SEED)))?;
    let drawn: Vec<_> = outcome.runs.iter().map(|(key, _)| key).collect();
    assert_eq!(drawn, counts.iter().map(|(key, _)| key).collect::<Vec<_>>());
    for ((key, n_drawn), (_, counts)) in outcome.runs.iter().zip(&counts) {
        let as_said = match counts.looks_at_the_end_only() {
            true => *n_drawn == counts.most,
            false => *n_drawn <= counts.most,
        };
        assert!(as_said, "{}: {n_drawn} runs of {key}, planned {counts:?}", outcome.claim.id);
    }
    Ok(())
}

/// Holds the evidence of one arm against its section of the snapshot; the other section is taken as it is.
fn check_snapshot(outcome: &Outcome) {
    // The arms of a claim are checked side by side, and write one file.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let name = outcome.claim.id.replace('/', "--");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots");
    let committed = std::fs::read_to_string(Path::new(folder).join(format!("{name}.snap")));
    let sections = support::evidence::Sections::of(&committed.unwrap_or_default());
    let evidence = sections.with(outcome).render(&outcome.claim);
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_comparator(Box::new(support::comparator::WithinOneUnit));
    settings.bind(|| insta::assert_snapshot!(name, evidence));
}

/// What a referee would write, with the command in the words of a checkout.
fn remark(outcome: &Outcome) -> String {
    let conditions = Conditions {
        study: &STUDY,
        program: "cargo run --release --",
        arm: outcome.arm,
        seed: SEED,
        tier: tier(),
        n_threads: rayon::current_num_threads(),
        planned_seconds: outcome.seconds,
        seconds: outcome.seconds,
    };
    report::remark(&conditions, outcome)
}
