//! A neuron and the hinge at once: pre-activation `S` and margin `M` as a pair of normal variables.

use std::f64::consts::TAU;

use super::margin::Corner;
use crate::predict::{normal_cdf, normal_density};

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

impl Joint {
    /// From `r`, the standardised mean of `S`, from `Phi(r)`, the hinge's corner, and the correlation of `S`
    /// and `M`.
    pub fn new(mean: f64, active: f64, corner: &Corner, correlation: f64) -> Self {
        let density = normal_density(mean);
        if density * corner.density < NEGLIGIBLE {
            return Joint {
                active: active * corner.active,
                density: density * corner.active,
                at_corner: active,
            };
        }
        let rho = correlation.clamp(-LARGEST_CORRELATION, LARGEST_CORRELATION);
        let rest = (1.0 - rho * rho).sqrt();
        let alpha = corner.position;
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
        Joint::new(mean, normal_cdf(mean), &corner(position), rho)
    }

    #[test]
    fn at_the_middle_of_both_the_probability_is_sheppards() {
        // P(X > 0, Y < 0) = 1/4 - asin(rho) / (2 pi) for standard normal variables (Sheppard 1899).
        for rho in [-0.5, -0.25, 0.0, 0.25, 0.5] {
            let expected = 0.25 - f64::asin(rho) / TAU;
            assert!((joint(0.0, 0.0, rho).active - expected).abs() < 2e-4, "{rho}");
        }
    }

    #[test]
    fn the_boundary_terms_are_the_derivatives_of_the_probability() {
        let h = 1e-5;
        for (mean, position, rho) in [(-1.2, 0.4, -0.15), (0.3, -0.5, 0.1), (-0.5, 1.5, 0.2)] {
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
