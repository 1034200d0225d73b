//! A neuron and the hinge at once: pre-activation `S` and margin `M` as a pair of normal variables.

use std::f64::consts::TAU;

use super::margin::Corner;
use crate::predict::normal_cdf;

/// Where neuron and hinge are both active, and what stands at the boundary of that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Joint {
    /// `P(S > 0, M < 1)`.
    pub active: f64,
    /// The density of the standardised `S` at 0, times `P(M < 1 | S = 0)`.
    pub density: f64,
    /// `P(S > 0 | M = 1)`.
    pub at_corner: f64,
}

/// A product of densities that moves nothing.
const NEGLIGIBLE: f64 = 1e-12;

/// Rounding, and a margin whose mean slopes stand for those of each neuron, can take a correlation to 1.
const LARGEST_CORRELATION: f64 = 0.9999;

/// Below this the first order in the correlation is right to 1e-4, and takes no error function: that is where
/// networks of many features are.
const SMALL_CORRELATION: f64 = 0.01;

impl Joint {
    /// The same of a derivative that is 1 above and `leak` below 0, in the place of one that is 1 and 0: the
    /// rest is that of a linear neuron.
    pub fn leaking(self, leak: f64, corner: &Corner) -> Self {
        let kept = 1.0 - leak;
        Joint {
            active: leak * corner.active + kept * self.active,
            density: kept * self.density,
            at_corner: leak + kept * self.at_corner,
        }
    }

    /// From `r`, the standardised mean of `S`, with `Phi(r)` and the density there, from the hinge's corner, and
    /// from the correlation of `S` and `M`.
    pub fn new(
        (mean, active, density): (f64, f64, f64),
        corner: &Corner,
        correlation: f64,
    ) -> Self {
        if density * corner.density < NEGLIGIBLE {
            return Joint {
                active: active * corner.active,
                density: density * corner.active,
                at_corner: active,
            };
        }
        let rho = correlation.clamp(-LARGEST_CORRELATION, LARGEST_CORRELATION);
        let alpha = corner.position;
        if rho.abs() < SMALL_CORRELATION {
            return Joint {
                active: active * corner.active - rho * density * corner.density,
                density: density * (corner.active + rho * mean * corner.density),
                at_corner: active + rho * alpha * density,
            };
        }
        let rest = (1.0 - rho * rho).sqrt();
        Joint {
            active: active * corner.active + excess(mean, alpha, -rho),
            density: density * normal_cdf((alpha + rho * mean) / rest),
            at_corner: normal_cdf((mean + rho * alpha) / rest),
        }
    }
}

/// `Phi2(h, k; rho) - Phi(h) Phi(k)`: the integral of the bivariate normal density over its correlation from 0
/// to `rho`, by Gauss and Legendre's rule with two nodes. For correlations up to 1/2 it is right to 2e-4; where
/// larger ones occur the densities are next to 0.
fn excess(h: f64, k: f64, rho: f64) -> f64 {
    let density = |t: f64| {
        let rest = 1.0 - t * t;
        libm::exp(-0.5 * (h * h - 2.0 * h * k * t + k * k) / rest) / rest.sqrt()
    };
    let offset = 0.5 / 3.0_f64.sqrt();
    0.5 * rho * (density(rho * (0.5 - offset)) + density(rho * (0.5 + offset))) / TAU
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::normal_density;

    fn corner(position: f64) -> Corner {
        Corner {
            position,
            active: normal_cdf(position),
            density: normal_density(position),
            deviation: 1.0,
            slopes: Vec::new(),
        }
    }

    fn joint(mean: f64, position: f64, rho: f64) -> Joint {
        let at = (mean, normal_cdf(mean), normal_density(mean));
        Joint::new(at, &corner(position), rho)
    }

    #[test]
    fn at_the_middle_of_both_the_probability_is_sheppards() {
        // P(X > 0, Y < 0) = 1/4 - asin(rho) / (2 pi) for standard normal variables (Sheppard 1899).
        for rho in [-0.5, -0.25, 0.0, 0.25, 0.5] {
            let expected = 0.25 - f64::asin(rho) / TAU;
            assert!((joint(0.0, 0.0, rho).active - expected).abs() < 2e-4, "{rho}");
        }
    }

    /// The last one is of the first order only.
    const CASES: [(f64, f64, f64); 4] =
        [(-1.2, 0.4, -0.15), (0.3, -0.5, 0.1), (-0.5, 1.5, 0.2), (-1.2, 0.4, -0.009)];

    #[test]
    fn the_first_order_joins_the_rest() {
        let (near, beyond) = (joint(-1.2, 0.4, -0.009_999), joint(-1.2, 0.4, -0.010_001));
        assert!((near.active - beyond.active).abs() < 1e-5);
        assert!((near.density - beyond.density).abs() < 1e-4);
        assert!((near.at_corner - beyond.at_corner).abs() < 1e-4);
    }

    #[test]
    fn the_boundary_terms_are_the_derivatives_of_the_probability() {
        let h = 1e-5;
        for (mean, position, rho) in CASES {
            let of = joint(mean, position, rho);
            let by_mean =
                joint(mean + h, position, rho).active - joint(mean - h, position, rho).active;
            assert!((of.density - by_mean / (2.0 * h)).abs() < 1e-4, "{mean} {position} {rho}");
            let by_corner =
                joint(mean, position + h, rho).active - joint(mean, position - h, rho).active;
            let at_corner = normal_density(position) * of.at_corner;
            assert!((at_corner - by_corner / (2.0 * h)).abs() < 1e-4, "{mean} {position} {rho}");
        }
    }

    #[test]
    fn a_hinge_that_is_always_active_leaves_the_neuron_alone() {
        let Joint { active, density, at_corner } = joint(-0.7, 40.0, 0.3);
        assert_eq!((active, density), (normal_cdf(-0.7), normal_density(-0.7)));
        assert_eq!(at_corner, active);
    }
}
