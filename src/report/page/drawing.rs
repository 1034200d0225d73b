//! A drawing that goes into the page as it is, and into a file with its style sheet.

use maud::{Markup, PreEscaped, html};

use crate::report::graph;
use crate::report::number::trimmed;

/// Colours of the drawings of evidence, beside those of the graph: blue for what is allowed, orange for what is
/// predicted, ink for what is measured. Shapes tell them apart as well.
pub const STYLE: &str = include_str!("drawing.css");

/// Letters in pixels, for labels that must not run into each other: those of a wide sans-serif.
pub const LETTER: f64 = 6.6;

/// A drawing in pixels.
#[derive(Debug)]
pub struct Drawing {
    /// What it shows, for those who do not see it.
    pub title: String,
    pub width: f64,
    pub height: f64,
    pub body: Markup,
}

impl Drawing {
    /// The drawing as a part of a page.
    pub fn inline(&self) -> Markup {
        self.element(None, &PreEscaped(String::new()))
    }

    /// The drawing as a file.
    pub fn file(&self) -> String {
        let style = html! { style { (PreEscaped(graph::STYLE)) (PreEscaped(STYLE)) } };
        let background = html! { rect.page width=(self.width) height=(self.height) {} };
        self.element(Some("http://www.w3.org/2000/svg"), &html! { (style) (background) })
            .into_string()
            + "\n"
    }

    fn element(&self, namespace: Option<&str>, before: &Markup) -> Markup {
        let Drawing { title, width, height, body } = self;
        html! {
            svg.drawing xmlns=[namespace] viewBox=(format!("0 0 {width:.0} {height:.0}"))
                width=(format!("{width:.0}")) height=(format!("{height:.0}")) role="img" {
                title { (title) }
                (before)
                (body)
            }
        }
    }
}

/// A coordinate with the digits that a screen has.
pub fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// A round value in little room.
pub fn tick(value: f64) -> String {
    trimmed(value).replace(".000e", "e")
}

/// A straight line.
pub fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Markup {
    html! { path class=(class) d=(format!("M{:.1} {:.1}L{:.1} {:.1}", from.0, from.1, to.0, to.1)) {} }
}

/// A closed outline.
pub fn polygon(class: &str, corners: &[(f64, f64)]) -> Markup {
    let corners: Vec<String> = corners.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    html! { path class=(class) d=(format!("M{}Z", corners.join("L"))) {} }
}

/// A label: `anchor` is `start`, `middle` or `end`.
pub fn label(class: &str, at: (f64, f64), anchor: &str, text: &str) -> Markup {
    html! { text class=(class) x=(px(at.0)) y=(px(at.1)) text-anchor=(anchor) { (text) } }
}
