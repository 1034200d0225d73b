//! Characteristic functions `phi(v) = E e^{ivz}` of continuous latents, each with a bound on its error
//! and a non-increasing majorant, which the inversion formula needs for its truncation error.
//!
//! Size-biased laws give the truncated moments: `E[z g(z)] = mu E g(z')` with `z'` of law
//! Beta(a+1, b) when `z` has law Beta(a, b); the uniform law is Beta(1, 1).

use faer::c64;
use statrs::function::beta::ln_beta;
use statrs::function::gamma::ln_gamma;

use super::jacobi::JacobiRule;
use crate::error::Result;
use crate::linalg::{UNIT_ROUNDOFF, vectorised};
use crate::setting::Latent;

/// A value of a majorant: `|phi(v')| <= factor exp(-exponent)` for all `v' >= v`, and from `v` on the bound
/// falls at least like `v^-power`. The exponent is kept, so that a product takes one exponential for all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Majorant {
    pub factor: f64,
    pub exponent: f64,
    pub power: f64,
}

impl Majorant {
    fn of_bound(bound: f64, power: f64) -> Self {
        Majorant { factor: bound, exponent: 0.0, power }
    }

    /// The bound itself.
    #[inline]
    pub fn bound(self) -> f64 {
        if self.exponent == 0.0 { self.factor } else { self.factor * libm::exp(-self.exponent) }
    }
}

/// The characteristic function of one continuous law on [0, 1].
#[derive(Debug, Clone)]
pub(super) enum CharacteristicFunction {
    Uniform,
    /// 1 with this probability, else 0; the point mass at 1 is its size-biased law.
    Bernoulli(f64),
    Beta(Box<BetaTable>),
}

impl CharacteristicFunction {
    /// The law Beta(a, b); the uniform one is recognised.
    fn beta(a: f64, b: f64) -> Result<Self> {
        if (a, b) == (1.0, 1.0) {
            return Ok(CharacteristicFunction::Uniform);
        }
        Ok(CharacteristicFunction::Beta(Box::new(BetaTable::new(a, b)?)))
    }

    /// The law of a latent, biased by size `n_biases` times.
    pub fn size_biased(latent: Latent, n_biases: u32) -> Result<Self> {
        let shift = f64::from(n_biases);
        match latent {
            Latent::Uniform => Self::beta(1.0 + shift, 1.0),
            Latent::Beta { a, b } => Self::beta(a + shift, b),
            Latent::Bernoulli { p } if n_biases == 0 => Ok(CharacteristicFunction::Bernoulli(p)),
            Latent::Bernoulli { .. } => Ok(CharacteristicFunction::Bernoulli(1.0)),
        }
    }

    /// `phi(v)` for any real `v`.
    #[inline]
    pub fn value(&self, v: f64) -> c64 {
        match self {
            CharacteristicFunction::Uniform => uniform_value(v),
            CharacteristicFunction::Bernoulli(p) => c64::new(1.0 - p, 0.0) + cis(v) * *p,
            CharacteristicFunction::Beta(table) if v < 0.0 => table.value(-v).conj(),
            CharacteristicFunction::Beta(table) => table.value(v),
        }
    }

    /// `phi(v)` and `E[z e^{ivz}] = -i phi'(v)`, where `biased` is this law biased by size and `mean` its mean.
    ///
    /// The second value is off by at most twice the larger [`CharacteristicFunction::error_bound`] of the
    /// two laws: where it is the derivative of a table's expansion, a coefficient's error counts `r` times
    /// `(STEP/2)^{r-1}`, 1.14 in all, and the remainder is below 4e-17.
    #[inline]
    pub fn jet(&self, biased: &Self, mean: f64, v: f64) -> (c64, c64) {
        match self {
            CharacteristicFunction::Uniform => uniform_jet(v),
            CharacteristicFunction::Bernoulli(p) => {
                let counted = cis(v) * *p;
                (c64::new(1.0 - p, 0.0) + counted, counted)
            }
            CharacteristicFunction::Beta(table) if v.abs() <= table.end => {
                let (value, moment) = table.jet(v.abs());
                if v < 0.0 { (value.conj(), moment.conj()) } else { (value, moment) }
            }
            CharacteristicFunction::Beta(_) => (self.value(v), biased.value(v) * mean),
        }
    }

