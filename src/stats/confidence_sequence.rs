//! Intervals for a mean of bounded values that hold at all times at once, in constant memory.

use super::betting::{BLOCK, Bettor, Goal, Race};
use super::bounded_mean::check_tail;
use super::{Bounds, Interval, Null};
use crate::error::{Error, Result};

/// A confidence sequence by betting, on a grid: each edge of the grid carries one bet from below and one
/// from above, until it is refuted. What was once excluded stays so (running intersection).
///
/// # Source
/// Waudby-Smith and Ramdas, *Estimating means of bounded random variables by betting*, JRSS-B 86, 2024,
/// section 4 (hedged capital).
#[derive(Debug, Clone)]
pub struct HedgedSequence {
    bounds: Bounds,
    bettor: Bettor,
    /// Against "at most edge" and "at least edge", for the edges `0 ..= n_cells`.
    from_below: Vec<Race>,
    from_above: Vec<Race>,
    /// The edges that the interval lies between.
    lower_edge: usize,
    upper_edge: usize,
    n_values: usize,
}

impl HedgedSequence {
    /// A sequence whose interval misses on each side with probability at most `tail`, ever; its ends are
    /// edges of a grid of `n_cells` cells over the bounds, rounded outward.
    ///
    /// # Errors
    /// A tail outside of (0, 1), or no cell.
    pub fn new(bounds: Bounds, tail: f64, n_cells: usize) -> Result<Self> {
        check_tail(tail)?;
        if n_cells == 0 {
            let remedy = "a thousand cells resolve a thousandth of the bounds";
            return Err(Error::out_of_range("number of cells", 0, "at least 1", remedy));
        }
        let edges = |null: fn(f64) -> Null| {
            let edge = |idx: usize| Race::against(null(idx as f64 / n_cells as f64), -tail.ln());
            (0..=n_cells).map(edge).collect()
        };
        Ok(HedgedSequence {
            bounds,
            bettor: Bettor::new(Goal::AnyTime { tail }),
            from_below: edges(Null::AtMost),
            from_above: edges(Null::AtLeast),
            lower_edge: 0,
            upper_edge: n_cells,
            n_values: 0,
        })
    }

    /// Takes one more value.
    ///
    /// # Errors
    /// A value outside of the bounds, or NaN; it is then not counted.
    pub fn push(&mut self, value: f64) -> Result<()> {
        let value = self.bounds.to_unit(value)?;
        let stake = self.bettor.stake();
        let alive = self.lower_edge..=self.upper_edge;
        self.n_values += 1;
        let settles = self.n_values.is_multiple_of(BLOCK);
        for race in self.from_below[alive.clone()].iter_mut().chain(&mut self.from_above[alive]) {
            race.bet(stake, value);
            if settles {
                race.settle();
            }
        }
        self.bettor.observe(value);
        // Evidence falls towards the mean, so that refuted edges lie at the ends.
        let last = self.from_below.len() - 1;
        while self.lower_edge < last && self.from_below[self.lower_edge + 1].has_reached() {
            self.lower_edge += 1;
        }
        while self.upper_edge > 0 && self.from_above[self.upper_edge - 1].has_reached() {
            self.upper_edge -= 1;
        }
        Ok(())
    }

    /// The interval after the values so far. An empty one, lower end above upper, contradicts the
    /// independence or the bounds of the values, up to twice the tail.
    pub fn interval(&self) -> Interval {
        let n_cells = (self.from_below.len() - 1) as f64;
        let end = |edge: usize| self.bounds.unscale(edge as f64 / n_cells);
        Interval::new(end(self.lower_edge), end(self.upper_edge))
    }
}

/// A confidence sequence in closed form, without a grid: wider than by betting, and cheaper.
///
/// ```
/// use feature_contamination::stats::{Bounds, EmpiricalBernstein};
///
/// // The interval may be looked at after every value, and never grows.
/// let mut sequence = EmpiricalBernstein::new(Bounds::UNIT, 0.01)?;
/// let mut widths = Vec::new();
/// for idx in 0..200 {
///     sequence.push(if idx % 2 == 0 { 0.4 } else { 0.6 })?;
///     widths.push(sequence.interval().half_width());
/// }
/// assert!(widths.is_sorted_by(|earlier, later| earlier >= later));
/// assert!(sequence.interval().lower < 0.5 && sequence.interval().upper > 0.5);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Source
/// Waudby-Smith and Ramdas 2024, theorem 2 (predictable plug-in empirical Bernstein).
#[derive(Debug, Clone, PartialEq)]
pub struct EmpiricalBernstein {
    bounds: Bounds,
    tail: f64,
    bettor: Bettor,
    sum_of_shares: f64,
    weighted_values: f64,
    penalty: f64,
    interval: Interval,
}

