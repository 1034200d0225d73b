//! The claim that activation probabilities keep to the bound on their normal approximations.

use std::time::Instant;

use crate::error::Result;
use crate::linalg::row_of;
use crate::predict::{
    ActivationOracle, ESSEEN_SUCCESS_PROBABILITY, NON_IDENTICAL_CONSTANT, binomial_distance,
};
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};
use crate::study::{Arm, Claim, Design, Estimator, Key, Kind, Runs, Sample, Scope};
use crate::train::Simulation;

use super::approximation::{Compared, compare, compare_neurons};
use super::cost;
use super::effort::Effort;
use super::frequency::frequencies;
use super::ladder::{Ladder, Rung};
use super::random_neurons::{Law, laws, random_neurons};
use super::scenario::{Scenario, Times};

/// `berry-esseen/bound`.
pub(super) fn bound() -> Claim {
    Claim::new(
        "berry-esseen/bound",
        "Every activation probability lies within 0.5583 L of its normal approximation.",
        bound_design,
    )
    .source("notation 3; Shevtsova 2013")
    .kind(Kind::Inequality)
    .control("the constant 0.40, on Esseen's two-point law")
    .cost("exact probabilities of trained neurons")
    .card(card!("berry-esseen/bound"))
}

/// The bound on trained neurons, at the theorems' times and over whole runs, on random neurons and
/// on Esseen's law; and, because it is powerless as an oracle, the exact probabilities against
/// observed frequencies.
fn bound_design(scope: &Scope) -> Result<Design> {
    let constant = match scope.arm {
        Arm::Claim => NON_IDENTICAL_CONSTANT,
        Arm::Control => 0.40,
    };
    let mut design = Design::new();
    let key = Key::new("claim").child("berry-esseen/bound");
    let ladder = Ladder::of(&mut design, Scenario::Theorem, scope)?;
    trained(&mut design, &ladder, constant);
    whole_runs(&mut design, &key.child("run"), constant)?;
    let random = random_neurons(&mut design, &key.child("random"), Effort::of(scope))?;
    design.inequality(
        "random neurons, three laws: worst |P - Phi| over its bound",
        worst(&random, move |case| case.over_uniform(constant)),
    );
    esseen(&mut design, key.child("esseen"), constant);
    frequencies(&mut design, &key.child("frequency"), &ladder, scope)?;
    Ok(design)
}

/// Adds one part for the start and one for each recorded time, over the first run of every rung.
fn trained(design: &mut Design, ladder: &Ladder, constant: f64) {
    for (moment, time) in std::iter::once("start").chain(Times::NAMES).enumerate() {
        let of_rung = |rung: &Rung| {
            rung.runs.cases(move |run| {
                let compared = run.compared.get(moment).into_iter().flatten();
                compared.map(|case| case.over_uniform(constant)).collect()
            })
        };
        design.inequality(
            format!("ladder, {time}: worst |P - Phi| over its bound"),
            Estimator::largest(ladder.rungs.iter().map(of_rung)),
        );
    }
}

/// The largest ratio among all neurons of these samples.
fn worst(
    samples: &[Runs<Vec<Compared>>],
    ratio: impl Fn(&Compared) -> (f64, f64) + Copy + Send + Sync + 'static,
) -> Estimator {
    let of_sample =
        |runs: &Runs<Vec<Compared>>| runs.cases(move |cases| cases.iter().map(ratio).collect());
    Estimator::largest(samples.iter().map(of_sample))
}

/// Terms of Esseen's case; the distance is then 0.409508, short of its limit 0.409732.
const ESSEEN_TERMS: usize = 1000;

/// Adds the law that comes nearest to the bound.
fn esseen(design: &mut Design, key: Key, constant: f64) {
    let distance = design.sample(Sample::single(key, |_| {
        binomial_distance(ESSEEN_TERMS, ESSEEN_SUCCESS_PROBABILITY)
    }));
    design.inequality(
        "Esseen's two-point law, 1000 terms: likewise",
        distance.largest(move |d| vec![(d.value / constant, d.error_bound / constant)]),
    );
}

