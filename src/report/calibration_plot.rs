//! Plots of a calibration, as SVG texts.

use plotters::coord::types::RangedCoordf64;
use plotters::element::{Circle, PathElement};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::plots::{Area, BLUE, GREY, LIGHT, ORANGE, TEXT, fault, style};
use crate::calibrate::{Curve, CurvePoint, Findings, Row, Standing};
use crate::error::Result;

// Rates against promises.

const WIDTH: i32 = 1000;
/// Where the axis begins and ends.
const AXIS: (i32, i32) = (330, 960);
/// Above the first line, between lines, and below the last.
const TOP: i32 = 74;
const LINE: i32 = 20;
const BOTTOM: i32 = 64;
/// Powers of ten of rate over promise.
const DECADES: (i32, i32) = (-3, 2);

/// Where a ratio lies on the logarithmic axis; what is off it lies at its end.
fn across(ratio: f64) -> i32 {
    let (from, to) = (f64::from(DECADES.0), f64::from(DECADES.1));
    let place = ((ratio.max(1e-300).log10() - from) / (to - from)).clamp(0.0, 1.0);
    AXIS.0 + (place * f64::from(AXIS.1 - AXIS.0)).round() as i32
}

fn colour(standing: Standing) -> RGBColor {
    match standing {
        Standing::Kept | Standing::Shown => BLUE,
        Standing::OutsideModel => GREY,
        Standing::Broken | Standing::Caught | Standing::NotCaught => ORANGE,
    }
}

/// Each measured rate over its promise, with its limits: one line for each quantity of each procedure, one
/// point for each law.
///
/// # Errors
/// If the plot cannot be drawn.
pub fn rates_plot(findings: &Findings) -> Result<String> {
    let promised = findings.rows.iter().filter(|row| row.promise.rate().is_some());
    let promised: Vec<&Row> = promised.collect();
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for row in &promised {
        let line = (row.procedure, row.quantity.as_str());
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let bottom = TOP + LINE * lines.len() as i32;
    let mut text = String::new();
    {
        let size = (WIDTH as u32, (bottom + BOTTOM) as u32);
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&WHITE).map_err(fault)?;
        rates_axis(&area, bottom)?;
        for (line_idx, (procedure, quantity)) in lines.iter().enumerate() {
            let y = TOP + LINE * line_idx as i32 + LINE / 2;
            let label = format!("{procedure}: {quantity}");
            area.draw(&Text::new(label, (AXIS.0 - 12, y), style(HPos::Right, BLACK)))
                .map_err(fault)?;
            let of_line =
                |row: &&&Row| (row.procedure, row.quantity.as_str()) == (*procedure, *quantity);
            for row in promised.iter().filter(of_line) {
                point(&area, row, y)?;
            }
        }
        area.present().map_err(fault)?;
    }
    Ok(text)
}

fn rates_axis(area: &Area, bottom: i32) -> Result<()> {
    let draw_text = |text: String, at: (i32, i32), pos: HPos, colour| {
        area.draw(&Text::new(text, at, style(pos, colour))).map_err(fault)
    };
    let title =
        "Measured error rate over the promised one, one point for each law, with 99.9 % limits";
    draw_text(title.into(), (12, 18), HPos::Left, BLACK)?;
    let legend = [
        (BLUE, "kept"),
        (ORANGE, "broken (a control must be)"),
        (GREY, "outside of the model that the promise needs"),
    ];
    let mut x = 24;
    for (colour, meaning) in legend {
        area.draw(&Circle::new((x, 42), 4, colour.filled())).map_err(fault)?;
        draw_text(meaning.into(), (x + 10, 42), HPos::Left, BLACK)?;
        x += 40 + 8 * meaning.len() as i32;
    }
    for power in DECADES.0..=DECADES.1 {
        let ratio = 10_f64.powi(power);
        let x = across(ratio);
        let line = if power == 0 { BLACK } else { LIGHT };
        area.draw(&PathElement::new(vec![(x, TOP), (x, bottom)], line)).map_err(fault)?;
        let label = match power {
            p if p == DECADES.0 => format!("{ratio} or less"),
            0 => "as promised".into(),
            _ => ratio.to_string(),
        };
        draw_text(label, (x, bottom + 16), HPos::Center, BLACK)?;
    }
    let axis = "measured rate / promised rate";
    draw_text(axis.into(), ((AXIS.0 + AXIS.1) / 2, bottom + 40), HPos::Center, BLACK)
}

