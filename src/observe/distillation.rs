//! What a student's representation is worth in and out of distribution.

use faer::{Mat, MatRef};

use crate::data::{Batch, Shift};
use crate::error::Result;
use crate::linalg::{Real, least_squares, to_f64};
use crate::train::Distillation;

/// Fresh samples that a probe is fitted on, in distribution.
const N_PROBE: usize = 512;
/// Fresh samples of each distribution that representations and probes are looked at on.
const N_TEST: usize = 2048;

/// The mean squared distance of the student from its teacher over the teacher's mean square, on fresh
/// samples: 0 for a perfect student, 1 for one that always answers 0.
pub fn representation_error<T: Real>(run: &Distillation<T>, shift: Shift) -> f64 {
    let samples = run.draw(N_TEST, shift, "representation").features;
    let taught = to_f64(run.taught(samples.as_ref()).as_ref());
    let learned = to_f64(run.student().outputs(samples.as_ref()).as_ref());
    (learned - &taught).squared_norm_l2() / taught.squared_norm_l2()
}

/// The share of the mean margin in distribution that a linear probe with a bias loses out of distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LostProbeMargin {
    /// Of a probe on the student's representation.
    pub student: f64,
    /// Of a probe on the teacher's.
    pub teacher: f64,
}

/// Fits probes by least squares on the labels of fresh samples in distribution, and looks at their margins
/// on others of each distribution.
///
/// # Errors
/// If a representation has linearly dependent outputs.
pub fn lost_probe_margin<T: Real>(run: &Distillation<T>) -> Result<LostProbeMargin> {
    let samples = |n_samples, shift, stream| run.draw(n_samples, shift, stream);
    let probed = samples(N_PROBE, Shift::InDistribution, "probe");
    let tests = [Shift::InDistribution, Shift::OutOfDistribution]
        .map(|shift| samples(N_TEST, shift, "margin"));
    let lost = |represent: &dyn Fn(MatRef<'_, T>) -> Mat<T>| -> Result<f64> {
        let design = with_ones(represent(probed.features.as_ref()).as_ref());
        let weights = vec![1.0; N_PROBE];
        let probe = least_squares(design.as_ref(), &labels(&probed), &weights)?.coefficients;
        let [id, ood] = tests.each_ref().map(|batch| {
            let inputs = with_ones(represent(batch.features.as_ref()).as_ref());
            mean_margin(inputs.as_ref(), &labels(batch), &probe)
        });
        Ok(1.0 - ood / id)
    };
    Ok(LostProbeMargin {
        student: lost(&|features| run.student().outputs(features))?,
        teacher: lost(&|features| run.taught(features))?,
    })
}

fn labels<T: Real>(batch: &Batch<T>) -> Vec<f64> {
    batch.labels.iter().map(|label| label.to_f64()).collect()
}

/// A representation in `f64` with a column of ones for the bias.
fn with_ones<T: Real>(of: MatRef<'_, T>) -> Mat<f64> {
    let n_outputs = of.ncols();
    let entry = |i, j| if j < n_outputs { of[(i, j)].to_f64() } else { 1.0 };
    Mat::from_fn(of.nrows(), n_outputs + 1, entry)
}

fn mean_margin(inputs: MatRef<'_, f64>, labels: &[f64], probe: &[f64]) -> f64 {
    let answer =
        |row: faer::RowRef<'_, f64>| row.iter().zip(probe).map(|(x, v)| x * v).sum::<f64>();
    let margins = inputs.row_iter().zip(labels).map(|(row, label)| label * answer(row));
    margins.sum::<f64>() / labels.len() as f64
}

/// Root mean squares over samples out of distribution, relative to that of the teacher.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReflectedErrors {
    /// Of the student's error `f(x) - r(x)`.
    pub out_of_distribution: f64,
    /// Of its error on the reflected samples `-x`, which are samples in distribution.
    pub reflected: f64,
    /// Of `2 (L - R) x`, with `L` half of the path `A W` without its activation.
    pub linear_part: f64,
}

/// Errors of a student out of distribution, and what they must consist of for ReLU.
pub fn reflected_errors<T: Real>(run: &Distillation<T>) -> ReflectedErrors {
    let samples = run.draw(N_TEST, Shift::OutOfDistribution, "reflection").features;
    let zero = T::from_f64(0.0);
    let reflected = Mat::from_fn(samples.nrows(), samples.ncols(), |i, j| zero - samples[(i, j)]);
    let error = |inputs: MatRef<'_, T>| {
        to_f64(run.student().outputs(inputs).as_ref()) - to_f64(run.taught(inputs).as_ref())
    };
    let samples_f64 = to_f64(samples.as_ref());
    let of_linear_part = &samples_f64 * linear_part_error(run).transpose();
    let size = to_f64(run.taught(samples.as_ref()).as_ref()).norm_l2();
    ReflectedErrors {
        out_of_distribution: error(samples.as_ref()).norm_l2() / size,
        reflected: error(reflected.as_ref()).norm_l2() / size,
        linear_part: of_linear_part.norm_l2() / size,
    }
}

/// `2 (L - R) = A W - 2 R`, shape `(K, d0)`.
pub fn linear_part_error<T: Real>(run: &Distillation<T>) -> Mat<f64> {
    let path = run.student().path();
    let teacher = to_f64(run.teacher());
    Mat::from_fn(path.nrows(), path.ncols(), |k, j| path[(k, j)] - 2.0 * teacher[(k, j)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::setting::{Activation, Description, Experiment, Samples};

    fn run(activation: Activation, n_steps: usize) -> Distillation<f64> {
        let mut description = Description::toy_theoretical(5);
        description.latents.truncate(4);
        (description.n_core, description.ambient_dim, description.width) = (2, 8, 12);
        (description.samples, description.has_bias) = (Samples::Fresh(60), false);
        (description.learning_rate, description.weight_decay) = (0.05, 0.0);
        description.activation = activation;
        let experiment = Experiment::new(description).unwrap();
        let teacher = Mat::from_fn(4, 4, |k, j| if k == j { 2.0 } else { 0.5 });
        let mut run = Distillation::new(&experiment, teacher.as_ref(), Seed::root(3)).unwrap();
        run.advance_to(n_steps).unwrap();
        run
    }

    #[test]
    fn a_linear_student_that_became_its_teacher_loses_what_its_teacher_does() {
        let run = run(Activation::Identity, 2000);
        for shift in [Shift::InDistribution, Shift::OutOfDistribution] {
            assert!(representation_error(&run, shift) < 1e-12);
        }
        let lost = lost_probe_margin(&run).unwrap();
        assert!((lost.student - lost.teacher).abs() < 1e-5);
        // Two samples of 2048 labels; margins have about a fifth of their mean as deviation.
        assert!(lost.teacher.abs() < 6.0 * 0.5 / 2048.0_f64.sqrt());
    }

    #[test]
    fn errors_of_relu_consist_of_the_reflected_ones_and_of_the_linear_part() {
        let run = run(Activation::Relu, 40);
        let errors = reflected_errors(&run);
        let distance = (errors.out_of_distribution - errors.linear_part).abs();
        assert!(distance <= errors.reflected && errors.out_of_distribution > 0.1, "{errors:?}");
    }
}
