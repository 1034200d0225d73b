//! A quantity over two axes of a grid, and the predicted boundary between its phases, in cells.

use crate::error::{Error, Result};
use crate::sweep::{Axis, Boundary, CellSummary, Figure, Grid};

/// What a figure shows. Cell `(x, y)` covers `[x, x + 1]` times `[y, y + 1]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Phase {
    /// Labels of the columns, ascending where the axis has numbers.
    pub x_labels: Vec<String>,
    /// Labels of the rows, upward.
    pub y_labels: Vec<String>,
    /// Measured means, `[y][x]`; none without a run that has the quantity.
    pub measured: Vec<Vec<Option<f64>>>,
    /// Measured minus predicted.
    pub difference: Vec<Vec<Option<f64>>>,
    /// The boundary, as lines through points `(x, y)`.
    pub boundary: Vec<Vec<(f64, f64)>>,
}

impl Phase {
    /// The part of a sweep that a figure shows.
    ///
    /// # Errors
    /// If a cell of the grid is missing.
    pub fn of(grid: &Grid, figure: &Figure, cells: &[CellSummary]) -> Result<Self> {
        let (x_order, y_order) = (order(grid, figure.x), order(grid, figure.y));
        let find = |x: usize, y: usize| {
            let has = |cell: &&CellSummary| {
                cell.at[figure.x.direction()] == x && cell.at[figure.y.direction()] == y
            };
            cells.iter().find(has).ok_or_else(|| Error::Malformed {
                what: format!("the figure {}", figure.file),
                reason: "a cell of the grid is missing".into(),
                remedy: "run the sweep to its end".into(),
            })
        };
        let field = |value: &dyn Fn(&CellSummary) -> Option<f64>| {
            let row = |&y: &usize| x_order.iter().map(|&x| find(x, y).map(value)).collect();
            y_order.iter().map(row).collect::<Result<Vec<Vec<_>>>>()
        };
        let measured = |cell: &CellSummary| {
            let mean = cell.measured(figure.value).mean;
            mean.is_finite().then_some(mean)
        };
        let difference = |cell: &CellSummary| Some(measured(cell)? - cell.predicted(figure.value)?);
        let labels = |axis: Axis, order: &[usize]| {
            order.iter().map(|&idx| grid.axes.text(axis, idx)).collect::<Vec<String>>()
        };
        let critical = field(&|cell| Some(cell.prediction.critical_decay))?;
        Ok(Phase {
            x_labels: labels(figure.x, &x_order),
            y_labels: labels(figure.y, &y_order),
            measured: field(&measured)?,
            difference: field(&difference)?,
            boundary: boundary(grid, figure, [&x_order, &y_order], &critical),
        })
    }
}

/// The indices of an axis, ascending where it has numbers.
fn order(grid: &Grid, axis: Axis) -> Vec<usize> {
    let mut order: Vec<usize> = (0..grid.axes.len(axis)).collect();
    let number = |idx: usize| grid.axes.number(axis, idx).unwrap_or_default();
    order.sort_by(|&a, &b| number(a).total_cmp(&number(b)));
    order
}

/// The boundary through the middles of the rows (or of the columns, where its own axis goes upward), up to
/// the edges of the first and the last.
fn boundary(
    grid: &Grid,
    figure: &Figure,
    [x_order, y_order]: [&[usize]; 2],
    critical: &[Vec<Option<f64>>],
) -> Vec<Vec<(f64, f64)>> {
    let Some(boundary) = figure.boundary else { return Vec::new() };
    let is_across = figure.x == boundary.axis();
    let (own, n_others) =
        if is_across { (x_order, y_order.len()) } else { (y_order, x_order.len()) };
    let values: Vec<f64> =
        own.iter().filter_map(|&idx| grid.axes.number(boundary.axis(), idx)).collect();
    let value = |other: usize| match boundary {
        Boundary::Half => Some(0.5),
        Boundary::CriticalDecay if is_across => critical[other][0],
        Boundary::CriticalDecay => critical[0][other],
    };
    let places: Vec<Option<f64>> = (0..n_others)
        .map(|other| place(&values, value(other)?, boundary == Boundary::CriticalDecay))
        .collect();
    let turned = |(along, across): (f64, f64)| {
        if is_across { (along, across) } else { (across, along) }
    };
    let mut lines = Vec::new();
    for group in stretches(&places) {
        let (first, last) = (group[0], group[group.len() - 1]);
        let middles = group.iter().map(|&(along, other)| (along, other as f64 + 0.5));
        let start = (first.0, first.1 as f64);
        let end = (last.0, last.1 as f64 + 1.0);
        let line = std::iter::once(start).chain(middles).chain(std::iter::once(end));
        lines.push(line.map(turned).collect());
    }
    lines
}

