//! The claim that a run in feature coordinates is the run in the ambient space.

use std::time::Instant;

use crate::data::Dictionary;
use crate::error::Result;
use crate::observe::{ReductionGap, reduction as observe_reduction};
use crate::seed::Seed;
use crate::setting::{Activation, Setting};
use crate::study::{Arm, Claim, Design, Key, Kind, Sample, Scope};

use super::effort::Effort;

const N_FEATURES: usize = 16;
/// The theorem's time up to which the engines are compared, step by step.
const TAU: f64 = 20.0;
/// Steps of the probe that tells the cost of a run.
const N_PROBED: usize = 8;
const ACTIVATIONS: [Activation; 2] = [Activation::Relu, Activation::Identity];

/// `setting/reduction`.
pub(super) fn reduction() -> Claim {
    Claim::new(
        "setting/reduction",
        "A run in feature coordinates and a run in the ambient space agree step by step.",
        design,
    )
    .source("notation 2; Zhang et al. 2024, section 3.1")
    .kind(Kind::Identity)
    .control("a dictionary that is not orthonormal")
    .cost("two ambient runs at d = 1024")
    .card(card!("setting/reduction"))
}

fn design(scope: &Scope) -> Result<Design> {
    let twins = Twins::new(scope.arm)?;
    let probed = twins.clone();
    let mut design = Design::new();
    let key = Key::new("claim").child("setting/reduction");
    let sample = Sample::new(key, move |seed| twins.run(twins.n_steps, seed))
        .sizes(&[N_FEATURES])
        .runs(Effort::of(scope).replicates(2));
    let runs = design.sample(sample.cost(move || probed.seconds()));
    for (idx, activation) in ACTIVATIONS.into_iter().enumerate() {
        design.inequality(
            format!("{activation}: feature coordinates, difference over rounding"),
            runs.largest_of(move |gaps| gaps[idx].features),
        );
        design.inequality(
            format!("{activation}: orthogonal part against q^T w(0), likewise"),
            runs.largest_of(move |gaps| gaps[idx].orthogonal),
        );
    }
    Ok(design)
}

/// Runs of both engines from one start and on the same batches, with each activation.
#[derive(Clone)]
struct Twins {
    settings: Vec<Setting>,
    n_steps: usize,
    arm: Arm,
}

impl Twins {
    fn new(arm: Arm) -> Result<Self> {
        let theorem = Setting::theorem(N_FEATURES);
        let with_activation = |activation| theorem.with(|p| p.activation = activation);
        let settings = ACTIVATIONS.into_iter().map(with_activation).collect::<Result<_>>()?;
        Ok(Twins { settings, n_steps: theorem.steps_to(TAU), arm })
    }

    /// Takes the first `n_steps` steps with each activation, in double precision; returns how far
    /// the engines went apart.
    fn run(&self, n_steps: usize, seed: Seed) -> Result<Vec<ReductionGap>> {
        let gap = |setting: &Setting| {
            let (d, d0) = (setting.ambient_dim, setting.n_features());
            let dictionary = match self.arm {
                Arm::Claim => Dictionary::orthonormal(d, d0, seed.child("dictionary")),
                Arm::Control => Dictionary::gaussian(d, d0, seed.child("dictionary")),
            };
            observe_reduction(setting, dictionary, n_steps, seed)
        };
        self.settings.iter().map(gap).collect()
    }

    /// Returns the seconds of one run, extrapolated from its start and its first steps.
    fn seconds(&self) -> Result<f64> {
        let seconds_to = |n_steps: usize| -> Result<f64> {
            let clock = Instant::now();
            self.run(n_steps, Seed::root(0))?;
            Ok(clock.elapsed().as_secs_f64())
        };
        let (to_start, to_probed) = (seconds_to(0)?, seconds_to(N_PROBED)?);
        let per_step = (to_probed - to_start).max(0.0) / N_PROBED as f64;
        Ok(to_start + self.n_steps as f64 * per_step)
    }
}
