//! The activation functions that a network can have.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The activation `phi` of the hidden layers.
///
/// At the kink the theorem's network ([`crate::network::TwoLayer`]) gives ReLU the derivative 1, as the
/// paper does, and the multi-layer one ([`crate::network::Perceptron`]) gives it 0, as PyTorch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(0, z)`.
    Relu,
    /// `z`: the linear network.
    Identity,
    /// `z Phi(z)`, the smooth activation that controls use.
    Gelu,
    /// `max(0, z) + s min(0, z)` with `s` = [`LEAKY_SLOPE`], which is also its derivative at 0.
    LeakyRelu,
    /// `1 / (1 + exp(-z))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
}

/// The slope of the leaky ReLU below 0: PyTorch's default.
pub const LEAKY_SLOPE: f64 = 0.01;

impl Activation {
    /// Every activation.
    pub const ALL: [Activation; 6] = [
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Gelu,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Identity,
    ];
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Activation::Relu => "relu",
            Activation::Identity => "identity",
            Activation::Gelu => "gelu",
            Activation::LeakyRelu => "leaky-relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
        })
    }
}
