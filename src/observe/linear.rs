//! Displacements of a linear network's weights.

use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};
use crate::train::Simulation;

/// What one run of a linear network did to its first neuron (all neurons share it up to the sign of
/// their output weight).
#[derive(Debug, Clone, PartialEq)]
pub struct LinearDisplacement {
    /// `u_0j(T) - q^T u_0j(0)` for `j` in the background.
    pub background: Vec<f64>,
    /// The largest margin seen on a batch: below 1, the hinge was active on every sample.
    pub max_margin: f64,
}

/// Runs a setting for `n_steps` steps in double precision.
///
/// ```
/// use feature_contamination::observe::background_displacement;
/// use feature_contamination::predict;
/// use feature_contamination::seed::Seed;
/// use feature_contamination::setting::{Activation, Setting};
///
/// let setting = Setting::theorem(16).with(|p| p.activation = Activation::Identity)?;
/// let observed = background_displacement(&setting, 4, Seed::root(1))?.background;
/// // The theory's side bears the same name. A mean over the features at six standard deviations:
/// let law = predict::background_displacement(&setting, 4);
/// let mean = observed.iter().sum::<f64>() / observed.len() as f64;
/// assert!(mean.abs() < 6.0 * law.standard_deviation_of_mean());
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// If training diverges.
pub fn background_displacement(
    setting: &Setting,
    n_steps: usize,
    seed: Seed,
) -> Result<LinearDisplacement> {
    let mut run = Simulation::<f64>::new(setting, EngineKind::Feature, seed)?;
    let start = run.feature_weights();
    let max_margin = run.advance_to(n_steps)?;
    let end = run.feature_weights();
    let forgotten = setting.shrinkage().powi(n_steps as i32);
    let displacement = |j| end[(0, j)] - forgotten * start[(0, j)];
    Ok(LinearDisplacement {
        background: setting.background().map(displacement).collect(),
        max_margin,
    })
}

/// What one run did to the core of its first neuron.
#[derive(Debug, Clone, PartialEq)]
pub struct CoreDisplacements {
    /// `u_0j(T) - q^T u_0j(0)` for `j` in the core, at each time: `[time][feature]`.
    pub displacements: Vec<Vec<f64>>,
    /// The largest margin seen on a batch.
    pub max_margin: f64,
}

/// Runs a setting in double precision to each of the given times, in steps and in order.
///
/// # Errors
/// If training diverges.
pub fn core_displacements(
    setting: &Setting,
    times: &[usize],
    seed: Seed,
) -> Result<CoreDisplacements> {
    let mut run = Simulation::<f64>::new(setting, EngineKind::Feature, seed)?;
    let start = run.feature_weights();
    let mut seen = CoreDisplacements { displacements: Vec::new(), max_margin: f64::NEG_INFINITY };
    for &n_steps in times {
        seen.max_margin = seen.max_margin.max(run.advance_to(n_steps)?);
        let now = run.feature_weights();
        let forgotten = setting.shrinkage().powi(n_steps as i32);
        let displacement = |j| now[(0, j)] - forgotten * start[(0, j)];
        seen.displacements.push(setting.core().map(displacement).collect());
    }
    Ok(seen)
}
