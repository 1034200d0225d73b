//! Experiments beyond the theorems: other depths, activations, losses, optimizers and data, checked once.
//!
//! [`Description`] is what a caller fills in, [`Experiment`] is the proof that it is consistent. The
//! theorems' own regime is a [`super::Setting`], which has a faster engine.

use std::ops::{Deref, Range};

use serde::{Deserialize, Serialize};

use super::parameters::{at_least_one, check_even_width, check_features, check_rates};
use super::regime::check_gibibytes;
use super::{Activation, EngineKind, Latent, Precision};
use crate::error::{Error, Result};

/// How the core features tell the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelRelation {
    /// A core coordinate is the label times its latent.
    #[default]
    Linear,
    /// The core coordinates are uniform on a sphere around 0: of radius 1 for `y = +1`, of radius 2 for
    /// `y = -1`. No linear function of them tells the label.
    Nonlinear,
}

/// Where the samples of a step come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    /// The same samples every step: so many, drawn once.
    Full(usize),
    /// So many fresh samples every step.
    Fresh(usize),
}

impl Samples {
    /// The samples of one step.
    pub fn per_step(self) -> usize {
        match self {
            Samples::Full(n_samples) | Samples::Fresh(n_samples) => n_samples,
        }
    }
}

/// The law of the weights before the first step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartLaw {
    /// Weights and biases uniform within `1 / sqrt(fan in)` of 0: the default of PyTorch's linear layers.
    Uniform,
    /// Weights `N(0, 1 / fan in)` and biases 0; for the first layer this is the theorem's start.
    Gaussian,
}

/// What becomes of the last layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputLayer {
    /// Weights `+1/m` (first half) and `-1/m`, or those of the start file; they and the bias stay as they
    /// start, without decay.
    #[default]
    Frozen,
    /// Trained like every other layer.
    Trained,
}

/// How a gradient becomes a step; the update rules and constants are those of PyTorch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// Gradient descent with weight decay in the gradient. The velocity is `momentum` times itself plus
    /// the gradient, and starts as the first gradient.
    Sgd {
        /// The share of the velocity that is kept, in [0, 1).
        momentum: f64,
    },
    /// Adam with weight decay in the gradient.
    Adam,
    /// Adam with weight decay beside the gradient.
    AdamW,
}

impl Optimizer {
    /// Whether runs in feature coordinates and in the ambient space are the same run. Adam divides entry by
    /// entry, which depends on the axes.
    pub fn is_rotation_invariant(self) -> bool {
        matches!(self, Optimizer::Sgd { .. })
    }
}

/// The loss of an output `h` for a label `y`, averaged over samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// `max(0, 1 - y h)`; at the corner `y h = 1` the derivative is that of the slope, as PyTorch's clamp has it.
    #[default]
    Hinge,
    /// `log(1 + exp(-y h))`.
    Logistic,
    /// `(h - y)^2`.
    Squared,
}

/// Everything that fixes an experiment, before it is checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// The coordinates that are asked for; see [`Experiment::engine`] for those that are used.
    pub engine: EngineKind,
    /// The floating-point type of the run.
    pub precision: Precision,
    /// The root of the run's random streams.
    pub seed: u64,
    /// Number of core features; features `0 .. n_core` are core, the others background.
    pub n_core: usize,
    /// Ambient dimension `d`, at least the number of features.
    pub ambient_dim: usize,
    /// One latent law per feature; its length is the number of features `d0`. Non-linear labels do not
    /// use those of the core.
    pub latents: Vec<Latent>,
    /// How the core features tell the label.
    pub labels: LabelRelation,
    /// The samples of a step.
    pub samples: Samples,
    /// Whether the samples of a step are half of each class (the odd one is positive) or each of a class
    /// by a fair coin.
    pub is_balanced: bool,
    /// Units of each hidden layer, `m`.
    pub width: usize,
    /// Layers of weights, at least 2.
    pub depth: usize,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// The last layer.
    pub output: OutputLayer,
    /// Whether every layer has a bias.
    pub has_bias: bool,
    /// The law of the start.
    pub start: StartLaw,
    /// Number of steps.
    pub n_steps: usize,
    /// The learning rate `eta`.
    pub learning_rate: f64,
    /// The weight decay `lambda`, on weights and biases of every layer that is trained.
    pub weight_decay: f64,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// The loss.
    pub loss: Loss,
    /// A row of the trace is recorded every so many steps.
    pub record_every_steps: usize,
}

