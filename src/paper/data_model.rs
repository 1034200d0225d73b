//! The claim on the data that everything else is drawn from.

use statrs::function::beta::beta_reg;

use crate::data::{Batch, Population, Shift};
use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{Latent, Setting};
use crate::stats::Hypothesis;
use crate::study::{Arm, Claim, Design, Key, Kind, Runs, Sample, Scope, Window};

use super::digits::{digit_sums, n_repeated};
use super::effort::Effort;
use super::latent_moments::{Moment, continuous, feature_name};

/// Samples per batch, and batches at the quick tier. Fresh samples are independent: for a moment a
/// sample is the mean over a batch, for a law it is a single draw.
const BATCH: usize = 64;
const N_BATCHES: usize = 1024;
/// Distance of a law, and of a proportion, that is small enough.
const LAW_MARGIN: f64 = 0.02;
/// A correlation of the label with one binary digit of a latent that is small enough. At the quick
/// tier all of them are at once, except with probability 1e-32 (Hoeffding), which counts as never.
const DIGIT_MARGIN: f64 = 0.05;

/// `setting/data-model`.
pub(super) fn data_model() -> Claim {
    Claim::new(
        "setting/data-model",
        "Draws in and out of distribution have the supports, laws and independence of the data \
         model, and a background that is independent of the label.",
        design,
    )
    .source("notation 1; Zhang et al. 2024, section 3.1")
    .kind(Kind::Law)
    .control("a background associated with the label")
    .cost("sampling of data")
    .card(card!("setting/data-model"))
}

/// Fresh samples of one law are independent. Here, unlike in a run, each of them is a sample of its
/// own.
fn design(scope: &Scope) -> Result<Design> {
    let setting = setting(scope.arm)?;
    let population = Population::new(&setting)?;
    let n_batches = Effort::of(scope).replicates(N_BATCHES);
    let key = Key::new("claim").child("setting/data-model");
    let shifts = [
        ("ID", key.child("ID"), Shift::InDistribution),
        ("OOD", key.child("OOD"), Shift::OutOfDistribution),
    ];
    let mut design = Design::new();
    for (name, key, shift) in shifts {
        let (drawn, population) = (setting.clone(), population.clone());
        let sample =
            Sample::new(key, move |seed| Ok(BatchRecord::of(&drawn, &population, shift, seed)));
        let batches = design.sample(sample.sizes(&[setting.n_features()]).runs(n_batches));
        laws(&mut design, name, &setting, batches);
        digits(&mut design, name, batches);
        moments(&mut design, name, &setting, batches)?;
    }
    Ok(design)
}

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

/// What is kept of one batch.
struct BatchRecord {
    /// The largest distance of a latent from 1/2, over 1/2: at most 1 on [0, 1].
    reach: f64,
    /// The number of samples with label +1.
    n_positive_labels: usize,
    /// The number of latents above 0, by feature: for a Bernoulli latent that of ones.
    n_ones: Vec<usize>,
    /// The values of continuous latents, whose law is compared, `[feature][sample]`; empty for
    /// others.
    samples: Vec<Vec<f64>>,
    /// The number of values that are equal to another one before them, the largest of all
    /// continuous latents.
    n_repeated: usize,
    /// The correlations of the label with the binary digits of each continuous latent, over their
    /// margin.
    digits: Vec<Vec<f64>>,
    /// The means over the batch of all moments, in their order.
    moments: Vec<f64>,
}

impl BatchRecord {
    fn of(setting: &Setting, population: &Population, shift: Shift, seed: Seed) -> Self {
        let batch: Batch<f64> = population.draw(BATCH, shift, seed);
        let latents = latents(setting, &batch, shift);
        let continuous = continuous(setting);
        let distance = |z: &f64| 2.0 * (z - 0.5).abs();
        let n_above_0 = |values: &[f64]| values.iter().filter(|&&value| value > 0.0).count();
        let correlations = |j: &usize| {
            let sums = digit_sums(&latents[*j], &batch.labels);
            sums.iter().map(|sum| sum / (BATCH as f64 * DIGIT_MARGIN)).collect()
        };
        let samples = |j: usize| {
            if continuous.contains(&j) { latents[j].clone() } else { Vec::new() }
        };
        let moment = |moment: Moment| moment.mean(setting, &latents, &batch.labels);
        BatchRecord {
            reach: latents.iter().flatten().map(distance).fold(0.0, f64::max),
            n_positive_labels: n_above_0(&batch.labels),
            n_ones: latents.iter().map(|values| n_above_0(values)).collect(),
            samples: (0..latents.len()).map(samples).collect(),
            n_repeated: continuous.iter().map(|&j| n_repeated(&latents[j])).max().unwrap_or(0),
            digits: continuous.iter().map(correlations).collect(),
            moments: Moment::all(setting).into_iter().map(moment).collect(),
        }
    }
}

/// Returns the latents as the data model has them, `y s_j` on the core and `s_j` or `-s_j` on the
/// background, `[feature][sample]`.
fn latents(setting: &Setting, batch: &Batch<f64>, shift: Shift) -> Vec<Vec<f64>> {
    let background_sign = match shift {
        Shift::InDistribution => 1.0,
        Shift::OutOfDistribution => -1.0,
    };
    let latent = |j: usize| {
        let sign = |label: f64| if j < setting.n_core { label } else { background_sign };
        let samples = batch.labels.iter().enumerate();
        samples.map(|(idx, &label)| sign(label) * batch.features[(idx, j)]).collect()
    };
    (0..setting.n_features()).map(latent).collect()
}

