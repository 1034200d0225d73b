//! The regime file: a run as TOML, of the theorems' regime or beyond it.

use serde::Deserialize;

use super::parameters::{at_least_one, check_n_features};
use super::toml_fault::toml_fault;
use super::{
    Activation, Description, EngineKind, LabelRelation, Latent, Loss, Optimizer, OutputLayer,
    Parameters, Precision, Regime, Samples, Setting, StartLaw,
};
use crate::error::{Error, Result};

/// What a regime file asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum RegimeFile {
    /// A run of the theorems' network, data and steps, which has an engine of its own.
    Theorem(Regime),
    /// Any other run, not checked yet: a start file may still change its sizes.
    General(Description),
}

impl RegimeFile {
    /// Reads the text of a TOML file.
    ///
    /// # Errors
    /// - text that is not TOML, keys that are missing or unknown, values of the wrong type;
    /// - a run of the theorems that is not consistent, see [`Regime::from_toml`].
    pub fn from_toml(text: &str) -> Result<Self> {
        let file = File::from_toml(text)?;
        if file.is_theorems() {
            return file.regime().map(RegimeFile::Theorem);
        }
        file.description().map(RegimeFile::General)
    }
}

impl Description {
    /// Reads the text of a regime file as an experiment, whether the theorems' engine could run it or not.
    ///
    /// # Errors
    /// Text that is not TOML, keys that are missing or unknown, values of the wrong type.
    pub fn from_toml(text: &str) -> Result<Self> {
        File::from_toml(text)?.description()
    }
}

impl Regime {
    /// Reads a run of the theorems' regime from the text of a TOML file.
    ///
    /// # Errors
    /// - text that is not TOML, keys that are missing or unknown, values of the wrong type;
    /// - a combination that is not consistent, see [`Setting::new`];
    /// - data, a network, an optimizer or a loss that are not the theorems'.
    pub fn from_toml(text: &str) -> Result<Self> {
        let file = File::from_toml(text)?;
        file.check_theorems()?;
        file.regime()
    }
}

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
    batch: Batch,
    #[serde(default)]
    labels: LabelRelation,
    samples: Option<usize>,
    balanced: Option<bool>,
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

