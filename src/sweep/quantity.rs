//! What is measured in a cell, and what of it is predicted.

use serde::Deserialize;

use super::measure::RunValues;
use super::prediction::Prediction;

/// A quantity of a run. The names are those of the grid file and of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// `P_other` at `T1`.
    OtherClass,
    /// Background over core learned, at `T1`.
    Ratio,
    /// The hinge risk in distribution at `T2`.
    IdRisk,
    /// The hinge risk out of distribution at `T2`.
    OodRisk,
    /// The mean margin in distribution at `T2`.
    #[serde(skip)]
    IdMargin,
    /// The largest margin seen up to `T1`.
    #[serde(skip)]
    MaxMargin,
}

impl Quantity {
    /// All of them; the first four have predictions and can be drawn.
    pub const ALL: [Quantity; 6] = [
        Quantity::OtherClass,
        Quantity::Ratio,
        Quantity::IdRisk,
        Quantity::OodRisk,
        Quantity::IdMargin,
        Quantity::MaxMargin,
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::OtherClass => "other_class",
            Quantity::Ratio => "ratio",
            Quantity::IdRisk => "id_risk",
            Quantity::OodRisk => "ood_risk",
            Quantity::IdMargin => "id_margin",
            Quantity::MaxMargin => "max_margin",
        }
    }

    /// What it is, in words.
    pub fn title(self) -> &'static str {
        match self {
            Quantity::OtherClass => "P_other: activity on the other class at T1",
            Quantity::Ratio => "Background over core learned at T1",
            Quantity::IdRisk => "Hinge risk in distribution at T2",
            Quantity::OodRisk => "Hinge risk out of distribution at T2",
            Quantity::IdMargin => "Mean margin in distribution at T2",
            Quantity::MaxMargin => "Largest margin up to T1",
        }
    }

    /// The value of a run, where it has one.
    pub fn of(self, run: &RunValues) -> Option<f64> {
        match self {
            Quantity::OtherClass => run.other_class,
            Quantity::Ratio => run.ratio,
            Quantity::IdRisk => Some(run.id_risk),
            Quantity::OodRisk => Some(run.ood_risk),
            Quantity::IdMargin => Some(run.id_margin),
            Quantity::MaxMargin => Some(run.max_margin),
        }
    }

    /// How far the mean over runs may lie from the predicted value, where that is declared.
    pub fn margin(self, prediction: &Prediction) -> Option<f64> {
        match self {
            Quantity::OtherClass | Quantity::OodRisk => Some(prediction.finite_size_margin),
            Quantity::Ratio | Quantity::IdRisk | Quantity::IdMargin | Quantity::MaxMargin => None,
        }
    }

    /// The predicted value, where there is one.
    pub fn predicted(self, prediction: &Prediction) -> Option<f64> {
        match self {
            Quantity::OtherClass => Some(prediction.other_class),
            Quantity::Ratio => Some(prediction.ratio),
            Quantity::IdRisk => Some(prediction.id_risk),
            Quantity::OodRisk => Some(prediction.ood_risk),
            Quantity::IdMargin | Quantity::MaxMargin => None,
        }
    }
}
