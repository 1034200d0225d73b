//! The regime file: a [`Setting`] with its engine, precision and seed, as TOML.

use serde::{Deserialize, Serialize};

use super::parameters::{at_least_one, check_n_features};
use super::toml_fault::toml_fault;
use super::{Activation, Latent, Parameters, Setting};
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
    /// Reads a regime from the text of a TOML file.
    ///
    /// # Errors
    /// - text that is not TOML, keys that are missing or unknown, values of the wrong type;
    /// - a combination that is not consistent, see [`Setting::new`];
    /// - a network, an optimizer or a loss that this version does not train.
    pub fn from_toml(text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).map_err(|fault| {
            toml_fault("the regime file", "README.md shows a complete regime file", text, &fault)
        })?;
        file.network.check_supported()?;
        file.training.check_supported()?;
        at_least_one("training.record_every", file.training.record_every)?;
        let regime = Regime {
            engine: file.engine,
            precision: file.precision,
            seed: file.seed,
            record_every_steps: file.training.record_every,
            setting: Setting::new(file.parameters()?)?,
        };
        regime.check_memory()?;
        Ok(regime)
    }

    /// Refuses a run whose arrays would not fit, before it allocates them.
    fn check_memory(&self) -> Result<()> {
        let setting = &self.setting;
        let scalar_bytes = match self.precision {
            Precision::F32 => 4.0,
            Precision::F64 => 8.0,
        };
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
        let gibibytes = (scalars + preactivations) * scalar_bytes / f64::from(1 << 30);
        if gibibytes > MAX_GIBIBYTES {
            return Err(Error::out_of_range(
                "the run's memory",
                format!("{gibibytes:.1} GiB"),
                format!("at most {MAX_GIBIBYTES} GiB"),
                match self.engine {
                    EngineKind::Ambient => "use engine = \"feature\", which is exact and free of d",
                    EngineKind::Feature => "lower data.d0, data.batch or network.width",
                },
            ));
        }
        Ok(())
    }
}

/// The largest memory that one run may ask for; a free choice that fits a laptop.
const MAX_GIBIBYTES: f64 = 8.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    engine: EngineKind,
    #[serde(default)]
    precision: Precision,
    #[serde(default)]
    seed: u64,
    data: Data,
    network: Network,
    training: Training,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    d0: usize,
    core: usize,
    d: usize,
    #[serde(default = "uniform")]
    latent: LatentField,
    batch: usize,
}

