//! Running checks, one claim after the other; parallelism lives inside, between runs.

use std::time::Instant;

use crate::error::{Error, Result};
use crate::stats::{Ledger, Rates};

use super::evidence::decide_all;
use super::{Arm, CLAIMS, Claim, Lab, Outcome, Tier};

/// The account of a run's false alarms: they are shared out evenly over all registered claims, whether they
/// are run or not, so that a verdict does not depend on what else was asked for.
///
/// ```
/// use feature_contamination::claims::{CLAIMS, Tier, ledger};
///
/// let ledger = ledger(Tier::Quick)?;
/// let even = ledger.total() / CLAIMS.len() as f64;
/// assert!((ledger.share("linear/risk") - even).abs() < 1e-20);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
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

/// A claim whose check gave no answer, and why.
#[derive(Debug)]
pub struct Unanswered {
    /// The claim.
    pub claim: &'static Claim,
    /// A run that diverged, a law that cannot be computed.
    pub fault: Error,
}

/// Runs the checks of the given claims, or of their controls, to the end: one that gives no answer keeps
/// none of the others back.
pub fn run_each(claims: &[&'static Claim], arm: Arm, lab: &Lab) -> (Vec<Outcome>, Vec<Unanswered>) {
    let (mut outcomes, mut unanswered) = (Vec::new(), Vec::new());
    for (claim, answer) in answers(claims, arm, lab) {
        match answer {
            Ok(outcome) => outcomes.push(outcome),
            Err(fault) => unanswered.push(Unanswered { claim, fault }),
        }
    }
    (outcomes, unanswered)
}

/// Runs the checks of the given claims, or of their controls.
///
/// ```
/// use feature_contamination::claims::{Arm, Lab, Silent, Tier, run, select};
/// use feature_contamination::seed::Seed;
/// use feature_contamination::stats::Verdict;
///
/// let claims = select(&["gradient/identity".to_owned()])?;
/// let lab = Lab::new(Seed::root(2024), Tier::Quick, Box::new(Silent));
/// assert_eq!(run(&claims, Arm::Claim, &lab)?[0].verdict(), Verdict::Supported);
/// // The control breaks a premise, and is caught.
/// assert_eq!(run(&claims, Arm::Control, &lab)?[0].verdict(), Verdict::Refuted);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// The first error of a check: a run that diverged, a law that cannot be computed.
pub fn run(claims: &[&'static Claim], arm: Arm, lab: &Lab) -> Result<Vec<Outcome>> {
    answers(claims, arm, lab).map(|(_, answer)| answer).collect()
}

/// Each claim with its answer, as it is asked for.
fn answers(
    claims: &[&'static Claim],
    arm: Arm,
    lab: &Lab,
) -> impl Iterator<Item = (&'static Claim, Result<Outcome>)> {
    claims.iter().enumerate().map(move |(idx, &claim)| {
        lab.progress().claim(idx, claims.len(), claim.id);
        (claim, outcome(claim, arm, lab))
    })
}

fn outcome(claim: &'static Claim, arm: Arm, lab: &Lab) -> Result<Outcome> {
    let start = Instant::now();
    let drafts = (claim.check)(lab, arm)?;
    Ok(Outcome {
        claim,
        arm,
        parts: decide_all(drafts, claim_rates(lab.tier())),
        seconds: start.elapsed().as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::{Kind, Silent};
    use crate::seed::Seed;

    #[test]
    fn a_check_without_an_answer_keeps_none_of_the_others_back() {
        static MUTE: Claim = Claim {
            id: "test/mute",
            statement: "",
            source: "",
            kind: Kind::Identity,
            tier: Tier::Quick,
            control: "",
            cost: "",
            card: "",
            check: |_, _| {
                Err(Error::out_of_range("activation", "identity", "ReLU", "choose another one"))
            },
            work: |_, _| Ok(Vec::new()),
        };
        let answers = CLAIMS.iter().find(|claim| claim.id == "gradient/identity").unwrap();
        let lab = Lab::new(Seed::root(1), Tier::Quick, Box::new(Silent));
        let (outcomes, unanswered) = run_each(&[&MUTE, answers], Arm::Claim, &lab);
        assert_eq!(outcomes.len(), 1);
        assert_eq!((outcomes[0].claim.id, unanswered[0].claim.id), (answers.id, MUTE.id));
        assert!(run(&[&MUTE, answers], Arm::Claim, &lab).is_err());
    }

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
