//! Running checks, one claim after the other; parallelism lives inside, between runs.

use std::time::Instant;

use crate::error::Result;
use crate::stats::{Ledger, Rates};

use super::evidence::decide_all;
use super::{Arm, CLAIMS, Claim, Lab, Outcome, Tier};

/// The account of a run's false alarms: they are shared out evenly over all registered claims, whether they
/// are run or not, so that a verdict does not depend on what else was asked for.
///
/// # Errors
/// If the registry were empty or named a claim twice.
pub fn ledger(tier: Tier) -> Result<Ledger<'static>> {
    Ledger::even(tier.rates().alpha, CLAIMS.iter().map(|claim| claim.id))
}

/// The error rates of one claim: its share of the ledger, and the full miss rate.
pub fn claim_rates(tier: Tier) -> Rates {
    let whole_run = tier.rates();
    Rates { alpha: whole_run.alpha / CLAIMS.len() as f64, beta: whole_run.beta }
}

/// Runs the checks of the given claims, or of their controls.
///
/// # Errors
/// The first error of a check: a run that diverged, a law that cannot be computed.
pub fn run(claims: &[&'static Claim], arm: Arm, lab: &Lab) -> Result<Vec<Outcome>> {
    let n_claims = claims.len();
    let outcomes = claims.iter().enumerate().map(|(idx, claim)| {
        lab.progress().claim(idx, n_claims, claim.id);
        let start = Instant::now();
        let drafts = (claim.check)(lab, arm)?;
        Ok(Outcome {
            claim,
            arm,
            parts: decide_all(drafts, claim_rates(lab.tier())),
            seconds: start.elapsed().as_secs_f64(),
        })
    });
    outcomes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_spends_its_share_of_the_ledger_and_all_together_no_more_than_the_total() {
        for tier in Tier::ALL {
            let ledger = ledger(tier).unwrap();
            assert!(ledger.spent() <= ledger.total() * (1.0 + 1e-12), "{tier}");
            for claim in CLAIMS {
                assert_eq!(claim_rates(tier).alpha, ledger.share(claim.id), "{tier} {}", claim.id);
            }
        }
    }
}
