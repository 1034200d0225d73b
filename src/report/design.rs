//! Designs: what a run will do and how it is judged, as text and as JSON.

use serde::Serialize;

use super::Conditions;
use super::json::VERIFICATION_SCHEMA;
use super::number::{claimed, number, optional, rate, span};
use super::text::{named_columns, page_table};
use crate::stats::Region;
use crate::study::{Arm, Plan, PlannedClaim, PlannedPart, PlannedSample, Study, Tier};

/// The document of `design`, and of `verify --plan`.
#[derive(Debug, Serialize)]
pub struct DesignDocument<'a> {
    schema: u32,
    command: &'static str,
    study: &'static str,
    /// What the study calls a size.
    size_label: &'static str,
    version: &'static str,
    /// Whether these are the designs of the claims or of their controls.
    arm: &'static str,
    seed: u64,
    tier: Tier,
    threads: usize,
    /// Wall-clock seconds of all claims on these threads, if they are true.
    seconds: f64,
    /// The probability that any true claim of the study is refuted, at most.
    alpha: f64,
    /// The probability that one false claim is supported, at most.
    beta: f64,
    claims: Vec<ClaimDesign<'a>>,
}

#[derive(Debug, Serialize)]
struct ClaimDesign<'a> {
    id: &'static str,
    /// The claim's share of the false alarms, which its parts share out again.
    alpha: f64,
    /// Core-seconds of the runs that no claim above draws anyway.
    seconds: f64,
    samples: Vec<SampleRecord<'a>>,
    parts: Vec<PartDesignRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct SampleRecord<'a> {
    key: String,
    sizes: &'a [usize],
    expected: usize,
    most: usize,
    /// Core-seconds of the expected runs.
    seconds: f64,
    /// Whether a claim above draws the same runs anyway.
    shared: bool,
}

#[derive(Debug, Serialize)]
struct PartDesignRecord<'a> {
    name: &'a str,
    claimed: [f64; 2],
    allowed: [f64; 2],
    predicted: Option<f64>,
    estimator: &'a str,
    /// The keys of the samples whose records it reads.
    reads: Vec<String>,
    sizes: &'a [usize],
    expected_samples: usize,
    /// Null for a part that is computed.
    most_samples: Option<usize>,
    alpha: f64,
    beta: f64,
}

/// The document of a plan with its designs.
pub fn design_document<'a>(conditions: &Conditions, plan: &'a Plan) -> DesignDocument<'a> {
    let Conditions { study, tier, .. } = *conditions;
    DesignDocument {
        schema: VERIFICATION_SCHEMA,
        command: "design",
        study: study.name(),
        size_label: study.label_of_sizes(),
        version: env!("CARGO_PKG_VERSION"),
        arm: arm_name(plan.arm),
        seed: conditions.seed,
        tier,
        threads: conditions.n_threads,
        seconds: plan.seconds,
        alpha: tier.rates.alpha,
        beta: tier.rates.beta,
        claims: plan.claims.iter().map(ClaimDesign::of).collect(),
    }
}

impl<'a> ClaimDesign<'a> {
    fn of(planned: &'a PlannedClaim) -> Self {
        let sample = |sample: &'a PlannedSample| SampleRecord {
            key: sample.key.to_string(),
            sizes: &sample.sizes,
            expected: sample.expected,
            most: sample.most,
            seconds: sample.core_seconds,
            shared: sample.is_shared,
        };
        ClaimDesign {
            id: planned.claim.id,
            alpha: planned.rates.alpha,
            seconds: planned.core_seconds(),
            samples: planned.samples.iter().map(sample).collect(),
            parts: planned.parts.iter().map(PartDesignRecord::of).collect(),
        }
    }
}

impl<'a> PartDesignRecord<'a> {
    fn of(part: &'a PlannedPart) -> Self {
        let ends = |region: Region| [region.lower, region.upper];
        PartDesignRecord {
            name: &part.name,
            claimed: ends(part.hypothesis.claimed),
            allowed: ends(part.hypothesis.allowed),
            predicted: part.predicted,
            estimator: &part.estimator,
            reads: part.reads.iter().map(ToString::to_string).collect(),
            sizes: &part.sizes,
            expected_samples: part.expected_samples,
            most_samples: part.most_samples,
            alpha: part.rates.alpha,
            beta: part.rates.beta,
        }
    }
}

/// Every design in full: a table of samples and a table of parts for each claim.
pub fn design_text(conditions: &Conditions, plan: &Plan) -> String {
    let study = conditions.study;
    let of_claim = |planned: &PlannedClaim| {
        format!(
            "{}: {}\n\n{}\n\n{}",
            planned.claim.id,
            planned.claim.statement,
            samples_table(study, planned),
            parts_table(planned)
        )
    };
    let claims: Vec<String> = plan.claims.iter().map(of_claim).collect();
    format!("{}\n\n{}", claims.join("\n\n"), foot(conditions, plan))
}

