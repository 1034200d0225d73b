//! Claims on a background that leans on the label: contamination comes on top of what a linear
//! network learns.

use crate::error::Result;
use crate::observe::{Schedule, SetNeuron, feature_projections, initial_set, record};
use crate::predict::{AssociatedFixedPoint, finite_size_margin, linear_ratio};
use crate::seed::Seed;
use crate::setting::{Activation, ByLabel, EngineKind, Label, Setting};
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Sample, Scope};

use super::cost;
use super::effort::Effort;
use super::linear::TAU as LINEAR_TAU;
use super::mean::difference_part;
use super::scenario::Times;

/// Associations of the background with the label.
const ASSOCIATIONS: [f64; 2] = [0.25, 0.5];

fn n_features(effort: Effort) -> usize {
    if effort == Effort::Quick { 32 } else { 64 }
}

fn n_runs(effort: Effort) -> usize {
    match effort {
        Effort::Quick => 96,
        Effort::Standard => 64,
        Effort::Deep => 192,
    }
}

/// Linear runs cost a tenth of a ReLU run, and scatter by several margins.
fn n_linear_runs(effort: Effort) -> usize {
    8 * n_runs(effort)
}

fn setting(effort: Effort, activation: Activation, association: f64) -> Result<Setting> {
    Setting::theorem(n_features(effort)).with(|p| {
        p.activation = activation;
        p.background_association = association;
    })
}

/// One setting for each of the [`ASSOCIATIONS`].
fn leaning(effort: Effort, activation: Activation) -> Result<[Setting; 2]> {
    let [weak, strong] = ASSOCIATIONS.map(|a| setting(effort, activation, a));
    Ok([weak?, strong?])
}

/// What the theory is told: in a control that the background leans the other way.
fn told(setting: &Setting, arm: Arm) -> Result<Setting> {
    match arm {
        Arm::Claim => Ok(setting.clone()),
        Arm::Control => setting.with(|p| p.background_association = -p.background_association),
    }
}

/// `correlation/ratio`.
pub(super) fn ratio() -> Claim {
    Claim::new(
        "correlation/ratio",
        "Of a background that leans on the label ReLU neurons learn the contamination of an \
         independent one plus what a linear network learns.",
        ratio_design,
    )
    .source("notation 6, 10")
    .kind(Kind::Band)
    .control("a background that leans the other way")
    .cost("pairs of runs up to T1")
    .card(card!("correlation/ratio"))
}

/// The ratios of one start at each of the [`ASSOCIATIONS`], less those of an independent
/// background; none where a class has no initial set.
struct Changes([Option<ByLabel<f64>>; 2]);

fn ratio_design(scope: &Scope) -> Result<Design> {
    let effort = Effort::of(scope);
    let independent = setting(effort, Activation::Relu, 0.0)?;
    let leaning = leaning(effort, Activation::Relu)?;
    let told = [told(&leaning[0], scope.arm)?, told(&leaning[1], scope.arm)?];
    let margin = ratio_margin(&independent)?;
    let expected = Expected { value: 0.0, deviation: margin, margin };

    let mut design = Design::new();
    let plain = independent.clone();
    let probed = [independent.clone(), leaning[0].clone(), leaning[1].clone()];
    let key = Key::new("claim").child("correlation/ratio");
    let sample = Sample::new(key, move |seed| changes(&plain, &leaning, seed))
        .sizes(&[n_features(effort)])
        .runs(n_runs(effort))
        .cost(move || {
            let of_run = |setting| {
                cost::of_training::<f32>(setting, EngineKind::Feature, Times::of(setting).t1)
            };
            probed.iter().map(of_run).sum()
        });
    let runs = design.sample(sample);
    for (at, (association, told)) in ASSOCIATIONS.iter().zip(&told).enumerate() {
        for (own, class) in [(Label::Positive, "+1"), (Label::Negative, "-1")] {
            let predicted = AssociatedFixedPoint::solve(told, own)?.ratio
                - AssociatedFixedPoint::solve(&independent, own)?.ratio;
            let off =
                move |Changes(run): &Changes| run[at].map(|change| change.of(own) - predicted);
            let name = format!(
                "association {association}, neurons of class {class}: change of background over \
                 core, measured less predicted"
            );
            difference_part(&mut design, name, runs, expected, off)?;
        }
    }
    Ok(design)
}

