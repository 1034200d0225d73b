//! Made-up outcomes for the tests of this module.

use std::sync::{Arc, LazyLock};

use super::Conditions;
use crate::error::Result;
use crate::paper;
use crate::stats::{Estimate, Interval, Null, Point, Rates, Region, decide};
use crate::study::{Arm, Claim, Outcome, Part, Study, TrendDetails};
use crate::sweep::{CellSummary, Grid, Planned, RunValues, summary};

struct Fixed {
    value: f64,
    interval: Interval,
}

impl Estimate for Fixed {
    fn value(&self) -> f64 {
        self.value
    }
    fn interval(&self, _tail: f64) -> Interval {
        self.interval
    }
    fn p_value(&self, null: Null) -> f64 {
        let is_beyond = match null {
            Null::AtMost(bound) => self.interval.lower > bound,
            Null::AtLeast(bound) => self.interval.upper < bound,
        };
        if is_beyond { 0.0 } else { 1.0 }
    }
    fn n_samples(&self) -> usize {
        128
    }
}

/// The study of the paper.
static PAPER: LazyLock<Study> = LazyLock::new(paper::study);

/// Conditions of a made-up run of the paper's claims.
pub(super) fn conditions(arm: Arm) -> Conditions<'static> {
    Conditions {
        study: &PAPER,
        program: "contam",
        arm,
        seed: 7,
        tier: PAPER.all_tiers()[0],
        n_threads: 2,
        planned_seconds: 11.0,
        seconds: 12.5,
    }
}

/// A part of given estimate, interval and region.
pub(super) fn part(name: &str, value: f64, interval: (f64, f64), region: (f64, f64)) -> Part {
    let estimate = Fixed { value, interval: Interval::new(interval.0, interval.1) };
    let region = Region::between(region.0, region.1);
    Part {
        name: name.into(),
        predicted: None,
        decision: decide(&estimate, region, Rates { alpha: 1e-7, beta: 1e-3 }),
        slack: None,
        sizes: vec![16, 32, 64],
        trend: None,
        is_tied: false,
    }
}

/// A ladder of two sizes whose mean falls like one over the root of the size.
pub(super) fn trend() -> TrendDetails {
    let point = |size, value| Point { size, value, standard_error: 0.01 };
    TrendDetails {
        points: vec![point(16.0, 0.25), point(64.0, 0.125)],
        chi_square: 0.0,
        degrees_of_freedom: 0,
        chi_square_p_value: None,
        drift: None,
        with_inverse_sqrt: None,
        with_inverse: None,
    }
}

/// An outcome of the claim of this id.
pub(super) fn outcome(id: &str, arm: Arm, parts: Vec<Part>) -> Outcome {
    let rates = Rates { alpha: 1e-7, beta: 1e-3 };
    Outcome { claim: claim(id), arm, rates, parts, runs: Vec::new(), seconds: 0.5 }
}

/// The claim of this id.
pub(super) fn claim(id: &str) -> Arc<Claim> {
    let found = PAPER.claims().iter().find(|claim| claim.id == id);
    assert!(found.is_some(), "no claim `{id}`");
    Arc::clone(found.unwrap_or(&PAPER.claims()[0]))
}

/// A grid of 2 sizes and 3 shares with a figure of `P_other`, whose runs give `beta + d0 / 100` in the mean.
pub(super) fn sweep_example() -> std::result::Result<(Grid, Vec<CellSummary>), String> {
    // Its predictions take seconds: once is enough for all tests.
    static EXAMPLE: LazyLock<std::result::Result<(Grid, Vec<CellSummary>), String>> =
        LazyLock::new(|| computed_sweep().map_err(|fault| fault.to_string()));
    EXAMPLE.clone()
}

fn computed_sweep() -> Result<(Grid, Vec<CellSummary>)> {
    let text = "d0 = [32, 16]\nbeta = [0.5, 0.25, 0.75]\nruns = 2\n[figure]\nvalue = \"other_class\"\n\
                x = \"beta\"\ny = \"d0\"\nfile = \"p.svg\"\nboundary = \"half\"\n";
    let grid = Grid::from_toml(text)?;
    let cells = grid.cells()?;
    let runs = cells.iter().map(|placed| {
        let middle = placed.cell.beta() + placed.cell.d0 as f64 / 100.0;
        let run = |value: f64| RunValues {
            other_class: Some(value),
            ratio: Some(0.5),
            id_risk: 0.125,
            ood_risk: 0.875,
            id_margin: 1.0,
            max_margin: 0.75,
        };
        vec![run(middle - 0.01), run(middle + 0.01)]
    });
    let plan: Vec<Planned> =
        cells.iter().map(|placed| Planned::new(placed, grid.times)).collect::<Result<_>>()?;
    let places: Vec<[usize; 6]> = cells.iter().map(|placed| placed.at).collect();
    let summaries = summary(&plan, &places, runs.collect())?;
    Ok((grid, summaries))
}
