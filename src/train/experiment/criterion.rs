//! Losses of an output `h` for a label `y`, and their derivatives by the output.

use crate::linalg::{CompensatedSum, Real};
use crate::setting::Loss;
use crate::train::Evaluation;

/// The loss of one sample.
pub(super) fn loss(of: Loss, label: f64, output: f64) -> f64 {
    let margin = label * output;
    match of {
        // Not `f64::max`, which would turn NaN into 0.
        Loss::Hinge => {
            if margin >= 1.0 {
                0.0
            } else {
                1.0 - margin
            }
        }
        Loss::Logistic => softplus(-margin),
        Loss::Squared => (output - label) * (output - label),
    }
}

/// `log(1 + exp(z))`, without overflow and without losing small values.
fn softplus(z: f64) -> f64 {
    let positive_part = if z <= 0.0 { 0.0 } else { z };
    positive_part + libm::log1p(libm::exp(-z.abs()))
}

/// The derivative of the loss of one sample by its output. At the hinge's corner it is that of the slope,
/// as for PyTorch's clamp; the logistic one keeps its tail, where `1 - sigmoid` would be 0.
pub(super) fn derivative(of: Loss, label: f64, output: f64) -> f64 {
    let margin = label * output;
    match of {
        Loss::Hinge => {
            if margin > 1.0 {
                0.0
            } else {
                -label
            }
        }
        Loss::Logistic => -label / (1.0 + libm::exp(margin)),
        Loss::Squared => 2.0 * (output - label),
    }
}

/// Mean loss, accuracy and margins of outputs against labels.
pub(super) fn summarise<T: Real>(of: Loss, labels: &[T], outputs: &[T]) -> Evaluation {
    let n_samples = labels.len() as f64;
    let pairs = || labels.iter().zip(outputs).map(|(y, h)| (y.to_f64(), h.to_f64()));
    let margins = || pairs().map(|(y, h)| y * h);
    let mean = |sum: CompensatedSum| sum.value() / n_samples;
    Evaluation {
        loss: mean(pairs().map(|(y, h)| loss(of, y, h)).collect()),
        accuracy: margins().filter(|&margin| margin > 0.0).count() as f64 / n_samples,
        mean_margin: mean(margins().collect()),
        // A NaN must not hide behind `max`, which drops it.
        max_margin: margins().fold(f64::NEG_INFINITY, |a, b| if b.is_nan() { b } else { a.max(b) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_and_derivatives_at_hand_computed_points() {
        let ln_2 = std::f64::consts::LN_2;
        let cases = [
            (Loss::Hinge, 1.0, 2.0, 0.0, 0.0),
            (Loss::Hinge, -1.0, 0.5, 1.5, 1.0),
            // The corner.
            (Loss::Hinge, 1.0, 1.0, 0.0, -1.0),
            (Loss::Logistic, 1.0, 0.0, ln_2, -0.5),
            (Loss::Logistic, -1.0, 800.0, 800.0, 1.0),
            (Loss::Squared, -1.0, 2.0, 9.0, 6.0),
        ];
        for (of, label, output, value, slope) in cases {
            assert_eq!(loss(of, label, output), value, "{of:?} {label} {output}");
            assert_eq!(derivative(of, label, output), slope, "{of:?} {label} {output}");
        }
    }

    #[test]
    fn the_logistic_tail_lives_on_where_the_naive_formula_is_zero() {
        let tail = loss(Loss::Logistic, 1.0, 50.0);
        assert!((tail / libm::exp(-50.0) - 1.0).abs() < 1e-12);
        let slope = derivative(Loss::Logistic, 1.0, 50.0);
        assert!((slope / -libm::exp(-50.0) - 1.0).abs() < 1e-12);
        assert!((slope as f32) < 0.0);
    }

    #[test]
    fn not_a_number_is_not_swallowed() {
        for of in [Loss::Hinge, Loss::Logistic, Loss::Squared] {
            let evaluation = summarise(of, &[1.0], &[f64::NAN]);
            assert!(evaluation.loss.is_nan() && evaluation.max_margin.is_nan(), "{of:?}");
        }
    }
}
