//! The claim on the data that everything else is drawn from.

use statrs::function::beta::beta_reg;

use crate::data::{Batch, Population, Shift};
use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{EngineKind, Latent, Setting};
use crate::stats::{
    Bets, BoundedMean, Bounds, DistanceToLaw, Estimate, Exact, Hypothesis, Proportion, Replicates,
};

use super::digits::{N_DIGITS, digit_sums, n_repeated};
use super::lab::Budget;
use super::plan::Work;
use super::{Arm, Draft, Lab, Tier};

/// Samples per batch, and batches at the quick tier. Fresh samples are independent: a batch is a sample of
/// moments, and a draw one of a law.
const BATCH: usize = 64;
const N_BATCHES: usize = 1024;
/// Distance of a law, and of a proportion, that is small enough.
const LAW_MARGIN: f64 = 0.02;
/// A mean, in standard deviations, or a correlation that is small enough.
const MEAN_MARGIN: f64 = 0.05;
/// Relative error of a variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.1;
/// A correlation of the label with one binary digit of a latent that is small enough. All of them hold it at
/// once but for a probability of 1e-32 (Hoeffding), which counts as never.
const DIGIT_MARGIN: f64 = 0.05;
/// Means over a batch are winsorised at this many of their standard deviations.
const WINDOW_DEVIATIONS: f64 = 4.0;

/// Uniform, Bernoulli(0.3) and Beta(2, 5), once on the core and once on the background.
fn setting(arm: Arm) -> Result<Setting> {
    let association = match arm {
        Arm::Claim => 0.0,
        Arm::Control => 0.5,
    };
    let laws = [Latent::Uniform, Latent::bernoulli(0.3)?, Latent::beta(2.0, 5.0)?];
    Setting::theorem(2 * laws.len()).with(|p| {
        p.latents = laws.iter().chain(&laws).copied().collect();
        p.background_association = association;
    })
}

/// What one batch shows.
struct Draws {
    /// The latents as the data model has them, `y s_j` on the core and `s_j` or `-s_j` on the background:
    /// `[feature][sample]`.
    latents: Vec<Vec<f64>>,
    labels: Vec<f64>,
}

impl Draws {
    fn of(setting: &Setting, population: &Population, shift: Shift, seed: Seed) -> Self {
        let batch: Batch<f64> = population.draw(BATCH, shift, seed);
        let background_sign = match shift {
            Shift::InDistribution => 1.0,
            Shift::OutOfDistribution => -1.0,
        };
        let latent = |j: usize| {
            let sign = |label: f64| if j < setting.n_core { label } else { background_sign };
            let samples = batch.labels.iter().enumerate();
            samples.map(|(idx, &label)| sign(label) * batch.features[(idx, j)]).collect()
        };
        Draws { latents: (0..setting.n_features()).map(latent).collect(), labels: batch.labels }
    }

    /// The largest distance from 1/2 over 1/2: at most 1 on [0, 1].
    fn reach(&self) -> f64 {
        let distance = |z: &f64| 2.0 * (z - 0.5).abs();
        self.latents.iter().flatten().map(distance).fold(0.0, f64::max)
    }

    /// The mean over the batch of a product of standardised latents and labels.
    fn mean_of(&self, setting: &Setting, moment: Moment) -> f64 {
        let standardised = |j: usize, idx: usize| {
            let latent = setting.latents[j];
            (self.latents[j][idx] - latent.mean()) / latent.variance().sqrt()
        };
        let value = |idx: usize| match moment {
            Moment::Mean(j) => standardised(j, idx),
            Moment::Variance(j) => standardised(j, idx).powi(2),
            Moment::WithLabel(j) => self.labels[idx] * standardised(j, idx),
            Moment::Pair(i, j) => standardised(i, idx) * standardised(j, idx),
        };
        (0..self.labels.len()).map(value).sum::<f64>() / self.labels.len() as f64
    }
}

/// A moment of standardised latents, by the features in it.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Mean(usize),
    Variance(usize),
    WithLabel(usize),
    Pair(usize, usize),
}

impl Moment {
    /// All moments that are looked at; a proportion fixes those of a Bernoulli latent.
    fn all(setting: &Setting) -> Vec<Moment> {
        let features = 0..setting.n_features();
        let continuous = features.clone().filter(|&j| !is_binary(setting.latents[j]));
        let pairs = features.clone().flat_map(|j| (0..j).map(move |i| Moment::Pair(i, j)));
        continuous
            .flat_map(|j| [Moment::Mean(j), Moment::Variance(j)])
            .chain(features.map(Moment::WithLabel))
            .chain(pairs)
            .collect()
    }

