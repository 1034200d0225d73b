//! The claim on the closed form of a linear network's core.

use crate::error::Result;
use crate::linalg::mean;
use crate::observe::{CoreDisplacements, core_displacements as observe_displacements};
use crate::predict::{CoreIncrement, core_increment};
use crate::setting::{Activation, EngineKind, Latent, Setting};
use crate::stats::{Bets, BoundedMean, Bounds, Exact, Hypothesis, Replicates, SequentialVariance};

use super::lab::Budget;
use super::plan::{Need, PartDesign, Work};
use super::{Arm, Draft, Lab, LiveDraft, Tier};

/// The times, in the theorem's unit; with these settings the margin of no sample can pass 1.
const TAUS: [f64; 3] = [1.0, 2.0, 3.0];
/// A mean displacement may be off its closed form by this share.
const MEAN_MARGIN: f64 = 0.01;
/// Relative error of the variance of an increment that is small enough.
const VARIANCE_MARGIN: f64 = 0.1;
/// Correlation of increments that is small enough.
const CORRELATION_MARGIN: f64 = 0.1;
/// Means are winsorised at this many of their standard deviations. Each is one of hundreds of batches'
/// terms, so nearly normal, and this moves it by less than 1e-5 of a standard deviation.
const WINDOW_DEVIATIONS: f64 = 4.0;

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

const N_FEATURES: usize = 16;

/// The times in steps.
fn times(setting: &Setting) -> Vec<usize> {
    TAUS.iter().map(|&tau| setting.steps_to(tau)).collect()
}

/// `linear/closed-form`: within a run all neurons share the batch noise, so only one is looked at.
pub(super) fn closed_form(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let seed = lab.seed("linear/closed-form");
    let mut drafts = Vec::new();
    for (setting_idx, setting) in settings(arm)?.iter().enumerate() {
        let times = times(setting);
        let live = lab.until_decided(
            need(setting_idx).budget(lab.tier()),
            seed.index(setting_idx),
            |seed| observe_displacements(setting, &times, seed),
            |runs| displacement_drafts(setting, &times, runs),
        )?;
        drafts.extend(live.into_iter().map(Draft::from));
    }
    Ok(drafts)
}

/// Parts of both settings together.
const N_PARTS: usize = 12;

/// At `tau = 1` the mean of a run scatters by 0.0103 and 0.0361 of the closed form (`relative_deviation`): 1.03
/// and 3.61 margins. Squares scatter by `sqrt 2`, 14.2 margins, and a run has three for each core
/// feature; products of increments by 1, 10 margins, likewise.
fn need(setting_idx: usize) -> Need {
    const WIDE: &[PartDesign] = &[
        PartDesign { deviation: 1.05, n_per_run: 1.0 },
        PartDesign { deviation: 14.2, n_per_run: 36.0 },
        PartDesign { deviation: 10.0, n_per_run: 36.0 },
    ];
    const NARROW: &[PartDesign] = &[
        PartDesign { deviation: 3.65, n_per_run: 1.0 },
        PartDesign { deviation: 14.2, n_per_run: 12.0 },
        PartDesign { deviation: 10.0, n_per_run: 12.0 },
    ];
    let designs = if setting_idx == 0 { WIDE } else { NARROW };
    Need { designs, chunk: 64, n_parts: N_PARTS }
}

pub(super) fn closed_form_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let of_setting = |(setting_idx, setting): (usize, Setting)| {
        let budget: Budget = need(setting_idx).budget(tier);
        let name = format!("linear/closed-form, {} of {N_FEATURES} core", setting.n_core);
        let n_steps = times(&setting)[TAUS.len() - 1];
        Work::own(name, setting, EngineKind::Feature, n_steps, budget)
    };
    Ok(settings(arm)?.into_iter().enumerate().map(of_setting).collect())
}

