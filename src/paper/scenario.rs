//! The settings that ladders of runs are made in, and the theorems' times in them.

use crate::error::Result;
use crate::predict::{START_FORGOTTEN, critical_decay, relative_energy};
use crate::setting::{Activation, DECAY_CONSTANT, Latent, Setting, decay};
use crate::study::Arm;

use super::effort::{Effort, RungPlan};

/// The settings that ladders are run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Scenario {
    /// The theorem's regime: uniform latents, half of the features core, `d = d0^2.5`.
    Theorem,
    /// The same with Beta(2, 5) latents.
    Skewed,
    /// The same with latents that are 0 or 1, with probability 1/2 each.
    Binary,
    /// The same with moments that differ from feature to feature: uniform and Beta(2, 5) by turns.
    Unequal,
    /// The same with three eighths of the features background, `beta = 0.375`.
    LightBackground,
    /// The same with one quarter of the features background, `beta = 0.25`.
    LighterBackground,
    /// The same in a larger ambient space, `d = d0^3`.
    WideAmbient,
    /// The theorem's regime with the identity as activation.
    Linear,
    /// The same with Beta(2, 5) latents.
    LinearSkewed,
    /// The same with unequal moments and one quarter of the features background.
    LinearUnequal,
    /// Learning rate 0: the start, for ever.
    Frozen,
    /// Three quarters of the features background, `beta = 0.75`.
    HeavyBackground,
    /// Weight decay at twice its critical value.
    StrongDecay,
    /// So many eighths of the features background, 1 to 7, for the sharp laws.
    Share(usize),
}

/// The labels of [`Scenario::Share`].
const SHARES: [&str; 7] = [
    "beta = 1/8",
    "beta = 2/8",
    "beta = 3/8",
    "beta = 4/8",
    "beta = 5/8",
    "beta = 6/8",
    "beta = 7/8",
];

/// What the theorems' statements are checked in besides the ladder itself.
pub(super) const VARIATIONS: [Scenario; 6] = [
    Scenario::Skewed,
    Scenario::Binary,
    Scenario::Unequal,
    Scenario::LightBackground,
    Scenario::LighterBackground,
    Scenario::WideAmbient,
];

/// The same for linear networks.
pub(super) const LINEAR_VARIATIONS: [Scenario; 2] =
    [Scenario::LinearSkewed, Scenario::LinearUnequal];

