//! The drawings.

use plotters::coord::types::RangedCoordf64;
use plotters::element::{Circle, PathElement, Polygon};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::summary;
use crate::error::Result;
use crate::report::plots::{Area, BLUE, GREY, LIGHT, ORANGE, TEXT, drawn, fault, style};
use crate::toy::{Curve, CurveKind, Dots, RateHistogram, TrainingCurves};

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The losses of a setting beside its feature correlations: means over runs, with the band that all runs lie
/// in, and dashed what the theory computed.
pub fn course(course: &TrainingCurves) -> Result<String> {
    drawn((1000, 440), |area| {
        let (title, panels) = area.split_vertically(36);
        title
            .draw(&Text::new(course.title.clone(), (14, 20), style(HPos::Left, BLACK)))
            .map_err(fault)?;
        let (left, right) = panels.split_horizontally(500);
        panel(&left, course, CurveKind::Loss, "loss")?;
        panel(&right, course, CurveKind::Correlation, "feature correlation")
    })
}

fn panel(area: &Area<'_>, course: &TrainingCurves, quantity: CurveKind, label: &str) -> Result<()> {
    let curves: Vec<&Curve> = course.curves.iter().filter(|c| c.quantity == quantity).collect();
    let values = curves.iter().flat_map(|curve| curve.runs.iter().flatten().copied());
    let room = if quantity == CurveKind::Loss { 1.45 } else { 1.1 };
    let top = room * values.fold(1e-9_f64, f64::max);
    let last = course.steps.last().copied().unwrap_or(1).max(1) as f64;
    let mut chart = framed(area, ["step", label], (0.0..last, 0.0..top))?;
    for curve in &curves {
        draw_curve(&mut chart, course, curve, colour(curve))?;
    }
    // Losses stay below the room at the top, correlations rise to the right.
    let position = match quantity {
        CurveKind::Loss => SeriesLabelPosition::UpperRight,
        CurveKind::Correlation => SeriesLabelPosition::LowerRight,
    };
    chart
        .configure_series_labels()
        .position(position)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", TEXT))
        .legend_area_size(30)
        .draw()
        .map_err(fault)
}

/// In and out of distribution, core and background: blue and orange in both panels, the training loss grey.
fn colour(curve: &Curve) -> RGBColor {
    match curve.name {
        name if name.starts_with("training") => GREY,
        name if name.starts_with("OOD") || name.starts_with("background") => ORANGE,
        _ => BLUE,
    }
}

fn framed<'a, 'b>(
    area: &'a Area<'b>,
    [x_label, y_label]: [&str; 2],
    (x, y): (std::ops::Range<f64>, std::ops::Range<f64>),
) -> Result<Chart<'a, 'b>> {
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .margin_right(24)
        .x_label_area_size(42)
        .y_label_area_size(58)
        .build_cartesian_2d(x, y)
        .map_err(fault)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(LIGHT)
        .label_style(("sans-serif", TEXT))
        .axis_desc_style(("sans-serif", TEXT))
        .x_desc(x_label)
        .y_desc(y_label)
        .x_labels(6)
        .x_label_formatter(&|x| format!("{}", (1000.0 * x).round() / 1000.0))
        .y_label_formatter(&|y| format!("{}", (1000.0 * y).round() / 1000.0))
        .draw()
        .map_err(fault)?;
    Ok(chart)
}

fn draw_curve(
    chart: &mut Chart<'_, '_>,
    course: &TrainingCurves,
    curve: &Curve,
    colour: RGBColor,
) -> Result<()> {
    let at_point = |idx: usize| -> (f64, f64, f64) {
        summary(&curve.runs.iter().filter_map(|run| run.get(idx).copied()).collect::<Vec<_>>())
    };
    let points: Vec<(f64, (f64, f64, f64))> =
        course.steps.iter().enumerate().map(|(idx, &step)| (step as f64, at_point(idx))).collect();
    let mean = || points.iter().map(|&(x, (mean, _, _))| (x, mean));
    let legend = move |(x, y): (i32, i32)| PathElement::new(vec![(x, y), (x + 22, y)], colour);
    if curve.is_predicted {
        let style = BLACK.stroke_width(1);
        let dashes = DashedLineSeries::new(mean(), 5, 4, style);
        let series = chart.draw_series(dashes).map_err(fault)?;
        series
            .label(format!("{} (dashed)", curve.name))
            .legend(|(x, y)| PathElement::new(vec![(x, y), (x + 22, y)], BLACK.stroke_width(1)));
        return Ok(());
    }
    let upper = points.iter().map(|&(x, (_, _, largest))| (x, largest));
    let lower = points.iter().rev().map(|&(x, (_, least, _))| (x, least));
    let band: Vec<(f64, f64)> = upper.chain(lower).collect();
    chart.draw_series([Polygon::new(band, colour.mix(0.2))]).map_err(fault)?;
    let series = chart.draw_series(LineSeries::new(mean(), colour.stroke_width(2)));
    series.map_err(fault)?.label(curve.name).legend(legend);
    Ok(())
}

