//! What a run costs, from a short probe of its steps.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::linalg::Real;
use crate::seed::Seed;
use crate::setting::{EngineKind, Experiment, Setting};
use crate::train::{ExperimentRun, Simulation};

/// How long a probe of steps lasts, unless three steps last longer.
const PROBE: Duration = Duration::from_millis(4);

/// Seconds of `n_steps` steps, each of which `step` does: the median of those probed, so that one that was
/// interrupted does not count.
///
/// # Errors
/// The error of a step.
pub(super) fn of_steps(n_steps: usize, mut step: impl FnMut() -> Result<()>) -> Result<f64> {
    let probe = Instant::now();
    let mut seconds = Vec::new();
    while seconds.len() < n_steps && (seconds.len() < 3 || probe.elapsed() < PROBE) {
        let clock = Instant::now();
        step()?;
        seconds.push(clock.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
    Ok(n_steps as f64 * median)
}

/// Seconds of a run of the theorems' regime for `n_steps` steps, in the precision `T`.
///
/// # Errors
/// A run that diverges.
pub(super) fn of_training<T: Real>(
    setting: &Setting,
    engine: EngineKind,
    n_steps: usize,
) -> Result<f64> {
    let clock = Instant::now();
    let mut run = Simulation::<T>::new(setting, engine, Seed::root(0))?;
    let to_start = clock.elapsed().as_secs_f64();
    Ok(to_start + of_steps(n_steps, || run.step().map(|_| ()))?)
}

/// Seconds of a run of an experiment to its end.
///
/// # Errors
/// A run that diverges.
pub(super) fn of_experiment(experiment: &Experiment) -> Result<f64> {
    let clock = Instant::now();
    let mut run = ExperimentRun::<f32>::seeded(experiment, None, Seed::root(0))?;
    let to_start = clock.elapsed().as_secs_f64();
    let mut n_steps = 0;
    let steps = of_steps(experiment.n_steps, || {
        n_steps += 1;
        run.advance_to(n_steps)
    })?;
    Ok(to_start + steps)
}
