//! Exact activation probabilities and truncated means, both classes of one neuron.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use feature_contamination::network::gaussian_start;
use feature_contamination::predict::{ActivationOracle, ExpectedGradient, PopulationOracle};
use feature_contamination::seed::Seed;
use feature_contamination::setting::{Latent, Setting};

/// An oracle and the weights of one random neuron.
fn neuron(law: &str, n_features: usize) -> (ActivationOracle, Vec<f64>) {
    let latent: Latent = law.parse().expect("a law of the table");
    let oracle = ActivationOracle::new(&vec![latent; n_features], n_features / 2)
        .expect("half of the features are core");
    let weights = gaussian_start::<f64>(1, n_features, 1, Seed::root(1));
    let weights = weights.row(0).iter().copied().collect();
    (oracle, weights)
}

fn probabilities(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("predict/activation");
    for (law, sizes) in [
        ("uniform", [16, 64, 256, 1024].as_slice()),
        ("beta:2,5", [16, 64, 256].as_slice()),
        ("bernoulli:0.3", [16, 32].as_slice()),
    ] {
        for &n_features in sizes {
            let (oracle, weights) = neuron(law, n_features);
            group.bench_function(BenchmarkId::new(law, n_features), |bencher| {
                bencher.iter(|| oracle.probabilities(&weights).expect("finite weights"));
            });
        }
    }
    group.finish();
}

fn truncated_means(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("predict/truncated-means");
    for law in ["uniform", "beta:2,5"] {
        for n_features in [16, 64, 256] {
            let (oracle, weights) = neuron(law, n_features);
            group.bench_function(BenchmarkId::new(law, n_features), |bencher| {
                bencher.iter(|| oracle.truncated_means(&weights).expect("finite weights"));
            });
        }
    }
    group.finish();
}

/// One neuron's drift, all features and both classes: by the fast kernels, with its Lipschitz constant,
/// with projected second moments, and by the general route of `ExpectedGradient`.
fn drifts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("predict/drift");
    for law in ["uniform", "beta:2,5"] {
        for n_features in [16, 64, 256] {
            let (exact, weights) = neuron(law, n_features);
            let latents = vec![law.parse().expect("a law of the table"); n_features];
            let setting = Setting::theorem(n_features)
                .with(|p| p.latents = latents)
                .expect("as many laws as features");
            let oracle = PopulationOracle::new(&setting.latents, setting.n_core)
                .expect("half of the features are core");
            let id = |route: &str| BenchmarkId::new(format!("{law}/{route}"), n_features);
            group.bench_function(id("fast"), |bencher| {
                bencher.iter(|| oracle.drift(&weights).expect("finite weights"));
            });
            group.bench_function(id("fast-lipschitz"), |bencher| {
                bencher.iter(|| oracle.drift_near(&weights, 1e-9).expect("finite weights"));
            });
            group.bench_function(id("projected-moments"), |bencher| {
                bencher.iter(|| oracle.projected_moments(&weights, &weights).expect("finite"));
            });
            group.bench_function(id("general"), |bencher| {
                bencher.iter(|| {
                    ExpectedGradient::new(&exact, &setting, 0, &weights).expect("finite weights")
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, probabilities, truncated_means, drifts);
criterion_main!(benches);
