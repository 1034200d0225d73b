//! What the theory says of a cell: the one place where a sweep asks `predict`.

use super::cell::Steps;
use crate::error::Result;
use crate::predict::{FixedPoint, Moments, critical_decay, relu_risk};
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
    /// The hinge risk out of distribution when the mean margin in distribution is 1.
    pub ood_risk: f64,
    /// The constant `c*` above which the hinge cannot let go.
    pub critical_decay: f64,
}

/// Predicts a cell from its setting and the steps to its times alone: `P_other`, the ratio and the risk
/// out of distribution by the fixed point, where the start is forgotten; the risk in distribution by the
/// normal closure of the margin.
///
/// # Errors
/// If there is no core feature.
///
/// # Source
/// `theory/notation.md`, sections 6 and 7; `theory/risk/in-distribution.md`.
pub fn predicted(setting: &Setting, steps: Steps) -> Result<Prediction> {
    let fixed_point = FixedPoint::solve(&Moments::of(setting))?;
    Ok(Prediction {
        other_class: fixed_point.other_class_activation,
        ratio: fixed_point.ratio,
        id_risk: relu_risk(setting, steps.t2)?,
        ood_risk: fixed_point.finite_ood_risk,
        critical_decay: critical_decay(setting),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balanced_uniform_cell_has_the_numbers_of_the_fixed_point() {
        let setting = Setting::theorem(64);
        let steps = Steps { t1: setting.steps_to(8.0), t2: setting.steps_to(20.0) };
        let prediction = predicted(&setting, steps).unwrap();
        let p = prediction.other_class;
        // Equal energies: background over core is (1 - P) / (1 + P), and c* = m^0.01 / 16.
        assert!((prediction.ratio - (1.0 - p) / (1.0 + p)).abs() < 1e-12);
        assert!((prediction.critical_decay - 256.0_f64.powf(0.01) / 16.0).abs() < 1e-12);
        assert!((0.0..0.5).contains(&prediction.id_risk) && prediction.ood_risk > 0.5);
    }
}
