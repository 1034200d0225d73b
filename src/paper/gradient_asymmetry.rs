//! The claim that background gradients come from asymmetric activation.

use std::time::Instant;

use crate::data::{Population, Shift};
use crate::error::Result;
use crate::linalg::row_of;
use crate::predict::PopulationOracle;
use crate::seed::Seed;
use crate::setting::{Activation, EngineKind, Latent, Setting};
use crate::stats::Region;
use crate::study::{Arm, Claim, Design, Estimator, Key, Kind, Sample, Scatter, Scope};
use crate::train::Simulation;

use super::asymmetry_terms::{CovarianceTerms, asymmetry_of};
use super::cost;
use super::ladder::Ladder;
use super::mean::mean_part;
use super::scenario::{Arms, Scenario};

/// Features of the runs whose gradients are measured, and of those with other latent laws.
const N_FEATURES: usize = 16;
/// When gradients are measured: the hinge is then active on every sample of the control's linear
/// network, too, whose largest margin is about `tau / 4`.
const TAU: f64 = 3.0;
/// Fresh samples per measured gradient.
const N_FRESH: usize = 4096;
/// How far the regression may lie from 1. The covariance bound allows 0.07 at even weights.
const MARGIN: f64 = 0.1;

const ARMS: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Linear };

/// A run scatters by a third of the margin.
const SCATTERS: [Scatter; 1] = [Scatter::of_run(0.33)];

/// `gradient/asymmetry`.
pub(super) fn asymmetry() -> Claim {
    Claim::new(
        "gradient/asymmetry",
        "The background gradient is (a_k/2) mu_j (P_+ - P_-) up to a covariance term with an \
         explicit bound: a neuron learns background because its activation is asymmetric.",
        asymmetry_design,
    )
    .source("notation 4, 8; Zhang et al. 2024, mechanism 1")
    .kind(Kind::Inequality)
    .control("identity activation")
    .cost("the ReLU ladder, exact drifts")
    .card(card!("gradient/asymmetry"))
}

/// Measured gradients against the asymmetry of the activation, and the bounds on what is between
/// the two, computed for every neuron.
fn asymmetry_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let key = Key::new("claim").child("gradient/asymmetry");
    measured(&mut design, &key.child("measured"), scope.arm)?;
    let ladder = Ladder::of(&mut design, ARMS.of(scope.arm), scope)?;
    let mut of_law = |label: &'static str, latent: Latent| {
        let setting = setting(scope.arm, latent)?;
        let probed = setting.clone();
        let sample = Sample::single(key.child(label), move |seed| over_time(&setting, seed));
        Ok(design.sample(sample.sizes(&[N_FEATURES]).cost(move || seconds(&probed))))
    };
    let beta = of_law("beta", Latent::beta(2.0, 5.0)?)?;
    let bernoulli = of_law("bernoulli", Latent::bernoulli(0.3)?)?;
    let rungs = || ladder.rungs.iter().map(|rung| rung.runs);
    let by_density = rungs().map(|runs| runs.cases(|run| run.covariance.by_density.clone()));
    design.inequality(
        "uniform latents, every feature: covariance term over its bound",
        Estimator::largest(by_density),
    );
    let of_beta = beta.largest(|terms| terms.by_density.clone());
    design.inequality("Beta(2, 5) latents: likewise", of_beta);
    let of_ladder = rungs().map(|runs| runs.cases(|run| run.covariance.by_bessel.clone()));
    let of_laws = [beta, bernoulli].map(|terms| terms.cases(|terms| terms.by_bessel.clone()));
    design.inequality(
        "three laws, sum over features: squared covariance terms over Bessel's bound",
        Estimator::largest(of_ladder.chain(of_laws)),
    );
    Ok(design)
}

/// The setting of the runs that are not on the ladder.
fn setting(arm: Arm, latent: Latent) -> Result<Setting> {
    Setting::theorem(N_FEATURES).with(|p| {
        p.latents = vec![latent; N_FEATURES];
        if arm == Arm::Control {
            p.activation = Activation::Identity;
        }
    })
}

