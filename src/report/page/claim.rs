//! The section of one claim.

use maud::{Markup, PreEscaped, html};

use super::drawing::Drawing;
use super::{FIGURES, card, data, ladder, scrolling, strip};
use crate::error::Result;
use crate::report::Conditions;
use crate::report::anchor::anchor;
use crate::report::graph::{badge, class};
use crate::report::number::{claimed, factor, number, optional, rate, span};
use crate::study::{Arm, Outcome, Part, Standing, TrendDetails, Verdict};

/// More checks than this are drawn and listed where the reader asks for them; a free choice.
const MANY: usize = 12;

/// What the table of evidence has for each check.
const COLUMNS: [&str; 9] = [
    "check",
    "verdict",
    "predicted",
    "measured",
    "interval",
    "claimed",
    "allowed",
    "slack",
    "samples",
];

/// A claim with its outcome and its drawings.
pub struct Section<'a> {
    conditions: &'a Conditions<'a>,
    outcome: &'a Outcome,
    evidence: Drawing,
    /// The checks nearest to a bound, where there are too many to look at.
    nearest: Option<Drawing>,
    ladders: Vec<(&'a Part, Drawing)>,
}

impl<'a> Section<'a> {
    /// The section of an outcome.
    pub fn new(conditions: &'a Conditions<'a>, outcome: &'a Outcome) -> Self {
        let (id, parts) = (outcome.claim.id, &outcome.parts);
        let all: Vec<&Part> = parts.iter().collect();
        let nearest = (parts.len() > MANY).then(|| {
            let title = format!("{id}: the {MANY} checks nearest to a bound");
            strip::strips(title, &strip::nearest_first(parts)[..MANY])
        });
        let ladder = |part: &'a Part| {
            Some((part, ladder::ladder((id, conditions.study.label_of_sizes()), part)?))
        };
        Section {
            conditions,
            outcome,
            evidence: strip::strips(format!("{id}: the evidence of every check"), &all),
            nearest,
            ladders: parts.iter().filter_map(ladder).collect(),
        }
    }

    /// What came out.
    pub fn outcome(&self) -> &'a Outcome {
        self.outcome
    }

    /// The family of the claim.
    pub fn family(&self) -> &'static str {
        self.outcome.claim.family()
    }

    /// The name of the claim's figures: the id as a file name.
    fn file(&self) -> String {
        self.outcome.claim.id.replace('/', "--")
    }

    fn ladder_file(&self, idx: usize) -> String {
        format!("{}--ladder-{}", self.file(), idx + 1)
    }

    /// The figures and their numbers, by name.
    ///
    /// # Errors
    /// If numbers cannot be written.
    pub fn files(&self) -> Result<Vec<(String, String)>> {
        let parts: Vec<&Part> = self.outcome.parts.iter().collect();
        let mut files = figure_files(
            &self.file(),
            &self.evidence,
            data::parts_csv(&self.outcome.parts)?,
            data::parts_json(self.conditions, self.outcome, &parts)?,
        );
        for (idx, (part, drawing)) in self.ladders.iter().enumerate() {
            let json = data::parts_json(self.conditions, self.outcome, &[part])?;
            files.extend(figure_files(
                &self.ladder_file(idx),
                drawing,
                data::ladder_csv(self.conditions.study.label_of_sizes(), part)?,
                json,
            ));
        }
        Ok(files)
    }

    /// The section.
    pub fn markup(&self) -> Markup {
        let claim = &self.outcome.claim;
        html! {
            article id=(anchor(claim.id)) {
                h3 {
                    (verdict(self.outcome.verdict())) " "
                    @if self.outcome.arm == Arm::Control { "control of " }
                    (claim.id)
                }
                p.statement { (claim.statement) }
                p.note { @if !claim.source.is_empty() { (claim.source) ". " } "Kind of evidence: " (claim.kind.name()) "." }
                div.pair {
                    figure { (self.drawn()) }
                    div { (self.prose()) }
                }
                (self.table())
                (self.drawn_ladders())
            }
        }
    }

    fn drawn(&self) -> Markup {
        let n_parts = self.outcome.parts.len();
        html! {
            @if let Some(nearest) = &self.nearest {
                (scrolling(&nearest.title, &nearest.inline()))
                details {
                    summary { "All " (n_parts) " checks, drawn" }
                    (scrolling(&self.evidence.title, &self.evidence.inline()))
                }
                figcaption { "The " (MANY) " checks whose evidence comes nearest to a bound, of " (n_parts) ". "
                    (data::links(&self.file())) }
            } @else {
                (scrolling(&self.evidence.title, &self.evidence.inline()))
                figcaption { (data::links(&self.file())) }
            }
        }
    }

    fn prose(&self) -> Markup {
        let (claim, conditions) = (&self.outcome.claim, self.conditions);
        let control = Conditions { arm: Arm::Control, ..*conditions }.command(claim.id);
        html! {
            @let has_card = !claim.card.is_empty();
            @if has_card {
                h4 { "In full" }
                (card::section(claim.card, "Statement"))
                h4 { "What is allowed, and why" }
                (card::section(claim.card, "Relation"))
            }
            h4 { "Control: " (claim.control) }
            (card::section(claim.card, "Control"))
            @if conditions.arm == Arm::Claim { p { code { (control) } } }
            @if has_card {
                h4 { "What this does not show" }
                (card::section(claim.card, "What this does not show"))
            }
            h4 { "Run it again" }
            p { code { (conditions.command(claim.id)) } }
            @if has_card {
                p.note { "The card with its derivation: " code { (conditions.program) " explain " (claim.id) } }
            }
        }
    }

    fn table(&self) -> Markup {
        let parts = &self.outcome.parts;
        let rows = html! {
            table {
                thead { tr {
                    @for head in COLUMNS.into_iter().chain([self.conditions.study.label_of_sizes(), "p"]) {
                        th scope="col" { (head) }
                    }
                } }
                tbody { @for part in parts { (row(part)) } }
            }
        };
        let table =
            scrolling(&format!("{}: the evidence in numbers", self.outcome.claim.id), &rows);
        let rates = parts.first().map(|part| part.decision.rates);
        html! {
            @if parts.len() > MANY {
                details { summary { "All " (parts.len()) " checks in numbers" } (table) }
            } @else { (table) }
            @if let Some(rates) = rates {
                p.note { "Intervals miss on each side at a rate of beta = " (rate(rates.beta))
                    " at most; p is the evidence against what is claimed." }
            }
        }
    }

    fn drawn_ladders(&self) -> Markup {
        html! {
            @if !self.ladders.is_empty() {
                div.ladders {
                    @for (idx, (part, drawing)) in self.ladders.iter().enumerate() {
                        figure {
                            (scrolling(&drawing.title, &drawing.inline()))
                            @if let Some(trend) = &part.trend {
                                figcaption { (fitted(self.conditions.study.label_of_sizes(), part, trend)) (data::links(&self.ladder_file(idx))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn figure_files(name: &str, drawing: &Drawing, csv: String, json: String) -> Vec<(String, String)> {
    let file = |ending: &str, text: String| (format!("{FIGURES}/{name}.{ending}"), text);
    vec![file("svg", drawing.file()), file("csv", csv), file("json", json)]
}

/// The sign and the word of a verdict.
pub fn verdict(verdict: Verdict) -> Markup {
    standing(Standing::from(Some(verdict)))
}

/// The sign and the word of a standing.
pub fn standing(standing: Standing) -> Markup {
    let class = class(standing);
    html! {
        span class=(format!("verdict {class}")) {
            svg viewBox="-9 -9 18 18" width="18" height="18" aria-hidden="true" {
                g class=(class) { (PreEscaped(badge(standing, 0.0, 0.0))) }
            }
            (standing.name())
        }
    }
}

fn row(part: &Part) -> Markup {
    let decision = &part.decision;
    let allowed = decision.hypothesis.allowed;
    let sizes: Vec<String> = part.sizes.iter().map(usize::to_string).collect();
    html! {
        tr {
            th scope="row" { (part.name) }
            td { (verdict(decision.verdict)) }
            td.n { (optional(part.predicted)) }
            td.n { (number(decision.estimate)) }
            td.n { (span(decision.interval.lower, decision.interval.upper)) }
            td.n { (claimed(decision.hypothesis)) }
            td.n { (span(allowed.lower, allowed.upper)) }
            td.n { (part.slack.map_or_else(|| "-".into(), factor)) }
            td.n { (decision.n_samples) }
            td.n { (sizes.join(" ")) }
            td.n { (number(decision.p_value)) }
        }
    }
}

/// How well a power of the size fits.
fn fitted(size: &str, part: &Part, trend: &TrendDetails) -> Markup {
    let decision = &part.decision;
    let (interval, allowed) = (decision.interval, decision.hypothesis.allowed);
    let corrections = [
        ("drift without the smallest size".to_owned(), trend.drift),
        (format!("exponent with a factor 1 + c / sqrt {size}"), trend.with_inverse_sqrt),
        (format!("with 1 + c / {size}"), trend.with_inverse),
    ];
    html! {
        "Line: fitted exponent " (number(decision.estimate)) ", interval "
        (span(interval.lower, interval.upper)) "; band: allowed exponents " (span(allowed.lower, allowed.upper))
        @if let Some(predicted) = part.predicted { "; predicted " (number(predicted)) }
        ". Bars are one standard error. Fit: chi-square " (number(trend.chi_square)) " on " (trend.degrees_of_freedom)
        @if let Some(p) = trend.chi_square_p_value { " (p = " (number(p)) ")" }
        @for (name, fitted) in corrections {
            @if let Some((value, error)) = fitted { "; " (name) ": " (number(value)) " ± " (number(error)) }
        }
        ". "
    }
}