fn point(area: &Area, row: &Row, y: i32) -> Result<()> {
    let Some(promise) = row.promise.rate() else { return Ok(()) };
    let colour = colour(row.standing());
    let limits = row.measured.limits();
    let ends = vec![(across(limits.lower / promise), y), (across(limits.upper / promise), y)];
    area.draw(&PathElement::new(ends, colour.mix(0.35))).map_err(fault)?;
    let at = (across(row.measured.value() / promise), y);
    area.draw(&Circle::new(at, 3, colour.mix(0.8).filled())).map_err(fault)
}

// Power.

/// One curve in a panel.
struct Drawn<'a> {
    name: String,
    colour: RGBColor,
    is_thin: bool,
    curve: &'a Curve,
    value: fn(&CurvePoint) -> f64,
}

/// Power curves: the probabilities of the verdicts, and below them the samples that they take.
///
/// # Errors
/// If the plot cannot be drawn.
pub fn power_plot(findings: &Findings) -> Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (900, 820)).into_drawing_area();
        area.fill(&WHITE).map_err(fault)?;
        let (upper, lower) = area.split_vertically(430);
        let named = |curve: &Curve, what: &str| {
            let by = if curve.procedure.ends_with("proportion") { "by counts" } else { "by bets" };
            format!("{what}, {by}")
        };
        let verdicts = findings.curves.iter().enumerate().flat_map(|(idx, curve)| {
            let drawn = |what: &str, colour, value| Drawn {
                name: named(curve, what),
                colour,
                is_thin: idx == 0,
                curve,
                value,
            };
            [drawn("supported", BLUE, |p| p.supported), drawn("refuted", ORANGE, |p| p.refuted)]
        });
        let labels = ["probability of the verdict", "true value"];
        panel(&upper, labels, &verdicts.collect::<Vec<_>>(), Some(1.0))?;
        let samples = findings.curves.iter().enumerate().map(|(idx, curve)| Drawn {
            name: named(curve, "until the decision"),
            colour: BLACK,
            is_thin: idx == 0,
            curve,
            value: |point| point.mean_samples,
        });
        panel(
            &lower,
            ["mean number of samples", "true value"],
            &samples.collect::<Vec<_>>(),
            None,
        )?;
        area.present().map_err(fault)?;
    }
    Ok(text)
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Curves in one frame; without a largest value given, the largest there is.
fn panel(area: &Area, labels: [&str; 2], drawn: &[Drawn], top: Option<f64>) -> Result<()> {
    let Some(curve) = drawn.first().map(|drawn| drawn.curve) else {
        let none = Text::new("no curve was asked for", (20, 20), style(HPos::Left, BLACK));
        return area.draw(&none).map_err(fault);
    };
    let points = drawn.iter().flat_map(|d| d.curve.points.iter().map(|p| (p.truth, (d.value)(p))));
    let (left, right, largest) = points
        .fold((f64::INFINITY, f64::NEG_INFINITY, 0.0_f64), |(left, right, largest), (x, y)| {
            (left.min(x), right.max(x), largest.max(y))
        });
    // Where no curve passes: probabilities change in the middle, numbers of samples are small at the ends.
    let legend = match top {
        Some(_) => SeriesLabelPosition::MiddleLeft,
        None => SeriesLabelPosition::UpperLeft,
    };
    let top = top.unwrap_or(1.1 * largest);
    let mut chart = framed(area, &curve.claim, labels, (left, right, top))?;
    for end in [curve.claimed - curve.margin, curve.claimed, curve.claimed + curve.margin] {
        chart.draw_series(LineSeries::new([(end, 0.0), (end, top)], GREY)).map_err(fault)?;
    }
    drawn.iter().try_for_each(|drawn| line(&mut chart, drawn))?;
    chart
        .configure_series_labels()
        .position(legend)
        .background_style(WHITE.mix(0.85))
        .label_font(("sans-serif", TEXT))
        .legend_area_size(30)
        .draw()
        .map_err(fault)
}

