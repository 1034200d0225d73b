//! Risks of a linear network on fresh samples, beside what they are fresh samples of.

use crate::data::Shift;
use crate::error::Result;
use crate::linalg::CompensatedSum;
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};
use crate::train::{Evaluation, Simulation};

/// A linear network and its two evaluations.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearEvaluation {
    /// `sum_k a_k u_k`, the one vector that a linear network is; one entry per feature.
    pub collapsed: Vec<f64>,
    /// On fresh samples in distribution.
    pub in_distribution: Evaluation,
    /// On fresh samples out of distribution.
    pub out_of_distribution: Evaluation,
}

/// Trains a linear network in double precision for `n_steps` steps and evaluates it on `n_samples` fresh
/// samples of each distribution.
///
/// # Errors
/// If training diverges.
pub fn linear_evaluation(
    setting: &Setting,
    n_steps: usize,
    n_samples: usize,
    seed: Seed,
) -> Result<LinearEvaluation> {
    let mut run = Simulation::<f64>::new(setting, EngineKind::Feature, seed)?;
    run.advance_to(n_steps)?;
    let weights = run.feature_weights();
    let collapsed = |j: usize| {
        let terms = (0..setting.width).map(|k| setting.output_weight(k) * weights[(k, j)]);
        terms.collect::<CompensatedSum>().value()
    };
    Ok(LinearEvaluation {
        collapsed: (0..setting.n_features()).map(collapsed).collect(),
        in_distribution: run.evaluate(n_samples, Shift::InDistribution, "id"),
        out_of_distribution: run.evaluate(n_samples, Shift::OutOfDistribution, "ood"),
    })
}
