//! Running claims, one after the other; parallelism lives inside, between runs.

use std::sync::Arc;
use std::time::Instant;

use super::record::Record;
use super::sample::RunCounts;
use super::{Arm, Claim, Design, Lab, Outcome, Scope, Study, Unanswered};
use crate::error::{Error, Result};
use crate::stats::Rates;

impl Study {
    /// Runs the given claims, or their controls, to the end: one that gives no answer keeps none of the others
    /// back.
    pub fn run_each(
        &self,
        claims: &[Arc<Claim>],
        arm: Arm,
        lab: &Lab,
    ) -> (Vec<Outcome>, Vec<Unanswered>) {
        let (mut outcomes, mut unanswered) = (Vec::new(), Vec::new());
        for (claim, answer) in self.answers(claims, arm, lab) {
            match answer {
                Ok(outcome) => outcomes.push(outcome),
                Err(fault) => unanswered.push(Unanswered { claim, fault }),
            }
        }
        (outcomes, unanswered)
    }

    /// Runs the given claims, or their controls.
    ///
    /// # Errors
    /// The first error of a claim: a design that cannot be put together, a run that diverged, a law that cannot
    /// be computed.
    pub fn run(&self, claims: &[Arc<Claim>], arm: Arm, lab: &Lab) -> Result<Vec<Outcome>> {
        self.answers(claims, arm, lab).map(|(_, answer)| answer).collect()
    }

    /// Each claim with its answer, as it is asked for.
    fn answers(
        &self,
        claims: &[Arc<Claim>],
        arm: Arm,
        lab: &Lab,
    ) -> impl Iterator<Item = (Arc<Claim>, Result<Outcome>)> {
        claims.iter().enumerate().map(move |(idx, claim)| {
            lab.progress().claim(idx, claims.len(), claim.id);
            let outcome = self.outcome(claim, arm, lab);
            (Arc::clone(claim), outcome.map_err(|fault| in_claim(claim, fault)))
        })
    }

    fn outcome(&self, claim: &Arc<Claim>, arm: Arm, lab: &Lab) -> Result<Outcome> {
        let start = Instant::now();
        let rates = self.rates_of(claim, lab.tier())?;
        let scope = Scope { tier: lab.tier(), arm, seed: lab.seed(), rates };
        let design = claim.design(&scope)?;
        let records = sampled(&design, &scope, lab)?;
        let keys = design.samples().iter().map(|sample| sample.key.clone());
        Ok(Outcome {
            claim: Arc::clone(claim),
            arm,
            rates,
            parts: design.judge(&records, rates)?,
            runs: keys.zip(records.iter().map(Vec::len)).filter(|(_, n)| *n > 0).collect(),
            seconds: start.elapsed().as_secs_f64(),
        })
    }
}

pub(super) fn in_claim(claim: &Claim, fault: Error) -> Error {
    Error::Claim { id: claim.id.to_owned(), fault: Box::new(fault) }
}

/// Draws the samples of a design: fixed numbers at once, the others in chunks of fixed size, so that the number
/// of runs does not depend on the number of threads.
fn sampled(design: &Design, scope: &Scope, lab: &Lab) -> Result<Vec<Vec<Record>>> {
    let Scope { rates, tier, .. } = *scope;
    let counts = design.counts(rates, tier);
    let mut n_runs: Vec<usize> = counts.iter().map(|c| c.chunk.min(c.most)).collect();
    loop {
        let wanted: Vec<_> = design.samples().iter().zip(n_runs.iter().copied()).collect();
        let records = lab.draw(scope.arm, &wanted)?;
        let more = more_runs(design, &counts, &records, rates)?;
        if more.is_empty() {
            return Ok(records);
        }
        for (sample_idx, n_more) in more {
            n_runs[sample_idx] += n_more;
        }
    }
}

/// The samples that are neither decided nor spent, each with its next number of runs.
fn more_runs(
    design: &Design,
    counts: &[RunCounts],
    records: &[Vec<Record>],
    rates: Rates,
) -> Result<Vec<(usize, usize)>> {
    let mut more = Vec::new();
    for (sample_idx, counts) in counts.iter().enumerate() {
        let n_left = counts.most - records[sample_idx].len();
        if n_left > 0 && !design.is_decided(sample_idx, records, rates)? {
            more.push((sample_idx, counts.chunk.min(n_left)));
        }
    }
    Ok(more)
}
