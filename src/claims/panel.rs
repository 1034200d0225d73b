//! Every claim under every deliberate fault: which claims catch which.

use std::time::Instant;

use crate::error::Result;
use crate::fault::{Fault, inject};
use crate::seed::Seed;
use crate::stats::Verdict;

use super::scenario::Scenario;
use super::{Arm, Claim, Lab, Silent, Tier, run};

/// What one claim said of runs with one fault.
#[derive(Debug)]
pub struct Finding {
    /// The claim.
    pub claim: &'static Claim,
    /// Its verdict, or why it came to none.
    pub verdict: Result<Verdict>,
    /// Core-seconds of the claim alone, with the ladders that it reads.
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
    /// The claims that a fault made come out so.
    pub fn with_verdict(&self, verdict: Verdict) -> impl Iterator<Item = &Finding> {
        let is_so =
            move |finding: &&Finding| finding.verdict.as_ref().is_ok_and(|&other| other == verdict);
        self.findings.iter().filter(is_so)
    }

    /// Whether a claim refutes it.
    pub fn is_caught(&self) -> bool {
        self.with_verdict(Verdict::Refuted).next().is_some()
    }

    /// The finding that refutes it in the fewest core-seconds.
    pub fn cheapest(&self) -> Option<&Finding> {
        self.with_verdict(Verdict::Refuted).min_by(|a, b| a.core_seconds.total_cmp(&b.core_seconds))
    }

    /// Whether the entry is as it should be: a fault caught, nothing refuted without one.
    pub fn is_as_it_should_be(&self) -> bool {
        self.is_caught() == self.fault.is_some()
    }
}

/// Runs these claims with a fault in every run, or with none.
pub fn panel_entry(
    fault: Option<&'static Fault>,
    claims: &[&'static Claim],
    tier: Tier,
    seed: Seed,
) -> PanelEntry {
    let findings = inject(fault, || {
        let lab = Lab::new(seed, tier, Box::new(Silent));
        let climbed = Scenario::ALL.map(|scenario| climb(&lab, scenario, claims));
        claims.iter().map(|claim| ask(&lab, claim, &climbed)).collect()
    });
    PanelEntry { fault, findings }
}

/// Climbs the ladder of a scenario beforehand, if one of the claims reads it, so that its time can be
/// counted with every claim that does.
fn climb(lab: &Lab, scenario: Scenario, claims: &[&'static Claim]) -> (Scenario, f64) {
    let watch = Stopwatch::start();
    if claims.iter().any(|claim| reads(claim, scenario, lab.tier())) {
        // A ladder that cannot be climbed shows in the claims that read it.
        let _ = lab.ladder(scenario, Arm::Claim);
    }
    (scenario, watch.core_seconds())
}

fn reads(claim: &Claim, scenario: Scenario, tier: Tier) -> bool {
    let prefix = format!("{} ladder, ", scenario.name());
    (claim.work)(tier, Arm::Claim)
        .is_ok_and(|works| works.iter().any(|work| work.name.starts_with(&prefix)))
}

fn ask(lab: &Lab, claim: &'static Claim, climbed: &[(Scenario, f64)]) -> Finding {
    let watch = Stopwatch::start();
    let outcomes = run(&[claim], Arm::Claim, lab);
    let alone = watch.core_seconds();
    let of_ladders = climbed.iter().filter(|(scenario, _)| reads(claim, *scenario, lab.tier()));
    Finding {
        claim,
        verdict: outcomes.map(|outcomes| Verdict::all(outcomes.iter().map(|o| o.verdict()))),
        core_seconds: alone + of_ladders.map(|(_, seconds)| seconds).sum::<f64>(),
    }
}

/// Counts core-seconds: the time that the process spent computing where the system tells it, else wall-clock
/// time on all threads.
struct Stopwatch {
    wall: Instant,
    spent: Option<f64>,
}

impl Stopwatch {
    fn start() -> Self {
        Stopwatch { wall: Instant::now(), spent: spent_by_process() }
    }

    fn core_seconds(&self) -> f64 {
        let spent = self.spent.zip(spent_by_process()).map(|(start, end)| end - start);
        let on_all_threads =
            || self.wall.elapsed().as_secs_f64() * rayon::current_num_threads() as f64;
        spent.unwrap_or_else(on_all_threads)
    }
}

/// User and system time of this process in seconds, as Linux counts it in hundredths.
fn spent_by_process() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in parentheses, may hold blanks; utime and stime are the 12th and 13th field after it.
    let mut ticks = status.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut seconds = || Some(ticks.next()?.parse::<f64>().ok()? / 100.0);
    Some(seconds()? + seconds()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::find;
    use crate::error::Error;

    fn finding(id: &str, verdict: Result<Verdict>, seconds: f64) -> Finding {
        Finding { claim: find(id).unwrap(), verdict, core_seconds: seconds }
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
        assert!(!entry.is_caught() && !entry.is_as_it_should_be());
        entry.findings.push(finding("linear/risk", Ok(Verdict::Refuted), 3.0));
        entry.findings.push(finding("linear/cancellation", Ok(Verdict::Refuted), 2.0));
        assert!(entry.is_caught() && entry.is_as_it_should_be());
        assert_eq!(entry.cheapest().unwrap().claim.id, "linear/cancellation");
        entry.fault = None;
        assert!(!entry.is_as_it_should_be());
    }
}
