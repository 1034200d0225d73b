//! Running claims, one after the other; parallelism lives inside, between runs.

use std::sync::Arc;
use std::time::Instant;

use super::record::Record;
use super::sample::RunCounts;
use super::{Arm, Claim, Design, Lab, Outcome, Scope, Study, Tier, Unanswered};
use crate::error::{Error, Result};
use crate::seed::Seed;
use crate::stats::Rates;

impl Study {
    /// Runs the given claims, or their controls, to the end: one that gives no answer keeps none of the others
    /// back.
    pub fn run_each(
        &self,
        claims: &[Arc<Claim>],
        arm: Arm,
        lab: &mut Lab,
    ) -> (Vec<Outcome>, Vec<Unanswered>) {
        let designs = self.designs(claims, arm, (lab.tier(), lab.seed()));
        let (mut outcomes, mut unanswered) = (Vec::new(), Vec::new());
        for (claim, answer) in claims.iter().zip(answers(claims, designs, lab)) {
            match answer {
                Ok(outcome) => outcomes.push(outcome),
                Err(fault) => unanswered.push(Unanswered { claim: Arc::clone(claim), fault }),
            }
        }
        (outcomes, unanswered)
    }

    /// Runs the given claims, or their controls.
    ///
    /// # Errors
    /// The first error of a claim: a design that cannot be put together, a run that diverged, a law that cannot
    /// be computed.
    pub fn run(&self, claims: &[Arc<Claim>], arm: Arm, lab: &mut Lab) -> Result<Vec<Outcome>> {
        let designs = self.designs(claims, arm, (lab.tier(), lab.seed()));
        let designs = designs.into_iter().collect::<Result<Vec<_>>>()?;
        answers(claims, designs.into_iter().map(Ok), lab).collect()
    }

    /// Puts the designs of these claims, or of their controls, together, before anything is drawn.
    pub(super) fn designs(
        &self,
        claims: &[Arc<Claim>],
        arm: Arm,
        (tier, seed): (Tier, Seed),
    ) -> Vec<Result<Designed>> {
        let of_claim = |claim: &Arc<Claim>| {
            let rates = self.rates_of(claim, tier)?;
            let scope = Scope { tier, arm, seed, rates };
            let design = claim.design(&scope).map_err(|fault| in_claim(claim, fault))?;
            Ok(Designed { design, scope })
        };
        claims.iter().map(of_claim).collect()
    }
}

/// A design with what it was made for.
pub(super) struct Designed {
    pub design: Design,
    pub scope: Scope,
}

/// Runs one design after the other, as the answers are asked for.
fn answers(
    claims: &[Arc<Claim>],
    designs: impl IntoIterator<Item = Result<Designed>>,
    lab: &mut Lab,
) -> impl Iterator<Item = Result<Outcome>> {
    claims.iter().zip(designs).enumerate().map(|(idx, (claim, designed))| {
        lab.progress().claim(idx, claims.len(), claim.id);
        outcome(claim, &designed?, lab).map_err(|fault| in_claim(claim, fault))
    })
}

fn outcome(claim: &Arc<Claim>, designed: &Designed, lab: &mut Lab) -> Result<Outcome> {
    let start = Instant::now();
    let Designed { design, scope } = designed;
    let records = sampled(design, scope, lab)?;
    let keys = design.samples().iter().map(|sample| sample.key.clone());
    Ok(Outcome {
        claim: Arc::clone(claim),
        arm: scope.arm,
        rates: scope.rates,
        parts: design.judge(&records, scope.rates)?,
        runs: keys.zip(records.iter().map(Vec::len)).filter(|(_, n)| *n > 0).collect(),
        seconds: start.elapsed().as_secs_f64(),
    })
}

pub(super) fn in_claim(claim: &Claim, fault: Error) -> Error {
    Error::Claim { id: claim.id.to_owned(), fault: Box::new(fault) }
}

/// Draws the samples of a design: fixed numbers at once, the others in chunks of fixed size, so that the number
/// of runs does not depend on the number of threads.
fn sampled(design: &Design, scope: &Scope, lab: &mut Lab) -> Result<Vec<Vec<Record>>> {
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
