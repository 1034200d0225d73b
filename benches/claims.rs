//! Whole claims, and the whole quick tier, each in a fresh lab.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use feature_contamination::paper;
use feature_contamination::seed::Seed;
use feature_contamination::study::{Arm, Lab, Silent};

fn verify(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("claims/verify-quick");
    group.sample_size(10);
    let study = paper::study();
    let tier = study.all_tiers()[0];
    for id in ["features/core", "gradient/population", "all"] {
        let asked = if id == "all" { Vec::new() } else { vec![id.to_owned()] };
        let claims = study.select(&asked).expect("an id of the registry");
        group.bench_function(BenchmarkId::from_parameter(id), |bencher| {
            bencher.iter(|| {
                let mut lab = Lab::new(Seed::root(1), tier, Box::new(Silent));
                study.run(&claims, Arm::Claim, &mut lab).expect("no run diverges")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, verify);
criterion_main!(benches);