/// One law for all features, or a list with one law per feature.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a law such as \"uniform\", or a list with one law per feature"
)]
enum LatentField {
    One(String),
    PerFeature(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    width: usize,
    #[serde(default = "two")]
    depth: usize,
    #[serde(default = "relu")]
    activation: Activation,
    #[serde(default = "frozen")]
    output: String,
    #[serde(default)]
    bias: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Training {
    steps: usize,
    learning_rate: f64,
    #[serde(default)]
    weight_decay: f64,
    #[serde(default = "sgd")]
    optimizer: String,
    #[serde(default)]
    momentum: f64,
    #[serde(default = "hinge")]
    loss: String,
    #[serde(default = "ten")]
    record_every: usize,
}

fn uniform() -> LatentField {
    LatentField::One("uniform".into())
}
fn two() -> usize {
    2
}
fn ten() -> usize {
    10
}
fn relu() -> Activation {
    Activation::Relu
}
fn frozen() -> String {
    "frozen".into()
}
fn sgd() -> String {
    "sgd".into()
}
fn hinge() -> String {
    "hinge".into()
}

impl File {
    fn parameters(self) -> Result<Parameters> {
        // Checked before the laws are laid out, so that a huge d0 costs nothing.
        check_n_features(self.data.d0)?;
        Ok(Parameters {
            n_core: self.data.core,
            ambient_dim: self.data.d,
            latents: self.data.latent.expand(self.data.d0)?,
            background_association: 0.0,
            batch: self.data.batch,
            width: self.network.width,
            activation: self.network.activation,
            n_steps: self.training.steps,
            learning_rate: self.training.learning_rate,
            weight_decay: self.training.weight_decay,
        })
    }
}

impl LatentField {
    fn expand(self, n_features: usize) -> Result<Vec<Latent>> {
        match self {
            LatentField::One(law) => Ok(vec![law.parse()?; n_features]),
            LatentField::PerFeature(laws) if laws.len() == n_features => {
                laws.iter().map(|law| law.parse()).collect()
            }
            LatentField::PerFeature(laws) => Err(Error::out_of_range(
                "data.latent, number of laws",
                laws.len(),
                format!("data.d0 = {n_features}"),
                "give one law for all features, or one for each",
            )),
        }
    }
}

impl Network {
    fn check_supported(&self) -> Result<()> {
        supported("network.depth", self.depth, 2)?;
        supported("network.output", self.output.as_str(), "frozen")?;
        supported("network.bias", self.bias, false)
    }
}

impl Training {
    fn check_supported(&self) -> Result<()> {
        supported("training.optimizer", self.optimizer.as_str(), "sgd")?;
        supported("training.momentum", self.momentum, 0.0)?;
        supported("training.loss", self.loss.as_str(), "hinge")
    }
}

fn supported<V: PartialEq + ToString>(parameter: &str, value: V, only: V) -> Result<()> {
    if value == only {
        return Ok(());
    }
    Err(Error::out_of_range(
        parameter,
        value,
        only.to_string(),
        "this version trains the theorem's network only",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
        engine = "ambient"
        precision = "f64"
        seed = 7
        [data]
        d0 = 16
        core = 8
        d = 1024
        latent = "beta:2,5"
        batch = 256
        [network]
        width = 64
        depth = 2
        activation = "identity"
        output = "frozen"
        bias = false
        [training]
        steps = 200
        learning_rate = 0.16
        weight_decay = 0.1
        optimizer = "sgd"
        momentum = 0.0
        loss = "hinge"
        record_every = 20
    "#;

    #[test]
    fn a_complete_file_is_read_field_by_field() {
        let regime = Regime::from_toml(EXAMPLE).unwrap();
        assert_eq!(regime.engine, EngineKind::Ambient);
        assert_eq!(regime.precision, Precision::F64);
        assert_eq!((regime.seed, regime.record_every_steps), (7, 20));
        let setting = &regime.setting;
        assert_eq!(setting.latents, vec![Latent::Beta { a: 2.0, b: 5.0 }; 16]);
        assert_eq!((setting.n_core, setting.ambient_dim, setting.batch), (8, 1024, 256));
        assert_eq!((setting.width, setting.n_steps), (64, 200));
        assert_eq!(setting.activation, Activation::Identity);
        assert_eq!((setting.learning_rate, setting.weight_decay), (0.16, 0.1));
    }

    #[test]
    fn a_faulty_file_is_refused_with_the_value_in_the_message() {
        let cases = [
            ("d0 = 16", "d0 = -16", "-16"),
            ("d0 = 16", "d0 = 0", "data.d0 = 0"),
            ("d0 = 16", "d0 = 9000000000000000000", "9000000000000000000"),
            ("core = 8", "core = 80", "data.core = 80"),
            ("d = 1024", "d = 3", "data.d = 3"),
            ("batch = 256", "batch = \"full\"", "full"),
            ("width = 64", "width = 63", "network.width = 63"),
            ("depth = 2", "depth = 3", "network.depth = 3"),
            ("\"identity\"", "\"swish\"", "swish"),
            ("learning_rate = 0.16", "learning_rate = -1.0", "-1"),
            ("learning_rate = 0.16", "learning_rate = nan", "NaN"),
            ("weight_decay = 0.1", "weight_decay = inf", "inf"),
            ("\"beta:2,5\"", "\"beta:2,-5\"", "-5"),
            ("\"beta:2,5\"", "[\"uniform\"]", "number of laws = 1"),
            ("\"beta:2,5\"", "3", "one law per feature"),
            ("\"sgd\"", "\"adam\"", "adam"),
            ("momentum = 0.0", "momentum = 0.9", "0.9"),
            ("record_every = 20", "record_every = 0", "record_every = 0"),
            ("d = 1024", "d = 1000000000", "GiB"),
            ("seed = 7", "sede = 7", "sede"),
        ];
        for (from, to, named) in cases {
            let text = EXAMPLE.replace(from, to);
            assert_ne!(text, EXAMPLE, "{from}");
            let message = Regime::from_toml(&text).unwrap_err().to_string();
            assert!(message.contains(named), "{to}: {message}");
            assert!(!message.contains('\n'), "{message}");
        }
    }
}
