//! Claims on the setting itself: the start and the reduction.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::data::Dictionary;
use crate::error::Result;
use crate::linalg::Real;
use crate::network::gaussian_start;
use crate::observe::{class_means, reduction as observe_reduction};
use crate::seed::Seed;
use crate::setting::{Activation, EngineKind, Label, Setting};
use crate::stats::{DistanceToLaw, Exact, Hypothesis, Replicates, Variance};
use crate::train::Coordinates;

use super::lab::Budget;
use super::plan::Work;
use super::{Arm, Draft, Lab, Tier};

/// `setting/reduction`: both engines, step by step, in double precision.
pub(super) fn reduction(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let seed = lab.seed("setting/reduction");
    let mut drafts = Vec::new();
    for activation in [Activation::Relu, Activation::Identity] {
        let setting = Setting::theorem(16).with(|p| p.activation = activation)?;
        let (d, d0) = (setting.ambient_dim, setting.n_features());
        let n_steps = setting.steps_to(20.0);
        let gaps = lab.replicates(lab.tier().replicates(2), seed, |seed| {
            let dictionary = match arm {
                Arm::Claim => Dictionary::orthonormal(d, d0, seed.child("dictionary")),
                Arm::Control => Dictionary::gaussian(d, d0, seed.child("dictionary")),
            };
            observe_reduction(&setting, dictionary, n_steps, seed)
        })?;
        let features = Exact::largest(gaps.iter().map(|gap| (gap.features, 0.0)));
        let orthogonal = Exact::largest(gaps.iter().map(|gap| (gap.orthogonal, 0.0)));
        drafts.push(Draft::inequality(
            format!("{activation}: feature coordinates, difference over rounding"),
            &[d0],
            features,
        ));
        drafts.push(Draft::inequality(
            format!("{activation}: orthogonal part against q^T w(0), likewise"),
            &[d0],
            orthogonal,
        ));
    }
    Ok(drafts)
}

pub(super) fn reduction_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let setting = Setting::theorem(16);
    let (n_steps, budget) = (setting.steps_to(20.0), Budget::fixed(tier.replicates(2)));
    // Both engines run, for ReLU and for the identity.
    let of_pair = |name: &str, engine: EngineKind| {
        Work::own(format!("setting/reduction, {name}"), setting.clone(), engine, n_steps, budget)
    };
    Ok(["relu", "identity"].map(|name| of_pair(name, EngineKind::Ambient)).into())
}

/// Kolmogorov distance that is small enough to call two laws the same.
const DISTANCE_MARGIN: f64 = 0.02;
/// Relative error of a variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.02;

/// `setting/initialisation`: neurons are independent before the first batch, so here each one is a
/// sample of its own.
pub(super) fn initialisation(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let seed = lab.seed("setting/initialisation");
    let core_scale = match arm {
        Arm::Claim => 1.0,
        Arm::Control => std::f64::consts::SQRT_2,
    };
    let mut drafts = Vec::new();
    for (n_features, n_starts) in STARTS {
        let setting = Setting::theorem(n_features);
        let seed = seed.index(n_features);
        let starts = lab.replicates(lab.tier().replicates(n_starts), seed, |seed| {
            Ok(scaled_start(&setting, core_scale, seed))
        })?;
        drafts.extend(start_laws(&setting, &starts)?);
    }
    let setting = Setting::theorem(16);
    let orthogonal = lab.replicates(lab.tier().replicates(8), seed.child("ambient"), |seed| {
        let coordinates: Coordinates<f64> = Coordinates::new(EngineKind::Ambient, &setting, seed);
        let start = coordinates.start(&setting, seed);
        let Coordinates::Ambient(dictionary) = &coordinates else { return Ok(Vec::new()) };
        let rest = dictionary.orthogonal_part(start.as_ref());
        Ok(rest.row_iter().map(|row| row.squared_norm_l2()).collect::<Vec<f64>>())
    })?;
    drafts.push(orthogonal_norms(&setting, orthogonal.independent_within().as_slice()));
    Ok(drafts)
}

/// The starts: (features, number at the quick tier).
const STARTS: [(usize, usize); 2] = [(16, 1280), (64, 320)];

