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
    /// The same with a slope of so many percent.
    LeakyPercent(u8),
    /// `1 / (1 + exp(-z))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
}

/// The slope of the leaky ReLU below 0: PyTorch's default.
pub const LEAKY_SLOPE: f64 = 0.01;

impl Activation {
    /// Every activation, the leaky ReLU of any slope at one half.
    pub const ALL: [Activation; 7] = [
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::LeakyPercent(50),
        Activation::Gelu,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Identity,
    ];
}

impl Activation {
    /// The slope below 0 of a leaky ReLU; nothing for other activations.
    pub fn leak(self) -> Option<f64> {
        match self {
            Activation::LeakyRelu => Some(LEAKY_SLOPE),
            Activation::LeakyPercent(percent) => Some(f64::from(percent) / 100.0),
            _ => None,
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Activation::LeakyPercent(percent) => {
                return write!(f, "leaky-relu of slope {percent} %");
            }
            Activation::Relu => "relu",
            Activation::Identity => "identity",
            Activation::Gelu => "gelu",
            Activation::LeakyRelu => "leaky-relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_are_read_by_name_and_a_slope_by_its_percents() {
        for activation in Activation::ALL {
            let text = serde_json::to_string(&activation).unwrap();
            assert_eq!(serde_json::from_str::<Activation>(&text).unwrap(), activation, "{text}");
        }
        let half: Activation = serde_json::from_str(r#"{"leaky-percent": 50}"#).unwrap();
        assert_eq!(half.leak(), Some(0.5));
        assert_eq!((Activation::LeakyRelu.leak(), Activation::Relu.leak()), (Some(0.01), None));
    }
}