/// Sizes of the whole runs. Exact probabilities of Bernoulli features double with every second
/// feature.
const RUN_SIZES: [usize; 2] = [12, 20];
/// Neurons looked at per time of a whole run, at most.
const MAX_NEURONS: usize = 48;
/// Times of a whole run after its start: `tau = 20 (i / 12)^2`, close together at first, where a
/// run leaves its start.
const N_INTERVALS: usize = 12;

/// The theorem's time of this index.
fn tau(idx: usize) -> f64 {
    20.0 * (idx as f64 / N_INTERVALS as f64).powi(2)
}

/// Adds a run from its start to `tau = 20` for each law and size, compared at every time: one part
/// for each law, and one for the non-uniform bound over all of them.
fn whole_runs(design: &mut Design, key: &Key, constant: f64) -> Result<()> {
    let mut all = Vec::new();
    for Law { label, latent } in laws()? {
        let mut runs = Vec::new();
        for n_features in RUN_SIZES {
            let setting =
                Setting::theorem(n_features).with(|p| p.latents = vec![latent; n_features])?;
            let probed = setting.clone();
            let sample = Sample::single(key.child(label).index(n_features), move |seed| {
                Ok(compared_over_time(&setting, seed)?.into_iter().flatten().collect())
            });
            let sample = sample.sizes(&[n_features]).cost(move || seconds(&probed));
            runs.push(design.sample(sample));
        }
        design.inequality(
            format!("whole run, {latent}: worst |P - Phi| over its bound"),
            worst(&runs, move |case| case.over_uniform(constant)),
        );
        all.extend(runs);
    }
    design.inequality(
        "whole runs, three laws: worst |P - Phi| over its non-uniform bound",
        worst(&all, Compared::over_non_uniform),
    );
    Ok(())
}

/// Compares neurons of a run at its start and at every later time.
fn compared_over_time(setting: &Setting, seed: Seed) -> Result<Vec<Vec<Compared>>> {
    let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
    let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, seed)?;
    let at_time = |idx: usize| {
        run.advance_to(setting.steps_to(tau(idx)))?;
        compare_neurons(&oracle, setting, run.feature_weights().as_ref(), MAX_NEURONS)
    };
    (0..=N_INTERVALS).map(at_time).collect()
}

/// Seconds of a whole run on one core, from a few steps and the comparisons at its start.
fn seconds(setting: &Setting) -> Result<f64> {
    let clock = Instant::now();
    let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
    let mut run = Simulation::<f32>::new(setting, EngineKind::Feature, Seed::root(0))?;
    let start = run.feature_weights();
    let to_start = clock.elapsed().as_secs_f64();
    let training = cost::of_steps(setting.steps_to(tau(N_INTERVALS)), || run.step().map(|_| ()))?;
    // One neuron after the other, where a run takes several at once.
    let law = (setting.latents.as_slice(), setting.n_core);
    let clock = Instant::now();
    for neuron_idx in 0..MAX_NEURONS.min(setting.width) {
        compare(&oracle, law, &row_of(start.as_ref(), neuron_idx))?;
    }
    let comparisons = (N_INTERVALS + 1) as f64 * clock.elapsed().as_secs_f64();
    Ok(to_start + training + comparisons)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Exact;

    #[test]
    fn a_whole_run_is_compared_at_every_time_from_its_start() {
        let setting = Setting::theorem(8);
        let compared = compared_over_time(&setting, Seed::root(1)).unwrap();
        assert_eq!(compared.len(), N_INTERVALS + 1);
        assert_eq!((tau(0), tau(N_INTERVALS)), (0.0, 20.0));
        for cases in &compared {
            assert_eq!(cases.len(), 2 * setting.width);
            let worst = Exact::largest(cases.iter().map(|case| case.over_uniform(0.5583)));
            assert!(worst.value > 0.0 && worst.value < 1.0, "{worst:?}");
        }
        // The neurons move.
        let mean = |idx: usize| compared[idx][0].approximation.standardised_mean;
        assert_ne!(mean(0), mean(1));
    }
}
