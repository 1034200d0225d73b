//! The sharp law where the background leans on the label: what a ReLU and what a linear network learn of it.
//!
//! With the *lean* `delta_j = E[z_j | y = +1] - mu_j = mu_j - E[z_j | y = -1]` of a background latent, a neuron
//! whose own class is `s` and that is active on the other class with probability `P` grows background like
//! `(mu_j (1 - P) + s delta_j (1 + P)) / 2`, core like `mu_j (1 + P) / 2`. Their ratio is `(1 - P) / (1 + P)`, the
//! contamination, plus `s delta_j / mu_j`, what a linear network learns.
//!
//! # Source
//! `theory/notation.md`, section 10.

use super::fixed_point::{check_core, self_reproducing};
use super::normal_cdf;
use crate::error::{Error, Result};
use crate::setting::{Label, Latent, Setting};

/// The fixed point of neurons of one own class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AssociatedFixedPoint {
    /// `P`, the probability that a neuron is active on the other class.
    pub other_class_activation: f64,
    /// Background over core learned, weighted by means: for equal laws
    /// `(n_B / n_C) ((1 - P) / (1 + P) + s delta / mu)`.
    pub ratio: f64,
}

/// The lean of a uniform latent that is, with probability `association`, the larger of two draws where the
/// label is +1 and the smaller where it is -1: they have means 2/3 and 1/3.
const LEAN_OF_UNIFORM: f64 = 1.0 / 6.0;

/// The lean `delta` of the setting's background latents.
///
/// # Errors
/// If a background latent is not uniform: the class variances are worked out for that law.
fn lean(setting: &Setting) -> Result<f64> {
    match setting.latents.iter().find(|&&latent| latent != Latent::Uniform) {
        None => Ok(LEAN_OF_UNIFORM * setting.background_association),
        Some(latent) => Err(Error::out_of_range(
            "latent of an associated background",
            latent,
            "uniform",
            "the law with a leaning background is worked out for uniform latents",
        )),
    }
}

/// Background over core of the weights of a linear network, weighted by means: `(n_B / n_C) delta / mu`.
///
/// # Errors
/// If a latent is not uniform.
pub fn linear_ratio(setting: &Setting) -> Result<f64> {
    Ok(split(setting) * lean(setting)? / MEAN)
}

/// The mean and the variance of a uniform latent.
const MEAN: f64 = 0.5;
const VARIANCE: f64 = 1.0 / 12.0;

/// Background features over core features.
fn split(setting: &Setting) -> f64 {
    setting.background().len() as f64 / setting.n_core as f64
}

impl AssociatedFixedPoint {
    /// Solves the equation for neurons of this own class.
    ///
    /// # Errors
    /// - if a latent is not uniform;
    /// - if there is no core feature.
    pub fn solve(setting: &Setting, own: Label) -> Result<Self> {
        check_core(setting.n_core as f64)?;
        let lean = own.sign() * lean(setting)?;
        let p = self_reproducing(|p| normal_cdf(other_class_mean(setting, p, lean)));
        let ratio = split(setting) * background_per_core(p, lean);
        Ok(AssociatedFixedPoint { other_class_activation: p, ratio })
    }
}

/// A background weight over a core weight.
fn background_per_core(p: f64, lean: f64) -> f64 {
    (1.0 - p) / (1.0 + p) + lean / MEAN
}

/// The standardised mean pre-activation on the other class, where a background latent has the mean `mu - s
/// delta` and the variance `1/12 - delta^2`.
fn other_class_mean(setting: &Setting, p: f64, lean: f64) -> f64 {
    let (n_core, n_background) = (setting.n_core as f64, setting.background().len() as f64);
    let weight = background_per_core(p, lean);
    let mean = n_background * (MEAN - lean) * weight - n_core * MEAN;
    let variance = n_background * (VARIANCE - lean * lean) * weight * weight + n_core * VARIANCE;
    mean / variance.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::{FixedPoint, Moments};

    fn setting(association: f64) -> Setting {
        Setting::theorem(64).with(|p| p.background_association = association).unwrap()
    }

    #[test]
    fn without_a_lean_it_is_the_fixed_point_of_an_independent_background() {
        let plain = FixedPoint::solve(&Moments::of(&setting(0.0))).unwrap();
        for own in [Label::Positive, Label::Negative] {
            let associated = AssociatedFixedPoint::solve(&setting(0.0), own).unwrap();
            let p = associated.other_class_activation;
            assert!((p - plain.other_class_activation).abs() < 1e-12);
            assert!((associated.ratio - plain.ratio).abs() < 1e-12);
        }
        assert_eq!(linear_ratio(&setting(0.0)).unwrap(), 0.0);
    }

    #[test]
    fn a_full_association_moves_the_means_by_a_third() {
        assert!((linear_ratio(&setting(1.0)).unwrap() - 1.0 / 3.0).abs() < 1e-15);
        // P is small where the own class has the larger background: mean 1/3 on the other class.
        let positive = AssociatedFixedPoint::solve(&setting(1.0), Label::Positive).unwrap();
        let p = positive.other_class_activation;
        assert!((positive.ratio - (1.0 - p) / (1.0 + p) - 1.0 / 3.0).abs() < 1e-15 && p < 0.1);
    }

    #[test]
    fn other_laws_are_refused() {
        let skewed = Latent::beta(2.0, 5.0).unwrap();
        let setting = Setting::theorem(4).with(|p| p.latents = vec![skewed; 4]).unwrap();
        let fault = AssociatedFixedPoint::solve(&setting, Label::Positive).unwrap_err();
        assert!(fault.to_string().contains("uniform"), "{fault}");
    }
}
