//! The sharp law for leaky ReLU: how much background a network of a given slope below 0 learns.
//!
//! A neuron that is always active on its own class, and on the other with probability `P`, has the mean
//! derivative `rho = P + (1 - P) s` there. Core coordinates grow like `mu_j (1 + rho) / 2`, background ones like
//! `mu_j (1 - rho) / 2`: it is the fixed point of ReLU with `rho` in the place of `P` on the right side.
//!
//! # Source
//! `theory/notation.md`, section 13.

use super::fixed_point::{Moments, check_core, self_reproducing};
use super::normal_cdf;
use crate::error::Result;

/// The fixed point of a network of leaky ReLU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlopedFixedPoint {
    /// `P`, the probability that a pre-activation is positive on the other class.
    pub other_class_activation: f64,
    /// Background over core learned, `(E_B / E_C) (1 - rho) / (1 + rho)`.
    pub ratio: f64,
    /// What an error of `P` does to the ratio, `(E_B / E_C) 2 (1 - s) / (1 + rho)^2` times.
    pub sensitivity: f64,
    /// The share of the margin in distribution that is lost out of distribution, in the limit `P -> 0`.
    pub limit_lost_margin: f64,
}

impl SlopedFixedPoint {
    /// Solves the equation for a slope of 0 (ReLU) to 1 (the identity).
    ///
    /// # Errors
    /// If there is no core feature.
    pub fn solve(moments: &Moments, slope: f64) -> Result<Self> {
        check_core(moments.core_energy)?;
        let mean_derivative = |p: f64| p + (1.0 - p) * slope;
        let p = self_reproducing(|p| normal_cdf(moments.other_class_mean(mean_derivative(p))));
        let (rho, energies) = (mean_derivative(p), moments.background_energy / moments.core_energy);
        let core = moments.core_energy * (1.0 + slope).powi(2);
        let background = moments.background_energy * (1.0 - slope).powi(2);
        Ok(SlopedFixedPoint {
            other_class_activation: p,
            ratio: energies * (1.0 - rho) / (1.0 + rho),
            sensitivity: energies * 2.0 * (1.0 - slope) / (1.0 + rho).powi(2),
            limit_lost_margin: 2.0 * background / (core + background),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::FixedPoint;
    use crate::setting::Latent;

    fn moments(n_core: usize, n_features: usize) -> Moments {
        Moments::new(&vec![Latent::Uniform; n_features], n_core)
    }

    #[test]
    fn without_a_slope_it_is_the_fixed_point_of_relu() {
        for n_core in [8, 24] {
            let moments = moments(n_core, 32);
            let sloped = SlopedFixedPoint::solve(&moments, 0.0).unwrap();
            let relu = FixedPoint::solve(&moments).unwrap();
            assert_eq!(sloped.other_class_activation, relu.other_class_activation);
            assert!((sloped.ratio - relu.ratio).abs() < 1e-15);
        }
        let sloped = SlopedFixedPoint::solve(&moments(24, 32), 0.0).unwrap();
        assert!((sloped.limit_lost_margin - 0.5).abs() < 1e-15);
    }

    #[test]
    fn half_a_slope_learns_a_third_and_loses_a_fifth() {
        let sloped = SlopedFixedPoint::solve(&moments(1 << 9, 1 << 10), 0.5).unwrap();
        // P is below 1e-9: (1 - 1/2) / (1 + 1/2), and 2 (1/4) / (9/4 + 1/4).
        assert!((sloped.ratio - 1.0 / 3.0).abs() < 1e-8);
        assert!((sloped.limit_lost_margin - 0.2).abs() < 1e-15);
    }

    #[test]
    fn the_identity_learns_and_loses_nothing() {
        let sloped = SlopedFixedPoint::solve(&moments(16, 32), 1.0).unwrap();
        assert_eq!((sloped.ratio, sloped.limit_lost_margin), (0.0, 0.0));
    }
}