    /// A bound on the error of [`CharacteristicFunction::value`] at `v`, the argument being exact.
    pub fn error_bound(&self, v: f64) -> f64 {
        match self {
            // Two correctly rounded functions within 1 ulp of libm, one division, one rotation.
            CharacteristicFunction::Uniform | CharacteristicFunction::Bernoulli(_) => {
                8.0 * UNIT_ROUNDOFF
            }
            CharacteristicFunction::Beta(table) => table.error_bound(v.abs()),
        }
    }

    /// A bound on the errors at all arguments of modulus at most `v`.
    pub fn largest_error_bound(&self, v: f64) -> f64 {
        match self {
            CharacteristicFunction::Beta(table) if v.abs() > table.end => {
                table.error_bound(table.end).max(table.asymptotic_error)
            }
            _ => self.error_bound(v),
        }
    }

    /// The majorant at `v >= 0`.
    #[inline]
    pub fn majorant(&self, v: f64) -> Majorant {
        match self {
            CharacteristicFunction::Uniform => uniform_majorant(v),
            CharacteristicFunction::Bernoulli(_) => Majorant::of_bound(1.0, 0.0),
            CharacteristicFunction::Beta(table) => table.majorant(v),
        }
    }
}

/// `e^{iv/2} sin(v/2) / (v/2)`.
fn uniform_value(v: f64) -> c64 {
    let half = 0.5 * v;
    let (sin, cos) = libm::sincos(half);
    let modulus = if half.abs() < 1e-9 { 1.0 } else { sin / half };
    c64::new(modulus * cos, modulus * sin)
}

/// With `x = v/2`: `e^{ix} s` and `e^{ix} (s/2 + i r)`, `s = sin(x)/x`, `r = (s - cos x) / (2x)`.
#[inline]
fn uniform_jet(v: f64) -> (c64, c64) {
    let half = 0.5 * v;
    let (sin, cos) = libm::sincos(half);
    let (s, r) = if half.abs() < 0.5 {
        let (s, r) = centred_uniform(half.abs());
        (s, if half < 0.0 { -r } else { r })
    } else {
        let s = sin / half;
        (s, 0.5 * (s - cos) / half)
    };
    let phase = c64::new(cos, sin);
    (phase * s, phase * c64::new(0.5 * s, r))
}

/// `s = sin(x)/x = sum_n (-1)^n x^2n / (2n+1)!` and `r = (s - cos x) / (2x)`, that is
/// `sum_{n>=1} (-1)^{n+1} n x^{2n-1} / (2n+1)!`; for `0 <= x < 1/2` the first term left out is below 1e-18.
#[inline]
pub(super) fn centred_uniform(x: f64) -> (f64, f64) {
    const INVERSE_FACTORIALS: [f64; 8] = [
        1.0,
        1.0 / 6.0,
        1.0 / 120.0,
        1.0 / 5040.0,
        1.0 / 362_880.0,
        1.0 / 39_916_800.0,
        1.0 / 6_227_020_800.0,
        1.0 / 1_307_674_368_000.0,
    ];
    let square = -x * x;
    let (mut s, mut r) = (0.0, 0.0);
    for n in (1..INVERSE_FACTORIALS.len()).rev() {
        s = s * square + INVERSE_FACTORIALS[n];
        r = r * square + n as f64 * INVERSE_FACTORIALS[n];
    }
    (s * square + INVERSE_FACTORIALS[0], r * x)
}

/// `|sin(x)/x| <= exp(-x^2/6)` on [0, pi) (from the product formula of the sine), used up to `v = 4`
/// where `2/v` takes over; the step from 0.513 down to 0.5 there keeps the majorant non-increasing.
fn uniform_majorant(v: f64) -> Majorant {
    if v <= 4.0 {
        return Majorant { factor: 1.0, exponent: v * v / 24.0, power: 0.0 };
    }
    Majorant::of_bound(2.0 / v, 1.0)
}

/// Taylor coefficients kept per grid point: the remainder is `(STEP/2)^N / N! < 3e-19`, as every
/// derivative of `phi` is at most 1.
const N_TAYLOR: usize = 10;
/// Spacing of the grid.
const STEP: f64 = 0.125;
/// Terms tried in the expansion for large arguments.
const N_ASYMPTOTIC: usize = 128;

