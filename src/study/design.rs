//! The design of a claim: the one value that says what it runs and how it is judged.

use std::collections::BTreeSet;

use super::estimator::ValuesPerRun;
use super::record::{Records, Runs};
use super::sample::{Budget, RunCounts, Sample, SampleSpec};
use super::{Arm, Estimator, Part, PartDesign, Tier};
use crate::error::{Error, Result};
use crate::seed::Seed;
use crate::stats::{Hypothesis, Rates, Region, Verdict, holm_thresholds};

/// What a design may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// The tier of the run.
    pub tier: Tier,
    /// The claim, or the control that breaks its premise.
    pub arm: Arm,
    /// The root of all random streams, for designs that look at one particular network.
    pub seed: Seed,
    /// The error rates of the claim.
    pub rates: Rates,
}

/// What one claim, or its control, runs and judges: samples, and the parts that read their records.
///
/// The runner, the plan, controls, the fault panel and `contam design` all read this value; nothing about a
/// claim is said anywhere else.
///
/// ```
/// use feature_contamination::stats::{Hypothesis, Region};
/// use feature_contamination::study::{Design, Key, Sample, Window};
/// use rand::RngExt;
///
/// let mut design = Design::new();
/// let draws = design.sample(
///     Sample::new(Key::new("uniform"), |seed| Ok(seed.rng().random::<f64>())).runs(64),
/// );
/// let region = Region::around(0.5).within(0.25);
/// let mean = draws.mean(Window::around_region(region, 0.5)?, |draw| *draw);
/// design.part("mean of a uniform draw", region, mean).predicted(0.5);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Default)]
pub struct Design {
    samples: Vec<SampleSpec>,
    parts: Vec<PartDesign>,
}

impl Design {
    /// A design without samples and parts.
    pub fn new() -> Self {
        Design::default()
    }

