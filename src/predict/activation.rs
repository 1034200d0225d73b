//! Exact activation probabilities `P(<w, x> >= 0 | y)` and truncated moments of one neuron.

use std::sync::Arc;

use super::Certified;
use super::characteristic::CharacteristicFunction;
use super::discrete::{self, Atom};
use super::inversion::{Inverted, Summand, invert};
use crate::error::{Error, Result};
use crate::linalg::UNIT_ROUNDOFF;
use crate::setting::{ByLabel, Label, Latent};

/// The coefficients `c_j` of `S = sum_j c_j z_j` for a label: `y u_j` on the core, `u_j` on the background.
pub fn signed_coefficients(weights: &[f64], n_core: usize, label: Label) -> Vec<f64> {
    let signed = weights.iter().enumerate();
    signed.map(|(j, &u)| if j < n_core { label.sign() * u } else { u }).collect()
}

/// Exact probabilities for neurons on the data of one setting.
///
/// ```
/// use feature_contamination::predict::ActivationOracle;
/// use feature_contamination::setting::Latent;
///
/// // One core and one background feature: -z_1 + z_2 >= 0 for half of the samples of label -1, and z_1 + z_2 >= 0
/// // for all of label +1.
/// let oracle = ActivationOracle::new(&[Latent::Uniform; 2], 1)?;
/// let active = oracle.probabilities(&[1.0, 1.0])?;
/// assert!((active.negative.value - 0.5).abs() <= active.negative.error_bound);
/// assert_eq!((active.positive.value, active.positive.error_bound), (1.0, 0.0));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Source
/// `theory/notation.md`, section 3; Gil-Pelaez 1951.
#[derive(Debug, Clone)]
pub struct ActivationOracle {
    n_core: usize,
    latents: Vec<Latent>,
    laws: Vec<Laws>,
}

/// A latent's law, and that law biased by size once and twice.
#[derive(Debug, Clone)]
struct Laws([Arc<CharacteristicFunction>; 3]);

impl Laws {
    fn new(latent: Latent) -> Result<Self> {
        let law = |n_biases| CharacteristicFunction::size_biased(latent, n_biases).map(Arc::new);
        Ok(Laws([law(0)?, law(1)?, law(2)?]))
    }
}

/// Which power of a latent is multiplied with the indicator of activity.
#[derive(Debug, Clone, Copy)]
enum Power {
    First = 1,
    Second = 2,
}

impl ActivationOracle {
    /// Prepares the laws of the latents; the first `n_core` features are core.
    ///
    /// # Errors
    /// - more core features than features;
    /// - a latent law whose tables cannot be computed.
    pub fn new(latents: &[Latent], n_core: usize) -> Result<Self> {
        if n_core > latents.len() {
            return Err(Error::out_of_range(
                "number of core features",
                n_core,
                format!("at most the number of features, {}", latents.len()),
                "the core features are some of the features",
            ));
        }
        let mut known: Vec<(Latent, Laws)> = Vec::new();
        for &latent in latents {
            if known.iter().all(|(other, _)| *other != latent) {
                known.push((latent, Laws::new(latent)?));
            }
        }
        let laws = latents.iter().filter_map(|latent| {
            known.iter().find(|(other, _)| other == latent).map(|(_, laws)| laws.clone())
        });
        Ok(ActivationOracle { n_core, latents: latents.to_vec(), laws: laws.collect() })
    }

    /// `P(<w, x> >= 0 | y)` for both labels, mass at 0 counted as active.
    ///
    /// # Errors
    /// - a number of weights that is not the number of features;
    /// - a weight that is not finite.
    pub fn probabilities(&self, weights: &[f64]) -> Result<ByLabel<Certified>> {
        let weights = self.checked(weights)?;
        if self.is_discrete(&weights) {
            return self.for_both(&weights, |atoms| discrete::probability(&atoms));
        }
        let inverted = self.inverted(&weights, None);
        Ok(ByLabel::from_fn(|label| match self.certain(&weights, label) {
            Some(certain) => Certified::new(certain, 0.0),
            None => inverted.active(label),
        }))
    }

