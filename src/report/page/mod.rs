//! A run as one page that needs nothing but itself, with its figures and their numbers in files beside it.
//!
//! The page tells what was checked and what was not, which statement rests on which, and for each claim
//! its statement, its evidence (as a table and drawn), its control, and what it does not show. Nothing
//! in it depends on threads, and only the summary on the clock.

mod card;
mod claim;
mod data;
mod drawing;
mod ladder;
mod pictures;
mod scale;
mod strip;
mod summary;

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::claim::Section;
pub use self::pictures::Picture;
use super::graph::{Host, STYLE};
use super::{Conditions, Graph, verdict_source};
use crate::error::Result;
use crate::study::{Arm, Blueprint, Outcome, Verdict};

/// The name of the page among its files.
pub const PAGE: &str = "index.html";

/// The folder of the figures beside the page.
pub const FIGURES: &str = "figures";

/// Colours, type and layout of the page, in light, in dark and on paper.
const PAGE_STYLE: &str = include_str!("page.css");

/// The files of a report by their names: the figures, each with its numbers, and at last the page, which shows
/// the pictures from elsewhere too.
///
/// ```
/// use feature_contamination::report::{PAGE, report_files};
/// # use feature_contamination::paper;
/// # use feature_contamination::report::Conditions;
/// # use feature_contamination::seed::Seed;
/// # use feature_contamination::study::{Arm, Lab, Outcome, Silent};
/// # let study = paper::study();
/// # let (tier, seed, arm) = (study.tier("quick")?, 7, Arm::Claim);
/// # let claims = study.select(&["gradient/identity".to_owned()])?;
/// # let mut lab = Lab::new(Seed::root(seed), tier, Box::new(Silent));
/// # let (n_threads, planned_seconds, seconds, program) = (1, 0.0, 0.0, "contam");
/// # let study = &study;
/// let outcomes: Vec<Outcome> = study.run(&claims, arm, &mut lab)?;
/// let conditions =
///     Conditions { study, program, arm, seed, tier, n_threads, planned_seconds, seconds };
/// let files = report_files(&conditions, &outcomes, &study.blueprint()?, &[])?;
/// let (name, page) = &files[files.len() - 1];
/// assert_eq!(name, PAGE);
/// assert!(page.contains("<article id=\"gradient-identity\">"));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// If numbers cannot be written as JSON or CSV; those of outcomes can.
pub fn report_files(
    conditions: &Conditions,
    outcomes: &[Outcome],
    blueprint: &Blueprint,
    pictures: &[Picture],
) -> Result<Vec<(String, String)>> {
    let verdicts: BTreeMap<String, Verdict> =
        outcomes.iter().map(|outcome| (outcome.claim.id.to_owned(), outcome.verdict())).collect();
    let source = verdict_source(conditions.tier.name, conditions.seed);
    let graph = Graph::new(blueprint, &verdicts, source);
    let sections: Vec<Section> = outcomes.iter().map(|o| Section::new(conditions, o)).collect();
    let mut files = Vec::new();
    // A control that is refuted says nothing against its claim, so it colours no statement.
    if conditions.arm == Arm::Claim {
        files.push((format!("{FIGURES}/graph.svg"), graph.svg_for(Host::Figures)));
        files.push((format!("{FIGURES}/graph.csv"), data::graph_csv(&graph)?));
        files.push((format!("{FIGURES}/graph.json"), data::graph_json(&graph)?));
    }
    for section in &sections {
        files.extend(section.files()?);
    }
    files.push((PAGE.into(), document(conditions, &sections, &graph, pictures).into_string()));
    Ok(files)
}