/// The characteristic function of Beta(a, b): Taylor expansions on a grid up to `end`, the expansion
/// at both end points of [0, 1] beyond.
#[derive(Debug, Clone)]
pub(super) struct BetaTable {
    end: f64,
    taylor: Vec<[c64; N_TAYLOR]>,
    /// `sup |phi|` over arguments from each grid cell's left end on.
    suprema: Vec<f64>,
    variance: f64,
    decay: PowerDecay,
    left: EndPoint,
    right: EndPoint,
    /// The error of a tabulated coefficient that does not depend on the argument.
    sum_error: f64,
    asymptotic_error: f64,
}

impl BetaTable {
    fn new(a: f64, b: f64) -> Result<Self> {
        let end_points = |from| (EndPoint::new(a, b, from), EndPoint::new(b, a, from));
        let mut end = 128.0;
        let (mut left, mut right) = end_points(end);
        while end < 4096.0 && left.error_bound + right.error_bound > 1e-13 {
            end *= 2.0;
            (left, right) = end_points(end);
        }
        let n_cells = (end / STEP) as usize + 1;
        let rule = JacobiRule::new(a, b, n_nodes(end))?;
        let taylor = taylor(&rule, n_cells);
        let mut table = BetaTable {
            end,
            taylor,
            suprema: Vec::new(),
            variance: a * b / ((a + b) * (a + b) * (a + b + 1.0)),
            decay: PowerDecay::new(a, b),
            sum_error: (16.0 + 4.0 * (N_TURNS - 1) as f64) * UNIT_ROUNDOFF + rule.sum_error(),
            asymptotic_error: left.error_bound + right.error_bound,
            left,
            right,
        };
        table.suprema = table.running_suprema();
        Ok(table)
    }

    /// `|phi|` moves at most by `sigma` per unit of `v` (it is the modulus of the centred latent's
    /// characteristic function), so a grid value bounds its cell.
    fn running_suprema(&self) -> Vec<f64> {
        let mut supremum = self.decay.bound(self.end);
        let slack = self.variance.sqrt() * STEP + self.error_bound(self.end);
        let mut suprema: Vec<f64> = self
            .taylor
            .iter()
            .rev()
            .map(|cell| {
                supremum = supremum.max(cell[0].norm() + slack).min(1.0);
                supremum
            })
            .collect();
        suprema.reverse();
        suprema
    }

    #[inline]
    fn value(&self, v: f64) -> c64 {
        if v > self.end {
            return self.left.value(v) + self.right.value(v).conj() * cis(v);
        }
        let cell_idx = (v / STEP).round() as usize;
        let offset = v - cell_idx as f64 * STEP;
        let coefficients = &self.taylor[cell_idx];
        let start = coefficients[N_TAYLOR - 1];
        coefficients[..N_TAYLOR - 1]
            .iter()
            .rev()
            .fold(start, |sum, &coefficient| sum * offset + coefficient)
    }

    /// Value and `-i` times the derivative of the expansion, by Horner's rule for both; `0 <= v <= end`.
    #[inline]
    fn jet(&self, v: f64) -> (c64, c64) {
        let cell_idx = (v / STEP).round() as usize;
        let offset = v - cell_idx as f64 * STEP;
        let coefficients = &self.taylor[cell_idx];
        let mut value = coefficients[N_TAYLOR - 1];
        let mut derivative = c64::new(0.0, 0.0);
        for &coefficient in coefficients[..N_TAYLOR - 1].iter().rev() {
            derivative = derivative * offset + value;
            value = value * offset + coefficient;
        }
        (value, c64::new(derivative.im, -derivative.re))
    }

    /// Below `end`: quadrature 1e-18, Taylor remainder 3e-19, rounding of Horner's rule, and the
    /// rule's own rounding, its weights once and its nodes `v` times (`|d/dz e^{ivz}| = v`).
    fn error_bound(&self, v: f64) -> f64 {
        if v > self.end {
            return self.asymptotic_error;
        }
        self.sum_error + v * JacobiRule::node_error()
    }