    /// The truncated means `E[z_j 1{<w, x> >= 0} | y]` for both labels; entry `j` for feature `j`.
    ///
    /// # Errors
    /// See [`ActivationOracle::probabilities`].
    pub fn truncated_means(&self, weights: &[f64]) -> Result<ByLabel<Certified<Vec<f64>>>> {
        self.truncated(weights, Power::First)
    }

    /// The truncated second moments `E[z_j^2 1{<w, x> >= 0} | y]` for both labels.
    ///
    /// # Errors
    /// See [`ActivationOracle::probabilities`].
    pub fn truncated_squares(&self, weights: &[f64]) -> Result<ByLabel<Certified<Vec<f64>>>> {
        self.truncated(weights, Power::Second)
    }

    fn truncated(&self, weights: &[f64], power: Power) -> Result<ByLabel<Certified<Vec<f64>>>> {
        let weights = self.checked(weights)?;
        if self.is_discrete(&weights) {
            return self.discrete_truncated(&weights, power);
        }
        let inverted = self.inverted(&weights, Some(power));
        let moments = self.moments(power);
        // Each moment, at most 1, is rounded, and so is its product with a probability.
        let error_bound = |of_probability: f64| of_probability + 4.0 * UNIT_ROUNDOFF;
        Ok(ByLabel::from_fn(|label| match self.certain(&weights, label) {
            Some(certain) => {
                Certified::new(moments.iter().map(|m| m * certain).collect(), error_bound(0.0))
            }
            None => Certified::new(
                moments.iter().zip(inverted.biased.of(label)).map(|(m, p)| m * p).collect(),
                error_bound(inverted.error_bound),
            ),
        }))
    }

    /// `z_j^2 = z_j` for the Bernoulli features; the others have weight 0 here, and are independent of
    /// the activity.
    fn discrete_truncated(
        &self,
        weights: &[f64],
        power: Power,
    ) -> Result<ByLabel<Certified<Vec<f64>>>> {
        let moments = self.moments(power);
        self.for_both(weights, |atoms| {
            let mut means = discrete::truncated_means(&atoms)?;
            let active = discrete::probability(&atoms)?;
            for (j, mean) in means.value.iter_mut().enumerate() {
                if weights[j] == 0.0 {
                    *mean = moments[j] * active.value;
                }
            }
            means.error_bound = means.error_bound.max(active.error_bound) + 4.0 * UNIT_ROUNDOFF;
            Ok(means)
        })
    }

    /// The number of core features.
    pub(super) fn n_core(&self) -> usize {
        self.n_core
    }

    /// Each latent's law, and that law biased by size once and twice.
    pub(super) fn laws(
        &self,
    ) -> impl ExactSizeIterator<Item = &[Arc<CharacteristicFunction>; 3]> + Clone {
        self.laws.iter().map(|Laws(laws)| laws)
    }

    fn moments(&self, power: Power) -> Vec<f64> {
        let moment = |latent: &Latent| match power {
            Power::First => latent.mean(),
            Power::Second => latent.second_moment(),
        };
        self.latents.iter().map(moment).collect()
    }

    /// Weights scaled by a power of two to a largest modulus near 1: a positive factor changes no
    /// sign, and keeps denormal and huge weights inside the range of the arithmetic.
    pub(super) fn checked(&self, weights: &[f64]) -> Result<Vec<f64>> {
        if weights.len() != self.latents.len() {
            return Err(Error::out_of_range(
                "number of weights",
                weights.len(),
                format!("the number of features, {}", self.latents.len()),
                "give one weight for each feature",
            ));
        }
        if let Some((j, weight)) = weights.iter().enumerate().find(|(_, u)| !u.is_finite()) {
            return Err(Error::out_of_range(
                format!("weight {j}"),
                weight,
                "a finite number",
                "remove NaN and infinity from the weights",
            ));
        }
        let largest = weights.iter().fold(0.0_f64, |largest, u| largest.max(u.abs()));
        let (_, exponent) = libm::frexp(largest);
        Ok(weights.iter().map(|&u| libm::ldexp(u, -exponent)).collect())
    }

