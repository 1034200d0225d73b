//! The kernel for uniform latents. A uniform latent is symmetric about 1/2, so with `x = u t / 2`
//!
//! `phi(u t) = e^{ix} s`, `E[z e^{iutz}] = e^{ix} (s/2 + i r)`, `s = sin(x)/x`, `r = (s - cos x) / (2x)`,
//!
//! and the phases of all factors collect into `e^{itM}`: what is left is real. With `A = prod s_i`,
//! `R_j = r_j prod_{i != j} s_i` and `M_C`, `M_B` the two groups' mean pre-activations,
//!
//! `E_y[z_j 1] = P_y / 2 +- (1/pi) sum_k cos(t_k M_y) R_j(t_k) / (k + 1/2)`, minus on the core for `y = -1`,
//!
//! and in the gradient both classes join: `cos(t M_+) - cos(t M_-) = -2 sin(t M_C) sin(t M_B)`, so that one
//! accumulation per feature and node serves both.

use std::f64::consts::{FRAC_1_PI, PI};

use super::quadrature::{LANES, Quadrature};
use super::sums::Sums;
use crate::linalg::{UNIT_ROUNDOFF, vectorised};
use crate::predict::characteristic::centred_uniform;

type Lane = [f64; LANES];

/// Half-arguments below which the series replaces the quotients, which would amplify rounding.
const SMALL: f64 = 0.5;

/// One feature at a block of nodes: sine and cosine of `x_k = (2k + 1) x_0` go from block to block by a
/// rotation through `2 LANES x_0`.
#[derive(Debug, Clone, Copy)]
struct Wave {
    sin: Lane,
    cos: Lane,
    turn: (f64, f64),
    first: f64,
    /// `1 / x_0`, or 0 where no quotient is ever taken.
    inverse: f64,
    sign: f64,
}

impl Wave {
    #[inline(always)]
    fn new(weight: f64, spacing: f64) -> Self {
        let first = 0.25 * spacing * weight.abs();
        let (turn_sin, turn_cos) = libm::sincos(2.0 * first);
        let (mut sin, mut cos) = ([0.0; LANES], [0.0; LANES]);
        (sin[0], cos[0]) = libm::sincos(first);
        for lane in 1..LANES {
            sin[lane] = sin[lane - 1] * turn_cos + cos[lane - 1] * turn_sin;
            cos[lane] = cos[lane - 1] * turn_cos - sin[lane - 1] * turn_sin;
        }
        Wave {
            sin,
            cos,
            turn: libm::sincos(2.0 * LANES as f64 * first),
            first,
            inverse: if first > 0.0 { 1.0 / first } else { 0.0 },
            sign: weight.signum(),
        }
    }

    #[inline(always)]
    fn turn(&mut self) {
        let (turn_sin, turn_cos) = self.turn;
        for lane in 0..LANES {
            let (sin, cos) = (self.sin[lane], self.cos[lane]);
            self.sin[lane] = sin * turn_cos + cos * turn_sin;
            self.cos[lane] = cos * turn_cos - sin * turn_sin;
        }
    }

    /// `s` and the signed `r` at the block whose odd numbers `2k + 1` and their inverses are given.
    #[inline(always)]
    fn factors(&self, odd: &Lane, inverse_odd: &Lane) -> (Lane, Lane) {
        let (mut s, mut r) = ([0.0; LANES], [0.0; LANES]);
        if self.first * odd[LANES - 1] < SMALL {
            for lane in 0..LANES {
                (s[lane], r[lane]) = centred_uniform(self.first * odd[lane]);
            }
        } else {
            for lane in 0..LANES {
                let inverse = self.inverse * inverse_odd[lane];
                s[lane] = self.sin[lane] * inverse;
                r[lane] = 0.5 * inverse * (s[lane] - self.cos[lane]);
            }
            if self.first * odd[0] < SMALL {
                for lane in 0..LANES {
                    if self.first * odd[lane] < SMALL {
                        (s[lane], r[lane]) = centred_uniform(self.first * odd[lane]);
                    }
                }
            }
        }
        (s, r.map(|r| self.sign * r))
    }
}

