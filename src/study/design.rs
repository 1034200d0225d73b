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
    /// - a budget without runs;
    /// - a sample that is drawn until it is decided and has no part of its own, or is read by a part whose estimator is
    ///   not valid at every stopping time.
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
            sample.budget.check(&sample.key)?;
            if !matches!(sample.budget, Budget::Fixed(_)) {
                self.check_stopping(sample_idx)?;
            }
        }
        Ok(())
    }

    /// Checks a sample whose number of runs depends on the runs: some part must read it alone, and every part that
    /// reads it must hold at any time.
    fn check_stopping(&self, sample_idx: usize) -> Result<()> {
        let parameter = format!("parts of the sample {}", self.samples[sample_idx].key);
        if self.parts_of(sample_idx).next().is_none() {
            let remedy = "draw a fixed number of runs";
            let range = "at least one that reads this sample alone";
            return Err(Error::out_of_range(parameter, "none", range, remedy));
        }
        let reads = |part: &&PartDesign| part.estimator.sample_idxs().contains(&sample_idx);
        match self.parts.iter().filter(reads).find(|part| !part.estimator.is_any_time()) {
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
            for &size in self.samples.get(sample_idx).map_or(&[][..], |sample| &sample.sizes) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::study::{Claim, Expected, Key, Lab, Scatter, Silent, Study, Window};

    fn window() -> Window {
        let expected = Expected { value: 0.5, deviation: 0.25, margin: 0.25 };
        Window::of_deviations(expected).unwrap()
    }

    /// A design with one part, a mean of numbers that depend on the index of the run.
    fn sound(n_drawn: &Arc<AtomicUsize>) -> (Design, Runs<f64>) {
        let (mut design, n_drawn) = (Design::new(), Arc::clone(n_drawn));
        let sample = Sample::indexed(Key::new("a"), move |idx, _| {
            n_drawn.fetch_add(1, Ordering::Relaxed);
            Ok(0.5 + 0.01 * (idx % 3) as f64)
        });
        let runs = design.sample(sample.runs(64));
        let region = Region::around(0.5).within(0.25);
        design.part("a mean", region, runs.mean(window(), |x| *x)).predicted(0.5);
        (design, runs)
    }

    /// What a study says of a sound claim followed by one with this edit of its design, and how many runs it drew.
    fn answer(edit: fn(&mut Design, Runs<f64>)) -> (Result<()>, usize) {
        let n_drawn = Arc::new(AtomicUsize::new(0));
        let (first, second) = (Arc::clone(&n_drawn), Arc::clone(&n_drawn));
        let study = Study::new("edited")
            .claim(Claim::new("a/sound", "", move |_| Ok(sound(&first).0)))
            .claim(Claim::new("a/edited", "", move |_| {
                let (mut design, runs) = sound(&second);
                edit(&mut design, runs);
                Ok(design)
            }));
        let mut lab = Lab::new(Seed::root(1), study.default_tier(), Box::new(Silent));
        let outcomes = study.run(study.claims(), Arm::Claim, &mut lab);
        (outcomes.map(|_| ()), n_drawn.load(Ordering::Relaxed))
    }

    #[track_caller]
    fn refused(edit: fn(&mut Design, Runs<f64>), words: &[&str]) {
        let (answer, n_drawn) = answer(edit);
        let fault = answer.unwrap_err().to_string();
        for word in words.iter().chain(&["claim a/edited"]) {
            assert!(fault.contains(word), "{word}: {fault}");
        }
        assert_eq!(n_drawn, 0, "runs were drawn before the fault was found: {fault}");
    }

    #[test]
    fn a_design_that_cannot_come_out_either_way_is_refused_before_anything_runs() {
        refused(|design, _| design.parts.clear(), &["number of parts = 0"]);
        refused(
            |design, _| {
                design.parts[0].hypothesis = Region::at_least(f64::NEG_INFINITY).into();
            },
            &["part `a mean`", "a region with an end"],
        );
        refused(
            |design, _| {
                let claimed = Region::around(0.5).within(0.5);
                let allowed = Region::around(0.5).within(0.25);
                design.parts[0].hypothesis = Hypothesis { claimed, allowed };
            },
            &["part `a mean`", "hypothesis = [0.0000, 1.0000] within [0.2500, 0.7500]"],
        );
        assert!(answer(|_, _| {}).0.is_ok());
        refused(
            |design, _| {
                design.parts[0].predicted(2.0);
            },
            &["part `a mean`", "predicted value = 2"],
        );
        refused(
            |design, _| {
                design.parts[0].predicted(f64::NAN);
            },
            &["part `a mean`", "predicted value = NaN"],
        );
    }

    #[test]
    fn samples_and_parts_have_names_of_their_own() {
        refused(
            |design, runs| {
                let mean = runs.mean(window(), |x| *x);
                design.part("a mean", Region::at_most(1.0), mean);
            },
            &["names of parts and keys"],
        );
        refused(
            |design, _| {
                design.sample(Sample::new(Key::new("a"), |_| Ok(0.0)));
            },
            &["names of parts and keys"],
        );
    }

    #[test]
    fn only_evidence_that_holds_at_any_time_stops_a_sample() {
        refused(
            |design, runs| {
                let scatters = vec![Scatter::of_run(1.0)];
                design.samples[0].budget = Budget::UntilDecided { chunk: 8, scatters };
                let trend = Estimator::trend([runs.at_size(1, |x| *x), runs.at_size(2, |x| *x)]);
                design.part("a trend", Region::at_most(1.0), trend);
            },
            &["part `a trend`", "holds at any time"],
        );
        refused(
            |design, _| {
                let scatters = vec![Scatter::of_run(1.0)];
                let sample = Sample::new(Key::new("unread"), |_| Ok(0.0));
                design.sample(sample.budget(Budget::UntilDecided { chunk: 8, scatters }));
            },
            &["parts of the sample unread = none"],
        );
    }

    #[test]
    fn a_budget_without_an_end_or_without_runs_is_refused() {
        refused(|design, _| design.samples[0].budget = Budget::Fixed(0), &["budget of a"]);
        refused(
            |design, _| {
                let scatters = Vec::new();
                design.samples[0].budget = Budget::UntilDecided { chunk: 8, scatters };
            },
            &["budget of a"],
        );
        refused(
            |design, _| {
                design.samples[0].budget = Budget::AtMost { chunk: 0, expected: 1, most: 2 };
            },
            &["budget of a"],
        );
        refused(
            |design, _| {
                design.samples[0].budget = Budget::AtMost { chunk: 1, expected: 3, most: 2 };
            },
            &["budget of a"],
        );
    }
}
