//! The same checks under many seeds: how often each verdict comes out.

use std::sync::Arc;

use rayon::prelude::*;

use crate::error::Result;
use crate::seed::Seed;
use crate::stats::Verdict;

use super::{Arm, Claim, Lab, Outcome, Progress, Silent, Study, Tier};

/// How often a check came to each verdict.
#[derive(Debug, Clone)]
pub struct VerdictCounts {
    /// The claim.
    pub claim: Arc<Claim>,
    /// Repetitions that support it.
    pub n_supported: usize,
    /// Repetitions that refute it.
    pub n_refuted: usize,
    /// Repetitions that leave it open.
    pub n_undecided: usize,
}

impl Study {
    /// Runs these claims, or their controls, under so many seeds below one root, each in a lab of its own.
    ///
    /// # Errors
    /// The first error of a claim.
    pub fn repeat(
        &self,
        claims: &[Arc<Claim>],
        arm: Arm,
        (tier, root): (Tier, Seed),
        n_repeats: usize,
        progress: &dyn Progress,
    ) -> Result<Vec<VerdictCounts>> {
        let of_claim = |(idx, claim): (usize, &Arc<Claim>)| -> Result<VerdictCounts> {
            progress.claim(idx, claims.len(), claim.id);
            progress.runs_planned(n_repeats);
            let verdict = |repeat: usize| -> Result<Verdict> {
                let seed = root.child("repeat").index(repeat);
                let mut lab = Lab::new(seed, tier, Box::new(Silent));
                let outcomes = self.run(std::slice::from_ref(claim), arm, &mut lab)?;
                progress.run_done();
                Ok(Verdict::all(outcomes.iter().map(Outcome::verdict)))
            };
            let verdicts =
                (0..n_repeats).into_par_iter().map(verdict).collect::<Result<Vec<Verdict>>>()?;
            let count = |verdict| verdicts.iter().filter(|other| **other == verdict).count();
            Ok(VerdictCounts {
                claim: Arc::clone(claim),
                n_supported: count(Verdict::Supported),
                n_refuted: count(Verdict::Refuted),
                n_undecided: count(Verdict::Undecided),
            })
        };
        claims.iter().enumerate().map(of_claim).collect()
    }
}
