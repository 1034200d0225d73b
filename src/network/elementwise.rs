//! One column of pre-activations at a time: the activation beside its derivative.

use super::activation::{
    gelu, gelu_derivative, leaky, leaky_derivative, sigmoid, sigmoid_derivative, tanh,
    tanh_derivative,
};
use crate::linalg::Real;
use crate::setting::Activation;

/// Writes `phi(z)` to `activations` and replaces every `z` by `scale * phi'(z)`.
///
/// The derivative of ReLU at 0 is 0, PyTorch's convention; the theorem's network has 1.
pub(super) fn activate<T: Real>(
    activation: Activation,
    preactivations: &mut [T],
    activations: &mut [T],
    scale: T,
) {
    let columns = (preactivations, activations, scale);
    let (zero, one) = (T::from_f64(0.0), T::from_f64(1.0));
    match activation {
        Activation::Relu => {
            let positive = |z: T| z > zero;
            fill(
                columns,
                |z| if positive(z) { z } else { zero },
                |z| if positive(z) { one } else { zero },
            );
        }
        Activation::Identity => fill(columns, |z| z, |_| one),
        Activation::Gelu => fill(columns, gelu, gelu_derivative),
        Activation::LeakyRelu => fill(columns, leaky, leaky_derivative),
        Activation::Sigmoid => fill(columns, sigmoid, sigmoid_derivative),
        Activation::Tanh => fill(columns, tanh, tanh_derivative),
    }
}

#[inline]
fn fill<T: Real>(
    (preactivations, activations, scale): (&mut [T], &mut [T], T),
    phi: impl Fn(T) -> T,
    derivative: impl Fn(T) -> T,
) {
    for (z, value) in preactivations.iter_mut().zip(activations) {
        *value = phi(*z);
        *z = scale * derivative(*z);
    }
}

/// `to += factor * from`.
#[inline]
pub(super) fn add_multiple<T: Real>(to: &mut [T], from: &[T], factor: T) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to += factor * from);
}

/// `to *= from`, entry by entry.
#[inline]
pub(super) fn multiply<T: Real>(to: &mut [T], from: &[T]) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to *= from);
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
            (Activation::Identity, -2.0, -2.0, 1.0),
            (Activation::Sigmoid, 1.0, e / (1.0 + e), e / (1.0 + e).powi(2)),
            (Activation::Tanh, 0.0, 0.0, 1.0),
            // Phi(1) and the normal density at 1.
            (Activation::Gelu, 1.0, 0.841_344_746_068_542_9, 1.083_315_470_587_69),
        ];
        for (activation, z, value, derivative) in cases {
            let (mut preactivations, mut activations) = ([z], [f64::NAN]);
            activate(activation, &mut preactivations, &mut activations, 3.0);
            assert!((activations[0] - value).abs() < 1e-14, "{activation} {z}");
            assert!((preactivations[0] - 3.0 * derivative).abs() < 1e-13, "{activation} {z}");
        }
    }

    #[test]
    fn tails_do_not_underflow_early() {
        let (mut preactivations, mut activations) = ([-80.0_f32], [0.0]);
        activate(Activation::Sigmoid, &mut preactivations, &mut activations, 1.0);
        assert!(activations[0] > 0.0 && preactivations[0] > 0.0);
    }

    #[test]
    fn dot_reaches_every_entry() {
        let left: Vec<f64> = (0..37).map(f64::from).collect();
        assert_eq!(dot(&left, &left), (0..37).map(|i| f64::from(i * i)).sum::<f64>());
    }
}
