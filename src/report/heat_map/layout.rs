//! Where the parts of a figure are, in pixels. Every length is a free choice.

use super::phase::Phase;

/// Above the panels: title, conditions, boundary, panel titles.
pub(super) const TOP: i32 = 108;
/// Below them: ticks and the axis.
const BOTTOM: i32 = 56;
/// Left of a panel: the axis; the ticks come on top of it.
pub(super) const AXIS: i32 = 30;
/// One letter of a tick.
const LETTER: i32 = 7;
/// Right of a panel: the colour bar with its numbers.
const BAR: i32 = 92;
/// The colours of the bar alone.
pub(super) const BAR_WIDTH: i32 = 14;
/// A cell is at least so large, and at most, across and up; in between the panel has this size.
const CELL: [(i32, i32); 2] = [(54, 96), (30, 60)];
const PANEL: (i32, i32) = (330, 210);
/// At the left and right edge of the picture.
pub(super) const MARGIN: i32 = 12;

/// Where things are.
pub(super) struct Layout {
    cell: (i32, i32),
    /// Columns and rows.
    n: (i32, i32),
    /// Room for the ticks of the rows.
    pub ticks: i32,
}

impl Layout {
    pub fn of(phase: &Phase) -> Self {
        let n = (phase.x_labels.len() as i32, phase.y_labels.len() as i32);
        let [wide, high] = CELL;
        let cell = ((PANEL.0 / n.0).clamp(wide.0, wide.1), (PANEL.1 / n.1).clamp(high.0, high.1));
        let widest = |labels: &[String]| labels.iter().map(String::len).max().unwrap_or(0) as i32;
        // Names of laws take more room than numbers.
        let cell = (cell.0.max(LETTER * widest(&phase.x_labels) + 8), cell.1);
        Layout { cell, n, ticks: LETTER * widest(&phase.y_labels) + 10 }
    }

    pub fn panel_size(&self) -> (i32, i32) {
        (self.n.0 * self.cell.0, self.n.1 * self.cell.1)
    }

    /// One panel with its axis, its ticks and its colour bar. A short axis needs room for its title.
    pub fn panel_pitch(&self) -> i32 {
        (AXIS + self.ticks + self.panel_size().0 + BAR).max(PANEL.0)
    }

    pub fn panel_left(&self, panel_idx: i32) -> i32 {
        MARGIN + panel_idx * self.panel_pitch() + AXIS + self.ticks
    }

    pub fn bottom(&self) -> i32 {
        TOP + self.panel_size().1
    }

    pub fn size(&self) -> (u32, u32) {
        let width = 2 * MARGIN + 2 * self.panel_pitch();
        (width.max(760) as u32, (self.bottom() + BOTTOM) as u32)
    }

    /// A point of the field, in cells from the lower left corner.
    pub fn at(&self, left: i32, (x, y): (f64, f64)) -> (i32, i32) {
        let across = (x * f64::from(self.cell.0)).round() as i32;
        let up = (y * f64::from(self.cell.1)).round() as i32;
        (left + across, self.bottom() - up)
    }
}
