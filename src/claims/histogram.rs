//! The claim on the histogram of activation rates by class.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::{Error, Result};
use crate::observe::{Schedule, class_means, record};
use crate::predict::normal_cdf;
use crate::setting::{ByLabel, EngineKind, Setting};
use crate::stats::{Region, Replicates};

use super::lab::Budget;
use super::plan::Work;
use super::scenario::{Scenario, Times};
use super::setting::student_statistic;
use super::sharp::{mean_difference, within};
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// A rate between these is neither of a neuron that is active on a class nor of one that is not.
const MIDDLE: (f64, f64) = (0.25, 0.75);
/// After training at most this share of the rates is there.
const FEW: f64 = 0.1;
/// The share at the start is predicted up to this.
const START_MARGIN: f64 = 0.02;

fn n_features(tier: Tier) -> usize {
    if tier == Tier::Quick { 32 } else { 64 }
}

fn n_runs(tier: Tier, arm: Arm) -> usize {
    match (arm, tier) {
        (Arm::Control, _) | (Arm::Claim, Tier::Quick | Tier::Standard) => 96,
        (Arm::Claim, Tier::Deep) => 256,
    }
}

/// `histogram/activation-rate`. In the control nothing is learned.
pub(super) fn activation_rate(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let scenario = if arm == Arm::Claim { Scenario::Theorem } else { Scenario::Frozen };
    let setting = scenario.setting(n_features(lab.tier()))?;
    let t1 = Times::of(&setting).t1;
    let seed = lab.seed("histogram/activation-rate");
    let shares: Replicates<[f64; 2]> = lab.replicates(n_runs(lab.tier(), arm), seed, |seed| {
        let run = record(&setting, seed, &Schedule::weights(&[t1]))?;
        let of = |weights: &faer::Mat<f64>| middle_share(&class_means(&setting, weights.as_ref()));
        Ok([of(&run.start), of(&run.weights[0])])
    })?;
    let sizes = [setting.n_features()];
    let predicted = predicted_middle_share(&setting)?;
    let off = shares.map(|[start, _]| start - predicted);
    let few = Region::at_most(FEW);
    Ok(vec![
        Draft::new(
            "share of middling rates at the start, measured less predicted",
            &sizes,
            mean_difference(&off, START_MARGIN, START_MARGIN)?,
            within(START_MARGIN),
        )
        .predicted(0.0),
        Draft::new(
            "share of middling rates at T1",
            &sizes,
            winsorised(&shares.map(|[_, t1]| *t1), few, 0.02)?,
            few,
        ),
    ])
}

/// The share of rates `Phi(r_y)` of all neurons and both classes that are middling.
fn middle_share(means: &[ByLabel<f64>]) -> f64 {
    let rates = means.iter().flat_map(|means| [means.positive, means.negative].map(normal_cdf));
    let is_middling = |rate: &f64| (MIDDLE.0..=MIDDLE.1).contains(rate);
    rates.filter(is_middling).count() as f64 / (2 * means.len()) as f64
}

/// At the start `r_y` follows Student's law, up to [`student_statistic`].
fn predicted_middle_share(setting: &Setting) -> Result<f64> {
    let d0 = setting.n_features() as f64;
    let law = StudentsT::new(0.0, 1.0, d0 - 1.0).map_err(|fault| {
        Error::out_of_range("degrees of freedom", d0 - 1.0, "above 0", fault.to_string())
    })?;
    // Phi(r) = 3/4.
    let t = student_statistic(setting, 0.674_489_750_196_081_7);
    Ok(2.0 * law.cdf(t) - 1.0)
}

pub(super) fn activation_rate_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let setting = Setting::theorem(n_features(tier));
    let n_steps = Times::of(&setting).t1;
    let budget = Budget::fixed(n_runs(tier, arm));
    let name = "histogram/activation-rate";
    let work = Work::own(name, setting, EngineKind::Feature, n_steps, budget);
    Ok(vec![Work { is_double: false, ..work }])
}