impl EmpiricalBernstein {
    /// A sequence whose interval misses on each side with probability at most `tail`, ever.
    ///
    /// # Errors
    /// A tail outside of (0, 1).
    pub fn new(bounds: Bounds, tail: f64) -> Result<Self> {
        check_tail(tail)?;
        Ok(EmpiricalBernstein {
            bounds,
            tail,
            bettor: Bettor::new(Goal::AnyTime { tail }),
            sum_of_shares: 0.0,
            weighted_values: 0.0,
            penalty: 0.0,
            interval: Interval::new(bounds.lower(), bounds.upper()),
        })
    }

    /// Takes one more value.
    ///
    /// # Errors
    /// A value outside of the bounds, or NaN; it is then not counted.
    pub fn push(&mut self, value: f64) -> Result<()> {
        let value = self.bounds.to_unit(value)?;
        // The stake for an interval is the same against every bound.
        let weight = self.bettor.stake().against(0.0);
        let deviation = value - self.bettor.mean();
        self.penalty += deviation * deviation * (-libm::log(1.0 - weight) - weight);
        self.sum_of_shares += weight;
        self.weighted_values += weight * value;
        self.bettor.observe(value);
        let center = self.weighted_values / self.sum_of_shares;
        let half_width = (self.penalty - self.tail.ln()) / self.sum_of_shares;
        let end = |unit: f64| self.bounds.unscale(unit);
        self.interval.lower = self.interval.lower.max(end(center - half_width));
        self.interval.upper = self.interval.upper.min(end(center + half_width));
        Ok(())
    }

    /// The interval after the values so far (running intersection).
    pub fn interval(&self) -> Interval {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use rand::RngExt;

    fn uniform(n_values: usize) -> Vec<f64> {
        let mut rng = Seed::root(3).child("uniform").rng();
        (0..n_values).map(|_| rng.random()).collect()
    }

    #[test]
    fn both_sequences_shrink_around_the_mean_and_betting_is_narrower() {
        let bounds = Bounds::new(-1.0, 1.0).unwrap();
        let mut hedged = HedgedSequence::new(bounds, 0.025, 1000).unwrap();
        let mut bernstein = EmpiricalBernstein::new(bounds, 0.025).unwrap();
        let mut last = (f64::INFINITY, f64::INFINITY);
        for (idx, value) in uniform(4000).into_iter().enumerate() {
            let value = 2.0 * value - 1.0;
            hedged.push(value).unwrap();
            bernstein.push(value).unwrap();
            let widths = (hedged.interval().half_width(), bernstein.interval().half_width());
            assert!(widths.0 <= last.0 && widths.1 <= last.1, "intervals only shrink");
            last = widths;
            if idx + 1 == 4000 {
                assert!(widths.0 < widths.1 && widths.1 < 0.08, "{widths:?}");
                for Interval { lower, upper } in [hedged.interval(), bernstein.interval()] {
                    assert!(lower < 0.0 && 0.0 < upper);
                }
            }
        }
    }

    #[test]
    fn the_grid_rounds_outward() {
        let (mut coarse, mut fine) = (
            HedgedSequence::new(Bounds::UNIT, 0.01, 10).unwrap(),
            HedgedSequence::new(Bounds::UNIT, 0.01, 1000).unwrap(),
        );
        for value in uniform(500) {
            coarse.push(value).unwrap();
            fine.push(value).unwrap();
        }
        let (coarse, fine) = (coarse.interval(), fine.interval());
        assert!(coarse.lower <= fine.lower && fine.upper <= coarse.upper);
        assert!(fine.lower - coarse.lower < 0.1 && coarse.upper - fine.upper < 0.1);
    }

    #[test]
    fn one_value_of_the_bernstein_sequence_by_hand() {
        let mut sequence = EmpiricalBernstein::new(Bounds::UNIT, 0.4).unwrap();
        sequence.push(0.75).unwrap();
        // Weight 3/4 (cut), deviation 1/4: penalty (ln 4 - 3/4) / 16, half-width over 3/4.
        let half_width = ((4.0_f64.ln() - 0.75) / 16.0 - 0.4_f64.ln()) / 0.75;
        assert!(half_width > 0.75, "no end has left the bounds: {half_width}");
        assert_eq!(sequence.interval(), Interval::new(0.0, 1.0));
        for _ in 0..40 {
            sequence.push(0.75).unwrap();
        }
        assert!(sequence.interval().lower > 0.6 && sequence.interval().upper < 0.9);
    }

    #[test]
    fn bad_input_is_refused() {
        for tail in [0.0, 1.0, f64::NAN] {
            assert!(HedgedSequence::new(Bounds::UNIT, tail, 10).is_err());
            assert!(EmpiricalBernstein::new(Bounds::UNIT, tail).is_err());
        }
        assert!(HedgedSequence::new(Bounds::UNIT, 0.1, 0).is_err());
        let mut sequence = HedgedSequence::new(Bounds::UNIT, 0.1, 10).unwrap();
        let mut bernstein = EmpiricalBernstein::new(Bounds::UNIT, 0.1).unwrap();
        for value in [f64::NAN, -0.1, 1.1] {
            assert!(sequence.push(value).is_err() && bernstein.push(value).is_err());
        }
        assert_eq!(sequence.interval(), Interval::new(0.0, 1.0));
    }
}
