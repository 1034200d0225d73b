//! A mean-field network from a start of its law, drawn without its features.

use crate::error::Result;
use crate::linalg::mean;
use crate::network::gaussian_sums;
use crate::observe::INITIAL_THRESHOLD;
use crate::predict::{GroupWeights, MeanField};
use crate::seed::Seed;
use crate::setting::Setting;

use super::cell::Steps;

/// A mean-field run of neurons with Gaussian starts, and those of them that are in the initial set.
#[derive(Debug, Clone)]
pub struct Ensemble {
    network: MeanField,
    initial_set: Vec<usize>,
}

/// What the ensemble comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnsembleCourse {
    /// The mean of `P_other` over the initial set at `T1`; none where the set is empty.
    pub other_class: Option<f64>,
    /// The initial set's background projection over its core projection at `T1`, likewise.
    pub ratio: Option<f64>,
    /// The mean Berry-Esseen bound on `P_other` over the initial set at `T1`, likewise.
    pub envelope: Option<f64>,
    /// The mean margin in distribution at `T2`.
    pub margin: f64,
    /// The hinge risk in distribution at `T2`.
    pub id_risk: f64,
    /// The hinge risk out of distribution at `T2`.
    pub ood_risk: f64,
}

impl Ensemble {
    /// `n_neurons` neurons of a network of the setting's width; a mean-field neuron does not see how many
    /// others stand for it.
    ///
    /// # Errors
    /// See [`MeanField::new`].
    pub fn new(setting: &Setting, n_neurons: usize, seed: Seed) -> Result<Self> {
        let groups = MeanField::groups(setting);
        let mut rng = seed.child("mean-field start").rng();
        let network = MeanField::new(setting, n_neurons, |weights| {
            for (w, group) in weights.iter_mut().zip(&groups) {
                let (mean, spread) = gaussian_sums(group.n_features, setting.ambient_dim, &mut rng);
                *w = GroupWeights::gaussian(mean, spread, group.n_features);
            }
        })?;
        let is_member = |k: &usize| {
            let activity = network.activity(*k);
            activity.own_mean >= INITIAL_THRESHOLD && activity.other_mean <= -INITIAL_THRESHOLD
        };
        let initial_set = (0..n_neurons).filter(is_member).collect();
        Ok(Ensemble { network, initial_set })
    }

    /// Runs to `T2`.
    pub fn run(mut self, steps: Steps) -> EnsembleCourse {
        self.network.advance_to(steps.t1);
        let network = &self.network;
        let other_class = self.of_set(|k| network.activity(k).other);
        let envelope = self.of_set(|k| network.envelope(k));
        let core = self.of_set(|k| network.projections(k).0);
        let background = self.of_set(|k| network.projections(k).1);
        let ratio = core.zip(background).map(|(core, background)| background / core);
        self.network.advance_to(steps.t2);
        let margin = self.network.margin();
        EnsembleCourse {
            other_class,
            ratio,
            envelope,
            margin: margin.mean,
            id_risk: margin.in_distribution_risk(),
            ood_risk: margin.out_of_distribution_risk(),
        }
    }

    fn of_set(&self, value: impl Fn(usize) -> f64) -> Option<f64> {
        let values: Vec<f64> = self.initial_set.iter().map(|&k| value(k)).collect();
        (!values.is_empty()).then(|| mean(&values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::{FixedPoint, Moments};
    use crate::sweep::Times;

    fn course(n_features: usize) -> EnsembleCourse {
        let setting = Setting::theorem(n_features);
        let steps = Times { t1: 8.0, t2: 20.0 }.steps(&setting);
        Ensemble::new(&setting, 2048, Seed::root(1)).unwrap().run(steps)
    }

    #[test]
    fn many_features_come_to_the_fixed_point() {
        let fixed_point = FixedPoint::solve(&Moments::of(&Setting::theorem(1 << 14))).unwrap();
        let course = course(1 << 14);
        let p = course.other_class.unwrap();
        let predicted = fixed_point.other_class_activation;
        assert!((p / predicted - 1.0).abs() < 0.02, "{p} {predicted}");
        assert!((course.ratio.unwrap() / fixed_point.ratio - 1.0).abs() < 1e-3);
        assert!((course.ood_risk - fixed_point.ood_risk(course.margin)).abs() < 1e-3);
        // At least 0.5583 E|z - mu|^3 / sigma^3 over sqrt d0, the bound for equal weights.
        let least = 0.5583 * 1.299 / 128.0;
        let envelope = course.envelope.unwrap();
        assert!(envelope > least && envelope < 1.3 * least, "{course:?}");
    }

    #[test]
    fn numbers_do_not_depend_on_threads() {
        let on = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| course(64))
        };
        assert_eq!(on(1), on(2));
    }
}
