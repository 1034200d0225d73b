//! One column of pre-activations at a time: the activation beside its derivative.

use crate::linalg::{Real, vectorised};
use crate::setting::{Activation, LEAKY_SLOPE};

/// Where the activations of a column go.
pub(super) enum Sink<'a, T> {
    /// `phi(z)` is written here.
    Keep(&'a mut [T]),
    /// `scale * phi(z)` is added here: the outputs, where nobody asks for the activations again.
    Add(&'a mut [T]),
}

/// Passes `phi(z)` on and replaces every `z` by `scale * phi'(z)`.
///
/// The derivative of ReLU at 0 is 0, PyTorch's convention; the theorem's network has 1.
pub(super) fn activate<T: Real>(
    activation: Activation,
    preactivations: &mut [T],
    sink: Sink<'_, T>,
    scale: T,
) {
    let columns = (preactivations, sink, scale);
    let (zero, one) = (T::from_f64(0.0), T::from_f64(1.0));
    match activation {
        // Comparisons with NaN are false: it must not come out as 0.
        Activation::Relu => {
            fill(columns, move |z: T| if z <= zero { (zero, zero) } else { (z, one) })
        }
        Activation::LeakyRelu | Activation::LeakyPercent(_) => {
            let slope = T::from_f64(activation.leak().unwrap_or(LEAKY_SLOPE));
            fill(columns, move |z: T| if z > zero { (z, one) } else { (slope * z, slope) });
        }
        Activation::Identity => fill(columns, move |z: T| (z, one)),
        Activation::Gelu => fill(columns, move |z: T| {
            let (below, density) = z.normal_with_density();
            (z * below, below + z * density)
        }),
        Activation::Sigmoid => fill(columns, move |z: T| z.logistic_with_slope()),
        Activation::Tanh => fill(columns, move |z: T| z.tanh_with_slope()),
    }
}

fn fill<T: Real>(
    (preactivations, sink, scale): (&mut [T], Sink<'_, T>, T),
    value_and_derivative: impl Fn(T) -> (T, T),
) {
    match sink {
        Sink::Keep(activations) => vectorised(
            #[inline(always)]
            move || {
                for (z, value) in preactivations.iter_mut().zip(activations) {
                    let (phi, derivative) = value_and_derivative(*z);
                    *value = phi;
                    *z = scale * derivative;
                }
            },
        ),
        Sink::Add(outputs) => vectorised(
            #[inline(always)]
            move || {
                for (z, output) in preactivations.iter_mut().zip(outputs) {
                    let (phi, derivative) = value_and_derivative(*z);
                    *output += scale * phi;
                    *z = scale * derivative;
                }
            },
        ),
    }
}

/// The sum of products, in sixteen lanes that a vector unit adds side by side and then in their order:
/// the same bits whatever runs beside it, which a library's product of two vectors does not promise.
pub(super) fn dot<T: Real>(left: &[T], right: &[T]) -> T {
    let zero = T::from_f64(0.0);
    let mut lanes = [zero; 16];
    let (lefts, rights) = (left.chunks_exact(lanes.len()), right.chunks_exact(lanes.len()));
    let rest = lefts.remainder().iter().zip(rights.remainder());
    let rest = rest.fold(zero, |sum, (&a, &b)| sum + a * b);
    for (left, right) in lefts.zip(rights) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(left).zip(right) {
            *lane += a * b;
        }
    }
    lanes.iter().fold(rest, |sum, &lane| sum + lane)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_derivatives_at_hand_computed_points() {
        let e = std::f64::consts::E;
        let cases = [
            (Activation::Relu, 0.0, 0.0, 0.0),
            (Activation::Relu, 2.0, 2.0, 1.0),
            (Activation::LeakyRelu, -2.0, -0.02, 0.01),
            (Activation::LeakyRelu, 0.0, 0.0, 0.01),
            (Activation::LeakyPercent(25), -2.0, -0.5, 0.25),
            (Activation::Identity, -2.0, -2.0, 1.0),
            (Activation::Sigmoid, 1.0, e / (1.0 + e), e / (1.0 + e).powi(2)),
            (Activation::Tanh, 0.0, 0.0, 1.0),
            // Phi(1) and the normal density at 1.
            (Activation::Gelu, 1.0, 0.841_344_746_068_542_9, 1.083_315_470_587_69),
        ];
        for (activation, z, value, derivative) in cases {
            let (mut preactivations, mut activations) = ([z], [f64::NAN]);
            activate(activation, &mut preactivations, Sink::Keep(&mut activations), 3.0);
            let (mut again, mut outputs) = ([z], [1.0]);
            activate(activation, &mut again, Sink::Add(&mut outputs), 3.0);
            assert_eq!((outputs[0], again), (1.0 + 3.0 * activations[0], preactivations));
            assert!((activations[0] - value).abs() < 1e-14, "{activation} {z}");
            assert!((preactivations[0] - 3.0 * derivative).abs() < 1e-13, "{activation} {z}");
        }
    }

    #[test]
    fn tails_do_not_underflow_early() {
        let (mut preactivations, mut activations) = ([-80.0_f32], [0.0]);
        activate(Activation::Sigmoid, &mut preactivations, Sink::Keep(&mut activations), 1.0);
        assert!(activations[0] > 0.0 && preactivations[0] > 0.0);
    }

    #[test]
    fn not_a_number_is_not_swallowed() {
        for activation in Activation::ALL {
            let (mut preactivations, mut activations) = ([f32::NAN], [0.0]);
            activate(activation, &mut preactivations, Sink::Keep(&mut activations), 1.0);
            assert!(activations[0].is_nan(), "{activation}");
        }
    }

    #[test]
    fn dot_reaches_every_entry() {
        let left: Vec<f64> = (0..37).map(f64::from).collect();
        assert_eq!(dot(&left, &left), (0..37).map(|i| f64::from(i * i)).sum::<f64>());
    }
}
