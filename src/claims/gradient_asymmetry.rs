//! The claim that background gradients come from asymmetric activation.

use faer::{Mat, MatRef};

use crate::data::{Population, Shift};
use crate::error::Result;
use crate::linalg::row_of;
use crate::predict::{Drift, PopulationOracle, bessel_bound, covariance_bounds};
use crate::seed::Seed;
use crate::setting::{Activation, ByLabel, EngineKind, Latent, Setting};
use crate::stats::{Exact, Region, Replicates};
use crate::train::Simulation;

use super::lab::Ladder;
use super::plan::{Need, PartDesign, Work};
use super::scenario::{Arms, Scenario};
use super::window::winsorised;
use super::{Arm, Draft, Lab, LiveDraft, Tier};

/// Features of the runs whose gradients are measured, and of those with other latent laws.
const N_FEATURES: usize = 16;
/// When gradients are measured: the hinge is then active on every sample of the control's linear network,
/// too, whose largest margin is about `tau / 4`.
const TAU: f64 = 3.0;
/// Fresh samples per measured gradient.
const N_FRESH: usize = 4096;
/// How far the regression may lie from 1. The covariance bound allows 0.07 at even weights.
const MARGIN: f64 = 0.1;
/// Neurons of one network, at most, whose exact drifts are looked at.
const MAX_NEURONS: usize = 64;
/// Neurons whose activation varies less than this are left out of the sum over features: both sides
/// vanish there, and their quotient says nothing.
const MIN_VARIANCE: f64 = 1e-4;

const ARMS: Arms = Arms { claim: Scenario::Theorem, control: Scenario::Linear };

/// A run scatters by a third of the margin.
const NEED: Need =
    Need { designs: &[PartDesign { deviation: 0.33, n_per_run: 1.0 }], chunk: 32, n_parts: 5 };

/// `gradient/asymmetry`: measured gradients against the asymmetry of the activation, and the bounds on what is
/// between the two, computed for every neuron.
pub(super) fn asymmetry(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let seed = lab.seed("gradient/asymmetry");
    let setting = measured_setting(arm, Latent::Uniform)?;
    let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
    let live = lab.until_decided(
        NEED.budget(lab.tier()),
        seed.child("measured"),
        |seed| measure(&setting, &oracle, seed),
        measured_drafts,
    )?;
    let mut drafts: Vec<Draft> = live.into_iter().map(Draft::from).collect();
    let ladder = lab.ladder(ARMS.of(arm), arm)?;
    let uniform = of_ladder(&ladder)?;
    let beta = of_law(arm, Latent::beta(2.0, 5.0)?, seed.child("beta"))?;
    let bernoulli = of_law(arm, Latent::bernoulli(0.3)?, seed.child("bernoulli"))?;
    drafts.push(Draft::inequality(
        "uniform latents, every feature: covariance term over its bound",
        &ladder.sizes(),
        Exact::largest(uniform.by_density.iter().copied()),
    ));
    drafts.push(Draft::inequality(
        "Beta(2, 5) latents: likewise",
        &[N_FEATURES],
        Exact::largest(beta.by_density.iter().copied()),
    ));
    let by_bessel = [uniform, beta, bernoulli].into_iter().flat_map(|terms| terms.by_bessel);
    drafts.push(Draft::inequality(
        "three laws, sum over features: squared covariance terms over Bessel's bound",
        &ladder.sizes(),
        Exact::largest(by_bessel),
    ));
    Ok(drafts)
}

pub(super) fn asymmetry_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let mut works = Work::ladder(ARMS.of(arm), tier, arm)?;
    let setting = measured_setting(arm, Latent::Uniform)?;
    let (n_steps, budget) = (setting.steps_to(TAU), NEED.budget(tier));
    let work = Work::own("gradient/asymmetry", setting, EngineKind::Feature, n_steps, budget);
    works.push(work.with_run(|| {
        let setting = measured_setting(Arm::Claim, Latent::Uniform)?;
        let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
        measure(&setting, &oracle, Seed::root(0)).map(|_| ())
    }));
    Ok(works)
}

