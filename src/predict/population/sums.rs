//! The sums over the nodes that both kernels fill.

use std::f64::consts::FRAC_1_PI;

use super::quadrature::Quadrature;

/// What the kernels add up; entries of two are for the classes +1 and -1.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    /// In the end the drifts `E[y 1 s_j]`.
    pub drift: Vec<f64>,
    /// In the end `P(S > 0 | y)`.
    pub active: [f64; 2],
    /// In the end `E[sum_j z_j delta(S) | y]`, the density of `S` at 0 times a conditional mean.
    pub density: [f64; 2],
    /// A bound on the rounding error of drifts and probabilities.
    pub error_bound: f64,
}

impl Sums {
    pub fn new(n: usize) -> Self {
        Sums { drift: vec![0.0; n], active: [0.0; 2], density: [0.0; 2], error_bound: 0.0 }
    }

    /// Probabilities and densities from their sums.
    pub fn finish(&mut self, quadrature: &Quadrature) {
        self.active = self.active.map(|sum| (0.5 + FRAC_1_PI * sum).clamp(0.0, 1.0));
        self.density = self.density.map(|sum| (FRAC_1_PI * quadrature.spacing * sum).max(0.0));
    }

    /// The same, and drifts from sums of covariances alone: `(P_+ +- P_-) / 4` is added for means of 1/2.
    pub fn finish_symmetric(&mut self, n_core: usize, quadrature: &Quadrature) {
        self.finish(quadrature);
        let [own, other] = self.active;
        for (j, drift) in self.drift.iter_mut().enumerate() {
            let share = if j < n_core { own + other } else { own - other };
            *drift = 0.25 * share + FRAC_1_PI * *drift;
        }
    }
}
