//! What the sharp laws speak of, of one run of a ladder: as measured, and as the mean-field engine has it
//! from the same start.

use crate::error::Result;
use crate::linalg::{mean, row_of};
use crate::observe::feature_projections;
use crate::predict::{MeanField, PopulationOracle};
use crate::setting::Setting;

use super::lab::Run;
use super::scenario::Times;

/// Means over the initial set at `T1`, and risks at `T2`.
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
    /// What a run did, by exact probabilities; its set must not be empty.
    ///
    /// # Errors
    /// If weights are not finite.
    pub fn measured(setting: &Setting, run: &Run, oracle: &PopulationOracle) -> Result<Self> {
        let Run { record, set } = run;
        let weights = record.weights[Times::T1].as_ref();
        let others = set.iter().map(|neuron| {
            let active = oracle.probabilities(&row_of(weights, neuron.neuron_idx))?;
            Ok(active.of(neuron.own.other()).value)
        });
        let (core, background) = feature_projections(setting, weights, set);
        Ok(Course {
            other: mean(&others.collect::<Result<Vec<f64>>>()?),
            ratio: background / core,
            ood_risk: record.out_of_distribution.loss,
        })
    }

    /// What the mean-field engine makes of the start of the same run.
    ///
    /// # Errors
    /// See [`MeanField::of_weights`].
    pub fn predicted(setting: &Setting, run: &Run) -> Result<Self> {
        let Run { record, set } = run;
        let times = Times::of(setting);
        let mut network = MeanField::of_weights(setting, record.start.as_ref())?;
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
