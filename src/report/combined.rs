//! Documents of several runs, read back and put together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::json::VERIFICATION_SCHEMA;
use super::number::number;
use super::text::page_table;
use crate::error::{Error, Result};
use crate::stats::{Evidence, Rates, Verdict, combine};

/// The document of one run of `verify`, as far as it is needed here.
#[derive(Debug, Clone, Deserialize)]
pub struct Recorded {
    study: String,
    version: String,
    seed: u64,
    tier: String,
    beta: f64,
    claims: Vec<RecordedClaim>,
}

#[derive(Debug, Clone, Deserialize)]
struct RecordedClaim {
    id: String,
    kind: String,
    /// Shared out over the parts.
    share: f64,
    #[serde(flatten)]
    decisive: RecordedPart,
    parts: Option<Vec<RecordedPart>>,
}

#[derive(Debug, Clone, Deserialize)]
struct RecordedPart {
    name: String,
    verdict: Verdict,
    measured: Option<f64>,
    samples: usize,
    log_e_claimed: Option<f64>,
    log_e_below: Option<f64>,
    log_e_above: Option<f64>,
}

/// The document of `verify --combine`.
#[derive(Debug, Serialize)]
pub struct Combination {
    schema: u32,
    command: &'static str,
    version: String,
    seeds: Vec<u64>,
    tier: String,
    claims: Vec<CombinedClaim>,
}

#[derive(Debug, Serialize)]
struct CombinedClaim {
    id: String,
    kind: String,
    verdict: Verdict,
    /// The verdicts of the runs that checked the claim.
    verdicts: Vec<Verdict>,
    alpha: f64,
    beta: f64,
    parts: Vec<CombinedPart>,
}

#[derive(Debug, Serialize)]
struct CombinedPart {
    name: String,
    verdict: Verdict,
    /// The means of the runs, weighted by their samples.
    measured: f64,
    samples: usize,
    log_e_claimed: f64,
    log_e_below: f64,
    log_e_above: f64,
}

impl Recorded {
    /// Reads the document of a run of the study of this name.
    ///
    /// # Errors
    /// A text that is no document of `verify --json`, a document of another schema, or one of another study.
    pub fn read(study: &str, name: &str, text: &str) -> Result<Self> {
        let malformed = |fault: serde_json::Error| Error::Malformed {
            what: name.into(),
            reason: fault.to_string(),
            remedy: "give documents that `verify --json` wrote".into(),
        };
        let Head { schema, command } = serde_json::from_str(text).map_err(malformed)?;
        if schema != VERIFICATION_SCHEMA {
            let range = VERIFICATION_SCHEMA.to_string();
            let remedy = "run `verify --json` again with this version";
            return Err(Error::out_of_range(format!("schema of {name}"), schema, range, remedy));
        }
        if command != "verify" {
            let remedy = "give runs of `verify --json`";
            return Err(Error::out_of_range(
                format!("command of {name}"),
                command,
                "verify",
                remedy,
            ));
        }
        let recorded: Self = serde_json::from_str(text).map_err(malformed)?;
        if recorded.study != study {
            let (range, remedy) = (format!("`{study}`"), "give runs of this study");
            let value = format!("`{}`", recorded.study);
            return Err(Error::out_of_range(format!("study of {name}"), value, range, remedy));
        }
        Ok(recorded)
    }
}

/// What is read of a document before all of it is.
#[derive(Deserialize)]
struct Head {
    schema: u32,
    command: String,
}

impl Recorded {
    /// Returns the verdicts of a run by claim, and the conditions under which they came about, in a few words.
    pub fn verdicts(&self) -> (BTreeMap<String, Verdict>, String) {
        let verdicts = self.claims.iter().map(|claim| (claim.id.clone(), claim.decisive.verdict));
        (verdicts.collect(), verdict_source(&self.tier, self.seed))
    }
}

/// Whose verdicts a picture shows.
pub fn verdict_source(tier: &str, seed: u64) -> String {
    format!("Verdicts at tier {tier} with seed {seed}")
}

/// Puts runs together, in the order given.
///
/// # Errors
/// - fewer than two runs;
/// - documents of different versions or tiers;
/// - one seed twice: that is the same evidence, not more of it.
pub fn combination(runs: &[Recorded]) -> Result<Combination> {
    check_compatible(runs)?;
    let first = &runs[0];
    let mut ids: Vec<(&str, &str)> = Vec::new();
    for claim in runs.iter().flat_map(|run| &run.claims) {
        if !ids.iter().any(|(id, _)| *id == claim.id) {
            ids.push((&claim.id, &claim.kind));
        }
    }
    let claims = ids.into_iter().map(|(id, kind)| combined_claim(id, kind, runs)).collect();
    Ok(Combination {
        schema: VERIFICATION_SCHEMA,
        command: "combine",
        version: first.version.clone(),
        seeds: runs.iter().map(|run| run.seed).collect(),
        tier: first.tier.clone(),
        claims,
    })
}