fn document(
    conditions: &Conditions,
    sections: &[Section],
    graph: &Graph<'_>,
    pictures: &[Picture],
) -> Markup {
    let outcomes: Vec<&Outcome> = sections.iter().map(Section::outcome).collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (summary::title(conditions, &outcomes)) }
                style { (PreEscaped(STYLE)) (PreEscaped(drawing::STYLE)) (PreEscaped(PAGE_STYLE)) }
            }
            body {
                main {
                    (summary::summary(conditions, &outcomes))
                    @if !conditions.study.established().is_empty() { (summary::theorems(conditions, graph)) }
                    @if conditions.arm == Arm::Claim { (picture(graph)) }
                    @if !conditions.study.established().is_empty() { (pictures::paper_figures(pictures)) }
                    (reading())
                    @for family in families(sections) {
                        section {
                            h2 id=(format!("family-{}", family.name)) { (family.name) }
                            (summary::establishes(conditions, graph, family.name))
                            @for section in family.sections { (section.markup()) }
                        }
                    }
                    (summary::unchecked(graph, &outcomes))
                }
            }
        }
    }
}

/// The sections of one family.
struct Family<'a> {
    name: &'a str,
    sections: Vec<&'a Section<'a>>,
}

/// Families in the order of the registry.
fn families<'a>(sections: &'a [Section<'a>]) -> Vec<Family<'a>> {
    let mut families: Vec<Family<'a>> = Vec::new();
    for section in sections {
        let name = section.family();
        match families.iter_mut().find(|family| family.name == name) {
            Some(family) => family.sections.push(section),
            None => families.push(Family { name, sections: vec![section] }),
        }
    }
    families
}

fn picture(graph: &Graph<'_>) -> Markup {
    html! {
        section {
            h2 id="graph" { "What rests on what" }
            p {
                "Every box is a claim, every round end a theorem that claims establish; an arrow leads from a statement \
                 to what uses it. Colour, outline and sign of a box are its verdict in this run. A click \
                 leads to its section."
            }
            (scrolling("The graph of statements", &PreEscaped(graph.svg_for(Host::Page))))
            p.note { (data::links("graph")) }
        }
    }
}

/// How to read tables and drawings.
fn reading() -> Markup {
    html! {
        section {
            h2 id="reading" { "How to read the evidence" }
            ul {
                li { b { "supported" } ": the whole interval lies inside of what is allowed. Were the quantity outside, \
                     this would happen with probability beta at most." }
                li { b { "refuted" } ": the evidence against what is claimed holds at the false-alarm rate alpha." }
                li { b { "undecided" } ": neither; more samples or a higher tier would decide." }
                li { "In a drawing the band is what is allowed, the dot is the estimate, the line through it the \
                     interval, the diamond the prediction (which saw no network and no sample), and a dashed line \
                     what is claimed exactly. Every check has a scale of its own." }
                li { "One sample is one independently trained network, or one independent draw where the card says so. \
                     Slack is bound over measured." }
            }
        }
    }
}

/// A box of its own for what may be wider than the page; its label is for those who do not see it.
fn scrolling(label: &str, content: &Markup) -> Markup {
    html! { section.scroll aria-label=(label) tabindex="0" { (content) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::anchor::anchor;
    use crate::report::fixture::{conditions, outcome, part, trend};

    fn files(arm: Arm, outcomes: &[Outcome]) -> Vec<(String, String)> {
        let conditions = conditions(arm);
        let blueprint = conditions.study.blueprint().unwrap();
        report_files(&conditions, outcomes, &blueprint, &[]).unwrap()
    }

    /// The page of an outcome for every claim, whose parts have names that are no HTML.
    fn all_claims(arm: Arm) -> Vec<(String, String)> {
        let outcomes = conditions(arm).study.claims().iter().map(|claim| {
            let many = if claim.id == "linear/risk" { 14 } else { 2 };
            let parts = (0..many)
                .map(|k| part(&format!("part {k} <i> & \"x\""), 0.5, (0.4, 0.6), (0.0, 1.0)));
            outcome(claim.id, arm, parts.collect())
        });
        files(arm, &outcomes.collect::<Vec<_>>())
    }

    #[test]
    fn every_claim_has_a_section_and_three_files() {
        let files = all_claims(Arm::Claim);
        let (name, page) = files.last().unwrap();
        assert_eq!(name, PAGE);
        let study = conditions(Arm::Claim).study;
        for claim in study.claims() {
            assert!(
                page.contains(&format!("<article id=\"{}\">", anchor(claim.id))),
                "{}",
                claim.id
            );
            let stem = format!("{FIGURES}/{}", claim.id.replace('/', "--"));
            for ending in ["svg", "csv", "json"] {
                assert!(
                    files.iter().any(|(name, _)| *name == format!("{stem}.{ending}")),
                    "{stem}"
                );
            }
            assert!(page.contains(&format!("contam control {} --seed 7 --tier quick", claim.id)));
        }
        assert!(page.contains("All 14 checks, drawn"));
        for word in [
            "seed",
            &format!("{0} of {0} claims", study.claims().len()),
            "controls, larger sizes",
            "contam verify --seed 7 --tier quick",
        ] {
            assert!(page.contains(word), "{word}");
        }
    }

    #[test]
    fn names_are_escaped_and_nothing_is_loaded() {
        let files = all_claims(Arm::Claim);
        for (name, text) in
            files.iter().filter(|(name, _)| !name.ends_with("json") && !name.ends_with("csv"))
        {
            assert!(!text.contains("<i>"), "{name}");
            for load in ["src=", "<link", "<script", "@import", "url(http", "href=\"http"] {
                assert!(!text.contains(load), "{name}: {load}");
            }
        }
    }

    #[test]
    fn no_id_is_there_twice_and_every_link_within_the_page_leads_somewhere() {
        let one = files(
            Arm::Claim,
            &[outcome("linear/risk", Arm::Claim, vec![part("x", 0.5, (0.4, 0.6), (0.0, 1.0))])],
        );
        for files in [all_claims(Arm::Claim), all_claims(Arm::Control), one] {
            let page = &files.last().unwrap().1;
            let after = |start: &'static str| {
                page.split(start).skip(1).filter_map(|rest| rest.split('"').next())
            };
            let ids: Vec<&str> = after(" id=\"").collect();
            for id in &ids {
                // What `html-validate` takes, and a selector without escapes.
                assert!(!id.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-'), "{id}");
                assert_eq!(ids.iter().filter(|other| other == &id).count(), 1, "{id}");
            }
            for target in after("href=\"#") {
                assert!(ids.contains(&target), "#{target}");
            }
            // The graph among the figures leads back to the page.
            let graph = files.iter().find(|(name, _)| name.ends_with("graph.svg"));
            let back: Vec<&str> = graph
                .iter()
                .flat_map(|(_, graph)| graph.split("href=\"../index.html#").skip(1))
                .filter_map(|rest| rest.split('"').next())
                .collect();
            assert_eq!(back.is_empty(), graph.is_none());
            for target in back {
                assert!(ids.contains(&target), "../index.html#{target}");
            }
            for target in after("href=\"figures/") {
                assert!(
                    files.iter().any(|(name, _)| *name == format!("figures/{target}")),
                    "{target}"
                );
            }
        }
    }

    #[test]
    fn controls_colour_no_statement() {
        let files = all_claims(Arm::Control);
        assert!(files.iter().all(|(name, _)| !name.contains("graph")));
        let page = &files.last().unwrap().1;
        assert!(page.contains("must come out refuted"), "no word on controls");
    }

    #[test]
    fn a_ladder_is_drawn_with_its_exponent_and_its_numbers() {
        let mut sloped =
            part("exponent of the risk", -0.5, (-0.55, -0.45), (f64::NEG_INFINITY, -0.25));
        sloped.trend = Some(trend());
        let files = files(Arm::Claim, &[outcome("linear/risk", Arm::Claim, vec![sloped])]);
        let page = &files.last().unwrap().1;
        assert!(page.contains("fitted exponent -0.5000, interval [-0.5500, -0.4500]"));
        let csv = files.iter().find(|(name, _)| name == "figures/linear--risk--ladder-1.csv");
        assert_eq!(csv.unwrap().1, "d0,value,standard_error\n16,0.25,0.01\n64,0.125,0.01\n");
    }
}
