//! The hinge loss `max(0, 1 - y h)` and its gradient with respect to the output.

use crate::data::{Batch, Population, Shift};
use crate::fault::{self, Site};
use crate::linalg::{CompensatedSum, Real};
use crate::network::TwoLayer;
use crate::seed::Seed;

use super::Coordinates;

/// Loss and accuracy on one set of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// The mean hinge loss.
    pub loss: f64,
    /// The share of samples with `y h(x) > 0`.
    pub accuracy: f64,
    /// The mean margin `y h(x)`.
    pub mean_margin: f64,
    /// The largest margin; the hinge is active on every sample while it is below 1.
    pub max_margin: f64,
}

/// Loss, accuracy and margins of outputs against labels.
pub(super) fn summarise<T: Real>(labels: &[T], outputs: &[T]) -> Evaluation {
    let n_samples = labels.len() as f64;
    let margins = || labels.iter().zip(outputs).map(|(y, h)| y.to_f64() * h.to_f64());
    let mean = |sum: CompensatedSum| sum.value() / n_samples;
    Evaluation {
        loss: mean(margins().map(hinge).collect()),
        accuracy: margins().filter(|&margin| margin > 0.0).count() as f64 / n_samples,
        mean_margin: mean(margins().collect()),
        // A NaN must not hide behind `max`, which drops it.
        max_margin: margins().fold(f64::NEG_INFINITY, |a, b| if b.is_nan() { b } else { a.max(b) }),
    }
}

/// `r_i = y_i 1{y_i h(x_i) < 1}`: minus the derivative of a sample's hinge loss with respect to the output.
pub(super) fn residuals<T: Real>(labels: &[T], outputs: &[T]) -> Vec<T> {
    let (zero, corner) = (T::from_f64(0.0), T::from_f64(fault::value(Site::HingeCorner, 1.0)));
    let outputs = outputs.iter().cycle().skip(fault::count(Site::HingeOffset, 0));
    labels.iter().zip(outputs).map(|(&y, &h)| if y * h < corner { y } else { zero }).collect()
}

/// Loss, accuracy and margins of a network on `n_samples` fresh samples.
pub fn evaluate<T: Real>(
    network: &TwoLayer<T>,
    coordinates: &Coordinates<T>,
    population: &Population,
    (n_samples, shift, seed): (usize, Shift, Seed),
) -> Evaluation {
    let batch: Batch<T> = population.draw(n_samples, shift, seed);
    let outputs = network.outputs(coordinates.inputs(&batch.features).as_ref().as_ref());
    summarise(&batch.labels, &outputs)
}

fn hinge(margin: f64) -> f64 {
    // Not `f64::max`, which would turn NaN into 0.
    let loss = if margin >= 1.0 { 0.0 } else { 1.0 - margin };
    fault::value(Site::Loss, loss)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_and_accuracy_of_three_samples_by_hand() {
        // Margins 2, 0.5, -1: losses 0, 0.5, 2.
        let evaluation = summarise(&[1.0, -1.0, 1.0], &[2.0, -0.5, -1.0]);
        assert_eq!(evaluation.loss, 2.5 / 3.0);
        assert_eq!(evaluation.accuracy, 2.0 / 3.0);
        assert_eq!(evaluation.mean_margin, 0.5);
        assert_eq!(evaluation.max_margin, 2.0);
    }

    #[test]
    fn not_a_number_is_not_swallowed() {
        let evaluation = summarise(&[1.0], &[f64::NAN]);
        assert!(evaluation.loss.is_nan() && evaluation.max_margin.is_nan());
    }

    #[test]
    fn a_sample_at_the_hinges_corner_has_no_gradient() {
        assert_eq!(residuals(&[1.0, -1.0], &[1.0, 0.5]), [0.0, -1.0]);
    }
}