fn check_compatible(runs: &[Recorded]) -> Result<()> {
    let refused = |parameter: &str, value: &dyn ToString, range: &str, remedy: &str| {
        Err(Error::out_of_range(parameter, value.to_string(), range, remedy))
    };
    if runs.len() < 2 {
        let remedy = "give the documents of two runs with different seeds";
        return refused("number of documents", &runs.len(), "at least 2", remedy);
    }
    let first = &runs[0];
    for (idx, run) in runs.iter().enumerate() {
        if run.version != first.version || run.tier != first.tier {
            let value = format!("{} at tier {}", run.version, run.tier);
            let range = format!("{} at tier {}, as the first one", first.version, first.tier);
            return refused("version", &value, &range, "combine like with like");
        }
        if runs[..idx].iter().any(|other| other.seed == run.seed) {
            let remedy = "the same seed gives the same evidence; run again with --seed random";
            return refused("seed", &run.seed, "another one in each document", remedy);
        }
    }
    Ok(())
}

impl RecordedClaim {
    fn parts(&self) -> &[RecordedPart] {
        self.parts.as_deref().unwrap_or(std::slice::from_ref(&self.decisive))
    }
}

impl RecordedPart {
    /// A null stands for certainty.
    fn evidence(&self) -> Evidence {
        let sides = [self.log_e_claimed, self.log_e_below, self.log_e_above];
        Evidence {
            verdict: self.verdict,
            log_e_values: sides.map(|log_e| log_e.unwrap_or(f64::INFINITY)),
        }
    }
}

fn combined_claim(id: &str, kind: &str, runs: &[Recorded]) -> CombinedClaim {
    let of_runs: Vec<&RecordedClaim> =
        runs.iter().flat_map(|run| &run.claims).filter(|claim| claim.id == id).collect();
    let (share, beta) = (of_runs[0].share, runs[0].beta);
    let n_parts = of_runs.iter().map(|claim| claim.parts().len()).max().unwrap_or(1);
    let rates = Rates { alpha: share / n_parts as f64, beta };
    let mut names: Vec<&str> = Vec::new();
    for part in of_runs.iter().flat_map(|claim| claim.parts()) {
        if !names.contains(&part.name.as_str()) {
            names.push(&part.name);
        }
    }
    let parts: Vec<CombinedPart> =
        names.into_iter().map(|name| combined_part(name, &of_runs, rates)).collect();
    let part_verdicts = parts.iter().map(|part| part.verdict);
    let own = of_runs.iter().map(|claim| Verdict::all(claim.parts().iter().map(|p| p.verdict)));
    CombinedClaim {
        id: id.into(),
        kind: kind.into(),
        verdict: Verdict::all(part_verdicts),
        verdicts: own.collect(),
        alpha: share,
        beta,
        parts,
    }
}

fn combined_part(name: &str, claims: &[&RecordedClaim], rates: Rates) -> CombinedPart {
    let found = claims.iter().flat_map(|claim| claim.parts()).filter(|part| part.name == name);
    let parts: Vec<&RecordedPart> = found.collect();
    let evidence: Vec<Evidence> = parts.iter().map(|part| part.evidence()).collect();
    let Evidence { verdict, log_e_values: [claimed, below, above] } = combine(&evidence, rates);
    let samples = parts.iter().map(|part| part.samples).sum();
    let total = |part: &&RecordedPart| part.samples as f64 * part.measured.unwrap_or(f64::NAN);
    CombinedPart {
        name: name.into(),
        verdict,
        measured: parts.iter().map(total).sum::<f64>() / samples as f64,
        samples,
        log_e_claimed: claimed,
        log_e_below: below,
        log_e_above: above,
    }
}