/// Adds the measured gradients.
fn measured(design: &mut Design, key: &Key, arm: Arm) -> Result<()> {
    let setting = setting(arm, Latent::Uniform)?;
    let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
    let sample = Sample::new(key.clone(), move |seed| measure(&setting, &oracle, seed));
    let runs = design.sample(sample.sizes(&[N_FEATURES]).until_decided(32, &SCATTERS));
    let region = Region::around(1.0).within(MARGIN);
    let name = "measured background gradients over (a/2) mu (P_+ - P_-)";
    mean_part(design, name, runs, (region, 1.0), |run| run.regression)?.predicted(1.0);
    design.inequality(
        "premise: the hinge is active on every sample, largest margin",
        runs.largest_of(|run| run.max_margin),
    );
    Ok(())
}

/// One run's measured gradients.
struct Measured {
    /// `sum_k dP_k sum_B g_kj / (a_k / 2)` over `sum_k dP_k^2 sum_B mu_j`, `dP = P_+ - P_-`.
    regression: f64,
    max_margin: f64,
}

/// Trains to `tau = 3` and takes the network's own gradient on fresh samples.
fn measure(setting: &Setting, oracle: &PopulationOracle, seed: Seed) -> Result<Measured> {
    let mut run = Simulation::<f64>::new(setting, EngineKind::Feature, seed)?;
    let max_margin = run.advance_to(setting.steps_to(TAU))?;
    let fresh = seed.child("fresh batch");
    let batch = Population::new(setting)?.draw(N_FRESH, Shift::InDistribution, fresh);
    let ascent = run.coordinates().feature_weights(run.batch_ascent(&batch).as_ref());
    let weights = run.feature_weights();
    let means: f64 = setting.background().map(|j| setting.latents[j].mean()).sum();
    let (mut products, mut squares) = (0.0, 0.0);
    for k in 0..setting.width {
        let asymmetry = asymmetry_of(&oracle.drift(&row_of(weights.as_ref(), k))?);
        let background: f64 = setting.background().map(|j| ascent[(k, j)]).sum();
        let per_sample = background / N_FRESH as f64;
        products += asymmetry * per_sample / (0.5 * setting.output_weight(k));
        squares += asymmetry * asymmetry * means;
    }
    Ok(Measured { regression: products / squares, max_margin })
}

/// When the covariance terms of a run with another latent law are computed.
const TAUS: [f64; 3] = [0.0, 4.0, 8.0];

/// The covariance terms of one run at these times.
fn over_time(setting: &Setting, seed: Seed) -> Result<CovarianceTerms> {
    let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
    let mut run = Simulation::<f64>::new(setting, EngineKind::Feature, seed)?;
    let mut terms = CovarianceTerms::default();
    for tau in TAUS {
        run.advance_to(setting.steps_to(tau))?;
        terms.add(setting, &oracle, run.feature_weights().as_ref())?;
    }
    Ok(terms)
}

/// Seconds of [`over_time`] on one core, from a few steps and the drifts of a few neurons of a
/// start.
fn seconds(setting: &Setting) -> Result<f64> {
    let clock = Instant::now();
    let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
    let mut run = Simulation::<f64>::new(setting, EngineKind::Feature, Seed::root(0))?;
    let start = run.feature_weights();
    let to_start = clock.elapsed().as_secs_f64();
    let training = cost::of_steps(setting.steps_to(TAUS[2]), || run.step().map(|_| ()))?;
    let mut n_drifts = 0;
    let drifts = cost::of_steps(TAUS.len() * setting.width, || {
        let row = row_of(start.as_ref(), n_drifts % setting.width);
        n_drifts += 1;
        oracle.drift(&row).map(|_| ())
    })?;
    Ok(to_start + training + drifts)
}
