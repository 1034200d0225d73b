//! The population gradient: fast, certified, one neuron at a time.
//!
//! While the hinge is active on every sample, `-<grad_k, m_j> = a_k D_j(u_k)` with the *drift*
//! `D_j(u) = E[y 1{<u, s> >= 0} s_j]`, which depends on the neuron's own weights alone. [`PopulationOracle`]
//! computes it with a bound on its error, [`PopulationRun`] iterates it: training without sampling noise.
//!
//! # Source
//! `theory/notation.md`, section 8; Gil-Pelaez 1951.

mod general;
mod projected;
mod quadrature;
mod run;
mod sums;
mod symmetric;

use std::sync::Arc;

use super::Certified;
use super::activation::{ActivationOracle, signed_coefficients};
use super::characteristic::CharacteristicFunction;
use crate::error::Result;
use crate::setting::{ByLabel, Label, Latent};

use general::Factor;
use quadrature::{Quadrature, Term};
use sums::Sums;

pub use projected::{GroupMoments, ProjectedMoments};
pub use run::{PopulationRun, largest_margin};

/// Drifts of neurons on the data of one setting.
///
/// ```
/// use feature_contamination::predict::PopulationOracle;
/// use feature_contamination::setting::Latent;
///
/// // P(z_1 - z_2 + z_3 >= 0) for uniform latents is 5/6.
/// let oracle = PopulationOracle::new(&[Latent::Uniform; 3], 0)?;
/// let active = oracle.probabilities(&[1.0, -1.0, 1.0])?.positive;
/// assert!((active.value - 5.0 / 6.0).abs() <= active.error_bound);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PopulationOracle {
    exact: ActivationOracle,
    means: Vec<f64>,
    variances: Vec<f64>,
}

/// The drift of one neuron, and what decides about its size.
#[derive(Debug, Clone)]
pub struct Drift {
    /// `D_j = E[y 1{<u, s> >= 0} s_j]`, one entry per feature; a step adds `eta a_k D_j`.
    pub mean: Certified<Vec<f64>>,
    /// `P(<u, s> >= 0 | y)`.
    pub active: ByLabel<Certified>,
    /// A bound on the spectral norm of `dD/du`, at every point within the radius that was asked for;
    /// infinite where the latents have no density to bound it with.
    pub lipschitz: f64,
}

/// What [`PopulationOracle::probabilities`] may be off by, relative to itself.
const RELATIVE_ERROR: f64 = 1e-6;

/// How much of a drift is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ask {
    /// Probabilities alone.
    Active,
    Drift,
    /// Also its Lipschitz constant, on the ball of this radius.
    Lipschitz(f64),
}

impl PopulationOracle {
    /// Prepares the laws of the latents; the first `n_core` features are core.
    ///
    /// # Errors
    /// See [`ActivationOracle::new`].
    pub fn new(latents: &[Latent], n_core: usize) -> Result<Self> {
        Ok(PopulationOracle {
            exact: ActivationOracle::new(latents, n_core)?,
            means: latents.iter().map(|latent| latent.mean()).collect(),
            variances: latents.iter().map(|latent| latent.variance()).collect(),
        })
    }

    /// The drift of a neuron with feature coordinates `weights`; its Lipschitz constant is not computed.
    ///
    /// # Errors
    /// See [`ActivationOracle::probabilities`].
    pub fn drift(&self, weights: &[f64]) -> Result<Drift> {
        self.asked(weights, Ask::Drift)
    }

    /// The drift, and its Lipschitz constant on the ball of this radius about the weights.
    ///
    /// # Errors
    /// See [`ActivationOracle::probabilities`].
    pub fn drift_near(&self, weights: &[f64], radius: f64) -> Result<Drift> {
        self.asked(weights, Ask::Lipschitz(radius))
    }

