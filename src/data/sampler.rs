//! Sampling one latent.

use rand::{Rng, RngExt};
use rand_distr::{Beta, Distribution};
use rand_pcg::Pcg64;

use super::columns::N_LANES;
use crate::error::{Error, Result};
use crate::fault::{self, Site};
use crate::linalg::vectorised;
use crate::setting::Latent;

/// A latent law, ready to draw from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LatentSampler {
    /// Uniform on [0, 1).
    Uniform,
    /// 1 with the given probability.
    Bernoulli(f64),
    /// The law of an order statistic of uniform variables, Beta(rank, of + 1 - rank).
    OrderStatistic {
        /// Which of them, counted from the smallest; at least 1.
        rank: usize,
        /// How many variables.
        of: usize,
    },
    /// Any other Beta law.
    Beta(Beta<f64>),
}

/// Beta laws of whole shapes up to this sum are drawn as order statistics: exact, like rejection, and
/// several times faster.
const MAX_SHAPES: f64 = 10.0;

impl LatentSampler {
    /// Prepares a law.
    ///
    /// # Errors
    /// If the sampler refuses the shapes of a Beta law; checked laws are never refused.
    pub fn new(latent: Latent) -> Result<Self> {
        Ok(match latent {
            Latent::Uniform => LatentSampler::Uniform,
            Latent::Bernoulli { p } => LatentSampler::Bernoulli(p),
            Latent::Beta { a, b }
                if a.fract() == 0.0 && b.fract() == 0.0 && a + b <= MAX_SHAPES =>
            {
                LatentSampler::OrderStatistic { rank: a as usize, of: (a + b) as usize - 1 }
            }
            Latent::Beta { a, b } => {
                LatentSampler::Beta(Beta::new(a, b).map_err(|fault| Error::Malformed {
                    what: format!("latent law `{latent}`"),
                    reason: fault.to_string(),
                    remedy: "choose other shapes".into(),
                })?)
            }
        })
    }

    /// One draw, in [0, 1].
    #[inline]
    pub fn draw(&self, rng: &mut impl Rng) -> f64 {
        fault::value(Site::Latent, self.draw_sound(rng))
    }

    #[inline]
    fn draw_sound(&self, rng: &mut impl Rng) -> f64 {
        match self {
            LatentSampler::Uniform => rng.random(),
            LatentSampler::Bernoulli(p) => f64::from(u8::from(rng.random::<f64>() < *p)),
            LatentSampler::OrderStatistic { rank, of } => order_statistic(*rank, *of, rng),
            LatentSampler::Beta(law) => law.sample(rng),
        }
    }

    /// How many numbers of 64 bits one draw takes; nothing where that depends on the numbers.
    pub(super) fn n_words(&self) -> Option<usize> {
        match self {
            LatentSampler::Uniform | LatentSampler::Bernoulli(_) => Some(1),
            LatentSampler::OrderStatistic { of, .. } => Some(*of),
            LatentSampler::Beta(_) => None,
        }
    }

    /// Independent draws, the same as from so many calls of [`LatentSampler::draw`].
    pub(super) fn fill(&self, latents: &mut [f64], rng: &mut Pcg64) {
        latents.fill_with(|| self.draw(rng));
    }

    /// The same for several columns, each from a stream of its own, one latent of each at a time. The law is
    /// told once, outside of the loop.
    pub(super) fn fill_in_step(
        &self,
        columns: &mut [Vec<f64>; N_LANES],
        streams: &mut [Pcg64; N_LANES],
    ) {
        match *self {
            LatentSampler::Uniform => in_step(
                columns,
                streams,
                #[inline(always)]
                |rng| rng.random(),
            ),
            LatentSampler::OrderStatistic { rank, of } => {
                in_step(
                    columns,
                    streams,
                    #[inline(always)]
                    move |rng| order_statistic(rank, of, rng),
                );
            }
            LatentSampler::Bernoulli(_) | LatentSampler::Beta(_) => {
                in_step(columns, streams, |rng| self.draw_sound(rng));
            }
        }
    }
}

/// Products of 128 bits are shorter on processors that have wide vectors.
#[inline(always)]
fn in_step(
    columns: &mut [Vec<f64>; N_LANES],
    streams: &mut [Pcg64; N_LANES],
    draw: impl Fn(&mut Pcg64) -> f64,
) {
    let columns = columns.each_mut().map(Vec::as_mut_slice);
    vectorised(
        #[inline(always)]
        move || {
            let [a, b, c, d] = columns;
            // Copies, which the compiler can keep in registers.
            let mut lanes = streams.clone();
            for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
                for (latent, lane) in [a, b, c, d].into_iter().zip(&mut lanes) {
                    *latent = fault::value(Site::Latent, draw(lane));
                }
            }
            *streams = lanes;
        },
    );
}

#[inline(always)]
fn order_statistic(rank: usize, of: usize, rng: &mut impl Rng) -> f64 {
    match rank {
        1 => smallest::<1>(of, rng)[0],
        2 => smallest::<2>(of, rng)[1],
        // Entries beyond the rank are kept in order too, and not read.
        _ => smallest::<{ MAX_SHAPES as usize }>(of, rng)[rank - 1],
    }
}

/// The smallest of some uniform values, in order.
#[inline(always)]
fn smallest<const N_KEPT: usize>(of: usize, rng: &mut impl Rng) -> [f64; N_KEPT] {
    let mut smallest = [1.0_f64; N_KEPT];
    for _ in 0..of {
        let mut value: f64 = rng.random();
        for kept in &mut smallest {
            let (lower, upper) = if value < *kept { (value, *kept) } else { (*kept, value) };
            (*kept, value) = (lower, upper);
        }
    }
    smallest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    /// Mean and second moment of 100,000 draws against the law's, at six standard errors.
    fn check(text: &str) {
        let latent: Latent = text.parse().unwrap();
        let sampler = LatentSampler::new(latent).unwrap();
        let mut rng = Seed::root(1).child(text).rng();
        let n = 100_000;
        let draws: Vec<f64> = (0..n).map(|_| sampler.draw(&mut rng)).collect();
        assert!(draws.iter().all(|z| (0.0..=1.0).contains(z)), "{text}");
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let second = draws.iter().map(|z| z * z).sum::<f64>() / f64::from(n);
        let bound = 6.0 * (latent.variance() / f64::from(n)).sqrt();
        assert!((mean - latent.mean()).abs() < bound, "{text}: mean {mean}");
        // Var z^2 <= E z^2 on [0, 1].
        let bound = 6.0 * (latent.second_moment() / f64::from(n)).sqrt();
        assert!((second - latent.second_moment()).abs() < bound, "{text}: {second}");
    }

    #[test]
    fn draws_have_the_moments_of_their_law() {
        for law in [
            "uniform",
            "bernoulli:0.3",
            "beta:2,5",
            "beta:1,1",
            "beta:9,1",
            "beta:0.5,0.5",
            "beta:30,2",
        ] {
            check(law);
        }
    }
}
