//! The claim on the start: the law of the class means, and the size of the weights.

use faer::Mat;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::data::Dictionary;
use crate::error::{Error, Result};
use crate::network::gaussian_start;
use crate::observe::class_means;
use crate::seed::Seed;
use crate::setting::{ByLabel, Label, Setting};
use crate::stats::{Hypothesis, Squares};
use crate::study::{Arm, Claim, Design, Key, Kind, Runs, Sample, Scope};
use crate::train::Coordinates;

use super::effort::Effort;

/// Kolmogorov distance that is small enough to call two laws the same.
const DISTANCE_MARGIN: f64 = 0.02;
/// Relative error of a variance that is small enough.
const VARIANCE_MARGIN: f64 = 0.02;
/// The starts in feature coordinates: numbers of features, and numbers of starts at the quick tier.
const STARTS: [(usize, usize); 2] = [(16, 1280), (64, 320)];
/// The starts in the ambient space, likewise.
const AMBIENT_STARTS: (usize, usize) = (16, 8);

/// `setting/initialisation`.
pub(super) fn initialisation() -> Claim {
    Claim::new(
        "setting/initialisation",
        "At the start the standardised class means r_y follow Student's t with d0 - 1 degrees of \
         freedom, and squared norms have the means of the chi-square law.",
        design,
    )
    .source("notation 4; Zhang et al. 2024, section 3.1")
    .kind(Kind::Law)
    .control("core coordinates of variance 2/d")
    .cost("sampling of starts")
    .card(card!("setting/initialisation"))
}

/// Neurons are independent before the first batch. Here, unlike in a run, each of them is a sample
/// of its own.
fn design(scope: &Scope) -> Result<Design> {
    let core_scale = match scope.arm {
        Arm::Claim => 1.0,
        Arm::Control => std::f64::consts::SQRT_2,
    };
    let effort = Effort::of(scope);
    let key = Key::new("claim").child("setting/initialisation");
    let mut design = Design::new();
    for (n_features, n_starts) in STARTS {
        let setting = Setting::theorem(n_features);
        let drawn = setting.clone();
        let sample = Sample::new(key.index(n_features), move |seed| {
            Ok(StartRecord::of(&drawn, core_scale, seed))
        });
        let sample = sample.sizes(&[n_features]).runs(effort.replicates(n_starts));
        let starts = design.sample(sample);
        class_mean_laws(&mut design, &setting, starts)?;
        coordinate_variances(&mut design, &setting, starts);
    }
    let (n_features, n_starts) = AMBIENT_STARTS;
    let setting = Setting::theorem(n_features);
    let n_coordinates = setting.width * (setting.ambient_dim - n_features);
    let sample = Sample::new(key.child("ambient"), move |seed| Ok(orthogonal_norm(&setting, seed)))
        .sizes(&[n_features])
        .runs(effort.replicates(n_starts));
    let norms = design.sample(sample);
    design
        .part(
            "squared norm of the orthogonal part, times d over d - d0",
            Hypothesis::exactly(1.0).within(VARIANCE_MARGIN),
            norms.variance(n_coordinates, |norm| *norm),
        )
        .predicted(1.0);
    Ok(design)
}

/// What is kept of one start.
struct StartRecord {
    /// The [`student_statistic`] of the class means of every neuron.
    statistics: ByLabel<Vec<f64>>,
    /// The core coordinates, times the square root of `d`.
    core: Squares,
    /// The background coordinates, likewise.
    background: Squares,
}

impl StartRecord {
    fn of(setting: &Setting, core_scale: f64, seed: Seed) -> Self {
        let start = scaled_start(setting, core_scale, seed);
        let means = class_means(setting, start.as_ref());
        let scale = (setting.ambient_dim as f64).sqrt();
        let squares = |features: std::ops::Range<usize>| {
            let part = start.subcols(features.start, features.len());
            let coordinates = part.col_iter().flat_map(|column| column.iter());
            Squares::of_independent_draws(coordinates.map(|u| scale * u))
        };
        StartRecord {
            statistics: ByLabel::from_fn(|label| {
                let of_class = means.iter().map(|means| *means.of(label));
                of_class.map(|mean| student_statistic(setting, mean)).collect()
            }),
            core: squares(setting.core()),
            background: squares(setting.background()),
        }
    }
}

