//! The claim that the mean-field engine is the population's run, within the envelope of Berry and
//! Esseen.

use std::time::Instant;

use faer::Mat;

use crate::error::Result;
use crate::linalg::row_of;
use crate::network::gaussian_start;
use crate::observe::{SetNeuron, initial_set};
use crate::predict::{ActivationOracle, MeanField, PopulationRun};
use crate::seed::Seed;
use crate::setting::{Latent, Setting};
use crate::study::{Arm, Claim, Design, Key, Kind, Sample, Scope};

use super::cost;
use super::effort::Effort;
use super::scenario::Times;

/// Neurons of the initial set that are followed, at most.
const N_NEURONS: usize = 4;
/// Starts at the quick tier.
const N_STARTS: usize = 2;

/// `sharp/mean-field`.
pub(super) fn mean_field() -> Claim {
    Claim::new(
        "sharp/mean-field",
        "A neuron is a handful of sums: the mean-field engine keeps the exact activation \
         probabilities of the population's run within its Berry-Esseen envelope at every step.",
        mean_field_design,
    )
    .source("notation 6, 9")
    .kind(Kind::Inequality)
    .control("a core of half its size")
    .cost("exact drifts and probabilities along runs")
    .card(card!("sharp/mean-field"))
}

/// The settings. Each has the frozen label of its key, which the name of its part begins with.
fn settings(effort: Effort) -> Result<[(&'static str, Setting); 4]> {
    let n_features = if effort == Effort::Quick { 16 } else { 32 };
    let theorem = Setting::theorem(n_features);
    let skewed = Latent::beta(2.0, 5.0)?;
    let by_turns = |j: usize| if j.is_multiple_of(2) { Latent::Uniform } else { skewed };
    Ok([
        ("uniform", theorem.clone()),
        ("Beta(2, 5)", theorem.with(|p| p.latents = vec![skewed; n_features])?),
        (
            "uniform and Beta(2, 5)",
            theorem.with(|p| p.latents = (0..n_features).map(by_turns).collect())?,
        ),
        ("uniform, 3/8 background", theorem.with(|p| p.n_core = 5 * n_features / 8)?),
    ])
}

fn mean_field_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let key = Key::new("claim").child("sharp/mean-field");
    for (label, setting) in settings(Effort::of(scope))? {
        let told = match scope.arm {
            Arm::Claim => setting.clone(),
            Arm::Control => setting.with(|p| p.n_core /= 2)?,
        };
        let (probed, size) = ((setting.clone(), told.clone()), setting.n_features());
        let sample = Sample::new(key.child(label), move |seed| worst_ratio(&setting, &told, seed))
            .sizes(&[size])
            .runs(Effort::of(scope).replicates(N_STARTS))
            .cost(move || seconds(&probed.0, &probed.1));
        let worst = design.sample(sample).largest(|worst| vec![*worst]);
        let what = "distance to the exact probability over the envelope, worst step";
        design.inequality(format!("{label}: {what}"), worst);
    }
    Ok(design)
}

/// The worst of `|P - Phi(r)|` over the envelope, over neurons, classes and steps up to `T1`, as
/// middle and half-width of what is certain.
fn worst_ratio(setting: &Setting, told: &Setting, seed: Seed) -> Result<(f64, f64)> {
    let mut both = BothRuns::new(setting, told, seed)?;
    for n_steps in 0..=Times::of(setting).t1 {
        both.look_at(n_steps)?;
    }
    Ok(both.worst)
}

/// Seconds of [`worst_ratio`] on one core, from a few of its steps.
fn seconds(setting: &Setting, told: &Setting) -> Result<f64> {
    let clock = Instant::now();
    let mut both = BothRuns::new(setting, told, Seed::root(0))?;
    let to_start = clock.elapsed().as_secs_f64();
    let mut n_steps = 0;
    let looks = cost::of_steps(Times::of(setting).t1 + 1, || {
        both.look_at(n_steps)?;
        n_steps += 1;
        Ok(())
    })?;
    Ok(to_start + looks)
}

/// Some neurons of the population's run beside the engine's run from the same start.
struct BothRuns {
    /// The neurons that are followed.
    followed: Vec<SetNeuron>,
    exact: PopulationRun,
    theory: MeanField,
    oracle: ActivationOracle,
    /// The worst ratio so far, as in [`worst_ratio`].
    worst: (f64, f64),
}

impl BothRuns {
    fn new(setting: &Setting, told: &Setting, seed: Seed) -> Result<Self> {
        let (m, d0, d) = (setting.width, setting.n_features(), setting.ambient_dim);
        let start: Mat<f64> = gaussian_start(m, d0, d, seed);
        let mut followed = initial_set(setting, start.as_ref());
        followed.truncate(N_NEURONS);
        let idxs: Vec<usize> = followed.iter().map(|neuron| neuron.neuron_idx).collect();
        let rows = Mat::from_fn(idxs.len(), d0, |row, j| start[(idxs[row], j)]);
        Ok(BothRuns {
            exact: PopulationRun::new(setting, &idxs, rows.as_ref())?,
            theory: MeanField::of_weights(told, start.as_ref())?.without_noise(),
            oracle: ActivationOracle::new(&setting.latents, setting.n_core)?,
            followed,
            worst: (0.0, 0.0),
        })
    }

    /// Advances both runs to a step, and looks at every neuron and both classes there.
    fn look_at(&mut self, n_steps: usize) -> Result<()> {
        self.exact.advance_to(n_steps)?;
        self.theory.advance_to(n_steps);
        let weights = self.exact.weights();
        for (row, &SetNeuron { neuron_idx: k, own }) in self.followed.iter().enumerate() {
            let probabilities = self.oracle.probabilities(&row_of(weights.as_ref(), row))?;
            let (activity, envelope) = (self.theory.activity(k), self.theory.envelope(k));
            for (label, normal) in [(own, activity.own), (own.other(), activity.other)] {
                let p = probabilities.of(label);
                let ratio = (p.value - normal).abs() / envelope;
                if ratio > self.worst.0 {
                    self.worst = (ratio, p.error_bound / envelope);
                }
            }
        }
        Ok(())
    }
}