/// Axes, grid and title.
fn framed<'a, 'b>(
    area: &'a Area<'b>,
    claim: &str,
    [y_label, x_label]: [&str; 2],
    (left, right, top): (f64, f64, f64),
) -> Result<Chart<'a, 'b>> {
    let mut chart = ChartBuilder::on(area)
        .caption(format!("Claim: {claim}"), ("sans-serif", 15))
        .margin(12)
        .margin_right(24)
        .x_label_area_size(42)
        .y_label_area_size(64)
        .build_cartesian_2d(left..right, 0.0..top)
        .map_err(fault)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(LIGHT)
        .label_style(("sans-serif", TEXT))
        .axis_desc_style(("sans-serif", TEXT))
        .y_desc(y_label)
        .x_desc(x_label)
        .x_labels(9)
        .y_label_formatter(&|y| format!("{}", (10.0 * y).round() / 10.0))
        .draw()
        .map_err(fault)?;
    Ok(chart)
}

/// A thin line, or a thick one with its points.
fn line(chart: &mut Chart, drawn: &Drawn) -> Result<()> {
    let colour = drawn.colour;
    let points = || drawn.curve.points.iter().map(|point| (point.truth, (drawn.value)(point)));
    let width = if drawn.is_thin { 1 } else { 2 };
    let series = chart.draw_series(LineSeries::new(points(), colour.stroke_width(width)));
    series.map_err(fault)?.label(drawn.name.clone()).legend(move |(x, y)| {
        PathElement::new(vec![(x, y), (x + 22, y)], colour.stroke_width(width))
    });
    if !drawn.is_thin {
        let dots = points().map(|at| Circle::new(at, 3, colour.filled()));
        chart.draw_series(dots).map_err(fault)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::{Measured, Promise};

    #[test]
    fn every_quantity_has_its_line_and_every_row_its_point() {
        let row = |quantity: &str, law: &str, count| Row {
            procedure: "mean/student",
            law: law.into(),
            quantity: quantity.into(),
            n_samples: 5,
            promise: Promise::AtMost(0.01),
            measured: Measured::Counted { count, n_replicates: 1000 },
        };
        let rows = vec![row("above", "a", 10), row("above", "b", 0), row("below", "a", 90)];
        let findings = Findings { rows, ..Findings::default() };
        let svg = rates_plot(&findings).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        assert_eq!(svg.matches("mean/student: ").count(), 2);
        // Three of the legend.
        assert_eq!(svg.matches("<circle").count(), 3 + 3);
        assert_eq!((across(1.0) - across(0.1), across(0.0)), (across(10.0) - across(1.0), AXIS.0));
    }

    #[test]
    fn curves_are_drawn_in_both_panels_and_none_is_no_fault() {
        let point =
            |truth: f64| CurvePoint { truth, supported: 0.5, refuted: 0.25, mean_samples: 80.0 };
        let curve = Curve {
            procedure: "power/mean",
            claim: "0.3 within 0.1".into(),
            claimed: 0.3,
            margin: 0.1,
            points: vec![point(0.1), point(0.3), point(0.5)],
        };
        let findings = Findings { curves: vec![curve], ..Findings::default() };
        let svg = power_plot(&findings).unwrap();
        for label in ["supported, by bets", "refuted, by bets", "mean number of samples"] {
            assert!(svg.contains(label), "{label}");
        }
        assert!(power_plot(&Findings::default()).unwrap().contains("no curve"));
    }
}
