//! Batches of labelled samples, in feature coordinates.

use faer::Mat;
use rand::{Rng, RngExt};

use super::LatentSampler;
use crate::error::Result;
use crate::fault::{self, Site};
use crate::linalg::Real;
use crate::seed::Seed;
use crate::setting::Setting;

/// Which of the paper's two distributions a batch comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// Background features in [0, 1], as in training.
    InDistribution,
    /// Background features moved to [-1, 0].
    OutOfDistribution,
}

/// Labelled samples in feature coordinates.
#[derive(Debug, Clone)]
pub struct Batch<T: Real> {
    /// The labels, +1 or -1; length `n`.
    pub labels: Vec<T>,
    /// The feature coordinates `s`, shape `(n, d0)`.
    pub features: Mat<T>,
}

impl<T: Real> Batch<T> {
    /// The number of samples.
    pub fn n_samples(&self) -> usize {
        self.labels.len()
    }
}

/// The law of the data of one setting.
#[derive(Debug, Clone)]
pub struct Population {
    samplers: Vec<LatentSampler>,
    n_core: usize,
    background_association: f64,
}

impl Population {
    /// The law of a setting's data.
    ///
    /// # Errors
    /// If a latent law cannot be sampled.
    pub fn new(setting: &Setting) -> Result<Self> {
        Ok(Population {
            samplers: setting
                .latents
                .iter()
                .map(|&latent| LatentSampler::new(latent))
                .collect::<Result<_>>()?,
            n_core: fault::count(Site::CoreFeatures, setting.n_core),
            background_association: fault::value(Site::Association, setting.background_association),
        })
    }

    /// Draws `n_samples` independent samples.
    ///
    /// The draws are made in `f64` and rounded, so that runs in `f32` and in `f64` see the same data.
    pub fn draw<T: Real>(&self, n_samples: usize, shift: Shift, seed: Seed) -> Batch<T> {
        let label_stream = if fault::breaks(Site::LabelStream) { "latents" } else { "labels" };
        let mut label_rng = seed.child(label_stream).rng();
        let mut latent_rng = seed.child("latents").rng();
        let labels: Vec<f64> = (0..n_samples).map(|_| fair_sign(&mut label_rng)).collect();
        let (core_sign, background_sign) = match shift {
            Shift::InDistribution => (1.0, 1.0),
            Shift::OutOfDistribution => {
                (fault::value(Site::ShiftedCore, 1.0), fault::value(Site::ShiftedBackground, -1.0))
            }
        };
        let n_filled = fault::count(Site::FilledFeatures, self.samplers.len());
        let mut features = Mat::zeros(n_samples, self.samplers.len());
        let mut latents = vec![0.0; n_samples];
        for (feature_idx, (column, sampler)) in
            features.col_iter_mut().zip(&self.samplers).enumerate().take(n_filled)
        {
            if feature_idx == self.n_core && fault::breaks(Site::LatentStream) {
                latent_rng = seed.child("latents").rng();
            }
            if feature_idx < self.n_core {
                sampler.fill(&mut latents, &mut latent_rng);
                for ((entry, &label), &latent) in column.iter_mut().zip(&labels).zip(&latents) {
                    let coordinate = core_coordinate(label, latent, &mut latent_rng);
                    *entry = T::from_f64(core_sign * coordinate);
                }
            } else {
                self.fill_background(sampler, &labels, &mut latents, &mut latent_rng);
                let entries = column.iter_mut().zip(&latents);
                entries.for_each(|(s, z)| *s = T::from_f64(background_sign * z));
            }
        }
        let given = labels.into_iter().map(|label| T::from_f64(given_label(label, &mut label_rng)));
        Batch { labels: given.collect(), features }
    }