/// Adds the parts on the supports, on the law of the label and on that of every latent.
fn laws(design: &mut Design, name: &str, setting: &Setting, batches: Runs<BatchRecord>) {
    design.inequality(
        format!("{name}: largest distance of a latent from 1/2, over 1/2"),
        batches.largest_of(|batch| batch.reach),
    );
    design
        .part(
            format!("{name}: share of positive labels"),
            Hypothesis::exactly(0.5).within(LAW_MARGIN),
            batches.proportion(BATCH, |batch| (batch.n_positive_labels, BATCH)),
        )
        .predicted(0.5);
    for (j, &latent) in setting.latents.iter().enumerate() {
        let of_feature = |what: &str| format!("{name}: {what} of {}", feature_name(setting, j));
        if let Latent::Bernoulli { p } = latent {
            let ones = batches.proportion(BATCH, move |batch| (batch.n_ones[j], BATCH));
            let claimed = Hypothesis::exactly(p).within(LAW_MARGIN);
            design.part(of_feature("share of ones"), claimed, ones).predicted(p);
        } else {
            let law = move |z: f64| distribution_function(latent, z);
            let samples = move |batch: &BatchRecord| batch.samples[j].clone();
            let distance = batches.distance_to_law(BATCH, law, samples);
            let none = Hypothesis::zero_up_to(LAW_MARGIN);
            design.part(of_feature("distance to the law"), none, distance).predicted(0.0);
        }
    }
}

/// Returns the exact distribution function of a continuous law.
fn distribution_function(latent: Latent, z: f64) -> f64 {
    let z = z.clamp(0.0, 1.0);
    match latent {
        Latent::Beta { a, b } => beta_reg(a, b, z).clamp(0.0, 1.0),
        _ => z,
    }
}

/// Adds the parts on what moments and laws do not see: values of a continuous latent that come
/// twice in a batch, and a label that goes with some binary digit of a latent.
fn digits(design: &mut Design, name: &str, batches: Runs<BatchRecord>) {
    design.inequality(
        format!("{name}: values of a continuous latent that come again in a batch, most"),
        batches.largest_of(|batch| batch.n_repeated as f64),
    );
    design.inequality(
        format!("{name}: correlation of the label and a binary digit, largest over margin"),
        batches.largest_mean(|batch| batch.digits.clone()),
    );
}

/// Adds the parts on the moments of the latents.
fn moments(
    design: &mut Design,
    name: &str,
    setting: &Setting,
    batches: Runs<BatchRecord>,
) -> Result<()> {
    for (idx, moment) in Moment::all(setting).into_iter().enumerate() {
        let expected = moment.expected(BATCH);
        let mean = batches.mean(Window::of_deviations(expected)?, move |batch| batch.moments[idx]);
        let claimed = Hypothesis::exactly(expected.value).within(expected.margin);
        let name = format!("{name}: {}", moment.name(setting));
        design.part(name, claimed, mean).predicted(expected.value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::effort::TIERS;
    use crate::stats::{Rates, Resolution, Verdict};
    use crate::study::{Lab, Silent};

    #[test]
    fn batches_resolve_every_margin() {
        let study = crate::paper::study();
        let claim = study.find("setting/data-model").unwrap();
        for (effort, tier) in Effort::ALL.into_iter().zip(TIERS) {
            let Rates { alpha, beta } = study.rates_of(&claim, tier).unwrap();
            // Of 78 parts.
            let rates = Rates { alpha: alpha / 78.0, beta };
            let n_batches = effort.replicates(N_BATCHES) as f64;
            for moment in Moment::all(&setting(Arm::Claim).unwrap()) {
                let expected = moment.expected(BATCH);
                let (standard_deviation, margin) = (expected.deviation, expected.margin);
                let resolution = Resolution { standard_deviation, margin, rates };
                assert!(resolution.samples_to_support(1.0 - beta / 78.0) < n_batches, "{tier}");
            }
            // Eight distances: the interval's half-width, and that of Massart's bound on the
            // distance itself.
            let half_widths = [1.0 / beta, 2.0 * 8.0 / beta].map(|odds| (0.5 * odds.ln()).sqrt());
            let n_samples = (half_widths.iter().sum::<f64>() / LAW_MARGIN).powi(2);
            assert!(n_samples < n_batches * BATCH as f64, "{tier}");
        }
    }

    #[test]
    fn an_associated_background_is_caught_where_independence_is_and_nowhere_else() {
        let study = crate::paper::study();
        let claim = study.find("setting/data-model").unwrap();
        let mut lab = Lab::new(Seed::root(1), TIERS[0], Box::new(Silent));
        let outcome = study.run(&[claim], Arm::Control, &mut lab).unwrap().remove(0);
        for part in &outcome.parts {
            let is_broken = part.name.contains("label and background")
                || part.name.matches("background").count() == 2
                || part.name.contains("binary digit");
            let is_refuted = part.decision.verdict == Verdict::Refuted;
            assert_eq!(is_refuted, is_broken, "{}", part.name);
        }
    }
}
