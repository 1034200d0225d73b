//! The claim on the neurons that start well: the initial set.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::error::Result;
use crate::network::gaussian_start;
use crate::observe::{initial_set, initial_set_beyond};
use crate::predict::initial_set_share;
use crate::seed::Seed;
use crate::setting::{ByLabel, Label, Latent, Setting};
use crate::stats::Hypothesis;
use crate::study::{Arm, Claim, Design, Key, Kind, Runs, Sample, Scope};

/// The threshold `c0` of the initial set, as the card states it.
const THRESHOLD: f64 = 1.0;
/// The relative error of a share that is small enough.
const MARGIN: f64 = 0.1;
/// Numbers of features and of core features, and laws. The largest size has the split of the ladder
/// alone, because the smaller set of another split would take several times as many neurons.
const CASES: [(usize, usize, Law); 10] = [
    (16, 4, Law::Uniform),
    (16, 8, Law::Uniform),
    (16, 12, Law::Uniform),
    (16, 4, Law::Beta),
    (16, 8, Law::Beta),
    (16, 12, Law::Beta),
    (64, 16, Law::Uniform),
    (64, 32, Law::Beta),
    (64, 48, Law::Uniform),
    (256, 128, Law::Uniform),
];

#[derive(Debug, Clone, Copy)]
enum Law {
    Uniform,
    /// Beta(2, 5).
    Beta,
}

/// `neurons/initial-sets`.
pub(super) fn initial_sets() -> Claim {
    Claim::new(
        "neurons/initial-sets",
        "At the start the initial set N_y(0) holds exactly the share of the neurons that the law \
         of a uniform direction gives.",
        design,
    )
    .source("notation 4; Zhang et al. 2024, theorem 4.1 (neuron sets)")
    .kind(Kind::Band)
    .control("c0 doubled without saying so")
    .cost("sampling of starts")
    .card(card!("neurons/initial-sets"))
}

/// Neurons are independent before the first batch. Here, unlike in a run, each of them is a sample
/// of its own.
fn design(scope: &Scope) -> Result<Design> {
    let key = Key::new("claim").child("neurons/initial-sets");
    let arm = scope.arm;
    let mut design = Design::new();
    for (case_idx, case) in Case::all(scope.rates.beta)?.into_iter().enumerate() {
        let setting = case.setting.clone();
        let sample =
            Sample::new(key.index(case_idx), move |seed| Ok(n_members(&setting, arm, seed)));
        let sample = sample.sizes(&[case.setting.n_features()]).runs(case.n_starts);
        let starts = design.sample(sample);
        for label in Label::BOTH {
            share(&mut design, &case, label, starts);
        }
    }
    Ok(design)
}

/// One setting, with the share that is predicted for it and the number of starts that decide.
struct Case {
    setting: Setting,
    share: f64,
    n_starts: usize,
}

impl Case {
    /// Returns all cases, with the numbers of starts that this miss rate takes.
    fn all(beta: f64) -> Result<Vec<Case>> {
        let case = |&(n_features, n_core, law)| {
            let latent = match law {
                Law::Uniform => Latent::Uniform,
                Law::Beta => Latent::beta(2.0, 5.0)?,
            };
            let setting = Setting::theorem(n_features).with(|p| {
                p.n_core = n_core;
                p.latents = vec![latent; n_features];
            })?;
            let share = initial_set_share(&setting, THRESHOLD)?.value;
            let n_starts = neurons_needed(share, beta) / n_of_one_sign(&setting) as f64;
            Ok(Case { setting, share, n_starts: n_starts.ceil() as usize })
        };
        CASES.iter().map(case).collect()
    }
}

/// Returns how many neurons of a network have output weights of one sign.
fn n_of_one_sign(setting: &Setting) -> usize {
    setting.width / 2
}

/// Returns the number of neurons of one sign that support the true shares of all parts within the
/// margin, except with probability `beta`. A share has the relative standard deviation
/// `sqrt((1 - p) / (p n))`, and the margin must hold the quantile of the interval and that of the
/// estimate.
fn neurons_needed(share: f64, beta: f64) -> f64 {
    let n_parts = CASES.len() * Label::BOTH.len();
    let quantile = |tail: f64| Normal::new(0.0, 1.0).map_or(f64::NAN, |law| -law.inverse_cdf(tail));
    let deviations = quantile(beta) + quantile(beta / n_parts as f64);
    (deviations / MARGIN).powi(2) * (1.0 - share) / share
}

/// Adds the part on the share of the neurons of one sign that are in their initial set.
fn share(design: &mut Design, case: &Case, label: Label, starts: Runs<ByLabel<usize>>) {
    let setting = &case.setting;
    let (d0, d_c, latent) = (setting.n_features(), setting.n_core, setting.latents[0]);
    let name = format!(
        "share of the neurons of sign {:+} in their initial set, {latent}, {d_c} of {d0} core",
        label.sign()
    );
    let claimed = Hypothesis::exactly(case.share).within(MARGIN * case.share);
    let n_neurons = n_of_one_sign(setting);
    let share = starts.proportion(n_neurons, move |count| (*count.of(label), n_neurons));
    design.part(name, claimed, share).predicted(case.share);
}

/// Returns how many neurons of each sign are in the initial set of one start.
fn n_members(setting: &Setting, arm: Arm, seed: Seed) -> ByLabel<usize> {
    let (m, d0, d) = (setting.width, setting.n_features(), setting.ambient_dim);
    let start: faer::Mat<f64> = gaussian_start(m, d0, d, seed.child("start"));
    let set = match arm {
        Arm::Claim => initial_set(setting, start.as_ref()),
        Arm::Control => initial_set_beyond(setting, start.as_ref(), 2.0 * THRESHOLD),
    };
    ByLabel::from_fn(|label| set.iter().filter(|neuron| neuron.own == label).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::effort::TIERS;
    use crate::stats::{Estimate, Proportion, Rates, Verdict, decide};

    #[test]
    fn the_starts_resolve_the_margin_and_a_doubled_threshold() {
        for tier in TIERS {
            let rates = Rates { alpha: tier.rates.alpha / 2000.0, ..tier.rates };
            for case in Case::all(rates.beta).unwrap() {
                let n_trials = case.n_starts * n_of_one_sign(&case.setting);
                let count = |share: f64| Proportion {
                    n_successes: (share * n_trials as f64).round() as usize,
                    n_trials,
                };
                let hypothesis = Hypothesis::exactly(case.share).within(MARGIN * case.share);
                let as_predicted = decide(&count(case.share), hypothesis, rates);
                assert_eq!(as_predicted.verdict, Verdict::Supported);
                // Half of the margin and more is left for the scatter of the estimate.
                let half_width = count(case.share).interval(rates.beta).half_width();
                assert!(half_width < 0.5 * MARGIN * case.share);
                let doubled = initial_set_share(&case.setting, 2.0 * THRESHOLD).unwrap().value;
                assert_eq!(decide(&count(doubled), hypothesis, rates).verdict, Verdict::Refuted);
            }
        }
    }
}