pub(super) fn initialisation_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let of_starts = |(n_features, n_starts)| {
        let (setting, budget) =
            (Setting::theorem(n_features), Budget::fixed(tier.replicates(n_starts)));
        let name = format!("setting/initialisation, d0 = {n_features}");
        Work::own(name, setting, EngineKind::Feature, 0, budget)
    };
    Ok(STARTS.map(of_starts).into())
}

fn scaled_start(setting: &Setting, core_scale: f64, seed: Seed) -> faer::Mat<f64> {
    let (m, d0, d) = (setting.width, setting.n_features(), setting.ambient_dim);
    let mut start: faer::Mat<f64> = gaussian_start(m, d0, d, seed.child("start"));
    for j in setting.core() {
        start.col_mut(j).iter_mut().for_each(|u| *u *= core_scale);
    }
    start
}

fn start_laws(setting: &Setting, starts: &Replicates<faer::Mat<f64>>) -> Result<Vec<Draft>> {
    let d0 = setting.n_features();
    let student = StudentsT::new(0.0, 1.0, (d0 - 1) as f64).map_err(|fault| {
        crate::error::Error::out_of_range(
            "degrees of freedom",
            d0 - 1,
            "positive",
            fault.to_string(),
        )
    })?;
    let mut drafts = Vec::new();
    for label in Label::BOTH {
        let statistics = starts.map(|start| -> Vec<f64> {
            let means = class_means(setting, start.as_ref());
            means.iter().map(|means| student_statistic(setting, *means.of(label))).collect()
        });
        // Neurons of a start are independent before the first batch.
        let statistics = statistics.independent_within();
        let distance = DistanceToLaw::of(&statistics, |t| student.cdf(t).clamp(0.0, 1.0))?;
        drafts.push(
            Draft::new(
                format!("distance of r of class {:+} to Student's t, d0 = {d0}", label.sign()),
                &[d0],
                distance,
                Hypothesis::at_most(0.0, DISTANCE_MARGIN),
            )
            .predicted(0.0),
        );
    }
    for (name, features) in [("core", setting.core()), ("background", setting.background())] {
        let scale = (setting.ambient_dim as f64).sqrt();
        let coordinates = starts.iter().flat_map(|start| {
            let part = start.subcols(features.start, features.len());
            part.col_iter()
                .flat_map(|column| column.iter().copied().collect::<Vec<_>>())
                .collect::<Vec<f64>>()
        });
        let variance = Variance::of(coordinates.map(|u| scale * u.to_f64()));
        drafts.push(
            Draft::new(
                format!("variance of the {name} coordinates, times d, d0 = {d0}"),
                &[d0],
                variance,
                Hypothesis::value(1.0, VARIANCE_MARGIN),
            )
            .predicted(1.0),
        );
    }
    Ok(drafts)
}

/// With equal moments `r = (mu/sigma) sqrt(d0) C`, `C` the cosine to a fixed direction; then
/// `sqrt(d0 - 1) C / sqrt(1 - C^2)` follows Student's t with `d0 - 1` degrees of freedom.
pub(super) fn student_statistic(setting: &Setting, standardised_mean: f64) -> f64 {
    let d0 = setting.n_features() as f64;
    let latent = setting.latents[0];
    let cosine = standardised_mean * latent.variance().sqrt() / (latent.mean() * d0.sqrt());
    (d0 - 1.0).sqrt() * cosine / (1.0 - cosine * cosine).sqrt()
}

/// `d |w_perp|^2` is chi-square with `d - d0` degrees of freedom: its sum over neurons is the sum of
/// squares of so many standard normal variables.
fn orthogonal_norms(setting: &Setting, squared_norms: &[f64]) -> Draft {
    let (d, d0) = (setting.ambient_dim, setting.n_features());
    let n_coordinates = squared_norms.len() * (d - d0);
    let total: f64 = squared_norms.iter().map(|norm| norm * d as f64).sum();
    let variance = Variance::from_sum(total, n_coordinates);
    Draft::new(
        "squared norm of the orthogonal part, times d over d - d0",
        &[d0],
        variance,
        Hypothesis::value(1.0, VARIANCE_MARGIN),
    )
    .predicted(1.0)
}
