//! The mean of bounded replicates, by betting: valid for every law on the bounds and every number of
//! runs.

use super::betting::{Bettor, Goal, Stake, Wager};
use super::{AnyTime, Bets, Bounds, Estimate, Interval, Null, Replicates};
use crate::error::{Error, Result};
use crate::linalg::mean;

/// The mean of independent replicates in declared bounds.
///
/// Evidence against a bound is the largest capital that bets against it ever had, in the order of the
/// runs. It falls monotonically as the bound moves towards the mean, so that an interval is found by
/// bisection; it is the running intersection of the intervals at all earlier times.
///
/// # Source
/// Waudby-Smith and Ramdas, *Estimating means of bounded random variables by betting*, JRSS-B 86, 2024.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundedMean {
    bounds: Bounds,
    value: f64,
    /// On the scale from 0 to 1.
    values: Vec<f64>,
    stakes: Vec<Stake>,
    is_evidence: bool,
}

impl BoundedMean {
    /// Replicates that lie in their bounds by nature.
    ///
    /// # Errors
    /// - no replicate, or one that is not a number or outside of the bounds;
    /// - bets for a distance that is not positive.
    pub fn of(replicates: &Replicates<f64>, bounds: Bounds, bets: Bets) -> Result<Self> {
        Self::with_bettor(replicates, bounds, bets.bettor(bounds)?)
    }

    /// Replicates of a quantity without bounds, taken as the nearest value within these: a claim about
    /// their mean is then one about the winsorised run, which no far-away run can turn.
    ///
    /// Replicates of a continuous quantity that all agree to the last bit come from tied random streams
    /// and are no evidence.
    ///
    /// # Errors
    /// As [`BoundedMean::of`], except for values outside of the bounds.
    pub fn winsorised(replicates: &Replicates<f64>, bounds: Bounds, bets: Bets) -> Result<Self> {
        replicates.check()?;
        let mut mean = Self::of(&replicates.map(|&x| bounds.clamp(x)), bounds, bets)?;
        mean.is_evidence = !replicates.are_tied();
        Ok(mean)
    }

    /// The same as [`BoundedMean::of`], with bets for the narrowest interval at this tail.
    ///
    /// # Errors
    /// As [`BoundedMean::of`]; a tail that is not inside (0, 1).
    pub fn for_interval(replicates: &Replicates<f64>, bounds: Bounds, tail: f64) -> Result<Self> {
        check_tail(tail)?;
        let n_values = replicates.n_runs() as f64;
        Self::with_bettor(replicates, bounds, Bettor::new(Goal::Horizon { tail, n_values }))
    }

    fn with_bettor(
        replicates: &Replicates<f64>,
        bounds: Bounds,
        mut bettor: Bettor,
    ) -> Result<Self> {
        replicates.check()?;
        let named = |(idx, &x)| bounds.named_to_unit(format!("replicate {idx}"), x);
        let values = replicates.iter().enumerate().map(named).collect::<Result<Vec<f64>>>()?;
        let stake = |&value: &f64| {
            let stake = bettor.stake();
            bettor.observe(value);
            stake
        };
        let stakes = values.iter().map(stake).collect();
        let value = mean(replicates.as_slice());
        Ok(BoundedMean { bounds, value, values, stakes, is_evidence: true })
    }

    /// The wager after all bets, against a hypothesis on the scale from 0 to 1.
    fn wager(&self, null: Null) -> Wager {
        let mut wager = Wager::against(null);
        let room = wager.room();
        for (&value, &stake) in self.values.iter().zip(&self.stakes) {
            wager.bet(stake.against(room), value);
        }
        wager
    }

    fn scaled(&self, null: Null) -> Null {
        match null {
            Null::AtMost(bound) => Null::AtMost(self.bounds.scale(bound)),
            Null::AtLeast(bound) => Null::AtLeast(self.bounds.scale(bound)),
        }
    }

    /// The last bound from an end of the unit interval on that the bets refute at this tail; that end
    /// itself where they refute none.
    fn limit(&self, from: f64, null: fn(f64) -> Null, tail: f64) -> f64 {
        let target = -tail.ln();
        let is_refuted = |bound: f64| self.wager(null(bound)).log_sup() >= target;
        let (mut refuted, mut open) = (from, 1.0 - from);
        if !is_refuted(refuted) {
            return from;
        }
        while (open - refuted).abs() > PRECISION {
            let middle = 0.5 * (refuted + open);
            if is_refuted(middle) { refuted = middle } else { open = middle }
        }
        refuted
    }
}

/// The precision of an interval's end, as a share of the bounds: far below what any number of replicates
/// resolves. Ends are rounded outward.
const PRECISION: f64 = 1e-12;

pub(super) fn check_tail(tail: f64) -> Result<f64> {
    if tail > 0.0 && tail < 1.0 {
        return Ok(tail);
    }
    let remedy = "give the probability that an interval may miss on one side";
    Err(Error::out_of_range("tail", tail, "between 0 and 1", remedy))
}

impl Estimate for BoundedMean {
    fn value(&self) -> f64 {
        self.value
    }

    fn interval(&self, tail: f64) -> Interval {
        if !self.is_evidence {
            return Interval::new(self.bounds.lower(), self.bounds.upper());
        }
        Interval::new(
            self.bounds.unscale(self.limit(0.0, Null::AtMost, tail)),
            self.bounds.unscale(self.limit(1.0, Null::AtLeast, tail)),
        )
    }