impl Combination {
    /// The combined verdicts, in the order of the claims.
    pub fn verdicts(&self) -> impl Iterator<Item = Verdict> + '_ {
        self.claims.iter().map(|claim| claim.verdict)
    }

    /// A row for each claim: its verdict, those of the runs, and the strength of the evidence in the part
    /// that has least of it.
    pub fn text(&self) -> String {
        let header = ["claim", "verdict", "log10 e against", "log10 e for", "verdicts of the runs"];
        let mut table = page_table(&header);
        for claim in &self.claims {
            let weakest = claim
                .parts
                .iter()
                .map(|part| part.log_e_below.min(part.log_e_above))
                .fold(f64::INFINITY, f64::min);
            let against =
                claim.parts.iter().map(|part| part.log_e_claimed).fold(f64::NEG_INFINITY, f64::max);
            let runs: Vec<String> = claim.verdicts.iter().map(Verdict::to_string).collect();
            table.add_row([
                claim.id.clone(),
                claim.verdict.to_string(),
                decades(against),
                decades(weakest),
                runs.join(", "),
            ]);
        }
        let seeds: Vec<String> = self.seeds.iter().map(u64::to_string).collect();
        format!(
            "Evidence of {} runs at tier {}, seeds {}.\n\n{}\n\n\
             e-values of independent runs multiply. A claim of one part is refuted from log10 e = {} on\n\
             (of several parts: a little more), supported from {} on in each of its parts. A refutation by\n\
             one run stands.",
            self.seeds.len(),
            self.tier,
            seeds.join(", "),
            table.trim_fmt(),
            number(-self.claims.first().map_or(f64::NAN, |claim| claim.alpha).log10()),
            number(-self.claims.first().map_or(f64::NAN, |claim| claim.beta).log10()),
        )
    }
}

/// A natural logarithm in powers of ten.
fn decades(log_e: f64) -> String {
    match log_e / std::f64::consts::LN_10 {
        value if value > 300.0 => "certain".into(),
        value if value < -300.0 => "none".into(),
        value => format!("{value:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{conditions, outcome, part};
    use super::super::json::{to_json, verification};
    use super::*;
    use crate::study::Arm;

    /// The text of the document of a run with this seed and this evidence.
    fn text(seed: u64, arm: Arm, evidence: [f64; 3]) -> String {
        let mut measured = part("slope", 0.0, (-1.5, 1.5), (-1.0, 1.0));
        measured.decision.log_e_values = evidence;
        let mut conditions = conditions(arm);
        conditions.seed = seed;
        let outcomes = [outcome("linear/risk", arm, vec![measured])];
        to_json(&verification(&conditions, &outcomes)).unwrap()
    }

    fn document(seed: u64, evidence: [f64; 3]) -> Recorded {
        let study = conditions(Arm::Claim).study.name();
        Recorded::read(study, "a.json", &text(seed, Arm::Claim, evidence)).unwrap()
    }

    #[test]
    fn two_undecided_runs_make_a_verdict() {
        let claimed = |evidence| document(1, evidence);
        let runs = [claimed([-1.0, 4.0, 4.0]), document(2, [-1.0, 4.0, 4.0])];
        let combined = combination(&runs).unwrap();
        assert_eq!(combined.verdicts().collect::<Vec<_>>(), [Verdict::Supported]);
        let text = combined.text();
        assert!(text.contains("linear/risk") && text.contains("undecided, undecided"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        let against = [claimed([12.0, 0.0, 0.0]), document(2, [12.0, -9.0, 0.0])];
        let combined = combination(&against).unwrap();
        assert_eq!(combined.verdicts().collect::<Vec<_>>(), [Verdict::Refuted]);
    }

    #[test]
    fn infinite_evidence_survives_the_document() {
        let runs =
            [1, 2].map(|seed| document(seed, [f64::NEG_INFINITY, f64::INFINITY, f64::INFINITY]));
        let combined = combination(&runs).unwrap();
        assert_eq!(combined.verdicts().collect::<Vec<_>>(), [Verdict::Supported]);
    }

    #[test]
    fn runs_that_do_not_fit_together_are_refused() {
        let run = |seed| document(seed, [0.0; 3]);
        let fault = |runs: &[Recorded]| combination(runs).unwrap_err().to_string();
        let one = run(1);
        assert!(fault(std::slice::from_ref(&one)).contains("at least 2"));
        assert!(fault(&[one.clone(), run(1)]).contains("same evidence"));
        let other = Recorded { tier: "deep".into(), ..run(2) };
        assert!(fault(&[one, other]).contains("like with like"));
    }

    #[test]
    fn documents_of_controls_of_other_studies_and_of_older_schemas_are_refused_by_name() {
        let study = conditions(Arm::Claim).study.name();
        let fault = |study: &str, text: &str| {
            Recorded::read(study, "a.json", text).unwrap_err().to_string()
        };
        let control = text(2, Arm::Control, [0.0; 3]);
        assert!(fault(study, &control).contains("command of a.json = control"));
        let sound = text(2, Arm::Claim, [0.0; 3]);
        let old = sound.replacen("\"schema\": 2", "\"schema\": 1", 1);
        assert!(fault(study, &old).contains("schema of a.json = 1"));
        assert!(fault("Another study", &sound).contains("study of a.json"));
        assert!(fault(study, "{}").contains("a.json"));
    }
}
