//! Figures that other commands drew: those of the paper's numerical section, phase diagrams of sweeps.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::scrolling;
use crate::report::anchor::anchor;

/// A drawing from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is called.
    pub name: String,
    /// The drawing as SVG.
    pub svg: String,
}

/// Claims on what the figures of the numerical section show.
const FIGURE_CLAIMS: [&str; 6] = [
    "toy/replay",
    "toy/figures",
    "histogram/activation-rate",
    "activations/uneven",
    "optimizers/contamination",
    "depth/contamination",
];

/// The figures at hand, or how to have them.
pub fn paper_figures(pictures: &[Picture]) -> Markup {
    html! {
        section {
            h2 id="paper-figures" { "The paper's figures" }
            p { "The figures of the paper's numerical section take training of their own: losses and feature \
                 correlations of both settings with the theory beside them, activation rates by class, and what other \
                 activations, optimizers and depths lose. "
                @if pictures.is_empty() {
                    code { "contam figures --out figures" } " draws them, and "
                    code { "contam --report report --figures figures" } " puts them here. "
                }
                "The claims behind them are "
                @for (idx, id) in FIGURE_CLAIMS.iter().enumerate() {
                    @if idx > 0 { ", " }
                    a href=(format!("#{}", anchor(id))) { (id) }
                }
                "."
            }
            @for picture in pictures {
                h3 { (picture.name) }
                (scrolling(&picture.name, &html! {
                    img.picture alt=(picture.name) src=(address(&picture.svg));
                }))
            }
        }
    }
}

/// The drawing as an address of its own: an image runs no script and shares no name with the page.
fn address(svg: &str) -> String {
    let mut address = String::from("data:image/svg+xml,");
    for byte in svg.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'=' | b':' | b'/' => {
                address.push(char::from(byte));
            }
            // Writing to a text cannot fail.
            other => _ = write!(address, "%{other:02X}"),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_an_image_that_cannot_end_its_attribute() {
        let svg = "<svg><script>\"'&%\u{b1}</script></svg>";
        let page =
            paper_figures(&[Picture { name: "a <b>".into(), svg: svg.into() }]).into_string();
        assert!(
            page.contains("data:image/svg+xml,%3Csvg%3E%3Cscript%3E%22%27%26%25%C2%B1%3C/script")
        );
        assert!(page.contains("a &lt;b&gt;") && !page.contains("<script>"));
        assert!(!page.contains("contam figures --out"));
        assert!(paper_figures(&[]).into_string().contains("contam figures --out"));
    }
}
