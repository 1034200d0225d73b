//! The documents that other programs read: fields may be added, none is renamed.
//!
//! `serde_json` writes a number that is not finite as `null`, which is what the schema wants for an
//! interval's open end and for a value that does not exist.

use serde::Serialize;

use super::Conditions;
use crate::error::{Error, Result};
use crate::stats::{Point, Region};
use crate::study::{Blueprint, Outcome, Part, Role, Statement, Study, Tier, TrendDetails};

/// The version of the schema of documents without evidence.
pub const SCHEMA: u32 = 1;

/// The version of the schema of documents with evidence or designs. In version 1 the sizes of a ladder were
/// called `d0` whatever the study called them, and a plan had other rows.
pub const VERIFICATION_SCHEMA: u32 = 2;

/// A document as text.
///
/// # Errors
/// If a document cannot be written as JSON; those of this module can.
pub fn to_json(document: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(document).map_err(|fault| Error::Malformed {
        what: "the document to write".into(),
        reason: fault.to_string(),
        remedy: "leave --json out".into(),
    })
}

/// The document of `verify` and `control`.
#[derive(Debug, Serialize)]
pub struct Verification<'a> {
    schema: u32,
    command: &'static str,
    study: &'static str,
    /// What the study calls a size.
    size_label: &'static str,
    version: &'static str,
    seed: u64,
    tier: Tier,
    threads: usize,
    /// What the plan gave the run.
    planned_seconds: f64,
    seconds: f64,
    /// The probability that any true claim of the run is refuted, at most.
    alpha: f64,
    /// The probability that one false claim is supported, at most.
    beta: f64,
    claims: Vec<ClaimRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct ClaimRecord<'a> {
    id: &'static str,
    kind: &'static str,
    /// The claim's share of the run's false alarms, which its parts share out again.
    share: f64,
    #[serde(flatten)]
    decisive: PartRecord<'a>,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<PartRecord<'a>>>,
}

/// One check of a claim.
#[derive(Debug, Serialize)]
pub(super) struct PartRecord<'a> {
    verdict: String,
    name: &'a str,
    predicted: Option<f64>,
    measured: f64,
    interval: [f64; 2],
    region: [f64; 2],
    claimed: [f64; 2],
    margin: Option<f64>,
    alpha: f64,
    beta: f64,
    detectable: f64,
    p_value: f64,
    /// Logarithms of e-values, for the evidence of several runs to be combined; null stands for
    /// certainty, and for an end that does not exist.
    log_e_claimed: f64,
    log_e_below: f64,
    log_e_above: f64,
    slack: Option<f64>,
    samples: usize,
    sizes: &'a [usize],
    #[serde(skip_serializing_if = "Option::is_none")]
    trend: Option<TrendRecord>,
}

/// How well a power of the size fits a ladder.
#[derive(Debug, Serialize)]
struct TrendRecord {
    points: Vec<PointRecord>,
    chi_square: f64,
    degrees_of_freedom: usize,
    chi_square_p_value: Option<f64>,
    drift: Option<Fitted>,
    with_inverse_sqrt: Option<Fitted>,
    with_inverse: Option<Fitted>,
}

/// The mean over runs at one size.
#[derive(Debug, Serialize)]
struct PointRecord {
    size: usize,
    value: f64,
    standard_error: f64,
}

#[derive(Debug, Serialize)]
struct Fitted {
    value: f64,
    standard_error: f64,
}

impl TrendRecord {
    fn of(details: &TrendDetails) -> Self {
        let fitted = |pair: Option<(f64, f64)>| {
            pair.map(|(value, standard_error)| Fitted { value, standard_error })
        };
        let point = |point: &Point| PointRecord {
            size: point.size as usize,
            value: point.value,
            standard_error: point.standard_error,
        };
        TrendRecord {
            points: details.points.iter().map(point).collect(),
            chi_square: details.chi_square,
            degrees_of_freedom: details.degrees_of_freedom,
            chi_square_p_value: details.chi_square_p_value,
            drift: fitted(details.drift),
            with_inverse_sqrt: fitted(details.with_inverse_sqrt),
            with_inverse: fitted(details.with_inverse),
        }
    }
}

/// The document of a run of claims or of controls.
///
/// ```
/// use feature_contamination::report::{to_json, verification};
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
/// let text = to_json(&verification(&conditions, &outcomes))?;
/// assert!(text.contains("\"verdict\": \"supported\""));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
pub fn verification<'a>(conditions: &Conditions, outcomes: &'a [Outcome]) -> Verification<'a> {
    let rates = conditions.tier.rates;
    Verification {
        schema: VERIFICATION_SCHEMA,
        command: conditions.subcommand(),
        study: conditions.study.name(),
        size_label: conditions.study.label_of_sizes(),
        version: env!("CARGO_PKG_VERSION"),
        seed: conditions.seed,
        tier: conditions.tier,
        threads: conditions.n_threads,
        planned_seconds: conditions.planned_seconds,
        seconds: conditions.seconds,
        alpha: rates.alpha,
        beta: rates.beta,
        claims: outcomes.iter().map(ClaimRecord::of).collect(),
    }
}

impl<'a> ClaimRecord<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let has_parts = outcome.parts.len() > 1;
        ClaimRecord {
            id: outcome.claim.id,
            kind: outcome.claim.kind.name(),
            share: outcome.rates.alpha,
            // The decisive part is the first with the verdict of the whole.
            decisive: PartRecord::of(outcome.decisive()),
            seconds: outcome.seconds,
            parts: has_parts.then(|| outcome.parts.iter().map(PartRecord::of).collect()),
        }
    }
}

