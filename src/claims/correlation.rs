//! Claims on a background that leans on the label: contamination comes on top of what a linear network learns.

use crate::error::Result;
use crate::observe::{Schedule, SetNeuron, feature_projections, initial_set, record};
use crate::predict::{AssociatedFixedPoint, finite_size_margin, linear_ratio};
use crate::seed::Seed;
use crate::setting::{Activation, EngineKind, Label, Setting};
use crate::stats::Replicates;

use super::lab::Budget;
use super::linear::TAU as LINEAR_TAU;
use super::plan::Work;
use super::scenario::Times;
use super::sharp::{mean_difference, within};
use super::{Arm, Draft, Lab, Tier};

/// Associations of the background with the label.
const ASSOCIATIONS: [f64; 2] = [0.25, 0.5];

fn n_features(tier: Tier) -> usize {
    if tier == Tier::Quick { 32 } else { 64 }
}

fn n_runs(tier: Tier) -> usize {
    match tier {
        Tier::Quick => 96,
        Tier::Standard => 64,
        Tier::Deep => 192,
    }
}

/// Linear runs cost a tenth, and scatter by several margins.
fn n_linear_runs(tier: Tier) -> usize {
    8 * n_runs(tier)
}

fn setting(tier: Tier, activation: Activation, association: f64) -> Result<Setting> {
    Setting::theorem(n_features(tier)).with(|p| {
        p.activation = activation;
        p.background_association = association;
    })
}

/// What the theory is told: in a control that the background leans the other way.
fn told(setting: &Setting, arm: Arm) -> Result<Setting> {
    match arm {
        Arm::Claim => Ok(setting.clone()),
        Arm::Control => setting.with(|p| p.background_association = -p.background_association),
    }
}

/// Background over core learned by the initial set of each own class, at T1; nothing where a set is empty.
fn ratios(setting: &Setting, seed: Seed) -> Result<Option<[f64; 2]>> {
    let t1 = Times::of(setting).t1;
    let run = record(setting, seed, &Schedule::weights(&[t1]))?;
    // The features of the start are those of an independent background: the set is the same for every
    // association of one seed.
    let set = initial_set(setting, run.start.as_ref());
    let of_class = |own: Label| -> Option<f64> {
        let set: Vec<SetNeuron> = set.iter().copied().filter(|neuron| neuron.own == own).collect();
        let (core, background) = feature_projections(setting, run.weights[0].as_ref(), &set);
        (!set.is_empty()).then_some(background / core)
    };
    let by_class = of_class(Label::Positive).zip(of_class(Label::Negative));
    Ok(by_class.map(|(positive, negative)| [positive, negative]))
}

/// `correlation/ratio`: by how much an association moves what the initial set learns of the background.
pub(super) fn ratio(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let tier = lab.tier();
    let seed = lab.seed("correlation/ratio");
    let independent = setting(tier, Activation::Relu, 0.0)?;
    let margin = ratio_margin(&independent)?;
    let [weak, strong] = ASSOCIATIONS.map(|a| setting(tier, Activation::Relu, a));
    let leaning = [weak?, strong?];
    // What an independent background has from the same start is taken away from both.
    let changes = lab.replicates(n_runs(tier), seed, |seed| {
        let plain = ratios(&independent, seed)?;
        let change = |setting| -> Result<Option<[f64; 2]>> {
            let pair = ratios(setting, seed)?.zip(plain);
            Ok(pair.map(|(leaning, plain)| [leaning[0] - plain[0], leaning[1] - plain[1]]))
        };
        Ok([change(&leaning[0])?, change(&leaning[1])?])
    })?;
    let mut drafts = Vec::new();
    for (at, association) in ASSOCIATIONS.into_iter().enumerate() {
        let told = told(&leaning[at], arm)?;
        for (idx, own) in [Label::Positive, Label::Negative].into_iter().enumerate() {
            let predicted = AssociatedFixedPoint::solve(&told, own)?.ratio
                - AssociatedFixedPoint::solve(&independent, own)?.ratio;
            let off =
                changes.filter_map(|by_class| by_class[at].map(|change| change[idx] - predicted));
            let class = if own == Label::Positive { "+1" } else { "-1" };
            let name = format!(
                "association {association}, neurons of class {class}: change of background over core, \
                 measured less predicted"
            );
            drafts.push(draft(name, &independent, &off, (margin, margin))?);
        }
    }
    Ok(drafts)
}

