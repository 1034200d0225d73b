//! One mean-field neuron: its normal pre-activation and its step.

use super::group::{Group, GroupWeights};
use super::joint::Joint;
use super::margin::Corner;
use crate::predict::{NON_IDENTICAL_CONSTANT, normal_cdf, normal_density};

/// The pre-activation of a neuron on its own and on the other class, taken as normal.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Activity {
    /// The standardised mean pre-activation on the own class, `r_own`.
    pub own_mean: f64,
    /// The same on the other class.
    pub other_mean: f64,
    /// `Phi(r_own)`.
    pub own: f64,
    /// `Phi(r_other)`.
    pub other: f64,
    /// The standard deviation of the pre-activation, the same on both classes.
    pub deviation: f64,
    /// `E phi(S)` on the own and on the other class.
    pub(super) activated: [f64; 2],
    /// The same out of distribution.
    pub(super) shifted: [f64; 2],
    /// `phi0(r_own)` and `phi0(r_other)`.
    pub(super) densities: [f64; 2],
    /// The slope of the activation below 0.
    leak: f64,
}

impl Activity {
    pub(super) fn of(weights: &[GroupWeights], groups: &[Group], leak: f64) -> Self {
        let (mut core, mut background, mut bias, mut variance) = (0.0, 0.0, 0.0, 0.0);
        for (w, group) in weights.iter().zip(groups) {
            let part = if group.is_core { &mut core } else { &mut background };
            *part += group.size() * group.mean * w.mean;
            bias += if group.is_bias { w.mean } else { 0.0 };
            variance += group.variance * (group.size() * w.mean * w.mean + w.spread);
        }
        let deviation = f64::sqrt(variance);
        let own_mean = (core + background) / deviation;
        let other_mean = (background - core) / deviation;
        let (own, other) = (normal_cdf(own_mean), normal_cdf(other_mean));
        let [own_density, other_density] = [own_mean, other_mean].map(normal_density);
        // A leaky unit is a rectified one and a linear one.
        let activate = |mean: f64, active: f64, density: f64| {
            leak * (deviation * mean) + (1.0 - leak) * (deviation * (mean * active + density))
        };
        let activated =
            [activate(own_mean, own, own_density), activate(other_mean, other, other_density)];
        let odd = 1.0 + leak;
        // Without biases a sample out of distribution is one of the other class, negated, and
        // `phi(S) - phi(-S)` is `(1 + s) S`.
        let shifted = if bias == 0.0 {
            [
                activated[1] - odd * (deviation * other_mean),
                activated[0] - odd * (deviation * own_mean),
            ]
        } else {
            let background = 2.0 * bias - background;
            [core, -core].map(|core| {
                let mean = (background + core) / deviation;
                activate(mean, normal_cdf(mean), normal_density(mean))
            })
        };
        Activity {
            own_mean,
            other_mean,
            own,
            other,
            deviation,
            activated,
            shifted,
            densities: [own_density, other_density],
            leak,
        }
    }

    /// The mean derivative with which group weights of this sign pull: the sum over both classes on the core,
    /// the difference on the background, halved.
    pub(super) fn pull(&self, group: &Group) -> f64 {
        let [own, other] =
            [self.own, self.other].map(|active| self.leak + (1.0 - self.leak) * active);
        0.5 * (own + group.sign() * other)
    }
}

/// What all neurons of one step share.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// `eta / m`.
    pub rate: f64,
    /// `q`.
    pub shrinkage: f64,
    /// The margin at the hinge's corner.
    pub corner: Corner,
    /// `1 / N`; 0 for batches of infinite size.
    pub per_sample: f64,
}

impl Step {
    /// One step of one neuron.
    pub fn take(&self, weights: &mut [GroupWeights], groups: &[Group], activity: &Activity) {
        let joint = self.joint(weights, groups, activity);
        let [own, other] = joint.map(|joint| joint.leaking(activity.leak, &self.corner));
        // The noise has the mean square of the derivative.
        let square = activity.leak * activity.leak;
        let share = square * self.corner.active
            + (1.0 - square) * (0.5 * (joint[0].active + joint[1].active));
        let density = 0.5 * (own.density - other.density) / activity.deviation;
        let at_corner = 0.5 * self.corner.density / self.corner.deviation;
        for ((w, group), slope) in weights.iter_mut().zip(groups).zip(&self.corner.slopes) {
            let pull = 0.5 * (own.active + group.sign() * other.active);
            let edge = at_corner * (own.at_corner + group.sign() * other.at_corner);
            let kept = self.shrinkage + self.rate * group.variance * density;
            let drift = group.mean * pull - group.variance * slope * edge;
            let noise = self.rate * self.rate * self.per_sample * group.variance * share;
            w.mean = kept * w.mean + self.rate * drift;
            w.spread = kept * kept * w.spread + (group.size() - 1.0) * noise;
            w.cubes *= kept.abs();
        }
    }

    /// Neuron and hinge on the own and on the other class.
    fn joint(&self, weights: &[GroupWeights], groups: &[Group], activity: &Activity) -> [Joint; 2] {
        let (mut core, mut background) = (0.0, 0.0);
        for ((w, group), slope) in weights.iter().zip(groups).zip(&self.corner.slopes) {
            let part = if group.is_core { &mut core } else { &mut background };
            *part += group.size() * group.variance * w.mean * slope;
        }
        let scale = 1.0 / (activity.deviation * self.corner.deviation);
        let Activity { own_mean, own, other_mean, other, densities, .. } = *activity;
        let on_own = (own_mean, own, densities[0]);
        let on_other = (other_mean, other, densities[1]);
        [
            Joint::new(on_own, &self.corner, scale * (background + core)),
            Joint::new(on_other, &self.corner, scale * (background - core)),
        ]
    }
}

/// The Berry-Esseen bound `0.5583 L` for any weights that have these sums, by Minkowski's inequality:
/// `|v|_3 <= n^{1/3} |mean| + cubes`.
pub(super) fn envelope(weights: &[GroupWeights], groups: &[Group], activity: &Activity) -> f64 {
    let third = |(w, group): (&GroupWeights, &Group)| {
        group.third * (group.size().cbrt() * w.mean.abs() + w.cubes).powi(3)
    };
    let sum: f64 = weights.iter().zip(groups).map(third).sum();
    NON_IDENTICAL_CONSTANT * sum / activity.deviation.powi(3)
}
