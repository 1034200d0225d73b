//! Claims on the neurons that start well: the initial set.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::error::Result;
use crate::network::gaussian_start;
use crate::observe::{initial_set, initial_set_beyond};
use crate::predict::initial_set_share;
use crate::seed::Seed;
use crate::setting::{ByLabel, EngineKind, Label, Latent, Setting};
use crate::stats::{Hypothesis, Proportion, Rates};

use super::lab::Budget;
use super::plan::Work;
use super::{Arm, Draft, Lab, Tier};

/// The threshold `c0` of the initial set, as the card states it.
const THRESHOLD: f64 = 1.0;
/// The relative error of a share that is small enough.
const MARGIN: f64 = 0.1;
/// Numbers of features and of core features, and laws. The largest size has the split of the ladder alone,
/// because the smaller set of another split would take several times as many neurons.
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

/// One setting with what is predicted for it.
struct Case {
    setting: Setting,
    share: f64,
    n_starts: usize,
}

impl Case {
    fn all(tier: Tier) -> Result<Vec<Case>> {
        let n_parts = CASES.len() * Label::BOTH.len();
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
            let n_neurons = neurons_needed(share, tier.rates(), n_parts);
            let n_starts = (n_neurons / (setting.width / 2) as f64).ceil() as usize;
            Ok(Case { setting, share, n_starts })
        };
        CASES.iter().map(case).collect()
    }
}

/// Neurons of one sign after which, all parts together, a true share is supported within the margin but for
/// the miss rate: a share has the relative standard deviation `sqrt((1 - p) / (p n))`, and the margin must
/// hold the quantile of the interval and that of the estimate.
fn neurons_needed(share: f64, rates: Rates, n_parts: usize) -> f64 {
    let quantile = |tail: f64| Normal::new(0.0, 1.0).map_or(f64::NAN, |law| -law.inverse_cdf(tail));
    let deviations = quantile(rates.beta) + quantile(rates.beta / n_parts as f64);
    (deviations / MARGIN).powi(2) * (1.0 - share) / share
}

/// `neurons/initial-sets`: neurons are independent before the first batch, so here each one is a sample of
/// its own.
pub(super) fn initial_sets(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let seed = lab.seed("neurons/initial-sets");
    let mut drafts = Vec::new();
    for (case_idx, case) in Case::all(lab.tier())?.iter().enumerate() {
        let counts = lab.replicates(case.n_starts, seed.index(case_idx), |seed| {
            Ok(members(&case.setting, arm, seed))
        })?;
        for label in Label::BOTH {
            let share = Proportion {
                n_successes: counts.iter().map(|count| *count.of(label)).sum(),
                n_trials: case.setting.width / 2 * counts.n_runs(),
            };
            drafts.push(draft(case, label, share));
        }
    }
    Ok(drafts)
}

fn draft(case: &Case, label: Label, share: Proportion) -> Draft {
    let Case { setting, share: predicted, .. } = case;
    let (d0, d_c, latent) = (setting.n_features(), setting.n_core, setting.latents[0]);
    let name = format!(
        "share of the neurons of sign {:+} in their initial set, {latent}, {d_c} of {d0} core",
        label.sign()
    );
    Draft::new(name, &[d0], share, Hypothesis::value(*predicted, MARGIN * predicted))
        .predicted(*predicted)
}

/// How many neurons of each sign are in the initial set of one start.
fn members(setting: &Setting, arm: Arm, seed: Seed) -> ByLabel<usize> {
    let (m, d0, d) = (setting.width, setting.n_features(), setting.ambient_dim);
    let start: faer::Mat<f64> = gaussian_start(m, d0, d, seed.child("start"));
    let set = match arm {
        Arm::Claim => initial_set(setting, start.as_ref()),
        Arm::Control => initial_set_beyond(setting, start.as_ref(), 2.0 * THRESHOLD),
    };
    ByLabel::from_fn(|label| set.iter().filter(|neuron| neuron.own == label).count())
}

pub(super) fn initial_sets_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let of_case = |case: Case| {
        let name = format!(
            "neurons/initial-sets, {}, {} of {} core",
            case.setting.latents[0],
            case.setting.n_core,
            case.setting.n_features()
        );
        Work::own(name, case.setting, EngineKind::Feature, 0, Budget::fixed(case.n_starts))
    };
    Ok(Case::all(tier)?.into_iter().map(of_case).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Estimate, Verdict, decide};

    #[test]
    fn the_starts_resolve_the_margin_and_a_doubled_threshold() {
        for tier in Tier::ALL {
            let rates = Rates { alpha: tier.rates().alpha / 2000.0, ..tier.rates() };
            for case in Case::all(tier).unwrap() {
                let n_trials = case.n_starts * case.setting.width / 2;
                let count = |share: f64| Proportion {
                    n_successes: (share * n_trials as f64).round() as usize,
                    n_trials,
                };
                let hypothesis = Hypothesis::value(case.share, MARGIN * case.share);
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
