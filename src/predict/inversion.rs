//! `P(S > 0)` for a sum of independent latents, at least one of them continuous, by inversion of the
//! characteristic function at the midpoints `t_k = (k + 1/2) h`:
//!
//! `P(S > 0) + P(S = 0) / 2 = 1/2 + (1/pi) sum_k Im phi_S(t_k) / (k + 1/2)`.
//!
//! Since `sum_k sin((2k+1) x) / (2k+1) = (pi/4) sign(x)` for `|x| < pi`, the series is exact for
//! `|S| < 2 pi / h`. Only truncation and rounding remain, and both are bounded.
//!
//! # Source
//! Gil-Pelaez, *Note on the inversion theorem*, Biometrika 38, 1951; Davies, *Numerical inversion of a
//! characteristic function*, Biometrika 60, 1973, for the midpoint form.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use faer::c64;

use super::Certified;
use super::characteristic::CharacteristicFunction;
use crate::linalg::UNIT_ROUNDOFF;
use crate::setting::{ByLabel, Label};

/// One term `u_j z_j` of a pre-activation.
#[derive(Debug, Clone)]
pub(super) struct Summand {
    /// The weight `u_j`.
    pub weight: f64,
    /// The law of `z_j`.
    pub law: Arc<CharacteristicFunction>,
    /// The law of `z_j` biased by size, where the truncated moment of this summand is asked for.
    pub biased: Option<Arc<CharacteristicFunction>>,
}

/// Probabilities of one neuron for both classes.
#[derive(Debug, Clone, Default)]
pub(super) struct Inverted {
    /// `P(S > 0)`.
    pub active: ByLabel<f64>,
    /// `P(S > 0)` with the law of one summand biased by size, for each summand.
    pub biased: ByLabel<Vec<f64>>,
    /// A bound on the error of every entry.
    pub error_bound: f64,
}

/// Inverts for both classes at once: the core part of `S` changes its sign with the label, so one
/// evaluation of each factor serves both.
pub(super) fn invert(core: &[Summand], background: &[Summand]) -> Inverted {
    let spacing = TAU / (largest_sum(core, background) * (1.0 + 1e-9));
    let mut sums = Sums::new(core.len() + background.len());
    let mut rounding = 0.0;
    let n_summands = core.len() + background.len();
    let max_terms = (MAX_EVALUATIONS / n_summands).max(BLOCK);
    let mut k = 0;
    loop {
        let tail = Tail::at((k as f64 + 0.5) * spacing, core, background);
        let truncation = tail.truncation(k);
        if truncation <= TARGET || k >= max_terms {
            return sums.finish((truncation + rounding).min(1.0));
        }
        for _ in 0..BLOCK {
            let half_odd = k as f64 + 0.5;
            sums.add(half_odd * spacing, half_odd, core, background);
            rounding += tail.rounding(half_odd, n_summands);
            k += 1;
        }
    }
}

/// Evaluations of characteristic functions that one neuron may cost; beyond, the bound is honest.
const MAX_EVALUATIONS: usize = 1 << 23;
/// Terms between two looks at the truncation error.
const BLOCK: usize = 16;
/// Truncation error to reach.
const TARGET: f64 = 1e-15;

/// The largest `|S|` over both classes.
fn largest_sum(core: &[Summand], background: &[Summand]) -> f64 {
    let part = |summands: &[Summand], sign: f64| -> f64 {
        summands.iter().map(|summand| (sign * summand.weight).max(0.0)).sum()
    };
    Label::BOTH.into_iter().fold(0.0_f64, |largest, label| {
        let y = label.sign();
        let above = part(core, y) + part(background, 1.0);
        let below = part(core, -y) + part(background, -1.0);
        largest.max(above).max(below)
    })
}

/// What is known of `|phi_S|` from one argument on.
struct Tail {
    /// A bound on the product of all factors, also with any one of them replaced by its biased law.
    bound: f64,
    /// The power of `t` with which that bound falls at least.
    power: f64,
    /// A bound on the product of all factors but one.
    all_but_one: f64,
    /// A bound on the error of evaluating one factor.
    factor_error: f64,
}

