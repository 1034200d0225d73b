//! One run of an experiment: a network, its coordinates, its data and its random streams.

use faer::Mat;

use super::criterion::{derivative, summarise};
use super::features::{Features, basis_of, coordinates, rounded};
use super::optimizer::Stepper;
use super::start_file::StartArrays;
use crate::data::{Batch, Dictionary, LabelledLaw, Shift};
use crate::error::{Error, Result};
use crate::linalg::{Real, mean};
use crate::network::{
    Layer, Perceptron, Tape, gaussian_start, start_layer, start_output, with_bias,
};
use crate::seed::Seed;
use crate::setting::{ByLabel, EngineKind, Experiment, Label, OutputLayer, Samples, StartLaw};
use crate::train::{Evaluation, Row};

/// Fresh samples per loss of a row: its standard error is at most 1/64 of the spread of the loss.
const N_TEST: usize = 4096;

/// A run of an experiment in progress.
///
/// Its streams are named by purpose, so that engines of one seed share their start, their dictionary and
/// their samples.
#[derive(Debug, Clone)]
pub struct ExperimentRun<T: Real> {
    experiment: Experiment,
    seed: Seed,
    law: LabelledLaw,
    features: Features<T>,
    network: Perceptron<T>,
    pub(super) stepper: Stepper<T>,
    gradient: Vec<Mat<T>>,
    tape: Tape<T>,
    /// The samples of every step; nothing where they are fresh.
    training: Option<LabelledInputs<T>>,
    /// The samples of the losses in and out of distribution.
    tests: [LabelledInputs<T>; 2],
    /// Of the start file.
    pub(super) fingerprint: Option<u64>,
    n_steps_done: usize,
}

/// Inputs of the network, shape `(n, p)`, with their labels.
#[derive(Debug, Clone)]
struct LabelledInputs<T: Real> {
    labels: Vec<T>,
    inputs: Mat<T>,
}

impl<T: Real> ExperimentRun<T> {
    /// A run at its start, which is that of the start file where there is one.
    ///
    /// The experiment must be the one that the start file belongs to, see [`StartArrays::overrule`].
    ///
    /// # Errors
    /// - a latent law that cannot be sampled;
    /// - sizes that are not those of the start file, or a full batch that neither has.
    pub fn new(experiment: &Experiment, start: Option<&StartArrays>) -> Result<Self> {
        let seed = Seed::root(experiment.seed);
        let law = LabelledLaw::new(experiment)?;
        let (features, layers) = match start {
            Some(arrays) => given(experiment, arrays)?,
            None => drawn(experiment, seed),
        };
        let network = Perceptron::new(layers, experiment.activation)?;
        let draw = |sizes: (usize, bool), shift: Shift, seed: Seed| {
            LabelledInputs::of(law.draw(sizes, shift, seed), &features)
        };
        let training = match (start.and_then(|arrays| arrays.training.as_ref()), experiment.samples)
        {
            (Some((rows, labels)), _) => Some(inputs_of_rows(experiment, start, (rows, labels))),
            (None, Samples::Full(n_samples)) => Some(draw(
                (n_samples, experiment.is_balanced),
                Shift::InDistribution,
                seed.child("training"),
            )),
            (None, Samples::Fresh(_)) => None,
        };
        let test = |name: &str| seed.child("test").child(name);
        let id = draw((N_TEST, false), Shift::InDistribution, test("id"));
        let given_test =
            start.and_then(|arrays| arrays.test.as_ref().zip(arrays.training.as_ref()));
        let ood = match given_test {
            Some((rows, (_, labels))) => inputs_of_rows(experiment, start, (rows, labels)),
            None => draw((N_TEST, false), Shift::OutOfDistribution, test("ood")),
        };
        Ok(ExperimentRun {
            seed,
            stepper: Stepper::new(experiment),
            gradient: network.zero_gradient(),
            tape: Tape::default(),
            tests: [id, ood],
            fingerprint: start.map(|arrays| arrays.fingerprint),
            n_steps_done: 0,
            experiment: experiment.clone(),
            law,
            features,
            network,
            training,
        })
    }

    /// The same run after some steps that were taken before.
    pub(super) fn resumed(mut self, n_steps_done: usize, layers: Vec<Layer<T>>) -> Result<Self> {
        self.network = Perceptron::new(layers, self.experiment.activation)?;
        self.n_steps_done = n_steps_done;
        Ok(self)
    }