impl Scenario {
    /// What tables call it: today its label. Reword it here; the label names streams, and stays.
    pub fn name(self) -> &'static str {
        self.label()
    }

    /// The frozen label of its key.
    pub fn label(self) -> &'static str {
        match self {
            Scenario::Theorem => "theorem",
            Scenario::Skewed => "Beta(2, 5)",
            Scenario::Binary => "Bernoulli(1/2)",
            Scenario::Unequal => "unequal moments",
            Scenario::LightBackground => "3/8 background",
            Scenario::LighterBackground => "1/4 background",
            Scenario::WideAmbient => "d = d0^3",
            Scenario::Linear => "linear",
            Scenario::LinearSkewed => "linear, Beta(2, 5)",
            Scenario::LinearUnequal => "linear, unequal, 1/4 background",
            Scenario::Frozen => "frozen",
            Scenario::HeavyBackground => "heavy background",
            Scenario::StrongDecay => "strong decay",
            Scenario::Share(share) => SHARES[share - 1],
        }
    }

    pub fn setting(self, n_features: usize) -> Result<Setting> {
        let theorem = Setting::theorem(n_features);
        match self {
            Scenario::Theorem => Ok(theorem),
            Scenario::Skewed => with_latents(&theorem, skewed),
            Scenario::Binary => with_latents(&theorem, |_| Latent::bernoulli(0.5)),
            Scenario::Unequal => with_latents(&theorem, unequal),
            Scenario::LightBackground => theorem.with(|p| p.n_core = 5 * n_features / 8),
            Scenario::LighterBackground => theorem.with(|p| p.n_core = 3 * n_features / 4),
            Scenario::WideAmbient => theorem.with(|p| p.ambient_dim = n_features.pow(3)),
            Scenario::Linear => theorem.with(|p| p.activation = Activation::Identity),
            Scenario::LinearSkewed => {
                with_latents(&theorem, skewed)?.with(|p| p.activation = Activation::Identity)
            }
            Scenario::LinearUnequal => with_latents(&theorem, unequal)?.with(|p| {
                p.activation = Activation::Identity;
                p.n_core = 3 * n_features / 4;
            }),
            Scenario::Frozen => theorem.with(|p| p.learning_rate = 0.0),
            Scenario::HeavyBackground => theorem.with(|p| p.n_core = n_features / 4),
            Scenario::StrongDecay => {
                let constant = 2.0 * critical_decay(&theorem);
                theorem.with(|p| p.weight_decay = decay(constant, n_features, p.width))
            }
            Scenario::Share(share) => {
                theorem.with(|p| p.n_core = n_features - share * n_features / 8)
            }
        }
    }

    /// The ladder that the scenario is run on.
    pub fn plan(self, effort: Effort, arm: Arm) -> Vec<RungPlan> {
        match (arm, self) {
            (_, Scenario::Share(share)) => effort.share_ladder(share),
            (Arm::Control, _) => effort.control_ladder(),
            // Exact probabilities of sums of more than 40 two-valued terms take a second each.
            (Arm::Claim, Scenario::Binary) => Effort::Quick.variation_ladder(),
            (Arm::Claim, scenario) if scenario.is_variation() => effort.variation_ladder(),
            (Arm::Claim, _) => effort.ladder(),
        }
    }

    /// Whether a claim looks at activation on the own class, at every recorded time.
    pub fn has_inactivity(self, arm: Arm) -> bool {
        match arm {
            Arm::Claim => self == Scenario::Theorem || VARIATIONS.contains(&self),
            Arm::Control => self == Scenario::Frozen,
        }
    }

    /// Whether a claim looks at activation on the other class, at `T1`.
    pub fn has_activation(self, arm: Arm) -> bool {
        let is_sharp = matches!(self, Scenario::Share(_));
        is_sharp || self == Scenario::HeavyBackground || self.has_inactivity(arm)
    }

    /// Whether the covariance terms of its first run are held against their bounds.
    pub fn has_covariance(self, arm: Arm) -> bool {
        self == if arm == Arm::Claim { Scenario::Theorem } else { Scenario::Linear }
    }

    /// What the mean-field engine is told where a claim compares it with runs of this scenario.
    pub fn told(self, arm: Arm) -> &'static [Told] {
        match (self, arm) {
            (Scenario::Share(_), Arm::Claim) => &[Told::Truth],
            (Scenario::Share(_), Arm::Control) => {
                &[Told::Narrower, Told::Misstated, Told::Mirrored]
            }
            (Scenario::Skewed | Scenario::Unequal | Scenario::Binary, Arm::Claim) => &[Told::Truth],
            _ => &[],
        }
    }

    fn is_variation(self) -> bool {
        VARIATIONS.contains(&self) || LINEAR_VARIATIONS.contains(&self)
    }
}

fn skewed(_feature: usize) -> Result<Latent> {
    Latent::beta(2.0, 5.0)
}

fn unequal(feature: usize) -> Result<Latent> {
    if feature.is_multiple_of(2) { Ok(Latent::Uniform) } else { skewed(feature) }
}

/// The setting with other latents, and its decay at the same share of the critical one, which is in
/// proportion to the energy.
fn with_latents(theorem: &Setting, latent: impl Fn(usize) -> Result<Latent>) -> Result<Setting> {
    let latents: Vec<Latent> = (0..theorem.n_features()).map(latent).collect::<Result<_>>()?;
    let setting = theorem.with(|p| p.latents = latents)?;
    let constant = DECAY_CONSTANT * relative_energy(&setting);
    setting.with(|p| p.weight_decay = decay(constant, p.n_features(), p.width))
}

/// What the mean-field engine is told of the setting that is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The setting itself.
    Truth,
    /// Latents with the same mean and a standard deviation that is smaller by a factor of 1.1.
    Narrower,
    /// A sixteenth of the features on the wrong side.
    Misstated,
    /// Core taken for background, and the other way around.
    Mirrored,
}

