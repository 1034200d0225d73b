//! Statistics that look at every value: values per second of the decisions and sequences.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use feature_contamination::seed::Seed;
use feature_contamination::stats::{
    Bets, Bounds, EmpiricalBernstein, HedgedSequence, Hypothesis, Rates, SequentialMean,
    SequentialProportion,
};
use rand::RngExt;

/// Values per pass; free choice.
const N_VALUES: usize = 1 << 14;

/// A thousandth of the bounds apart: what a plot of an interval resolves.
const N_CELLS: usize = 1000;

const RATES: Rates = Rates { alpha: 1e-6, beta: 1e-6 };

fn uniform() -> Vec<f64> {
    let mut rng = Seed::root(1).child("uniform").rng();
    (0..N_VALUES).map(|_| rng.random()).collect()
}

/// Passes over all values, each on a copy of a statistic that has seen none.
fn pass<S: Clone, V: Copy>(
    criterion: &mut Criterion,
    id: &str,
    fresh: &S,
    values: &[V],
    mut push: impl FnMut(&mut S, V),
) {
    let mut group = criterion.benchmark_group(format!("stats/{id}"));
    group.throughput(Throughput::Elements(values.len() as u64));
    group.bench_function("observations", |bencher| {
        bencher.iter(|| {
            let mut statistic = fresh.clone();
            values.iter().for_each(|&value| push(&mut statistic, value));
            black_box(statistic)
        });
    });
    group.finish();
}

fn means(criterion: &mut Criterion) {
    let values = uniform();
    // A margin that leaves the decision open over the whole pass: after it nothing is computed.
    let (claim, bets) = (Hypothesis::exactly(0.5).within(0.01), Bets::resolving(0.01));
    let fresh = SequentialMean::new(Bounds::UNIT, claim, bets, RATES).expect("a sound design");
    pass(criterion, "sequential-mean", &fresh, &values, |test, value| {
        test.push(value).expect("values lie in their bounds");
    });
    let fresh = HedgedSequence::new(Bounds::UNIT, 0.01, N_CELLS).expect("a tail and cells");
    pass(criterion, "hedged-sequence", &fresh, &values, |sequence, value| {
        sequence.push(value).expect("values lie in their bounds");
    });
    let fresh = EmpiricalBernstein::new(Bounds::UNIT, 0.01).expect("a tail");
    pass(criterion, "empirical-bernstein", &fresh, &values, |sequence, value| {
        sequence.push(value).expect("values lie in their bounds");
    });
}

fn proportions(criterion: &mut Criterion) {
    let trials: Vec<usize> = uniform().iter().map(|&x| usize::from(x < 0.5)).collect();
    let fresh = SequentialProportion::new(0.01).expect("a resolution");
    pass(criterion, "sequential-proportion", &fresh, &trials, |proportion, success| {
        proportion.add(success, 1).expect("one trial has at most one success");
    });
}

criterion_group!(benches, means, proportions);
criterion_main!(benches);