    fn p_value(&self, null: Null) -> f64 {
        if !self.is_evidence {
            return 1.0;
        }
        (-self.wager(self.scaled(null)).log_sup()).exp().min(1.0)
    }

    fn log_e_value(&self, null: Null) -> f64 {
        if !self.is_evidence {
            return 0.0;
        }
        self.wager(self.scaled(null)).log_capital()
    }

    fn n_samples(&self) -> usize {
        self.values.len()
    }
}

impl AnyTime for BoundedMean {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::stats::{Hypothesis, Rates, Region, Verdict, decide};
    use rand::RngExt;

    const RATES: Rates = Rates { alpha: 1e-6, beta: 1e-3 };

    fn uniform(n_runs: usize, lower: f64, upper: f64) -> Replicates<f64> {
        let mut rng = Seed::root(5).child("uniform").rng();
        Replicates::of(n_runs, |_| lower + (upper - lower) * rng.random::<f64>())
    }

    #[test]
    fn the_true_mean_is_supported_and_a_shifted_one_refuted() {
        let runs = uniform(2000, 0.4, 0.6);
        let bounds = Bounds::UNIT;
        let mean = BoundedMean::of(&runs, bounds, Bets::resolving(0.02)).unwrap();
        let verdict = |value| decide(&mean, Hypothesis::exactly(value).within(0.02), RATES).verdict;
        assert_eq!(verdict(0.5), Verdict::Supported);
        assert_eq!(verdict(0.52), Verdict::Refuted);
        assert_eq!(verdict(0.48), Verdict::Refuted);
        let at_least = |bound| decide(&mean, Region::at_least(bound), RATES).verdict;
        assert_eq!((at_least(0.47), at_least(0.53)), (Verdict::Supported, Verdict::Refuted));
    }

    #[test]
    fn intervals_and_p_values_are_two_sides_of_one_test() {
        let mean =
            BoundedMean::of(&uniform(300, 0.0, 1.0), Bounds::UNIT, Bets::resolving(0.1)).unwrap();
        for tail in [1e-6, 1e-3, 0.05] {
            let Interval { lower, upper } = mean.interval(tail);
            assert!(lower < 0.5 && 0.5 < upper);
            assert!(mean.p_value(Null::AtMost(lower)) <= tail * (1.0 + 1e-9));
            assert!(mean.p_value(Null::AtMost(lower + 1e-6)) > tail);
            assert!(mean.p_value(Null::AtLeast(upper)) <= tail * (1.0 + 1e-9));
            assert!(mean.p_value(Null::AtLeast(upper - 1e-6)) > tail);
        }
        assert!(mean.log_e_value(Null::AtMost(0.4)) <= -mean.p_value(Null::AtMost(0.4)).ln());
    }

    #[test]
    fn sixteen_concentrated_runs_in_a_window_of_twice_the_margin_decide() {
        // What the claims' ladders rely on: see `decide` of a window [m - 2D, m + 2D].
        let runs = uniform(16, 0.99, 1.01);
        let window = Bounds::new(1.0 - 0.2, 1.0 + 0.2).unwrap();
        let bets = Bets::resolving(0.1).expecting(1.0, 0.025);
        let mean = BoundedMean::winsorised(&runs, window, bets).unwrap();
        assert_eq!(
            decide(&mean, Region::around(1.0).within(0.1), RATES).verdict,
            Verdict::Supported
        );
        let far = BoundedMean::winsorised(&uniform(96, 8.0, 9.0), window, bets).unwrap();
        assert_eq!(decide(&far, Region::around(1.0).within(0.1), RATES).verdict, Verdict::Refuted);
    }

    #[test]
    fn a_longer_horizon_gives_a_narrower_interval_that_holds_the_mean() {
        let widths = [100, 1000, 10_000].map(|n_runs| {
            let runs = uniform(n_runs, 0.2, 0.8);
            let interval =
                BoundedMean::for_interval(&runs, Bounds::UNIT, 0.025).unwrap().interval(0.025);
            assert!(interval.lower < 0.5 && 0.5 < interval.upper, "{interval:?}");
            2.0 * interval.half_width()
        });
        assert!(widths[0] > 2.5 * widths[1] && widths[1] > 2.5 * widths[2], "{widths:?}");
        // The standard deviation is 0.173: within a third of the normal interval at 10,000.
        assert!(widths[2] < 1.33 * 2.0 * 1.96 * 0.1733 / 100.0, "{widths:?}");
    }

    #[test]
    fn bad_input_is_an_error_and_ties_are_no_evidence() {
        let of = |values: &[f64]| {
            let runs = Replicates::assume_independent(values.to_vec());
            BoundedMean::of(&runs, Bounds::UNIT, Bets::resolving(0.1))
        };
        for values in [&[0.5, 1.5][..], &[f64::NAN], &[], &[-1e-9]] {
            assert!(of(values).is_err(), "{values:?}");
        }
        let runs = uniform(9, 0.0, 1.0);
        for resolution in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(BoundedMean::of(&runs, Bounds::UNIT, Bets::resolving(resolution)).is_err());
        }
        assert!(BoundedMean::for_interval(&runs, Bounds::UNIT, 1.0).is_err());
        let tied = Replicates::of(99, |_| 0.5);
        let mean = BoundedMean::winsorised(&tied, Bounds::UNIT, Bets::resolving(0.1)).unwrap();
        assert_eq!(decide(&mean, Region::at_least(0.1), RATES).verdict, Verdict::Undecided);
    }
}
