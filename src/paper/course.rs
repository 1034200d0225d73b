//! What the sharp laws speak of in one run: as measured, and as the mean-field engine predicts it
//! from the same start.

use faer::MatRef;

use crate::error::Result;
use crate::linalg::mean;
use crate::observe::SetNeuron;
use crate::predict::MeanField;
use crate::setting::Setting;

use super::scenario::Times;
use super::set_means::SetMeans;

/// Means over the initial set at `T1`, and the risk at `T2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Course {
    /// `P(active on other class)`.
    pub other: f64,
    /// Background over core projection.
    pub ratio: f64,
    /// The hinge risk out of distribution.
    pub ood_risk: f64,
}

impl Course {
    /// What a run measured: the means over its initial set at `T1`, and the risk at `T2`. None
    /// where no activation probabilities were computed.
    pub fn measured(set: &SetMeans, ood_risk: f64) -> Option<Self> {
        Some(Course { other: set.other_class?, ratio: set.background / set.core, ood_risk })
    }

    /// What the mean-field engine, told this setting, makes of a start with this initial set.
    ///
    /// # Errors
    /// See [`MeanField::of_weights`].
    pub fn predicted(told: &Setting, start: MatRef<'_, f64>, set: &[SetNeuron]) -> Result<Self> {
        let times = Times::of(told);
        let mut network = MeanField::of_weights(told, start)?;
        network.advance_to(times.t1);
        let of_set = |value: &dyn Fn(usize) -> f64| {
            mean(&set.iter().map(|neuron| value(neuron.neuron_idx)).collect::<Vec<_>>())
        };
        let other = of_set(&|k| network.activity(k).other);
        let core = of_set(&|k| network.projections(k).0);
        let background = of_set(&|k| network.projections(k).1);
        network.advance_to(times.t2);
        let ood_risk = network.margin().out_of_distribution_risk();
        Ok(Course { other, ratio: background / core, ood_risk })
    }
}