impl<'a> PartRecord<'a> {
    /// The record of a part.
    pub(super) fn of(part: &'a Part) -> Self {
        let decision = &part.decision;
        let ends = |region: Region| [region.lower, region.upper];
        let region = ends(decision.hypothesis.allowed);
        // No evidence at all would be written as null, like certainty.
        let [log_e_claimed, log_e_below, log_e_above] =
            decision.log_e_values.map(|log_e| log_e.max(f64::MIN));
        let half_width = 0.5 * (region[1] - region[0]);
        PartRecord {
            verdict: decision.verdict.to_string(),
            name: &part.name,
            predicted: part.predicted,
            measured: decision.estimate,
            interval: [decision.interval.lower, decision.interval.upper],
            region,
            claimed: ends(decision.hypothesis.claimed),
            margin: half_width.is_finite().then_some(half_width),
            alpha: decision.rates.alpha,
            beta: decision.rates.beta,
            detectable: decision.detectable,
            p_value: decision.p_value,
            log_e_claimed,
            log_e_below,
            log_e_above,
            slack: part.slack,
            samples: decision.n_samples,
            sizes: &part.sizes,
            trend: part.trend.as_ref().map(TrendRecord::of),
        }
    }
}

/// The document of `list`.
#[derive(Debug, Serialize)]
pub struct Listing {
    schema: u32,
    claims: Vec<ListedClaim>,
    theorems: Vec<ListedTheorem>,
}

#[derive(Debug, Serialize)]
struct ListedClaim {
    id: &'static str,
    statement: &'static str,
    source: &'static str,
    kind: &'static str,
    /// The cheapest tier at which the claim can be decided.
    tier: Tier,
    cost: &'static str,
    control: &'static str,
    uses: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ListedTheorem {
    id: String,
    statement: String,
    uses: Vec<String>,
    claims: Vec<String>,
}

/// The document of a study's claims, with the theorems that they establish.
pub fn listing(study: &Study, blueprint: &Blueprint) -> Listing {
    let statements = blueprint.statements();
    let uses = |id: &str| {
        let found = statements.iter().find(|statement| statement.id == id);
        found.map(|statement| statement.uses.clone()).unwrap_or_default()
    };
    let theorems = statements.iter().filter(|statement| statement.role == Role::Theorem);
    let theorems = theorems.cloned().map(|Statement { id, sentence, uses, claims, .. }| {
        ListedTheorem { id, statement: sentence, uses, claims }
    });
    let listed = study.claims().iter().map(|claim| ListedClaim {
        uses: uses(claim.id),
        id: claim.id,
        statement: claim.statement,
        source: claim.source,
        kind: claim.kind.name(),
        tier: study.all_tiers()[0],
        cost: claim.cost,
        control: claim.control,
    });
    Listing { schema: SCHEMA, claims: listed.collect(), theorems: theorems.collect() }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{conditions, outcome, part};
    use super::*;
    use crate::paper;
    use crate::study::Arm;
    use serde_json::{Value, json};

    fn document(outcomes: &[Outcome]) -> Value {
        let text = to_json(&verification(&conditions(Arm::Claim), outcomes)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_number_that_is_not_there_is_null() {
        let mut open = part("open", 0.5, (0.4, f64::INFINITY), (f64::NEG_INFINITY, 1.0));
        open.decision.detectable = f64::INFINITY;
        let document = document(&[outcome("setting/reduction", Arm::Claim, vec![open])]);
        let claim = &document["claims"][0];
        assert_eq!(claim["interval"], json!([0.4, null]));
        assert_eq!(claim["region"], json!([null, 1.0]));
        for field in ["predicted", "margin", "slack", "detectable"] {
            assert_eq!(claim[field], Value::Null, "{field}");
            assert!(claim.get(field).is_some(), "{field} must be there");
        }
        assert!(claim.get("parts").is_none());
    }

    #[test]
    fn the_claim_carries_its_decisive_part_and_lists_all() {
        let parts = vec![
            part("inside", 0.5, (0.4, 0.6), (0.0, 1.0)),
            part("outside", 2.0, (1.9, 2.1), (0.0, 1.0)),
        ];
        let document = document(&[outcome("linear/risk", Arm::Claim, parts)]);
        let claim = &document["claims"][0];
        assert_eq!(claim["id"], "linear/risk");
        assert_eq!((&claim["verdict"], &claim["name"]), (&json!("refuted"), &json!("outside")));
        assert_eq!(claim["margin"], 0.5);
        assert_eq!(claim["parts"].as_array().unwrap().len(), 2);
        assert_eq!(claim["parts"][0]["verdict"], "supported");
        assert_eq!(document["schema"], 2);
        assert_eq!(document["command"], "verify");
    }

    #[test]
    fn the_listing_has_every_claim_with_every_field() {
        let study = paper::study();
        let text = to_json(&listing(&study, &study.blueprint().unwrap())).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let claims = document["claims"].as_array().unwrap();
        assert_eq!(claims.len(), study.claims().len());
        for field in ["id", "statement", "source", "kind", "tier", "cost", "control"] {
            assert!(claims.iter().all(|claim| claim[field].is_string()), "{field}");
        }
        assert_eq!(claims[0]["uses"], json!([]));
        assert_eq!(claims[2]["uses"], json!(["setting/reduction"]));
        let theorem = &document["theorems"][1];
        assert_eq!(theorem["id"], "theorems/activation-asymmetry");
        assert_eq!(theorem["uses"], json!(["theorems/gradient-projection"]));
        assert!(theorem["claims"].as_array().unwrap().contains(&json!("asymmetry/own-class")));
    }
}
