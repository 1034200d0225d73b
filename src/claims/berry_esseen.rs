//! Claims on the normal approximation of activation probabilities.

use faer::Mat;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use crate::error::Result;
use crate::linalg::row_of;
use crate::observe::{Schedule, activation_count, record};
use crate::predict::{
    ActivationOracle, BerryEsseen, Certified, ESSEEN_SUCCESS_PROBABILITY, NON_IDENTICAL_CONSTANT,
    NON_UNIFORM_CONSTANT, binomial_distance, normal_approximation,
};
use crate::seed::Seed;
use crate::setting::{EngineKind, Label, Latent, Setting};
use crate::stats::{Exact, Hypothesis, Replicates, SequentialProportion};

use super::lab::{Budget, Ladder};
use super::plan::Work;
use super::scenario::{Scenario, Times};
use super::{Arm, Draft, Lab, LiveDraft, Tier};

/// Terms of Esseen's case; the distance is then 0.409508, short of its limit 0.409732.
const ESSEEN_TERMS: usize = 1000;
/// Neurons looked at per run and time.
const MAX_NEURONS: usize = 128;
/// How far an observed frequency may lie from the exact probability.
const FREQUENCY_MARGIN: f64 = 0.01;
/// Samples drawn at a time for a frequency; about half are of the class asked for.
const BLOCK: usize = 1 << 14;
/// Looks after every second block, 32 blocks at most. Ten exact parts share the claim's false alarms.
const FREQUENCY_BUDGET: Budget = Budget { n_runs: 32, n_expected: 8, chunk: 2, n_parts: 13 };

/// `berry-esseen/bound`: the bound on trained neurons, at the theorems' times and over whole runs, on
/// random neurons and on Esseen's law; and, because it is powerless as an oracle, the exact
/// probabilities against observed frequencies.
pub(super) fn bound(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let constant = match arm {
        Arm::Claim => NON_IDENTICAL_CONSTANT,
        Arm::Control => 0.40,
    };
    let seed = lab.seed("berry-esseen/bound");
    let ladder = lab.ladder(Scenario::Theorem, arm)?;
    let distance = binomial_distance(ESSEEN_TERMS, ESSEEN_SUCCESS_PROBABILITY)?;
    let esseen = [(distance.value / constant, distance.error_bound / constant)];
    let mut drafts = trained(&ladder, constant)?;
    drafts.extend(whole_runs(constant, &seed.child("run"))?);
    drafts.push(Draft::inequality(
        "random neurons, three laws: worst |P - Phi| over its bound",
        &RANDOM_SIZES,
        random(lab, constant, seed.child("random"))?,
    ));
    drafts.push(Draft::inequality(
        "Esseen's two-point law, 1000 terms: likewise",
        &[],
        Exact::largest(esseen),
    ));
    drafts.extend(frequencies(lab, &ladder, seed.child("frequency"))?);
    Ok(drafts)
}

pub(super) fn bound_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let mut works = Work::ladder(Scenario::Theorem, tier, arm)?;
    // Beta latents take most of the time: random neurons of few features, and whole runs.
    let own = |name: &str, n_features: usize, n_runs: usize| {
        let setting = Setting::theorem(n_features);
        let name = format!("berry-esseen/bound, {name}");
        Work::own(name, setting, EngineKind::Feature, 0, Budget::fixed(n_runs))
    };
    let random = own("random neurons", RANDOM_SIZES[0], tier.replicates(N_RANDOM));
    works.push(random.with_run(|| {
        let weights = normal_weights(RANDOM_SIZES[0], 1, Seed::root(0));
        beta_oracle(RANDOM_SIZES[0])?.probabilities(&weights).map(|_| ())
    }));
    // A run is one network at one time.
    let n_networks = 3 * RUN_SIZES.len() * (N_INTERVALS + 1);
    works.push(own("whole runs", RUN_SIZES[1], n_networks).with_run(|| {
        let oracle = beta_oracle(RUN_SIZES[1])?;
        let weights = normal_weights(RUN_SIZES[1], 1, Seed::root(0));
        (0..MAX_RUN_NEURONS).try_for_each(|_| oracle.probabilities(&weights).map(|_| ()))
    }));
    Ok(works)
}

fn beta_oracle(n_features: usize) -> Result<ActivationOracle> {
    ActivationOracle::new(&vec![Latent::beta(2.0, 5.0)?; n_features], n_features / 2)
}

/// A probability beside its normal approximation.
#[derive(Debug, Clone, Copy)]
struct Compared {
    exact: Certified,
    approximation: BerryEsseen,
}

impl Compared {
    /// `|P - Phi|` over a bound, and the error of this number.
    fn over(&self, bound: f64) -> (f64, f64) {
        let difference = (self.exact.value - self.approximation.normal_approximation).abs();
        (difference / bound, self.exact.error_bound / bound)
    }

    fn over_uniform(&self, constant: f64) -> (f64, f64) {
        self.over(self.approximation.bound(constant))
    }

    fn over_non_uniform(&self) -> (f64, f64) {
        self.over(self.approximation.non_uniform_bound(NON_UNIFORM_CONSTANT))
    }
}