/// Bars of a histogram.
const N_BINS: usize = 20;

/// Histograms of activation rates by class, at the start and in the end.
pub fn rates(rates: &RateHistogram) -> Result<String> {
    drawn((1000, 420), |area| {
        let (left, right) = area.split_horizontally(500);
        for (area, when, of) in
            [(left, "at the start", &rates.start), (right, "in the end", &rates.end)]
        {
            let classes = [("class +1", &of.positive, BLUE), ("class -1", &of.negative, ORANGE)];
            let shares = classes.map(|(_, rates, _)| shares(rates));
            let top = 1.15 * shares.iter().flatten().copied().fold(0.01, f64::max);
            let labels = [&*format!("activation rate {when}"), "share of units"];
            let mut chart = framed(&area, labels, (0.0..1.0, 0.0..top))?;
            for ((class, _, colour), shares) in classes.iter().zip(&shares) {
                outline(&mut chart, class, *colour, shares)?;
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperMiddle)
                .background_style(WHITE.mix(0.8))
                .label_font(("sans-serif", TEXT))
                .legend_area_size(30)
                .draw()
                .map_err(fault)?;
        }
        Ok(())
    })
}

fn shares(rates: &[f64]) -> Vec<f64> {
    let mut shares = vec![0.0; N_BINS];
    for rate in rates {
        let bin = ((rate * N_BINS as f64) as usize).min(N_BINS - 1);
        shares[bin] += 1.0 / rates.len() as f64;
    }
    shares
}

/// The outline of a histogram, filled so that another one shows through.
fn outline(chart: &mut Chart<'_, '_>, class: &str, colour: RGBColor, shares: &[f64]) -> Result<()> {
    let edge = |bin: usize| bin as f64 / N_BINS as f64;
    let steps =
        shares.iter().enumerate().flat_map(|(bin, &s)| [(edge(bin), s), (edge(bin + 1), s)]);
    let steps: Vec<(f64, f64)> = steps.collect();
    let mut filled = vec![(0.0, 0.0)];
    filled.extend(&steps);
    filled.push((1.0, 0.0));
    chart.draw_series([Polygon::new(filled, colour.mix(0.2))]).map_err(fault)?;
    let series = chart.draw_series(LineSeries::new(steps, colour.stroke_width(2)));
    series
        .map_err(fault)?
        .label(class)
        .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 22, y)], colour.stroke_width(2)));
    Ok(())
}

/// A line of dots for each network, one dot for each run, with a bar at their mean.
pub fn dots(dots: &Dots) -> Result<String> {
    let (line, top, left) = (34, 64, 210);
    let height = top + line * dots.networks.len() as i32 + 64;
    let values = || dots.networks.iter().flat_map(|(_, runs)| runs.iter().copied());
    let low = values().fold(0.0_f64, f64::min).min(-0.05);
    let high = values().fold(1.0_f64, f64::max).max(1.05);
    drawn((760, height as u32), |area| {
        let across =
            |x: f64| left + ((x - low) / (high - low) * f64::from(720 - left)).round() as i32;
        let text = |text: String, at: (i32, i32), pos: HPos| {
            area.draw(&Text::new(text, at, style(pos, BLACK))).map_err(fault)
        };
        text(dots.title.clone(), (14, 22), HPos::Left)?;
        let bottom = top + line * dots.networks.len() as i32;
        for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let x = across(tick);
            let grid = if tick == 0.0 { GREY } else { LIGHT };
            area.draw(&PathElement::new(vec![(x, top - 8), (x, bottom)], grid)).map_err(fault)?;
            text(tick.to_string(), (x, bottom + 16), HPos::Center)?;
        }
        let axis = "share of the mean margin lost out of distribution";
        text(axis.into(), (across(0.5), bottom + 42), HPos::Center)?;
        for (idx, (network, runs)) in dots.networks.iter().enumerate() {
            let y = top + line * idx as i32 + line / 2;
            text(network.clone(), (left - 24, y), HPos::Right)?;
            for &lost in runs {
                let dot = Circle::new((across(lost), y), 4, BLUE.mix(0.5).filled());
                area.draw(&dot).map_err(fault)?;
            }
            let x = across(summary(runs).0);
            let bar = PathElement::new(vec![(x, y - 10), (x, y + 10)], ORANGE.stroke_width(3));
            area.draw(&bar).map_err(fault)?;
        }
        Ok(())
    })
}
