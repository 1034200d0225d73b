//! The claim on features that are not orthogonal.

use std::collections::BTreeMap;
use std::time::Instant;

use rand_distr::{Distribution, StandardNormal};

use crate::arrays::Array;
use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{Description, Experiment};
use crate::study::{Claim, Design, Kind, Scope};
use crate::train::{ExperimentRun, StartArrays};

use super::cost;
use super::effort::Effort;
use super::small_toy::{Variation, base, contaminated, lost_margin};

/// `geometry/non-orthogonal`.
pub(super) fn non_orthogonal() -> Claim {
    Claim::new(
        "geometry/non-orthogonal",
        "Features at random angles to each other are contaminated like orthogonal ones.",
        non_orthogonal_design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments); notation 2")
    .kind(Kind::Band)
    .control("the identity as activation")
    .cost("runs of a small toy")
    .card(card!("geometry/non-orthogonal"))
}

/// Ambient dimensions per feature: unit vectors in random directions of `d` dimensions have inner
/// products of about `d^-1/2`.
const DIMENSIONS_PER_FEATURE: [(&str, usize); 2] =
    [("random features in 2 d0 dimensions", 2), ("random features in 8 d0 dimensions", 8)];

fn non_orthogonal_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    for (label, per_feature) in DIMENSIONS_PER_FEATURE {
        let base = base(Effort::of(scope));
        let ambient_dim = per_feature * base.n_features();
        let description = Description { ambient_dim, has_bias: false, ..base };
        let variation = Variation::new(label, description)
            .named(format!("random features in {per_feature} d0 dimensions"))
            .linear_in_control(scope.arm);
        let sample = variation.sample(("geometry/non-orthogonal", scope), |experiment, seed| {
            let mut run = start(experiment, seed)?;
            run.advance_to(experiment.n_steps)?;
            Ok(lost_margin(&run))
        })?;
        let probed = Experiment::new(variation.description.clone())?;
        let lost = design.sample(sample.cost(move || seconds(&probed)));
        variation.lost_part(&mut design, lost, contaminated(), |lost| *lost)?;
    }
    Ok(design)
}

/// Returns a run at its start whose features are random unit vectors.
fn start(description: &Description, seed: Seed) -> Result<ExperimentRun<f32>> {
    let (d0, d, m) = (description.n_features(), description.ambient_dim, description.width);
    let mut arrays = BTreeMap::new();
    let mut insert = |name: &str, shape: [usize; 2], values: Vec<f64>| {
        arrays.insert(name.to_owned(), Array { shape: shape.to_vec(), values });
    };
    let normals = |stream: &str, (n_rows, scale): (usize, Option<f64>)| -> Vec<f64> {
        let mut rng = seed.child(stream).rng();
        let mut row = || -> Vec<f64> { (0..d).map(|_| StandardNormal.sample(&mut rng)).collect() };
        let scaled = |row: Vec<f64>| {
            let norm = row.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
            let scale = scale.unwrap_or(1.0 / norm);
            row.into_iter().map(move |entry| scale * entry)
        };
        (0..n_rows).flat_map(|_| scaled(row())).collect()
    };
    insert("input_transform", [d0, d], normals("features", (d0, None)));
    insert("fcs_0_weight", [m, d], normals("weights", (m, Some(1.0 / (d as f64).sqrt()))));
    let output = |k: usize| if k < m / 2 { 1.0 } else { -1.0 } / m as f64;
    insert("fcs_1_weight", [1, m], (0..m).map(output).collect());
    let arrays = StartArrays::from_arrays(arrays)?;
    let (description, _) = arrays.overrule(description)?;
    ExperimentRun::seeded(&Experiment::new(description)?, Some(&arrays), seed)
}

/// Returns the seconds of one run.
fn seconds(experiment: &Experiment) -> Result<f64> {
    let clock = Instant::now();
    let mut run = start(experiment, Seed::root(0))?;
    let to_start = clock.elapsed().as_secs_f64();
    Ok(to_start + cost::of_steps(experiment.n_steps, || run.step())?)
}
