//! Claims on the normal approximation of activation probabilities.

use rand_distr::{Distribution, StandardNormal};

use crate::error::Result;
use crate::linalg::row_of;
use crate::observe::activation_count;
use crate::predict::{
    ActivationOracle, ESSEEN_SUCCESS_PROBABILITY, NON_IDENTICAL_CONSTANT, binomial_distance,
    normal_approximation,
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
/// Looks after every second block, 32 blocks at most. Three exact parts share the claim's false alarms.
const FREQUENCY_BUDGET: Budget = Budget { n_runs: 32, n_expected: 8, chunk: 2, n_parts: 6 };

/// `berry-esseen/bound`: the bound on trained and on random neurons and on Esseen's law; and, because
/// it is powerless as an oracle, the exact probabilities against observed frequencies.
pub(super) fn bound(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let constant = match arm {
        Arm::Claim => NON_IDENTICAL_CONSTANT,
        Arm::Control => 0.40,
    };
    let seed = lab.seed("berry-esseen/bound");
    let ladder = lab.ladder(Scenario::Theorem, arm)?;
    let distance = binomial_distance(ESSEEN_TERMS, ESSEEN_SUCCESS_PROBABILITY)?;
    let esseen = [(distance.value / constant, distance.error_bound / constant)];
    let mut drafts = vec![
        Draft::inequality(
            "trained neurons: worst |P - Phi| over its bound",
            &ladder.sizes(),
            trained(&ladder, constant)?,
        ),
        Draft::inequality(
            "random neurons, three laws: likewise",
            &RANDOM_SIZES,
            random(lab, constant, seed.child("random"))?,
        ),
        Draft::inequality(
            "Esseen's two-point law, 1000 terms: likewise",
            &[],
            Exact::largest(esseen),
        ),
    ];
    drafts.extend(frequencies(lab, &ladder, seed.child("frequency"))?);
    Ok(drafts)
}

pub(super) fn bound_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let mut works = Work::ladder(Scenario::Theorem, tier, arm)?;
    // Of the random neurons, those of many Bernoulli features take nearly all of the time.
    let n_features = RANDOM_SIZES[RANDOM_SIZES.len() - 1];
    let name = "berry-esseen/bound, random neurons";
    let budget = Budget::fixed(tier.replicates(N_RANDOM));
    let work = Work::own(name, Setting::theorem(n_features), EngineKind::Feature, 0, budget);
    works.push(work.with_run(|| {
        let n_features = RANDOM_SIZES[RANDOM_SIZES.len() - 1];
        let oracle =
            ActivationOracle::new(&vec![Latent::bernoulli(0.3)?; n_features], n_features / 2)?;
        oracle.probabilities(&normal_weights(n_features, 1, Seed::root(0))).map(|_| ())
    }));
    Ok(works)
}

/// `|P - Phi| / (C L)` for both classes of one neuron.
fn ratios(
    oracle: &ActivationOracle,
    (latents, n_core): (&[Latent], usize),
    weights: &[f64],
    constant: f64,
) -> Result<Vec<(f64, f64)>> {
    let exact = oracle.probabilities(weights)?;
    let of_label = |label| {
        let approximation = normal_approximation(weights, n_core, latents, label);
        let bound = approximation.bound(constant);
        let probability = exact.of(label);
        let difference = (probability.value - approximation.normal_approximation).abs();
        (difference / bound, probability.error_bound / bound)
    };
    Ok(Label::BOTH.into_iter().map(of_label).collect())
}

/// The first run of every rung, at the start and at the three times.
fn trained(ladder: &Ladder, constant: f64) -> Result<Exact> {
    let mut cases = Vec::new();
    for rung in &ladder.rungs {
        let setting = &rung.setting;
        let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
        let run = &rung.runs.as_slice()[0].record;
        let stride = setting.width.div_ceil(MAX_NEURONS);
        for weights in std::iter::once(&run.start).chain(&run.weights) {
            for neuron_idx in (0..setting.width).step_by(stride) {
                let row = row_of(weights.as_ref(), neuron_idx);
                let law = (setting.latents.as_slice(), setting.n_core);
                cases.extend(ratios(&oracle, law, &row, constant)?);
            }
        }
    }
    Ok(Exact::largest(cases))
}

/// Random neurons of each law and size, at the quick tier.
const N_RANDOM: usize = 32;
const RANDOM_SIZES: [usize; 3] = [4, 16, 32];

/// Weights from even to dominated by one feature: powers 1 and 3 of normal variables.
fn random(lab: &Lab, constant: f64, seed: Seed) -> Result<Exact> {
    let mut cases = Vec::new();
    for latent in laws()? {
        for n_features in RANDOM_SIZES {
            let latents = vec![latent; n_features];
            let n_core = n_features / 2;
            let oracle = ActivationOracle::new(&latents, n_core)?;
            let seed = seed.child(&latent.to_string()).index(n_features);
            let of_draw = |draw: usize| {
                let power = if draw.is_multiple_of(2) { 1 } else { 3 };
                let weights = normal_weights(n_features, power, seed.index(draw));
                ratios(&oracle, (&latents, n_core), &weights, constant)
            };
            let draws = Replicates::try_of_parallel(lab.tier().replicates(N_RANDOM), of_draw)?;
            cases.extend(draws.independent_within().iter().copied());
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
