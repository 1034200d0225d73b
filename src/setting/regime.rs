//! A run of the theorems: a [`Setting`] with its engine, precision and seed.

use serde::{Deserialize, Serialize};

use super::Setting;
use crate::error::{Error, Result};

/// Which coordinates a run keeps its weights in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// Feature coordinates `u = M^T w`: the exact reduction, whose cost does not depend on `d`.
    #[default]
    Feature,
    /// The ambient space, with an explicit random orthonormal dictionary.
    Ambient,
}

/// The floating-point type of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// Double precision.
    F64,
}

/// A run that a regime file asks for.
///
/// ```
/// use feature_contamination::setting::{EngineKind, Regime};
///
/// let regime = Regime::from_toml(
///     r#"
///     seed = 7
///     data = { d0 = 16, core = 8, d = 1024, latent = "uniform", batch = 32 }
///     network = { width = 64, activation = "relu" }
///     training = { steps = 20, learning_rate = 0.5, weight_decay = 0.0, record_every = 10 }
///     "#,
/// )?;
/// assert_eq!((regime.seed, regime.engine), (7, EngineKind::Feature));
/// assert_eq!((regime.setting.n_features(), regime.setting.n_steps), (16, 20));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Regime {
    /// The coordinates of the run.
    pub engine: EngineKind,
    /// The floating-point type of the run.
    pub precision: Precision,
    /// The root of the run's random streams.
    pub seed: u64,
    /// The law of the run.
    pub setting: Setting,
    /// A row of the trace is written every so many steps.
    pub record_every_steps: usize,
}

impl Regime {
    /// Refuses a run whose arrays would not fit, before it allocates them.
    pub(super) fn check_memory(&self) -> Result<()> {
        let setting = &self.setting;
        // Weights and their gradient, dictionary and its factorisation, a batch and its
        // pre-activations; in f64, which no size overflows.
        let size = |count: usize| count as f64;
        let rows = 2.0 * size(setting.width) + size(setting.batch);
        let scalars = match self.engine {
            EngineKind::Feature => rows * size(setting.n_features()),
            EngineKind::Ambient => {
                (rows + 3.0 * size(setting.n_features())) * size(setting.ambient_dim)
            }
        };
        let preactivations = size(setting.batch) * size(setting.width);
        let remedy = match self.engine {
            EngineKind::Ambient => "use engine = \"feature\", which is exact and free of d",
            EngineKind::Feature => "lower data.d0, data.batch or network.width",
        };
        check_gibibytes(scalars + preactivations, self.precision, remedy)
    }
}

/// Refuses a run of so many scalars of a type.
pub(super) fn check_gibibytes(n_scalars: f64, precision: Precision, remedy: &str) -> Result<()> {
    let scalar_bytes = match precision {
        Precision::F32 => 4.0,
        Precision::F64 => 8.0,
    };
    let gibibytes = n_scalars * scalar_bytes / f64::from(1 << 30);
    if gibibytes > MAX_GIBIBYTES {
        return Err(Error::out_of_range(
            "the run's memory",
            format!("{gibibytes:.1} GiB"),
            format!("at most {MAX_GIBIBYTES} GiB"),
            remedy,
        ));
    }
    Ok(())
}

/// The largest memory that one run may ask for; a free choice that fits a laptop.
const MAX_GIBIBYTES: f64 = 8.0;
