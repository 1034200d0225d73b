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

use std::f64::consts::{LN_2, PI, TAU};
use std::sync::Arc;

use faer::c64;

use super::Certified;
use super::characteristic::CharacteristicFunction;
use crate::linalg::{CompensatedSum, UNIT_ROUNDOFF};
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
    let max_terms = (MAX_EVALUATIONS / n_summands).max(MIN_TERMS);
    let mut k = 0;
    loop {
        let from = (k as f64 + 0.5) * spacing;
        let to = from + BLOCK as f64 * spacing;
        let tail = Tail::new((from, to), core, background);
        let truncation = tail.truncation(from, k, core, background);
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
const MAX_EVALUATIONS: usize = 1 << 20;
/// Terms that are always allowed: many summands need about 10 times the root of their number.
const MIN_TERMS: usize = 1 << 13;
/// Terms between two looks at the truncation error.
const BLOCK: usize = 16;
/// Doublings of the argument after which a power law must have set in.
const MAX_DOUBLINGS: usize = 128;
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
    /// A bound on the error of evaluating one factor in the block.
    factor_error: f64,
}

impl Tail {
    /// What holds from the first argument on; the errors, up to the second.
    fn new((from, to): (f64, f64), core: &[Summand], background: &[Summand]) -> Self {
        let (mut product, mut power, mut smallest) = (1.0, 0.0, 1.0_f64);
        let (mut replaced, mut lost_power, mut factor_error) = (1.0_f64, 0.0_f64, 0.0_f64);
        for summand in core.iter().chain(background) {
            let (v, last) = (summand.weight.abs() * from, summand.weight.abs() * to);
            let majorant = summand.law.majorant(v);
            let bound = majorant.bound();
            product *= bound;
            power += majorant.power;
            smallest = smallest.min(bound);
            factor_error =
                factor_error.max(summand.law.error_bound(v)).max(summand.law.error_bound(last));
            if let Some(biased) = &summand.biased {
                let other = biased.majorant(v);
                replaced = replaced.max(other.bound() / bound);
                lost_power = lost_power.max(majorant.power - other.power);
                factor_error =
                    factor_error.max(biased.error_bound(v)).max(biased.error_bound(last));
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

    /// A bound on `(1/pi) sum_{l >= k} B(t_l) / (l + 1/2)`, `B` the bound from each argument on.
    ///
    /// Where `B` falls like `t^-power` the rest is at most `B(t_k) (1 / (k + 1/2) + 1 / power)`. Before a power
    /// law sets in, `B` is only known not to increase: each doubling of `t` then costs at most
    /// `B (ln 2 + 1 / (k + 1/2))`. While `B` itself is too large, it is returned as it is.
    fn truncation(&self, from: f64, k: usize, core: &[Summand], background: &[Summand]) -> f64 {
        if self.bound > TARGET && self.power == 0.0 {
            return 1.0;
        }
        let (mut total, mut t, mut half_odd) = (0.0, from, k as f64 + 0.5);
        let (mut bound, mut power) = (self.bound, self.power);
        for _ in 0..MAX_DOUBLINGS {
            if bound == 0.0 {
                return total / PI;
            }
            if power > 0.0 {
                return (total + bound * (1.0 / half_odd + 1.0 / power)) / PI;
            }
            total += bound * (LN_2 + 1.0 / half_odd);
            t *= 2.0;
            half_odd *= 2.0;
            let further = Tail::new((t, t), core, background);
            (bound, power) = (further.bound, further.power);
        }
        1.0
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
    active: ByLabel<CompensatedSum>,
    biased: ByLabel<Vec<CompensatedSum>>,
    core: Group,
    background: Group,
}

impl Sums {
    fn new(n_summands: usize) -> Self {
        Sums {
            active: ByLabel::default(),
            biased: ByLabel::from_fn(|_| vec![CompensatedSum::default(); n_summands]),
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
            self.active.of_mut(label).add((core_product * background_product).im / half_odd);
            let sums = self.biased.of_mut(label);
            let (core_sums, background_sums) = sums.split_at_mut(core.len());
            for (sum, &factor) in core_sums.iter_mut().zip(&self.core.replaced) {
                sum.add((of_label(factor) * background_product).im / half_odd);
            }
            for (sum, &factor) in background_sums.iter_mut().zip(&self.background.replaced) {
                sum.add((core_product * factor).im / half_odd);
            }
        }
    }

    fn finish(self, error_bound: f64) -> Inverted {
        let probability = |sum: CompensatedSum| (0.5 + sum.value() / PI).clamp(0.0, 1.0);
        Inverted {
            active: ByLabel::from_fn(|label| probability(*self.active.of(label))),
            biased: ByLabel::from_fn(|label| {
                self.biased.of(label).iter().map(|&sum| probability(sum)).collect()
            }),
            // The compensated sum, the division by pi and the addition of 1/2 round a few times more.
            error_bound: error_bound + 4.0 * UNIT_ROUNDOFF,
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
