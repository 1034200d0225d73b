//! Running checks, one claim after the other; parallelism lives inside, between runs.

use std::time::Instant;

use crate::error::Result;
use crate::stats::Rates;

use super::evidence::decide_all;
use super::{Arm, CLAIMS, Claim, Lab, Outcome, Tier};

/// The error rates of one claim: the run's false alarms are shared out over all registered claims,
/// whether they are run or not, so that a verdict does not depend on what else was asked for.
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
