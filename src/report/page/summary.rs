//! The head of the page: what came out, under which conditions, and what was not checked.

use maud::{Markup, html};

use super::card;
use super::claim::standing;
use crate::report::anchor::anchor;
use crate::report::coverage::{coverage, sizes};
use crate::report::number::rate;
use crate::report::{Conditions, Graph};
use crate::study::{Arm, Outcome, Role, Standing, Statement, Theorem, Verdict};

/// The title of the page.
pub fn title(conditions: &Conditions, outcomes: &[&Outcome]) -> String {
    format!("{}: {}, checked", conditions.study.name(), conditions.counted(outcomes.len()))
}

/// Counts, conditions, coverage and contents.
pub fn summary(conditions: &Conditions, outcomes: &[&Outcome]) -> Markup {
    let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict() == verdict).count();
    let coverage = coverage(conditions, outcomes.len());
    html! {
        header {
            h1 { (title(conditions, outcomes)) }
            p.counts {
                @for verdict in [Verdict::Supported, Verdict::Refuted, Verdict::Undecided] {
                    span.count { b { (count(verdict)) } " " (standing(Standing::from(Some(verdict)))) } " "
                }
            }
            @if conditions.arm == Arm::Control {
                p { "These are controls: each breaks a premise of its claim on purpose, and must come out refuted." }
            }
            (facts(conditions, outcomes))
            p { b { "Checked: " } (coverage.checked) "." }
            p { b { "Not checked: " } (coverage.not_checked) "." }
        }
        (contents(outcomes))
    }
}

fn facts(conditions: &Conditions, outcomes: &[&Outcome]) -> Markup {
    let Conditions { seed, tier, n_threads, seconds, .. } = conditions;
    let rates = tier.rates;
    let facts = [
        ("seed", seed.to_string()),
        ("tier", tier.to_string()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("sizes", sizes(conditions.study.label_of_sizes(), outcomes.iter().copied())),
        (
            "error rates",
            format!(
                "a true claim is refuted in {} of runs at most, a false one supported in {} at most",
                rate(rates.alpha),
                rate(rates.beta)
            ),
        ),
        ("time", format!("{seconds:.1} s, threads: {n_threads}; no number depends on either")),
    ];
    html! {
        dl {
            @for (name, value) in &facts { dt { (name) } dd { (value) } }
            dt { "again" } dd { code { (again(conditions, outcomes)) } }
        }
    }
}

/// The command that repeats the run.
fn again(conditions: &Conditions, outcomes: &[&Outcome]) -> String {
    let ids: Vec<&str> = outcomes.iter().map(|outcome| outcome.claim.id).collect();
    let ids =
        if ids.len() == conditions.study.claims().len() { String::new() } else { ids.join(" ") };
    conditions.command(&ids).replace("  ", " ")
}

fn contents(outcomes: &[&Outcome]) -> Markup {
    html! {
        nav aria-label="Claims" {
            ul.contents {
                @for outcome in outcomes {
                    li { a href=(format!("#{}", anchor(outcome.claim.id))) { (outcome.claim.id) } " "
                        (standing(Standing::from(Some(outcome.verdict())))) }
                }
            }
        }
    }
}

/// The paper's theorems, each as its claims stand.
pub fn theorems(conditions: &Conditions, graph: &Graph<'_>) -> Markup {
    let statements = graph.blueprint().statements().iter().enumerate();
    let theorems = statements.filter(|(_, statement)| statement.role == Role::Theorem);
    html! {
        section {
            h2 id="theorems" { "Theorems" }
            p { "A theorem stands here as the worst of its claims. A run checks sizes, times and laws of ours: it is \
                 evidence, and no proof." }
            @for (idx, theorem) in theorems {
                div.theorem id=(anchor(&theorem.id)) {
                    h3 {
                        @if conditions.arm == Arm::Claim { (standing(graph.standing(idx))) " " }
                        (cited(conditions, theorem)) ": " (theorem.name().replace('-', " "))
                    }
                    (page_section(conditions, theorem, "Statement"))
                    p.note { "Established by "
                        @for (idx, id) in theorem.claims.iter().enumerate() {
                            @if idx > 0 { ", " }
                            a href=(format!("#{}", anchor(id))) { (id) }
                        }
                        "."
                    }
                }
            }
        }
    }
}

fn cited(conditions: &Conditions, theorem: &Statement) -> &'static str {
    established(conditions, theorem).map_or("theorem", |theorem| theorem.cited_as)
}

fn established(conditions: &Conditions, theorem: &Statement) -> Option<&'static Theorem> {
    conditions.study.established().iter().find(|other| other.id == theorem.id)
}

fn page_section(conditions: &Conditions, theorem: &Statement, heading: &str) -> Markup {
    let page = established(conditions, theorem).map_or("", |theorem| theorem.page);
    card::section(page, heading)
}

/// The theorems that claims of a family establish.
pub fn establishes(conditions: &Conditions, graph: &Graph<'_>, family: &str) -> Markup {
    let prefix = format!("{family}/");
    let theorems: Vec<&Statement> = graph
        .blueprint()
        .statements()
        .iter()
        .filter(|statement| statement.claims.iter().any(|id| id.starts_with(&prefix)))
        .collect();
    html! {
        @if !theorems.is_empty() {
            p.note { "For "
                @for (idx, theorem) in theorems.iter().enumerate() {
                    @if idx > 0 { ", " }
                    a href=(format!("#{}", anchor(&theorem.id))) { (cited(conditions, theorem)) }
                }
                "."
            }
        }
    }
}

/// The claims that the run left out, to which links lead all the same.
pub fn unchecked(graph: &Graph<'_>, outcomes: &[&Outcome]) -> Markup {
    let is_done = |id: &str| outcomes.iter().any(|outcome| outcome.claim.id == id);
    let statements = graph.blueprint().statements().iter();
    let left: Vec<&Statement> =
        statements.filter(|s| s.role == Role::Claim && !is_done(&s.id)).collect();
    html! {
        @if !left.is_empty() {
            section {
                h2 id="not-run" { "Not checked in this run" }
                ul { @for statement in left { li id=(anchor(&statement.id)) { b { (statement.id) } ": " (statement.sentence) } } }
            }
        }
    }
}