/// The sums over all nodes, for weights of which the first `n_core` are core; without drifts and densities
/// where they are not wanted.
pub(super) fn sums(
    weights: &[f64],
    n_core: usize,
    quadrature: &Quadrature,
    wants_drift: bool,
) -> Sums {
    let group_mean = |weights: &[f64]| 0.5 * weights.iter().sum::<f64>();
    let means = (group_mean(&weights[..n_core]), group_mean(&weights[n_core..]));
    let mut sums = vectorised(
        #[inline(always)]
        move || match wants_drift {
            true => add_up::<true>(weights, (n_core, means), quadrature),
            false => add_up::<false>(weights, (n_core, means), quadrature),
        },
    );
    sums.finish_symmetric(n_core, quadrature);
    sums.error_bound = rounding(weights.len(), means.0.abs() + means.1.abs(), quadrature);
    sums
}

#[inline(always)]
fn add_up<const WANTS_DRIFT: bool>(
    weights: &[f64],
    (n_core, (core_mean, background_mean)): (usize, (f64, f64)),
    quadrature: &Quadrature,
) -> Sums {
    let n = weights.len();
    let mut waves: Vec<Wave> = weights.iter().map(|&u| Wave::new(u, quadrature.spacing)).collect();
    let mut products = Products::new(if WANTS_DRIFT { n } else { 0 });
    let mut sums = Sums::new(n);
    for block in 0..quadrature.n_blocks {
        let nodes = quadrature.nodes(block);
        let odd: Lane = std::array::from_fn(|lane| 2.0 * (block * LANES + lane) as f64 + 1.0);
        let inverse_odd = odd.map(|odd| 1.0 / odd);
        let core: [(f64, f64); LANES] = nodes.map(|(t, _)| libm::sincos(t * core_mean));
        let background: [(f64, f64); LANES] = nodes.map(|(t, _)| libm::sincos(t * background_mean));
        if block > 0 {
            waves.iter_mut().for_each(Wave::turn);
        }
        let mut of_group = [[0.0; LANES]; 2];
        let product = if WANTS_DRIFT {
            let weight = std::array::from_fn(|k| -nodes[k].1 * core[k].0 * background[k].0);
            products.replaced((&waves, n_core), (&odd, &inverse_odd), &weight, &mut of_group)
        } else {
            let mut product = [1.0; LANES];
            for wave in waves.iter().rev() {
                product = times(&product, &wave.factors(&odd, &inverse_odd).0);
            }
            product
        };
        for lane in 0..LANES {
            let ((core_sin, core_cos), (sin, cos)) = (core[lane], background[lane]);
            for (label, y) in [(0, 1.0), (1, -1.0)] {
                let sin_of_mean = sin * core_cos + y * cos * core_sin;
                let cos_of_mean = cos * core_cos - y * sin * core_sin;
                sums.active[label] += product[lane] * sin_of_mean * nodes[lane].1;
                let covariance = y * of_group[0][lane] + of_group[1][lane];
                sums.density[label] +=
                    0.5 * n as f64 * product[lane] * cos_of_mean - sin_of_mean * covariance;
            }
        }
    }
    for (total, lanes) in sums.drift.iter_mut().zip(&products.covariances) {
        *total = lanes.iter().sum();
    }
    sums
}

/// Products of the factors of a block of nodes, each in turn replaced by its `r`.
struct Products {
    /// `s`, and `r` times the factors before.
    factors: Vec<(Lane, Lane)>,
    covariances: Vec<Lane>,
}

impl Products {
    fn new(n: usize) -> Self {
        Products {
            factors: vec![([0.0; LANES], [0.0; LANES]); n],
            covariances: vec![[0.0; LANES]; n],
        }
    }

