//! Groups of features that a mean-field neuron does not tell apart.

use crate::predict::berry_esseen::third_absolute_moment;
use crate::setting::{Latent, Parameters};

/// Features of one latent law, all core or all background; or the input that is always 1, whose weights are
/// the biases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group {
    /// Whether the features are core.
    pub is_core: bool,
    /// Whether it is the input that is always 1: it pulls like a background feature without variance, and
    /// stays as it is out of distribution.
    pub is_bias: bool,
    /// Their law.
    pub latent: Latent,
    /// How many there are.
    pub n_features: usize,
    pub(super) mean: f64,
    pub(super) variance: f64,
    pub(super) third: f64,
}

impl Group {
    fn new(is_core: bool, latent: Latent) -> Self {
        Group {
            is_core,
            is_bias: false,
            latent,
            n_features: 0,
            mean: latent.mean(),
            variance: latent.variance(),
            third: third_absolute_moment(latent),
        }
    }

    /// The input that is always 1. Its law is not used.
    pub(super) fn bias() -> Self {
        let constant = Group { is_bias: true, n_features: 1, ..Group::new(false, Latent::Uniform) };
        Group { mean: 1.0, variance: 0.0, third: 0.0, ..constant }
    }

    pub(super) fn size(&self) -> f64 {
        self.n_features as f64
    }

    /// `+1` on the core, `-1` on the background: how the other class enters a drift.
    pub(super) fn sign(&self) -> f64 {
        if self.is_core { 1.0 } else { -1.0 }
    }
}

/// The groups of a setting, in the order of their first feature, and the group of each feature.
pub(super) fn groups_of(setting: &Parameters) -> (Vec<Group>, Vec<usize>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut of_feature = Vec::with_capacity(setting.n_features());
    for (j, &latent) in setting.latents.iter().enumerate() {
        let is_core = j < setting.n_core;
        let known = groups.iter().position(|g| g.is_core == is_core && g.latent == latent);
        let group_idx = known.unwrap_or_else(|| {
            groups.push(Group::new(is_core, latent));
            groups.len() - 1
        });
        groups[group_idx].n_features += 1;
        of_feature.push(group_idx);
    }
    (groups, of_feature)
}

/// What a mean-field neuron knows of its weights in one group. The weights are taken towards the own class:
/// `v_j = y u_j` on the core with `y` the neuron's own class, `v_j = u_j` on the background.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GroupWeights {
    /// The mean of `v_j` over the group.
    pub mean: f64,
    /// The sum over the group of `(v_j - mean)^2`.
    pub spread: f64,
    /// The cube root of the sum of `|v_j - mean|^3`, or a bound on it; for the Berry-Esseen envelope alone.
    pub cubes: f64,
}

impl GroupWeights {
    /// The sums of given weights.
    pub(super) fn of(weights: impl Iterator<Item = f64> + Clone) -> Self {
        let n = weights.clone().count() as f64;
        let mean = weights.clone().sum::<f64>() / n;
        let moment =
            |power: i32| weights.clone().map(|v| (v - mean).abs().powi(power)).sum::<f64>();
        GroupWeights { mean, spread: moment(2), cubes: moment(3).cbrt() }
    }

    /// The group of a Gaussian start whose mean and spread were drawn: its cubes are not known, and the
    /// bound holds but for a probability of order 1e-9, six of their standard deviations.
    pub fn gaussian(mean: f64, spread: f64, n_features: usize) -> Self {
        let n = n_features as f64;
        // E|g|^3 = sqrt(8/pi) and Var |g|^3 = 15 - 8/pi for a standard normal g.
        let expected = (8.0 / std::f64::consts::PI).sqrt();
        let deviation = (15.0 - 8.0 / std::f64::consts::PI).sqrt();
        let per_feature = expected + 6.0 * deviation / n.sqrt();
        let sum = n * per_feature * (spread / n).powf(1.5);
        GroupWeights { mean, spread, cubes: sum.cbrt() }
    }
}