impl Told {
    /// The setting that is told.
    ///
    /// # Errors
    /// A setting that is out of range.
    pub fn setting(self, setting: &Setting) -> Result<Setting> {
        match self {
            Told::Truth => Ok(setting.clone()),
            Told::Narrower => {
                // `Beta(a, a)` has the variance `1 / (4 (2 a + 1))`.
                let a = 0.5 * (3.0 * 1.21 - 1.0);
                let law = Latent::beta(a, a)?;
                setting.with(|p| p.latents = vec![law; p.n_features()])
            }
            Told::Misstated => setting.with(|p| p.n_core += p.n_features() / 16),
            Told::Mirrored => setting.with(|p| p.n_core = p.n_features() - p.n_core),
        }
    }
}

/// The scenarios of a claim and of its control.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arms {
    pub claim: Scenario,
    pub control: Scenario,
}

impl Arms {
    pub fn of(self, arm: Arm) -> Scenario {
        match arm {
            Arm::Claim => self.claim,
            Arm::Control => self.control,
        }
    }
}

/// The theorems' times, in steps. With `e` the energy `E_C + E_B` over `d0 / 4` (1 for uniform latents),
/// drifts grow like `sqrt e` and margins like `e`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// `T0`: the start is forgotten, `tau = 16 d0 / sqrt(d e)`.
    pub t0: usize,
    /// `T1`: features are learned and the hinge is still active on every sample, `tau = 8 / e`.
    pub t1: usize,
    /// Two more on the way, `tau = 12 / e` and `16 / e`.
    pub later: [usize; 2],
    /// `T2 = T3`: the risk in distribution has vanished, `tau = 20 / e`.
    pub t2: usize,
}

impl Times {
    /// The index of `T1` among the recorded times.
    pub const T1: usize = 1;
    /// The names of the recorded times, for uniform latents.
    pub const NAMES: [&str; 5] = ["T0", "T1", "tau = 12", "tau = 16", "T2"];

    /// The times of a setting, never out of order.
    pub fn of(setting: &Setting) -> Self {
        let energy = relative_energy(setting);
        let t0 = setting.steps_to(tau_of_t0(setting));
        let [t1, first, second, t2] =
            [8.0, 12.0, 16.0, 20.0].map(|tau| setting.steps_to(tau / energy).max(t0));
        Times { t0, t1, later: [first, second], t2 }
    }

    /// The times at which weights are recorded, in order; the last is `T2`.
    pub fn recorded(self) -> [usize; 5] {
        [self.t0, self.t1, self.later[0], self.later[1], self.t2]
    }
}

/// `T0` in the theorem's time.
pub(super) fn tau_of_t0(setting: &Setting) -> f64 {
    let (d0, d) = (setting.n_features() as f64, setting.ambient_dim as f64);
    START_FORGOTTEN * d0 / (d * relative_energy(setting)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladders_times_are_those_of_the_theorem_and_in_order() {
        let setting = Setting::theorem(64);
        let times = Times::of(&setting);
        assert_eq!(times.t1, setting.steps_to(8.0));
        assert_eq!(times.t2, setting.steps_to(20.0));
        for scenario in VARIATIONS.into_iter().chain(LINEAR_VARIATIONS) {
            for n_features in [16, 24, 32, 64] {
                let setting = scenario.setting(n_features).unwrap();
                let recorded = Times::of(&setting).recorded();
                assert!(recorded.is_sorted(), "{} {n_features}: {recorded:?}", scenario.name());
            }
        }
    }

    #[test]
    fn margins_grow_and_decay_alike_in_every_variation() {
        for scenario in VARIATIONS {
            let setting = scenario.setting(32).unwrap();
            let growth =
                Times::of(&setting).t2 as f64 * setting.tau_per_step() * relative_energy(&setting);
            assert!((growth - 20.0).abs() < 1.0, "{}: {growth}", scenario.name());
            let decayed = setting.shrinkage().powi(Times::of(&setting).t2 as i32);
            assert!((decayed - (-0.2_f64).exp()).abs() < 0.02, "{}: {decayed}", scenario.name());
        }
    }
}
