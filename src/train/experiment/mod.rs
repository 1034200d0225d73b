//! Experiments beyond the theorems: multi-layer networks, other losses and optimizers, fixed samples, and
//! starts that come from a file.
//!
//! Notation: inputs `x = s F` of feature coordinates `s` and features `F` (rows), outputs `h(x)`, loss
//! `L = (1/n) sum_i l(y_i, h(x_i))`. Samples that lie in the span of the features, an optimizer that does
//! not depend on the axes, and an orthonormal basis `Q` of the span make the run in the coordinates
//! `Q^T x`, `Q^T w` the same run: gradients of the first layer lie in the span, and what the weights have
//! outside of it only decays, without ever reaching an output.

mod checkpoint;
mod criterion;
mod distillation;
mod features;
mod flips;
mod optimizer;
mod run;
mod start;
mod start_file;

pub use checkpoint::ExperimentCheckpoint;
pub use distillation::Distillation;
pub use run::ExperimentRun;
pub use start_file::StartArrays;

use super::trace::next_multiple;
use super::{Row, Trace};
use crate::error::Result;
use crate::linalg::Real;
use crate::setting::{Experiment, Precision};

/// Who is told of every row, with a function that makes the checkpoint of that moment; an error stops
/// the run.
pub type ExperimentObserver<'a> =
    dyn FnMut(&Row, &dyn Fn() -> ExperimentCheckpoint) -> Result<()> + 'a;

/// Trains an experiment and records its trace.
///
/// `start` takes the place of the data and the weights that the experiment would draw; the experiment must
/// be the one that it belongs to, see [`StartArrays::overrule`]. `resume` goes on from a checkpoint of the same experiment.
///
/// ```
/// use feature_contamination::setting::{Description, Experiment};
/// use feature_contamination::train::run_experiment;
///
/// let description = Description { n_steps: 4, record_every_steps: 2, ..Description::toy_theoretical(7) };
/// let trace = run_experiment(&Experiment::new(description)?, None, None, &mut |_, _| Ok(()))?;
/// assert_eq!(trace.rows.iter().map(|row| row.step).collect::<Vec<_>>(), [0, 2, 4]);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// - training diverged, see [`ExperimentRun::step`];
/// - the start file has other sizes, or the checkpoint belongs to another experiment;
/// - whatever `observe` returns.
pub fn run_experiment(
    experiment: &Experiment,
    start: Option<&StartArrays>,
    resume: Option<ExperimentCheckpoint>,
    observe: &mut ExperimentObserver<'_>,
) -> Result<Trace> {
    let rows = match experiment.precision {
        Precision::F32 => run_in::<f32>(experiment, start, resume, observe),
        Precision::F64 => run_in::<f64>(experiment, start, resume, observe),
    }?;
    Ok(Trace { engine: experiment.engine(), precision: experiment.precision, rows })
}

