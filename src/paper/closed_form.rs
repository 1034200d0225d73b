//! The claim on the closed form of a linear network's core.

use crate::error::Result;
use crate::linalg::mean;
use crate::observe::{CoreDisplacements, core_displacements};
use crate::predict::{CoreIncrement, core_increment};
use crate::seed::Seed;
use crate::setting::{Activation, Latent, Setting};
use crate::stats::{Hypothesis, Squares};
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Sample, Scatter, Scope, Window};

const N_FEATURES: usize = 16;

/// The times, in the theorem's unit; with these settings the margin of no sample can pass 1.
const TAUS: [f64; 3] = [1.0, 2.0, 3.0];
/// A mean displacement may be off its closed form by this share.
const MEAN_MARGIN: f64 = 0.01;
/// Relative error of the variance of an increment that is small enough.
const VARIANCE_MARGIN: f64 = 0.1;
/// Correlation of increments that is small enough.
const CORRELATION_MARGIN: f64 = 0.1;
/// Means are winsorised at this many of their standard deviations. Each is a sum over hundreds of
/// independent samples, so nearly normal, and this moves it by less than 1e-5 of a standard
/// deviation.
const WINDOW_DEVIATIONS: f64 = 4.0;

/// For each of the [`settings`]: at `tau = 1` the mean of a run scatters by 0.0103 and 0.0361 of
/// the closed form ([`CoreLaw::relative_deviation`]), 1.03 and 3.61 margins. Squares scatter by
/// `sqrt 2`, 14.2 margins, and a run has three for each core feature; products of increments
/// scatter by 1, 10 margins, and a run has as many of them.
const SCATTERS: [[Scatter; 3]; 2] = [
    [
        Scatter::of_run(1.05),
        Scatter { deviation: 14.2, n_per_run: 36.0 },
        Scatter { deviation: 10.0, n_per_run: 36.0 },
    ],
    [
        Scatter::of_run(3.65),
        Scatter { deviation: 14.2, n_per_run: 12.0 },
        Scatter { deviation: 10.0, n_per_run: 12.0 },
    ],
];

/// `linear/closed-form`.
pub(super) fn closed_form() -> Claim {
    Claim::new(
        "linear/closed-form",
        "In a linear network the core follows its closed form, in mean, variance and independence \
         of its increments.",
        closed_form_design,
    )
    .source("notation 5; Zhang et al. 2024, theorem 4.4")
    .kind(Kind::Band)
    .control("ReLU activation")
    .cost("some hundred short linear runs")
    .card(card!("linear/closed-form"))
}

/// Three quarters core and one quarter core, each with two laws of different moments in turn.
fn settings(arm: Arm) -> Result<[Setting; 2]> {
    let activation = match arm {
        Arm::Claim => Activation::Identity,
        Arm::Control => Activation::Relu,
    };
    let setting = |n_core: usize, laws: [Latent; 2]| {
        Setting::theorem(N_FEATURES).with(|p| {
            p.activation = activation;
            p.n_core = n_core;
            p.latents = (0..N_FEATURES).map(|j| laws[j % 2]).collect();
        })
    };
    let beta = Latent::beta(2.0, 5.0)?;
    Ok([
        setting(12, [Latent::Uniform, beta])?,
        setting(4, [Latent::bernoulli(0.3)?, Latent::Uniform])?,
    ])
}

fn closed_form_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    for (setting_idx, setting) in settings(scope.arm)?.into_iter().enumerate() {
        add_setting(&mut design, setting_idx, CoreLaw::new(setting))?;
    }
    Ok(design)
}

fn add_setting(design: &mut Design, setting_idx: usize, law: CoreLaw) -> Result<()> {
    let n_core = law.setting.n_core;
    let deviations = [0, 1, 2].map(|time_idx| law.relative_deviation(time_idx));
    let key = Key::new("claim").child("linear/closed-form").index(setting_idx);
    let sample = Sample::new(key, move |seed| law.run(seed)).sizes(&[N_FEATURES]);
    let runs = design.sample(sample.until_decided(64, &SCATTERS[setting_idx]));
    let name = |what: &str| format!("{what}, {n_core} of {N_FEATURES} core");
    for (time_idx, (tau, deviation)) in TAUS.into_iter().zip(deviations).enumerate() {
        let expected = Expected { value: 1.0, deviation, margin: MEAN_MARGIN };
        let mean = runs.mean(window(expected)?, move |run: &CoreRun| run.ratios[time_idx]);
        let what = format!("core displacement over its closed form at tau = {tau}");
        let hypothesis = Hypothesis::exactly(1.0).within(MEAN_MARGIN);
        design.part(name(&what), hypothesis, mean).predicted(1.0);
    }
    design
        .part(
            name("variance of the standardised increments"),
            Hypothesis::exactly(1.0).within(VARIANCE_MARGIN),
            runs.sequential_variance(TAUS.len() * n_core, VARIANCE_MARGIN, |run| run.increments),
        )
        .predicted(1.0);
    // One product for each feature and each of the three pairs of times.
    let deviation = 1.0 / (3.0 * n_core as f64).sqrt();
    let expected = Expected { value: 0.0, deviation, margin: CORRELATION_MARGIN };
    design
        .part(
            name("correlation of increments"),
            Hypothesis::exactly(0.0).within(CORRELATION_MARGIN),
            runs.mean(window(expected)?, |run| run.correlation),
        )
        .predicted(0.0);
    design.inequality(
        name("premise: the hinge is active on every sample, largest margin"),
        runs.largest_of(|run| run.max_margin),
    );
    Ok(())
}