/// What the finite-size margin of `P` moves in the ratio, `2 / (1 + P)^2` times, twice: of two runs.
fn ratio_margin(setting: &Setting) -> Result<f64> {
    let p = AssociatedFixedPoint::solve(setting, Label::Positive)?.other_class_activation;
    Ok(2.0 * 2.0 / (1.0 + p).powi(2) * finite_size_margin(setting))
}

/// A mean difference of runs with this margin that scatter by this deviation.
fn draft(
    name: String,
    setting: &Setting,
    off: &Replicates<f64>,
    (margin, deviation): (f64, f64),
) -> Result<Draft> {
    let mean = mean_difference(off, margin, deviation)?;
    Ok(Draft::new(name, &[setting.n_features()], mean, within(margin)).predicted(0.0))
}

/// `correlation/linear`: a linear network learns of the background what leans on the label, and no more.
pub(super) fn linear(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let tier = lab.tier();
    let seed = lab.seed("correlation/linear");
    let mut drafts = Vec::new();
    for association in ASSOCIATIONS {
        let setting = setting(tier, Activation::Identity, association)?;
        let predicted = linear_ratio(&told(&setting, arm)?)?;
        let off = lab.replicates(n_linear_runs(tier), seed, |seed| {
            Ok(linear_ratio_of_run(&setting, seed)? - predicted)
        })?;
        let margin = finite_size_margin(&setting);
        // The labels of some 2,000 samples are balanced to one in 40.
        let scale = (margin, 3.5 * margin);
        let name =
            format!("association {association}: background over core, measured less predicted");
        drafts.push(draft(name, &setting, &off, scale)?);
    }
    Ok(drafts)
}

/// The mean background projections of both classes' neurons, their difference, over the core, while the hinge
/// is active on every sample. What is common to both classes is of the start.
fn linear_ratio_of_run(setting: &Setting, seed: Seed) -> Result<f64> {
    let run = record(setting, seed, &Schedule::weights(&[setting.steps_to(LINEAR_TAU)]))?;
    let of_class = |own: Label| {
        let neurons = (0..setting.width).filter(|&k| setting.own_class(k) == own);
        let neurons: Vec<SetNeuron> =
            neurons.map(|neuron_idx| SetNeuron { neuron_idx, own }).collect();
        feature_projections(setting, run.weights[0].as_ref(), &neurons)
    };
    let (positive, negative) = (of_class(Label::Positive), of_class(Label::Negative));
    Ok((positive.1 - negative.1) / (positive.0 + negative.0))
}

pub(super) fn ratio_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let associations = std::iter::once(0.0).chain(ASSOCIATIONS);
    associations.map(|a| work(tier, Activation::Relu, a, n_runs(tier))).collect()
}

pub(super) fn linear_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let associations = ASSOCIATIONS.into_iter();
    associations.map(|a| work(tier, Activation::Identity, a, n_linear_runs(tier))).collect()
}

fn work(tier: Tier, activation: Activation, association: f64, n_runs: usize) -> Result<Work> {
    let setting = setting(tier, activation, association)?;
    let n_steps = match activation {
        Activation::Identity => setting.steps_to(LINEAR_TAU),
        _ => Times::of(&setting).t1,
    };
    let name = format!("correlation, {activation}, association {association}");
    let work = Work::own(name, setting, EngineKind::Feature, n_steps, Budget::fixed(n_runs));
    Ok(Work { is_double: false, ..work })
}