impl Description {
    /// The theoretical setting of the authors' `toy.py`: 32 core and 32 background features in 256
    /// dimensions, 1,000 samples that stay the same, 256 ReLU units with a frozen output layer, hinge loss, momentum 0.9.
    pub fn toy_theoretical(seed: u64) -> Self {
        Description {
            engine: EngineKind::Feature,
            precision: Precision::F32,
            seed,
            n_core: 32,
            ambient_dim: 256,
            latents: vec![Latent::Uniform; 64],
            labels: LabelRelation::Linear,
            samples: Samples::Full(1000),
            is_balanced: true,
            width: 256,
            depth: 2,
            activation: Activation::Relu,
            output: OutputLayer::Frozen,
            has_bias: true,
            start: StartLaw::Uniform,
            n_steps: 20_000,
            learning_rate: 1e-3,
            weight_decay: 1e-3,
            optimizer: Optimizer::Sgd { momentum: 0.9 },
            loss: Loss::Hinge,
            record_every_steps: 100,
        }
    }

    /// The default setting of the authors' `toy.py`: as [`Description::toy_theoretical`], but with labels
    /// that are non-linear in the core, both layers trained, logistic loss and AdamW.
    pub fn toy_default(seed: u64) -> Self {
        Description {
            engine: EngineKind::Ambient,
            labels: LabelRelation::Nonlinear,
            output: OutputLayer::Trained,
            optimizer: Optimizer::AdamW,
            loss: Loss::Logistic,
            ..Description::toy_theoretical(seed)
        }
    }

    /// The number of features `d0`.
    pub fn n_features(&self) -> usize {
        self.latents.len()
    }

    /// The indices of the core features.
    pub fn core(&self) -> Range<usize> {
        0..self.n_core
    }

    /// The indices of the background features.
    pub fn background(&self) -> Range<usize> {
        self.n_core..self.n_features()
    }
}

/// A description that was found consistent.
///
/// ```
/// use feature_contamination::setting::{Description, Experiment};
///
/// let description = Description { depth: 3, ..Description::toy_theoretical(7) };
/// let experiment = Experiment::new(description.clone())?;
/// assert_eq!((experiment.n_features(), experiment.depth), (64, 3));
/// let fault = Experiment::new(Description { depth: 1, ..description }).unwrap_err();
/// assert!(fault.to_string().contains("depth = 1"), "{fault}");
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment(Description);

impl Deref for Experiment {
    type Target = Description;
    fn deref(&self) -> &Description {
        &self.0
    }
}

impl Experiment {
    /// Checks a description.
    ///
    /// # Errors
    /// - no feature, more core features than features, fewer ambient dimensions than features, non-linear
    ///   labels without a core;
    /// - no sample, no unit, fewer than two layers, a frozen output layer over an odd width;
    /// - a rate that is negative or not finite, `eta lambda > 1`, a momentum outside [0, 1);
    /// - arrays that do not fit in memory.
    pub fn new(description: Description) -> Result<Self> {
        let of = &description;
        check_features(of.n_features(), of.n_core, of.ambient_dim)?;
        of.check_samples()?;
        of.check_layers()?;
        check_rates(of.learning_rate, of.weight_decay)?;
        of.check_optimizer()?;
        at_least_one("training.record_every", of.record_every_steps)?;
        check_gibibytes(
            of.n_scalars(),
            of.precision,
            "lower data.d, data.samples or network.width",
        )?;
        Ok(Experiment(description))
    }

    /// The same experiment after an edit.
    ///
    /// # Errors
    /// If the edited description is not consistent, see [`Experiment::new`].
    pub fn with(&self, edit: impl FnOnce(&mut Description)) -> Result<Self> {
        let mut description = self.0.clone();
        edit(&mut description);
        Experiment::new(description)
    }