    /// Whether every feature with a weight is Bernoulli (or none has a weight).
    pub(super) fn is_discrete(&self, weights: &[f64]) -> bool {
        let continuous = |latent: &Latent| !matches!(latent, Latent::Bernoulli { .. });
        weights.iter().zip(&self.latents).all(|(&u, latent)| u == 0.0 || !continuous(latent))
    }

    /// The probability where the coefficients leave no doubt: none negative, or none positive.
    pub(super) fn certain(&self, weights: &[f64], label: Label) -> Option<f64> {
        let coefficients = signed_coefficients(weights, self.n_core, label);
        if coefficients.iter().all(|&c| c >= 0.0) {
            return Some(1.0);
        }
        // At least one continuous term has a weight, so S = 0 has probability 0.
        coefficients.iter().all(|&c| c <= 0.0).then_some(0.0)
    }

    fn inverted(&self, weights: &[f64], power: Option<Power>) -> Inverted {
        let summands: Vec<Summand> = weights
            .iter()
            .zip(&self.laws)
            .map(|(&weight, Laws(laws))| Summand {
                weight,
                law: Arc::clone(&laws[0]),
                biased: power.map(|power| Arc::clone(&laws[power as usize])),
            })
            .collect();
        let (core, background) = summands.split_at(self.n_core);
        invert(core, background)
    }

