//! The claim on deeper networks.

use crate::error::Result;
use crate::linalg::mean_row_norm;
use crate::setting::Description;
use crate::stats::Region;
use crate::study::{Claim, Design, Kind, Scope};
use crate::train::ExperimentRun;

use super::effort::Effort;
use super::small_toy::{CLEAN, CONTAMINATED, Variation, lost_margin, trained};

/// `depth/contamination`.
pub(super) fn contamination() -> Claim {
    Claim::new(
        "depth/contamination",
        "Deeper ReLU networks carry background through to their last hidden layer, and lose margin \
         out of distribution.",
        contamination_design,
    )
    .source("Zhang et al. 2024, section 5 (numerical experiments)")
    .kind(Kind::Band)
    .control("the identity as activation")
    .cost("runs of small deep networks")
    .card(card!("depth/contamination"))
}

/// Layers of weights.
fn depths(effort: Effort) -> &'static [(&'static str, usize)] {
    const DEPTHS: [(&str, usize); 3] = [("3 layers", 3), ("4 layers", 4), ("6 layers", 6)];
    if effort == Effort::Quick { &DEPTHS[..1] } else { &DEPTHS }
}

/// The toy with this number of layers, all of them trained.
pub(super) fn deep(effort: Effort, depth: usize) -> Description {
    Description { depth, learning_rate: 2e-3, n_steps: 600, ..trained(effort) }
}

/// The end of one run.
struct End {
    lost_margin: f64,
    path_ratio: f64,
}

/// A deeper network must lose more than a clean one does, and background must reach its last hidden
/// layer.
fn contamination_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let effort = Effort::of(scope);
    for &(label, depth) in depths(effort) {
        let variation = Variation::new(label, deep(effort, depth))
            .named(format!("{depth} layers"))
            .linear_in_control(scope.arm);
        let ends = variation.ends(&mut design, ("depth/contamination", scope), |run| {
            Ok(End { lost_margin: lost_margin(run), path_ratio: last_path_ratio(run)? })
        })?;
        let region = (Region::at_least(CLEAN), 2.0 * CLEAN);
        variation.lost_part(&mut design, ends, region, |end| end.lost_margin)?;
        let ratio = ("background over core on the path to the last hidden layer", ends);
        let region = (Region::at_least(CONTAMINATED), 0.5);
        variation.part(&mut design, ratio, region, |end| end.path_ratio)?;
    }
    Ok(design)
}

/// Returns how much background reaches the last hidden layer: of the path `W_l ... W_1`, projected
/// on the features, the mean norm over background features over that over core features.
fn last_path_ratio(run: &ExperimentRun<f32>) -> Result<f64> {
    let experiment = run.experiment();
    let path = run.path_projections(experiment.depth - 2)?;
    let norm = |features| mean_row_norm(path.as_ref(), features);
    Ok(norm(experiment.background()) / norm(experiment.core()))
}