fn scaled_start(setting: &Setting, core_scale: f64, seed: Seed) -> Mat<f64> {
    let (m, d0, d) = (setting.width, setting.n_features(), setting.ambient_dim);
    let mut start: Mat<f64> = gaussian_start(m, d0, d, seed.child("start"));
    for j in setting.core() {
        start.col_mut(j).iter_mut().for_each(|u| *u *= core_scale);
    }
    start
}

/// Adds the parts on the law of the class means.
fn class_mean_laws(
    design: &mut Design,
    setting: &Setting,
    starts: Runs<StartRecord>,
) -> Result<()> {
    let (student, d0) = (student(setting)?, setting.n_features());
    for label in Label::BOTH {
        let distance = starts.distance_to_law(
            setting.width,
            move |t| student.cdf(t).clamp(0.0, 1.0),
            move |start| start.statistics.of(label).clone(),
        );
        let name = format!("distance of r of class {:+} to Student's t, d0 = {d0}", label.sign());
        design.part(name, Hypothesis::zero_up_to(DISTANCE_MARGIN), distance).predicted(0.0);
    }
    Ok(())
}

/// Adds the parts on the variances of core and background coordinates.
fn coordinate_variances(design: &mut Design, setting: &Setting, starts: Runs<StartRecord>) {
    let (m, d0) = (setting.width, setting.n_features());
    let core = starts.variance(m * setting.core().len(), |start| start.core);
    let background = starts.variance(m * setting.background().len(), |start| start.background);
    for (part, variance) in [("core", core), ("background", background)] {
        let name = format!("variance of the {part} coordinates, times d, d0 = {d0}");
        let claimed = Hypothesis::exactly(1.0).within(VARIANCE_MARGIN);
        design.part(name, claimed, variance).predicted(1.0);
    }
}

/// Returns the law of [`student_statistic`] at a start, Student's t with `d0 - 1` degrees of
/// freedom.
///
/// # Errors
/// A setting with a single feature.
pub(super) fn student(setting: &Setting) -> Result<StudentsT> {
    let n_degrees = setting.n_features() - 1;
    StudentsT::new(0.0, 1.0, n_degrees as f64).map_err(|fault| {
        Error::out_of_range("degrees of freedom", n_degrees, "positive", fault.to_string())
    })
}

/// Maps a standardised class mean `r` to the statistic that follows Student's law at a start.
///
/// With equal moments `r = (mu/sigma) sqrt(d0) C`, where `C` is the cosine of the angle to a fixed
/// direction. Then `sqrt(d0 - 1) C / sqrt(1 - C^2)` follows Student's t with `d0 - 1` degrees of
/// freedom. The map is increasing, so that it also takes bounds on `r` to bounds on the statistic.
pub(super) fn student_statistic(setting: &Setting, standardised_mean: f64) -> f64 {
    let d0 = setting.n_features() as f64;
    let latent = setting.latents[0];
    let cosine = standardised_mean * latent.variance().sqrt() / (latent.mean() * d0.sqrt());
    (d0 - 1.0).sqrt() * cosine / (1.0 - cosine * cosine).sqrt()
}

/// Returns the sum of `d |w_perp|^2` over the neurons of one ambient start. For each neuron it is
/// chi-square with `d - d0` degrees of freedom: the sum of the squares of that many standard normal
/// variables.
fn orthogonal_norm(setting: &Setting, seed: Seed) -> Squares {
    let (d, d0) = (setting.ambient_dim, setting.n_features());
    let dictionary = Dictionary::<f64>::orthonormal(d, d0, seed.child("dictionary"));
    let start = Coordinates::Ambient(dictionary.clone()).start(setting, seed);
    let rest = dictionary.orthogonal_part(start.as_ref());
    let sum = rest.row_iter().map(|row| row.squared_norm_l2() * d as f64).sum();
    Squares::of_squared_norm(sum, rest.nrows() * (d - d0))
}
