//! How often each verdict came out, as text and as JSON.

use serde::Serialize;

use super::Conditions;
use super::json::VERIFICATION_SCHEMA;
use super::number::number;
use super::text::named_columns;
use crate::stats::{Estimate, Proportion};
use crate::study::{Tier, VerdictCounts};

/// The document of `verify --repeat`.
#[derive(Debug, Serialize)]
pub struct Repeated {
    schema: u32,
    command: &'static str,
    seed: u64,
    tier: Tier,
    seconds: f64,
    claims: Vec<RepeatedClaim>,
}

#[derive(Debug, Serialize)]
struct RepeatedClaim {
    id: &'static str,
    supported: usize,
    refuted: usize,
    undecided: usize,
    /// The upper 99.9 % limit of Clopper and Pearson for the probability of *refuted*.
    refuted_upper: f64,
    /// The lower one.
    refuted_lower: f64,
}

/// One side of an interval at level 99.9 %.
const TAIL: f64 = 1e-3;

/// The document of a repetition.
pub fn repeated(conditions: &Conditions, counts: &[VerdictCounts]) -> Repeated {
    let claim = |counts: &VerdictCounts| {
        let n_trials = counts.n_supported + counts.n_refuted + counts.n_undecided;
        let interval = Proportion { n_successes: counts.n_refuted, n_trials }.interval(TAIL);
        RepeatedClaim {
            id: counts.claim.id,
            supported: counts.n_supported,
            refuted: counts.n_refuted,
            undecided: counts.n_undecided,
            refuted_upper: interval.upper,
            refuted_lower: interval.lower,
        }
    };
    Repeated {
        schema: VERIFICATION_SCHEMA,
        command: "repeat",
        seed: conditions.seed,
        tier: conditions.tier,
        seconds: conditions.seconds,
        claims: counts.iter().map(claim).collect(),
    }
}

impl Repeated {
    /// A row for each claim.
    pub fn text(&self) -> String {
        let header = ["claim", "supported", "refuted", "undecided", "P(refuted), 99.9 % limits"];
        let rows = self.claims.iter().map(|claim| {
            let limits =
                format!("{} .. {}", number(claim.refuted_lower), number(claim.refuted_upper));
            let count = |n: usize| n.to_string();
            vec![
                claim.id.to_owned(),
                count(claim.supported),
                count(claim.refuted),
                count(claim.undecided),
                limits,
            ]
        });
        named_columns(&header, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{claim, conditions};
    use super::*;
    use crate::study::Arm;

    #[test]
    fn no_refutation_in_ten_thousand_bounds_its_probability() {
        let counts = VerdictCounts {
            claim: claim("setting/data-model"),
            n_supported: 9990,
            n_refuted: 0,
            n_undecided: 10,
        };
        let document = repeated(&conditions(Arm::Claim), &[counts]);
        // 1 - 0.001^(1/10000).
        assert!((document.claims[0].refuted_upper - 6.905_4e-4).abs() < 1e-7);
        let text = document.text();
        assert!(text.contains("9990") && text.contains("0 .. 6.905e-4"), "{text}");
    }
}
