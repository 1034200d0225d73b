//! The graph in the language of Graphviz.

use super::Graph;
use crate::study::{Role, Standing};

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Verdicts by line style and colour.
fn style(standing: Standing) -> &'static str {
    match standing {
        Standing::Supported => "style=filled, color=\"#0072b2\", fillcolor=\"#e3f0f9\"",
        Standing::Undecided => "style=\"filled,dashed\", color=\"#b07700\", fillcolor=\"#fdf3d9\"",
        Standing::Refuted => {
            "style=\"filled,bold\", peripheries=2, color=\"#c04a00\", fillcolor=\"#fde5d8\""
        }
        Standing::NotRun => "style=\"filled,dotted\", color=\"#767676\", fillcolor=\"#f3f3f3\"",
    }
}

/// One cluster for each family, one edge for each premise that does not follow from others.
pub fn dot(graph: &Graph<'_>) -> String {
    let statements = graph.blueprint.statements();
    let mut lines = vec![
        "digraph blueprint {".to_owned(),
        format!("  label={}; rankdir=LR; fontname=\"sans-serif\";", quoted(&graph.source)),
        "  node [fontname=\"sans-serif\"];".to_owned(),
    ];
    for family in graph.families() {
        lines.push(format!("  subgraph {} {{", quoted(&format!("cluster {family}"))));
        lines.push(format!("    label={};", quoted(family)));
        for (idx, statement) in statements.iter().enumerate() {
            if statement.family() != family {
                continue;
            }
            let shape = if statement.role == Role::Theorem { "oval" } else { "box" };
            lines.push(format!(
                "    {} [label={}, tooltip={}, URL={}, shape={shape}, {}];",
                quoted(&statement.id),
                quoted(&Graph::label(statement).join(" ")),
                quoted(&graph.title(idx)),
                quoted(&format!("{}.md", statement.id)),
                style(graph.standings[idx]),
            ));
        }
        lines.push("  }".into());
    }
    for edge in graph.edges() {
        let [from, to] = [edge.0, edge.1].map(|idx| quoted(&statements[idx].id));
        let style = if graph.establishes(edge) { " [style=dashed]" } else { "" };
        lines.push(format!("  {from} -> {to}{style};"));
    }
    lines.push("}\n".into());
    lines.join("\n")
}