    fn for_both<V>(
        &self,
        weights: &[f64],
        compute: impl Fn(Vec<Atom>) -> Result<Certified<V>>,
    ) -> Result<ByLabel<Certified<V>>> {
        let of_label = |label| {
            let coefficients = signed_coefficients(weights, self.n_core, label);
            let atoms = coefficients.into_iter().zip(&self.latents);
            compute(
                atoms
                    .map(|(coefficient, latent)| Atom { coefficient, probability: latent.mean() })
                    .collect(),
            )
        };
        Ok(ByLabel { positive: of_label(Label::Positive)?, negative: of_label(Label::Negative)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oracle(law: &str, n_core: usize, n_features: usize) -> ActivationOracle {
        ActivationOracle::new(&vec![law.parse().unwrap(); n_features], n_core).unwrap()
    }

    /// `P(sum of n uniforms <= x)`, the Irwin-Hall law.
    fn irwin_hall(n: u32, x: f64) -> f64 {
        let factorial = |k: u32| (1..=k).map(f64::from).product::<f64>();
        (0..=x.floor() as u32)
            .map(|k| {
                let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
                sign * (x - f64::from(k)).powi(n as i32) / (factorial(k) * factorial(n - k))
            })
            .sum()
    }

    #[test]
    fn equal_weights_on_uniform_latents_follow_irwin_hall() {
        // A - B >= 0 with A a sum of p and B of q uniforms is A + (q - B) >= q, a sum of p + q.
        for (p, q) in [(2, 2), (3, 1), (5, 3), (7, 5)] {
            let weights: Vec<f64> = (0..p).map(|_| 1.0).chain((0..q).map(|_| -1.0)).collect();
            let active = oracle("uniform", 0, p + q).probabilities(&weights).unwrap().positive;
            let exact = 1.0 - irwin_hall((p + q) as u32, q as f64);
            let difference = (active.value - exact).abs();
            assert!(difference <= active.error_bound + 1e-13, "{p} {q}: {difference}");
            assert!(active.error_bound < 1e-11, "{p} {q}: {active:?}");
        }
    }

    #[test]
    fn the_label_turns_the_core_weights() {
        let oracle = oracle("beta:2,5", 2, 4);
        let both = oracle.probabilities(&[1.0, -0.5, 0.3, -0.7]).unwrap();
        let turned = oracle.probabilities(&[-1.0, 0.5, 0.3, -0.7]).unwrap();
        assert_eq!(both.positive, turned.negative);
        assert_eq!(both.negative, turned.positive);
    }

    #[test]
    fn truncated_mean_of_two_uniforms_by_hand() {
        // E[z_1 1{z_1 >= z_2}] = E z_1^2 = 1/3, E[z_2 1{z_1 >= z_2}] = 1/6, E[z_1^2 1] = 1/4.
        let oracle = oracle("uniform", 0, 2);
        let means = oracle.truncated_means(&[1.0, -1.0]).unwrap().positive;
        let squares = oracle.truncated_squares(&[1.0, -1.0]).unwrap().positive;
        for (computed, exact, bound) in [
            (means.value[0], 1.0 / 3.0, means.error_bound),
            (means.value[1], 1.0 / 6.0, means.error_bound),
            (squares.value[0], 0.25, squares.error_bound),
        ] {
            assert!(
                (computed - exact).abs() <= bound && bound < 1e-8,
                "{computed} {exact} {bound}"
            );
        }
    }

    #[test]
    fn scaling_the_weights_changes_nothing() {
        for law in ["uniform", "bernoulli:0.3", "beta:2,5"] {
            let oracle = oracle(law, 2, 5);
            let weights = [0.4, -0.1, 0.7, -0.9, 0.25];
            let reference = oracle.probabilities(&weights).unwrap();
            for scale in [2.0_f64.powi(-1000), 2.0_f64.powi(1000)] {
                let scaled: Vec<f64> = weights.iter().map(|u| u * scale).collect();
                assert_eq!(oracle.probabilities(&scaled).unwrap(), reference, "{law} {scale}");
            }
        }
    }

    #[test]
    fn weights_that_leave_no_doubt_are_certain() {
        let oracle = oracle("uniform", 1, 3);
        let both = oracle.probabilities(&[1.0, 0.0, 0.5]).unwrap();
        assert_eq!(both.positive, Certified::new(1.0, 0.0));
        let none = oracle.probabilities(&[0.0, -1.0, -0.5]).unwrap();
        assert_eq!(none.positive, Certified::new(0.0, 0.0));
        // The zero neuron is active everywhere: its pre-activation is 0.
        let zero = oracle.probabilities(&[0.0, 0.0, 0.0]).unwrap();
        assert_eq!(zero.positive.value, 1.0);
    }

    #[test]
    fn mixed_laws_are_inverted_through_the_continuous_ones() {
        // S = z_1 - b/2 + h (z_3 - z_4) with b Bernoulli(1/4): one half where b = 1, by symmetry; where
        // b = 0, negative with probability E max(0, h (z_4 - z_3)) = h/6.
        let latents =
            ["uniform", "bernoulli:0.25", "uniform", "uniform"].map(|law| law.parse().unwrap());
        let oracle = ActivationOracle::new(&latents, 0).unwrap();
        let active = oracle.probabilities(&[1.0, -0.5, 1e-3, -1e-3]).unwrap().positive;
        let exact = 0.25 * 0.5 + 0.75 * (1.0 - 1e-3 / 6.0);
        assert!((active.value - exact).abs() <= active.error_bound, "{active:?}");
        assert!(active.error_bound < 1e-9, "{active:?}");
    }

    #[test]
    fn faulty_weights_are_refused() {
        let oracle = oracle("uniform", 1, 2);
        let fault = oracle.probabilities(&[1.0, f64::NAN]).unwrap_err().to_string();
        assert!(fault.contains("weight 1 = NaN"), "{fault}");
        let fault = oracle.probabilities(&[1.0]).unwrap_err().to_string();
        assert!(fault.contains("number of weights = 1"), "{fault}");
    }
}
