//! Runs: the two engines, seeds, precisions, times.

use feature_contamination::linalg::max_abs_difference;
use feature_contamination::seed::Seed;
use feature_contamination::setting::{EngineKind, Setting};
use feature_contamination::train::Simulation;
use proptest::prelude::*;

use super::strategies::{ACTIVATIONS, PIECEWISE_LINEAR, cases, setting};

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn both_engines_go_the_same_way(setting in setting(PIECEWISE_LINEAR), seed in 0..1000_u64) {
        let run = |engine| Simulation::<f64>::new(&setting, engine, Seed::root(seed)).unwrap();
        let (mut feature, mut ambient) = (run(EngineKind::Feature), run(EngineKind::Ambient));
        for _ in 0..setting.n_steps {
            let (left, right) = (feature.step().unwrap().batch, ambient.step().unwrap().batch);
            prop_assert!((left.loss - right.loss).abs() < 1e-10);
            let (u, projected) = (feature.feature_weights(), ambient.feature_weights());
            prop_assert!(max_abs_difference(u.as_ref(), projected.as_ref()) < 1e-10);
        }
    }

    #[test]
    fn one_seed_gives_one_run_and_another_seed_another(
        setting in setting(ACTIVATIONS),
        seed in 0..1000_u64,
    ) {
        let weights = |seed| {
            let mut run =
                Simulation::<f64>::new(&setting, EngineKind::Feature, Seed::root(seed)).unwrap();
            run.advance_to(setting.n_steps).unwrap();
            run.feature_weights()
        };
        prop_assert_eq!(weights(seed), weights(seed));
        prop_assert!(weights(seed) != weights(seed + 1));
    }

    #[test]
    fn single_precision_stays_near_double(setting in setting(ACTIVATIONS), seed in 0..1000_u64) {
        // With many samples a step, one sign decided by rounding moves no weight far.
        let setting = setting.with(|p| { p.batch += 40; p.width += 6; }).unwrap();
        let seed = Seed::root(seed);
        let mut single = Simulation::<f32>::new(&setting, EngineKind::Feature, seed).unwrap();
        let mut double = Simulation::<f64>::new(&setting, EngineKind::Feature, seed).unwrap();
        single.advance_to(5).unwrap();
        double.advance_to(5).unwrap();
        let (left, right) = (single.feature_weights(), double.feature_weights());
        prop_assert!(max_abs_difference(left.as_ref(), right.as_ref()) < 1e-5);
    }

    #[test]
    fn steps_to_a_time_are_the_fewest(setting in setting(ACTIVATIONS), tau in 0.01..50.0_f64) {
        let setting = setting.with(|p| p.learning_rate += 1e-3).unwrap();
        let n_steps = setting.steps_to(tau);
        prop_assert!(n_steps as f64 * setting.tau_per_step() >= tau * (1.0 - 1e-12));
        prop_assert!((n_steps as f64 - 1.0) * setting.tau_per_step() < tau);
        prop_assert!(setting.steps_to(1.1 * tau) >= n_steps);
        // A run that does not learn never gets there: it is given its steps.
        let frozen = setting.with(|p| p.learning_rate = 0.0).unwrap();
        prop_assert_eq!(frozen.steps_to(tau), frozen.n_steps);
    }
}

#[test]
fn every_step_sees_a_fresh_batch() {
    for engine in [EngineKind::Feature, EngineKind::Ambient] {
        let mut run = Simulation::<f64>::new(&Setting::theorem(4), engine, Seed::root(1)).unwrap();
        let mut batches = vec![run.next_batch().features];
        for _ in 0..8 {
            run.step().unwrap();
            let next = run.next_batch().features;
            assert!(batches.iter().all(|earlier| *earlier != next), "{engine:?}");
            batches.push(next);
        }
    }
}