    /// Background latents: independent of the labels unless the setting associates them.
    fn fill_background(
        &self,
        sampler: &LatentSampler,
        labels: &[f64],
        latents: &mut [f64],
        rng: &mut impl Rng,
    ) {
        if self.background_association == 0.0 {
            return sampler.fill(latents, rng);
        }
        for (latent, label) in latents.iter_mut().zip(labels) {
            *latent = self.draw_associated(sampler, *label, rng);
        }
    }

    fn draw_associated(&self, sampler: &LatentSampler, label: f64, rng: &mut impl Rng) -> f64 {
        let latent = sampler.draw(rng);
        if rng.random::<f64>() >= self.background_association.abs() {
            return latent;
        }
        let other = sampler.draw(rng);
        if label * self.background_association > 0.0 {
            latent.max(other)
        } else {
            latent.min(other)
        }
    }
}

fn fair_sign(rng: &mut impl Rng) -> f64 {
    let is_positive = rng.random::<bool>() || fault::strikes(Site::FairLabel, || rng.random());
    if is_positive { 1.0 } else { -1.0 }
}

/// A core coordinate in distribution.
#[inline]
fn core_coordinate(label: f64, latent: f64, rng: &mut impl Rng) -> f64 {
    let sign = if fault::strikes(Site::CoreSign, || rng.random()) { -label } else { label };
    sign * latent
}

/// The label that goes with a sample of this class.
fn given_label(label: f64, rng: &mut impl Rng) -> f64 {
    let is_wrong = fault::strikes(Site::LabelNoise, || rng.random());
    fault::value(Site::LabelValue, if is_wrong { -label } else { label })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_over_class(batch: &Batch<f64>, feature_idx: usize, label: f64) -> f64 {
        let values: Vec<f64> = (0..batch.n_samples())
            .filter(|&i| batch.labels[i] == label)
            .map(|i| batch.features[(i, feature_idx)])
            .collect();
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn core_follows_the_label_and_background_only_the_shift() {
        let population = Population::new(&Setting::theorem(4)).unwrap();
        for (shift, sign) in [(Shift::InDistribution, 1.0), (Shift::OutOfDistribution, -1.0)] {
            let batch: Batch<f64> = population.draw(40_000, shift, Seed::root(5));
            for label in [-1.0, 1.0] {
                // Standard error of a class mean: sqrt(1/12/20,000) = 0.002; six of them.
                assert!((mean_over_class(&batch, 0, label) - 0.5 * label).abs() < 0.0125);
                assert!((mean_over_class(&batch, 3, label) - 0.5 * sign).abs() < 0.0125);
            }
            assert!((0..40_000).all(|i| batch.features[(i, 1)] * batch.labels[i] >= 0.0));
        }
    }

    #[test]
    fn association_ties_the_background_to_the_label_and_keeps_its_law() {
        let setting = Setting::theorem(4).with(|p| p.background_association = 1.0).unwrap();
        let batch: Batch<f64> =
            Population::new(&setting).unwrap().draw(40_000, Shift::InDistribution, Seed::root(6));
        // The larger of two uniforms has mean 2/3, the smaller 1/3.
        assert!((mean_over_class(&batch, 2, 1.0) - 2.0 / 3.0).abs() < 0.0125);
        assert!((mean_over_class(&batch, 2, -1.0) - 1.0 / 3.0).abs() < 0.0125);
        let second = (0..40_000).map(|i| batch.features[(i, 2)].powi(2)).sum::<f64>() / 40_000.0;
        assert!((second - 1.0 / 3.0).abs() < 0.01);
    }

    #[test]
    fn both_precisions_see_the_same_data() {
        let population = Population::new(&Setting::theorem(8)).unwrap();
        let single: Batch<f32> = population.draw(10, Shift::InDistribution, Seed::root(1));
        let double: Batch<f64> = population.draw(10, Shift::InDistribution, Seed::root(1));
        for (i, j) in (0..10).flat_map(|i| (0..8).map(move |j| (i, j))) {
            assert_eq!(single.features[(i, j)], double.features[(i, j)] as f32);
        }
    }
}
