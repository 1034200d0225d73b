//! What is measured on one run of a cell.

use serde::{Deserialize, Serialize};

use super::cell::Steps;
use crate::error::Result;
use crate::linalg::{mean, row_of};
use crate::observe::{Schedule, feature_projections, initial_set, record};
use crate::predict::PopulationOracle;
use crate::seed::Seed;
use crate::setting::Setting;

/// The values of one run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunValues {
    /// The mean over the initial set of the exact `P_other` at `T1`, with 0 for what is below its certified
    /// error; none where the set is empty.
    pub other_class: Option<f64>,
    /// The initial set's background projection over its core projection at `T1`; none where the set is
    /// empty.
    pub ratio: Option<f64>,
    /// The hinge risk in distribution at `T2`.
    pub id_risk: f64,
    /// The hinge risk out of distribution at `T2`.
    pub ood_risk: f64,
    /// The mean margin in distribution at `T2`.
    pub id_margin: f64,
    /// The largest margin seen on a batch up to `T1`: below 1, the hinge was active on every sample.
    pub max_margin: f64,
}

impl RunValues {
    /// Whether the values can be those of a run: finite, probabilities and risks in their ranges.
    pub(super) fn are_possible(&self) -> bool {
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        let numbers = [self.id_risk, self.ood_risk, self.id_margin, self.max_margin];
        numbers.iter().all(|number| number.is_finite())
            && self.id_risk >= 0.0
            && self.ood_risk >= 0.0
            && self.other_class.is_none_or(is_share)
            && self.ratio.is_none_or(f64::is_finite)
            && self.other_class.is_some() == self.ratio.is_some()
    }
}

/// Fresh samples per risk: its standard error is at most 1/128 of the spread of the loss. A cell of many
/// features has few runs, and there the samples of a risk cost less than a percent of the training.
const N_TEST: usize = 16_384;

/// Trains one network in feature coordinates and single precision, and measures it.
///
/// # Errors
/// If training diverges.
pub fn measured(setting: &Setting, steps: Steps, seed: Seed) -> Result<RunValues> {
    let schedule = Schedule { kept_steps: &[steps.t1], n_steps: steps.t2, n_test: N_TEST };
    let run = record(setting, seed, &schedule)?;
    let set = initial_set(setting, run.start.as_ref());
    let at_t1 = run.weights[0].as_ref();
    let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
    let activities = set
        .iter()
        .map(|neuron| {
            let by_class = oracle.probabilities(&row_of(at_t1, neuron.neuron_idx))?;
            let active = by_class.of(neuron.own.other());
            // What its error bound does not tell from 0 is 0, not the noise of rounding.
            Ok(if active.value > active.error_bound { active.value } else { 0.0 })
        })
        .collect::<Result<Vec<f64>>>()?;
    let (core, background) = feature_projections(setting, at_t1, &set);
    let of_set = |value: f64| (!set.is_empty()).then_some(value);
    Ok(RunValues {
        // A series may pass 1 by its error bound.
        other_class: of_set(mean(&activities).min(1.0)),
        ratio: of_set(background / core),
        id_risk: run.in_distribution.loss,
        ood_risk: run.out_of_distribution.loss,
        id_margin: run.in_distribution.mean_margin,
        max_margin: run.max_margins[0],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Times;

    #[test]
    fn a_run_without_an_initial_set_has_no_activity_and_no_ratio() {
        // Two neurons: the chance that one is in the set is a few percent.
        let setting = Setting::theorem(16).with(|p| p.width = 2).unwrap();
        let steps = Times { t1: 8.0, t2: 8.0 }.steps(&setting);
        let run = measured(&setting, steps, Seed::root(1)).unwrap();
        assert_eq!((run.other_class, run.ratio), (None, None));
        assert!(run.are_possible());
    }

    #[test]
    fn values_that_no_run_has_are_seen() {
        let good = RunValues {
            other_class: Some(0.25),
            ratio: Some(0.5),
            id_risk: 0.1,
            ood_risk: 0.9,
            id_margin: 1.0,
            max_margin: 0.8,
        };
        assert!(good.are_possible());
        for bad in [
            RunValues { other_class: Some(1.5), ..good },
            RunValues { ratio: None, ..good },
            RunValues { id_risk: -0.1, ..good },
            RunValues { ood_risk: f64::NAN, ..good },
        ] {
            assert!(!bad.are_possible(), "{bad:?}");
        }
    }
}