    #[inline]
    fn majorant(&self, v: f64) -> Majorant {
        if v > self.end {
            return Majorant::of_bound(self.decay.bound(v), self.decay.power);
        }
        let tabulated = self.suprema[(v / STEP) as usize];
        Majorant::of_bound(tabulated.min(self.central_bound(v)), 0.0)
    }

    /// `|phi(v)|^2 = E cos(v (z - z'))` with `|z - z'| <= 1` and `cos x <= 1 - 2 x^2 / pi^2` on
    /// [-pi, pi] give `|phi(v)| <= exp(-2 sigma^2 v^2 / pi^2)` for `v <= pi`; from there on the table's
    /// supremum holds.
    fn central_bound(&self, v: f64) -> f64 {
        let pi = std::f64::consts::PI;
        if v > pi {
            return 1.0;
        }
        let beyond = self.suprema[(pi / STEP) as usize];
        libm::exp(-2.0 * self.variance * v * v / (pi * pi)).max(beyond)
    }
}

/// Nodes that make the quadrature error of `e^{ivz}`, at most `8 (v/4)^{2n} / (2n)!` (twice the tail of
/// its Chebyshev series), smaller than 1e-18 up to `v = end`, with room for the factor `z^N_TAYLOR`.
fn n_nodes(end: f64) -> usize {
    let mut n = 16;
    while 2.0 * n as f64 * (end / 4.0).ln() - ln_gamma(2.0 * n as f64 + 1.0) > -44.0 {
        n += 8;
    }
    n + N_TAYLOR
}

/// Cells from one evaluation of sine and cosine to the next; in between they are turned, which adds an error of
/// at most `4 u` each time (Brent, Percival and Zimmermann 2007).
const N_TURNS: usize = 4;

/// `phi^{(r)}(v) / r! = E[(iz)^r e^{ivz}] / r!` for `r < N_TAYLOR`, at the multiples of the spacing.
fn taylor(rule: &JacobiRule, n_cells: usize) -> Vec<[c64; N_TAYLOR]> {
    let nodes = rule.nodes.iter().zip(&rule.weights);
    let mut nodes: Vec<TaylorNode> =
        nodes.map(|(&z, &weight)| TaylorNode::new(z, weight)).collect();
    let cells = (0..n_cells).map(|cell_idx| {
        if cell_idx.is_multiple_of(N_TURNS) {
            let v = cell_idx as f64 * STEP;
            nodes.iter_mut().for_each(|node| node.wave = cis(v * node.z));
        } else {
            nodes.iter_mut().for_each(|node| node.wave *= node.turn);
        }
        taylor_at(&nodes)
    });
    cells.collect()
}

/// A node of the rule on its way through the grid.
struct TaylorNode {
    z: f64,
    /// `w z^r / r!`.
    moments: [f64; N_TAYLOR],
    /// `e^{ivz}`, and what turns it to the next cell.
    wave: c64,
    turn: c64,
}

impl TaylorNode {
    fn new(z: f64, weight: f64) -> Self {
        let mut moment = weight;
        let moments = std::array::from_fn(|r| {
            let this = moment;
            moment *= z / (r + 1) as f64;
            this
        });
        TaylorNode { z, moments, wave: c64::new(1.0, 0.0), turn: cis(STEP * z) }
    }
}

/// The coefficients of one cell: `i^r` times the moments of the waves.
fn taylor_at(nodes: &[TaylorNode]) -> [c64; N_TAYLOR] {
    let (re, im) = vectorised(
        #[inline(always)]
        move || {
            let (mut re, mut im) = ([0.0; N_TAYLOR], [0.0; N_TAYLOR]);
            for node in nodes {
                for r in 0..N_TAYLOR {
                    re[r] += node.wave.re * node.moments[r];
                    im[r] += node.wave.im * node.moments[r];
                }
            }
            (re, im)
        },
    );
    std::array::from_fn(|r| match r % 4 {
        0 => c64::new(re[r], im[r]),
        1 => c64::new(-im[r], re[r]),
        2 => c64::new(-re[r], -im[r]),
        _ => c64::new(im[r], -re[r]),
    })
}

#[inline]
fn cis(angle: f64) -> c64 {
    let (sin, cos) = libm::sincos(angle);
    c64::new(cos, sin)
}

