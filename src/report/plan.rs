//! What a run of checks will do, as text and as JSON.

use serde::Serialize;

use super::json::SCHEMA;
use super::number::{number, rate};
use super::text::named_columns;
use crate::claims::{Plan, Tier, claim_rates};

/// The document of `verify --plan`.
#[derive(Debug, Serialize)]
pub struct PlanDocument {
    schema: u32,
    command: &'static str,
    tier: Tier,
    threads: usize,
    seconds: f64,
    alpha: f64,
    beta: f64,
    claims: Vec<PlannedRow>,
}

#[derive(Debug, Serialize)]
struct PlannedRow {
    id: &'static str,
    /// The claim's share of the run's false alarms.
    share: f64,
    runs: usize,
    expected_runs: usize,
    sizes: Vec<usize>,
    core_seconds: f64,
}

/// The document of a plan.
pub fn plan_document(plan: &Plan, tier: Tier, n_threads: usize) -> PlanDocument {
    let rates = tier.rates();
    let row = |planned: &crate::claims::PlannedClaim| PlannedRow {
        id: planned.claim.id,
        share: claim_rates(tier).alpha,
        runs: planned.n_runs,
        expected_runs: planned.n_expected,
        sizes: planned.sizes.clone(),
        core_seconds: planned.core_seconds,
    };
    PlanDocument {
        schema: SCHEMA,
        command: "plan",
        tier,
        threads: n_threads,
        seconds: plan.seconds,
        alpha: rates.alpha,
        beta: rates.beta,
        claims: plan.claims.iter().map(row).collect(),
    }
}

/// A plan as a table: what is run for each claim, and what it costs beyond what claims above it run anyway.
pub fn plan_table(plan: &Plan, tier: Tier, n_threads: usize) -> String {
    let rows = plan.claims.iter().map(|planned| {
        let sizes: Vec<String> = planned.sizes.iter().map(usize::to_string).collect();
        vec![
            planned.claim.id.to_owned(),
            planned.n_expected.to_string(),
            planned.n_runs.to_string(),
            sizes.join(" "),
            number(planned.core_seconds),
        ]
    });
    let table = named_columns(&["claim", "runs expected", "at most", "d0", "core-seconds"], rows);
    format!(
        "{table}\n\nTier {tier}: about {} s on {n_threads} threads, if the claims are true.\n\
         False alarms {} of the whole run, {} of each claim, shared out over its parts; misses {}.",
        number(plan.seconds),
        rate(tier.rates().alpha),
        rate(claim_rates(tier).alpha),
        rate(tier.rates().beta),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::{CLAIMS, PlannedClaim};

    #[test]
    fn a_plan_names_runs_sizes_and_seconds_within_the_page() {
        let planned = |claim| PlannedClaim {
            claim,
            n_runs: 1536,
            n_expected: 512,
            sizes: vec![16, 32, 64, 128, 256],
            core_seconds: 12.34,
        };
        let plan = Plan { claims: CLAIMS.iter().map(planned).collect(), seconds: 80.2 };
        let text = plan_table(&plan, Tier::Quick, 2);
        for word in ["linear/risk", "512", "1536", "16 32 64 128 256", "12.34", "80.20 s on 2"] {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        let document = serde_json::to_value(plan_document(&plan, Tier::Quick, 2)).unwrap();
        assert_eq!(document["claims"].as_array().unwrap().len(), CLAIMS.len());
        let shares = document["claims"].as_array().unwrap().iter();
        let spent: f64 = shares.map(|claim| claim["share"].as_f64().unwrap()).sum();
        assert!(spent <= document["alpha"].as_f64().unwrap() * (1.0 + 1e-12));
    }
}
