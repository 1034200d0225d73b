//! Moments of projections of one neuron's gradient: `E[Z^p 1{<u, s> >= 0} | y]` for `Z = sum_j b_j z_j` over the
//! core, and over the background.

use std::f64::consts::FRAC_1_PI;
use std::ops::Range;
use std::sync::Arc;

use faer::c64;

use super::PopulationOracle;
use super::quadrature::Quadrature;
use crate::error::Result;
use crate::linalg::UNIT_ROUNDOFF;
use crate::predict::Certified;
use crate::predict::characteristic::CharacteristicFunction;
use crate::setting::ByLabel;

/// `E[Z 1]` and `E[Z^2 1]` of both classes, with `Z = sum_j b_j z_j` over one group of features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProjectedMoments {
    /// `E[Z 1{<u, s> >= 0} | y]`.
    pub first: ByLabel<Certified>,
    /// `E[Z^2 1{<u, s> >= 0} | y]`.
    pub second: ByLabel<Certified>,
}

/// The moments of both groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupMoments {
    /// `Z` over the core features.
    pub core: ProjectedMoments,
    /// `Z` over the background features.
    pub background: ProjectedMoments,
}

/// `E[Z^p e^{itS}]` of one group for `p = 0, 1, 2`.
type Moments = [c64; 3];

impl PopulationOracle {
    /// The moments for the direction `b`, one entry per feature; `None` where the characteristic function
    /// falls too slowly to be inverted (Bernoulli latents, sums of a few terms).
    ///
    /// One factor after another, `E[Z^2 e]` becomes `E[Z^2 e] phi + 2 b E[Z e] psi + b^2 E[e] chi`, with `psi` and `chi`
    /// the first and second moments against `e^{ivz}`: no division, one pass for all powers. Weights `b` enter the
    /// truncation error as `(sum |b_j|)^p`.
    ///
    /// # Errors
    /// See [`crate::predict::ActivationOracle::probabilities`].
    pub fn projected_moments(
        &self,
        weights: &[f64],
        direction: &[f64],
    ) -> Result<Option<GroupMoments>> {
        let weights = self.exact.checked(weights)?;
        let terms = self.terms(&weights, 0.0);
        let variance = weights.iter().zip(&self.variances).map(|(u, v)| u * u * v).sum();
        let quadrature = Quadrature::new(&terms, self.range(&weights), variance, 2);
        let Some(quadrature) = quadrature.filter(|_| !self.exact.is_discrete(&weights)) else {
            return Ok(None);
        };
        // By group, class and power.
        let mut sums = [[[0.0; 2]; 2]; 2];
        for (t, weight) in (0..quadrature.n_blocks).flat_map(|block| quadrature.nodes(block)) {
            let [core, background] = self.groups(&weights, direction, t);
            for (label, core) in [(0, core), (1, core.map(|moment| moment.conj()))] {
                for power in [1, 2] {
                    sums[0][label][power - 1] += weight * (core[power] * background[0]).im;
                    sums[1][label][power - 1] += weight * (core[0] * background[power]).im;
                }
            }
        }
        let error = quadrature.truncation + self.projection_rounding(&quadrature);
        let n_core = self.exact.n_core();
        let of_group = |features: Range<usize>, sums: [[f64; 2]; 2]| {
            let terms =
                || features.clone().map(|j| (direction[j], self.means[j], self.variances[j]));
            let mean: f64 = terms().map(|(b, mean, _)| b * mean).sum();
            let variance: f64 = terms().map(|(b, _, variance)| b * b * variance).sum();
            let reach: f64 = terms().map(|(b, ..)| b.abs()).sum();
            let of_power = |power: usize| {
                let whole = [mean, variance + mean * mean][power - 1];
                let certified = |sums: [f64; 2]| {
                    let value = 0.5 * whole + FRAC_1_PI * sums[power - 1];
                    Certified::new(value, reach.powi(power as i32) * error)
                };
                ByLabel { positive: certified(sums[0]), negative: certified(sums[1]) }
            };
            ProjectedMoments { first: of_power(1), second: of_power(2) }
        };
        Ok(Some(GroupMoments {
            core: of_group(0..n_core, sums[0]),
            background: of_group(n_core..weights.len(), sums[1]),
        }))
    }

    /// Core and background at one node, for the class +1.
    fn groups(&self, weights: &[f64], direction: &[f64], t: f64) -> [Moments; 2] {
        let (one, zero) = (c64::new(1.0, 0.0), c64::new(0.0, 0.0));
        let mut groups = [[one, zero, zero]; 2];
        for (j, laws) in self.exact.laws().enumerate() {
            let (v, b) = (weights[j] * t, direction[j]);
            let (mean, second) = (self.means[j], self.variances[j] + self.means[j] * self.means[j]);
            let (phi, psi) = laws[0].jet(&laws[1], mean, v);
            let psi = psi * b;
            let chi = laws[2].value(v) * (b * b * second);
            let group = &mut groups[usize::from(j >= self.exact.n_core())];
            let [m0, m1, m2] = *group;
            *group = [m0 * phi, m1 * phi + m0 * psi, m2 * phi + m1 * psi * 2.0 + m0 * chi];
        }
        groups
    }

    /// For `sum |b_j| = 1`: a factor is off by its own error, twice for `psi`, and a few roundings, a product of `n`
    /// by `n` times that, and each of the up to four terms of a second moment likewise.
    fn projection_rounding(&self, quadrature: &Quadrature) -> f64 {
        let n_nodes = quadrature.n_nodes() as f64;
        let last = n_nodes * quadrature.spacing;
        let own = |laws: &[Arc<CharacteristicFunction>; 3]| -> f64 {
            laws.iter().map(|law| law.largest_error_bound(last)).fold(0.0, f64::max)
        };
        let errors: f64 = self.exact.laws().map(|laws| 2.0 * own(laws) + 8.0 * UNIT_ROUNDOFF).sum();
        let weights = 2.0 + (2.0 * n_nodes + 1.0).ln();
        4.0 * FRAC_1_PI * (weights * errors + n_nodes * 64.0 * UNIT_ROUNDOFF)
    }
}
