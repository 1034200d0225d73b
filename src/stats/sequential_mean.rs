//! The decision on a mean of bounded values, taken as soon as they allow it.

use super::betting::{BLOCK, Bettor, Race};
use super::{Bets, Bounds, Hypothesis, Null, Rates, Verdict};
use crate::error::{Error, Result};

/// A decision that may be looked at after every value, in constant memory: *supported* as soon as the bets
/// against all that lies below and against all that lies above what is allowed have each once reached
/// `1 / beta`, *refuted* as soon as those against what is claimed have reached `1 / alpha` (`2 / alpha` on
/// one side of a claim with two). The first decision stands.
///
/// ```
/// use feature_contamination::stats::{Bets, Bounds, Hypothesis, Rates, SequentialMean, Verdict};
/// let rates = Rates { alpha: 1e-6, beta: 1e-3 };
/// let mut test = SequentialMean::new(Bounds::UNIT, Hypothesis::exactly(0.5).within(0.1), Bets::resolving(0.1), rates)?;
/// let mut values = [0.45, 0.55].into_iter().cycle();
/// while test.verdict() == Verdict::Undecided {
///     test.push(values.next().unwrap_or(0.5))?;
/// }
/// assert_eq!(test.verdict(), Verdict::Supported);
/// assert!(test.n_samples() < 100);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Source
/// Waudby-Smith and Ramdas, *Estimating means of bounded random variables by betting*, JRSS-B 86, 2024.
/// The two one-sided tests of an equivalence: Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987.
#[derive(Debug, Clone, PartialEq)]
pub struct SequentialMean {
    bounds: Bounds,
    bettor: Bettor,
    /// Against: below what is allowed, above it, and on each side of what is claimed.
    races: [Race; 4],
    verdict: Verdict,
    n_samples: usize,
}

impl SequentialMean {
    /// No value yet.
    ///
    /// # Errors
    /// - bets for a distance that is not positive;
    /// - rates that are not inside (0, 1);
    /// - a hypothesis without an end, or with a claim outside of what is allowed.
    pub fn new(bounds: Bounds, hypothesis: Hypothesis, bets: Bets, rates: Rates) -> Result<Self> {
        let bettor = bets.bettor(bounds)?;
        hypothesis.check()?;
        rates.check()?;
        let Hypothesis { claimed, allowed } = hypothesis;
        let is_two_sided = claimed.lower.is_finite() && claimed.upper.is_finite();
        let n_sides = if is_two_sided { 2.0_f64 } else { 1.0 };
        let (to_support, to_refute) = (-rates.beta.ln(), (n_sides / rates.alpha).ln());
        let on_unit = |bound: f64| bounds.scale(bound);
        Ok(SequentialMean {
            bounds,
            bettor,
            races: [
                Race::against(Null::AtMost(on_unit(allowed.lower)), to_support),
                Race::against(Null::AtLeast(on_unit(allowed.upper)), to_support),
                Race::against(Null::AtLeast(on_unit(claimed.lower)), to_refute),
                Race::against(Null::AtMost(on_unit(claimed.upper)), to_refute),
            ],
            verdict: Verdict::Undecided,
            n_samples: 0,
        })
    }

    /// Takes one more value, and says what the values so far show. After a decision nothing changes it.
    ///
    /// # Errors
    /// A value outside of the bounds, or NaN; it is then not counted.
    pub fn push(&mut self, value: f64) -> Result<Verdict> {
        let value = self.bounds.to_unit(value)?;
        self.n_samples += 1;
        if self.verdict != Verdict::Undecided {
            return Ok(self.verdict);
        }
        let stake = self.bettor.stake();
        for race in &mut self.races {
            race.bet(stake, value);
        }
        if self.n_samples.is_multiple_of(BLOCK) {
            self.races.iter_mut().for_each(Race::settle);
        }
        self.bettor.observe(value);
        let [below, above, left, right] = self.races.each_ref().map(Race::has_reached);
        if left || right {
            self.verdict = Verdict::Refuted;
        } else if below && above {
            self.verdict = Verdict::Supported;
        }
        Ok(self.verdict)
    }

    /// What the values so far show.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The number of values taken.
    pub fn n_samples(&self) -> usize {
        self.n_samples
    }
}

