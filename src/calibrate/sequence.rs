//! Confidence sequences, by simulation: whether the running intersection ever leaves the mean outside.

use rand_pcg::Pcg64;

use super::effort::indicator;
use super::law::{BOUNDED, Sampler};
use super::{Effort, Findings, Promise, RATES, Row};
use crate::error::Result;
use crate::stats::{Bounds, EmpiricalBernstein, HedgedSequence, Interval};

/// Values of one sequence.
const HORIZON: usize = 500;

/// Cells of the grid: every law's mean is one of its edges. Few, since every edge is a bettor.
const N_CELLS: usize = 20;

/// Cells of the grid on which widths are averaged, over fewer replicates.
const N_FINE_CELLS: usize = 1000;
const WIDTHS_PER_REPLICATE: usize = 100;

/// An interval that takes one more value at a time.
trait Sequence: Clone + Sync {
    fn push(&mut self, value: f64) -> Result<()>;
    fn interval(&self) -> Interval;
}

impl Sequence for HedgedSequence {
    fn push(&mut self, value: f64) -> Result<()> {
        HedgedSequence::push(self, value)
    }
    fn interval(&self) -> Interval {
        HedgedSequence::interval(self)
    }
}

impl Sequence for EmpiricalBernstein {
    fn push(&mut self, value: f64) -> Result<()> {
        EmpiricalBernstein::push(self, value)
    }
    fn interval(&self) -> Interval {
        EmpiricalBernstein::interval(self)
    }
}

/// The sequence on a grid.
pub(super) fn hedged(effort: &Effort) -> Result<Findings> {
    let sequence = |n_cells| HedgedSequence::new(Bounds::UNIT, RATES.alpha, n_cells);
    covering(effort, &sequence(N_CELLS)?, &sequence(N_FINE_CELLS)?)
}

/// The sequence in closed form.
pub(super) fn bernstein(effort: &Effort) -> Result<Findings> {
    let sequence = EmpiricalBernstein::new(Bounds::UNIT, RATES.alpha)?;
    covering(effort, &sequence, &sequence)
}

/// The interval after all values.
fn last<S: Sequence>(fresh: &S, sampler: &Sampler, rng: &mut Pcg64) -> Result<Interval> {
    let mut sequence = fresh.clone();
    for _ in 0..HORIZON {
        sequence.push(sampler.draw(rng))?;
    }
    Ok(sequence.interval())
}

/// Whether an end ever *reaches* the mean: more than a miss, since the ends on a grid are rounded outward.
/// Intervals only shrink, so that the last one tells. Widths are those of the finer sequence.
fn covering<S: Sequence>(effort: &Effort, fresh: &S, finer: &S) -> Result<Findings> {
    let mut rows = Vec::new();
    for (law, _) in BOUNDED {
        let (sampler, mean) = (law.sampler()?, law.mean());
        let [above, below] = effort.sample(&law.to_string(), effort.n_replicates(), |rng| {
            let Interval { lower, upper } = last(fresh, &sampler, rng)?;
            Ok([indicator(lower >= mean), indicator(upper <= mean)])
        })?;
        let n_widths = effort.n_replicates().div_ceil(WIDTHS_PER_REPLICATE);
        let [width] = effort.sample(&format!("{law}/width"), n_widths, |rng| {
            Ok([2.0 * last(finer, &sampler, rng)?.half_width()])
        })?;
        let row = |quantity: &str, promise: Promise, measured| Row {
            procedure: effort.procedure(),
            law: law.to_string(),
            quantity: quantity.into(),
            n_samples: HORIZON,
            promise,
            measured,
        };
        rows.push(row("ever above", Promise::AtMost(RATES.alpha), above.counted()));
        rows.push(row("ever below", Promise::AtMost(RATES.alpha), below.counted()));
        rows.push(row("mean width", Promise::None, width.averaged()));
    }
    Ok(rows.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::Standing;
    use crate::seed::Seed;

    #[test]
    fn a_sequence_at_its_tail_keeps_its_promise_and_one_at_ten_times_as_much_is_caught() {
        let effort = Effort::new(Seed::root(1), 2_000, &()).unwrap().of("test");
        let has_fault = |tail: f64| {
            let sequence = HedgedSequence::new(Bounds::UNIT, tail, N_CELLS).unwrap();
            let rows = covering(&effort, &sequence, &sequence).unwrap().rows;
            assert!(rows.iter().any(|row| row.standing() == Standing::Shown));
            rows.iter().any(|row| row.standing().is_fault())
        };
        assert!(!has_fault(RATES.alpha) && has_fault(10.0 * RATES.alpha));
    }
}