    /// The activation probabilities alone, as [`ActivationOracle::probabilities`] has them up to a millionth: by
    /// the sums of the population gradient, which cost a twentieth, where their error is that small, and else by that oracle.
    ///
    /// # Errors
    /// See [`ActivationOracle::probabilities`].
    pub fn probabilities(&self, weights: &[f64]) -> Result<ByLabel<Certified>> {
        if !self.exact.is_discrete(weights) {
            let active = self.asked(weights, Ask::Active)?.active;
            let is_sharp = |p: Certified| p.value > RELATIVE_ERROR.recip() * p.error_bound;
            if is_sharp(active.positive) && is_sharp(active.negative) {
                return Ok(ByLabel::from_fn(|label| {
                    let certain = self.exact.certain(weights, label);
                    certain.map_or(*active.of(label), |p| Certified::new(p, 0.0))
                }));
            }
        }
        self.exact.probabilities(weights)
    }

    fn asked(&self, weights: &[f64], ask: Ask) -> Result<Drift> {
        let scaled = self.exact.checked(weights)?;
        let largest = |weights: &[f64]| weights.iter().fold(0.0_f64, |a, u| a.max(u.abs()));
        // A positive factor: the drift does not change, its derivative does.
        let scale = largest(&scaled) / largest(weights);
        let terms: Vec<Term> = self.terms(&scaled, 0.0);
        let variance = scaled.iter().zip(&self.variances).map(|(u, v)| u * u * v).sum();
        let quadrature = Quadrature::new(&terms, self.range(&scaled), variance, 1);
        let Some(quadrature) = quadrature.filter(|_| !self.exact.is_discrete(&scaled)) else {
            return self.by_the_general_route(weights);
        };
        let sums = self.sums(&scaled, &quadrature, ask != Ask::Active);
        let error_bound = quadrature.truncation + sums.error_bound;
        let probability = |label: usize| Certified::new(sums.active[label], error_bound);
        Ok(Drift {
            active: ByLabel { positive: probability(0), negative: probability(1) },
            lipschitz: match ask {
                Ask::Active | Ask::Drift => f64::INFINITY,
                Ask::Lipschitz(radius) => {
                    scale * self.lipschitz(&scaled, radius * scale, &sums, &quadrature)
                }
            },
            mean: Certified::new(sums.drift, error_bound),
        })
    }

    /// Both kernels give the same sums; uniform latents have the cheaper one.
    fn sums(&self, weights: &[f64], quadrature: &Quadrature, wants_drift: bool) -> Sums {
        let laws = self.exact.laws();
        let is_uniform = |laws: &[Arc<CharacteristicFunction>; 3]| {
            matches!(*laws[0], CharacteristicFunction::Uniform)
        };
        if laws.clone().all(is_uniform) {
            return symmetric::sums(weights, self.exact.n_core(), quadrature, wants_drift);
        }
        let factor = |((&weight, &mean), laws): ((_, _), &'_ [Arc<CharacteristicFunction>; 3])| {
            (weight, mean, Arc::clone(&laws[0]), Arc::clone(&laws[1]))
        };
        let owned: Vec<_> = weights.iter().zip(&self.means).zip(laws).map(factor).collect();
        let factors: Vec<Factor> = owned
            .iter()
            .map(|(weight, mean, law, biased)| Factor { weight: *weight, mean: *mean, law, biased })
            .collect();
        general::sums(&factors, self.exact.n_core(), quadrature, wants_drift)
    }

    /// `|dD/du| <= (1/2) sum_y E[|z|^2 delta(S) | y]`: the derivative of `E_y[z 1]` in the coefficients is the
    /// positive matrix `E_y[z z^T delta(S)]`, whose norm is at most its trace, and `z_j^2 <= z_j`. From the
    /// centre of the ball to any other point that changes by at most the radius times the norm of its
    /// gradient, `sqrt(d0)` times `d0 (1/pi) int t B(t) dt`.
    fn lipschitz(&self, weights: &[f64], radius: f64, sums: &Sums, quadrature: &Quadrature) -> f64 {
        let n = weights.len() as f64;
        let terms = self.terms(weights, radius);
        let [positive, negative] = sums.density;
        let roundings = sums.error_bound * quadrature.spacing * quadrature.n_nodes() as f64;
        let at_centre =
            0.5 * (positive + negative) + n * (quadrature.density_truncation(&terms) + roundings);
        if radius == 0.0 {
            return at_centre;
        }
        at_centre + radius * n * n.sqrt() * quadrature.density_slope(&terms)
    }

