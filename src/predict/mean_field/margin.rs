//! The margin of a mean-field network, taken as normal.

use super::group::{Group, GroupWeights};
use super::neuron::Activity;
use crate::predict::{normal_cdf, normal_density};

/// Sums over neurons that decide about the margin.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    in_distribution: f64,
    out_of_distribution: f64,
    /// For each group the sum of the mean weights of the active neurons.
    slopes: Vec<f64>,
}

impl Sums {
    pub fn zero(n_groups: usize) -> Self {
        Sums { in_distribution: 0.0, out_of_distribution: 0.0, slopes: vec![0.0; n_groups] }
    }

    /// Adds a neuron. In distribution a sample sees it either as one of its own class, with sign `+`, or as
    /// one of the other, with sign `-`.
    pub fn add_neuron(&mut self, weights: &[GroupWeights], groups: &[Group], activity: &Activity) {
        self.in_distribution += activity.activated[0] - activity.activated[1];
        self.out_of_distribution += activity.shifted[0] - activity.shifted[1];
        for ((slope, w), group) in self.slopes.iter_mut().zip(weights).zip(groups) {
            *slope += w.mean * activity.pull(group);
        }
    }

    pub fn add(&mut self, other: &Sums) {
        self.in_distribution += other.in_distribution;
        self.out_of_distribution += other.out_of_distribution;
        self.slopes.iter_mut().zip(&other.slopes).for_each(|(sum, term)| *sum += term);
    }

    /// The margin of a network of so many neurons with output weights `+-1/m`, half of each sign.
    pub fn margin(&self, groups: &[Group], n_neurons: usize) -> Margin {
        let m = n_neurons as f64;
        let slopes: Vec<f64> = self.slopes.iter().map(|sum| sum / m).collect();
        let terms = slopes.iter().zip(groups);
        let variance: f64 = terms.map(|(s, group)| group.size() * group.variance * s * s).sum();
        Margin {
            mean: 0.5 * self.in_distribution / m,
            deviation: variance.sqrt(),
            out_of_distribution: 0.5 * self.out_of_distribution / m,
            slopes,
        }
    }
}

/// The margin `y h(x)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Margin {
    /// Its mean in distribution.
    pub mean: f64,
    /// Its standard deviation in distribution.
    pub deviation: f64,
    /// Its mean out of distribution.
    pub out_of_distribution: f64,
    /// `d margin / d z_j` in the mean, for a feature of each group.
    pub(super) slopes: Vec<f64>,
}

/// The margin's law as far as the hinge sees it.
#[derive(Debug, Clone)]
pub(super) struct Corner {
    /// `alpha = (1 - h) / s`, the corner in standard deviations above the mean.
    pub position: f64,
    /// `Phi(alpha)`, the share of samples whose hinge is active.
    pub active: f64,
    /// `phi0(alpha)`; 0 for a margin that does not scatter.
    pub density: f64,
    /// `s`.
    pub deviation: f64,
    /// `d margin / d z_j` in the mean, for a feature of each group.
    pub slopes: Vec<f64>,
}

impl Margin {
    /// The margin at the hinge's corner.
    pub(super) fn corner(&self) -> Corner {
        let position = (1.0 - self.mean) / self.deviation;
        let (active, density) = match self.deviation {
            0.0 => (1.0, 0.0),
            _ => (normal_cdf(position), normal_density(position)),
        };
        let (deviation, slopes) = (self.deviation, self.slopes.clone());
        Corner { position, active, density, deviation, slopes }
    }

    /// The hinge risk in distribution.
    pub fn in_distribution_risk(&self) -> f64 {
        let corner = self.corner();
        (1.0 - self.mean) * corner.active + self.deviation * corner.density
    }

    /// The hinge risk out of distribution, where margins lie so far below 1 that the hinge is linear.
    pub fn out_of_distribution_risk(&self) -> f64 {
        1.0 - self.out_of_distribution
    }
}