impl Rates {
    /// Whether these are probabilities of errors.
    ///
    /// # Errors
    /// A rate outside of (0, 1/2): more than a half is a level mistaken for a rate.
    pub fn check(self) -> Result<()> {
        for (name, rate) in [("alpha", self.alpha), ("beta", self.beta)] {
            if !(rate > 0.0 && rate < 0.5) {
                let remedy = "give the probability of an error, not that of its absence";
                return Err(Error::out_of_range(name, rate, "between 0 and 0.5", remedy));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::stats::{BoundedMean, Region, Replicates, decide};
    use rand::RngExt;

    const RATES: Rates = Rates { alpha: 1e-6, beta: 1e-3 };

    fn decided(mean: f64, hypothesis: Hypothesis, resolution: f64) -> (Verdict, usize) {
        let bets = Bets::resolving(resolution);
        let mut test = SequentialMean::new(Bounds::UNIT, hypothesis, bets, RATES).unwrap();
        let mut rng = Seed::root(1).child("bernoulli").rng();
        while test.verdict() == Verdict::Undecided && test.n_samples() < 100_000 {
            test.push(f64::from(u8::from(rng.random::<f64>() < mean))).unwrap();
        }
        (test.verdict(), test.n_samples())
    }

    #[test]
    fn a_true_mean_is_supported_and_a_shifted_one_refuted() {
        let claim = Hypothesis::exactly(0.3).within(0.05);
        assert_eq!(decided(0.3, claim, 0.05).0, Verdict::Supported);
        assert_eq!(decided(0.25, claim, 0.05).0, Verdict::Refuted);
        assert_eq!(decided(0.35, claim, 0.05).0, Verdict::Refuted);
        let (verdict, n_samples) = decided(0.9, claim, 0.05);
        assert!(verdict == Verdict::Refuted && n_samples < 100, "{n_samples}");
        for (mean, verdict) in [(0.2, Verdict::Refuted), (0.4, Verdict::Supported)] {
            assert_eq!(decided(mean, Region::at_least(0.3).into(), 0.1).0, verdict);
            let mirrored = Region::at_most(0.7).into();
            assert_eq!(decided(1.0 - mean, mirrored, 0.1).0, verdict);
        }
    }

    #[test]
    fn the_stream_and_the_stored_values_agree() {
        let mut rng = Seed::root(2).child("uniform").rng();
        let runs = Replicates::of(1000, |_| rng.random::<f64>());
        let (hypothesis, bets) = (Hypothesis::exactly(0.5).within(0.06), Bets::resolving(0.06));
        let mut stream = SequentialMean::new(Bounds::UNIT, hypothesis, bets, RATES).unwrap();
        for n_runs in 1..=runs.n_runs() {
            stream.push(runs.as_slice()[n_runs - 1]).unwrap();
            if n_runs % 100 == 0 {
                let first = Replicates::of(n_runs, |idx| runs.as_slice()[idx]);
                let stored = BoundedMean::of(&first, Bounds::UNIT, bets).unwrap();
                assert_eq!(decide(&stored, hypothesis, RATES).verdict, stream.verdict());
            }
        }
        assert_eq!(stream.verdict(), Verdict::Supported);
    }

    #[test]
    fn a_decision_stands_whatever_comes_after() {
        let claim = Hypothesis::exactly(0.5).within(0.1);
        let mut test =
            SequentialMean::new(Bounds::UNIT, claim, Bets::resolving(0.1), RATES).unwrap();
        (0..100).for_each(|_| assert!(test.push(1.0).is_ok()));
        assert_eq!(test.verdict(), Verdict::Refuted);
        (0..100_000).for_each(|_| assert!(test.push(0.5).is_ok()));
        assert_eq!(test.verdict(), Verdict::Refuted);
    }

    #[test]
    fn bad_input_is_an_error_and_never_a_verdict() {
        let new = |hypothesis, resolution, rates| {
            SequentialMean::new(Bounds::UNIT, hypothesis, Bets::resolving(resolution), rates)
        };
        let claim = Hypothesis::exactly(0.5).within(0.1);
        let mut test = new(claim, 0.1, RATES).unwrap();
        for value in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            assert!(test.push(value).is_err(), "{value}");
        }
        assert_eq!((test.n_samples(), test.verdict()), (0, Verdict::Undecided));
        for rates in [Rates { alpha: 0.99, ..RATES }, Rates { beta: 0.0, ..RATES }] {
            assert!(new(claim, 0.1, rates).unwrap_err().to_string().contains("not that of its"));
        }
        let everything = Region { lower: f64::NEG_INFINITY, upper: f64::INFINITY };
        let backwards = Region::between(0.6, 0.4);
        for hypothesis in
            [everything.into(), backwards.into(), Hypothesis::exactly(f64::NAN).within(0.1)]
        {
            assert!(new(hypothesis, 0.1, RATES).is_err(), "{hypothesis:?}");
        }
        assert!(new(claim, 0.0, RATES).is_err());
    }
}
