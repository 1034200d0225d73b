//! Gauss-Jacobi quadrature for a Beta law: expectations of smooth functions of a latent.
//!
//! # Source
//! Golub and Welsch, *Calculation of Gauss quadrature rules*, Math. Comp. 23, 1969.

use crate::error::Result;
use crate::linalg::{CompensatedSum, UNIT_ROUNDOFF, tridiagonal_spectrum};

/// Nodes in [0, 1] and weights of sum 1: `E g(z)` is `sum w_i g(z_i)`, exact for polynomials of degree
/// below twice the number of nodes.
#[derive(Debug, Clone)]
pub(super) struct JacobiRule {
    pub nodes: Vec<f64>,
    pub weights: Vec<f64>,
    is_singular: bool,
}

impl JacobiRule {
    /// The rule of a Beta(a, b) law.
    pub fn new(a: f64, b: f64, n_nodes: usize) -> Result<Self> {
        // On x = 2 z - 1 the weight is (1 - x)^alpha (1 + x)^beta.
        let (alpha, beta) = (b - 1.0, a - 1.0);
        let sum = alpha + beta;
        let diagonal: Vec<f64> = (0..n_nodes)
            .map(|i| match i {
                0 => (beta - alpha) / (sum + 2.0),
                _ => {
                    let twice = 2.0 * i as f64 + sum;
                    (beta - alpha) * sum / (twice * (twice + 2.0))
                }
            })
            .collect();
        let off_diagonal: Vec<f64> =
            (1..n_nodes).map(|i| squared_off_diagonal(alpha, beta, i).sqrt()).collect();
        let eigenvalues = tridiagonal_spectrum(&diagonal, &off_diagonal)?;
        let polish = |x| polished(x, &diagonal, &off_diagonal);
        let (nodes, weights): (Vec<f64>, Vec<f64>) = eigenvalues.into_iter().map(polish).unzip();
        let total: f64 = weights.iter().copied().collect::<CompensatedSum>().value();
        Ok(JacobiRule {
            nodes: nodes.into_iter().map(|x| 0.5 * (1.0 + x)).collect(),
            weights: weights.into_iter().map(|weight| weight / total).collect(),
            is_singular: a.min(b) < 1.0,
        })
    }

    /// A bound on the error of a node, after the polishing. The constant is ours; the tests hold it
    /// against exact moments.
    pub fn node_error() -> f64 {
        16.0 * UNIT_ROUNDOFF
    }

    /// A bound on the errors of the weights together with the rounding of a sum over the nodes.
    ///
    /// Near an end point where the density is unbounded the nodes are `1/n^2` apart and hold much of
    /// the mass, so an error `u` of a node moves its weight by a share `n^2 u`.
    pub fn sum_error(&self) -> f64 {
        let n = self.nodes.len() as f64;
        let end_points = if self.is_singular { n * n } else { 0.0 };
        (16.0 + n + end_points) * UNIT_ROUNDOFF
    }
}

/// One Newton step for a zero of the last orthonormal polynomial, and the weight there: the inverse of
/// the sum of the squares of the polynomials before (Christoffel-Darboux).
fn polished(x: f64, diagonal: &[f64], off_diagonal: &[f64]) -> (f64, f64) {
    let (residual, slope, _) = orthonormal_polynomials(x, diagonal, off_diagonal);
    let node = x - residual / slope;
    let (_, _, squares) = orthonormal_polynomials(node, diagonal, off_diagonal);
    (node, 1.0 / squares)
}

/// At `x`: the polynomial of degree `n` up to a constant, its derivative, and the sum of the squares of
/// the orthonormal polynomials of degree below `n`.
fn orthonormal_polynomials(x: f64, diagonal: &[f64], off_diagonal: &[f64]) -> (f64, f64, f64) {
    let (mut before, mut value) = (0.0, 1.0);
    let (mut slope_before, mut slope) = (0.0, 0.0);
    let (mut coupling_before, mut squares) = (0.0, 0.0);
    for (i, center) in diagonal.iter().enumerate() {
        squares += value * value;
        // The last coupling only scales the polynomial of degree n.
        let coupling = off_diagonal.get(i).copied().unwrap_or(1.0);
        let next = ((x - center) * value - coupling_before * before) / coupling;
        let slope_next = (value + (x - center) * slope - coupling_before * slope_before) / coupling;
        (before, value) = (value, next);
        (slope_before, slope) = (slope, slope_next);
        coupling_before = coupling;
    }
    (value, slope, squares)
}

fn squared_off_diagonal(alpha: f64, beta: f64, i: usize) -> f64 {
    let sum = alpha + beta;
    if i == 1 {
        return 4.0 * (1.0 + alpha) * (1.0 + beta) / ((2.0 + sum).powi(2) * (3.0 + sum));
    }
    let i = i as f64;
    let twice = 2.0 * i + sum;
    4.0 * i * (i + alpha) * (i + beta) * (i + sum) / (twice * twice * (twice + 1.0) * (twice - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `E z^r` of Beta(a, b) is the product of `(a + i) / (a + b + i)` over `i < r`.
    #[test]
    fn moments_equal_their_closed_form_up_to_the_rules_degree() {
        for (a, b) in [(1.0, 1.0), (2.0, 5.0), (0.5, 0.5), (0.1, 100.0), (1.0, 2.0), (31.5, 7.25)] {
            let rule = JacobiRule::new(a, b, 40).unwrap();
            let mut exact = 1.0;
            for r in 0..80 {
                let terms = rule.nodes.iter().zip(&rule.weights);
                let moment: f64 = terms.map(|(z, w)| w * z.powi(r)).sum();
                let bound = f64::from(r) * JacobiRule::node_error() + rule.sum_error();
                assert!((moment - exact).abs() <= bound, "beta:{a},{b} r = {r}: {moment} {exact}");
                exact *= (a + f64::from(r)) / (a + b + f64::from(r));
            }
        }
    }
}
