//! Every claim under every deliberate fault: which claims catch which.

use std::sync::Arc;

use super::{Arm, Claim, Lab, Outcome, Silent, Study, Tier};
use crate::error::Result;
use crate::fault::{Fault, inject};
use crate::seed::Seed;
use crate::stats::Verdict;

/// What one claim said of runs with one fault.
#[derive(Debug)]
pub struct Finding {
    /// The claim.
    pub claim: Arc<Claim>,
    /// Its verdict, or why it came to none.
    pub verdict: Result<Verdict>,
    /// Core-seconds of the runs that the claim reads, whoever drew them first.
    pub core_seconds: f64,
}

/// What all claims said of runs with one fault, or with none.
#[derive(Debug)]
pub struct PanelEntry {
    /// The fault; none in the entry that shows that the claims are sound.
    pub fault: Option<&'static Fault>,
    /// A finding for each claim, in the order asked for.
    pub findings: Vec<Finding>,
}

impl PanelEntry {
    /// The claims that come out with this verdict.
    pub fn with_verdict(&self, verdict: Verdict) -> impl Iterator<Item = &Finding> {
        let is_so =
            move |finding: &&Finding| finding.verdict.as_ref().is_ok_and(|&other| other == verdict);
        self.findings.iter().filter(is_so)
    }

    /// Whether a claim refutes the fault.
    pub fn is_caught(&self) -> bool {
        self.with_verdict(Verdict::Refuted).next().is_some()
    }

    /// The finding that refutes the fault in the fewest core-seconds.
    pub fn cheapest(&self) -> Option<&Finding> {
        self.with_verdict(Verdict::Refuted).min_by(|a, b| a.core_seconds.total_cmp(&b.core_seconds))
    }

    /// Whether the fault is caught, or, without a fault, nothing is refuted.
    pub fn passed(&self) -> bool {
        self.is_caught() == self.fault.is_some()
    }
}

impl Study {
    /// Runs these claims with a fault in every run, or with none.
    pub fn panel_entry(
        &self,
        fault: Option<&'static Fault>,
        claims: &[Arc<Claim>],
        (tier, seed): (Tier, Seed),
    ) -> PanelEntry {
        let findings = inject(fault, || {
            let mut lab = Lab::new(seed, tier, Box::new(Silent));
            claims.iter().map(|claim| self.ask(&mut lab, claim)).collect()
        });
        PanelEntry { fault, findings }
    }

    fn ask(&self, lab: &mut Lab, claim: &Arc<Claim>) -> Finding {
        let outcome =
            self.run(std::slice::from_ref(claim), Arm::Claim, lab).map(|mut all| all.remove(0));
        let of_runs = |outcome: &Outcome| -> f64 {
            let runs = outcome.runs.iter();
            runs.map(|(key, n_runs)| lab.core_seconds(key, Arm::Claim, *n_runs)).sum()
        };
        Finding {
            claim: Arc::clone(claim),
            core_seconds: outcome.as_ref().map_or(0.0, of_runs),
            verdict: outcome.map(|outcome| outcome.verdict()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::paper;

    fn finding(id: &str, verdict: Result<Verdict>, core_seconds: f64) -> Finding {
        Finding { claim: paper::study().find(id).unwrap(), verdict, core_seconds }
    }

    #[test]
    fn a_fault_is_caught_by_a_refutation_alone_and_named_by_the_cheapest() {
        let diverged = || Err(Error::Diverged { step: 1, neuron_idx: 0 });
        let fault = crate::fault::select(&["rate/high".into()]).unwrap()[0];
        let mut entry = PanelEntry {
            fault: Some(fault),
            findings: vec![
                finding("setting/reduction", Ok(Verdict::Undecided), 0.1),
                finding("setting/initialisation", diverged(), 0.1),
            ],
        };
        assert!(!entry.is_caught() && !entry.passed());
        entry.findings.push(finding("linear/risk", Ok(Verdict::Refuted), 3.0));
        entry.findings.push(finding("linear/cancellation", Ok(Verdict::Refuted), 2.0));
        assert!(entry.is_caught() && entry.passed());
        assert_eq!(entry.cheapest().unwrap().claim.id, "linear/cancellation");
        entry.fault = None;
        assert!(!entry.passed());
    }
}