impl Tail {
    fn at(t: f64, core: &[Summand], background: &[Summand]) -> Self {
        let (mut product, mut power, mut smallest) = (1.0, 0.0, 1.0_f64);
        let (mut replaced, mut lost_power, mut factor_error) = (1.0_f64, 0.0_f64, 0.0_f64);
        for summand in core.iter().chain(background) {
            let v = summand.weight.abs() * t;
            let majorant = summand.law.majorant(v);
            product *= majorant.bound;
            power += majorant.power;
            smallest = smallest.min(majorant.bound);
            factor_error = factor_error.max(summand.law.error_bound(v));
            if let Some(biased) = &summand.biased {
                let other = biased.majorant(v);
                replaced = replaced.max(other.bound / majorant.bound);
                lost_power = lost_power.max(majorant.power - other.power);
                factor_error = factor_error.max(biased.error_bound(v));
            }
        }
        let vanishes = product == 0.0 || smallest == 0.0;
        Tail {
            bound: if vanishes { 0.0 } else { product * replaced },
            power: power - lost_power,
            all_but_one: if vanishes { 0.0 } else { (product / smallest).min(1.0) },
            factor_error,
        }
    }

    /// `(1/pi) sum_{l >= k} B(t_l) / (l + 1/2)`, with `B` falling like `t^-power`.
    fn truncation(&self, k: usize) -> f64 {
        self.bound * (1.0 / (k as f64 + 0.5) + 1.0 / self.power) / PI
    }

    /// The error of one term: every factor's own error, the rounding of its argument (`|phi'| <= 1`,
    /// and the arguments' sum is at most `4 pi` times the half-odd number), three roundings a product.
    fn rounding(&self, half_odd: f64, n_summands: usize) -> f64 {
        let n = n_summands as f64;
        let arguments = 4.0 * PI * half_odd * 3.0 * UNIT_ROUNDOFF;
        let factors = n * (self.factor_error + 3.0 * 2.0_f64.sqrt() * UNIT_ROUNDOFF);
        self.all_but_one * (arguments + factors) / (half_odd * PI)
    }
}

/// The partial sums of the series.
struct Sums {
    active: ByLabel<f64>,
    biased: ByLabel<Vec<f64>>,
    core: Group,
    background: Group,
}

impl Sums {
    fn new(n_summands: usize) -> Self {
        Sums {
            active: ByLabel::default(),
            biased: ByLabel::from_fn(|_| vec![0.0; n_summands]),
            core: Group::default(),
            background: Group::default(),
        }
    }

    /// Adds the term at `t`.
    fn add(&mut self, t: f64, half_odd: f64, core: &[Summand], background: &[Summand]) {
        self.core.evaluate(t, core);
        self.background.evaluate(t, background);
        for label in Label::BOTH {
            let of_label = |value: c64| match label {
                Label::Positive => value,
                Label::Negative => value.conj(),
            };
            let core_product = of_label(self.core.product);
            let background_product = self.background.product;
            *self.active.of_mut(label) += (core_product * background_product).im / half_odd;
            let sums = self.biased.of_mut(label);
            let (core_sums, background_sums) = sums.split_at_mut(core.len());
            for (sum, &factor) in core_sums.iter_mut().zip(&self.core.replaced) {
                *sum += (of_label(factor) * background_product).im / half_odd;
            }
            for (sum, &factor) in background_sums.iter_mut().zip(&self.background.replaced) {
                *sum += (core_product * factor).im / half_odd;
            }
        }
    }

    fn finish(self, error_bound: f64) -> Inverted {
        let probability = |sum: f64| (0.5 + sum / PI).clamp(0.0, 1.0);
        Inverted {
            active: ByLabel::from_fn(|label| probability(*self.active.of(label))),
            biased: ByLabel::from_fn(|label| {
                self.biased.of(label).iter().map(|&sum| probability(sum)).collect()
            }),
            error_bound,
        }
    }
}

/// The product of one group of factors, and that product with one factor replaced by its biased law.
#[derive(Default)]
struct Group {
    factors: Vec<c64>,
    product: c64,
    replaced: Vec<c64>,
}

impl Group {
    fn evaluate(&mut self, t: f64, summands: &[Summand]) {
        self.factors.clear();
        self.factors.extend(summands.iter().map(|s| s.law.value(s.weight * t)));
        self.product = self.factors.iter().product();
        self.replaced.clear();
        if summands.first().is_none_or(|summand| summand.biased.is_none()) {
            return;
        }
        // Products of the factors before and after each one: no division, as a factor may vanish.
        let mut before = c64::new(1.0, 0.0);
        for (summand, &factor) in summands.iter().zip(&self.factors) {
            let biased =
                summand.biased.as_ref().map_or(factor, |law| law.value(summand.weight * t));
            self.replaced.push(before * biased);
            before *= factor;
        }
        let mut after = c64::new(1.0, 0.0);
        for (replaced, &factor) in self.replaced.iter_mut().zip(&self.factors).rev() {
            *replaced *= after;
            after *= factor;
        }
    }
}

impl Inverted {
    /// `P(S > 0)` of one class.
    pub fn active(&self, label: Label) -> Certified {
        Certified::new(*self.active.of(label), self.error_bound)
    }
}