    fn name(self, setting: &Setting) -> String {
        let feature = |j: usize| feature_name(setting, j);
        match self {
            Moment::Mean(j) => format!("mean of {}, standardised", feature(j)),
            Moment::Variance(j) => format!("variance of {}, standardised", feature(j)),
            Moment::WithLabel(j) => format!("correlation of the label and {}", feature(j)),
            Moment::Pair(i, j) => format!("correlation of {} and {}", feature(i), feature(j)),
        }
    }

    fn predicted(self) -> f64 {
        if matches!(self, Moment::Variance(_)) { 1.0 } else { 0.0 }
    }

    fn margin(self) -> f64 {
        if matches!(self, Moment::Variance(_)) { VARIANCE_MARGIN } else { MEAN_MARGIN }
    }

    /// The standard deviation for one sample, exact but for the variance, where it is 0.9 for the uniform
    /// and 1.37 for the Beta law.
    fn deviation(self) -> f64 {
        if matches!(self, Moment::Variance(_)) { 1.4 } else { 1.0 }
    }
}

fn is_binary(latent: Latent) -> bool {
    matches!(latent, Latent::Bernoulli { .. })
}

fn feature_name(setting: &Setting, j: usize) -> String {
    let part = if j < setting.n_core { "core" } else { "background" };
    format!("{part} {}", setting.latents[j])
}

/// `setting/data-model`: fresh samples of one law are independent, so here, and not in a run, each one is a
/// sample of its own.
pub(super) fn data_model(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let setting = setting(arm)?;
    let population = Population::new(&setting)?;
    let seed = lab.seed("setting/data-model");
    let mut drafts = Vec::new();
    for (name, shift) in [("ID", Shift::InDistribution), ("OOD", Shift::OutOfDistribution)] {
        let n_batches = lab.tier().replicates(N_BATCHES);
        let batches = lab.replicates(n_batches, seed.child(name), |seed| {
            Ok(Draws::of(&setting, &population, shift, seed))
        })?;
        drafts.extend(laws(name, &setting, &batches)?);
        drafts.extend(bits(name, &setting, &batches));
        drafts.extend(moments(name, &setting, &batches)?);
    }
    Ok(drafts)
}

pub(super) fn data_model_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let budget = Budget::fixed(2 * tier.replicates(N_BATCHES));
    let setting = setting(arm)?;
    let work = Work::own("setting/data-model", setting, EngineKind::Feature, 0, budget);
    Ok(vec![work.with_run(|| {
        let setting = setting_of_claim()?;
        let population = Population::new(&setting)?;
        Draws::of(&setting, &population, Shift::InDistribution, Seed::root(0));
        Ok(())
    })])
}

fn setting_of_claim() -> Result<Setting> {
    setting(Arm::Claim)
}

/// Supports, the law of every latent, and that of the label.
fn laws(name: &str, setting: &Setting, batches: &Replicates<Draws>) -> Result<Vec<Draft>> {
    let sizes = [setting.n_features()];
    let reaches = batches.iter().map(|batch| (batch.reach(), 0.0));
    let label = proportion(batches, |batch| &batch.labels);
    let mut drafts = vec![
        Draft::inequality(
            format!("{name}: largest distance of a latent from 1/2, over 1/2"),
            &sizes,
            Exact::largest(reaches),
        ),
        valued(format!("{name}: share of positive labels"), &sizes, label, 0.5, LAW_MARGIN),
    ];
    for (j, &latent) in setting.latents.iter().enumerate() {
        let of_feature = |what: &str| format!("{name}: {what} of {}", feature_name(setting, j));
        drafts.push(match latent {
            Latent::Bernoulli { p } => {
                let ones = proportion(batches, |batch| &batch.latents[j]);
                valued(of_feature("share of ones"), &sizes, ones, p, LAW_MARGIN)
            }
            Latent::Uniform | Latent::Beta { .. } => {
                let samples = batches.map(|batch| batch.latents[j].clone()).independent_within();
                let distance = DistanceToLaw::of(&samples, |z| distribution_function(latent, z))?;
                let near = Hypothesis::at_most(0.0, LAW_MARGIN);
                Draft::new(of_feature("distance to the law"), &sizes, distance, near).predicted(0.0)
            }
        });
    }
    Ok(drafts)
}

