//! The laws that a latent feature `z_j` on [0, 1] can have.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The law of one latent feature, supported on [0, 1].
///
/// Written `uniform`, `bernoulli:P` or `beta:A,B`, in regime files and on the command line.
///
/// ```
/// use feature_contamination::setting::Latent;
///
/// let latent: Latent = "bernoulli:0.25".parse()?;
/// assert_eq!((latent.mean(), latent.variance()), (0.25, 0.1875));
/// assert_eq!("beta:2,2".parse::<Latent>()?.variance(), 0.05);
/// assert!("bernoulli:2".parse::<Latent>().is_err());
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Latent {
    /// The uniform law on [0, 1].
    Uniform,
    /// 1 with probability `p`, else 0; 0 < p < 1.
    Bernoulli {
        /// The probability of 1.
        p: f64,
    },
    /// Density proportional to `z^(a-1) (1-z)^(b-1)`.
    Beta {
        /// First shape, in [`Latent::SHAPE_RANGE`].
        a: f64,
        /// Second shape, in [`Latent::SHAPE_RANGE`].
        b: f64,
    },
}

impl Latent {
    /// The shapes a Beta law may have. The paper wants a variance of order one: beyond these shapes
    /// the law is a point mass, or two, to every practical purpose.
    pub const SHAPE_RANGE: (f64, f64) = (0.1, 100.0);

    /// A Bernoulli law.
    ///
    /// # Errors
    /// Unless `0 < p < 1`: the paper's features have positive variance.
    pub fn bernoulli(p: f64) -> Result<Self> {
        if p > 0.0 && p < 1.0 {
            return Ok(Latent::Bernoulli { p });
        }
        Err(Error::out_of_range(
            "latent bernoulli:P with P",
            p,
            "strictly between 0 and 1",
            "the theory needs a latent of positive variance on [0, 1]",
        ))
    }

    /// A Beta law.
    ///
    /// # Errors
    /// Unless both shapes lie in [`Latent::SHAPE_RANGE`].
    pub fn beta(a: f64, b: f64) -> Result<Self> {
        let (low, high) = Self::SHAPE_RANGE;
        for (name, shape) in [("A", a), ("B", b)] {
            if !(low..=high).contains(&shape) {
                return Err(Error::out_of_range(
                    format!("latent beta:A,B with {name}"),
                    shape,
                    format!("between {low} and {high}"),
                    "choose a law whose variance is of order one, for example beta:2,5",
                ));
            }
        }
        Ok(Latent::Beta { a, b })
    }

    /// The mean `mu = E z`.
    pub fn mean(self) -> f64 {
        match self {
            Latent::Uniform => 0.5,
            Latent::Bernoulli { p } => p,
            Latent::Beta { a, b } => a / (a + b),
        }
    }

    /// The variance `sigma^2`.
    pub fn variance(self) -> f64 {
        match self {
            Latent::Uniform => 1.0 / 12.0,
            Latent::Bernoulli { p } => p * (1.0 - p),
            Latent::Beta { a, b } => a * b / ((a + b) * (a + b) * (a + b + 1.0)),
        }
    }

    /// The second moment `E z^2`.
    pub fn second_moment(self) -> f64 {
        self.variance() + self.mean() * self.mean()
    }
}

impl fmt::Display for Latent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Latent::Uniform => write!(f, "uniform"),
            Latent::Bernoulli { p } => write!(f, "bernoulli:{p}"),
            Latent::Beta { a, b } => write!(f, "beta:{a},{b}"),
        }
    }
}

impl FromStr for Latent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, parameters) = text.split_once(':').unwrap_or((text, ""));
        let parameters: Vec<&str> = parameters.split(',').map(str::trim).collect();
        match (name.trim(), parameters.as_slice()) {
            ("uniform", [""]) => Ok(Latent::Uniform),
            ("bernoulli", [p]) => Latent::bernoulli(number(text, p)?),
            ("beta", [a, b]) => Latent::beta(number(text, a)?, number(text, b)?),
            _ => Err(malformed(text, "it names no law")),
        }
    }
}

fn number(law: &str, text: &str) -> Result<f64> {
    text.parse().map_err(|_| malformed(law, &format!("`{text}` is not a number")))
}

fn malformed(law: &str, reason: &str) -> Error {
    Error::Malformed {
        what: format!("latent law `{law}`"),
        reason: reason.into(),
        remedy: "write uniform, bernoulli:P (0 < P < 1) or beta:A,B".into(),
    }
}

impl TryFrom<String> for Latent {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Latent> for String {
    fn from(latent: Latent) -> String {
        latent.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_equal_the_closed_forms_of_wilks() {
        let beta = Latent::beta(2.0, 5.0).unwrap();
        assert!((beta.mean() - 2.0 / 7.0).abs() < 1e-16);
        assert!((beta.variance() - 10.0 / 392.0).abs() < 1e-16);
        // E z^2 of Beta(2, 5) is (2 * 3) / (7 * 8).
        assert!((beta.second_moment() - 6.0 / 56.0).abs() < 1e-16);
        assert!((Latent::Uniform.second_moment() - 1.0 / 3.0).abs() < 1e-16);
        assert_eq!(Latent::bernoulli(0.25).unwrap().second_moment(), 0.25);
    }

    #[test]
    fn a_law_reads_back_what_it_prints() {
        for text in ["uniform", "bernoulli:0.3", "beta:2,5"] {
            assert_eq!(text.parse::<Latent>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn laws_that_are_none_are_refused_with_the_value_in_the_message() {
        let cases = [
            "uniform:1",
            "bernoulli",
            "bernoulli:0",
            "bernoulli:1",
            "bernoulli:1.5",
            "bernoulli:nan",
            "beta:2",
            "beta:0,1",
            "beta:2,inf",
            "beta:-1,2",
            "beta:2,5,7",
            "normal",
            "",
        ];
        for text in cases {
            let message = text.parse::<Latent>().unwrap_err().to_string();
            let value = text.split_once(':').map_or(text, |(_, value)| value);
            let value = value.split(',').next().unwrap_or_default();
            assert!(
                message.to_lowercase().contains(value) || message.contains("inf"),
                "{text}: {message}"
            );
        }
    }
}
