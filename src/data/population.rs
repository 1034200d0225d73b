//! Batches of labelled samples, in feature coordinates.

use faer::Mat;
use rand::{Rng, RngExt};
use rand_pcg::Pcg64;

use super::LatentSampler;
use super::columns::{draw_columns, place_after};
use crate::error::Result;
use crate::fault::{self, Site};
use crate::linalg::{self, Real};
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
///
/// ```
/// use feature_contamination::data::{Population, Shift};
/// use feature_contamination::seed::Seed;
/// use feature_contamination::setting::Setting;
///
/// // Features 0..8 are core: the label times a latent. The others are latents, moved out of distribution.
/// let population = Population::new(&Setting::theorem(16))?;
/// let batch = population.draw::<f64>(100, Shift::OutOfDistribution, Seed::root(1));
/// assert_eq!((batch.n_samples(), batch.features.ncols()), (100, 16));
/// for (i, label) in batch.labels.iter().enumerate() {
///     assert!(label * batch.features[(i, 0)] >= 0.0);
///     assert!(batch.features[(i, 15)] <= 0.0);
/// }
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
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
        let (labels, rng) = self.draw_labels(n_samples, seed);
        self.draw_features((&labels, rng), None, shift, seed)
    }

    /// The same samples, with those of label +1 before the others; and how many those are.
    pub fn draw_by_label<T: Real>(
        &self,
        n_samples: usize,
        shift: Shift,
        seed: Seed,
    ) -> (Batch<T>, usize) {
        let (labels, rng) = self.draw_labels(n_samples, seed);
        let mut order = Vec::with_capacity(n_samples);
        let of_sign =
            |sign: f64| (0_u32..).zip(&labels).filter(move |(_, label)| sign * **label > 0.0);
        order.extend(of_sign(1.0).map(|(i, _)| i));
        let n_positive = order.len();
        order.extend(of_sign(-1.0).map(|(i, _)| i));
        (self.draw_features((&labels, rng), Some(&order), shift, seed), n_positive)
    }

    fn draw_labels(&self, n_samples: usize, seed: Seed) -> (Vec<f64>, Pcg64) {
        let stream = if fault::breaks(Site::LabelStream) { "latents" } else { "labels" };
        let mut rng = seed.child(stream).rng();
        ((0..n_samples).map(|_| fair_sign(&mut rng)).collect(), rng)
    }

    /// Samples of given labels; with an order, row `i` of the batch is sample `order[i]`.
    fn draw_features<T: Real>(
        &self,
        (labels, mut label_rng): (&[f64], Pcg64),
        order: Option<&[u32]>,
        shift: Shift,
        seed: Seed,
    ) -> Batch<T> {
        let (core_sign, background_sign) = match shift {
            Shift::InDistribution => (1.0, 1.0),
            Shift::OutOfDistribution => {
                (fault::value(Site::ShiftedCore, 1.0), fault::value(Site::ShiftedBackground, -1.0))
            }
        };
        let of_rows: Vec<f64> = match order {
            Some(order) => order.iter().map(|&i| labels[i as usize]).collect(),
            None => labels.to_vec(),
        };
        let mut features = Mat::zeros(labels.len(), self.samplers.len());
        let mut columns = linalg::columns_mut(&mut features);
        let (core, background) = columns.split_at_mut(self.n_core.min(self.samplers.len()));
        let mut wrong_rng = seed.child("wrong core").rng();
        let write_core = |j: usize, latents: &[f64]| {
            write_column(core[j], (&of_rows, latents), order, |label, latent| {
                core_sign * core_coordinate(label, latent, &mut wrong_rng)
            });
        };
        let write_background = |j: usize, latents: &[f64]| {
            write_column(background[j], (&of_rows, latents), order, |_, z| background_sign * z);
        };
        self.draw_latents(labels, seed, write_core, write_background);
        let given = of_rows.iter().map(|&label| T::from_f64(given_label(label, &mut label_rng)));
        Batch { labels: given.collect(), features }
    }

    /// The latents, one feature after the other, each with its index among those of its kind. Those of the
    /// background are independent of the labels unless the setting associates them.
    fn draw_latents(
        &self,
        labels: &[f64],
        seed: Seed,
        write_core: impl FnMut(usize, &[f64]) + Send,
        mut write_background: impl FnMut(usize, &[f64]) + Send,
    ) {
        let (n_latents, stream) = (labels.len(), || seed.child("latents").rng());
        let n_filled = fault::count(Site::FilledFeatures, self.samplers.len());
        let (core, background) = self.samplers[..n_filled].split_at(self.n_core.min(n_filled));
        let is_independent = self.background_association == 0.0;
        let is_large = n_latents * n_filled >= MIN_SHARED && is_independent;
        let place = is_large.then(|| place_after(core, n_latents, stream())).flatten();
        let again = |rng| if fault::breaks(Site::LatentStream) { stream() } else { rng };
        if let Some(place) = place {
            rayon::join(
                || draw_columns(core, n_latents, stream(), write_core),
                || draw_columns(background, n_latents, again(place), write_background),
            );
            return;
        }
        let mut rng = again(draw_columns(core, n_latents, stream(), write_core));
        if is_independent {
            draw_columns(background, n_latents, rng, write_background);
            return;
        }
        let mut latents = vec![0.0; n_latents];
        for (j, sampler) in background.iter().enumerate() {
            for (latent, label) in latents.iter_mut().zip(labels) {
                *latent = self.draw_associated(sampler, *label, &mut rng);
            }
            write_background(j, &latents);
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

/// Latents that are worth a second thread: some 0.2 ms of one.
const MIN_SHARED: usize = 1 << 17;

fn fair_sign(rng: &mut impl Rng) -> f64 {
    let is_positive = rng.random::<bool>() || fault::strikes(Site::FairLabel, || rng.random());
    if is_positive { 1.0 } else { -1.0 }
}

/// Writes a coordinate of every row, from its label and its latent; with an order, row `i` has the latent of sample
/// `order[i]`.
fn write_column<T: Real>(
    column: &mut [T],
    (of_rows, latents): (&[f64], &[f64]),
    order: Option<&[u32]>,
    mut coordinate: impl FnMut(f64, f64) -> f64,
) {
    let rows = column.iter_mut().zip(of_rows);
    let mut write = |(entry, &label): (&mut T, &f64), latent: f64| {
        *entry = T::from_f64(coordinate(label, latent));
    };
    match order {
        Some(order) => rows.zip(order).for_each(|(row, &i)| write(row, latents[i as usize])),
        None => rows.zip(latents).for_each(|(row, &latent)| write(row, latent)),
    }
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
    fn samples_by_label_are_the_same_samples() {
        for association in [0.0, 0.5] {
            let setting = Setting::theorem(8).with(|p| p.background_association = association);
            let population = Population::new(&setting.unwrap()).unwrap();
            let (shift, seed) = (Shift::InDistribution, Seed::root(2));
            let plain: Batch<f64> = population.draw(9, shift, seed);
            let (sorted, n_positive): (Batch<f64>, usize) =
                population.draw_by_label(9, shift, seed);
            let (mut order, others): (Vec<usize>, Vec<usize>) =
                (0..9).partition(|&i| plain.labels[i] > 0.0);
            assert_eq!(order.len(), n_positive);
            order.extend(others);
            for (row, &i) in order.iter().enumerate() {
                assert_eq!(sorted.labels[row], plain.labels[i]);
                assert_eq!(sorted.features.row(row), plain.features.row(i));
            }
        }
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
