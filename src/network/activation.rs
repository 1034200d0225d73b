//! Activations and their derivatives, element-wise over pre-activations of shape `(n, m)`.

use std::ops::Range;

use faer::Mat;

use crate::fault::{self, Site};
use crate::linalg::{Real, vectorised};
use crate::setting::{Activation, LEAKY_SLOPE};

/// Adds the activations of some columns to the outputs, or takes them away from column `n_positive` on. Every
/// pre-activation is replaced by the derivative of the activation there: one pass over the columns serves both.
pub(super) fn signed_sum<T: Real>(
    activation: Activation,
    (preactivations, columns): (&mut Mat<T>, Range<usize>),
    n_positive: usize,
    outputs: &mut [T],
) {
    let of = (preactivations, columns, n_positive, outputs);
    let (zero, one) = (T::from_f64(0.0), T::from_f64(1.0));
    match activation {
        Activation::Relu => {
            // The paper's convention: the derivative is 1 at 0.
            let below = T::from_f64(fault::value(Site::SlopeBelowZero, 0.0));
            add_columns(of, move |z| if z >= zero { (z, one) } else { (zero, below) });
        }
        Activation::Identity => add_columns(of, move |z| (z, one)),
        Activation::Gelu => add_columns(of, gelu),
        Activation::LeakyRelu | Activation::LeakyPercent(_) => {
            let slope = T::from_f64(activation.leak().unwrap_or(LEAKY_SLOPE));
            add_columns(of, move |z| if z > zero { (z, one) } else { (slope * z, slope) });
        }
        Activation::Sigmoid => add_columns(of, sigmoid),
        Activation::Tanh => add_columns(of, tanh),
    }
}

fn add_columns<T: Real>(
    (preactivations, columns, n_positive, outputs): (&mut Mat<T>, Range<usize>, usize, &mut [T]),
    value_and_derivative: impl Fn(T) -> (T, T) + Copy,
) {
    for column_idx in columns {
        let sign = T::from_f64(if column_idx < n_positive { 1.0 } else { -1.0 });
        let (outputs, column) = (&mut *outputs, preactivations.col_as_slice_mut(column_idx));
        vectorised(
            #[inline(always)]
            move || {
                for (output, z) in outputs.iter_mut().zip(column) {
                    let (value, derivative) = value_and_derivative(*z);
                    *output += sign * value;
                    *z = derivative;
                }
            },
        );
    }
}

fn gelu<T: Real>(z: T) -> (T, T) {
    let z = z.to_f64();
    let density = libm::exp(-0.5 * z * z) / std::f64::consts::TAU.sqrt();
    (T::from_f64(z * normal_cdf(z)), T::from_f64(normal_cdf(z) + z * density))
}

fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

fn sigmoid<T: Real>(z: T) -> (T, T) {
    let z = z.to_f64();
    let above = logistic(z);
    // Both factors are computed on their own: `1 - s` would lose the tail.
    (T::from_f64(above), T::from_f64(above * logistic(-z)))
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-z))
}

fn tanh<T: Real>(z: T) -> (T, T) {
    let z = z.to_f64();
    let cosine = libm::cosh(z);
    (T::from_f64(libm::tanh(z)), T::from_f64(1.0 / (cosine * cosine)))
}
