//! The graph as a picture: what rests on nothing on the left, theorems below, a lane for each family.
//!
//! Text stays text, colours follow the reader's preference for light or dark, and every verdict is told
//! by colour, by outline and by a sign.

use super::layout::{LAYER_GAP, Layout, Node, Place, layout};
use super::{Graph, escaped};
use crate::report::anchor::anchor;
use crate::study::{Role, Standing};

/// The colours are those of Okabe and Ito (Color Universal Design, 2008), darkened where they carry lines.
pub const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;font-size:13px;fill:#1f2328}
.small{font-size:12px;fill:#59636e}
.page{fill:#ffffff}
.lane{fill:#f5f7f9}
.edge{fill:none;stroke:#6b7580;stroke-width:1.3}
.establishes{stroke-dasharray:5 3}
.head{fill:#6b7580}
.sign{fill:none;stroke:#ffffff;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.box{stroke-width:1.5}
.supported .box{fill:#e3f0f9;stroke:#0072b2}
.undecided .box{fill:#fdf3d9;stroke:#9a6700;stroke-dasharray:6 3}
.refuted .box{fill:#fde5d8;stroke:#c04a00;stroke-width:3}
.not-run .box{fill:#f3f3f3;stroke:#767676;stroke-dasharray:2 3}
.supported .disc{fill:#0072b2}
.undecided .disc{fill:#9a6700}
.refuted .disc{fill:#c04a00}
.not-run .disc{fill:#767676}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}
.small{fill:#9aa4af}
.page{fill:#0d1117}
.lane{fill:#171c23}
.edge{stroke:#8b949e}
.head{fill:#8b949e}
.supported .box{fill:#10324a;stroke:#56b4e9}
.undecided .box{fill:#3d2f0a;stroke:#e69f00}
.refuted .box{fill:#4a1f0a;stroke:#ff8a4c}
.not-run .box{fill:#22272e;stroke:#9aa4af}
}";

/// Around the picture, for the names of families, for the heading and for the legend.
const MARGIN: f64 = 16.0;
const NAMES: f64 = 104.0;
const HEADING: f64 = 40.0;
const LEGEND: f64 = 48.0;
/// A letter of 13 pixels in a wide sans-serif, and the room around a label.
const LETTER: f64 = 7.3;
const LABEL_MARGIN: f64 = 24.0;
const LINE: f64 = 16.0;
/// Radius of the disc that carries the sign of a verdict.
const DISC: f64 = 7.5;

/// The class of a verdict in the style sheet.
pub fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::NotRun => "not-run",
        other => other.name(),
    }
}

/// A tick, a question mark, a cross, a stroke: drawn, so that no font need have them.
fn sign(standing: Standing) -> &'static str {
    match standing {
        Standing::Supported => "M-3.6 0.2L-1 2.9L3.6 -2.7",
        Standing::Undecided => "M-2.2 -1.9C-2 -5 2.6 -4.6 2.2 -1.6C2 -0.2 0 -0.2 0 1.4M0 3.9V4",
        Standing::Refuted => "M-2.7 -2.7L2.7 2.7M2.7 -2.7L-2.7 2.7",
        Standing::NotRun => "M-3 0H3",
    }
}

/// Where a picture lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// In a file beside the cards, to which its links lead.
    Cards,
    /// In a page that has its style sheet, and a section for each statement.
    Page,
    /// In a file of the figures of such a page.
    Figures,
}

impl Host {
    fn link(self, id: &str) -> String {
        match self {
            Host::Cards => format!("{id}.md"),
            Host::Page => format!("#{}", anchor(id)),
            Host::Figures => format!("../index.html#{}", anchor(id)),
        }
    }
}

/// The picture.
pub fn svg(graph: &Graph<'_>, host: Host) -> String {
    let layout = arrange(graph);
    let width = MARGIN + NAMES + layout.width + MARGIN + DISC;
    let height = HEADING + layout.height + LEGEND;
    let (namespace, style) = match host {
        Host::Page => ("", String::new()),
        Host::Cards | Host::Figures => {
            (" xmlns=\"http://www.w3.org/2000/svg\"", format!("<style>\n{STYLE}\n</style>\n"))
        }
    };
    let mut lines = vec![
        format!(
            "<svg{namespace} viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\">"
        ),
        "<title>Which statement rests on which</title>".into(),
        style
            + "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path class=\"head\" d=\"M0 0.5L8 4L0 7.5Z\"/></marker></defs>",
        format!("<rect class=\"page\" width=\"{width:.0}\" height=\"{height:.0}\"/>"),
        format!("<text x=\"{MARGIN}\" y=\"24\">{}</text>", escaped(&graph.source)),
    ];
    lanes(graph, &layout, width, &mut lines);
    edges(graph, &layout, &mut lines);
    for (idx, place) in layout.nodes.iter().enumerate() {
        lines.push(node(graph, idx, place, host));
    }
    lines.push(legend(HEADING + layout.height + 28.0));
    lines.push("</svg>\n".into());
    lines.join("\n")
}

/// The layout, moved to make room for names and heading.
fn arrange(graph: &Graph<'_>) -> Layout {
    let families = graph.families();
    let statements = graph.blueprint.statements();
    let nodes: Vec<Node> = statements
        .iter()
        .enumerate()
        .map(|(idx, statement)| {
            let label = Graph::label(statement);
            let letters = label.iter().map(|line| line.chars().count()).max().unwrap_or(0);
            Node {
                layer: graph.blueprint.level(idx),
                lane: families.iter().position(|&name| name == statement.family()).unwrap_or(0),
                width: letters as f64 * LETTER + LABEL_MARGIN,
                height: label.len() as f64 * LINE + 12.0,
            }
        })
        .collect();
    let mut layout = layout(&nodes, &graph.edges());
    let bends = layout.routes.iter_mut().flatten();
    for place in layout.nodes.iter_mut().chain(bends) {
        place.left += MARGIN + NAMES;
        place.top += HEADING;
    }
    layout.lanes.iter_mut().for_each(|lane| lane.0 += HEADING);
    layout
}

fn lanes(graph: &Graph<'_>, layout: &Layout, width: f64, lines: &mut Vec<String>) {
    for (family, &(top, height)) in graph.families().iter().zip(&layout.lanes) {
        let lane_width = width - MARGIN;
        lines.push(format!(
            "<rect class=\"lane\" x=\"{:.0}\" y=\"{top:.1}\" width=\"{lane_width:.0}\" height=\"{height:.1}\" \
             rx=\"6\"/>",
            0.5 * MARGIN
        ));
        let middle = top + 0.5 * height + 4.0;
        lines.push(format!(
            "<text class=\"small\" x=\"{MARGIN}\" y=\"{middle:.1}\">{}</text>",
            escaped(family)
        ));
    }
}

/// Straight across layers, curved between them.
fn edges(graph: &Graph<'_>, layout: &Layout, lines: &mut Vec<String>) {
    for (edge, route) in graph.edges().into_iter().zip(&layout.routes) {
        let Some((start, rest)) = route.split_first() else { continue };
        let mut path = format!("M{:.1} {:.1}", start.right(), start.middle());
        for (idx, (from, to)) in route.iter().zip(rest).enumerate() {
            let (bend, is_last) = (0.5 * LAYER_GAP, idx + 2 == route.len());
            // The layer's widest node may end before its column does not: all are as wide as it.
            let (left, right) = (from.right(), if is_last { to.left - 1.5 } else { to.left });
            path += &format!(
                "C{:.1} {:.1} {:.1} {:.1} {right:.1} {:.1}",
                left + bend,
                from.middle(),
                to.left - bend,
                to.middle(),
                to.middle()
            );
            if !is_last {
                path += &format!("H{:.1}", to.right());
            }
        }
        let class = if graph.establishes(edge) { "edge establishes" } else { "edge" };
        lines.push(format!("<path class=\"{class}\" marker-end=\"url(#head)\" d=\"{path}\"/>"));
    }
}

/// A box with its label, its sign, its title and its link. Theorems have round ends.
fn node(graph: &Graph<'_>, idx: usize, place: &Place, host: Host) -> String {
    let (statement, standing) = (&graph.blueprint.statements()[idx], graph.standings[idx]);
    let Place { left, top, width, height } = *place;
    let radius = if statement.role == Role::Theorem { 0.5 * height } else { 4.0 };
    let mut text = format!(
        "<a href=\"{0}\"><g class=\"{1}\"><title>{2}</title>\
         <rect class=\"box\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
         rx=\"{radius:.1}\"/>",
        escaped(&host.link(&statement.id)),
        class(standing),
        escaped(&graph.title(idx)),
    );
    let label = Graph::label(statement);
    let first = place.middle() - 0.5 * LINE * (label.len() - 1) as f64 + 4.5;
    for (line_idx, line) in label.iter().enumerate() {
        text += &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            left + 0.5 * width,
            first + LINE * line_idx as f64,
            escaped(line)
        );
    }
    text + &badge(standing, place.right(), top) + "</g></a>"
}

/// The sign of a verdict on its disc.
pub fn badge(standing: Standing, x: f64, y: f64) -> String {
    format!(
        "<g transform=\"translate({x:.1} {y:.1})\"><circle class=\"disc\" r=\"{DISC}\"/>\
         <path class=\"sign\" d=\"{}\"/></g>",
        sign(standing)
    )
}

fn legend(y: f64) -> String {
    let mut text = String::from("<g>");
    let mut x = MARGIN + DISC;
    for standing in Standing::ALL {
        let letters = standing.name().len() as f64;
        text += &format!(
            "<g class=\"{}\">{}</g><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            class(standing),
            badge(standing, x, y),
            x + 14.0,
            y + 4.5,
            standing.name()
        );
        x += letters * LETTER + 46.0;
    }
    for (class, what) in [("edge", "is used by"), ("edge establishes", "establishes")] {
        text += &format!(
            "<path class=\"{class}\" marker-end=\"url(#head)\" d=\"M{x:.1} {y:.1}H{:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{what}</text>",
            x + 34.0,
            x + 42.0,
            y + 4.5
        );
        x += what.len() as f64 * LETTER + 62.0;
    }
    text += &format!(
        "<text class=\"small\" x=\"{x:.1}\" y=\"{:.1}\">boxes: claims; round ends: the paper's theorems</text></g>",
        y + 4.5
    );
    text
}