/// The contribution of the end point 0 to `phi(v)` for large `v`: with the path of integration turned
/// into the upper half plane, `i^a / (B(a,b) v^a) int_0^inf x^{a-1} e^{-x} (1 - ix/v)^{b-1} dx`, and the
/// binomial series of the last factor. Its remainder after `r >= b - 1` terms is at most
/// `|C(b-1, r)| (x/v)^r`, because `|1 - ix/v| >= 1`. The end point 1 is the mirror image.
#[derive(Debug, Clone)]
struct EndPoint {
    a: f64,
    ln_scale: f64,
    /// `C(b-1, r) Gamma(a+r) / Gamma(a)`, times `(-i/v)^r` in the series.
    coefficients: Vec<f64>,
    /// A bound on the error for all arguments from the smallest one on.
    error_bound: f64,
}

impl EndPoint {
    /// The series for arguments from `from` on, cut before its smallest term there past `b - 1`.
    fn new(a: f64, b: f64, from: f64) -> Self {
        let ratio = |r: f64| (b - 1.0 - r) / (r + 1.0) * (a + r);
        let mut coefficients = vec![1.0];
        for r in 1..N_ASYMPTOTIC {
            coefficients.push(coefficients[r - 1] * ratio((r - 1) as f64));
        }
        let size = |r: usize| coefficients[r].abs() * from.powi(-(r as i32));
        let n_terms = (b.ceil() as usize..N_ASYMPTOTIC)
            .min_by(|&r, &other| size(r).total_cmp(&size(other)))
            .unwrap_or(N_ASYMPTOTIC - 1);
        let ln_scale = ln_gamma(a) - ln_beta(a, b);
        let scale = libm::exp(ln_scale - a * from.ln());
        let truncation = scale * size(n_terms);
        // An exponent x rounded once costs a relative error |x| u; a term, five roundings a factor.
        let exponents = ln_scale.abs() + a * from.ln().abs();
        let roundings = 16.0 * (1.0 + exponents) + 5.0 * n_terms as f64;
        let total: f64 = (0..n_terms).map(size).sum();
        coefficients.truncate(n_terms);
        EndPoint {
            a,
            ln_scale,
            coefficients,
            error_bound: truncation + scale * total * roundings * UNIT_ROUNDOFF,
        }
    }

    fn value(&self, v: f64) -> c64 {
        let step = c64::new(0.0, -1.0 / v);
        let zero = c64::new(0.0, 0.0);
        let sum = self.coefficients.iter().rev().fold(zero, |sum, &c| sum * step + c);
        let scale = libm::exp(self.ln_scale - self.a * v.ln());
        sum * cis(self.a * std::f64::consts::FRAC_PI_2) * scale
    }
}

/// `|phi(v)| <= constant * v^-power` for `v >= 2`.
///
/// With bounded density (both shapes at least 1) one integration by parts gives `2 max f / v`. Near an
/// end point with shape `a < 1`, cut at `1/v`: the piece holds at most `k v^-a / (a B)`, the rest has
/// total variation at most `2 k v^{1-a} / B`, with `k = max(1, 2^{1-b})` for the other factor.
#[derive(Debug, Clone, Copy)]
struct PowerDecay {
    constant: f64,
    power: f64,
}

impl PowerDecay {
    fn new(a: f64, b: f64) -> Self {
        let inverse_beta = libm::exp(-ln_beta(a, b));
        if a >= 1.0 && b >= 1.0 {
            return PowerDecay { constant: 2.0 * largest_density(a, b), power: 1.0 };
        }
        let end_point = |near: f64, far: f64| {
            let other_factor = 2.0_f64.powf(1.0 - far).max(1.0);
            if near < 1.0 { other_factor * (1.0 / near + 2.0) * inverse_beta } else { 0.0 }
        };
        PowerDecay { constant: end_point(a, b) + end_point(b, a), power: a.min(b) }
    }

    fn bound(self, v: f64) -> f64 {
        (self.constant * v.powf(-self.power)).min(1.0)
    }
}

