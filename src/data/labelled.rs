//! Samples of an experiment, in feature coordinates: linear or non-linear labels, balanced or not.

use faer::Mat;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

use super::columns::draw_columns;
use super::{Batch, LatentSampler, Shift};
use crate::error::Result;
use crate::linalg::Real;
use crate::seed::Seed;
use crate::setting::{Description, LabelRelation};

/// The law of an experiment's data. With linear labels and a fair coin its draws are those of
/// [`super::Population`] on the same stream.
#[derive(Debug, Clone)]
pub struct LabelledLaw {
    samplers: Vec<LatentSampler>,
    n_core: usize,
    labels: LabelRelation,
}

impl LabelledLaw {
    /// The law of a description's data.
    ///
    /// # Errors
    /// If a latent law cannot be sampled.
    pub fn new(description: &Description) -> Result<Self> {
        let samplers = description.latents.iter().map(|&latent| LatentSampler::new(latent));
        Ok(LabelledLaw {
            samplers: samplers.collect::<Result<_>>()?,
            n_core: description.n_core,
            labels: description.labels,
        })
    }

    /// Draws `n_samples` samples, in `f64` and then rounded. Balanced labels are `+1, -1, +1, ...`;
    /// others are independent.
    pub fn draw<T: Real>(
        &self,
        (n_samples, is_balanced): (usize, bool),
        shift: Shift,
        seed: Seed,
    ) -> Batch<T> {
        let labels = signs(n_samples, is_balanced, seed.child("labels"));
        let mut features = Mat::zeros(n_samples, self.samplers.len());
        let n_from_spheres = match self.labels {
            LabelRelation::Linear => 0,
            LabelRelation::Nonlinear => {
                self.fill_spheres(&labels, &mut features, seed.child("core"));
                self.n_core
            }
        };
        let background_sign = match shift {
            Shift::InDistribution => 1.0,
            Shift::OutOfDistribution => -1.0,
        };
        let drawn = &self.samplers[n_from_spheres..];
        draw_columns(drawn, n_samples, seed.child("latents").rng(), |idx, latents| {
            let feature_idx = n_from_spheres + idx;
            let column = features.col_as_slice_mut(feature_idx).iter_mut();
            for ((entry, &label), &latent) in column.zip(&labels).zip(latents) {
                let sign = if feature_idx < self.n_core { label } else { background_sign };
                *entry = T::from_f64(sign * latent);
            }
        });
        Batch { labels: labels.into_iter().map(T::from_f64).collect(), features }
    }

    /// Core coordinates uniform on the sphere of the label: a normal vector, scaled.
    fn fill_spheres<T: Real>(&self, labels: &[f64], features: &mut Mat<T>, seed: Seed) {
        let mut rng = seed.rng();
        let mut direction = vec![0.0_f64; self.n_core];
        for (i, &label) in labels.iter().enumerate() {
            direction.iter_mut().for_each(|entry| *entry = StandardNormal.sample(&mut rng));
            let length = direction.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
            let radius = if label > 0.0 { POSITIVE_RADIUS } else { NEGATIVE_RADIUS };
            for (j, entry) in direction.iter().enumerate() {
                features[(i, j)] = T::from_f64(radius * entry / length);
            }
        }
    }
}

/// The radii of the authors' `toy.py`.
const POSITIVE_RADIUS: f64 = 1.0;
const NEGATIVE_RADIUS: f64 = 2.0;

fn signs(n_samples: usize, is_balanced: bool, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let mut sign = |i: usize| if is_balanced { i.is_multiple_of(2) } else { coin(&mut rng) };
    (0..n_samples).map(|i| if sign(i) { 1.0 } else { -1.0 }).collect()
}

fn coin(rng: &mut impl Rng) -> bool {
    rng.random()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Population;
    use crate::setting::Setting;

    fn law(edit: impl FnOnce(&mut Description)) -> LabelledLaw {
        let mut description = Description::toy_theoretical(1);
        edit(&mut description);
        LabelledLaw::new(&description).unwrap()
    }

    #[test]
    fn linear_labels_by_a_coin_are_the_theorems_samples() {
        let setting = Setting::theorem(8);
        let law = law(|d| {
            d.latents = setting.latents.clone();
            d.n_core = 4;
        });
        for shift in [Shift::InDistribution, Shift::OutOfDistribution] {
            let theorems = Population::new(&setting).unwrap().draw::<f64>(9, shift, Seed::root(3));
            let drawn = law.draw::<f64>((9, false), shift, Seed::root(3));
            assert_eq!(drawn.labels, theorems.labels);
            assert_eq!(drawn.features, theorems.features);
        }
    }

    #[test]
    fn half_of_a_balanced_batch_is_positive() {
        let batch = law(|_| {}).draw::<f32>((7, true), Shift::InDistribution, Seed::root(1));
        assert_eq!(batch.labels.iter().filter(|&&label| label == 1.0).count(), 4);
    }

    #[test]
    fn non_linear_cores_are_uniform_on_the_sphere_of_their_label() {
        let law = law(|d| d.labels = LabelRelation::Nonlinear);
        for (shift, sign) in [(Shift::InDistribution, 1.0), (Shift::OutOfDistribution, -1.0)] {
            let batch = law.draw::<f64>((4000, true), shift, Seed::root(2));
            for i in 0..4000 {
                let core = batch.features.row(i).subcols(0, 32).squared_norm_l2();
                let radius_sq = if batch.labels[i] > 0.0 { 1.0 } else { 4.0 };
                assert!((core - radius_sq).abs() < 1e-14 * 32.0, "{i}: {core}");
                assert!((32..64).all(|j| sign * batch.features[(i, j)] >= 0.0));
            }
            let mean_square = (0..4000).step_by(2).map(|i| batch.features[(i, 5)].powi(2));
            // The square of a coordinate has mean 1/32 and variance 2 * 31 / (32^2 * 34); six standard errors.
            let error = (2.0 * 31.0 / (32.0 * 32.0 * 34.0 * 2000.0_f64)).sqrt();
            assert!((mean_square.sum::<f64>() / 2000.0 - 1.0 / 32.0).abs() < 6.0 * error);
        }
    }
}
