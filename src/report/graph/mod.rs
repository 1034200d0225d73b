//! The blueprint as a picture, as a table, and in the language of Graphviz.

mod dot;
mod layout;
mod svg;

use std::collections::BTreeMap;

pub(super) use self::svg::{Host, STYLE, badge, class};
use super::text::page_table;
use crate::study::{Blueprint, Role, Standing, Statement, Verdict};

/// A blueprint with the standing of each statement.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use feature_contamination::paper;
/// use feature_contamination::report::Graph;
/// use feature_contamination::study::Verdict;
///
/// let blueprint = paper::study().blueprint()?;
/// let verdicts = BTreeMap::from([("linear/risk".to_owned(), Verdict::Refuted)]);
/// let graph = Graph::new(&blueprint, &verdicts, "an example");
/// assert!(graph.svg().starts_with("<svg") && graph.svg().contains("an example"));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Graph<'a> {
    blueprint: &'a Blueprint,
    standings: Vec<Standing>,
    /// Whose verdicts these are, in a few words.
    source: String,
}

impl<'a> Graph<'a> {
    /// The graph of a blueprint by verdicts on claims, with a word on where they are from.
    pub fn new(
        blueprint: &'a Blueprint,
        verdicts: &BTreeMap<String, Verdict>,
        source: impl Into<String>,
    ) -> Self {
        Graph { blueprint, standings: blueprint.standings(verdicts), source: source.into() }
    }

    /// The picture. Its links lead to cards where it lies in `theory/`.
    pub fn svg(&self) -> String {
        svg::svg(self, Host::Cards)
    }

    /// The picture for another place.
    pub(super) fn svg_for(&self, host: Host) -> String {
        svg::svg(self, host)
    }

    pub(super) fn blueprint(&self) -> &'a Blueprint {
        self.blueprint
    }

    pub(super) fn standing(&self, idx: usize) -> Standing {
        self.standings[idx]
    }

    /// The graph in the language of Graphviz.
    pub fn dot(&self) -> String {
        dot::dot(self)
    }

    /// Statements by level, each with all that it rests on.
    pub fn text(&self) -> String {
        let statements = self.blueprint.statements();
        let mut order: Vec<usize> = (0..statements.len()).collect();
        order.sort_by_key(|&idx| self.blueprint.level(idx));
        let mut table = page_table(&["level", "statement", "verdict", "rests on"]);
        for idx in order {
            let premises = self.blueprint.premises(idx).iter();
            let premises: Vec<&str> = premises.map(|&p| statements[p].id.as_str()).collect();
            table.add_row([
                self.blueprint.level(idx).to_string(),
                statements[idx].id.clone(),
                self.standings[idx].name().into(),
                if premises.is_empty() { "-".into() } else { premises.join(", ") },
            ]);
        }
        format!("{}.\n\n{}", self.source, table.trim_fmt())
    }

    /// The families in the order in which they appear, that of the theorems last.
    fn families(&self) -> Vec<&'a str> {
        let mut families: Vec<&str> = Vec::new();
        for statement in self.blueprint.statements() {
            if !families.contains(&statement.family()) {
                families.push(statement.family());
            }
        }
        families
    }

    /// Pairs of a premise and what rests on it, without those that follow from others.
    fn edges(&self) -> Vec<(usize, usize)> {
        let n_statements = self.blueprint.statements().len();
        let of = |idx: usize| {
            let premises = self.blueprint.reduced_premises(idx);
            premises.into_iter().map(move |premise| (premise, idx))
        };
        (0..n_statements).flat_map(of).collect()
    }

    /// Whether an edge leads from a claim to a theorem.
    fn establishes(&self, (from, to): (usize, usize)) -> bool {
        let role = |idx: usize| self.blueprint.statements()[idx].role;
        (role(from), role(to)) == (Role::Claim, Role::Theorem)
    }

    /// The lines of a statement's label: the name of a claim, the words of a theorem's.
    fn label(statement: &Statement) -> Vec<String> {
        match statement.role {
            Role::Claim => vec![statement.name().to_owned()],
            Role::Theorem => statement.name().split('-').map(str::to_owned).collect(),
        }
    }

    /// What a reader gets on pointing at a statement.
    fn title(&self, idx: usize) -> String {
        let Statement { id, sentence, .. } = &self.blueprint.statements()[idx];
        format!("{id}: {}. {sentence}", self.standings[idx].name())
    }
}

/// Text for an element of XML, or for an attribute in double quotes.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}
