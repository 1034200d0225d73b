//! The evidence of a claim drawn: a strip for each check, with its estimate, its interval, and what is allowed.

use maud::{Markup, PreEscaped, html};

use super::drawing::{Drawing, LETTER, label, line, polygon, px, tick};
use super::scale::Scale;
use crate::report::graph::{badge, class};
use crate::report::number::{short_span, trimmed};
use crate::report::text::wrapped;
use crate::study::{Part, Standing};

/// What a phone of 390 pixels has beside the margins of the page.
pub const WIDTH: f64 = 352.0;
/// Where strips begin and end.
const ENDS: (f64, f64) = (10.0, WIDTH - 10.0);
/// Where names begin, beside the sign of the verdict, and how many letters they have.
const NAME: f64 = 26.0;
const NAME_LETTERS: usize = 49;
const LINE: f64 = 15.0;
/// From the last line of a name to the middle of its strip, from there to the numbers, and to the next name.
const TO_STRIP: f64 = 15.0;
const TO_NUMBERS: f64 = 24.0;
const TO_NEXT: f64 = 46.0;
const HALF_BAND: f64 = 8.0;
/// The two lines of the legend.
const LEGEND: f64 = 46.0;

/// The strips of some parts of a claim.
pub fn strips(title: String, parts: &[&Part]) -> Drawing {
    let mut top = 6.0;
    let mut rows = Vec::new();
    for part in parts {
        let (row, height) = row(part, top);
        rows.push(row);
        top += height;
    }
    let body = html! { @for row in &rows { (row) } (legend(top + 6.0)) };
    Drawing { title, width: WIDTH, height: top + LEGEND, body }
}

/// Parts whose evidence comes nearest to a bound come first, those beyond it before all.
pub fn nearest_first(parts: &[Part]) -> Vec<&Part> {
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by(|a, b| clearance(a).total_cmp(&clearance(b)));
    sorted
}

/// How far inside of what is allowed the interval ends, as a share of the drawn scale.
fn clearance(part: &Part) -> f64 {
    let (scale, decision) = (Scale::of(part), &part.decision);
    let (interval, allowed) = (decision.interval, decision.hypothesis.allowed);
    let below = scale.place(interval.lower) - scale.place(allowed.lower);
    let above = scale.place(allowed.upper) - scale.place(interval.upper);
    match (allowed.lower.is_finite(), allowed.upper.is_finite()) {
        (true, true) => below.min(above),
        (true, false) => below,
        (false, true) => above,
        (false, false) => f64::INFINITY,
    }
}

fn row(part: &Part, top: f64) -> (Markup, f64) {
    let scale = Scale::of(part);
    let note = scale.note().map(|note| format!(" ({note})")).unwrap_or_default();
    let names = wrapped(&format!("{}{note}", part.name), NAME_LETTERS);
    let last = top + LINE * names.len() as f64;
    let middle = last + TO_STRIP;
    let standing = Standing::from(Some(part.decision.verdict));
    let row = html! {
        g class=(class(standing)) { (PreEscaped(badge(standing, 11.0, top + 10.0))) }
        @for (idx, name) in names.iter().enumerate() {
            (label("name", (NAME, top + LINE * (idx + 1) as f64), "start", name))
        }
        (strip(part, &scale, middle))
        (numbers(part, &scale, middle + TO_NUMBERS))
    };
    (row, middle + TO_NEXT - top)
}

fn across(scale: &Scale, value: f64) -> f64 {
    ENDS.0 + scale.place(value) * (ENDS.1 - ENDS.0)
}

/// Band, axis, interval, estimate, prediction. What goes on for ever ends at the end of the strip.
fn strip(part: &Part, scale: &Scale, y: f64) -> Markup {
    let x = |value: f64| across(scale, value);
    let decision = &part.decision;
    let (allowed, claimed, interval) =
        (decision.hypothesis.allowed, decision.hypothesis.claimed, decision.interval);
    let (top, bottom) = (y - HALF_BAND, y + HALF_BAND);
    let bounds = [allowed.lower, allowed.upper].into_iter().filter(|end| end.is_finite());
    let exact = [claimed.lower, claimed.upper].into_iter().filter(|end| end.is_finite());
    let left = if allowed.lower.is_finite() { x(allowed.lower) } else { ENDS.0 };
    let right = if allowed.upper.is_finite() { x(allowed.upper) } else { ENDS.1 };
    html! {
        (polygon("band", &[(left, top), (right, top), (right, bottom), (left, bottom)]))
        (line("axis", (ENDS.0, y), (ENDS.1, y)))
        @for end in bounds { (line("bound", (x(end), top - 2.0), (x(end), bottom + 2.0))) }
        @if claimed != allowed {
            @for end in exact { (line("claimed", (x(end), top - 2.0), (x(end), bottom + 2.0))) }
        }
        @if decision.estimate.is_finite() {
            (line("interval", (x(interval.lower), y), (x(interval.upper), y)))
            @for end in [interval.lower, interval.upper] {
                @if end.is_finite() { (line("interval", (x(end), y - 4.0), (x(end), y + 4.0))) }
                @else { (arrow(x(end), y, end > 0.0)) }
            }
        }
        @if let Some(predicted) = part.predicted { (diamond((x(predicted), y), 5.5)) }
        @if decision.estimate.is_finite() {
            circle.estimate cx=(px(x(decision.estimate))) cy=(px(y)) r="3.6" {}
        }
    }
}

