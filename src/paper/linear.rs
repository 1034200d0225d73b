//! Claims on linear networks: background cancels, and both risks vanish.

use crate::error::Result;
use crate::linalg::mean;
use crate::observe::background_displacement as observe_displacement;
use crate::predict::{background_displacement, core_displacement, linear_risk};
use crate::setting::{Activation, EngineKind, Setting};
use crate::stats::{Hypothesis, Region, Squares};
use crate::study::{Arm, Claim, Design, Expected, Key, Kind, Sample, Scatter, Scope, Window};

use super::cost;
use super::ladder::{Ladder, LadderRun, Rung};
use super::mean::mean_part;
use super::risk::{small, vanishing};
use super::scenario::{Arms, LINEAR_VARIATIONS, Scenario, Times};

/// Features of the settings in which displacements are measured.
const N_FEATURES: usize = 64;
/// The theorem's time up to which the hinge stays active on every sample: the mean margin is `tau / 8`,
/// the largest possible one `tau / 4`.
pub(super) const TAU: f64 = 3.0;
/// The mean background displacement may be this share of the core's.
const MEAN_MARGIN: f64 = 0.005;
/// Relative error of the variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.05;

/// The mean of a run scatters by three margins (`BackgroundDisplacement::standard_deviation_of_mean` over
/// the core's displacement: 0.0149). Squares of standard normal variables have standard deviation
/// `sqrt 2`, over a margin of 0.05, and a run gives one for each of 32 background features.
const SCATTERS: [Scatter; 2] = [Scatter::of_run(3.0), Scatter { deviation: 28.3, n_per_run: 32.0 }];

/// `linear/cancellation`.
pub(super) fn cancellation() -> Claim {
    Claim::new(
        "linear/cancellation",
        "In a linear network background displacements have mean 0 and exactly the predicted covariance.",
        cancellation_design,
    )
    .source("notation 5; Zhang et al. 2024, theorem 4.4")
    .kind(Kind::Law)
    .control("a background associated with the label")
    .cost("many short linear runs")
    .card(card!("linear/cancellation"))
}

/// The background displacement of one run; within a run all neurons share the batch noise, so only one is
/// looked at.
struct Displaced {
    /// The mean over background features, over the displacement of the core.
    mean: f64,
    /// Displacements that were whitened by their predicted covariance.
    whitened: Squares,
    max_margin: f64,
}

fn cancellation_design(scope: &Scope) -> Result<Design> {
    let association = match scope.arm {
        Arm::Claim => 0.0,
        Arm::Control => 0.5,
    };
    let setting = Setting::theorem(N_FEATURES).with(|p| {
        p.activation = Activation::Identity;
        p.background_association = association;
    })?;
    let n_steps = setting.steps_to(TAU);
    let law = background_displacement(&setting, n_steps);
    let core = core_displacement(&setting, setting.latents[0], n_steps);
    let expected = Expected {
        value: 0.0,
        deviation: law.standard_deviation_of_mean() / core,
        margin: MEAN_MARGIN,
    };
    let n_background = setting.background().len();
    let probed = setting.clone();

    let mut design = Design::new();
    let key = Key::new("claim").child("linear/cancellation");
    let sample = Sample::new(key, move |seed| {
        let run = observe_displacement(&setting, n_steps, seed)?;
        Ok(Displaced {
            mean: mean(&run.background) / core,
            whitened: Squares::of_whitened(law.whiten(&run.background)),
            max_margin: run.max_margin,
        })
    });
    let sample = sample.sizes(&[N_FEATURES]).until_decided(128, &SCATTERS);
    let runs = design.sample(
        sample.cost(move || cost::of_training::<f64>(&probed, EngineKind::Feature, n_steps)),
    );
    design
        .part(
            "mean background displacement over the core's",
            Hypothesis::exactly(0.0).within(MEAN_MARGIN),
            // The law is symmetric, because labels are, so that the window moves no mean.
            runs.mean(Window::of_deviations(expected)?, |run| run.mean),
        )
        .predicted(0.0);
    design
        .part(
            "variance of the whitened displacements",
            Hypothesis::exactly(1.0).within(VARIANCE_MARGIN),
            runs.sequential_variance(n_background, VARIANCE_MARGIN, |run| run.whitened),
        )
        .predicted(1.0);
    design.inequality(
        "premise: the hinge is active on every sample, largest margin",
        runs.largest_of(|run| run.max_margin),
    );
    Ok(design)
}

/// The two risks may differ by this much at the largest size.
const DIFFERENCE_MARGIN: f64 = 0.01;

const RISK: Arms = Arms { claim: Scenario::Linear, control: Scenario::Theorem };

/// `linear/risk`.
pub(super) fn risk() -> Claim {
    Claim::new(
        "linear/risk",
        "In a linear network both hinge risks fall to 0 together as d0 grows.",
        risk_design,
    )
    .source("notation 5; Zhang et al. 2024, theorem 4.4")
    .kind(Kind::Trend)
    .control("ReLU activation")
    .cost("the linear ladder")
    .card(card!("linear/risk"))
}

/// A number of a run, with its name.
type Named = (&'static str, fn(&LadderRun) -> f64);

const RISKS: [Named; 2] =
    [("risk in distribution", |run| run.id_risk), ("risk out of distribution", |run| run.ood_risk)];

fn risk_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let ladder = Ladder::of(&mut design, RISK.of(scope.arm), scope)?;
    let largest = ladder.largest(scope.rates.beta);
    for (name, risk) in RISKS {
        exponent(&mut design, "", (name, risk), &ladder);
        small(&mut design, name, (largest, law_of(largest)), risk)?;
    }
    difference(&mut design, "", largest)?;
    for (variation, ladder) in Ladder::variations(&mut design, &LINEAR_VARIATIONS, scope)? {
        for named in RISKS {
            exponent(&mut design, &variation, named, &ladder);
        }
        difference(&mut design, &variation, ladder.largest(scope.rates.beta))?;
    }
    Ok(design)
}

fn exponent(design: &mut Design, variation: &str, (name, risk): Named, ladder: &Ladder) {
    let law: Vec<f64> = ladder.rungs.iter().map(law_of).collect();
    vanishing(design, &format!("{variation}exponent of the {name}"), (ladder, &law), risk);
}

fn law_of(rung: &Rung) -> f64 {
    linear_risk(&rung.setting, Times::of(&rung.setting).t2)
}

fn difference(design: &mut Design, variation: &str, rung: &Rung) -> Result<()> {
    let equal = Region::around(0.0).within(DIFFERENCE_MARGIN);
    let name = format!("{variation}risk out of minus in distribution, d0 = {}", rung.n_features());
    let difference = |run: &LadderRun| run.ood_risk - run.id_risk;
    mean_part(design, name, rung.runs, (equal, 0.0), difference)?.predicted(0.0);
    Ok(())
}