/// Fresh samples a step, or `"full"`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected \"full\", or a number of fresh samples a step")]
enum Batch {
    Fresh(usize),
    Full(Full),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Full {
    Full,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    width: usize,
    #[serde(default = "two")]
    depth: usize,
    #[serde(default = "relu")]
    activation: Activation,
    #[serde(default)]
    output: OutputLayer,
    #[serde(default)]
    bias: bool,
    start: Option<StartLaw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Training {
    steps: usize,
    learning_rate: f64,
    #[serde(default)]
    weight_decay: f64,
    #[serde(default)]
    optimizer: OptimizerName,
    #[serde(default)]
    momentum: f64,
    #[serde(default)]
    loss: Loss,
    #[serde(default = "ten")]
    record_every: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OptimizerName {
    #[default]
    Sgd,
    Adam,
    AdamW,
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

impl File {
    fn from_toml(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|fault| {
            toml_fault("the regime file", "README.md shows a complete regime file", text, &fault)
        })
    }

    /// Every key that departs from the theorems, with the only value that they have for it.
    fn departures(&self) -> Vec<(&'static str, &'static str)> {
        let (data, network, training) = (&self.data, &self.network, &self.training);
        let rows = [
            ("data.batch", "a number", matches!(data.batch, Batch::Fresh(_))),
            ("data.labels", "linear", data.labels == LabelRelation::Linear),
            ("data.balanced", "false", data.balanced != Some(true)),
            ("network.depth", "2", network.depth == 2),
            ("network.output", "frozen", network.output == OutputLayer::Frozen),
            ("network.bias", "false", !network.bias),
            ("network.start", "gaussian", network.start != Some(StartLaw::Uniform)),
            ("training.optimizer", "sgd", training.optimizer == OptimizerName::Sgd),
            ("training.momentum", "0", training.momentum == 0.0),
            ("training.loss", "hinge", training.loss == Loss::Hinge),
        ];
        rows.into_iter().filter(|(_, _, holds)| !holds).map(|(key, only, _)| (key, only)).collect()
    }

    fn is_theorems(&self) -> bool {
        self.departures().is_empty()
    }

    fn check_theorems(&self) -> Result<()> {
        match self.departures().first() {
            None => Ok(()),
            Some((key, only)) => Err(Error::out_of_range(
                *key,
                "another value",
                *only,
                "the theorems' engine trains the theorems' network only",
            )),
        }
    }

    /// The run of the theorems that this file asks for.
    fn regime(self) -> Result<Regime> {
        at_least_one("training.record_every", self.training.record_every)?;
        if let (Some(samples), Batch::Fresh(_)) = (self.data.samples, &self.data.batch) {
            return Err(unused_samples(samples));
        }
        let (engine, precision, seed) = (self.engine, self.precision, self.seed);
        let record_every_steps = self.training.record_every;
        let setting = Setting::new(self.parameters()?)?;
        let regime = Regime { engine, precision, seed, setting, record_every_steps };
        regime.check_memory()?;
        Ok(regime)
    }

    fn parameters(self) -> Result<Parameters> {
        // Checked before the laws are laid out, so that a huge d0 costs nothing.
        check_n_features(self.data.d0)?;
        let batch = match self.data.batch {
            Batch::Fresh(batch) => batch,
            Batch::Full(_) => 0,
        };
        Ok(Parameters {
            n_core: self.data.core,
            ambient_dim: self.data.d,
            latents: self.data.latent.expand(self.data.d0)?,
            background_association: 0.0,
            batch,
            width: self.network.width,
            activation: self.network.activation,
            n_steps: self.training.steps,
            learning_rate: self.training.learning_rate,
            weight_decay: self.training.weight_decay,
        })
    }

    /// The experiment that this file asks for. A full batch without `data.samples` is left empty, for a
    /// start file to fill.
    fn description(self) -> Result<Description> {
        check_n_features(self.data.d0)?;
        let samples = match (&self.data.batch, self.data.samples) {
            (Batch::Full(_), samples) => Samples::Full(samples.unwrap_or(0)),
            (Batch::Fresh(batch), None) => Samples::Fresh(*batch),
            (Batch::Fresh(_), Some(samples)) => return Err(unused_samples(samples)),
        };
        let start = self.network.start.unwrap_or(self.network.default_start());
        Ok(Description {
            engine: self.engine,
            precision: self.precision,
            seed: self.seed,
            n_core: self.data.core,
            ambient_dim: self.data.d,
            latents: self.data.latent.expand(self.data.d0)?,
            labels: self.data.labels,
            is_balanced: self.data.balanced.unwrap_or(matches!(samples, Samples::Full(_))),
            samples,
            width: self.network.width,
            depth: self.network.depth,
            activation: self.network.activation,
            output: self.network.output,
            has_bias: self.network.bias,
            start,
            n_steps: self.training.steps,
            learning_rate: self.training.learning_rate,
            weight_decay: self.training.weight_decay,
            optimizer: self.training.optimizer()?,
            loss: self.training.loss,
            record_every_steps: self.training.record_every,
        })
    }
}

fn unused_samples(samples: usize) -> Error {
    Error::out_of_range(
        "data.samples",
        samples,
        "left out where data.batch is a number",
        "set data.batch = \"full\" to train on the same samples every step",
    )
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
    /// The theorem's network starts as in the theorem, every other one as in PyTorch.
    fn default_start(&self) -> StartLaw {
        if self.depth == 2 && self.output == OutputLayer::Frozen && !self.bias {
            StartLaw::Gaussian
        } else {
            StartLaw::Uniform
        }
    }
}

impl Training {
    fn optimizer(&self) -> Result<Optimizer> {
        match self.optimizer {
            OptimizerName::Sgd => Ok(Optimizer::Sgd { momentum: self.momentum }),
            _ if self.momentum != 0.0 => Err(Error::out_of_range(
                "training.momentum",
                self.momentum,
                "0 with this optimizer",
                "leave it out: momentum belongs to sgd, and Adam has constants of its own",
            )),
            OptimizerName::Adam => Ok(Optimizer::Adam),
            OptimizerName::AdamW => Ok(Optimizer::AdamW),
        }
    }
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

    fn edited(from: &str, to: &str) -> String {
        let text = EXAMPLE.replace(from, to);
        assert_ne!(text, EXAMPLE, "{from}");
        text
    }

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
        assert_eq!(RegimeFile::from_toml(EXAMPLE).unwrap(), RegimeFile::Theorem(regime));
    }

    #[test]
    fn a_faulty_file_is_refused_with_the_value_in_the_message() {
        let cases = [
            ("d0 = 16", "d0 = -16", "-16"),
            ("d0 = 16", "d0 = 0", "data.d0 = 0"),
            ("d0 = 16", "d0 = 9000000000000000000", "9000000000000000000"),
            ("core = 8", "core = 80", "data.core = 80"),
            ("d = 1024", "d = 3", "data.d = 3"),
            ("batch = 256", "batch = \"half\"", "half"),
            ("batch = 256", "batch = 256\nsamples = 9", "data.samples = 9"),
            ("width = 64", "width = 63", "network.width = 63"),
            ("\"identity\"", "\"swish\"", "swish"),
            ("learning_rate = 0.16", "learning_rate = -1.0", "-1"),
            ("learning_rate = 0.16", "learning_rate = nan", "NaN"),
            ("weight_decay = 0.1", "weight_decay = inf", "inf"),
            ("\"beta:2,5\"", "\"beta:2,-5\"", "-5"),
            ("\"beta:2,5\"", "[\"uniform\"]", "number of laws = 1"),
            ("\"beta:2,5\"", "3", "one law per feature"),
            ("\"sgd\"", "\"lion\"", "lion"),
            ("record_every = 20", "record_every = 0", "record_every = 0"),
            ("d = 1024", "d = 1000000000", "GiB"),
            ("seed = 7", "sede = 7", "sede"),
        ];
        for (from, to, named) in cases {
            let message = RegimeFile::from_toml(&edited(from, to)).unwrap_err().to_string();
            assert!(message.contains(named), "{to}: {message}");
            assert!(!message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn what_departs_from_the_theorems_is_an_experiment() {
        let cases = [
            ("batch = 256", "batch = \"full\"", "data.batch"),
            ("batch = 256", "batch = 256\nlabels = \"nonlinear\"", "data.labels"),
            ("batch = 256", "batch = 256\nbalanced = true", "data.balanced"),
            ("depth = 2", "depth = 3", "network.depth"),
            ("\"frozen\"", "\"trained\"", "network.output"),
            ("bias = false", "bias = true", "network.bias"),
            ("bias = false", "start = \"uniform\"", "network.start"),
            ("\"sgd\"", "\"adam\"", "training.optimizer"),
            ("momentum = 0.0", "momentum = 0.9", "training.momentum"),
            ("\"hinge\"", "\"squared\"", "training.loss"),
        ];
        for (from, to, named) in cases {
            let text = edited(from, to);
            let file = RegimeFile::from_toml(&text).unwrap();
            assert_eq!(file, RegimeFile::General(Description::from_toml(&text).unwrap()), "{to}");
            let message = Regime::from_toml(&text).unwrap_err().to_string();
            assert!(message.contains(named), "{to}: {message}");
        }
    }

    #[test]
    fn momentum_belongs_to_sgd() {
        let text = edited("\"sgd\"", "\"adamw\"").replace("momentum = 0.0", "momentum = 0.9");
        assert!(Description::from_toml(&text).unwrap_err().to_string().contains("momentum = 0.9"));
    }

    #[test]
    fn the_start_is_the_theorems_for_its_network_and_pytorchs_for_others() {
        let start = |from: &str, to: &str| Description::from_toml(&edited(from, to)).unwrap().start;
        assert_eq!(start("momentum = 0.0", "momentum = 0.9"), StartLaw::Gaussian);
        assert_eq!(start("bias = false", "bias = true"), StartLaw::Uniform);
        assert_eq!(start("bias = false", "bias = true\nstart = \"gaussian\""), StartLaw::Gaussian);
    }

    #[test]
    fn the_example_files_are_the_settings_of_the_toy() {
        let theoretical =
            Description::from_toml(include_str!("../../regimes/toy-theoretical.toml"));
        assert_eq!(theoretical.unwrap(), Description::toy_theoretical(2024));
        let default = Description::from_toml(include_str!("../../regimes/toy-default.toml"));
        assert_eq!(default.unwrap(), Description::toy_default(2024));
    }
}