/// Where the deviation is small against the margin, the window still holds all that is allowed.
fn window(expected: Expected) -> Result<Window> {
    let half_width = (WINDOW_DEVIATIONS * expected.deviation).max(2.0 * expected.margin);
    Window::new(expected, half_width)
}

/// The core of one run; within a run all neurons share the batch noise, so only one is looked at.
struct CoreRun {
    /// At each time the displacement over its mean, averaged over the core features.
    ratios: [f64; 3],
    /// The standardised increments of all core features, from each time to the next.
    increments: Squares,
    /// The mean product of two increments of one feature.
    correlation: f64,
    max_margin: f64,
}

/// A setting, and the laws that its core follows.
struct CoreLaw {
    setting: Setting,
    /// The times in steps.
    times: [usize; 3],
    /// The laws of the displacements from the start to each time.
    displacements: [CoreIncrement; 3],
    /// The numbers of steps from each time to the next.
    n_steps: [usize; 3],
    /// The laws of the increments over these steps.
    increments: [CoreIncrement; 3],
}

impl CoreLaw {
    fn new(setting: Setting) -> Self {
        let times = TAUS.map(|tau| setting.steps_to(tau));
        let n_steps = [times[0], times[1] - times[0], times[2] - times[1]];
        CoreLaw {
            displacements: times.map(|n_steps| core_increment(&setting, n_steps)),
            increments: n_steps.map(|n_steps| core_increment(&setting, n_steps)),
            setting,
            times,
            n_steps,
        }
    }

    fn run(&self, seed: Seed) -> Result<CoreRun> {
        let seen = core_displacements(&self.setting, &self.times, seed)?;
        let increments = self.standardised_increments(&seen);
        Ok(CoreRun {
            ratios: [0, 1, 2].map(|time_idx| self.relative(&seen, time_idx)),
            correlation: correlation(&increments),
            increments: Squares::of_martingale_increments(increments.into_iter().flatten()),
            max_margin: seen.max_margin,
        })
    }

    /// The displacement at one time over its mean, averaged over the core features.
    fn relative(&self, seen: &CoreDisplacements, time_idx: usize) -> f64 {
        let means = &self.displacements[time_idx].means;
        let ratios = seen.displacements[time_idx].iter().zip(means).map(|(x, mean)| x / mean);
        mean(&ratios.collect::<Vec<_>>())
    }

    /// The standard deviation of [`CoreLaw::relative`].
    fn relative_deviation(&self, time_idx: usize) -> f64 {
        let CoreIncrement { means, standard_deviations } = &self.displacements[time_idx];
        let of_feature = |(deviation, mean): (&f64, &f64)| (deviation / mean).powi(2);
        let sum: f64 = standard_deviations.iter().zip(means).map(of_feature).sum();
        sum.sqrt() / means.len() as f64
    }

    /// Returns what each time adds to the decayed displacement of the one before, standardised:
    /// `[time][core feature]`.
    fn standardised_increments(&self, seen: &CoreDisplacements) -> Vec<Vec<f64>> {
        let mut before = vec![0.0; self.setting.n_core];
        let mut increments = Vec::with_capacity(TAUS.len());
        let laws = self.n_steps.iter().zip(&self.increments);
        for ((&n_steps, law), now) in laws.zip(&seen.displacements) {
            let kept = self.setting.shrinkage().powi(n_steps as i32);
            let standardise =
                |j: usize| (now[j] - kept * before[j] - law.means[j]) / law.standard_deviations[j];
            increments.push((0..self.setting.n_core).map(standardise).collect());
            before.clone_from(now);
        }
        increments
    }
}

/// The mean product of two increments of one feature, over the pairs of times and the features.
fn correlation(increments: &[Vec<f64>]) -> f64 {
    let pairs = (0..increments.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
    let products: Vec<f64> = pairs
        .flat_map(|(a, b)| increments[a].iter().zip(&increments[b]).map(|(x, y)| x * y))
        .collect();
    mean(&products)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_scatters_are_those_of_the_laws() {
        for (setting, scatters) in settings(Arm::Claim).unwrap().into_iter().zip(SCATTERS) {
            let margins = CoreLaw::new(setting).relative_deviation(0) / MEAN_MARGIN;
            let declared = scatters[0].deviation;
            assert!(margins <= declared && declared < 1.1 * margins, "{margins} {declared}");
        }
    }

    #[test]
    fn increments_of_the_closed_form_itself_are_zero() {
        let [setting, _] = settings(Arm::Claim).unwrap();
        let law = CoreLaw::new(setting);
        let means = law.displacements.iter().map(|law| law.means.clone());
        let exact = CoreDisplacements { displacements: means.collect(), max_margin: 0.0 };
        let increments = law.standardised_increments(&exact);
        assert!(increments.iter().flatten().all(|x| x.abs() < 1e-10), "{increments:?}");
        let seen = core_displacements(&law.setting, &law.times, Seed::root(1)).unwrap();
        let increments = law.standardised_increments(&seen);
        assert!(increments.iter().flatten().all(|x| x.abs() < 6.0), "{increments:?}");
    }
}
