//! Activations and their derivatives, one column of pre-activations at a time.

use crate::fault::{self, Site};
use crate::linalg::{Real, vectorised};
use crate::setting::{Activation, LEAKY_SLOPE};

/// Whether the derivative is 1 from 0 on and 0 below: which pre-activations are not negative says it all.
pub(super) fn is_step(activation: Activation) -> bool {
    activation == Activation::Relu && fault::value(Site::SlopeBelowZero, 0.0) == 0.0
}

/// Adds `sign * phi(z)` to the outputs for an activation whose derivative is a step.
pub(super) fn add_positive_part<T: Real>(preactivations: &[T], sign: T, outputs: &mut [T]) {
    let zero = T::from_f64(0.0);
    vectorised(
        #[inline(always)]
        move || {
            for (output, &z) in outputs.iter_mut().zip(preactivations) {
                // Comparisons with NaN are false: it must not come out as 0.
                *output += sign * if z < zero { zero } else { z };
            }
        },
    );
}

/// Adds `sign * phi(z)` to the outputs and replaces every `z` by `phi'(z)`: one pass serves both.
pub(super) fn activate<T: Real>(
    activation: Activation,
    preactivations: &mut [T],
    sign: T,
    outputs: &mut [T],
) {
    let of = (preactivations, sign, outputs);
    let (zero, one) = (T::from_f64(0.0), T::from_f64(1.0));
    match activation {
        Activation::Relu => {
            // The paper's convention: the derivative is 1 at 0.
            let below = T::from_f64(fault::value(Site::SlopeBelowZero, 0.0));
            add(of, move |z| if z < zero { (zero, below) } else { (z, one) });
        }
        Activation::Identity => add(of, move |z| (z, one)),
        Activation::Gelu => add(of, gelu),
        Activation::LeakyRelu | Activation::LeakyPercent(_) => {
            let slope = T::from_f64(activation.leak().unwrap_or(LEAKY_SLOPE));
            add(of, move |z| if z > zero { (z, one) } else { (slope * z, slope) });
        }
        Activation::Sigmoid => add(of, sigmoid),
        Activation::Tanh => add(of, tanh),
    }
}

fn add<T: Real>(
    (preactivations, sign, outputs): (&mut [T], T, &mut [T]),
    value_and_derivative: impl Fn(T) -> (T, T) + Copy,
) {
    vectorised(
        #[inline(always)]
        move || {
            for (output, z) in outputs.iter_mut().zip(preactivations) {
                let (value, derivative) = value_and_derivative(*z);
                *output += sign * value;
                *z = derivative;
            }
        },
    );
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
