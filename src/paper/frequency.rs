//! Exact activation probabilities against observed frequencies.

use crate::error::Result;
use crate::linalg::row_of;
use crate::observe::{SetNeuron, activation_count, initial_set};
use crate::predict::ActivationOracle;
use crate::setting::{EngineKind, Label, Latent, Setting};
use crate::stats::Hypothesis;
use crate::study::{Budget, Design, Key, Sample, Scope};
use crate::train::Simulation;

use super::ladder::{Ladder, Rung};
use super::random_neurons::{Law, laws, normal_weights};
use super::scenario::Times;

/// How far an observed frequency may lie from the exact probability.
const MARGIN: f64 = 0.01;
/// Samples drawn at a time for a frequency; about half are of the class asked for.
const BLOCK: usize = 1 << 14;
/// Looks after every second block, 32 blocks at most.
const BUDGET: Budget = Budget::AtMost { chunk: 2, expected: 8, most: 32 };

/// Features of the trained neuron, a size of every ladder, and of the random ones.
const TRAINED_FEATURES: usize = 32;
const RANDOM_FEATURES: usize = 16;

/// A neuron that is observed on samples of one class.
struct Observed {
    setting: Setting,
    weights: Vec<f64>,
    class: Label,
}

/// Adds a part for one neuron of each law: for uniform latents a trained one of an initial set on
/// the other class, for the others a random one.
pub(super) fn frequencies(
    design: &mut Design,
    key: &Key,
    ladder: &Ladder,
    scope: &Scope,
) -> Result<()> {
    for Law { label, latent } in laws()? {
        let key = key.child(label);
        let observed = match latent {
            Latent::Uniform => trained_neuron(ladder, scope)?,
            _ => random_neuron(latent, &key.child("weights"), scope)?,
        };
        let Observed { setting, weights, class } = observed;
        let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
        let exact = oracle.probabilities(&weights)?.of(class).value;
        let sizes = [setting.n_features()];
        let sample = Sample::new(key.child("samples"), move |seed| {
            activation_count(&setting, &weights, class, BLOCK, seed)
        });
        let blocks = design.sample(sample.sizes(&sizes).budget(BUDGET));
        design
            .part(
                format!("{latent}: observed frequency against exact probability"),
                Hypothesis::exactly(exact).within(MARGIN),
                blocks.sequential_proportion(BLOCK, MARGIN, |&counts| counts),
            )
            .predicted(exact);
    }
    Ok(())
}

fn random_neuron(latent: Latent, key: &Key, scope: &Scope) -> Result<Observed> {
    let setting =
        Setting::theorem(RANDOM_FEATURES).with(|p| p.latents = vec![latent; RANDOM_FEATURES])?;
    let weights = normal_weights(RANDOM_FEATURES, 1, key.seed(scope.seed));
    Ok(Observed { setting, weights, class: Label::Positive })
}

/// The first neuron of an initial set on the ladder as it is at `T1`, on the class that is not its
/// own. It is trained here, because a design states what it predicts, and records do not keep
/// weights.
fn trained_neuron(ladder: &Ladder, scope: &Scope) -> Result<Observed> {
    let rung = ladder.rungs.iter().find(|rung| rung.n_features() == TRAINED_FEATURES);
    let rung = rung.unwrap_or(&ladder.rungs[0]);
    let (mut run, neuron) = first_with_set(rung, scope)?;
    run.advance_to(Times::of(&rung.setting).t1)?;
    let weights = row_of(run.feature_weights().as_ref(), neuron.neuron_idx);
    Ok(Observed { setting: rung.setting.clone(), weights, class: neuron.own.other() })
}

/// Starts the first run of the rung that has an initial set, and returns it with the first neuron
/// of the set; or the first run with its first neuron, were all sets empty.
fn first_with_set(rung: &Rung, scope: &Scope) -> Result<(Simulation<f32>, SetNeuron)> {
    let seed = rung.key.seed(scope.seed);
    let start =
        |run_idx: usize| Simulation::new(&rung.setting, EngineKind::Feature, seed.index(run_idx));
    for run_idx in 0..rung.n_runs {
        let run = start(run_idx)?;
        let set = initial_set(&rung.setting, run.feature_weights().as_ref());
        if let Some(&neuron) = set.first() {
            return Ok((run, neuron));
        }
    }
    Ok((start(0)?, SetNeuron { neuron_idx: 0, own: Label::Positive }))
}
