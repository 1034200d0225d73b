//! The step of gradient descent: throughput in floating-point operations, and independence of `d`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use feature_contamination::seed::Seed;
use feature_contamination::setting::{Activation, Description, EngineKind, Experiment, Setting};
use feature_contamination::train::{ExperimentRun, Simulation};

/// The two products of a step, `N d0 m` multiplications and additions each. The rest (sampling, hinge,
/// activation) grows like `N (d0 + m)`.
fn flops(setting: &Setting) -> u64 {
    4 * (setting.batch * setting.n_features() * setting.width) as u64
}

fn simulation(setting: &Setting, engine: EngineKind) -> Simulation<f32> {
    Simulation::new(setting, engine, Seed::root(1)).expect("the theorem's regime is consistent")
}

/// A step of the theorem's regime; elements per second are flops per second.
fn by_features(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("train/step");
    for n_features in [16, 64, 256] {
        let setting = Setting::theorem(n_features);
        let mut run = simulation(&setting, EngineKind::Feature);
        group.throughput(Throughput::Elements(flops(&setting)));
        group.bench_function(BenchmarkId::from_parameter(n_features), |bencher| {
            bencher.iter(|| run.step().expect("the run stays finite"));
        });
    }
    group.finish();
}

/// The same step at `d0 = 64` in spaces of growing dimension: flat in feature coordinates, and beside it
/// what the ambient engine pays.
fn by_ambient_dimension(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("train/step-by-ambient-dimension");
    let cases = [
        ("feature", EngineKind::Feature, [10, 15, 20].as_slice()),
        ("ambient", EngineKind::Ambient, [10, 12].as_slice()),
    ];
    for (name, engine, powers) in cases {
        for power in powers {
            let setting =
                Setting::theorem(64).with(|p| p.ambient_dim = 1 << power).expect("d exceeds d0");
            let mut run = simulation(&setting, engine);
            group.bench_function(BenchmarkId::new(name, 1_u64 << power), |bencher| {
                bencher.iter(|| run.step().expect("the run stays finite"));
            });
        }
    }
    group.finish();
}

/// A step of the theoretical setting of `toy.py` by activation; elements per second are flops per second.
fn by_activation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("train/experiment-step");
    group.throughput(Throughput::Elements(4 * 1000 * 64 * 256));
    for activation in Activation::ALL {
        let mut description = Description::toy_theoretical(1);
        description.activation = activation;
        let experiment = Experiment::new(description).expect("the toy is consistent");
        let mut run =
            ExperimentRun::<f32>::new(&experiment, None).expect("uniform laws can be sampled");
        group.bench_function(BenchmarkId::from_parameter(activation), |bencher| {
            bencher.iter(|| run.step().expect("the run stays finite"));
        });
    }
    group.finish();
}

criterion_group!(benches, by_features, by_ambient_dimension, by_activation);
criterion_main!(benches);