/// What moments and laws do not see: continuous latents that come twice in a batch, and a label that goes
/// with some binary digit of a latent.
fn bits(name: &str, setting: &Setting, batches: &Replicates<Draws>) -> [Draft; 2] {
    let sizes = [setting.n_features()];
    let continuous: Vec<usize> =
        (0..setting.n_features()).filter(|&j| !is_binary(setting.latents[j])).collect();
    let most_repeated = |batch: &Draws| {
        continuous.iter().map(|&j| n_repeated(&batch.latents[j])).max().unwrap_or_default()
    };
    let repeated = batches.iter().map(|batch| (most_repeated(batch) as f64, 0.0));
    let n_samples = (BATCH * batches.n_runs()) as f64;
    let largest = |j: &usize| {
        let mut sums = [0.0; N_DIGITS];
        for batch in batches.iter() {
            let of_batch = digit_sums(&batch.latents[*j], &batch.labels);
            sums.iter_mut().zip(of_batch).for_each(|(sum, term)| *sum += term);
        }
        sums.iter().fold(0.0, |most: f64, sum| most.max(sum.abs())) / n_samples
    };
    let correlations = continuous.iter().map(|j| (largest(j) / DIGIT_MARGIN, 0.0));
    [
        Draft::inequality(
            format!("{name}: values of a continuous latent that come again in a batch, most"),
            &sizes,
            Exact::largest(repeated),
        ),
        Draft::inequality(
            format!("{name}: correlation of the label and a binary digit, largest over margin"),
            &sizes,
            Exact::largest(correlations),
        ),
    ]
}

fn valued(
    name: String,
    sizes: &[usize],
    estimate: impl Estimate + 'static,
    value: f64,
    margin: f64,
) -> Draft {
    Draft::new(name, sizes, estimate, Hypothesis::value(value, margin)).predicted(value)
}

/// The share of values above 0: of ones among zeros, and of positive labels.
fn proportion(batches: &Replicates<Draws>, values: impl Fn(&Draws) -> &Vec<f64>) -> Proportion {
    let count = |batch: &Draws| values(batch).iter().filter(|&&x| x > 0.0).count();
    Proportion { n_successes: batches.iter().map(count).sum(), n_trials: BATCH * batches.n_runs() }
}

/// The exact distribution function of a continuous law.
fn distribution_function(latent: Latent, z: f64) -> f64 {
    let z = z.clamp(0.0, 1.0);
    match latent {
        Latent::Beta { a, b } => beta_reg(a, b, z).clamp(0.0, 1.0),
        _ => z,
    }
}

fn moments(name: &str, setting: &Setting, batches: &Replicates<Draws>) -> Result<Vec<Draft>> {
    let draft = |moment: Moment| {
        let deviation = moment.deviation() / (BATCH as f64).sqrt();
        let window = Bounds::around(moment.predicted(), WINDOW_DEVIATIONS * deviation)?;
        let bets = Bets::resolving(moment.margin()).expecting(moment.predicted(), deviation);
        let means = batches.map(|batch| batch.mean_of(setting, moment));
        Ok(valued(
            format!("{name}: {}", moment.name(setting)),
            &[setting.n_features()],
            BoundedMean::winsorised(&means, window, bets)?,
            moment.predicted(),
            moment.margin(),
        ))
    };
    Moment::all(setting).into_iter().map(draft).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::claim_rates;
    use crate::stats::{Design, Rates, Verdict};

    #[test]
    fn batches_resolve_every_margin() {
        for tier in Tier::ALL {
            let Rates { alpha, beta } = claim_rates(tier);
            let rates = Rates { alpha: alpha / 78.0, beta };
            let n_batches = tier.replicates(N_BATCHES) as f64;
            for moment in Moment::all(&setting(Arm::Claim).unwrap()) {
                let standard_deviation = moment.deviation() / (BATCH as f64).sqrt();
                let design = Design { standard_deviation, margin: moment.margin(), rates };
                assert!(design.samples_to_support(1.0 - beta / 78.0) < n_batches, "{tier}");
            }
            // Eight distances: the interval's half-width, and that of Massart's bound on the distance itself.
            let half_widths = [1.0 / beta, 2.0 * 8.0 / beta].map(|odds| (0.5 * odds.ln()).sqrt());
            let n_samples = (half_widths.iter().sum::<f64>() / LAW_MARGIN).powi(2);
            assert!(n_samples < n_batches * BATCH as f64, "{tier}");
        }
    }

    #[test]
    fn an_associated_background_is_caught_where_independence_is_and_nowhere_else() {
        let lab = Lab::new(Seed::root(1), Tier::Quick, Box::new(crate::claims::Silent));
        let claim = crate::claims::find("setting/data-model").unwrap();
        let outcome = crate::claims::run(&[claim], Arm::Control, &lab).unwrap().remove(0);
        for part in &outcome.parts {
            let is_broken = part.name.contains("label and background")
                || part.name.matches("background").count() == 2
                || part.name.contains("binary digit");
            let is_refuted = part.decision.verdict == Verdict::Refuted;
            assert_eq!(is_refuted, is_broken, "{}", part.name);
        }
    }
}