/// Both classes of one neuron.
fn compare(
    oracle: &ActivationOracle,
    (latents, n_core): (&[Latent], usize),
    weights: &[f64],
) -> Result<Vec<Compared>> {
    let exact = oracle.probabilities(weights)?;
    let of_label = |label| Compared {
        exact: *exact.of(label),
        approximation: normal_approximation(weights, n_core, latents, label),
    };
    Ok(Label::BOTH.into_iter().map(of_label).collect())
}

/// Up to so many neurons of a network, evenly spaced, both classes of each.
fn compare_network(
    oracle: &ActivationOracle,
    setting: &Setting,
    weights: &Mat<f64>,
    max_neurons: usize,
) -> Result<Vec<Compared>> {
    let law = (setting.latents.as_slice(), setting.n_core);
    let stride = setting.width.div_ceil(max_neurons);
    let neurons: Vec<usize> = (0..setting.width).step_by(stride).collect();
    let of_neuron =
        |&neuron_idx: &usize| compare(oracle, law, &row_of(weights.as_ref(), neuron_idx));
    let compared: Vec<Vec<Compared>> =
        neurons.par_iter().map(of_neuron).collect::<Result<Vec<_>>>()?;
    Ok(compared.into_iter().flatten().collect())
}

/// The first run of every rung: one part for the start and for each recorded time.
fn trained(ladder: &Ladder, constant: f64) -> Result<Vec<Draft>> {
    let at_time = |(time_idx, time): (usize, &str)| {
        let mut cases = Vec::new();
        for rung in &ladder.rungs {
            let setting = &rung.setting;
            let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
            let run = &rung.runs.as_slice()[0].record;
            let weights = if time_idx == 0 { &run.start } else { &run.weights[time_idx - 1] };
            let compared = compare_network(&oracle, setting, weights, MAX_NEURONS)?;
            cases.extend(compared.iter().map(|case| case.over_uniform(constant)));
        }
        let name = format!("ladder, {time}: worst |P - Phi| over its bound");
        Ok(Draft::inequality(name, &ladder.sizes(), Exact::largest(cases)))
    };
    std::iter::once("start").chain(Times::NAMES).enumerate().map(at_time).collect()
}

/// Sizes of the whole runs. Exact probabilities of Bernoulli features double with every second feature.
const RUN_SIZES: [usize; 2] = [12, 20];
/// Neurons looked at per time of a whole run.
const MAX_RUN_NEURONS: usize = 48;
/// Times of a whole run after its start: `tau = 20 (i / 12)^2`, close together at first, where a run
/// leaves its start.
const N_INTERVALS: usize = 12;

/// A run from its start to `tau = 20` for each law and size, compared at every time: one part for each law,
/// and one for the non-uniform bound over all of them.
fn whole_runs(constant: f64, seed: &Seed) -> Result<Vec<Draft>> {
    let (mut drafts, mut all) = (Vec::new(), Vec::new());
    for latent in laws()? {
        let mut compared = Vec::new();
        for n_features in RUN_SIZES {
            let setting =
                Setting::theorem(n_features).with(|p| p.latents = vec![latent; n_features])?;
            let seed = seed.child(&latent.to_string()).index(n_features);
            for (_, cases) in compared_over_time(&setting, seed)? {
                compared.extend(cases);
            }
        }
        let ratios = compared.iter().map(|case| case.over_uniform(constant));
        let name = format!("whole run, {latent}: worst |P - Phi| over its bound");
        drafts.push(Draft::inequality(name, &RUN_SIZES, Exact::largest(ratios)));
        all.extend(compared);
    }
    let ratios = all.iter().map(Compared::over_non_uniform);
    let name = "whole runs, three laws: worst |P - Phi| over its non-uniform bound";
    drafts.push(Draft::inequality(name, &RUN_SIZES, Exact::largest(ratios)));
    Ok(drafts)
}

/// Up to [`MAX_RUN_NEURONS`] neurons at the start of a run and at every later time, with these times.
fn compared_over_time(setting: &Setting, seed: Seed) -> Result<Vec<(f64, Vec<Compared>)>> {
    let tau = |idx: usize| 20.0 * (idx as f64 / N_INTERVALS as f64).powi(2);
    let steps: Vec<usize> = (1..=N_INTERVALS).map(|idx| setting.steps_to(tau(idx))).collect();
    let run = record(setting, seed, &Schedule::all(&steps))?;
    let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
    let weights = std::iter::once(&run.start).chain(&run.weights).enumerate();
    weights
        .map(|(idx, weights)| {
            Ok((tau(idx), compare_network(&oracle, setting, weights, MAX_RUN_NEURONS)?))
        })
        .collect()
}

/// Random neurons of each law and size, at the quick tier.
const N_RANDOM: usize = 32;
const RANDOM_SIZES: [usize; 3] = [4, 16, 24];