fn run_in<T: Real>(
    experiment: &Experiment,
    start: Option<&StartArrays>,
    resume: Option<ExperimentCheckpoint>,
    observe: &mut ExperimentObserver<'_>,
) -> Result<Vec<Row>> {
    let (mut run, mut rows) = match resume {
        Some(checkpoint) => checkpoint.restore::<T>(experiment, start)?,
        None => (ExperimentRun::<T>::new(experiment, start)?, Vec::new()),
    };
    let mut record = |run: &ExperimentRun<T>, rows: &mut Vec<Row>| {
        let row = run.row()?;
        rows.push(row);
        observe(&row, &|| ExperimentCheckpoint::of(run, rows))
    };
    if rows.is_empty() {
        record(&run, &mut rows)?;
    }
    while run.n_steps_done() < experiment.n_steps {
        let target = next_multiple(run.n_steps_done(), experiment.record_every_steps);
        run.advance_to(target.min(experiment.n_steps))?;
        record(&run, &mut rows)?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::setting::{Description, Optimizer, Samples};

    /// Small enough for a test, with everything that a checkpoint has to carry.
    fn experiment(edit: impl FnOnce(&mut Description)) -> Experiment {
        let mut description = Description::toy_default(3);
        description.latents.truncate(6);
        (description.n_core, description.ambient_dim, description.width) = (3, 9, 8);
        (description.depth, description.samples) = (3, Samples::Full(300));
        (description.n_steps, description.record_every_steps) = (50, 20);
        description.learning_rate = 0.05;
        edit(&mut description);
        Experiment::new(description).unwrap()
    }

    fn trace(experiment: &Experiment, resume: Option<ExperimentCheckpoint>) -> Trace {
        run_experiment(experiment, None, resume, &mut |_, _| Ok(())).unwrap()
    }

    /// The checkpoint at a step, through its text.
    fn checkpoint(experiment: &Experiment, step: usize) -> ExperimentCheckpoint {
        let mut text = String::new();
        run_experiment(experiment, None, None, &mut |row, state| {
            if row.step == step {
                text = serde_json::to_string(&state()).unwrap();
            }
            Ok(())
        })
        .unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_resumed_run_ends_in_the_same_bits() {
        let optimizers = [
            Optimizer::Sgd { momentum: 0.0 },
            Optimizer::Sgd { momentum: 0.9 },
            Optimizer::Adam,
            Optimizer::AdamW,
        ];
        for optimizer in optimizers {
            for precision in [Precision::F32, Precision::F64] {
                for samples in [Samples::Full(300), Samples::Fresh(40)] {
                    let experiment = experiment(|d| {
                        (d.optimizer, d.precision, d.samples) = (optimizer, precision, samples);
                    });
                    let straight = trace(&experiment, None);
                    assert_eq!(straight.rows.len(), 4);
                    for step in [0, 20, 50] {
                        let resume = checkpoint(&experiment, step);
                        let case = format!("{optimizer:?} {precision:?} {samples:?} {step}");
                        assert_eq!(trace(&experiment, Some(resume)), straight, "{case}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_checkpoint_of_another_experiment_or_a_damaged_one_is_refused() {
        let mine = experiment(|_| {});
        let refused = |experiment: &Experiment, resume: ExperimentCheckpoint| {
            let fault = run_experiment(experiment, None, Some(resume), &mut |_, _| Ok(()));
            fault.unwrap_err().to_string()
        };
        let other = mine.with(|d| d.learning_rate = 0.06).unwrap();
        assert!(refused(&other, checkpoint(&mine, 20)).contains("another regime"));
        for (array, count) in [("second_moments", 2), ("layers", 3)] {
            let mut text = serde_json::to_value(checkpoint(&mine, 20)).unwrap();
            let layers = text[array].as_array_mut().unwrap();
            assert_eq!(layers.len(), 3);
            layers.truncate(count);
            layers[1].as_array_mut().unwrap().pop();
            let damaged = serde_json::from_value(text).unwrap();
            assert!(refused(&mine, damaged).contains("damaged"), "{array}");
        }
    }

    #[test]
    fn threads_change_no_bit() {
        // Three chunks of rows, the last one short.
        let experiment = experiment(|d| (d.width, d.samples) = (64, Samples::Full(1100)));
        let with_threads = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| trace(&experiment, None))
        };
        assert_eq!(with_threads(1), with_threads(2));
    }

    #[test]
    fn training_lowers_the_loss_and_says_where_it_ran() {
        let trace = trace(&experiment(|d| d.engine = crate::setting::EngineKind::Feature), None);
        assert_eq!(trace.engine, crate::setting::EngineKind::Ambient);
        assert!(trace.rows[3].train_loss < trace.rows[0].train_loss);
    }

    #[test]
    fn a_run_that_explodes_says_when() {
        let experiment = experiment(|d| {
            (d.learning_rate, d.weight_decay) = (1e30, 0.0);
            d.optimizer = Optimizer::Sgd { momentum: 0.0 };
            d.loss = crate::setting::Loss::Squared;
        });
        let fault = run_experiment(&experiment, None, None, &mut |_, _| Ok(())).unwrap_err();
        assert!(matches!(fault, Error::Diverged { .. }), "{fault}");
    }
}