/// By how much the ratio may be off: the finite-size margin of `P` moves it by `2 / (1 + P)^2`
/// times as much, in each of two runs.
fn ratio_margin(setting: &Setting) -> Result<f64> {
    let p = AssociatedFixedPoint::solve(setting, Label::Positive)?.other_class_activation;
    Ok(2.0 * 2.0 / (1.0 + p).powi(2) * finite_size_margin(setting))
}

fn changes(independent: &Setting, leaning: &[Setting; 2], seed: Seed) -> Result<Changes> {
    let plain = ratios(independent, seed)?;
    let change = |leaning: &Setting| -> Result<Option<ByLabel<f64>>> {
        let both = ratios(leaning, seed)?.zip(plain);
        Ok(both.map(|(leaning, plain)| ByLabel::from_fn(|own| leaning.of(own) - plain.of(own))))
    };
    Ok(Changes([change(&leaning[0])?, change(&leaning[1])?]))
}

/// Background over core learned by the initial set of each own class, at `T1`; none where one of
/// the sets is empty.
fn ratios(setting: &Setting, seed: Seed) -> Result<Option<ByLabel<f64>>> {
    let t1 = Times::of(setting).t1;
    let run = record(setting, seed, &Schedule::weights(&[t1]))?;
    // The initial set is defined by the start and by the law of an independent background: it is
    // the same for every association of one seed.
    let set = initial_set(setting, run.start.as_ref());
    let of_class = |own: Label| -> Option<f64> {
        let set: Vec<SetNeuron> = set.iter().copied().filter(|neuron| neuron.own == own).collect();
        let (core, background) = feature_projections(setting, run.weights[0].as_ref(), &set);
        (!set.is_empty()).then_some(background / core)
    };
    let by_class = of_class(Label::Positive).zip(of_class(Label::Negative));
    Ok(by_class.map(|(positive, negative)| ByLabel { positive, negative }))
}

/// `correlation/linear`.
pub(super) fn linear() -> Claim {
    Claim::new(
        "correlation/linear",
        "A linear network learns of the background what leans on the label, delta / mu, and no \
         more.",
        linear_design,
    )
    .source("notation 4, 10")
    .kind(Kind::Band)
    .control("a background that leans the other way")
    .cost("linear runs up to T1")
    .card(card!("correlation/linear"))
}

/// Background over core learned from one start at each of the [`ASSOCIATIONS`].
struct LinearRatios([f64; 2]);

fn linear_design(scope: &Scope) -> Result<Design> {
    let effort = Effort::of(scope);
    let leaning = leaning(effort, Activation::Identity)?;
    let margin = finite_size_margin(&leaning[0]);
    // The labels of some 2,000 samples are balanced to one in 40.
    let expected = Expected { value: 0.0, deviation: 3.5 * margin, margin };
    let predicted = [
        linear_ratio(&told(&leaning[0], scope.arm)?)?,
        linear_ratio(&told(&leaning[1], scope.arm)?)?,
    ];

    let mut design = Design::new();
    let key = Key::new("claim").child("correlation/linear");
    let sample = Sample::new(key, move |seed| {
        let [weak, strong] = &leaning;
        Ok(LinearRatios([linear_ratio_of_run(weak, seed)?, linear_ratio_of_run(strong, seed)?]))
    });
    let sample = sample.sizes(&[n_features(effort)]).runs(n_linear_runs(effort));
    let runs = design.sample(sample);
    for (at, (association, predicted)) in ASSOCIATIONS.into_iter().zip(predicted).enumerate() {
        let off = move |LinearRatios(run): &LinearRatios| run[at] - predicted;
        let name =
            format!("association {association}: background over core, measured less predicted");
        difference_part(&mut design, name, runs, expected, off)?;
    }
    Ok(design)
}

/// The difference between the mean background projections of the two classes' neurons, over the sum
/// of their core projections, while the hinge is active on every sample. The difference drops what
/// both classes have in common, which comes from the start.
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
