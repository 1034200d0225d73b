//! What the theory says of a cell: the one place where a sweep asks `predict`.

use super::cell::Steps;
use super::ensemble::Ensemble;
use crate::error::Result;
use crate::predict::{FixedPoint, Moments, critical_decay, finite_size_margin};
use crate::seed::Seed;
use crate::setting::Setting;

/// The predictions of one cell, paired by name with what is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// `P_other` of the initial set.
    pub other_class: f64,
    /// Background over core learned.
    pub ratio: f64,
    /// The hinge risk in distribution after the steps to `T2`.
    pub id_risk: f64,
    /// The hinge risk out of distribution after the steps to `T2`.
    pub ood_risk: f64,
    /// The constant `c*` above which the hinge cannot let go.
    pub critical_decay: f64,
    /// How far `P_other` and the risk out of distribution may lie from these.
    pub finite_size_margin: f64,
}

/// Neurons that stand for a network of any width.
const N_NEURONS: usize = 8192;

/// Predicts a cell from its setting and the steps to its times alone, by the mean-field engine from a
/// Gaussian start; `P_other` and the ratio by the fixed point, where the start is forgotten, if no neuron
/// of so many is in the initial set.
///
/// # Errors
/// If there is no core feature, or the network is not ReLU.
///
/// # Source
/// `theory/notation.md`, sections 6, 7 and 9.
pub fn predicted(setting: &Setting, steps: Steps) -> Result<Prediction> {
    let fixed_point = FixedPoint::solve(&Moments::of(setting))?;
    let course = Ensemble::new(setting, N_NEURONS, Seed::root(0))?.run(steps);
    Ok(Prediction {
        other_class: course.other_class.unwrap_or(fixed_point.other_class_activation),
        ratio: course.ratio.unwrap_or(fixed_point.ratio),
        id_risk: course.id_risk,
        ood_risk: course.ood_risk,
        critical_decay: critical_decay(setting),
        finite_size_margin: finite_size_margin(setting),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balanced_uniform_cell_is_near_the_fixed_point() {
        let setting = Setting::theorem(64);
        let steps = Steps { t1: setting.steps_to(8.0), t2: setting.steps_to(20.0) };
        let prediction = predicted(&setting, steps).unwrap();
        let p = prediction.other_class;
        // Equal energies: background over core is (1 - P) / (1 + P), and c* = m^0.01 / 16.
        assert!((prediction.ratio - (1.0 - p) / (1.0 + p)).abs() < 0.02, "{prediction:?}");
        assert!((prediction.critical_decay - 256.0_f64.powf(0.01) / 16.0).abs() < 1e-12);
        assert!((0.0..0.5).contains(&prediction.id_risk) && prediction.ood_risk > 0.5);
    }
}