    /// Adds the products with one factor replaced, weighted, to the covariances and, as they are, to those
    /// of the groups; returns the product of all factors.
    #[inline(always)]
    fn replaced(
        &mut self,
        (waves, n_core): (&[Wave], usize),
        (odd, inverse_odd): (&Lane, &Lane),
        weight: &Lane,
        of_group: &mut [Lane; 2],
    ) -> Lane {
        // Products of the factors before each one; then, backwards, of those after it.
        let mut before = [1.0; LANES];
        for (wave, factor) in waves.iter().zip(&mut self.factors) {
            let (s, r) = wave.factors(odd, inverse_odd);
            *factor = (s, times(&r, &before));
            before = times(&before, &s);
        }
        let mut after = [1.0; LANES];
        for (j, (s, r)) in self.factors.iter().enumerate().rev() {
            let group = &mut of_group[usize::from(j >= n_core)];
            for lane in 0..LANES {
                let replaced = r[lane] * after[lane];
                self.covariances[j][lane] += weight[lane] * replaced;
                group[lane] += replaced;
                after[lane] *= s[lane];
            }
        }
        after
    }
}

#[inline(always)]
fn times(left: &Lane, right: &Lane) -> Lane {
    std::array::from_fn(|lane| left[lane] * right[lane])
}

/// A bound on the rounding error of every sum.
///
/// A rotation is one complex product, of relative error `sqrt 5 u` (Brent, Percival and Zimmermann 2007), by
/// a number within `sqrt 2 u` of modulus 1: below `4u`. So after `l` rotations sine and cosine are off by
/// at most `4 (l + 1) u`; `s` and `r`, quotients by `x >= 1/2`, by three times that and `8u`. A product of `n`
/// factors of modulus at most 1 is off by at most `n` times a factor's error. The phase `t M` has an
/// argument error of `n + 4` roundings of itself, and `t_k / (k + 1/2) = h`; likewise the arguments `x` of
/// all factors together one of `t_k sum |u_j| <= 2 t_k max |S|`, that is `4 pi (k + 1/2)`.
fn rounding(n: usize, mean: f64, quadrature: &Quadrature) -> f64 {
    let n = n as f64;
    let mut total = 0.0;
    for block in 0..quadrature.n_blocks {
        let n_rotations = (LANES + block) as f64;
        let factor = (12.0 * n_rotations + 9.0) * UNIT_ROUNDOFF;
        let weights: f64 = quadrature.nodes(block).iter().map(|(_, weight)| weight).sum();
        total += weights * ((n + 2.0) * factor + 16.0 * UNIT_ROUNDOFF);
    }
    let phases = 2.0 * quadrature.spacing * mean * (n + 4.0) + 4.0 * PI;
    let n_nodes = quadrature.n_nodes() as f64;
    // Additions: every partial sum is below 4 + ln(nodes), far below the number of nodes.
    FRAC_1_PI * (total + n_nodes * (phases + 16.0) * UNIT_ROUNDOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_and_quotients_meet() {
        for x in [0.3, 0.45, 0.499] {
            let (s, r) = centred_uniform(x);
            let (sin, cos) = libm::sincos(x);
            assert!((s - sin / x).abs() < 4e-16, "{x}");
            assert!((r - (sin / x - cos) / (2.0 * x)).abs() < 1e-15, "{x}");
        }
        assert_eq!(centred_uniform(0.0), (1.0, 0.0));
    }

    #[test]
    fn a_wave_keeps_its_angles_within_the_bound() {
        let mut wave = Wave::new(-0.7, 0.9);
        for block in 0..32 {
            for lane in 0..LANES {
                let x = (2 * (block * LANES + lane) + 1) as f64 * wave.first;
                let bound = (4.0 * (LANES + block) as f64 + x) * UNIT_ROUNDOFF;
                assert!((wave.sin[lane] - x.sin()).abs() <= bound, "{block} {lane}");
                assert!((wave.cos[lane] - x.cos()).abs() <= bound, "{block} {lane}");
            }
            wave.turn();
        }
    }
}