fn samples_table(study: &Study, planned: &PlannedClaim) -> String {
    let label = study.label_of_sizes();
    let header = ["sample", "runs expected", "at most", label, "core-seconds"];
    let rows = planned.samples.iter().map(|sample| {
        let seconds = if sample.is_shared { "shared".into() } else { number(sample.core_seconds) };
        vec![
            sample.key.to_string(),
            sample.expected.to_string(),
            sample.most.to_string(),
            joined(&sample.sizes),
            seconds,
        ]
    });
    named_columns(&header, rows)
}

fn parts_table(planned: &PlannedClaim) -> String {
    let mut table =
        page_table(&["part", "predicted", "claimed", "allowed", "estimator", "samples"]);
    for part in &planned.parts {
        let allowed = part.hypothesis.allowed;
        let samples = match part.most_samples {
            None => "computed".into(),
            Some(most) if most == part.expected_samples => most.to_string(),
            Some(most) => format!("{} to {most}", part.expected_samples),
        };
        table.add_row([
            part.name.clone(),
            optional(part.predicted),
            claimed(part.hypothesis),
            span(allowed.lower, allowed.upper),
            part.estimator.clone(),
            samples,
        ]);
    }
    table.trim_fmt()
}

/// A row for each claim: its runs, and what they cost beyond the runs that claims above draw anyway.
pub fn plan_table(conditions: &Conditions, plan: &Plan) -> String {
    let rows = plan.claims.iter().map(|planned| {
        let mut sizes: Vec<usize> =
            planned.samples.iter().flat_map(|sample| sample.sizes.iter().copied()).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let sum = |of: fn(&PlannedSample) -> usize| planned.samples.iter().map(of).sum::<usize>();
        vec![
            planned.claim.id.to_owned(),
            sum(|sample| sample.expected).to_string(),
            sum(|sample| sample.most).to_string(),
            joined(&sizes),
            number(planned.core_seconds()),
        ]
    });
    let label = conditions.study.label_of_sizes();
    let header = ["claim", "runs expected", "at most", label, "core-seconds"];
    format!("{}\n\n{}", named_columns(&header, rows), foot(conditions, plan))
}

fn joined(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
}

fn arm_name(arm: Arm) -> &'static str {
    match arm {
        Arm::Claim => "claim",
        Arm::Control => "control",
    }
}

fn foot(conditions: &Conditions, plan: &Plan) -> String {
    let Conditions { tier, seed, n_threads, .. } = *conditions;
    format!(
        "Designs of {}, tier {tier}, seed {seed}: about {} s on {n_threads} threads, if the claims are true.\n\
         A true claim is refuted in {} of runs at most, a false one supported in {} at most.",
        match plan.arm {
            Arm::Claim => "claims",
            Arm::Control => "controls",
        },
        number(plan.seconds),
        rate(tier.rates.alpha),
        rate(tier.rates.beta),
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{claim, conditions as made_up};
    use super::*;
    use crate::stats::{Hypothesis, Rates};
    use crate::study::Key;

    fn plan() -> Plan {
        let rates = Rates { alpha: 1e-8, beta: 1e-3 };
        let key = Key::new("ladder").child("theorem").index(16);
        let sample = PlannedSample {
            key: key.clone(),
            sizes: vec![16],
            expected: 512,
            most: 1536,
            core_seconds: 12.34,
            is_shared: false,
        };
        let part = PlannedPart {
            name: "a part with a name that is longer than its column".into(),
            hypothesis: Hypothesis::exactly(0.5).within(0.125),
            predicted: Some(0.5),
            estimator: "sequential proportion".into(),
            reads: vec![key],
            sizes: vec![16],
            expected_samples: 512,
            most_samples: Some(1536),
            rates,
        };
        let computed = PlannedPart { most_samples: None, ..part.clone() };
        let claim = claim("linear/risk");
        let planned =
            PlannedClaim { claim, rates, samples: vec![sample], parts: vec![part, computed] };
        Plan { arm: Arm::Claim, claims: vec![planned], seconds: 80.2 }
    }

    #[track_caller]
    fn check(text: &str, words: &[&str]) {
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn a_plan_names_runs_sizes_and_seconds_within_the_page() {
        let text = plan_table(&made_up(Arm::Claim), &plan());
        check(&text, &["linear/risk", "512", "1536", "12.34", "80.20 s on 2", "d0"]);
    }

    #[test]
    fn a_design_names_what_is_run_and_how_it_is_judged_within_the_page() {
        let text = design_text(&made_up(Arm::Claim), &plan());
        let words = [
            "Designs of claims",
            "seed 7",
            "ladder/theorem/16",
            "512 to 1536",
            "computed",
            "0.375",
            "0.625",
            "1e-3",
        ];
        check(&text, &words);
    }

    #[test]
    fn the_document_has_no_largest_number_for_what_is_computed() {
        let (made_up, plan) = (made_up(Arm::Claim), plan());
        let document = design_document(&made_up, &plan);
        let document = serde_json::to_value(document).unwrap();
        let parts = &document["claims"][0]["parts"];
        assert_eq!(parts[0]["most_samples"], 1536);
        assert!(parts[1]["most_samples"].is_null());
        assert_eq!(parts[0]["claimed"], serde_json::json!([0.5, 0.5]));
        assert_eq!(document["claims"][0]["samples"][0]["key"], "ladder/theorem/16");
    }
}
