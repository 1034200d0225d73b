//! The claims of the registry, one test each: at the quick tier the claim must be supported and its
//! control refuted, and the evidence must be that of `snapshots/`.
//!
//! A test is named by its conclusion, then, after `of`, by its hypotheses. `tests/tidy.rs` holds the ids
//! against the registry, the cards and the snapshots.

mod support {
    pub mod comparator;
    pub mod evidence;
    pub mod readme;
}

use std::sync::LazyLock;

use feature_contamination::claims::{self, Arm, CLAIMS, Claim, Lab, Outcome, Part, Silent, Tier};
use feature_contamination::report::{self, Conditions};
use feature_contamination::seed::Seed;

/// The seed of `contam` where none is given: `contam verify --tier quick` shows the evidence of the
/// snapshots. A check passes under any seed at its rate.
const SEED: u64 = 2024;

/// Claims share ladders of runs, so all tests share one lab.
static LAB: LazyLock<Lab> = LazyLock::new(|| lab(SEED));

fn lab(seed: u64) -> Lab {
    Lab::new(Seed::root(seed), Tier::Quick, Box::new(Silent))
}

#[test]
fn draws_have_the_laws_of_the_data_model_of_an_independent_background() {
    check("setting/data-model");
}

#[test]
fn both_engines_agree_of_an_orthonormal_dictionary() {
    check("setting/reduction");
}

#[test]
fn class_means_follow_students_law_of_a_gaussian_start() {
    check("setting/initialisation");
}

#[test]
fn evaluations_are_means_over_fresh_samples_of_a_linear_network() {
    check("setting/evaluation");
}

#[test]
fn the_normal_approximation_is_within_its_bound_of_any_weights() {
    check("berry-esseen/bound");
}

#[test]
fn the_constant_is_approached_from_below_of_esseens_two_point_law() {
    check("berry-esseen/sharp");
}

#[test]
fn errors_fall_with_their_own_exponents_of_skewed_and_of_symmetric_latents() {
    check("berry-esseen/rate");
}

#[test]
fn projections_are_batch_means_over_active_samples_of_a_relu_network() {
    check("gradient/identity");
}

#[test]
fn gradients_have_the_exact_mean_and_variance_of_an_independent_background() {
    check("gradient/population");
}

#[test]
fn background_gradients_follow_the_asymmetry_of_activation_of_a_relu_network() {
    check("gradient/asymmetry");
}

#[test]
fn noise_is_a_martingale_of_the_predicted_variance_of_fresh_batches() {
    check("gradient/batch-noise");
}

#[test]
fn the_initial_set_has_its_expected_share_of_equal_moments() {
    check("neurons/initial-sets");
}

#[test]
fn neurons_are_active_on_their_own_class_of_an_initial_set_after_t0() {
    check("asymmetry/own-class");
}

#[test]
fn activation_on_the_other_class_vanishes_of_an_evenly_split_energy() {
    check("asymmetry/other-class");
}

#[test]
fn core_projections_are_of_order_one_of_an_initial_set_at_t1() {
    check("features/core");
}

#[test]
fn background_projections_are_of_order_one_of_an_initial_set_at_t1() {
    check("features/background");
}

#[test]
fn the_risk_in_distribution_vanishes_of_weak_decay() {
    check("risk/in-distribution");
}

#[test]
fn the_risk_out_of_distribution_stays_of_a_relu_network() {
    check("risk/out-of-distribution");
}

#[test]
fn background_displacements_cancel_of_a_linear_network() {
    check("linear/cancellation");
}

#[test]
fn the_core_follows_its_closed_form_of_a_linear_network() {
    check("linear/closed-form");
}

#[test]
fn both_risks_vanish_together_of_a_linear_network() {
    check("linear/risk");
}

#[test]
fn a_neuron_is_a_handful_of_sums_of_the_population() {
    check("sharp/mean-field");
}

#[test]
fn the_other_class_is_as_active_as_predicted_of_any_share_of_background() {
    check("sharp/other-class");
}

#[test]
fn background_over_core_is_as_predicted_of_any_share_of_background() {
    check("sharp/ratio");
}

