//! Random settings, laws and weights, small enough that a property is checked in no time.

use faer::Mat;
use feature_contamination::network::gaussian_start;
use feature_contamination::seed::Seed;
use feature_contamination::setting::{Activation, Latent, Parameters, Setting};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Activations that are linear on both sides of 0.
pub const PIECEWISE_LINEAR: &[Activation] = &[Activation::Relu, Activation::Identity];
/// All activations.
pub const ACTIVATIONS: &[Activation] = &[Activation::Relu, Activation::Identity, Activation::Gelu];

/// So many cases, the same ones every time.
pub fn cases(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(2024);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

/// A law with a density; with shapes of at least 1 the characteristic function falls fast.
pub fn continuous() -> impl Strategy<Value = Latent> {
    let beta = (1.0..6.0_f64, 1.0..6.0_f64).prop_map(|(a, b)| Latent::beta(a, b).unwrap());
    prop_oneof![Just(Latent::Uniform), beta]
}

/// Any law.
pub fn latent() -> impl Strategy<Value = Latent> {
    let bernoulli = (0.05..0.95_f64).prop_map(|p| Latent::bernoulli(p).unwrap());
    prop_oneof![2 => continuous(), 1 => bernoulli]
}

/// Weights of modulus 0.2 to 2 and any sign.
pub fn weights(n_features: usize) -> impl Strategy<Value = Vec<f64>> {
    let weight = (0.2..2.0_f64, any::<bool>()).prop_map(|(u, sign)| if sign { u } else { -u });
    proptest::collection::vec(weight, n_features)
}

/// Laws, the number of core features and weights of one neuron.
pub fn neuron() -> impl Strategy<Value = (Vec<Latent>, usize, Vec<f64>)> {
    (5_usize..=9).prop_flat_map(|n_features| {
        let latents = continuous().prop_map(move |latent| vec![latent; n_features]);
        (latents, 0..=n_features, weights(n_features))
    })
}

/// Any consistent setting of a few features, neurons and samples.
pub fn setting(activations: &'static [Activation]) -> impl Strategy<Value = Setting> {
    let sizes = (1_usize..=8).prop_flat_map(|n_features| {
        let latents = proptest::collection::vec(latent(), n_features);
        (latents, 0..=n_features, n_features..n_features + 24)
    });
    let network = (1_usize..=20, 1_usize..=6, proptest::sample::select(activations));
    let training = (0_usize..=20, 0.0..1.0_f64, 0.0..0.9_f64);
    (sizes, network, training).prop_map(|(sizes, network, training)| {
        let (latents, n_core, ambient_dim) = sizes;
        let (batch, half_width, activation) = network;
        let (n_steps, learning_rate, weight_decay) = training;
        let parameters = Parameters {
            n_core,
            ambient_dim,
            latents,
            background_association: 0.0,
            batch,
            width: 2 * half_width,
            activation,
            n_steps,
            learning_rate,
            weight_decay,
        };
        Setting::new(parameters).unwrap()
    })
}

/// Independent standard normal entries.
pub fn normal(n_rows: usize, n_cols: usize, seed: u64) -> Mat<f64> {
    gaussian_start(n_rows, n_cols, 1, Seed::root(seed))
}
