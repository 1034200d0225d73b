//! Moments of standardised latents: what the data model says of them, and how a batch measures
//! them.

use crate::setting::{Latent, Setting};
use crate::study::Expected;

/// A mean, in standard deviations, or a correlation that is small enough.
const MEAN_MARGIN: f64 = 0.05;
/// Relative error of a variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.1;

/// A moment of standardised latents, by the features in it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    Mean(usize),
    Variance(usize),
    WithLabel(usize),
    Pair(usize, usize),
}

impl Moment {
    /// Returns all moments that are looked at. The mean and the variance of a Bernoulli latent are
    /// left out, because its share of ones fixes them.
    pub fn all(setting: &Setting) -> Vec<Moment> {
        let features = 0..setting.n_features();
        let pairs = features.clone().flat_map(|j| (0..j).map(move |i| Moment::Pair(i, j)));
        continuous(setting)
            .into_iter()
            .flat_map(|j| [Moment::Mean(j), Moment::Variance(j)])
            .chain(features.map(Moment::WithLabel))
            .chain(pairs)
            .collect()
    }

    /// Returns what tables call it.
    pub fn name(self, setting: &Setting) -> String {
        let feature = |j: usize| feature_name(setting, j);
        match self {
            Moment::Mean(j) => format!("mean of {}, standardised", feature(j)),
            Moment::Variance(j) => format!("variance of {}, standardised", feature(j)),
            Moment::WithLabel(j) => format!("correlation of the label and {}", feature(j)),
            Moment::Pair(i, j) => format!("correlation of {} and {}", feature(i), feature(j)),
        }
    }

    /// Returns what is expected of its mean over `n_samples` samples.
    pub fn expected(self, n_samples: usize) -> Expected {
        // The standard deviation of one sample is exact except for the variance, where it is 0.9
        // for the uniform and 1.37 for the Beta law.
        let (value, deviation, margin) = match self {
            Moment::Variance(_) => (1.0, 1.4, VARIANCE_MARGIN),
            _ => (0.0, 1.0, MEAN_MARGIN),
        };
        Expected { value, deviation: deviation / (n_samples as f64).sqrt(), margin }
    }

    /// Returns its mean over samples with these latents, `[feature][sample]`, and these labels.
    pub fn mean(self, setting: &Setting, latents: &[Vec<f64>], labels: &[f64]) -> f64 {
        let standardised = |j: usize, idx: usize| {
            let latent = setting.latents[j];
            (latents[j][idx] - latent.mean()) / latent.variance().sqrt()
        };
        let value = |idx: usize| match self {
            Moment::Mean(j) => standardised(j, idx),
            Moment::Variance(j) => standardised(j, idx).powi(2),
            Moment::WithLabel(j) => labels[idx] * standardised(j, idx),
            Moment::Pair(i, j) => standardised(i, idx) * standardised(j, idx),
        };
        (0..labels.len()).map(value).sum::<f64>() / labels.len() as f64
    }
}

/// Returns the features whose latents have a continuous law.
pub(super) fn continuous(setting: &Setting) -> Vec<usize> {
    let is_binary = |j: usize| matches!(setting.latents[j], Latent::Bernoulli { .. });
    (0..setting.n_features()).filter(|&j| !is_binary(j)).collect()
}

/// Returns what tables call a feature.
pub(super) fn feature_name(setting: &Setting, j: usize) -> String {
    let part = if j < setting.n_core { "core" } else { "background" };
    format!("{part} {}", setting.latents[j])
}