#[test]
fn the_risk_out_of_distribution_is_as_predicted_of_any_share_of_background() {
    check("sharp/ood-risk");
}

#[test]
fn the_other_class_falls_silent_of_less_than_half_background() {
    check("sharp/transition");
}

#[test]
fn the_risk_saturates_as_predicted_of_strong_decay() {
    check("decay/saturation");
}

#[test]
fn the_critical_decay_is_as_predicted_of_equal_energies() {
    check("decay/critical");
}

#[test]
fn nothing_depends_on_the_width_of_a_relu_network() {
    check("capacity/width");
}

#[test]
fn contamination_comes_on_top_of_a_lean_of_relu_neurons() {
    check("correlation/ratio");
}

#[test]
fn only_the_lean_is_learned_of_a_linear_network() {
    check("correlation/linear");
}

#[test]
fn smaller_steps_change_nothing_of_runs_to_the_same_tau() {
    check("limit/step-size");
}

#[test]
fn more_neurons_change_nothing_of_runs_to_the_same_tau() {
    check("limit/width");
}

#[test]
fn the_ambient_dimension_changes_nothing_of_runs_to_the_same_share_of_t0() {
    check("limit/ambient");
}

#[test]
fn the_recorded_traces_are_followed_of_their_exact_starts() {
    check("toy/replay");
}

#[test]
fn the_curves_are_those_of_the_mean_field_theory_of_the_authors_settings() {
    check("toy/figures");
}

#[test]
fn uneven_derivatives_lose_margin_of_relu_leaky_relu_and_gelu() {
    check("activations/uneven");
}

#[test]
fn even_derivatives_lose_nothing_of_sigmoid_and_tanh() {
    check("activations/even");
}

#[test]
fn contamination_is_the_laws_function_of_the_slope() {
    check("activations/slope");
}

#[test]
fn every_loss_costs_margin_of_a_relu_network() {
    check("losses/contamination");
}

#[test]
fn every_optimizer_costs_margin_of_a_relu_network() {
    check("optimizers/contamination");
}

#[test]
fn accuracy_falls_to_a_guess_of_labels_on_two_spheres() {
    check("labels/nonlinear");
}

#[test]
fn background_comes_through_of_deeper_networks() {
    check("depth/contamination");
}

#[test]
fn rates_gather_at_both_ends_of_an_initial_spread() {
    check("histogram/activation-rate");
}

#[test]
fn margin_is_lost_of_features_at_random_angles() {
    check("geometry/non-orthogonal");
}

#[test]
fn background_turns_a_representation_of_a_relu_student() {
    check("distillation/student");
}

#[test]
fn background_turns_a_representation_of_a_teacher_that_sees_only_the_core() {
    check("distillation/core-only");
}

#[test]
fn the_linear_part_tells_the_error_of_a_relu_student() {
    check("distillation/linear-part");
}

#[test]
fn nothing_is_lost_of_updates_in_the_cores_subspace() {
    check("remedy/oracle-projection");
}

#[test]
fn nothing_is_lost_of_updates_off_the_shift_of_the_mean() {
    check("remedy/mean-shift");
}

#[test]
fn nothing_is_lost_of_samples_turned_around_along_the_shift_of_the_mean() {
    check("remedy/sign-flips");
}

#[test]
fn as_much_is_lost_as_the_law_says_of_leaky_slopes() {
    check("remedy/leak");
}

#[test]
fn margin_is_lost_of_shorter_and_of_weaker_training() {
    check("remedy/no-help");
}

/// Runs a claim and its control, and holds the evidence against the snapshot.
#[track_caller]
fn check(id: &str) {
    let claim = claims::find(id).unwrap();
    let [claimed, control] = [Arm::Claim, Arm::Control].map(|arm| outcome(claim, arm, &LAB));
    let remarks: Vec<String> = [&claimed, &control]
        .into_iter()
        .filter(|outcome| !outcome.is_as_it_should_be())
        .map(remark)
        .collect();
    assert!(remarks.is_empty(), "\n\n{}\n", remarks.join("\n\n"));
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_comparator(Box::new(support::comparator::WithinOneUnit));
    let evidence = support::evidence::render(&claimed, &control);
    settings.bind(|| insta::assert_snapshot!(id.replace('/', "--"), evidence));
    support::readme::check(&claimed);
}