/// The end of an interval that has none.
fn arrow(x: f64, y: f64, to_right: bool) -> Markup {
    let back = if to_right { x - 5.0 } else { x + 5.0 };
    html! { path.interval d=(format!("M{back:.1} {:.1}L{x:.1} {y:.1}L{back:.1} {:.1}", y - 4.0, y + 4.0)) {} }
}

fn diamond((x, y): (f64, f64), size: f64) -> Markup {
    polygon("predicted", &[(x - size, y), (x, y - size), (x + size, y), (x, y + size)])
}

/// The ends of what is allowed, and round values where there is room.
fn numbers(part: &Part, scale: &Scale, y: f64) -> Markup {
    let allowed = part.decision.hypothesis.allowed;
    let mut wanted: Vec<(f64, String)> = [allowed.lower, allowed.upper]
        .into_iter()
        .filter(|end| end.is_finite())
        .map(|end| (across(scale, end), trimmed(end)))
        .collect();
    if let [low, high] = &wanted[..]
        && !is_apart(low, high)
    {
        let both = short_span(allowed.lower, allowed.upper);
        wanted = vec![(0.5 * (low.0 + high.0), both)];
    }
    wanted.extend(scale.ticks().into_iter().map(|value| (across(scale, value), tick(value))));
    let mut placed: Vec<(f64, String)> = Vec::new();
    for number in wanted {
        if placed.iter().all(|other| is_apart(other, &number)) {
            placed.push(number);
        }
    }
    html! {
        @for number in &placed {
            (line("axis", (number.0, y - 14.0), (number.0, y - 11.0)))
            (label("num", (kept_inside(number), y), "middle", &number.1))
        }
    }
}

/// The middle of a number that does not leave the drawing.
fn kept_inside((x, text): &(f64, String)) -> f64 {
    let half = half_width(text);
    x.clamp(half + 1.0, (WIDTH - half - 1.0).max(half + 1.0))
}

fn half_width(text: &str) -> f64 {
    0.5 * LETTER * text.chars().count() as f64
}

fn is_apart(a: &(f64, String), b: &(f64, String)) -> bool {
    (kept_inside(a) - kept_inside(b)).abs() > half_width(&a.1) + half_width(&b.1) + LETTER
}

fn legend(top: f64) -> Markup {
    let (upper, lower) = (top + 8.0, top + 26.0);
    let (band_top, band_bottom) = (lower - 5.0, lower + 5.0);
    let band = [(10.0, band_top), (34.0, band_top), (34.0, band_bottom), (10.0, band_bottom)];
    html! {
        (line("grid", (ENDS.0, top - 8.0), (ENDS.1, top - 8.0)))
        (line("interval", (10.0, upper), (34.0, upper)))
        circle.estimate cx="22" cy=(px(upper)) r="3.6" {}
        (label("num", (40.0, upper + 4.0), "start", "measured, interval"))
        (diamond((190.0, upper), 5.5))
        (label("num", (201.0, upper + 4.0), "start", "predicted"))
        (polygon("band", &band))
        (line("bound", (34.0, lower - 7.0), (34.0, lower + 7.0)))
        (label("num", (40.0, lower + 4.0), "start", "allowed, with its end"))
        (line("claimed", (190.0, lower - 7.0), (190.0, lower + 7.0)))
        (label("num", (201.0, lower + 4.0), "start", "claimed exactly"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::part;

    #[test]
    fn a_strip_has_its_name_its_bounds_and_its_marks() {
        let mut shown = part("a <b> & c", 0.85, (0.8, 0.9), (0.5, f64::INFINITY));
        shown.predicted = Some(0.84);
        let svg = strips("evidence".into(), &[&shown]).file();
        for mark in [
            "a &lt;b&gt; &amp; c",
            ">0.5<",
            "class=\"estimate\"",
            "class=\"predicted\"",
            "supported",
        ] {
            assert!(svg.contains(mark), "{mark}: {svg}");
        }
    }

    #[test]
    fn numbers_of_a_strip_do_not_run_into_each_other() {
        let narrow = part("x", 3e5, (2e5, 4e5), (0.999_999, 1.000_001));
        let scale = Scale::of(&narrow);
        let text = numbers(&narrow, &scale, 0.0).into_string();
        assert!(text.contains(">1<") || text.contains("1..1") || text.contains("1.000"), "{text}");
    }

    #[test]
    fn the_part_nearest_to_a_bound_comes_first() {
        let parts = [
            part("far", 0.5, (0.49, 0.51), (0.0, 1.0)),
            part("beyond", 1.5, (1.4, 1.6), (0.0, 1.0)),
            part("near", 0.9, (0.89, 0.91), (0.0, 1.0)),
        ];
        let names: Vec<&str> =
            nearest_first(&parts).iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["beyond", "near", "far"]);
    }
}