    /// The coordinates of the run: those asked for, but ambient ones where the optimizer depends on the
    /// axes, so that feature coordinates would be another run.
    pub fn engine(&self) -> EngineKind {
        if self.optimizer.is_rotation_invariant() { self.engine } else { EngineKind::Ambient }
    }
}

impl Description {
    fn check_samples(&self) -> Result<()> {
        match self.samples {
            Samples::Full(0) => {
                return Err(Error::out_of_range(
                    "data.samples",
                    0,
                    "at least 1 with data.batch = \"full\"",
                    "say how many samples to draw, or give them with --start",
                ));
            }
            Samples::Full(_) => {}
            Samples::Fresh(n_samples) => at_least_one("data.batch", n_samples)?,
        }
        if self.labels == LabelRelation::Nonlinear {
            at_least_one("data.core", self.n_core)?;
        }
        Ok(())
    }

    fn check_layers(&self) -> Result<()> {
        if !(2..=MAX_DEPTH).contains(&self.depth) {
            return Err(Error::out_of_range(
                "network.depth",
                self.depth,
                format!("from 2 to {MAX_DEPTH}"),
                "count layers of weights: a network with one hidden layer has depth 2",
            ));
        }
        match self.output {
            OutputLayer::Frozen => check_even_width(self.width),
            OutputLayer::Trained => at_least_one("network.width", self.width),
        }
    }

    fn check_optimizer(&self) -> Result<()> {
        let Optimizer::Sgd { momentum } = self.optimizer else { return Ok(()) };
        if (0.0..1.0).contains(&momentum) {
            return Ok(());
        }
        Err(Error::out_of_range(
            "training.momentum",
            momentum,
            "from 0 to below 1",
            "momentum is the share of the velocity that a step keeps",
        ))
    }

    /// Parameters with gradient and two moments, the samples of a step, and the dictionary with its
    /// factorisation; in f64, which no size overflows.
    fn n_scalars(&self) -> f64 {
        let size = |count: usize| count as f64;
        let (width, dim) = (size(self.width), size(self.ambient_dim));
        let parameters = width * dim + size(self.depth) * width * width;
        let samples = size(self.samples.per_step()) * (dim + size(self.n_features()));
        4.0 * parameters + samples + 3.0 * size(self.n_features()) * dim
    }
}

/// More layers than this have no gradient left at any start; a free choice.
const MAX_DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edit: impl FnOnce(&mut Description), named: &str) {
        let experiment = Experiment::new(Description::toy_theoretical(1)).unwrap();
        let message = experiment.with(edit).unwrap_err().to_string();
        assert!(message.contains(named), "{message}");
    }

    #[test]
    fn inconsistent_descriptions_are_refused_by_name() {
        check(|d| d.width = 7, "network.width = 7");
        check(|d| d.depth = 1, "network.depth = 1");
        check(|d| d.n_core = 65, "data.core = 65");
        check(|d| d.ambient_dim = 63, "data.d = 63");
        check(|d| d.samples = Samples::Full(0), "data.samples = 0");
        check(|d| d.samples = Samples::Fresh(0), "data.batch = 0");
        check(|d| d.learning_rate = f64::NAN, "learning_rate = NaN");
        check(|d| d.weight_decay = 1e9, "at most 1");
        check(|d| d.optimizer = Optimizer::Sgd { momentum: 1.0 }, "momentum = 1");
        check(|d| d.record_every_steps = 0, "record_every = 0");
        check(|d| d.ambient_dim = usize::MAX, "GiB");
        let no_core = |d: &mut Description| {
            d.n_core = 0;
            d.labels = LabelRelation::Nonlinear;
        };
        check(no_core, "data.core = 0");
    }

    #[test]
    fn adam_runs_in_the_ambient_space_and_may_have_an_odd_width() {
        let experiment = Experiment::new(Description::toy_default(1)).unwrap();
        let asked = experiment.with(|d| d.engine = EngineKind::Feature).unwrap();
        assert_eq!(asked.engine(), EngineKind::Ambient);
        assert!(experiment.with(|d| d.width = 7).is_ok());
    }
}