    /// The run's experiment.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// Steps completed.
    pub fn n_steps_done(&self) -> usize {
        self.n_steps_done
    }

    /// The network as it stands, in the coordinates of the run.
    pub fn network(&self) -> &Perceptron<T> {
        &self.network
    }

    /// How many layers are trained.
    pub(super) fn n_trained(&self) -> usize {
        let n_frozen = usize::from(self.experiment.output == OutputLayer::Frozen);
        self.network.layers().len() - n_frozen
    }

    /// Takes one step.
    ///
    /// # Errors
    /// [`Error::Diverged`] if an output of the network is not finite.
    pub fn step(&mut self) -> Result<()> {
        let fresh;
        let samples = match &self.training {
            Some(samples) => samples,
            None => {
                fresh = self.next_batch();
                &fresh
            }
        };
        let zero = T::from_f64(0.0);
        self.gradient.iter_mut().for_each(|matrix| matrix.fill(zero));
        let (n_samples, loss) = (samples.labels.len() as f64, self.experiment.loss);
        let mut is_finite = true;
        self.network.add_gradient(
            samples.inputs.as_ref(),
            self.experiment.output == OutputLayer::Frozen,
            &mut self.tape,
            |rows, outputs, derivatives| {
                let pairs = samples.labels[rows].iter().zip(outputs).zip(derivatives);
                for ((label, output), of_output) in pairs {
                    let (label, output) = (label.to_f64(), output.to_f64());
                    is_finite &= output.is_finite();
                    *of_output = T::from_f64(derivative(loss, label, output) / n_samples);
                }
            },
            &mut self.gradient,
        );
        if !is_finite {
            return Err(self.diverged());
        }
        let n_trained = self.n_trained();
        self.stepper.step(&mut self.network.layers_mut()[..n_trained], &self.gradient[..n_trained]);
        self.n_steps_done += 1;
        Ok(())
    }

    /// Steps until `n_steps` are completed.
    ///
    /// # Errors
    /// See [`ExperimentRun::step`].
    pub fn advance_to(&mut self, n_steps: usize) -> Result<()> {
        while self.n_steps_done < n_steps {
            self.step()?;
        }
        Ok(())
    }

    /// Losses, accuracies and correlations as they stand. The training loss is that of the samples of
    /// the step that comes next; the loss out of distribution is that of the start file's `test_x` where
    /// there is one.
    ///
    /// # Errors
    /// [`Error::Diverged`] if the training loss is not finite.
    pub fn row(&self) -> Result<Row> {
        let training = match &self.training {
            Some(samples) => self.evaluate_on(samples),
            None => self.evaluate_on(&self.next_batch()),
        };
        if !training.loss.is_finite() {
            return Err(self.diverged());
        }
        let [id, ood] = [0, 1].map(|idx| self.evaluate_on(&self.tests[idx]));
        let [core_correlation, background_correlation] = self.correlations();
        Ok(Row {
            step: self.n_steps_done,
            train_loss: training.loss,
            id_loss: id.loss,
            ood_loss: ood.loss,
            id_accuracy: id.accuracy,
            ood_accuracy: ood.accuracy,
            core_correlation,
            background_correlation,
        })
    }

    /// Loss, accuracy and margins on fresh samples, drawn from this run's stream of that name.
    pub fn evaluate(&self, n_samples: usize, shift: Shift, stream: &str) -> Evaluation {
        self.evaluate_on(&LabelledInputs::of(self.draw(n_samples, shift, stream), &self.features))
    }

    /// Fresh samples in feature coordinates, drawn from this run's stream of that name.
    pub fn draw(&self, n_samples: usize, shift: Shift, stream: &str) -> Batch<T> {
        self.law.draw((n_samples, false), shift, self.seed.child("test").child(stream))
    }

    /// The projections of the first layer's weights on the features, shape `(m, d0)`.
    pub fn feature_projections(&self) -> Mat<f64> {
        self.features.project(self.network.layers()[0].without_bias())
    }

