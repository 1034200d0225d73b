//! The laws that values are drawn from.

use std::fmt;

use rand::RngExt;
use rand_distr::{Beta, Distribution, Exp1, StandardNormal};
use rand_pcg::Pcg64;

use super::Promise;
use crate::error::{Error, Result};

/// A law of one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Law {
    /// 1 with this probability, else 0.
    Bernoulli(f64),
    /// Uniform between two ends.
    Uniform(f64, f64),
    /// Beta with two shapes.
    Beta(f64, f64),
    /// 1 with probability 1/100, else 1/11: mean 1/10. Most samples miss what makes most of the variance.
    Rare,
    /// Standard normal.
    Normal,
    /// Exponential less its mean: mean 0, variance 1, skewed.
    Exponential,
}

/// Laws on [0, 1], each with a margin of a fraction of its standard deviation. Their means are twentieths, so
/// that a grid can have edges there.
pub(super) const BOUNDED: [(Law, f64); 6] = [
    (Law::Bernoulli(0.5), 0.1),
    (Law::Uniform(0.0, 1.0), 0.06),
    (Law::Bernoulli(0.1), 0.05),
    (Law::Beta(10.0, 30.0), 0.02),
    (Law::Uniform(0.4375, 0.5625), 0.02),
    (Law::Rare, 0.03),
];

/// The value that [`Law::Rare`] mostly has, and the probability of the other one.
const RARE: (f64, f64) = (1.0 / 11.0, 0.01);

impl Law {
    /// The mean.
    pub fn mean(self) -> f64 {
        match self {
            Law::Bernoulli(p) => p,
            Law::Uniform(lower, upper) => 0.5 * (lower + upper),
            Law::Beta(a, b) => a / (a + b),
            Law::Rare => 0.1,
            Law::Normal | Law::Exponential => 0.0,
        }
    }

    /// The standard deviation.
    pub fn standard_deviation(self) -> f64 {
        let variance = match self {
            Law::Bernoulli(p) => p * (1.0 - p),
            Law::Uniform(lower, upper) => (upper - lower).powi(2) / 12.0,
            Law::Beta(a, b) => a * b / ((a + b).powi(2) * (a + b + 1.0)),
            Law::Rare => (1.0 - RARE.0).powi(2) * RARE.1 * (1.0 - RARE.1),
            Law::Normal | Law::Exponential => 1.0,
        };
        variance.sqrt()
    }

    /// What a procedure for normal values promises of values of this law.
    pub fn promise_of_normal_values(self, rate: f64) -> Promise {
        match self {
            Law::Normal => Promise::AtMost(rate),
            _ => Promise::IfOnly(rate, "normal values"),
        }
    }

    /// A source of values.
    ///
    /// # Errors
    /// Shapes that are not positive.
    pub fn sampler(self) -> Result<Sampler> {
        let beta = match self {
            Law::Beta(a, b) => Some(Beta::new(a, b).map_err(|fault| {
                let remedy = "give two positive shapes";
                Error::out_of_range("shapes", format!("{a}, {b} ({fault})"), "positive", remedy)
            })?),
            _ => None,
        };
        Ok(Sampler { law: self, beta })
    }
}

/// Draws values of a law.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampler {
    law: Law,
    /// Prepared once, where the law needs it.
    beta: Option<Beta<f64>>,
}

impl Sampler {
    /// The next value.
    pub fn draw(&self, rng: &mut Pcg64) -> f64 {
        let uniform = |rng: &mut Pcg64| rng.random::<f64>();
        match self.law {
            Law::Bernoulli(p) => f64::from(u8::from(uniform(rng) < p)),
            Law::Uniform(lower, upper) => lower + (upper - lower) * uniform(rng),
            Law::Beta(..) => self.beta.map_or(f64::NAN, |beta| beta.sample(rng)),
            Law::Rare => {
                if uniform(rng) < RARE.1 {
                    1.0
                } else {
                    RARE.0
                }
            }
            Law::Normal => StandardNormal.sample(rng),
            Law::Exponential => {
                let value: f64 = Exp1.sample(rng);
                value - 1.0
            }
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Law::Bernoulli(p) => write!(f, "Bernoulli({p})"),
            Law::Uniform(0.0, 1.0) => write!(f, "uniform"),
            Law::Uniform(lower, upper) => write!(f, "uniform, 1/{} wide", 1.0 / (upper - lower)),
            Law::Beta(a, b) => write!(f, "Beta({a}, {b})"),
            Law::Rare => write!(f, "rare large values"),
            Law::Normal => write!(f, "normal"),
            Law::Exponential => write!(f, "exponential"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn draws_have_the_mean_and_the_deviation_of_their_law() {
        let laws = BOUNDED.map(|(law, _)| law).into_iter().chain([Law::Normal, Law::Exponential]);
        for law in laws {
            let (mut rng, sampler) = (Seed::root(1).child("law").rng(), law.sampler().unwrap());
            let n_draws = 100_000;
            let draws: Vec<f64> = (0..n_draws).map(|_| sampler.draw(&mut rng)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n_draws);
            let square = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n_draws);
            let error = law.standard_deviation() / f64::from(n_draws).sqrt();
            assert!((mean - law.mean()).abs() < 5.0 * error, "{law}: {mean}");
            assert!((square.sqrt() / law.standard_deviation() - 1.0).abs() < 0.06, "{law}");
        }
        assert!(Law::Beta(0.0, 1.0).sampler().is_err());
    }

    #[test]
    fn the_means_of_bounded_laws_are_twentieths_and_the_narrow_one_has_its_variance() {
        for (law, _) in BOUNDED {
            assert_eq!((20.0 * law.mean()).round() / 20.0, law.mean(), "{law}");
        }
        let narrow = Law::Uniform(0.4375, 0.5625);
        assert!((narrow.standard_deviation().powi(2) * 768.0 - 1.0).abs() < 1e-12);
        assert_eq!(narrow.to_string(), "uniform, 1/8 wide");
    }
}
