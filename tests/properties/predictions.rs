//! Exact probabilities, bounds and the fixed point.

use feature_contamination::predict::{
    ActivationOracle, FixedPoint, Moments, NON_IDENTICAL_CONSTANT, normal_approximation,
    signed_coefficients,
};
use feature_contamination::setting::{Label, Latent};
use proptest::prelude::*;

use super::strategies::{cases, latent, neuron, weights};

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_neuron_and_its_negative_share_out_the_samples((latents, n_core, u) in neuron()) {
        let oracle = ActivationOracle::new(&latents, n_core).unwrap();
        let negative: Vec<f64> = u.iter().map(|u| -u).collect();
        let (active, inactive) =
            (oracle.probabilities(&u).unwrap(), oracle.probabilities(&negative).unwrap());
        let means = oracle.truncated_means(&u).unwrap();
        let rest = oracle.truncated_means(&negative).unwrap();
        for label in Label::BOTH {
            let (p, q) = (active.of(label), inactive.of(label));
            prop_assert!((p.value + q.value - 1.0).abs() <= p.error_bound + q.error_bound + 1e-15);
            let (a, b) = (means.of(label), rest.of(label));
            for (j, latent) in latents.iter().enumerate() {
                let excess = (a.value[j] + b.value[j] - latent.mean()).abs();
                prop_assert!(excess <= a.error_bound + b.error_bound + 1e-15);
            }
        }
    }

    #[test]
    fn a_larger_weight_makes_a_neuron_more_active(
        (latents, n_core, u) in neuron(),
        j in 0..5_usize,
        by in 0.01..1.0_f64,
    ) {
        let oracle = ActivationOracle::new(&latents, n_core).unwrap();
        let mut larger = u.clone();
        larger[j] += by;
        let (before, after) =
            (oracle.probabilities(&u).unwrap(), oracle.probabilities(&larger).unwrap());
        for label in Label::BOTH {
            let (p, q) = (before.of(label), after.of(label));
            let raised = if j < n_core { label.sign() } else { 1.0 };
            prop_assert!(raised * (q.value - p.value) >= -(p.error_bound + q.error_bound));
        }
    }

    #[test]
    fn neither_scale_nor_order_of_features_enters_a_probability(
        (latents, n_core, u) in neuron(),
        scale in 1e-3..1e3_f64,
    ) {
        let oracle = ActivationOracle::new(&latents, n_core).unwrap();
        let mut shuffled: Vec<f64> = u.iter().map(|u| scale * u).collect();
        shuffled[..n_core].reverse();
        shuffled[n_core..].reverse();
        let (one, other) =
            (oracle.probabilities(&u).unwrap(), oracle.probabilities(&shuffled).unwrap());
        for label in Label::BOTH {
            let (p, q) = (one.of(label), other.of(label));
            prop_assert!((p.value - q.value).abs() <= p.error_bound + q.error_bound + 1e-14);
            let normal = normal_approximation(&u, n_core, &latents, label);
            let scaled = normal_approximation(&shuffled, n_core, &latents, label);
            prop_assert!((normal.lyapunov_ratio / scaled.lyapunov_ratio - 1.0).abs() < 1e-12);
            prop_assert!((normal.standardised_mean - scaled.standardised_mean).abs() < 1e-10);
            // By the power-mean inequality; and the theorem itself.
            prop_assert!(normal.lyapunov_ratio * (u.len() as f64).sqrt() >= 1.0 - 1e-12);
            let difference = (p.value - normal.normal_approximation).abs();
            prop_assert!(difference <= normal.bound(NON_IDENTICAL_CONSTANT) + p.error_bound);
        }
    }

    #[test]
    fn truncated_moments_add_up_to_rectified_means((latents, n_core, u) in neuron()) {
        let oracle = ActivationOracle::new(&latents, n_core).unwrap();
        let probabilities = oracle.probabilities(&u).unwrap();
        let (means, squares) =
            (oracle.truncated_means(&u).unwrap(), oracle.truncated_squares(&u).unwrap());
        for label in Label::BOTH {
            let (p, means, squares) =
                (probabilities.of(label), means.of(label), squares.of(label));
            let c = signed_coefficients(&u, n_core, label);
            let bound = 1e-13 + 20.0 * means.error_bound;
            // E relu(S) is at least 0 and at least E S, and at most the sum of positive coefficients.
            let rectified: f64 = c.iter().zip(&means.value).map(|(c, mean)| c * mean).sum();
            let mean: f64 = c.iter().zip(&latents).map(|(c, latent)| c * latent.mean()).sum();
            let largest: f64 = c.iter().map(|c| c.max(0.0)).sum();
            prop_assert!(rectified >= mean.max(0.0) - bound && rectified <= largest * p.value + bound);
            for (j, latent) in latents.iter().enumerate() {
                let (first, second) = (means.value[j], squares.value[j]);
                prop_assert!(first >= -bound && first <= latent.mean().min(p.value) + bound);
                // z^2 <= z on [0, 1], and Cauchy-Schwarz.
                let slack = bound + 20.0 * squares.error_bound;
                prop_assert!(second <= first + slack);
                prop_assert!(first * first <= second * p.value + slack);
            }
        }
    }

    #[test]
    fn bernoulli_probabilities_equal_the_sum_over_all_outcomes(
        u in prop_oneof![
            // Small whole numbers, with many ties, and irregular ones.
            proptest::collection::vec((-4..=4_i32).prop_map(f64::from), 1..=10),
            weights(9),
        ],
        p in 0.05..0.95_f64,
    ) {
        let n_core = u.len() / 2;
        let latents = vec![Latent::bernoulli(p).unwrap(); u.len()];
        let oracle = ActivationOracle::new(&latents, n_core).unwrap();
        let (probabilities, means) =
            (oracle.probabilities(&u).unwrap(), oracle.truncated_means(&u).unwrap());
        for label in Label::BOTH {
            let c = signed_coefficients(&u, n_core, label);
            let (mut active, mut counted) = (0.0, vec![0.0; c.len()]);
            for outcome in 0_u32..1 << c.len() {
                let is_one = |j: usize| outcome >> j & 1 == 1;
                let sum: f64 = (0..c.len()).filter(|&j| is_one(j)).map(|j| c[j]).sum();
                let mass: f64 = (0..c.len()).map(|j| if is_one(j) { p } else { 1.0 - p }).product();
                if sum >= 0.0 {
                    active += mass;
                    (0..c.len()).filter(|&j| is_one(j)).for_each(|j| counted[j] += mass);
                }
            }
            let computed = probabilities.of(label);
            // The enumeration adds up to 1024 terms without care.
            prop_assert!((computed.value - active).abs() <= computed.error_bound + 1e-13);
            let computed = means.of(label);
            for (mean, counted) in computed.value.iter().zip(counted) {
                prop_assert!((mean - counted).abs() <= computed.error_bound + 1e-13);
            }
        }
    }

    #[test]
    fn the_fixed_point_reproduces_itself(
        latent in latent(),
        n_features in 2..400_usize,
        share in 0.05..1.0_f64,
    ) {
        let n_core = ((share * n_features as f64) as usize).max(1);
        let moments = Moments::new(&vec![latent; n_features], n_core);
        let point = FixedPoint::solve(&moments).unwrap();
        let p = point.other_class_activation;
        prop_assert!((0.0..=1.0).contains(&p));
        let odds = (1.0 - p) / (1.0 + p) * moments.background_energy / moments.core_energy;
        prop_assert!((point.ratio - odds).abs() <= 1e-12 * odds);
        // More background makes a neuron more active on the other class.
        let lighter = FixedPoint::solve(&Moments::new(&vec![latent; n_features], n_features)).unwrap();
        prop_assert!(lighter.other_class_activation <= p + 1e-12);
        prop_assert!(point.ood_risk(0.0) == 1.0 && (point.ood_risk(1.0) - point.finite_ood_risk).abs() < 1e-12);
    }
}