fn measured_setting(arm: Arm, latent: Latent) -> Result<Setting> {
    Setting::theorem(N_FEATURES).with(|p| {
        p.latents = vec![latent; N_FEATURES];
        if arm == Arm::Control {
            p.activation = Activation::Identity;
        }
    })
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

fn measured_drafts(runs: &Replicates<Measured>) -> Result<Vec<LiveDraft>> {
    let region = Region::within(MARGIN, 1.0);
    let regression = winsorised(&runs.map(|run| run.regression), region, 1.0)?;
    let margins = runs.iter().map(|run| (run.max_margin, 0.0));
    Ok(vec![
        LiveDraft::new(
            "measured background gradients over (a/2) mu (P_+ - P_-)",
            &[N_FEATURES],
            regression,
            region,
        )
        .predicted(1.0),
        LiveDraft::inequality(
            "premise: the hinge is active on every sample, largest margin",
            &[N_FEATURES],
            Exact::largest(margins),
        ),
    ])
}

/// `P_+ - P_-`.
fn asymmetry_of(drift: &Drift) -> f64 {
    drift.active.positive.value - drift.active.negative.value
}

/// Covariance terms over their bounds, with error bounds.
#[derive(Default)]
struct CovarianceTerms {
    by_density: Vec<(f64, f64)>,
    by_bessel: Vec<(f64, f64)>,
}

impl CovarianceTerms {
    /// Adds some neurons of a network.
    fn add(
        &mut self,
        setting: &Setting,
        oracle: &PopulationOracle,
        weights: MatRef<'_, f64>,
    ) -> Result<()> {
        for k in (0..setting.width).step_by(setting.width.div_ceil(MAX_NEURONS)) {
            let row = row_of(weights, k);
            let drift = oracle.drift(&row)?;
            let terms = covariance_differences(setting, &drift);
            let error = 4.0 * drift.mean.error_bound;
            if let Some(bounds) = covariance_bounds(&row, &setting.latents) {
                let ratios = setting.background().zip(&terms).filter(|&(j, _)| bounds[j] > 0.0);
                let ratios = ratios.map(|(j, term)| (term.abs() / bounds[j], error / bounds[j]));
                self.by_density.extend(ratios);
            }
            let active = ByLabel::from_fn(|label| drift.active.of(label).value);
            let bound = bessel_bound(active);
            if bound >= MIN_VARIANCE {
                let scaled = setting.background().zip(&terms);
                let squares: f64 =
                    scaled.map(|(j, term)| term * term / setting.latents[j].variance()).sum();
                // A term is at most 1 and off by the error; P (1 - P) changes no faster than P.
                let smallest = setting.latents.iter().map(|latent| latent.variance());
                let smallest = smallest.fold(f64::INFINITY, f64::min);
                let of_sum = 3.0 * error * terms.len() as f64 / smallest;
                self.by_bessel.push((squares / bound, (of_sum + squares / bound * error) / bound));
            }
        }
        Ok(())
    }
}

/// `Cov_+(1, z_j) - Cov_-(1, z_j)` for the background features: twice the drift, less `mu_j (P_+ - P_-)`. With the
/// identity every sample counts, and the drift is `E[y z_j] = 0`.
fn covariance_differences(setting: &Setting, drift: &Drift) -> Vec<f64> {
    let of_feature = |j: usize| {
        let drift_of_feature = match setting.activation {
            Activation::Identity => 0.0,
            _ => drift.mean.value[j],
        };
        2.0 * drift_of_feature - setting.latents[j].mean() * asymmetry_of(drift)
    };
    setting.background().map(of_feature).collect()
}

/// The first run of every rung, at the start, at T0 and at T1.
fn of_ladder(ladder: &Ladder) -> Result<CovarianceTerms> {
    let mut terms = CovarianceTerms::default();
    for rung in &ladder.rungs {
        let oracle = PopulationOracle::new(&rung.setting.latents, rung.setting.n_core)?;
        let run = &rung.runs.as_slice()[0].record;
        for weights in std::iter::once(&run.start).chain(run.weights.iter().take(2)) {
            terms.add(&rung.setting, &oracle, weights.as_ref())?;
        }
    }
    Ok(terms)
}

/// One run with latents of this law, at the start, at `tau = 4` and at `tau = 8`.
fn of_law(arm: Arm, latent: Latent, seed: Seed) -> Result<CovarianceTerms> {
    let setting = measured_setting(arm, latent)?;
    let oracle = PopulationOracle::new(&setting.latents, setting.n_core)?;
    let mut run = Simulation::<f64>::new(&setting, EngineKind::Feature, seed)?;
    let mut terms = CovarianceTerms::default();
    for tau in [0.0, 4.0, 8.0] {
        run.advance_to(setting.steps_to(tau))?;
        let weights: Mat<f64> = run.feature_weights();
        terms.add(&setting, &oracle, weights.as_ref())?;
    }
    Ok(terms)
}
