//! Where a population gradient is evaluated: the spacing of the nodes `t_k = (k + 1/2) h`, their number,
//! and bounds on what lies beyond the last.
//!
//! With `2 pi / h` above the largest `|S|` the midpoint series for probabilities (and for densities at 0)
//! have no discretisation error, so the number of nodes follows from the accuracy that is asked for.

use std::f64::consts::{LN_2, PI, TAU};
use std::sync::Arc;

use crate::predict::characteristic::CharacteristicFunction;

/// Nodes that are evaluated together.
pub(super) const LANES: usize = 8;
/// Blocks of nodes after which the general route takes over: free choice.
const MAX_BLOCKS: usize = 64;
/// Truncation error of a truncated mean to reach; rounding adds some 1e-12.
const TRUNCATION: f64 = 1e-12;
/// Doublings of the argument after which a power law must have set in.
const MAX_DOUBLINGS: usize = 64;

/// Nodes and what they leave out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quadrature {
    /// The distance `h` of the nodes.
    pub spacing: f64,
    /// Blocks of [`LANES`] nodes.
    pub n_blocks: usize,
    /// A bound on `(1/pi) sum B(t_k) / (k + 1/2)` beyond the last node.
    pub truncation: f64,
}

/// One term `u_j z_j`, by the modulus of its weight.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub modulus: f64,
    pub law: Arc<CharacteristicFunction>,
}

/// `B`: a non-increasing bound on the product of all factors but a few, and the power of `t` with which it
/// falls at least.
#[derive(Debug, Clone, Copy)]
struct Envelope {
    bound: f64,
    power: f64,
}

impl Envelope {
    /// The envelope from `t` on of every product that lacks `n_missing` (at most two) of the factors.
    ///
    /// Each factor's majorant does not increase, so neither do their products; the largest of those that
    /// lack some factors is the one that lacks the smallest, and the slowest to fall lacks the powers
    /// that are largest.
    fn new(terms: &[Term], t: f64, n_missing: usize) -> Self {
        let (mut product, mut exponent, mut power) = (1.0, 0.0, 0.0);
        let (mut smallest, mut steepest, mut fastest) = ([1.0_f64; 2], [0.0_f64; 2], [0.0_f64; 2]);
        for term in terms {
            let majorant = term.law.majorant(term.modulus * t);
            product *= majorant.factor;
            exponent += majorant.exponent;
            power += majorant.power;
            insert(&mut fastest, majorant.power, f64::gt);
            match majorant.exponent {
                0.0 => insert(&mut smallest, majorant.factor, f64::lt),
                exponent => insert(&mut steepest, exponent, f64::gt),
            }
        }
        product *= libm::exp(-exponent);
        for exponent in steepest {
            insert(&mut smallest, libm::exp(-exponent), f64::lt);
        }
        // A product that underflows is still below the smallest normal number.
        let mut bound = f64::max(product, f64::MIN_POSITIVE);
        for (smallest, fastest) in smallest.into_iter().zip(fastest).take(n_missing) {
            bound /= smallest;
            power -= fastest;
        }
        Envelope { bound: bound.min(1.0), power }
    }
}

/// Keeps the two values that come first.
#[inline(always)]
fn insert(kept: &mut [f64; 2], value: f64, comes_first: impl Fn(&f64, &f64) -> bool) {
    let [first, second] = *kept;
    if comes_first(&value, &first) {
        *kept = [value, first];
    } else if comes_first(&value, &second) {
        kept[1] = value;
    }
}

/// A bound on `int_t^inf B(s) s^(moment - 1) ds`: where `B` falls like a power above `moment` it is at most
/// `B t^moment / (power - moment)`; before, each doubling costs at most `B` times the weight's integral.
fn tail(terms: &[Term], from: f64, n_missing: usize, moment: i32) -> f64 {
    let (mut total, mut t) = (0.0, from);
    for _ in 0..MAX_DOUBLINGS {
        let Envelope { bound, power } = Envelope::new(terms, t, n_missing);
        let weight = t.powi(moment);
        if power > f64::from(moment) {
            return total + bound * weight / (power - f64::from(moment));
        }
        let doubling = match moment {
            0 => LN_2,
            _ => weight * (f64::from(1 << moment) - 1.0) / f64::from(moment),
        };
        total += bound * doubling;
        t *= 2.0;
    }
    f64::INFINITY
}

