//! Claims on other activations, losses, optimizers, labels and depths than the theorems'.

use crate::error::Result;
use crate::linalg::mean_row_norm;
use crate::setting::{Activation, Description, EngineKind, LabelRelation, Loss, Optimizer};
use crate::stats::{Region, Replicates};
use crate::train::ExperimentRun;

use super::plan::Work;
use super::toy::{
    CLEAN, CONTAMINATED, Variation, base, contaminated, ends, lost_draft, lost_margin, lost_part,
    timed, trained, work,
};
use super::window::winsorised;
use super::{Arm, Draft, Lab, Tier};

/// `activations/uneven`: activations whose derivative is larger above 0 than below.
pub(super) fn uneven(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let variations =
        [Activation::Relu, Activation::LeakyRelu, Activation::Gelu].map(|activation| {
            Variation::new(activation.to_string(), Description { activation, ..base(lab.tier()) })
        });
    contaminated(lab, ("activations/uneven", arm), variations.into())
}

pub(super) fn uneven_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("activations/uneven", (tier, arm), 3, || timed(base(Tier::Standard)))
}

/// `activations/even`: activations with an even derivative, on linear labels. The control has ReLU.
pub(super) fn even(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    [Activation::Sigmoid, Activation::Tanh]
        .into_iter()
        .map(|activation| {
            let name = activation.to_string();
            let activation = if arm == Arm::Claim { activation } else { Activation::Relu };
            let description = Description { activation, ..trained(lab.tier()) };
            let variation = Variation::new(name, description);
            lost_part(lab, ("activations/even", arm), &variation, (Region::at_most(CLEAN), 0.0))
        })
        .collect()
}

pub(super) fn even_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("activations/even", (tier, arm), 2, || timed(trained(Tier::Standard)))
}

/// `losses/contamination`. The logistic loss never lets go, and takes longer to separate.
pub(super) fn losses(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let variations = [
        ("hinge", Loss::Hinge, 300),
        ("logistic", Loss::Logistic, 1200),
        ("squared", Loss::Squared, 300),
    ]
    .map(|(name, loss, n_steps)| {
        Variation::new(name, Description { loss, n_steps, ..base(lab.tier()) })
    });
    contaminated(lab, ("losses/contamination", arm), variations.into())
}

pub(super) fn losses_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("losses/contamination", (tier, arm), 6, || timed(base(Tier::Standard)))
}

/// `optimizers/contamination`.
pub(super) fn optimizers(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let adam = |optimizer| Description {
        optimizer,
        learning_rate: 3e-3,
        engine: EngineKind::Ambient,
        ..base(lab.tier())
    };
    let plain = Description {
        optimizer: Optimizer::Sgd { momentum: 0.0 },
        learning_rate: 0.2,
        ..base(lab.tier())
    };
    let variations = vec![
        Variation::new("SGD", plain),
        Variation::new("momentum", base(lab.tier())),
        Variation::new("Adam", adam(Optimizer::Adam)),
        Variation::new("AdamW", adam(Optimizer::AdamW)),
    ];
    contaminated(lab, ("optimizers/contamination", arm), variations)
}

pub(super) fn optimizers_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("optimizers/contamination", (tier, arm), 4, || timed(base(Tier::Standard)))
}

/// Labels that are not linear in the core take both layers, and more steps.
fn nonlinear_labels(tier: Tier) -> Description {
    Description { labels: LabelRelation::Nonlinear, n_steps: 1000, ..trained(tier) }
}

/// `labels/nonlinear`: the accuracy out of distribution is that of a guess. A linear network guesses in
/// distribution as well: there is nothing to lose.
pub(super) fn nonlinear(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let variation = Variation::new("two spheres", nonlinear_labels(lab.tier()));
    let variation = variation.linear_in_control(arm);
    let ends = ends(lab, ("labels/nonlinear", arm), &variation, |run| {
        let row = run.row()?;
        Ok((row.id_loss, row.id_accuracy - row.ood_accuracy))
    })?;
    let part = |name: &str, values: Replicates<f64>, region: Region, expected: f64| {
        let sizes = [variation.description.n_features()];
        Ok(Draft::new(name, &sizes, winsorised(&values, region, expected)?, region))
    };
    Ok(vec![
        part(
            "two spheres: logistic risk in distribution",
            ends.map(|(risk, _)| *risk),
            Region::at_most(0.3),
            0.05,
        )?,
        part(
            "two spheres: accuracy lost out of distribution",
            ends.map(|(_, lost)| *lost),
            Region::at_least(0.2),
            0.4,
        )?,
    ])
}

pub(super) fn nonlinear_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    work("labels/nonlinear", (tier, arm), 1, || timed(nonlinear_labels(Tier::Standard)))
}

/// Layers of weights.
fn depths(tier: Tier) -> &'static [usize] {
    if tier == Tier::Quick { &[3] } else { &[3, 4, 6] }
}

fn deep(tier: Tier, depth: usize) -> Description {
    Description { depth, learning_rate: 2e-3, n_steps: 600, ..trained(tier) }
}

/// `depth/contamination`: what deeper networks lose, and how much background comes through to their last
/// hidden layer.
pub(super) fn depth(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for &depth in depths(lab.tier()) {
        let variation = Variation::new(format!("{depth} layers"), deep(lab.tier(), depth));
        let variation = variation.linear_in_control(arm);
        let ends = ends(lab, ("depth/contamination", arm), &variation, |run| {
            Ok((lost_margin(run), last_path_ratio(run)?))
        })?;
        let lost = ends.map(|(lost, _)| *lost);
        drafts.push(lost_draft(&variation, &lost, (Region::at_least(CLEAN), 2.0 * CLEAN))?);
        let region = Region::at_least(CONTAMINATED);
        drafts.push(Draft::new(
            format!(
                "{}: background over core on the path to the last hidden layer",
                variation.name
            ),
            &[variation.description.n_features()],
            winsorised(&ends.map(|(_, ratio)| *ratio), region, 0.5)?,
            region,
        ));
    }
    Ok(drafts)
}

/// Of `W_l ... W_1` projected on the features, the mean norm of the background's part over that of the
/// core's.
fn last_path_ratio(run: &ExperimentRun<f32>) -> Result<f64> {
    let experiment = run.experiment();
    let path = run.path_projections(experiment.depth - 2)?;
    let norm = |features| mean_row_norm(path.as_ref(), features);
    Ok(norm(experiment.background()) / norm(experiment.core()))
}

pub(super) fn depth_work(tier: Tier, arm: Arm) -> Result<Vec<Work>> {
    let n_depths = depths(tier).len();
    work("depth/contamination", (tier, arm), n_depths, || timed(deep(Tier::Standard, 4)))
}
