//! The kernel for any independent latents: complex factors, no assumption of symmetry.
//!
//! With `F_j = psi_j prod_{i != j} phi_i` over a group of features, `psi(v) = E[z e^{ivz}]`, and `P`, `Q` the
//! products of core and background, the class -1 has the conjugate core. So
//!
//! `drift_j = mu_j / 2 + (1/pi) sum_k Re F_j Im Q / (k + 1/2)` on the core, and
//! `drift_j =            (1/pi) sum_k Im P Re F_j / (k + 1/2)` on the background.

use std::f64::consts::{FRAC_1_PI, PI};

use faer::c64;

use super::quadrature::Quadrature;
use super::sums::Sums;
use crate::linalg::UNIT_ROUNDOFF;
use crate::predict::characteristic::CharacteristicFunction;

/// One term `u_j z_j`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factor<'a> {
    pub weight: f64,
    pub mean: f64,
    pub law: &'a CharacteristicFunction,
    pub biased: &'a CharacteristicFunction,
}

const ONE: c64 = c64::new(1.0, 0.0);

/// Products of one group at one node.
struct Group {
    factors: Vec<(c64, c64)>,
    /// `F_j`.
    replaced: Vec<c64>,
    product: c64,
}

impl Group {
    fn new(n: usize) -> Self {
        Group { factors: Vec::with_capacity(n), replaced: Vec::with_capacity(n), product: ONE }
    }

    /// The product alone.
    fn multiply(&mut self, t: f64, group: &[Factor]) {
        let factors = group.iter().map(|f| f.law.value(f.weight * t));
        self.product = factors.fold(ONE, |product, phi| product * phi);
    }

    fn evaluate(&mut self, t: f64, group: &[Factor]) {
        self.factors.clear();
        self.replaced.clear();
        self.factors.extend(group.iter().map(|f| f.law.jet(f.biased, f.mean, f.weight * t)));
        let mut before = ONE;
        for &(phi, psi) in &self.factors {
            self.replaced.push(psi * before);
            before *= phi;
        }
        self.product = before;
        let mut after = ONE;
        for (replaced, &(phi, _)) in self.replaced.iter_mut().zip(&self.factors).rev() {
            *replaced *= after;
            after *= phi;
        }
    }
}

/// The sums over all nodes, for factors of which the first `n_core` are core; without drifts and densities
/// where they are not wanted.
pub(super) fn sums(
    factors: &[Factor],
    n_core: usize,
    quadrature: &Quadrature,
    wants_drift: bool,
) -> Sums {
    let mut sums = if wants_drift {
        with_drift(factors, n_core, quadrature)
    } else {
        without_drift(factors, n_core, quadrature)
    };
    sums.finish(quadrature);
    sums.error_bound = rounding(factors, quadrature);
    sums
}

fn without_drift(factors: &[Factor], n_core: usize, quadrature: &Quadrature) -> Sums {
    let (core_factors, background_factors) = factors.split_at(n_core);
    let (mut core, mut background) = (Group::new(0), Group::new(0));
    let mut sums = Sums::new(factors.len());
    for (t, weight) in (0..quadrature.n_blocks).flat_map(|block| quadrature.nodes(block)) {
        core.multiply(t, core_factors);
        background.multiply(t, background_factors);
        for (label, p) in [(0, core.product), (1, core.product.conj())] {
            sums.active[label] += (p * background.product).im * weight;
        }
    }
    sums
}

fn with_drift(factors: &[Factor], n_core: usize, quadrature: &Quadrature) -> Sums {
    let (core_factors, background_factors) = factors.split_at(n_core);
    let mut core = Group::new(n_core);
    let mut background = Group::new(background_factors.len());
    let mut sums = Sums::new(factors.len());
    for (t, weight) in (0..quadrature.n_blocks).flat_map(|block| quadrature.nodes(block)) {
        core.evaluate(t, core_factors);
        background.evaluate(t, background_factors);
        let (p, q) = (core.product, background.product);
        let (core_drift, background_drift) = sums.drift.split_at_mut(n_core);
        add_real_parts(core_drift, &core.replaced, weight * q.im);
        add_real_parts(background_drift, &background.replaced, weight * p.im);
        let total = |group: &Group| group.replaced.iter().fold(c64::new(0.0, 0.0), |a, b| a + b);
        let (in_core, in_background) = (total(&core), total(&background));
        for (label, p, in_core) in [(0, p, in_core), (1, p.conj(), in_core.conj())] {
            sums.active[label] += (p * q).im * weight;
            sums.density[label] += (in_core * q + p * in_background).re;
        }
    }
    for (j, drift) in sums.drift.iter_mut().enumerate() {
        *drift *= FRAC_1_PI;
        if j < n_core {
            *drift += 0.5 * factors[j].mean;
        }
    }
    sums
}

fn add_real_parts(totals: &mut [f64], values: &[c64], weight: f64) {
    for (total, value) in totals.iter_mut().zip(values) {
        *total += weight * value.re;
    }
}

/// A bound on the rounding error of every sum: of a product of factors of modulus at most 1, the factors'
/// own errors, at most twice those of `phi` for `psi`, and `sqrt 5 u < 3 u` for each multiplication (Brent, Percival and
/// Zimmermann 2007); the arguments, off by two roundings, `sum |u_j| t_k <= 4 pi (k + 1/2)`; the additions.
fn rounding(factors: &[Factor], quadrature: &Quadrature) -> f64 {
    let last = (quadrature.n_nodes() as f64) * quadrature.spacing;
    let own_errors: f64 = factors
        .iter()
        .map(|factor| {
            let v = factor.weight.abs() * last;
            let errors = [factor.law, factor.biased].map(|law| law.largest_error_bound(v));
            2.0 * errors[0].max(errors[1]) + 3.0 * UNIT_ROUNDOFF
        })
        .sum();
    let n_nodes = quadrature.n_nodes() as f64;
    // sum 1 / (k + 1/2) <= 2 + ln(2 n + 1).
    let weights = 2.0 + (2.0 * n_nodes + 1.0).ln();
    FRAC_1_PI
        * (weights * (own_errors + 8.0 * UNIT_ROUNDOFF)
            + n_nodes * (8.0 * PI + 16.0) * UNIT_ROUNDOFF)
}