    fn terms(&self, weights: &[f64], radius: f64) -> Vec<Term> {
        let term = |(u, laws): (&f64, &[Arc<CharacteristicFunction>; 3])| Term {
            modulus: (u.abs() - radius).max(0.0),
            law: Arc::clone(&laws[0]),
        };
        weights.iter().zip(self.exact.laws()).map(term).collect()
    }

    /// The largest `|S|` over both classes.
    fn range(&self, weights: &[f64]) -> f64 {
        let of_label = |label| {
            let coefficients = signed_coefficients(weights, self.exact.n_core(), label);
            let part = |sign: f64| coefficients.iter().map(|c| (sign * c).max(0.0)).sum::<f64>();
            part(1.0).max(part(-1.0))
        };
        of_label(Label::Positive).max(of_label(Label::Negative))
    }

    /// Bernoulli latents, and sums of a few terms.
    fn by_the_general_route(&self, weights: &[f64]) -> Result<Drift> {
        let means = self.exact.truncated_means(weights)?;
        let value = |j: usize| {
            let (own, other) = (means.positive.value[j], means.negative.value[j]);
            0.5 * if j < self.exact.n_core() { own + other } else { own - other }
        };
        let error_bound = means.positive.error_bound.max(means.negative.error_bound);
        Ok(Drift {
            mean: Certified::new((0..weights.len()).map(value).collect(), error_bound),
            active: self.exact.probabilities(weights)?,
            lipschitz: f64::INFINITY,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::ExpectedGradient;
    use crate::setting::Setting;

    /// Weights without a pattern, of very different sizes; no random number is allowed here.
    fn irregular(n: usize, shift: f64) -> Vec<f64> {
        let weight = |j: usize| {
            let x = (j as f64 * 12.9898 + shift * 78.233).sin() * 43_758.545_3;
            (x - x.floor() - 0.5) * if j % 7 == 3 { 1e-3 } else { 1.0 }
        };
        (0..n).map(weight).collect()
    }

    /// Near what training leads to: even, both groups with their drifts.
    fn trained(n: usize) -> Vec<f64> {
        let noise = irregular(n, 5.0);
        (0..n).map(|j| if j < n / 2 { 0.6 } else { 0.5 } + 0.1 * noise[j]).collect()
    }

    fn latents(law: &str, n: usize) -> Vec<Latent> {
        let laws: Vec<Latent> = law.split('+').map(|law| law.parse().unwrap()).collect();
        (0..n).map(|j| laws[j % laws.len()]).collect()
    }

    #[test]
    fn drifts_agree_with_the_general_route_within_their_bounds() {
        for law in
            ["uniform", "beta:2,5", "beta:0.5,0.5", "uniform+beta:2,5", "uniform+bernoulli:0.3"]
        {
            // The general route takes seconds where a law is discrete or its density unbounded.
            let sizes: &[usize] = if law.contains('0') { &[16] } else { &[8, 16, 64] };
            for &n in sizes {
                let setting = Setting::theorem(n).with(|p| p.latents = latents(law, n)).unwrap();
                let exact = ActivationOracle::new(&setting.latents, n / 2).unwrap();
                let fast = PopulationOracle::new(&setting.latents, n / 2).unwrap();
                for weights in [irregular(n, 0.0), irregular(n, 1.0), trained(n)] {
                    let slow = ExpectedGradient::new(&exact, &setting, 0, &weights).unwrap();
                    let Drift { mean, active, .. } = fast.drift(&weights).unwrap();
                    let a = setting.output_weight(0);
                    for (j, (fast, slow)) in mean.value.iter().zip(&slow.mean.value).enumerate() {
                        let difference = (fast - slow / a).abs();
                        let bound = mean.error_bound + 1e-12;
                        assert!(difference <= bound, "{law} {n} {j}: {difference} > {bound}");
                    }
                    let probabilities = exact.probabilities(&weights).unwrap();
                    for label in Label::BOTH {
                        let difference = active.of(label).value - probabilities.of(label).value;
                        assert!(difference.abs() <= mean.error_bound + 1e-12, "{law} {n}");
                    }
                    assert!(
                        law.contains('0') || n < 16 || mean.error_bound < 1e-10,
                        "{law} {n}: {mean:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn probabilities_are_those_of_the_exact_oracle_small_ones_too() {
        for law in ["uniform", "beta:2,5"] {
            let latents = latents(law, 32);
            let exact = ActivationOracle::new(&latents, 24).unwrap();
            let fast = PopulationOracle::new(&latents, 24).unwrap();
            // Trained with little background: hardly ever active on the other class.
            for weights in [irregular(32, 0.0), vec![0.5; 32]] {
                let (fast, exact) =
                    (fast.probabilities(&weights).unwrap(), exact.probabilities(&weights).unwrap());
                for label in Label::BOTH {
                    let (fast, exact) = (fast.of(label).value, exact.of(label).value);
                    assert!((fast - exact).abs() <= 1e-6 * exact.abs(), "{law}: {fast} {exact}");
                }
            }
        }
    }

    #[test]
    fn few_features_and_bernoulli_latents_take_the_general_route() {
        for (law, weights) in [("uniform", [1.0, -0.5]), ("bernoulli:0.3", [1.0, -0.5])] {
            let setting = Setting::theorem(2).with(|p| p.latents = latents(law, 2)).unwrap();
            let exact = ActivationOracle::new(&setting.latents, 1).unwrap();
            let slow = ExpectedGradient::new(&exact, &setting, 0, &weights).unwrap();
            let oracle = PopulationOracle::new(&setting.latents, 1).unwrap();
            let drift = oracle.drift_near(&weights, 0.0).unwrap();
            let a = setting.output_weight(0);
            assert_eq!(drift.lipschitz, f64::INFINITY);
            for (fast, slow) in drift.mean.value.iter().zip(&slow.mean.value) {
                assert!((fast - slow / a).abs() < 1e-15, "{law}");
            }
        }
    }

    #[test]
    fn without_core_weights_the_background_drift_is_exactly_zero() {
        for law in ["uniform", "beta:2,5"] {
            let mut weights = irregular(16, 2.0);
            weights[..8].fill(0.0);
            let oracle = PopulationOracle::new(&latents(law, 16), 8).unwrap();
            let drift = oracle.drift(&weights).unwrap();
            assert!(drift.mean.value[8..].iter().all(|&drift| drift == 0.0), "{law}");
            assert!(drift.mean.value[0] > 0.1, "{law}");
        }
    }

    #[test]
    fn the_lipschitz_constant_bounds_difference_quotients_and_is_of_their_size() {
        for law in ["uniform", "beta:2,5"] {
            let oracle = PopulationOracle::new(&latents(law, 32), 16).unwrap();
            let weights = irregular(32, 3.0);
            let (step, at) = (1e-3, oracle.drift_near(&weights, 2e-3).unwrap());
            // The core's mean is nearly the direction of the largest derivative.
            let moved: Vec<f64> =
                (0..32).map(|j| weights[j] + if j < 16 { step / 4.0 } else { 0.0 }).collect();
            let there = oracle.drift(&moved).unwrap();
            let squares = at.mean.value.iter().zip(&there.mean.value).map(|(a, b)| (a - b).powi(2));
            let quotient = squares.sum::<f64>().sqrt() / step;
            assert!(quotient <= at.lipschitz, "{law}: {quotient} > {}", at.lipschitz);
            let point = oracle.drift_near(&weights, 0.0).unwrap().lipschitz;
            assert!(at.lipschitz > point && point < 20.0 * quotient, "{law}: {point} {quotient}");
        }
    }

    #[test]
    fn projected_moments_of_one_feature_are_its_truncated_moments() {
        for law in ["uniform", "beta:2,5"] {
            let latents = latents(law, 16);
            let exact = ActivationOracle::new(&latents, 8).unwrap();
            let oracle = PopulationOracle::new(&latents, 8).unwrap();
            let weights = irregular(16, 4.0);
            let (first, second) = (
                exact.truncated_means(&weights).unwrap(),
                exact.truncated_squares(&weights).unwrap(),
            );
            for j in [0, 11] {
                let direction: Vec<f64> = (0..16).map(|i| f64::from(u8::from(i == j))).collect();
                let groups = oracle.projected_moments(&weights, &direction).unwrap().unwrap();
                let moments = if j < 8 { groups.core } else { groups.background };
                for label in Label::BOTH {
                    let [m1, m2] = [moments.first.of(label), moments.second.of(label)];
                    assert!((m1.value - first.of(label).value[j]).abs() <= m1.error_bound, "{law}");
                    assert!(
                        (m2.value - second.of(label).value[j]).abs() <= m2.error_bound,
                        "{law}"
                    );
                    assert!(m2.error_bound < 1e-10, "{law}: {m2:?}");
                }
            }
            // A sum of two: E[(z_0 + z_5) 1] adds up.
            let both: Vec<f64> = (0..16).map(|i| f64::from(u8::from(i == 0 || i == 5))).collect();
            let groups = oracle.projected_moments(&weights, &both).unwrap().unwrap();
            let sum = groups.core.first.positive;
            let parts = first.positive.value[0] + first.positive.value[5];
            assert!((sum.value - parts).abs() <= sum.error_bound, "{law}");
        }
    }

    #[test]
    fn a_run_is_the_iterated_drift_and_its_error_stays_small() {
        let setting = Setting::theorem(16);
        let start = faer::Mat::from_fn(2, 16, |k, j| irregular(16, k as f64)[j] / 32.0);
        let mut run = PopulationRun::new(&setting, &[0, 40], start.as_ref()).unwrap();
        run.advance_to(setting.steps_to(6.0)).unwrap();
        let exact = ActivationOracle::new(&setting.latents, 8).unwrap();
        let (q, eta) = (setting.shrinkage(), setting.learning_rate);
        for (row, neuron_idx) in [0, 40].into_iter().enumerate() {
            let mut weights: Vec<f64> = (0..16).map(|j| start[(row, j)]).collect();
            for _ in 0..run.n_steps_done() {
                let step = ExpectedGradient::new(&exact, &setting, neuron_idx, &weights).unwrap();
                for (u, g) in weights.iter_mut().zip(&step.mean.value) {
                    *u = q * *u + eta * g;
                }
            }
            let squares =
                weights.iter().enumerate().map(|(j, u)| (u - run.weights()[(row, j)]).powi(2));
            let distance = squares.sum::<f64>().sqrt();
            let bound = run.error_bounds()[row];
            assert!(distance <= bound + 1e-12 && bound < 1e-6, "{row}: {distance} {bound}");
        }
    }

    #[test]
    fn the_largest_margin_is_that_of_all_latents_at_one_where_weights_are_positive() {
        // m = 4: neurons 0, 1 have a = 1/4. On the class +1 each reaches 1 + 2 = 3.
        let setting = Setting::theorem(2).with(|p| p.width = 4).unwrap();
        let weights = faer::Mat::from_fn(4, 2, |k, j| if k < 2 { 1.0 + j as f64 } else { -1.0 });
        assert_eq!(largest_margin(&setting, weights.as_ref()), 2.0 * 0.25 * 3.0);
        let few = PopulationRun::new(&setting, &[0], weights.as_ref()).unwrap_err().to_string();
        assert!(few.contains("shape of the start"), "{few}");
        let unknown = PopulationRun::new(&setting, &[9], weights.get(0..1, ..)).unwrap_err();
        assert!(unknown.to_string().contains("index of a neuron"), "{unknown}");
    }
}
