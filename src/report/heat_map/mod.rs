//! A phase diagram as an SVG text: the measured field, and beside it what it has over the predicted one.

mod colour;
mod layout;
mod panel;
mod phase;

use plotters::coord::Shift;
use plotters::element::PathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use self::colour::{DIVERGING, SEQUENTIAL, round_end};
use self::layout::{Layout, MARGIN};
use self::panel::Panel;
use self::phase::Phase;
use crate::error::{Error, Result};
use crate::sweep::{Axis, CellSummary, Figure, Grid};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Letters of labels, of numbers in cells, and of the title, in the units of plotters: an SVG has four
/// fifths of them. Free choices.
const TEXT: u32 = 15;
const SMALL: u32 = 14;
const TITLE: u32 = 20;

/// A fault of plotters, which writes into a text and has none to report.
fn fault(reason: impl ToString) -> Error {
    Error::Malformed {
        what: "the figure to draw".into(),
        reason: reason.to_string(),
        remedy: "leave the figure out of the grid file".into(),
    }
}

fn style(size: u32, pos: HPos, colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&colour).pos(Pos::new(pos, VPos::Center))
}

fn write(area: &Area, text: String, at: (i32, i32), style: TextStyle) -> Result<()> {
    area.draw(&Text::new(text, at, style)).map_err(fault)
}

/// A figure of a sweep.
///
/// # Errors
/// - a cell that is missing;
/// - a figure that cannot be drawn.
pub fn heat_map(grid: &Grid, figure: &Figure, cells: &[CellSummary]) -> Result<String> {
    let phase = Phase::of(grid, figure, cells)?;
    let layout = Layout::of(&phase);
    let mut text = String::new();
    {
        let size = layout.size();
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&WHITE).map_err(fault)?;
        head(&area, grid, figure, cells, &phase)?;
        let top = round_end(largest(&phase.measured));
        let measured = Panel {
            title: "measured, mean over runs",
            left: layout.panel_left(0),
            field: &phase.measured,
            map: &SEQUENTIAL,
            scale: (0.0, top),
        };
        let end = round_end(largest(&phase.difference));
        let difference = Panel {
            title: "measured minus predicted",
            left: layout.panel_left(1),
            field: &phase.difference,
            map: &DIVERGING,
            scale: (-end, end),
        };
        for panel in [measured, difference] {
            panel.draw(&area, &layout, &phase)?;
            panel.axes(&area, &layout, &phase, [figure.x, figure.y])?;
            panel.colour_bar(&area, &layout)?;
        }
        area.present().map_err(fault)?;
    }
    Ok(text)
}

/// The largest modulus of a field.
fn largest(field: &[Vec<Option<f64>>]) -> f64 {
    field.iter().flatten().flatten().fold(0.0, |largest, value| largest.max(value.abs()))
}

/// Title, conditions and what the line is.
fn head(
    area: &Area,
    grid: &Grid,
    figure: &Figure,
    cells: &[CellSummary],
    phase: &Phase,
) -> Result<()> {
    write(area, figure.value.title().into(), (MARGIN, 20), style(TITLE, HPos::Left, BLACK))?;
    let conditions = conditions(grid, figure, cells);
    write(area, conditions, (MARGIN, 42), style(TEXT, HPos::Left, BLACK))?;
    let Some(boundary) = figure.boundary else { return Ok(()) };
    let mut text = format!("predicted boundary: {}", boundary.label());
    if phase.boundary.is_empty() {
        text += ", outside of this grid";
    }
    line(area, vec![(MARGIN, 62), (MARGIN + 28, 62)])?;
    write(area, text, (MARGIN + 38, 62), style(TEXT, HPos::Left, BLACK))
}

/// What the cells of a figure have in common.
fn conditions(grid: &Grid, figure: &Figure, cells: &[CellSummary]) -> String {
    let drawn = [figure.x.direction(), figure.y.direction()];
    let fixed = Axis::ALL.into_iter().filter(|axis| !drawn.contains(&axis.direction()));
    let mut parts: Vec<String> = fixed
        .map(|axis| match (axis, grid.axes.text(axis, 0)) {
            (Axis::WidthPerFeature, width) => format!("m = {width} d0"),
            (Axis::LearningRate, rate) if rate.starts_with("theorem") => "eta = d0^-1/4".into(),
            (Axis::LearningRate, rate) => format!("eta = {rate}"),
            (Axis::C, constant) if constant.starts_with("theorem") => "the ladder's decay".into(),
            (Axis::Latent, law) => law,
            (axis, text) => format!("{} = {text}", axis.name()),
        })
        .collect();
    let counts = cells.iter().map(|cell| cell.runs.len());
    let (fewest, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
    let runs = if fewest == most { most.to_string() } else { format!("{fewest} to {most}") };
    let plural = if most == 1 { "" } else { "s" };
    parts.push(format!("{runs} run{plural} in a cell"));
    parts
        .push(format!("T1: tau = {}, T2: tau = {}, over the energy", grid.times.t1, grid.times.t2));
    parts.join("; ")
}

/// A boundary is seen on dark and on light cells: black on white.
fn line(area: &Area, points: Vec<(i32, i32)>) -> Result<()> {
    area.draw(&PathElement::new(points.clone(), WHITE.stroke_width(6))).map_err(fault)?;
    area.draw(&PathElement::new(points, BLACK.stroke_width(2))).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::sweep_example;

    #[test]
    fn a_figure_has_its_cells_labels_and_boundary() {
        let (grid, cells) = sweep_example().unwrap();
        let svg = heat_map(&grid, &grid.figures[0], &cells).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        for label in [
            "P_other",
            Axis::Beta.label(),
            Axis::D0.label(),
            "predicted boundary: beta = 1/2",
            "measured minus predicted",
            "m = 4 d0; the ladder's decay",
            "0.410",
            "1.070",
        ] {
            let written = label.replace('\'', "&apos;");
            assert!(svg.contains(&written), "{label}: {svg}");
        }
        // Twice six cells and their numbers, two colour bars, the ground.
        let n_pixels =
            2 * Layout::of(&Phase::of(&grid, &grid.figures[0], &cells).unwrap()).panel_size().1;
        assert_eq!(svg.matches("<rect").count(), 24 + n_pixels as usize + 1);
        // The legend's line and two boundaries, each on white.
        assert_eq!(svg.matches("<polyline").count(), 6);
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn a_cell_without_a_run_that_has_the_quantity_is_grey() {
        let (grid, mut cells) = sweep_example().unwrap();
        for run in &mut cells[0].runs {
            (run.other_class, run.ratio) = (None, None);
        }
        let svg = heat_map(&grid, &grid.figures[0], &cells).unwrap();
        assert_eq!(svg.matches("#C8C8C8").count(), 4);
        assert!(!svg.contains("NaN"));
    }
}