fn outcome(claim: &'static Claim, arm: Arm, lab: &Lab) -> Outcome {
    claims::run(&[claim], arm, lab).unwrap().remove(0)
}

/// What a referee would write, with the command in the words of a checkout.
fn remark(outcome: &Outcome) -> String {
    let (arm, n_threads) = (outcome.arm, rayon::current_num_threads());
    let conditions = Conditions {
        arm,
        seed: SEED,
        tier: Tier::Quick,
        n_threads,
        planned_seconds: outcome.seconds,
        seconds: outcome.seconds,
    };
    report::remark(&conditions, outcome).replace("contam ", "cargo run --release -- ")
}

/// Claims over a ladder of trained networks, with exact probabilities of its neurons, over replicates,
/// and over ambient runs, whose dictionaries come from a factorisation.
const PARALLEL: [&str; 4] =
    ["linear/cancellation", "gradient/population", "gradient/identity", "setting/reduction"];
/// Claims that are decided within a second, on a ladder and on replicates.
const CHEAP: [&str; 4] =
    ["setting/reduction", "setting/initialisation", "gradient/identity", "linear/closed-form"];

fn parts(id: &str, lab: &Lab) -> Vec<Part> {
    outcome(claims::find(id).unwrap(), Arm::Claim, lab).parts
}

#[test]
fn decisions_are_equal_to_the_last_bit_of_one_and_of_two_threads() {
    let on_threads = |n_threads: usize| -> Vec<Vec<Part>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let lab = lab(SEED + 1);
        pool.install(|| PARALLEL.iter().map(|id| parts(id, &lab)).collect())
    };
    let (one, two) = (on_threads(1), on_threads(2));
    assert_eq!(one, two);
    assert!(one.iter().flatten().all(|part| part.decision.estimate.is_finite()));
}

#[test]
fn decisions_are_equal_of_a_lab_that_ran_nothing_else() {
    let crowded = lab(SEED + 2);
    for id in CHEAP {
        outcome(claims::find(id).unwrap(), Arm::Control, &crowded);
    }
    for id in CHEAP {
        assert_eq!(parts(id, &crowded), parts(id, &lab(SEED + 2)), "{id}");
    }
}

#[test]
fn estimates_differ_of_different_seeds() {
    let (left, right) = (lab(SEED + 3), lab(SEED + 4));
    for id in ["setting/initialisation", "linear/closed-form"] {
        for (left, right) in parts(id, &left).iter().zip(parts(id, &right)) {
            assert_ne!(left.decision.estimate, right.decision.estimate, "{id}: {}", left.name);
        }
    }
}

#[test]
fn the_shares_of_false_alarms_add_up_to_that_of_a_whole_run() {
    for tier in Tier::ALL {
        let claim = claims::claim_rates(tier);
        assert!(claim.alpha * CLAIMS.len() as f64 <= tier.rates().alpha * (1.0 + f64::EPSILON));
    }
    // Within a claim the parts share its alpha, and each keeps the full miss rate.
    let (parts, rates) = (parts("linear/risk", &LAB), claims::claim_rates(Tier::Quick));
    let total: f64 = parts.iter().map(|part| part.decision.rates.alpha).sum();
    assert!(total <= rates.alpha * (1.0 + 1e-12), "{total}");
    assert!(parts.iter().all(|part| part.decision.rates.beta == rates.beta));
}

#[test]
fn a_failure_names_everything_that_shows_it_again() {
    // A control that is asked to be supported.
    let mut failed = outcome(claims::find("setting/initialisation").unwrap(), Arm::Control, &LAB);
    failed.arm = Arm::Claim;
    let text = remark(&failed);
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
        "cargo run --release -- verify setting/initialisation --seed 2024 --tier quick",
    ] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
}
