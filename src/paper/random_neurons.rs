//! Neurons of random weights, whose activation probabilities are held against their normal
//! approximations.

use std::sync::OnceLock;

use rand_distr::{Distribution, StandardNormal};

use crate::error::Result;
use crate::predict::ActivationOracle;
use crate::seed::Seed;
use crate::setting::Latent;
use crate::study::{Design, Key, Runs, Sample};

use super::approximation::{Compared, compare};
use super::effort::Effort;

/// Neurons of each law and size, at the quick tier.
const N_NEURONS: usize = 32;
/// Numbers of features; half of them are core.
const SIZES: [usize; 3] = [4, 16, 24];

/// A latent law, with the label of its keys.
pub(super) struct Law {
    pub label: &'static str,
    pub latent: Latent,
}

/// The laws that the normal approximation is tried on.
pub(super) fn laws() -> Result<[Law; 3]> {
    Ok([
        Law { label: "uniform", latent: Latent::Uniform },
        Law { label: "bernoulli:0.3", latent: Latent::bernoulli(0.3)? },
        Law { label: "beta:2,5", latent: Latent::beta(2.0, 5.0)? },
    ])
}

/// Adds a sample for each law and size, in which each run compares one neuron.
pub(super) fn random_neurons(
    design: &mut Design,
    key: &Key,
    effort: Effort,
) -> Result<Vec<Runs<Vec<Compared>>>> {
    let mut samples = Vec::new();
    for Law { label, latent } in laws()? {
        for n_features in SIZES {
            let neurons = RandomNeurons::new(latent, n_features);
            let key = key.child(label).index(n_features);
            let sample = Sample::indexed(key, move |idx, seed| neurons.compare(idx, seed));
            let sample = sample.sizes(&[n_features]).runs(effort.replicates(N_NEURONS));
            samples.push(design.sample(sample));
        }
    }
    Ok(samples)
}

/// Random neurons of one law and size.
struct RandomNeurons {
    latents: Vec<Latent>,
    has_cubes: bool,
    /// Made for the first neuron, because its tables take longer than a design may.
    oracle: OnceLock<ActivationOracle>,
}

impl RandomNeurons {
    /// Weights range from even to dominated by one feature: powers 1 and 3 of normal variables. One
    /// feature that dominates few others makes the inversion for a continuous law slow, so there
    /// the cubes are left out.
    fn new(latent: Latent, n_features: usize) -> Self {
        let is_discrete = matches!(latent, Latent::Bernoulli { .. });
        RandomNeurons {
            latents: vec![latent; n_features],
            has_cubes: is_discrete || n_features > SIZES[0],
            oracle: OnceLock::new(),
        }
    }

    fn n_core(&self) -> usize {
        self.latents.len() / 2
    }

    fn oracle(&self) -> Result<&ActivationOracle> {
        if let Some(oracle) = self.oracle.get() {
            return Ok(oracle);
        }
        let oracle = ActivationOracle::new(&self.latents, self.n_core())?;
        Ok(self.oracle.get_or_init(|| oracle))
    }

    /// Compares both classes of one neuron; every second one has cubes for weights.
    fn compare(&self, idx: usize, seed: Seed) -> Result<Vec<Compared>> {
        let power = if self.has_cubes && !idx.is_multiple_of(2) { 3 } else { 1 };
        let weights = normal_weights(self.latents.len(), power, seed);
        compare(self.oracle()?, (&self.latents, self.n_core()), &weights)
    }
}

/// Returns weights that are powers of normal variables.
pub(super) fn normal_weights(n_features: usize, power: i32, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let weight = |_| {
        let normal: f64 = StandardNormal.sample(&mut rng);
        normal.powi(power)
    };
    (0..n_features).map(weight).collect()
}