impl Quadrature {
    /// The nodes for products that lack up to `n_missing` factors, with `range` at least `max |S|`; `None`
    /// where the factors fall too slowly.
    pub fn new(terms: &[Term], range: f64, variance: f64, n_missing: usize) -> Option<Self> {
        let spacing = TAU / (range * (1.0 + 1e-9));
        // Where a normal law of this variance has fallen far enough: a guess, the bound below decides.
        let guess = (-2.0 * TRUNCATION.ln() / variance).sqrt() / (LANES as f64 * spacing);
        if guess.is_nan() || guess >= MAX_BLOCKS as f64 {
            return None;
        }
        (guess as usize..MAX_BLOCKS).find_map(|n_blocks| {
            let half_odd = (n_blocks * LANES) as f64 + 0.5;
            let from = half_odd * spacing;
            let envelope = Envelope::new(terms, from, n_missing);
            if envelope.bound > TRUNCATION {
                return None;
            }
            let truncation = (envelope.bound / half_odd + tail(terms, from, n_missing, 0)) / PI;
            (truncation <= TRUNCATION).then_some(Quadrature { spacing, n_blocks, truncation })
        })
    }

    /// `(t_k, 1 / (k + 1/2))` of a block.
    pub fn nodes(&self, block: usize) -> [(f64, f64); LANES] {
        std::array::from_fn(|lane| {
            let half_odd = (block * LANES + lane) as f64 + 0.5;
            (half_odd * self.spacing, 1.0 / half_odd)
        })
    }

    /// The number of nodes.
    pub fn n_nodes(&self) -> usize {
        self.n_blocks * LANES
    }

    /// A bound on `(1/pi) sum h B(t_k)` beyond the last node, for densities.
    pub fn density_truncation(&self, terms: &[Term]) -> f64 {
        let from = (self.n_nodes() as f64 + 0.5) * self.spacing;
        (self.spacing * Envelope::new(terms, from, 1).bound + tail(terms, from, 1, 1)) / PI
    }

    /// A bound on `(1/pi) int_0^inf t B(t) dt`, with two factors missing: the derivative of a density in
    /// one weight.
    pub fn density_slope(&self, terms: &[Term]) -> f64 {
        let edge = |block: usize| (block * LANES) as f64 * self.spacing;
        let cells = (0..self.n_blocks).map(|block| {
            let (from, to) = (edge(block), edge(block + 1));
            Envelope::new(terms, from, 2).bound * 0.5 * (to * to - from * from)
        });
        (cells.sum::<f64>() + tail(terms, edge(self.n_blocks), 2, 2)) / PI
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Latent;

    fn terms(weights: &[f64]) -> Vec<Term> {
        let law = Arc::new(CharacteristicFunction::size_biased(Latent::Uniform, 0).unwrap());
        weights.iter().map(|u| Term { modulus: u.abs(), law: Arc::clone(&law) }).collect()
    }

    #[test]
    fn a_tail_of_equal_uniforms_is_that_of_a_power() {
        // Beyond v = 4 each factor is bounded by 2/v: six of them less one give (2/t)^5, whose integrals
        // against 1/t, 1 and t are (2/t)^5 times 1/5, t/4 and t^2/3.
        let terms = terms(&[1.0; 6]);
        for (moment, exact) in [(0, 1.0 / 5.0), (1, 8.0 / 4.0), (2, 64.0 / 3.0)] {
            let bound = tail(&terms, 8.0, 1, moment);
            assert!((bound - exact * 0.25_f64.powi(5)).abs() < 1e-14, "{moment}: {bound}");
        }
    }

    #[test]
    fn a_missing_factor_is_the_smallest() {
        let envelope = Envelope::new(&terms(&[1.0, 0.5, 0.25]), 10.0, 1);
        // Majorants 2/10, 2/5 and exp(-2.5^2/24).
        assert!((envelope.bound - 0.4 * (-6.25_f64 / 24.0).exp()).abs() < 1e-14);
        assert_eq!(envelope.power, 1.0);
    }

    #[test]
    fn a_single_term_is_left_to_the_general_route() {
        assert!(Quadrature::new(&terms(&[1.0]), 1.0, 1.0 / 12.0, 1).is_none());
        assert!(Quadrature::new(&terms(&[1.0; 32]), 32.0, 32.0 / 12.0, 1).is_some());
    }
}
