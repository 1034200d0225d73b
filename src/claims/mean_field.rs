//! The claim that the mean-field engine is the population's run, within the envelope of Berry and Esseen.

use faer::Mat;

use crate::error::Result;
use crate::linalg::row_of;
use crate::network::gaussian_start;
use crate::observe::initial_set;
use crate::predict::{ActivationOracle, MeanField, PopulationRun};
use crate::seed::Seed;
use crate::setting::{EngineKind, Latent, Setting};
use crate::stats::Exact;

use super::lab::Budget;
use super::plan::Work;
use super::scenario::Times;
use super::{Arm, Draft, Lab, Tier};

/// Neurons of the initial set that are followed, at most.
const N_NEURONS: usize = 4;
/// Starts at the quick tier.
const N_STARTS: usize = 2;

fn settings(tier: Tier) -> Result<Vec<(&'static str, Setting)>> {
    let n_features = if tier == Tier::Quick { 16 } else { 32 };
    let theorem = Setting::theorem(n_features);
    let skewed = Latent::beta(2.0, 5.0)?;
    Ok(vec![
        ("uniform", theorem.clone()),
        ("Beta(2, 5)", theorem.with(|p| p.latents = vec![skewed; n_features])?),
        (
            "uniform and Beta(2, 5)",
            theorem.with(|p| {
                p.latents = (0..n_features)
                    .map(|j| if j % 2 == 0 { Latent::Uniform } else { skewed })
                    .collect();
            })?,
        ),
        ("uniform, 3/8 background", theorem.with(|p| p.n_core = 5 * n_features / 8)?),
    ])
}

/// `sharp/mean-field`. In the control the engine is told a core of half its size.
pub(super) fn mean_field(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for (name, setting) in settings(lab.tier())? {
        let told = match arm {
            Arm::Claim => setting.clone(),
            Arm::Control => setting.with(|p| p.n_core /= 2)?,
        };
        let n_starts = lab.tier().replicates(N_STARTS);
        let seed = lab.seed("sharp/mean-field").child(name);
        let worst = lab.replicates(n_starts, seed, |seed| worst_ratio(&setting, &told, seed))?;
        drafts.push(Draft::inequality(
            format!("{name}: distance to the exact probability over the envelope, worst step"),
            &[setting.n_features()],
            Exact::largest(worst.iter().copied()),
        ));
    }
    Ok(drafts)
}

/// The worst of `|P - Phi(r)|` over the envelope, over neurons, classes and steps up to `T1`, as middle and
/// half-width of what is certain.
fn worst_ratio(setting: &Setting, told: &Setting, seed: Seed) -> Result<(f64, f64)> {
    let (m, d0, d) = (setting.width, setting.n_features(), setting.ambient_dim);
    let start: Mat<f64> = gaussian_start(m, d0, d, seed);
    let set = initial_set(setting, start.as_ref());
    let neurons: Vec<usize> = set.iter().take(N_NEURONS).map(|k| k.neuron_idx).collect();
    let followed = Mat::from_fn(neurons.len(), d0, |row, j| start[(neurons[row], j)]);
    let mut exact = PopulationRun::new(setting, &neurons, followed.as_ref())?;
    let mut theory = MeanField::of_weights(told, start.as_ref())?.without_noise();
    let oracle = ActivationOracle::new(&setting.latents, setting.n_core)?;
    let (mut worst, mut half_width) = (0.0_f64, 0.0);
    for n_steps in 0..=Times::of(setting).t1 {
        exact.advance_to(n_steps)?;
        theory.advance_to(n_steps);
        let weights = exact.weights();
        for (row, &k) in neurons.iter().enumerate() {
            let probabilities = oracle.probabilities(&row_of(weights.as_ref(), row))?;
            let (activity, envelope) = (theory.activity(k), theory.envelope(k));
            let own = setting.own_class(k);
            for (label, normal) in [(own, activity.own), (own.other(), activity.other)] {
                let p = probabilities.of(label);
                let ratio = (p.value - normal).abs() / envelope;
                if ratio > worst {
                    (worst, half_width) = (ratio, p.error_bound / envelope);
                }
            }
        }
    }
    Ok((worst, half_width))
}

pub(super) fn mean_field_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let n_starts = Budget::fixed(tier.replicates(N_STARTS));
    let of_setting = |(name, setting): (&str, Setting)| {
        let n_steps = Times::of(&setting).t1;
        Work::own(
            format!("sharp/mean-field, {name}"),
            setting,
            EngineKind::Feature,
            n_steps,
            n_starts,
        )
    };
    Ok(settings(tier)?.into_iter().map(of_setting).collect())
}
