//! What plots share: colours, letters, faults.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::{Error, Result};

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A fault of plotters, which writes into a text and has none to report.
pub(super) fn fault(reason: impl ToString) -> Error {
    Error::Malformed {
        what: "the plot to draw".into(),
        reason: reason.to_string(),
        remedy: "leave the plot out".into(),
    }
}

// Colours that differ in lightness too (Okabe and Ito, Color Universal Design, 2008).
pub(super) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(super) const ORANGE: RGBColor = RGBColor(213, 94, 0);
pub(super) const GREY: RGBColor = RGBColor(130, 130, 130);
pub(super) const LIGHT: RGBColor = RGBColor(225, 225, 225);

/// Letters in pixels.
pub(super) const TEXT: u32 = 13;

pub(super) fn style(pos: HPos, colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", TEXT).into_font().color(&colour).pos(Pos::new(pos, VPos::Center))
}

/// A drawing of this size in pixels as an SVG text.
pub(super) fn drawn(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Result<()>,
) -> Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&WHITE).map_err(fault)?;
        draw(&area)?;
        area.present().map_err(fault)?;
    }
    Ok(text)
}