    /// The projections of `W_l ... W_1`, the path of hidden layer `l` (counted from 0) without its
    /// activations, on the features: shape `(units of l, d0)`.
    ///
    /// # Errors
    /// If the network has no such hidden layer.
    pub fn path_projections(&self, layer_idx: usize) -> Result<Mat<f64>> {
        let n_hidden = self.network.layers().len() - 1;
        if layer_idx >= n_hidden {
            return Err(Error::out_of_range(
                "hidden layer",
                layer_idx,
                format!("below {n_hidden}"),
                "count hidden layers from 0",
            ));
        }
        let mut projections = self.feature_projections();
        for layer in &self.network.layers()[1..=layer_idx] {
            let weights = crate::linalg::to_f64(layer.without_bias());
            projections = &weights * &projections;
        }
        Ok(projections)
    }

    /// Mean over the first layer's units of the norm of the weights' projections on the core features, and
    /// on the background features.
    pub fn correlations(&self) -> [f64; 2] {
        let projections = self.feature_projections();
        [self.experiment.core(), self.experiment.background()].map(|features| {
            let part = projections.subcols(features.start, features.len());
            mean(&part.row_iter().map(|row| row.norm_l2()).collect::<Vec<_>>())
        })
    }

    /// For each hidden layer, the share of each class's fresh samples on which each unit's pre-activation
    /// is not negative. A class without a sample has shares of NaN.
    pub fn activation_rates(
        &self,
        n_samples: usize,
        shift: Shift,
        stream: &str,
    ) -> Vec<ByLabel<Vec<f64>>> {
        let samples = LabelledInputs::of(self.draw(n_samples, shift, stream), &self.features);
        let zero = T::from_f64(0.0);
        let of_class = |preactivations: &Mat<T>, label: Label| -> Vec<f64> {
            let is_member = |y: &&T| y.to_f64() == label.sign();
            let n_members = samples.labels.iter().filter(is_member).count() as f64;
            let rate = |column: faer::ColRef<'_, T>| {
                let pairs = column.iter().zip(&samples.labels);
                pairs.filter(|(z, y)| **z >= zero && is_member(y)).count() as f64 / n_members
            };
            preactivations.col_iter().map(rate).collect()
        };
        let layers = self.network.preactivations(samples.inputs.as_ref());
        layers.iter().map(|layer| ByLabel::from_fn(|label| of_class(layer, label))).collect()
    }

    fn evaluate_on(&self, samples: &LabelledInputs<T>) -> Evaluation {
        let outputs = self.network.outputs(samples.inputs.as_ref());
        summarise(self.experiment.loss, &samples.labels, &outputs)
    }

    /// The fresh samples of the step that comes next.
    fn next_batch(&self) -> LabelledInputs<T> {
        let sizes = (self.experiment.samples.per_step(), self.experiment.is_balanced);
        let seed = self.seed.child("batch").index(self.n_steps_done);
        LabelledInputs::of(self.law.draw(sizes, Shift::InDistribution, seed), &self.features)
    }

    /// The fault with the first unit of the first layer that has one.
    fn diverged(&self) -> Error {
        let weights = &self.network.layers()[0].weights;
        let is_faulty = |&k: &usize| weights.row(k).iter().any(|w| !w.to_f64().is_finite());
        let neuron_idx = (0..weights.nrows()).find(is_faulty).unwrap_or_default();
        Error::Diverged { step: self.n_steps_done, neuron_idx }
    }
}

impl<T: Real> LabelledInputs<T> {
    fn of(batch: Batch<T>, features: &Features<T>) -> Self {
        LabelledInputs { labels: batch.labels, inputs: features.embed(batch.features) }
    }
}

/// Rows of a start file as inputs in the coordinates of the run.
fn inputs_of_rows<T: Real>(
    experiment: &Experiment,
    start: Option<&StartArrays>,
    (rows, labels): (&Mat<f64>, &[f64]),
) -> LabelledInputs<T> {
    let inputs = match start {
        Some(arrays) if experiment.engine() == EngineKind::Feature => {
            let basis = basis_of(arrays.features.as_ref());
            rounded(coordinates(rows.as_ref(), basis.as_ref()).as_ref())
        }
        _ => rounded(rows.as_ref()),
    };
    LabelledInputs { labels: labels.iter().map(|&label| T::from_f64(label)).collect(), inputs }
}

