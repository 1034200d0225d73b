//! One field of a figure: cells with their numbers, the boundary, axes, and a colour bar.

use plotters::element::Rectangle;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::colour::{ColourMap, colour_at, is_dark};
use super::layout::{AXIS, BAR_WIDTH, Layout, TOP};
use super::phase::Phase;
use super::{Area, SMALL, TEXT, fault, line, style, write};
use crate::error::Result;
use crate::report::number::trimmed;
use crate::sweep::Axis;

/// What has no value.
const GREY: RGBColor = RGBColor(200, 200, 200);

/// A field with its colours.
pub(super) struct Panel<'a> {
    pub title: &'static str,
    pub left: i32,
    pub field: &'a [Vec<Option<f64>>],
    pub map: &'static ColourMap,
    pub scale: (f64, f64),
}

impl Panel<'_> {
    fn colour(&self, value: f64) -> RGBColor {
        colour_at(self.map, (value - self.scale.0) / (self.scale.1 - self.scale.0))
    }

    /// The cells with their numbers, and the boundary over them.
    pub fn draw(&self, area: &Area, layout: &Layout, phase: &Phase) -> Result<()> {
        let title = (self.left, TOP - 16);
        write(area, self.title.into(), title, style(TEXT, HPos::Left, BLACK))?;
        for (y, row) in self.field.iter().enumerate() {
            for (x, value) in row.iter().enumerate() {
                self.cell(area, layout, (x as f64, y as f64), *value)?;
            }
        }
        let drawn = |points: &Vec<(f64, f64)>| {
            line(area, points.iter().map(|&point| layout.at(self.left, point)).collect())
        };
        phase.boundary.iter().try_for_each(drawn)?;
        // After the line, which gives way to every number.
        for (y, row) in self.field.iter().enumerate() {
            for (x, value) in row.iter().enumerate() {
                self.number(area, layout, (x as f64, y as f64), *value)?;
            }
        }
        Ok(())
    }

    fn cell(
        &self,
        area: &Area,
        layout: &Layout,
        (x, y): (f64, f64),
        value: Option<f64>,
    ) -> Result<()> {
        let colour = value.map_or(GREY, |value| self.colour(value));
        let corners = [layout.at(self.left, (x, y + 1.0)), layout.at(self.left, (x + 1.0, y))];
        area.draw(&Rectangle::new(corners, colour.filled())).map_err(fault)
    }

    fn number(
        &self,
        area: &Area,
        layout: &Layout,
        (x, y): (f64, f64),
        value: Option<f64>,
    ) -> Result<()> {
        let is_dark = value.is_some_and(|value| is_dark(self.colour(value)));
        let letters = style(SMALL, HPos::Center, if is_dark { WHITE } else { BLACK });
        let text = value.map_or_else(|| "-".into(), cell_number);
        let (across, down) = layout.at(self.left, (x + 0.5, y + 0.5));
        let half = (4 * text.len() as i32 + 1, SMALL as i32 / 2 + 1);
        let corners = [(across - half.0, down - half.1), (across + half.0, down + half.1)];
        let colour = value.map_or(GREY, |value| self.colour(value));
        area.draw(&Rectangle::new(corners, colour.filled())).map_err(fault)?;
        write(area, text, (across, down), letters)
    }

    pub fn axes(
        &self,
        area: &Area,
        layout: &Layout,
        phase: &Phase,
        [x, y]: [Axis; 2],
    ) -> Result<()> {
        let bottom = layout.bottom();
        for (idx, label) in phase.x_labels.iter().enumerate() {
            let (middle, _) = layout.at(self.left, (idx as f64 + 0.5, 0.0));
            write(area, label.clone(), (middle, bottom + 14), style(TEXT, HPos::Center, BLACK))?;
        }
        for (idx, label) in phase.y_labels.iter().enumerate() {
            let (_, middle) = layout.at(self.left, (0.0, idx as f64 + 0.5));
            write(area, label.clone(), (self.left - 6, middle), style(TEXT, HPos::Right, BLACK))?;
        }
        let (width, height) = layout.panel_size();
        let below = (self.left + width / 2, bottom + 36);
        write(area, x.label().into(), below, style(TEXT, HPos::Center, BLACK))?;
        let upright = ("sans-serif", TEXT)
            .into_font()
            .transform(FontTransform::Rotate270)
            .color(&BLACK)
            .pos(Pos::new(HPos::Center, VPos::Center));
        let beside = (self.left - layout.ticks - AXIS / 2 + 4, bottom - height / 2);
        write(area, y.label().into(), beside, upright)
    }

    pub fn colour_bar(&self, area: &Area, layout: &Layout) -> Result<()> {
        let (width, height) = layout.panel_size();
        let left = self.left + width + 12;
        for up in 0..height {
            let share = f64::from(up) / f64::from(height - 1);
            let y = layout.bottom() - up;
            let corners = [(left, y - 1), (left + BAR_WIDTH, y)];
            let colour = colour_at(self.map, share);
            area.draw(&Rectangle::new(corners, colour.filled())).map_err(fault)?;
        }
        for quarter in 0..=4 {
            let share = f64::from(quarter) / 4.0;
            let value = self.scale.0 + share * (self.scale.1 - self.scale.0);
            let y = layout.bottom() - (share * f64::from(height)).round() as i32;
            let at = (left + BAR_WIDTH + 5, y);
            write(area, trimmed(value), at, style(SMALL, HPos::Left, BLACK))?;
        }
        Ok(())
    }
}

/// A number in the room of a cell.
fn cell_number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        // Beyond what a mean of runs can tell; its power of ten may not fit.
        modulus if modulus < 1e-15 => "~0".into(),
        modulus if modulus < 9.5e-4 => format!("{value:.0e}"),
        modulus if modulus < 10.0 => format!("{value:.3}"),
        _ => format!("{value:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_a_cell() {
        let cases = [
            (0.0, "0"),
            (0.12345, "0.123"),
            (-0.12345, "-0.123"),
            (1.4e-10, "1e-10"),
            (-9.4e-4, "-9e-4"),
            (-3.2e-176, "~0"),
            (9.6e-4, "0.001"),
            (12.34, "12.3"),
        ];
        for (value, text) in cases {
            assert_eq!(cell_number(value), text);
            assert!(text.len() <= 6);
        }
        assert_eq!(trimmed(0.25), "0.25");
        assert_eq!(trimmed(-1.0), "-1");
    }
}
