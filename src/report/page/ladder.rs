//! A ladder drawn: the mean at each size, the fitted power of the size, and the powers that are allowed.

use maud::{Markup, html};

use super::drawing::{Drawing, label, line, polygon, px, tick};
use super::scale::Scale;
use super::strip::WIDTH;
use crate::report::number::trimmed;
use crate::report::text::wrapped;
use crate::stats::{Point, Region};
use crate::study::{Part, TrendDetails};

const HEIGHT: f64 = 230.0;
/// The frame: left, right, and its height.
const LEFT: f64 = 62.0;
const RIGHT: f64 = WIDTH - 14.0;
const FRAME: f64 = HEIGHT - 64.0;
const LINE: f64 = 15.0;
const NAME_LETTERS: usize = 52;

/// Places in a log-log frame.
struct Frame {
    across: Scale,
    up: Scale,
    top: f64,
    /// The logarithms of the weighted mean point, through which every fitted line passes.
    center: (f64, f64),
    sizes: (f64, f64),
}

impl Frame {
    fn at(&self, size: f64, value: f64) -> (f64, f64) {
        let x = LEFT + self.across.place(size) * (RIGHT - LEFT);
        (x, self.top + (1.0 - self.up.place(value)) * FRAME)
    }

    /// The value at a size on the line of this exponent through the mean point.
    fn on_line(&self, exponent: f64, size: f64) -> f64 {
        (self.center.1 + exponent * (size.ln() - self.center.0)).exp()
    }

    fn line(&self, class: &str, exponent: f64) -> Markup {
        let (first, last) = self.sizes;
        let end = |size: f64| self.at(size, self.on_line(exponent, size));
        line(class, end(first), end(last))
    }

    /// All lines of exponents in a region: a wedge on each side of the mean point.
    fn wedges(&self, region: Region) -> Markup {
        let (first, last) = self.sizes;
        let middle = self.center.0.exp();
        let (low, high) = (self.top + FRAME, self.top);
        let center = self.at(middle, self.center.1.exp());
        let wedge = |size: f64| {
            // Without an end the wedge goes up or down to the frame, and so along it back to the middle.
            let is_right = size > middle;
            let corner = |exponent: f64, y: f64| {
                let x = self.at(size, 1.0).0;
                if exponent.is_finite() {
                    vec![self.at(size, self.on_line(exponent, size))]
                } else {
                    vec![(x, y), (center.0, y)]
                }
            };
            let (lower_y, upper_y) = if is_right { (low, high) } else { (high, low) };
            let mut upper = corner(region.upper, upper_y);
            upper.reverse();
            let corners: Vec<(f64, f64)> =
                [center].into_iter().chain(upper).chain(corner(region.lower, lower_y)).collect();
            polygon("band", &corners)
        };
        html! { (wedge(first)) (wedge(last)) }
    }
}

/// The drawing of a part that fits a power of the size; none where it has no points.
pub fn ladder((id, size_label): (&str, &str), part: &Part) -> Option<Drawing> {
    let trend = part.trend.as_ref().filter(|trend| trend.points.len() > 1)?;
    let (exponent, allowed) = (part.decision.estimate, part.decision.hypothesis.allowed);
    let names = wrapped(&part.name, NAME_LETTERS);
    let top = 10.0 + LINE * names.len() as f64;
    let frame = frame(trend, exponent, allowed, top);
    let body = html! {
        @for (idx, name) in names.iter().enumerate() {
            (label("name", (10.0, LINE * (idx + 1) as f64), "start", name))
        }
        (frame.wedges(allowed))
        (axes(&frame, trend, size_label))
        @for end in [allowed.lower, allowed.upper] {
            @if end.is_finite() { (frame.line("bound", end)) }
        }
        (frame.line("fit", exponent))
        @for point in &trend.points { (mark(&frame, point)) }
    };
    let title = format!("{id}: {} along the ladder", part.name);
    Some(Drawing { title, width: WIDTH, height: top + FRAME + 44.0, body })
}

fn frame(trend: &TrendDetails, exponent: f64, allowed: Region, top: f64) -> Frame {
    let points = &trend.points;
    // The weights of the fit: squared inverse errors of the logarithms.
    let weight = |point: &Point| (point.value / point.standard_error).powi(2);
    let total: f64 = points.iter().map(weight).sum();
    let mean =
        |of: fn(&Point) -> f64| points.iter().map(|p| weight(p) * of(p)).sum::<f64>() / total;
    let sizes = points.iter().map(|point| point.size);
    let sizes = sizes.fold((f64::INFINITY, 0.0_f64), |(low, high), s| (low.min(s), high.max(s)));
    let mut frame = Frame {
        across: Scale::log(sizes.0, sizes.1),
        up: Scale::log(1.0, 10.0),
        top,
        center: (mean(|point| point.size.ln()), mean(|point| point.value.ln())),
        sizes,
    };
    let drawn = [allowed.lower, allowed.upper, exponent].into_iter().filter(|e| e.is_finite());
    let ends = drawn.flat_map(|e| [frame.on_line(e, sizes.0), frame.on_line(e, sizes.1)]);
    let limits = points.iter().flat_map(|p| [lower_limit(p), p.value + p.standard_error]);
    let (low, high) = ends
        .chain(limits)
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    frame.up = Scale::log(low, high);
    frame
}

/// One standard error below a point, where that is positive.
fn lower_limit(point: &Point) -> f64 {
    let lower = point.value - point.standard_error;
    if lower > 0.0 { lower } else { point.value }
}

fn mark(frame: &Frame, point: &Point) -> Markup {
    let (x, y) = frame.at(point.size, point.value);
    let above = frame.at(point.size, point.value + point.standard_error);
    let below = frame.at(point.size, lower_limit(point));
    html! {
        (line("interval", above, below))
        circle.estimate cx=(px(x)) cy=(px(y)) r="3.6" {}
    }
}

fn axes(frame: &Frame, trend: &TrendDetails, size_label: &str) -> Markup {
    let bottom = frame.top + FRAME;
    let values = labelled_values(trend, frame);
    html! {
        (line("axis", (LEFT, bottom), (RIGHT, bottom)))
        (line("axis", (LEFT, frame.top), (LEFT, bottom)))
        @for point in &trend.points {
            @let x = frame.at(point.size, 1.0).0;
            (line("axis", (x, bottom), (x, bottom + 4.0)))
            (label("num", (x, bottom + 17.0), "middle", &trimmed(point.size)))
        }
        (label("num", (0.5 * (LEFT + RIGHT), bottom + 34.0), "middle", &format!("{size_label} (both scales are logarithmic)")))
        @for (y, text) in &values {
            (line("axis", (LEFT - 4.0, *y), (LEFT, *y)))
            (label("num", (LEFT - 7.0, y + 4.0), "end", text))
        }
    }
}

/// Powers of ten where there are two or more, else the first and the last mean.
fn labelled_values(trend: &TrendDetails, frame: &Frame) -> Vec<(f64, String)> {
    let ticks = frame.up.ticks();
    let ends = [trend.points.first(), trend.points.last()].into_iter().flatten();
    let values: Vec<f64> =
        if ticks.len() > 1 { ticks } else { ends.map(|point| point.value).collect() };
    let mut labels: Vec<(f64, String)> = Vec::new();
    for value in values {
        let y = frame.at(1.0, value).1;
        if labels.iter().all(|(other, _)| (other - y).abs() > LINE) {
            labels.push((y, tick(value)));
        }
    }
    labels
}
