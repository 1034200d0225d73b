//! Activations and their derivatives, element-wise over pre-activations of shape `(n, m)`.

use faer::MatMut;

use crate::fault::{self, Site};
use crate::linalg::Real;
use crate::setting::{Activation, LEAKY_SLOPE};

/// Adds the activations of the first `n_positive` columns to the outputs and takes those of the others
/// away. Every pre-activation is replaced by the derivative of the activation there: one pass over the
/// matrix, which is larger than the caches, serves both.
pub(super) fn signed_sum<T: Real>(
    activation: Activation,
    preactivations: MatMut<'_, T>,
    n_positive: usize,
    outputs: &mut [T],
) {
    let of = (preactivations, n_positive, outputs);
    match activation {
        Activation::Relu => add_columns(of, relu, relu_derivative),
        Activation::Identity => add_columns(of, |z| z, |_| T::from_f64(1.0)),
        Activation::Gelu => add_columns(of, gelu, gelu_derivative),
        Activation::LeakyRelu | Activation::LeakyPercent(_) => {
            let slope = T::from_f64(activation.leak().unwrap_or(LEAKY_SLOPE));
            add_columns(of, |z| leaky_derivative(z, slope) * z, |z| leaky_derivative(z, slope));
        }
        Activation::Sigmoid => add_columns(of, sigmoid, sigmoid_derivative),
        Activation::Tanh => add_columns(of, tanh, tanh_derivative),
    }
}

fn add_columns<T: Real>(
    (mut preactivations, n_positive, outputs): (MatMut<'_, T>, usize, &mut [T]),
    phi: impl Fn(T) -> T,
    derivative: impl Fn(T) -> T,
) {
    for (column_idx, column) in preactivations.as_mut().col_iter_mut().enumerate() {
        let sign = T::from_f64(if column_idx < n_positive { 1.0 } else { -1.0 });
        for (output, z) in outputs.iter_mut().zip(column.iter_mut()) {
            *output += sign * phi(*z);
            *z = derivative(*z);
        }
    }
}

#[inline]
fn relu<T: Real>(z: T) -> T {
    let zero = T::from_f64(0.0);
    if z >= zero { z } else { zero }
}

/// The paper's convention: 1 at 0.
#[inline]
fn relu_derivative<T: Real>(z: T) -> T {
    let is_active = z >= T::from_f64(0.0);
    T::from_f64(if is_active { 1.0 } else { fault::value(Site::SlopeBelowZero, 0.0) })
}

fn gelu<T: Real>(z: T) -> T {
    let z = z.to_f64();
    T::from_f64(z * normal_cdf(z))
}

fn gelu_derivative<T: Real>(z: T) -> T {
    let z = z.to_f64();
    let density = libm::exp(-0.5 * z * z) / std::f64::consts::TAU.sqrt();
    T::from_f64(normal_cdf(z) + z * density)
}

fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

#[inline]
fn leaky_derivative<T: Real>(z: T, slope: T) -> T {
    if z > T::from_f64(0.0) { T::from_f64(1.0) } else { slope }
}

fn sigmoid<T: Real>(z: T) -> T {
    T::from_f64(logistic(z.to_f64()))
}

fn sigmoid_derivative<T: Real>(z: T) -> T {
    // Both factors are computed on their own: `1 - s` would lose the tail.
    T::from_f64(logistic(z.to_f64()) * logistic(-z.to_f64()))
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-z))
}

fn tanh<T: Real>(z: T) -> T {
    T::from_f64(libm::tanh(z.to_f64()))
}

fn tanh_derivative<T: Real>(z: T) -> T {
    let cosine = libm::cosh(z.to_f64());
    T::from_f64(1.0 / (cosine * cosine))
}
