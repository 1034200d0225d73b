//! The claim on features that are not orthogonal.

use std::collections::BTreeMap;

use rand_distr::{Distribution, StandardNormal};

use crate::arrays::Array;
use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{Activation, Description, Experiment};
use crate::stats::Region;
use crate::train::{ExperimentRun, StartArrays};

use super::plan::Work;
use super::toy::{CONTAMINATED, Variation, base, lost_draft, lost_margin, replicates, work};
use super::{Arm, Draft, Lab, Tier};

/// Ambient dimensions per feature: unit vectors in random directions of `d` dimensions have inner products
/// of about `d^-1/2`.
const DIMENSIONS_PER_FEATURE: [usize; 2] = [2, 8];

/// `geometry/non-orthogonal`. In the control the network is linear.
pub(super) fn non_orthogonal(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let activation = if arm == Arm::Claim { Activation::Relu } else { Activation::Identity };
    DIMENSIONS_PER_FEATURE
        .into_iter()
        .map(|per_feature| {
            let description = Description { activation, ..description(lab.tier(), per_feature) };
            let name = format!("random features in {per_feature} d0 dimensions");
            let variation = Variation::new(name, description);
            let lost =
                replicates(lab, ("geometry/non-orthogonal", arm), &variation.name, |seed| {
                    Ok(lost_margin(&run(&variation.description, seed)?))
                })?;
            lost_draft(&variation, &lost, (Region::at_least(CONTAMINATED), 2.0 * CONTAMINATED))
        })
        .collect()
}

fn description(tier: Tier, per_feature: usize) -> Description {
    let base = base(tier);
    Description { ambient_dim: per_feature * base.n_features(), has_bias: false, ..base }
}

/// A run whose features are random unit vectors.
fn run(description: &Description, seed: Seed) -> Result<ExperimentRun<f32>> {
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
    let start = StartArrays::from_arrays(arrays)?;
    let (description, _) = start.overrule(description)?;
    let experiment = Experiment::new(description)?;
    let mut run = ExperimentRun::seeded(&experiment, Some(&start), seed)?;
    run.advance_to(experiment.n_steps)?;
    Ok(run)
}

pub(super) fn non_orthogonal_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("geometry/non-orthogonal", (tier, arm), DIMENSIONS_PER_FEATURE.len(), || {
        run(&description(Tier::Standard, DIMENSIONS_PER_FEATURE[0]), Seed::root(0)).map(|_| ())
    })
}
