//! A cell's means over runs, beside its predictions.

use super::cell::Cell;
use super::measure::RunValues;
use super::prediction::Prediction;
use super::quantity::Quantity;
use super::{Planned, predicted};
use crate::error::Result;
use crate::stats::{Estimate, Mean, Replicates};

/// A quantity's mean over the runs that have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The mean; NaN without a run.
    pub mean: f64,
    /// Its standard error; NaN with fewer than two runs.
    pub standard_error: f64,
    /// The runs that have the quantity.
    pub n_runs: usize,
}

/// A cell with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CellSummary {
    /// Its parameters.
    pub cell: Cell,
    /// Its indices on the axes, in the order of [`super::Axis::ALL`].
    pub at: [usize; 6],
    /// The values of every run.
    pub runs: Vec<RunValues>,
    /// What the theory says.
    pub prediction: Prediction,
}

impl CellSummary {
    /// The mean of a quantity over the runs that have it.
    pub fn measured(&self, quantity: Quantity) -> Measured {
        let values: Vec<f64> = self.runs.iter().filter_map(|run| quantity.of(run)).collect();
        let n_runs = values.len();
        // Without a run there is no mean.
        let mean = Mean::of(&Replicates::assume_independent(values)).ok();
        Measured {
            mean: mean.as_ref().map_or(f64::NAN, Estimate::value),
            standard_error: mean.map_or(f64::NAN, |mean| mean.standard_error()),
            n_runs,
        }
    }

    /// How far the mean lies from the prediction in units of the declared margin, with sign; none without
    /// a run or without a margin.
    pub fn in_margins(&self, quantity: Quantity) -> Option<f64> {
        let distance = self.measured(quantity).mean - self.predicted(quantity)?;
        Some(distance / self.margin(quantity)?).filter(|margins| margins.is_finite())
    }

    /// The declared margin of a quantity, where there is one.
    pub fn margin(&self, quantity: Quantity) -> Option<f64> {
        quantity.margin(&self.prediction)
    }

    /// The prediction of a quantity, where there is one.
    pub fn predicted(&self, quantity: Quantity) -> Option<f64> {
        quantity.predicted(&self.prediction)
    }
}

/// One summary for each planned cell, from its runs and its place on the axes.
///
/// # Errors
/// If a cell has no core feature.
pub fn summary(
    plan: &[Planned],
    places: &[[usize; 6]],
    runs: Vec<Vec<RunValues>>,
) -> Result<Vec<CellSummary>> {
    plan.iter()
        .zip(places)
        .zip(runs)
        .map(|((planned, &at), runs)| {
            let prediction = predicted(&planned.setting, planned.steps)?;
            Ok(CellSummary { cell: planned.cell, at, runs, prediction })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Grid;

    #[test]
    fn means_are_over_the_runs_that_have_the_quantity() {
        let grid = Grid::from_toml("d0 = [16]").unwrap();
        let placed = grid.cells().unwrap()[0];
        let plan = [Planned::new(&placed, grid.times).unwrap()];
        let run = |other_class: Option<f64>, id_risk| RunValues {
            other_class,
            ratio: other_class,
            id_risk,
            ood_risk: 0.75,
            id_margin: 0.875,
            max_margin: 0.5,
        };
        let runs = vec![run(Some(0.2), 0.1), run(None, 0.3), run(Some(0.4), 0.2)];
        let summaries = summary(&plan, &[placed.at], vec![runs]).unwrap();
        let activity = summaries[0].measured(Quantity::OtherClass);
        // Two values 0.2 apart: standard deviation 0.2 / sqrt 2, standard error 0.1.
        assert!((activity.mean - 0.3).abs() < 1e-15 && activity.n_runs == 2);
        assert!((activity.standard_error - 0.1).abs() < 1e-15);
        let risk = summaries[0].measured(Quantity::IdRisk);
        assert!((risk.mean - 0.2).abs() < 1e-15 && risk.n_runs == 3);
        // From a quarter at 0.04 / sqrt 16 to whatever is predicted.
        let predicted = summaries[0].predicted(Quantity::OtherClass).unwrap();
        let margins = summaries[0].in_margins(Quantity::OtherClass).unwrap();
        assert!((0.01 * margins + predicted - 0.3).abs() < 1e-12);
        assert!(summaries[0].in_margins(Quantity::IdRisk).is_none());
        let none = CellSummary { runs: vec![run(None, 0.1)], ..summaries[0].clone() };
        assert!(none.measured(Quantity::Ratio).mean.is_nan());
        assert!(none.in_margins(Quantity::OtherClass).is_none());
        assert!(none.measured(Quantity::IdRisk).standard_error.is_nan());
        assert!(none.predicted(Quantity::MaxMargin).is_none());
    }
}
