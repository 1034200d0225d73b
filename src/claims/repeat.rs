//! The same checks under many seeds: how often each verdict comes out.

use rayon::prelude::*;

use crate::error::Result;
use crate::seed::Seed;
use crate::stats::Verdict;

use super::{Arm, Claim, Lab, Progress, Silent, Tier, run};

/// How often a check came to each verdict.
#[derive(Debug, Clone, Copy)]
pub struct VerdictCounts {
    /// The claim.
    pub claim: &'static Claim,
    /// Repetitions that support it.
    pub n_supported: usize,
    /// Repetitions that refute it.
    pub n_refuted: usize,
    /// Repetitions that leave it open.
    pub n_undecided: usize,
}

/// Runs the checks of these claims, or of their controls, under so many seeds of one root, each in a lab
/// of its own.
///
/// # Errors
/// The first error of a check.
pub fn repeat(
    claims: &[&'static Claim],
    arm: Arm,
    tier: Tier,
    root: Seed,
    n_repeats: usize,
    progress: &dyn Progress,
) -> Result<Vec<VerdictCounts>> {
    let n_claims = claims.len();
    let of_claim = |(idx, claim): (usize, &&'static Claim)| -> Result<VerdictCounts> {
        progress.claim(idx, n_claims, claim.id);
        progress.runs_planned(n_repeats);
        let verdict = |repeat: usize| -> Result<Verdict> {
            let seed = root.child("repeat").index(repeat);
            let outcomes = run(&[claim], arm, &Lab::new(seed, tier, Box::new(Silent)))?;
            progress.run_done();
            Ok(Verdict::all(outcomes.iter().map(|outcome| outcome.verdict())))
        };
        let verdicts =
            (0..n_repeats).into_par_iter().map(verdict).collect::<Result<Vec<Verdict>>>()?;
        let count = |verdict| verdicts.iter().filter(|other| **other == verdict).count();
        Ok(VerdictCounts {
            claim,
            n_supported: count(Verdict::Supported),
            n_refuted: count(Verdict::Refuted),
            n_undecided: count(Verdict::Undecided),
        })
    };
    claims.iter().enumerate().map(of_claim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::select;

    #[test]
    fn a_true_claim_is_never_refuted_and_its_control_always() {
        let claims = select(&["gradient/identity".to_owned()]).unwrap();
        let counts =
            |arm| repeat(&claims, arm, Tier::Quick, Seed::root(1), 3, &Silent).unwrap().remove(0);
        let (claim, control) = (counts(Arm::Claim), counts(Arm::Control));
        assert_eq!((claim.n_supported, claim.n_refuted, claim.n_undecided), (3, 0, 0));
        assert_eq!((control.n_supported, control.n_refuted, control.n_undecided), (0, 3, 0));
    }
}
