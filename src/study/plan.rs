//! What a run will do, before it does it: the designs of its claims, and the time they take on this machine.

use std::collections::HashMap;
use std::sync::Arc;

use super::runner::Designed;
use super::sample::{RunCounts, SampleSpec};
use super::{Arm, Claim, Design, Key, PartDesign, Study, Tier};
use crate::error::Result;
use crate::seed::Seed;
use crate::stats::{Hypothesis, Rates};

/// What a run of claims, or of their controls, will do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The claims or their controls.
    pub arm: Arm,
    /// An entry for each claim, in the order of the study.
    pub claims: Vec<PlannedClaim>,
    /// Wall-clock seconds on this many threads, if the claims are true.
    pub seconds: f64,
}

/// The design of one claim, with numbers of runs and times.
#[derive(Debug, Clone)]
pub struct PlannedClaim {
    /// The claim.
    pub claim: Arc<Claim>,
    /// The error rates of the claim.
    pub rates: Rates,
    /// What it runs.
    pub samples: Vec<PlannedSample>,
    /// What it judges.
    pub parts: Vec<PlannedPart>,
}

/// One sample of a design.
#[derive(Debug, Clone)]
pub struct PlannedSample {
    /// The key, by which claims share it.
    pub key: Key,
    /// The sizes of a run.
    pub sizes: Vec<usize>,
    /// The number of runs to expect if the claim is true.
    pub expected: usize,
    /// The largest number of runs.
    pub most: usize,
    /// Core-seconds on this machine of the expected runs that no claim above in the plan draws already.
    pub core_seconds: f64,
    /// Whether a claim above in the plan draws the same runs anyway.
    pub is_shared: bool,
}

/// One part of a design.
#[derive(Debug, Clone)]
pub struct PlannedPart {
    /// What is measured, in a few words.
    pub name: String,
    /// What is claimed and what is allowed.
    pub hypothesis: Hypothesis,
    /// The value that the theory predicts, where it predicts one value.
    pub predicted: Option<f64>,
    /// The procedure that makes the estimate.
    pub estimator: String,
    /// The samples whose records it reads.
    pub reads: Vec<Key>,
    /// The sizes that enter.
    pub sizes: Vec<usize>,
    /// The number of independent values to expect if the claim is true.
    pub expected_samples: usize,
    /// The largest number of independent values; none for a part that is computed.
    pub most_samples: Option<usize>,
    /// Its error rates if all parts of the claim share `alpha` evenly.
    pub rates: Rates,
}

impl PlannedClaim {
    /// Core-seconds on this machine, without the runs that a claim above it in the plan draws already.
    pub fn core_seconds(&self) -> f64 {
        self.samples.iter().map(|sample| sample.core_seconds).sum()
    }
}

impl Study {
    /// Returns the samples that a claim, or its control, draws, with their numbers of runs.
    ///
    /// # Errors
    /// A design that cannot be put together, with its claim and part.
    pub fn run_counts(
        &self,
        claim: &Arc<Claim>,
        arm: Arm,
        (tier, seed): (Tier, Seed),
    ) -> Result<Vec<(Key, RunCounts)>> {
        let mut designs = self.designs(std::slice::from_ref(claim), arm, (tier, seed));
        let Designed { design, scope } = designs.remove(0)?;
        let keys = design.samples().iter().map(|sample| sample.key.clone());
        let counts = keys.zip(design.counts(scope.rates, tier));
        Ok(counts.filter(|(_, counts)| counts.most > 0).collect())
    }

    /// Plans a run of these claims, or of their controls, on this many threads. A short probe of each kind of run
    /// tells how fast this machine is.
    ///
    /// # Errors
    /// A design that cannot be put together, with its claim and part.
    pub fn plan(
        &self,
        claims: &[Arc<Claim>],
        arm: Arm,
        (tier, seed): (Tier, Seed),
        n_threads: usize,
    ) -> Result<Plan> {
        let designs = self.designs(claims, arm, (tier, seed));
        let designs = designs.into_iter().collect::<Result<Vec<_>>>()?;
        let (mut known, mut seconds, mut planned) = (HashMap::new(), 0.0, Vec::new());
        for (claim, Designed { design, scope }) in claims.iter().zip(&designs) {
            let counts = design.counts(scope.rates, scope.tier);
            let samples = planned_samples(design, &counts, &mut known);
            for sample in samples.iter().filter(|sample| !sample.is_shared) {
                seconds += sample.core_seconds / sample.expected.clamp(1, n_threads.max(1)) as f64;
            }
            planned.push(PlannedClaim {
                claim: Arc::clone(claim),
                rates: scope.rates,
                samples,
                parts: planned_parts(design, &counts, scope.rates),
            });
        }
        Ok(Plan { arm, claims: planned, seconds })
    }
}

/// Seconds of one run of each key, and the largest number of runs that the plan expects of it so far.
type Known = HashMap<Key, (f64, usize)>;

fn planned_samples(design: &Design, counts: &[RunCounts], known: &mut Known) -> Vec<PlannedSample> {
    let of_sample = |(sample, counts): (&SampleSpec, &RunCounts)| {
        let (seconds, n_before) = match known.get(&sample.key) {
            Some(&known) => known,
            // A run that fails says why when the claim is run.
            None => (sample.seconds_per_run().unwrap_or_default(), 0),
        };
        known.insert(sample.key.clone(), (seconds, n_before.max(counts.expected)));
        let n_new = counts.expected.saturating_sub(n_before);
        PlannedSample {
            key: sample.key.clone(),
            sizes: sample.sizes.clone(),
            expected: counts.expected,
            most: counts.most,
            core_seconds: seconds * n_new as f64,
            is_shared: n_new == 0,
        }
    };
    let drawn = design.samples().iter().zip(counts).filter(|(_, counts)| counts.most > 0);
    drawn.map(of_sample).collect()
}

fn planned_parts(design: &Design, counts: &[RunCounts], rates: Rates) -> Vec<PlannedPart> {
    let of_part = |part: &PartDesign| {
        let (expected_samples, most_samples) = design.values_of(part, counts);
        let read = part.estimator.sample_idxs();
        PlannedPart {
            name: part.name.clone(),
            hypothesis: part.hypothesis,
            predicted: part.predicted,
            estimator: part.estimator.to_string(),
            reads: read.into_iter().map(|idx| design.samples()[idx].key.clone()).collect(),
            sizes: design.sizes_of(part),
            expected_samples,
            most_samples,
            rates: design.rates_of_part(rates),
        }
    };
    design.parts().iter().map(of_part).collect()
}