fn displacement_drafts(
    setting: &Setting,
    times: &[usize],
    runs: &Replicates<CoreDisplacements>,
) -> Result<Vec<LiveDraft>> {
    let name = |what: String| format!("{what}, {} of {N_FEATURES} core", setting.n_core);
    let part = |what: String, estimate: BoundedMean, hypothesis: Hypothesis, value: f64| {
        LiveDraft::new(name(what), &[N_FEATURES], estimate, hypothesis).predicted(value)
    };
    let mut drafts = Vec::new();
    for (time_idx, (&n_steps, tau)) in times.iter().zip(TAUS).enumerate() {
        let law = core_increment(setting, n_steps);
        let ratios = runs.map(|run| relative(&run.displacements[time_idx], &law));
        let mean = near(&ratios, 1.0, relative_deviation(&law), MEAN_MARGIN)?;
        let what = format!("core displacement over its closed form at tau = {tau}");
        drafts.push(part(what, mean, Hypothesis::value(1.0, MEAN_MARGIN), 1.0));
    }
    let laws = increment_laws(setting, times);
    let standardised = runs.map(|run| standardised_increments(setting, times, &laws, run));
    let variables = standardised.iter().flatten().flatten().copied();
    drafts.push(
        LiveDraft::new(
            name("variance of the standardised increments".to_owned()),
            &[N_FEATURES],
            SequentialVariance::of(variables, VARIANCE_MARGIN)?,
            Hypothesis::value(1.0, VARIANCE_MARGIN),
        )
        .predicted(1.0),
    );
    let correlations = standardised.map(|increments| correlation(increments));
    let deviation = 1.0 / (3.0 * setting.n_core as f64).sqrt();
    let mean = near(&correlations, 0.0, deviation, CORRELATION_MARGIN)?;
    let hypothesis = Hypothesis::value(0.0, CORRELATION_MARGIN);
    drafts.push(part("correlation of increments".to_owned(), mean, hypothesis, 0.0));
    drafts.push(LiveDraft::inequality(
        name("premise: the hinge is active on every sample, largest margin".to_owned()),
        &[N_FEATURES],
        Exact::largest(runs.iter().map(|run| (run.max_margin, 0.0))),
    ));
    Ok(drafts)
}

/// The mean of one number per run, of this mean and standard deviation if the claim is true.
fn near(runs: &Replicates<f64>, value: f64, deviation: f64, margin: f64) -> Result<BoundedMean> {
    // A window around all that is allowed, for where a deviation is small against the margin.
    let window = Bounds::around(value, (WINDOW_DEVIATIONS * deviation).max(2.0 * margin))?;
    let bets = Bets::resolving(margin).expecting(value, deviation);
    BoundedMean::winsorised(runs, window, bets)
}

/// The displacement over its mean, averaged over the core features.
fn relative(displacement: &[f64], law: &CoreIncrement) -> f64 {
    let ratios: Vec<f64> = displacement.iter().zip(&law.means).map(|(x, mean)| x / mean).collect();
    mean(&ratios)
}

/// The standard deviation of [`relative`].
fn relative_deviation(law: &CoreIncrement) -> f64 {
    let of_feature = |(deviation, mean): (&f64, &f64)| (deviation / mean).powi(2);
    let sum: f64 = law.standard_deviations.iter().zip(&law.means).map(of_feature).sum();
    sum.sqrt() / law.means.len() as f64
}

/// The laws of the increments from each time to the next.
fn increment_laws(setting: &Setting, times: &[usize]) -> Vec<CoreIncrement> {
    steps_between(times).map(|n_steps| core_increment(setting, n_steps)).collect()
}

fn steps_between(times: &[usize]) -> impl Iterator<Item = usize> {
    let before = std::iter::once(&0).chain(times);
    times.iter().zip(before).map(|(time, before)| time - before)
}

/// What each time adds to the decayed displacement of the one before, standardised: `[time][core feature]`.
fn standardised_increments(
    setting: &Setting,
    times: &[usize],
    laws: &[CoreIncrement],
    run: &CoreDisplacements,
) -> Vec<Vec<f64>> {
    let mut before = vec![0.0; setting.n_core];
    let mut increments = Vec::with_capacity(times.len());
    for ((n_steps, law), now) in steps_between(times).zip(laws).zip(&run.displacements) {
        let kept = setting.shrinkage().powi(n_steps as i32);
        let standardise =
            |j: usize| (now[j] - kept * before[j] - law.means[j]) / law.standard_deviations[j];
        increments.push((0..setting.n_core).map(standardise).collect());
        before.clone_from(now);
    }
    increments
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
    use crate::seed::Seed;

    #[test]
    fn declared_deviations_are_those_of_the_laws() {
        for (setting_idx, setting) in settings(Arm::Claim).unwrap().iter().enumerate() {
            let law = core_increment(setting, times(setting)[0]);
            let margins = relative_deviation(&law) / MEAN_MARGIN;
            let declared = need(setting_idx).designs[0].deviation;
            assert!(margins <= declared && declared < 1.1 * margins, "{setting_idx}: {margins}");
        }
    }

    #[test]
    fn increments_of_the_closed_form_itself_are_zero() {
        let setting = &settings(Arm::Claim).unwrap()[0];
        let times = times(setting);
        let means = |&n_steps: &usize| core_increment(setting, n_steps).means;
        let run =
            CoreDisplacements { displacements: times.iter().map(means).collect(), max_margin: 0.0 };
        let laws = increment_laws(setting, &times);
        let increments = standardised_increments(setting, &times, &laws, &run);
        assert!(increments.iter().flatten().all(|x| x.abs() < 1e-10), "{increments:?}");
        let seen = observe_displacements(setting, &times, Seed::root(1)).unwrap();
        let increments = standardised_increments(setting, &times, &laws, &seen);
        assert!(increments.iter().flatten().all(|x| x.abs() < 6.0), "{increments:?}");
    }
}