/// Weights from even to dominated by one feature: powers 1 and 3 of normal variables. One feature that
/// dominates few others makes the inversion for a continuous law slow, so there the cubes are left out.
fn random(lab: &Lab, constant: f64, seed: Seed) -> Result<Exact> {
    let mut cases = Vec::new();
    for latent in laws()? {
        for n_features in RANDOM_SIZES {
            let latents = vec![latent; n_features];
            let n_core = n_features / 2;
            let oracle = ActivationOracle::new(&latents, n_core)?;
            let seed = seed.child(&latent.to_string()).index(n_features);
            let is_discrete = matches!(latent, Latent::Bernoulli { .. });
            let has_cubes = is_discrete || n_features > RANDOM_SIZES[0];
            let of_draw = |draw: usize| {
                let power = if has_cubes && !draw.is_multiple_of(2) { 3 } else { 1 };
                let weights = normal_weights(n_features, power, seed.index(draw));
                compare(&oracle, (&latents, n_core), &weights)
            };
            let draws = Replicates::try_of_parallel(lab.tier().replicates(N_RANDOM), of_draw)?;
            cases.extend(draws.independent_within().iter().map(|case| case.over_uniform(constant)));
        }
    }
    Ok(Exact::largest(cases))
}

fn laws() -> Result<[Latent; 3]> {
    Ok([Latent::Uniform, Latent::bernoulli(0.3)?, Latent::beta(2.0, 5.0)?])
}

fn normal_weights(n_features: usize, power: i32, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    (0..n_features)
        .map(|_| {
            let normal: f64 = StandardNormal.sample(&mut rng);
            normal.powi(power)
        })
        .collect()
}

/// For each law one neuron: a trained one of the initial set on the other class, random ones else.
fn frequencies(lab: &Lab, ladder: &Ladder, seed: Seed) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for latent in laws()? {
        let seed = seed.child(&latent.to_string());
        let (setting, weights, label) = if latent == Latent::Uniform {
            trained_neuron(ladder)
        } else {
            let setting = Setting::theorem(16).with(|p| p.latents = vec![latent; 16])?;
            let weights = normal_weights(16, 1, seed.child("weights"));
            (setting, weights, Label::Positive)
        };
        let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
        let exact = oracle.probabilities(&weights)?.of(label).value;
        let live = lab.until_decided(
            FREQUENCY_BUDGET,
            seed.child("samples"),
            |seed| activation_count(&setting, &weights, label, BLOCK, seed),
            |blocks| {
                let mut proportion = SequentialProportion::new(FREQUENCY_MARGIN)?;
                blocks
                    .iter()
                    .try_for_each(|&(active, of_class)| proportion.add(active, of_class))?;
                let draft = LiveDraft::new(
                    format!("{latent}: observed frequency against exact probability"),
                    &[setting.n_features()],
                    proportion,
                    Hypothesis::value(exact, FREQUENCY_MARGIN),
                );
                Ok(vec![draft.predicted(exact)])
            },
        )?;
        drafts.extend(live.into_iter().map(Draft::from));
    }
    Ok(drafts)
}

/// The first neuron of an initial set at 32 features (or the first neuron, were all sets empty), on
/// the class that is not its own.
fn trained_neuron(ladder: &Ladder) -> (Setting, Vec<f64>, Label) {
    let rung = ladder.rungs.iter().find(|rung| rung.n_features() == 32).unwrap_or(&ladder.rungs[0]);
    let mut runs = rung.runs.iter();
    let found = runs.find_map(|run| Some((*run.set.first()?, &run.record)));
    let (neuron_idx, own, run) = match found {
        Some((neuron, run)) => (neuron.neuron_idx, neuron.own, run),
        None => (0, Label::Positive, &rung.runs.as_slice()[0].record),
    };
    let weights = row_of(run.weights[Times::T1].as_ref(), neuron_idx);
    (rung.setting.clone(), weights, own.other())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_run_is_compared_at_every_time_from_its_start() {
        let setting = Setting::theorem(8);
        let compared = compared_over_time(&setting, Seed::root(1)).unwrap();
        assert_eq!(compared.len(), N_INTERVALS + 1);
        assert_eq!((compared[0].0, compared[N_INTERVALS].0), (0.0, 20.0));
        for (tau, cases) in &compared {
            assert_eq!(cases.len(), 2 * setting.width);
            let worst = Exact::largest(cases.iter().map(|case| case.over_uniform(0.5583)));
            assert!(worst.value > 0.0 && worst.value < 1.0, "{tau}: {worst:?}");
        }
        // The neurons move.
        let mean = |idx: usize| compared[idx].1[0].approximation.standardised_mean;
        assert_ne!(mean(0), mean(1));
    }

    #[test]
    fn the_non_uniform_bound_is_the_smaller_one_in_the_tails() {
        let at = |standardised_mean: f64| BerryEsseen {
            standardised_mean,
            normal_approximation: 1.0,
            lyapunov_ratio: 0.1,
        };
        let is_smaller = |r: f64| {
            at(r).non_uniform_bound(NON_UNIFORM_CONSTANT) < at(r).bound(NON_IDENTICAL_CONSTANT)
        };
        // (32 / 0.5583 - 1)^(1/3) = 3.834...
        assert!(!is_smaller(3.83) && is_smaller(3.84) && is_smaller(-3.84));
    }
}
