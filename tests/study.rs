//! The harness that runs the paper's study: results that depend on the seed alone, fixed shares of the false
//! alarms, and remarks that name everything.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

/// Their unit tests run here: the target of the claims has a harness of its own.
mod support {
    #[allow(dead_code, reason = "used by the claims")]
    pub mod comparator;
    #[allow(dead_code, reason = "used by the claims")]
    pub mod evidence;
    #[allow(dead_code, reason = "used by the claims")]
    pub mod readme;
}

use feature_contamination::paper;
use feature_contamination::report::{self, Conditions};
use feature_contamination::seed::Seed;
use feature_contamination::study::{Arm, Claim, Lab, Outcome, Part, Silent, Study};

fn lab(study: &Study, seed: u64) -> Lab {
    Lab::new(Seed::root(seed), study.all_tiers()[0], Box::new(Silent))
}

fn outcome(study: &Study, id: &str, arm: Arm, lab: &mut Lab) -> Outcome {
    study.run(&[study.find(id).unwrap()], arm, lab).unwrap().remove(0)
}

fn parts(study: &Study, id: &str, lab: &mut Lab) -> Vec<Part> {
    outcome(study, id, Arm::Claim, lab).parts
}

/// Claims over a ladder of trained networks, with exact probabilities of its neurons, over replicates,
/// and over ambient runs, whose dictionaries come from a factorisation.
const PARALLEL: [&str; 4] =
    ["linear/cancellation", "gradient/population", "gradient/identity", "setting/reduction"];
/// Claims that are decided within a second, on fixed numbers of runs and until decided.
const CHEAP: [&str; 4] =
    ["setting/reduction", "setting/initialisation", "gradient/identity", "linear/closed-form"];

#[test]
fn decisions_have_the_same_bits_on_one_and_on_two_threads() {
    let study = paper::study();
    let on_threads = |n_threads: usize| -> Vec<Vec<Part>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let mut lab = lab(&study, 2025);
        pool.install(|| PARALLEL.iter().map(|id| parts(&study, id, &mut lab)).collect())
    };
    let (one, two) = (on_threads(1), on_threads(2));
    assert_eq!(one, two);
    assert!(one.iter().flatten().all(|part| part.decision.estimate.is_finite()));
}

#[test]
fn decisions_do_not_depend_on_what_else_a_lab_ran() {
    let study = paper::study();
    let mut crowded = lab(&study, 2026);
    for id in CHEAP {
        outcome(&study, id, Arm::Control, &mut crowded);
    }
    for id in CHEAP {
        let alone = parts(&study, id, &mut lab(&study, 2026));
        assert_eq!(parts(&study, id, &mut crowded), alone, "{id}");
    }
}

#[test]
fn different_seeds_give_different_estimates() {
    let study = paper::study();
    let (mut left, mut right) = (lab(&study, 2027), lab(&study, 2028));
    for id in ["setting/initialisation", "linear/closed-form"] {
        let pairs = parts(&study, id, &mut left).into_iter().zip(parts(&study, id, &mut right));
        for (left, right) in pairs {
            assert_ne!(left.decision.estimate, right.decision.estimate, "{id}: {}", left.name);
        }
    }
}

#[test]
fn the_shares_of_all_claims_add_up_to_no_more_than_the_false_alarms_of_a_run() {
    let study = paper::study();
    for &tier in study.all_tiers() {
        let ledger = study.ledger(tier).unwrap();
        assert!(ledger.spent() <= tier.rates.alpha * (1.0 + 1e-12), "{tier}");
        for claim in study.claims() {
            assert_eq!(study.rates_of(claim, tier).unwrap().alpha, ledger.share(claim.id));
        }
    }
    // Within a claim the parts share its alpha, and each keeps the full miss rate.
    let outcome = outcome(&study, "setting/reduction", Arm::Claim, &mut lab(&study, 2024));
    let total: f64 = outcome.parts.iter().map(|part| part.decision.rates.alpha).sum();
    assert!(total <= outcome.rates.alpha * (1.0 + 1e-12), "{total}");
    assert!(outcome.parts.iter().all(|part| part.decision.rates.beta == outcome.rates.beta));
}

/// The study without one of its claims, and with the others in another order.
fn without(id: &str) -> Study {
    let study = paper::study();
    let kept: Vec<Claim> = study
        .claims()
        .iter()
        .rev()
        .filter(|claim| claim.id != id)
        .map(|claim| Claim::clone(claim))
        .collect();
    let smaller = Study::new("smaller").tiers(study.all_tiers(), "standard");
    kept.into_iter().fold(smaller, Study::claim)
}

#[test]
fn removing_and_reordering_claims_moves_no_number_of_another_claim() {
    let (study, smaller) = (paper::study(), without("linear/risk"));
    assert!(smaller.find("linear/risk").is_err());
    for id in CHEAP {
        let (mut whole, mut alone) = (lab(&study, 2029), lab(&smaller, 2029));
        assert_eq!(parts(&study, id, &mut whole), parts(&smaller, id, &mut alone), "{id}");
    }
}

#[test]
fn every_design_can_be_put_together_at_every_tier_for_both_arms() {
    let study = paper::study();
    for &tier in study.all_tiers() {
        for claim in study.claims() {
            for arm in [Arm::Claim, Arm::Control] {
                let counts = study.run_counts(claim, arm, (tier, Seed::root(2024))).unwrap();
                assert!(!counts.is_empty(), "{}", claim.id);
                for (key, counts) in counts {
                    assert!(0 < counts.expected && counts.expected <= counts.most, "{key}");
                }
            }
        }
    }
}

#[test]
fn a_failure_names_everything_that_shows_it_again() {
    let study = paper::study();
    // A control that is asked to be supported.
    let mut lab = lab(&study, 2024);
    let mut failed = outcome(&study, "setting/initialisation", Arm::Control, &mut lab);
    failed.arm = Arm::Claim;
    let conditions = Conditions {
        study: &study,
        program: "contam",
        arm: failed.arm,
        seed: 2024,
        tier: lab.tier(),
        n_threads: 1,
        planned_seconds: 1.0,
        seconds: 1.0,
    };
    let text = report::remark(&conditions, &failed);
    for word in [
        "refuted: setting/initialisation (notation 4; Zhang et al. 2024, section 3.1)",
        "At the start the standardised class means",
        "variance of the core coordinates",
        "predicted",
        "measured",
        "[0.9800, 1.020]",
        "655360 samples at d0 = 16",
        "alpha",
        "beta 1e-3",
        "detectable",
        "contam verify setting/initialisation --seed 2024 --tier quick",
    ] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
}