    /// Adds a sample; returns the handle that makes estimators of its records.
    pub fn sample<V: 'static>(&mut self, sample: Sample<V>) -> Runs<V> {
        self.samples.push(sample.spec);
        Runs::new(self.samples.len() - 1)
    }

    /// Adds a part: what is measured must be as the hypothesis says.
    pub fn part(
        &mut self,
        name: impl Into<String>,
        hypothesis: impl Into<Hypothesis>,
        estimator: Estimator,
    ) -> &mut PartDesign {
        let idx = self.parts.len();
        self.parts.push(PartDesign {
            name: name.into(),
            hypothesis: hypothesis.into(),
            predicted: None,
            estimator,
            sizes: None,
            has_slack: false,
        });
        &mut self.parts[idx]
    }

    /// Adds a part: a ratio of measured to bound that must be at most 1, and whose slack is shown.
    pub fn inequality(
        &mut self,
        name: impl Into<String>,
        ratio: impl Into<Estimator>,
    ) -> &mut PartDesign {
        let part = self.part(name, Region::at_most(1.0), ratio.into());
        part.has_slack = true;
        part
    }

    /// The samples.
    pub(super) fn samples(&self) -> &[SampleSpec] {
        &self.samples
    }

    /// The parts.
    pub(super) fn parts(&self) -> &[PartDesign] {
        &self.parts
    }

    /// Checks that the design can be run and judged.
    ///
    /// # Errors
    /// - no part, two parts of one name, or two samples with one key;
    /// - a part that cannot come out either way, or that is predicted outside of what it allows;
    /// - a sample that is drawn until it is decided and has no part of its own, or one whose evidence does not
    ///   hold at any time.
    pub(super) fn check(&self, arm: Arm) -> Result<()> {
        if self.parts.is_empty() {
            let remedy = "add what is to be judged with `Design::part`";
            return Err(Error::out_of_range("number of parts", 0, "at least 1", remedy));
        }
        let names: BTreeSet<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
        let keys: BTreeSet<String> = self.samples.iter().map(|s| s.key.to_string()).collect();
        if names.len() < self.parts.len() || keys.len() < self.samples.len() {
            let remedy = "name every part and every sample of a design differently";
            let range = "each used once";
            return Err(Error::out_of_range(
                "names of parts and keys",
                "not unique",
                range,
                remedy,
            ));
        }
        for part in &self.parts {
            part.check(arm).map_err(|fault| in_part(part, fault))?;
        }
        for (sample_idx, sample) in self.samples.iter().enumerate() {
            if !matches!(sample.budget, Budget::Fixed(_)) {
                self.check_stopping(sample_idx)?;
            }
        }
        Ok(())
    }

    fn check_stopping(&self, sample_idx: usize) -> Result<()> {
        let parameter = format!("parts of the sample {}", self.samples[sample_idx].key);
        let own: Vec<&PartDesign> = self.parts_of(sample_idx).collect();
        if own.is_empty() {
            let remedy = "draw a fixed number of runs";
            let range = "at least one that reads this sample alone";
            return Err(Error::out_of_range(parameter, "none", range, remedy));
        }
        match own.iter().find(|part| !part.estimator.is_any_time()) {
            Some(part) => Err(in_part(
                part,
                Error::out_of_range(
                    "estimator",
                    &part.estimator,
                    "one whose evidence holds at any time",
                    "draw a fixed number of runs, or take the sequential estimator",
                ),
            )),
            None => Ok(()),
        }
    }

    /// The parts that read this sample and no other.
    fn parts_of(&self, sample_idx: usize) -> impl Iterator<Item = &PartDesign> {
        self.parts.iter().filter(move |part| part.estimator.sample_idxs() == [sample_idx])
    }

    /// The numbers of runs of every sample, at the rates of the claim. A sample that no part reads, such as a size of
    /// a ladder of which only the largest is looked at, is not drawn.
    pub(super) fn counts(&self, rates: Rates, tier: Tier) -> Vec<RunCounts> {
        let of_part = self.rates_of_part(rates);
        let read: BTreeSet<usize> =
            self.parts.iter().flat_map(|part| part.estimator.sample_idxs()).collect();
        let of_sample =
            |(sample_idx, sample): (usize, &SampleSpec)| match read.contains(&sample_idx) {
                true => sample.budget.counts(of_part, tier.patience),
                false => RunCounts { expected: 0, most: 0, chunk: 0 },
            };
        self.samples.iter().enumerate().map(of_sample).collect()
    }

    /// An even share of the claim's false alarms, which Holm's procedure never undercuts.
    pub(super) fn rates_of_part(&self, rates: Rates) -> Rates {
        Rates { alpha: rates.alpha / self.parts.len() as f64, ..rates }
    }

    /// Whether the parts that read this sample alone come to a verdict: what is decided at an even share stays
    /// decided.
    pub(super) fn is_decided(
        &self,
        sample_idx: usize,
        records: &Records,
        rates: Rates,
    ) -> Result<bool> {
        let rates = self.rates_of_part(rates);
        let verdicts = self.parts_of(sample_idx).map(|part| {
            let measured = part.measure(Vec::new(), records).map_err(|f| in_part(part, f))?;
            Ok(measured.decision(rates).verdict)
        });
        Ok(Verdict::all(verdicts.collect::<Result<Vec<_>>>()?) != Verdict::Undecided)
    }

    /// Judges every part: they share the claim's `alpha` by Holm's procedure; each keeps the full miss rate,
    /// because *supported* needs every part (an intersection-union test).
    pub(super) fn judge(&self, records: &Records, rates: Rates) -> Result<Vec<Part>> {
        let measured = self
            .parts
            .iter()
            .map(|part| {
                part.measure(self.sizes_of(part), records).map_err(|fault| in_part(part, fault))
            })
            .collect::<Result<Vec<_>>>()?;
        let p_values: Vec<f64> = measured.iter().map(|part| part.p_value()).collect();
        let alphas = holm_thresholds(&p_values, rates.alpha);
        let judged = measured.into_iter().zip(alphas);
        Ok(judged.map(|(part, alpha)| part.judge(Rates { alpha, ..rates })).collect())
    }

    /// The sizes that enter a part: its own, or those of the samples that it reads.
    pub(super) fn sizes_of(&self, part: &PartDesign) -> Vec<usize> {
        if let Some(sizes) = &part.sizes {
            return sizes.clone();
        }
        let mut sizes = Vec::new();
        for sample_idx in part.estimator.sample_idxs() {
            for &size in &self.samples[sample_idx].sizes {
                if !sizes.contains(&size) {
                    sizes.push(size);
                }
            }
        }
        sizes
    }

    /// The expected and the largest number of independent values of a part; a computed one has no largest.
    pub(super) fn values_of(
        &self,
        part: &PartDesign,
        counts: &[RunCounts],
    ) -> (usize, Option<usize>) {
        let read = part.estimator.sample_idxs();
        let sum = |of: fn(&RunCounts) -> usize| read.iter().map(|&idx| of(&counts[idx])).sum();
        let (expected, most): (usize, usize) = (sum(|c| c.expected), sum(|c| c.most));
        match part.estimator.values_per_run() {
            ValuesPerRun::AtMost(n) => (n * expected, Some(n * most)),
            ValuesPerRun::Computed => (expected, None),
        }
    }
}

/// An error with the name of the part.
fn in_part(part: &PartDesign, fault: Error) -> Error {
    Error::Part { name: part.name.clone(), fault: Box::new(fault) }
}