/// Neighbours that have a place, together.
fn stretches(places: &[Option<f64>]) -> Vec<Vec<(f64, usize)>> {
    let mut groups: Vec<Vec<(f64, usize)>> = Vec::new();
    for (idx, place) in places.iter().enumerate() {
        let Some(place) = *place else { continue };
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| last.1 + 1 == idx) => {
                group.push((place, idx));
            }
            _ => groups.push(vec![(place, idx)]),
        }
    }
    groups
}

/// Where a value lies among ascending ones, in cells, whose middles have the values: linear between
/// neighbours (in the logarithm, for a constant that spans decades), and up to half a cell beyond the ends.
fn place(values: &[f64], value: f64, in_logarithm: bool) -> Option<f64> {
    let scaled = |x: f64| if in_logarithm { x.max(f64::MIN_POSITIVE).ln() } else { x };
    let Some(last_pair) = values.len().checked_sub(2) else {
        return (values.first() == Some(&value)).then_some(0.5);
    };
    let below = values.iter().rposition(|&other| other <= value).unwrap_or(0).min(last_pair);
    let (low, high) = (scaled(values[below]), scaled(values[below + 1]));
    let place = below as f64 + 0.5 + (scaled(value) - low) / (high - low);
    (0.0..=values.len() as f64).contains(&place).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::sweep_example;

    #[test]
    fn rows_and_columns_ascend_and_hold_their_cells() {
        let (grid, cells) = sweep_example().unwrap();
        let phase = Phase::of(&grid, &grid.figures[0], &cells).unwrap();
        assert_eq!(phase.x_labels, ["0.25", "0.5", "0.75"]);
        assert_eq!(phase.y_labels, ["16", "32"]);
        // In the example the measured value is beta + d0 / 100.
        assert!((phase.measured[1][2].unwrap() - (0.75 + 0.32)).abs() < 1e-12);
        let predicted = phase.measured[0][0].unwrap() - phase.difference[0][0].unwrap();
        let cell = cells.iter().find(|cell| cell.cell.d0 == 16 && cell.cell.core == 12).unwrap();
        assert!((predicted - cell.prediction.other_class).abs() < 1e-12);
        assert!(Phase::of(&grid, &grid.figures[0], &cells[1..]).is_err());
    }

    #[test]
    fn half_is_a_line_through_the_cells_of_one_half() {
        let (mut grid, cells) = sweep_example().unwrap();
        let phase = Phase::of(&grid, &grid.figures[0], &cells).unwrap();
        assert_eq!(phase.boundary, [vec![(1.5, 0.0), (1.5, 0.5), (1.5, 1.5), (1.5, 2.0)]]);
        (grid.figures[0].x, grid.figures[0].y) = (Axis::D0, Axis::Beta);
        let phase = Phase::of(&grid, &grid.figures[0], &cells).unwrap();
        assert_eq!(phase.boundary, [vec![(0.0, 1.5), (0.5, 1.5), (1.5, 1.5), (2.0, 1.5)]]);
    }

    #[test]
    fn a_value_is_placed_between_its_neighbours_or_not_at_all() {
        let values = [0.01, 0.1, 1.0];
        assert!((place(&values, 0.1, true).unwrap() - 1.5).abs() < 1e-12);
        assert!((place(&values, 0.1_f64.sqrt(), true).unwrap() - 2.0).abs() < 1e-12);
        assert!((place(&values, 2.0, true).unwrap() - 2.801).abs() < 1e-3);
        assert!((place(&[0.25, 0.75], 0.5, false).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(place(&values, 10.0, true), None);
        assert_eq!(place(&values, 0.001, true), None);
        assert_eq!((place(&[0.5], 0.5, false), place(&[0.4], 0.5, false)), (Some(0.5), None));
        let groups = stretches(&[None, Some(1.0), Some(2.0), None, Some(3.0)]);
        assert_eq!(groups, [vec![(1.0, 1), (2.0, 2)], vec![(3.0, 4)]]);
    }
}