/// Features and layers of a start file.
fn given<T: Real>(
    experiment: &Experiment,
    arrays: &StartArrays,
) -> Result<(Features<T>, Vec<Layer<T>>)> {
    let sizes = (experiment.n_features(), experiment.ambient_dim);
    if arrays.features.shape() != sizes {
        return Err(Error::out_of_range(
            "shape of input_transform",
            format!("{:?}", arrays.features.shape()),
            format!("the experiment's (d0, d) = {sizes:?}"),
            "let the start file overrule the description first",
        ));
    }
    let mut layers: Vec<Layer<f64>> = arrays.layers.clone();
    let features = match experiment.engine() {
        EngineKind::Ambient => rounded(arrays.features.as_ref()),
        EngineKind::Feature => {
            let basis = basis_of(arrays.features.as_ref());
            layers[0] = in_basis(&layers[0], &basis);
            rounded(coordinates(arrays.features.as_ref(), basis.as_ref()).as_ref())
        }
    };
    Ok((Features::Rows(features), layers.iter().map(rounded_layer).collect()))
}

/// Features and layers of an experiment without a start file.
fn drawn<T: Real>(experiment: &Experiment, seed: Seed) -> (Features<T>, Vec<Layer<T>>) {
    let (d, d0) = (experiment.ambient_dim, experiment.n_features());
    let dictionary = || Dictionary::<f64>::orthonormal(d, d0, seed.child("dictionary"));
    let (width, has_bias, law) = (experiment.width, experiment.has_bias, experiment.start);
    let uniform = || start_layer(law, (width, d), has_bias, layer_seed(seed, 0));
    let (features, first) = match (experiment.engine(), law) {
        (EngineKind::Feature, StartLaw::Gaussian) => {
            let weights = gaussian_start(width, d0, d, seed.child("start"));
            (Features::Axes, without_biases(weights, has_bias))
        }
        (EngineKind::Feature, StartLaw::Uniform) => {
            let layer: Layer<f64> = uniform();
            let weights = dictionary().project(layer.without_bias());
            (Features::Axes, with_weights(&layer, weights))
        }
        (EngineKind::Ambient, law) => {
            let dictionary = dictionary();
            let axes = Mat::identity(d0, d0);
            let rows = dictionary.embed(axes.as_ref());
            let first = match law {
                StartLaw::Uniform => uniform(),
                StartLaw::Gaussian => gaussian_layer(experiment, &dictionary, seed),
            };
            (Features::Rows(rounded(rows.as_ref())), first)
        }
    };
    let mut layers = vec![first];
    let n_hidden = experiment.depth - 1;
    for l in 1..n_hidden {
        layers.push(start_layer(law, (width, width), has_bias, layer_seed(seed, l)));
    }
    let of_output = (width, has_bias);
    layers.push(start_output(law, experiment.output, of_output, layer_seed(seed, n_hidden)));
    (features, layers.iter().map(rounded_layer).collect())
}

fn layer_seed(seed: Seed, layer_idx: usize) -> Seed {
    seed.child("layer").index(layer_idx)
}

/// The theorem's first layer in the ambient space, on the streams of [`crate::train::Coordinates::start`],
/// with biases 0.
fn gaussian_layer(experiment: &Experiment, dictionary: &Dictionary<f64>, seed: Seed) -> Layer<f64> {
    let (m, d) = (experiment.width, experiment.ambient_dim);
    let features = gaussian_start(m, experiment.n_features(), d, seed.child("start"));
    let ambient: Mat<f64> = gaussian_start(m, d, d, seed.child("orthogonal start"));
    let orthogonal = dictionary.orthogonal_part(ambient.as_ref());
    without_biases(orthogonal + dictionary.embed(features.as_ref()), experiment.has_bias)
}

/// A layer whose biases, where it has any, are 0.
fn without_biases(weights: Mat<f64>, has_bias: bool) -> Layer<f64> {
    with_bias(weights, has_bias, |n_units| Mat::zeros(n_units, 1))
}

/// A layer whose inputs are given in a basis, as coordinates.
fn in_basis(layer: &Layer<f64>, basis: &Mat<f64>) -> Layer<f64> {
    with_weights(layer, coordinates(layer.without_bias(), basis.as_ref()))
}

/// Other weights with the biases of a layer.
fn with_weights(layer: &Layer<f64>, weights: Mat<f64>) -> Layer<f64> {
    let last = layer.weights.ncols() - 1;
    with_bias(weights, layer.has_bias, |n_units| {
        Mat::from_fn(n_units, 1, |k, _| layer.weights[(k, last)])
    })
}

fn rounded_layer<T: Real>(layer: &Layer<f64>) -> Layer<T> {
    Layer { weights: rounded(layer.weights.as_ref()), has_bias: layer.has_bias }
}
