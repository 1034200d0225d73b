//! The numbers of figures, as CSV and as JSON.

use maud::{Markup, html};
use serde::Serialize;

use super::FIGURES;
use crate::error::{Error, Result};
use crate::report::json::{PartRecord, VERIFICATION_SCHEMA, to_json};
use crate::report::{Conditions, Graph};
use crate::study::{Outcome, Part, Tier};

/// Links to a figure and to its numbers.
pub fn links(name: &str) -> Markup {
    html! {
        "As files: "
        @for ending in ["svg", "csv", "json"] {
            a href=(format!("{FIGURES}/{name}.{ending}")) { (ending) } " "
        }
    }
}

fn table(rows: impl IntoIterator<Item = Vec<String>>) -> Result<String> {
    let fault = |reason: String| Error::Malformed {
        what: "the table to write".into(),
        reason,
        remedy: "leave --report out".into(),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(|e| fault(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| fault(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| fault(e.to_string()))
}

/// Every check of a claim: what its strip shows.
pub fn parts_csv(parts: &[Part]) -> Result<String> {
    let header = [
        "check",
        "verdict",
        "predicted",
        "measured",
        "lower",
        "upper",
        "claimed_lower",
        "claimed_upper",
        "allowed_lower",
        "allowed_upper",
        "slack",
        "samples",
    ];
    let row = |part: &Part| {
        let decision = &part.decision;
        let (claimed, allowed) = (decision.hypothesis.claimed, decision.hypothesis.allowed);
        let optional = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
        let numbers = [
            decision.estimate,
            decision.interval.lower,
            decision.interval.upper,
            claimed.lower,
            claimed.upper,
            allowed.lower,
            allowed.upper,
        ];
        let head = [part.name.clone(), decision.verdict.to_string(), optional(part.predicted)];
        let tail = [optional(part.slack), decision.n_samples.to_string()];
        head.into_iter().chain(numbers.map(|x| x.to_string())).chain(tail).collect()
    };
    table([header.map(str::to_owned).to_vec()].into_iter().chain(parts.iter().map(row)))
}

/// The means that a ladder shows.
pub fn ladder_csv(size_label: &str, part: &Part) -> Result<String> {
    let header = [size_label, "value", "standard_error"].map(str::to_owned).to_vec();
    let points = part.trend.iter().flat_map(|trend| &trend.points);
    let rows = points.map(|p| [p.size, p.value, p.standard_error].map(|x| x.to_string()).to_vec());
    table([header].into_iter().chain(rows))
}

/// The numbers of a figure with what repeats them.
#[derive(Serialize)]
struct FigureDocument<'a> {
    schema: u32,
    id: &'static str,
    command: String,
    version: &'static str,
    seed: u64,
    tier: Tier,
    parts: Vec<PartRecord<'a>>,
}

/// Some checks of a claim with all of their numbers.
pub fn parts_json(conditions: &Conditions, outcome: &Outcome, parts: &[&Part]) -> Result<String> {
    let document = FigureDocument {
        schema: VERIFICATION_SCHEMA,
        id: outcome.claim.id,
        command: conditions.command(outcome.claim.id),
        version: env!("CARGO_PKG_VERSION"),
        seed: conditions.seed,
        tier: conditions.tier,
        parts: parts.iter().map(|part| PartRecord::of(part)).collect(),
    };
    Ok(to_json(&document)? + "\n")
}

/// One statement of the graph.
#[derive(Serialize)]
struct GraphRow<'a> {
    id: &'a str,
    verdict: &'static str,
    level: usize,
    rests_on: Vec<&'a str>,
}

fn graph_rows<'a>(graph: &'a Graph<'_>) -> Vec<GraphRow<'a>> {
    let blueprint = graph.blueprint();
    let statements = blueprint.statements();
    let row = |idx: usize| GraphRow {
        id: &statements[idx].id,
        verdict: graph.standing(idx).name(),
        level: blueprint.level(idx),
        rests_on: blueprint.premises(idx).iter().map(|&p| statements[p].id.as_str()).collect(),
    };
    (0..statements.len()).map(row).collect()
}

/// What rests on what, a row for each statement.
pub fn graph_csv(graph: &Graph<'_>) -> Result<String> {
    let header = ["id", "verdict", "level", "rests_on"].map(str::to_owned).to_vec();
    let rows = graph_rows(graph).into_iter().map(|row| {
        vec![row.id.into(), row.verdict.into(), row.level.to_string(), row.rests_on.join(" ")]
    });
    table([header].into_iter().chain(rows))
}

/// The same as JSON.
pub fn graph_json(graph: &Graph<'_>) -> Result<String> {
    Ok(to_json(&graph_rows(graph))? + "\n")
}