/// The largest value of the density of Beta(a, b), both shapes at least 1.
pub(super) fn largest_density(a: f64, b: f64) -> f64 {
    let power = |base: f64, exponent: f64| if exponent == 0.0 { 0.0 } else { exponent * base.ln() };
    if a + b == 2.0 {
        return 1.0;
    }
    let mode = (a - 1.0) / (a + b - 2.0);
    libm::exp(power(mode, a - 1.0) + power(1.0 - mode, b - 1.0) - ln_beta(a, b)) * (1.0 + 1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [(f64, f64); 7] =
        [(2.0, 5.0), (2.0, 1.0), (0.5, 0.5), (0.1, 3.0), (7.5, 0.3), (100.0, 100.0), (31.0, 2.5)];

    fn arguments() -> impl Iterator<Item = f64> {
        (0..400).map(|i| 1e-3 * 1.04_f64.powi(i))
    }

    /// An independent value: composite Gauss-Legendre would need the weight; a larger Jacobi rule with
    /// the argument split into nodes does not share the table's grid, expansion or end points.
    fn by_quadrature(rule: &JacobiRule, v: f64) -> c64 {
        let terms = rule.nodes.iter().zip(&rule.weights);
        terms.map(|(&z, &w)| cis(v * z) * w).sum()
    }

    #[test]
    fn table_and_expansion_agree_with_quadrature_within_their_bounds() {
        for (a, b) in SHAPES {
            let phi = CharacteristicFunction::beta(a, b).unwrap();
            let rule = JacobiRule::new(a, b, 300).unwrap();
            for v in [0.0, 0.3, 1.0, 17.03, 100.7, 127.99, 128.01, 140.2, 255.0, 400.0, 900.0] {
                let difference = (phi.value(v) - by_quadrature(&rule, v)).norm();
                let bound = phi.error_bound(v) + rule.sum_error() + v * JacobiRule::node_error();
                assert!(difference <= bound, "beta:{a},{b} at {v}: {difference} > {bound}");
                assert!(phi.error_bound(v) < 1e-10, "beta:{a},{b} at {v}: {}", phi.error_bound(v));
            }
        }
    }

    #[test]
    fn the_derivative_is_the_biased_law_times_the_mean() {
        for law in ["uniform", "bernoulli:0.3", "beta:2,5", "beta:0.5,0.5"] {
            let latent: Latent = law.parse().unwrap();
            let [phi, biased] =
                [0, 1].map(|n| CharacteristicFunction::size_biased(latent, n).unwrap());
            for v in [-60.0, -0.9, 0.0, 1e-7, 0.3, 0.99, 1.01, 17.03, 127.9, 300.0] {
                let (value, moment) = phi.jet(&biased, latent.mean(), v);
                let bound = phi.error_bound(v).max(biased.error_bound(v)) + 1e-15;
                assert!((value - phi.value(v)).norm() <= bound, "{law} {v}");
                let difference = (moment - biased.value(v) * latent.mean()).norm();
                assert!(difference <= 3.0 * bound, "{law} {v}: {difference} {bound}");
            }
        }
    }

    #[test]
    fn beta_1_2_equals_its_elementary_form() {
        // E e^{ivz} with density 2 (1 - z) is 2 (1 + iv - e^{iv}) / v^2.
        let phi = CharacteristicFunction::beta(1.0, 2.0).unwrap();
        for v in [0.7, 3.0, 60.0, 200.0, 5000.0] {
            let exact = (c64::new(1.0, v) - cis(v)) * (2.0 / (v * v));
            assert!((phi.value(v) - exact).norm() < 1e-13, "{v}");
        }
    }

    #[test]
    fn majorant_is_above_the_modulus_and_does_not_increase() {
        let laws = SHAPES.into_iter().chain([(1.0, 1.0)]);
        for (a, b) in laws {
            let phi = CharacteristicFunction::beta(a, b).unwrap();
            let mut last = 1.0;
            for v in arguments() {
                let bound = phi.majorant(v).bound();
                assert!(bound <= last, "beta:{a},{b} at {v}: {bound} after {last}");
                assert!(phi.value(v).norm() <= bound + phi.error_bound(v), "beta:{a},{b} at {v}");
                last = bound;
            }
        }
    }

    #[test]
    fn a_real_argument_and_its_negative_are_conjugate() {
        let phi = CharacteristicFunction::beta(2.0, 5.0).unwrap();
        assert_eq!(phi.value(-3.0), phi.value(3.0).conj());
    }
}
