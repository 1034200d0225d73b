//! Exact activation probabilities and truncated means, both classes of one neuron.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use feature_contamination::network::gaussian_start;
use feature_contamination::predict::ActivationOracle;
use feature_contamination::seed::Seed;
use feature_contamination::setting::Latent;

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

criterion_group!(benches, probabilities, truncated_means);
criterion_main!(benches);
