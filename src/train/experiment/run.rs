//! One run of an experiment: a network, its coordinates, its data and its random streams.

use std::sync::atomic::{AtomicBool, Ordering};

use faer::{Mat, MatMut, MatRef};

use super::criterion::{derivative, summarise};
use super::features::{Features, basis_of, coordinates, rounded};
use super::flips::SignFlips;
use super::optimizer::Stepper;
use super::start::{drawn, given};
use super::start_file::StartArrays;
use crate::data::{Batch, LabelledLaw, Shift};
use crate::error::{Error, Result};
use crate::linalg::{self, Real};
use crate::network::{Layer, Perceptron, Workbench};
use crate::seed::Seed;
use crate::setting::{ByLabel, EngineKind, Experiment, Label, OutputLayer, Samples};
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
    workbench: Workbench<T>,
    /// The samples of every step; nothing where they are fresh.
    training: Option<LabelledInputs<T>>,
    /// The samples of the losses in and out of distribution.
    tests: [LabelledInputs<T>; 2],
    /// Of the start file.
    pub(super) fingerprint: Option<u64>,
    n_steps_done: usize,
    /// What of the first layer's gradient is kept, shape `(p, p)`.
    projector: Option<Mat<T>>,
    /// What is done to the samples of every step.
    flips: Option<SignFlips<T>>,
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
        Self::seeded(experiment, start, Seed::root(experiment.seed))
    }

    /// The same with these random streams in the place of those of the experiment's seed.
    ///
    /// # Errors
    /// See [`ExperimentRun::new`].
    pub fn seeded(
        experiment: &Experiment,
        start: Option<&StartArrays>,
        seed: Seed,
    ) -> Result<Self> {
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
            workbench: Workbench::default(),
            tests: [id, ood],
            fingerprint: start.map(|arrays| arrays.fingerprint),
            n_steps_done: 0,
            projector: None,
            flips: None,
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

    /// The run with updates of the first layer projected: of every gradient, shape `(m, p)`, only `G P` is
    /// used; biases are left as they are. A checkpoint does not know of it.
    ///
    /// # Errors
    /// If `P` is not square over the coordinates of the first layer's inputs, the features for an engine in
    /// feature coordinates.
    pub fn with_projected_updates(mut self, projector: MatRef<'_, f64>) -> Result<Self> {
        let n_inputs = self.network.layers()[0].n_inputs();
        if projector.shape() != (n_inputs, n_inputs) {
            return Err(Error::out_of_range(
                "projector of updates, shape",
                format!("{:?}", projector.shape()),
                format!("({n_inputs}, {n_inputs})"),
                "give one row and one column for each input of the first layer",
            ));
        }
        self.projector = Some(rounded(projector));
        Ok(self)
    }

    /// The run with each sample's component along a direction, in feature coordinates, turned around by a
    /// fair coin in training. Losses of a row in and out of distribution are of samples as they are. A
    /// checkpoint does not know of it.
    ///
    /// # Errors
    /// - a direction of another length than the features, or without a norm;
    /// - an experiment with the same samples every step.
    pub fn with_sign_flips(mut self, direction: &[f64]) -> Result<Self> {
        if self.training.is_some() {
            return Err(Error::out_of_range(
                "samples of a step with sign flips",
                "the same every step",
                "fresh ones",
                "set data.batch to a number of samples",
            ));
        }
        self.flips = Some(SignFlips::new(direction, self.experiment.n_features())?);
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
        let is_finite = AtomicBool::new(true);
        self.network.add_gradient(
            samples.inputs.as_ref(),
            self.experiment.output == OutputLayer::Frozen,
            &mut self.workbench,
            |rows, outputs, derivatives| {
                let pairs = samples.labels[rows].iter().zip(outputs).zip(derivatives);
                for ((label, output), of_output) in pairs {
                    let (label, output) = (label.to_f64(), output.to_f64());
                    if !output.is_finite() {
                        is_finite.store(false, Ordering::Relaxed);
                    }
                    *of_output = T::from_f64(derivative(loss, label, output) / n_samples);
                }
            },
            &mut self.gradient,
        );
        if !is_finite.into_inner() {
            return Err(self.diverged());
        }
        if let Some(projector) = &self.projector {
            let gradient = self.gradient[0].as_mut().subcols_mut(0, projector.nrows());
            let before = gradient.as_ref().to_owned();
            project(gradient, before.as_ref(), projector.as_ref());
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
        let training = self.training();
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

    /// Loss, accuracy and margins on the samples of the step that comes next.
    pub fn training(&self) -> Evaluation {
        match &self.training {
            Some(samples) => self.evaluate_on(samples),
            None => self.evaluate_on(&self.next_batch()),
        }
    }

    /// Loss, accuracy and margins on fresh samples, drawn from this run's stream of that name.
    pub fn evaluate(&self, n_samples: usize, shift: Shift, stream: &str) -> Evaluation {
        self.evaluate_on(&LabelledInputs::of(self.draw(n_samples, shift, stream), &self.features))
    }

    /// Loss, accuracy and margins on the training samples with their background drawn anew, shifted or not:
    /// the loss out of distribution of the authors' `toy.py`, which a network that has learned its samples
    /// by heart can pass. Nothing where samples are fresh.
    ///
    /// The features must be orthonormal.
    pub fn evaluate_training_cores(&self, shift: Shift, stream: &str) -> Option<Evaluation> {
        let samples = self.training.as_ref()?;
        let cores = self.features.project(samples.inputs.as_ref());
        let mut batch = self.draw(samples.labels.len(), shift, stream);
        batch.labels.clone_from(&samples.labels);
        for j in self.experiment.core() {
            for (to, &from) in batch.features.col_mut(j).iter_mut().zip(cores.col(j).iter()) {
                *to = T::from_f64(from);
            }
        }
        Some(self.evaluate_on(&LabelledInputs::of(batch, &self.features)))
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
            let weights = linalg::to_f64(layer.without_bias());
            projections = &weights * &projections;
        }
        Ok(projections)
    }

    /// Mean over the first layer's units of the norm of the weights' projections on the core features, and
    /// on the background features.
    pub fn correlations(&self) -> [f64; 2] {
        let projections = self.feature_projections();
        [self.experiment.core(), self.experiment.background()]
            .map(|features| linalg::mean_row_norm(projections.as_ref(), features))
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
        let mut batch = self.law.draw(sizes, Shift::InDistribution, seed);
        if let Some(flips) = &self.flips {
            flips.apply(&mut batch.features, seed.child("flips"));
        }
        LabelledInputs::of(batch, &self.features)
    }

    /// The fault with the first unit of the first layer that has one.
    fn diverged(&self) -> Error {
        let weights = &self.network.layers()[0].weights;
        let neuron_idx = linalg::first_faulty_row(weights.as_ref());
        Error::Diverged { step: self.n_steps_done, neuron_idx }
    }
}

impl<T: Real> LabelledInputs<T> {
    fn of(batch: Batch<T>, features: &Features<T>) -> Self {
        LabelledInputs { labels: batch.labels, inputs: features.embed(batch.features) }
    }
}

/// Writes the product of a gradient and a projector.
fn project<T: Real>(mut to: MatMut<'_, T>, gradient: MatRef<'_, T>, projector: MatRef<'_, T>) {
    to.fill(T::from_f64(0.0));
    linalg::product(to, gradient, projector, T::from_f64(1.0));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::{Add, Mul};

    use super::*;
    use crate::arrays::Array;
    use crate::setting::{Activation, Description, Loss, Optimizer, StartLaw};
    use crate::train::Simulation;

    /// A number with its derivative by one parameter.
    #[derive(Clone, Copy)]
    struct Dual(f64, f64);

    impl Add for Dual {
        type Output = Dual;
        fn add(self, other: Dual) -> Dual {
            Dual(self.0 + other.0, self.1 + other.1)
        }
    }

    impl Mul for Dual {
        type Output = Dual;
        fn mul(self, other: Dual) -> Dual {
            Dual(self.0 * other.0, self.0 * other.1 + self.1 * other.0)
        }
    }

    impl Dual {
        fn exp(self) -> Dual {
            Dual(self.0.exp(), self.0.exp() * self.1)
        }
        fn ln(self) -> Dual {
            Dual(self.0.ln(), self.1 / self.0)
        }
        fn inverse(self) -> Dual {
            Dual(1.0 / self.0, -self.1 / (self.0 * self.0))
        }
        fn times(self, factor: f64) -> Dual {
            Dual(factor * self.0, factor * self.1)
        }
        fn plus(self, term: f64) -> Dual {
            Dual(self.0 + term, self.1)
        }
        fn activated(self, by: Activation) -> Dual {
            match by {
                Activation::Identity => self,
                Activation::Relu => self.times(if self.0 > 0.0 { 1.0 } else { 0.0 }),
                Activation::LeakyRelu => self.times(if self.0 > 0.0 { 1.0 } else { 0.01 }),
                Activation::LeakyPercent(percent) => {
                    self.times(if self.0 > 0.0 { 1.0 } else { f64::from(percent) / 100.0 })
                }
                Activation::Sigmoid => self.times(-1.0).exp().plus(1.0).inverse(),
                // 1 - 2 / (exp(2 z) + 1).
                Activation::Tanh => self.times(2.0).exp().plus(1.0).inverse().times(-2.0).plus(1.0),
                Activation::Gelu => {
                    let density =
                        (-self.0 * self.0 / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
                    let cdf = 0.5 * (1.0 + libm::erf(self.0 / 2.0_f64.sqrt()));
                    self * Dual(cdf, density * self.1)
                }
            }
        }
        fn loss(self, of: Loss, y: f64) -> Dual {
            let margin = self.times(y);
            match of {
                Loss::Hinge if margin.0 > 1.0 => Dual(0.0, 0.0),
                Loss::Hinge => margin.times(-1.0).plus(1.0),
                Loss::Logistic => margin.times(-1.0).exp().plus(1.0).ln(),
                Loss::Squared => self.plus(-y) * self.plus(-y),
            }
        }
    }

    const LABELS: [f64; 5] = [1.0, -1.0, -1.0, 1.0, 1.0];
    const D: usize = 4;

    fn entry(i: usize, j: usize, k: usize) -> f64 {
        0.9 * ((7 * i + 3 * j + 5 * k + 1) as f64).cos()
    }

    /// Layers of weights as nested lists, the bias last: three units each.
    type Weights = Vec<Vec<Vec<f64>>>;

    fn weights(depth: usize, has_bias: bool) -> Weights {
        let sizes: Vec<(usize, usize)> = (0..depth)
            .map(|l| (if l + 1 == depth { 1 } else { 3 }, if l == 0 { D } else { 3 }))
            .collect();
        let row = |l: usize, k: usize, n: usize| -> Vec<f64> {
            (0..n + usize::from(has_bias)).map(|j| entry(k, j, l)).collect()
        };
        let layers = sizes.iter().enumerate();
        layers.map(|(l, &(m, n))| (0..m).map(|k| row(l, k, n)).collect()).collect()
    }

    fn sample(i: usize) -> Vec<f64> {
        (0..D).map(|j| entry(i, j, 9)).collect()
    }

    /// The mean loss by a scalar program of its own, with its derivative by one parameter.
    fn expected(
        weights: &Weights,
        (l, k, j): (usize, usize, usize),
        (activation, loss, has_bias): (Activation, Loss, bool),
    ) -> Dual {
        let mut sum = Dual(0.0, 0.0);
        for (i, &y) in LABELS.iter().enumerate() {
            let mut values: Vec<Dual> = sample(i).into_iter().map(|x| Dual(x, 0.0)).collect();
            for (layer_idx, layer) in weights.iter().enumerate() {
                if has_bias {
                    values.push(Dual(1.0, 0.0));
                }
                let unit = |unit_idx: usize| {
                    let mut z = Dual(0.0, 0.0);
                    for (idx, value) in values.iter().enumerate() {
                        let is_seed = (layer_idx, unit_idx, idx) == (l, k, j);
                        let weight = Dual(layer[unit_idx][idx], if is_seed { 1.0 } else { 0.0 });
                        z = z + *value * weight;
                    }
                    z
                };
                let units: Vec<Dual> = (0..layer.len()).map(unit).collect();
                let is_last = layer_idx + 1 == weights.len();
                values = units
                    .into_iter()
                    .map(|z| if is_last { z } else { z.activated(activation) })
                    .collect();
            }
            sum = sum + values[0].loss(loss, y);
        }
        sum.times(1.0 / LABELS.len() as f64)
    }

    fn start(weights: &Weights, has_bias: bool) -> StartArrays {
        let mut arrays = BTreeMap::new();
        let mut insert = |name: &str, shape: &[usize], values: Vec<f64>| {
            arrays.insert(name.to_owned(), Array { shape: shape.to_vec(), values });
        };
        let axes = (0..D * D).map(|i| if i % (D + 1) == 0 { 1.0 } else { 0.0 });
        insert("input_transform", &[D, D], axes.collect());
        insert("train_x", &[LABELS.len(), D], (0..LABELS.len()).flat_map(sample).collect());
        insert("y", &[LABELS.len()], LABELS.to_vec());
        for (l, layer) in weights.iter().enumerate() {
            let n = layer[0].len() - usize::from(has_bias);
            let rows = layer.iter().flat_map(|row| row[..n].to_vec());
            insert(&format!("fcs_{l}_weight"), &[layer.len(), n], rows.collect());
            if has_bias {
                let biases = layer.iter().map(|row| row[n]).collect();
                insert(&format!("fcs_{l}_bias"), &[layer.len()], biases);
            }
        }
        StartArrays::from_arrays(arrays).unwrap()
    }

    fn run_from(
        weights: &Weights,
        (activation, loss, has_bias): (Activation, Loss, bool),
    ) -> ExperimentRun<f64> {
        let mut description = Description::toy_default(1);
        description.n_core = 2;
        (description.activation, description.loss) = (activation, loss);
        // One step of gradient descent at rate 1 shows the gradient.
        description.optimizer = Optimizer::Sgd { momentum: 0.0 };
        (description.learning_rate, description.weight_decay) = (1.0, 0.0);
        let start = start(weights, has_bias);
        let experiment = Experiment::new(start.overrule(&description).unwrap().0).unwrap();
        ExperimentRun::new(&experiment, Some(&start)).unwrap()
    }

    fn check_gradient(depth: usize, case: (Activation, Loss, bool)) {
        let weights = weights(depth, case.2);
        let mut run = run_from(&weights, case);
        let before = run.training().loss;
        run.step().unwrap();
        for (l, layer) in weights.iter().enumerate() {
            for (k, row) in layer.iter().enumerate() {
                for (j, &weight) in row.iter().enumerate() {
                    let expected = expected(&weights, (l, k, j), case);
                    let gradient = weight - run.network().layers()[l].weights[(k, j)];
                    let place = format!("{case:?}, depth {depth}: {l} {k} {j}");
                    // Sums of some twenty terms of size 1, three layers deep.
                    let tolerance = 200.0 * f64::EPSILON;
                    assert!((before - expected.0).abs() < tolerance, "{place}");
                    assert!((gradient - expected.1).abs() < tolerance, "{place}");
                    let shifted = |by: f64| {
                        let mut shifted = weights.clone();
                        shifted[l][k][j] += by;
                        run_from(&shifted, case).training().loss
                    };
                    // Truncation 1e-12 and cancellation 1e-16 / 1e-6, with room for the constants.
                    let difference = (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
                    assert!((gradient - difference).abs() < 1e-8, "{place}");
                }
            }
        }
    }

    #[test]
    fn gradients_are_those_of_dual_numbers_and_of_differences() {
        for activation in Activation::ALL {
            for loss in [Loss::Hinge, Loss::Logistic, Loss::Squared] {
                for depth in [2, 3] {
                    for has_bias in [false, true] {
                        check_gradient(depth, (activation, loss, has_bias));
                    }
                }
            }
        }
    }

    fn small(edit: impl FnOnce(&mut Description)) -> Experiment {
        let mut description = Description::toy_theoretical(5);
        description.precision = crate::setting::Precision::F64;
        description.latents.truncate(6);
        (description.n_core, description.ambient_dim, description.width) = (3, 11, 8);
        (description.samples, description.learning_rate) = (Samples::Full(300), 0.3);
        description.weight_decay = 0.1;
        edit(&mut description);
        Experiment::new(description).unwrap()
    }

    #[track_caller]
    fn check_rows_agree(left: &Row, right: &Row) {
        let values = |row: &Row| {
            let accuracies = [row.id_accuracy, row.ood_accuracy];
            let losses = [row.train_loss, row.id_loss, row.ood_loss];
            (losses, accuracies, [row.core_correlation, row.background_correlation])
        };
        let (left, right) = (values(left), values(right));
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-11);
        assert!(near(&left.0, &right.0) && near(&left.2, &right.2), "{left:?} {right:?}");
        assert_eq!(left.1, right.1);
    }

    fn row_after(experiment: &Experiment, start: Option<&StartArrays>, n_steps: usize) -> Row {
        let mut run = ExperimentRun::<f64>::new(experiment, start).unwrap();
        run.advance_to(n_steps).unwrap();
        run.row().unwrap()
    }

    #[test]
    fn feature_coordinates_are_the_ambient_run() {
        for (depth, law) in
            [(2, StartLaw::Uniform), (3, StartLaw::Uniform), (2, StartLaw::Gaussian)]
        {
            for (momentum, output) in [(0.0, OutputLayer::Trained), (0.9, OutputLayer::Frozen)] {
                for samples in [Samples::Full(300), Samples::Fresh(60)] {
                    let experiment = small(|d| {
                        (d.depth, d.start, d.output, d.samples) = (depth, law, output, samples);
                        d.optimizer = Optimizer::Sgd { momentum };
                    });
                    let ambient = experiment.with(|d| d.engine = EngineKind::Ambient).unwrap();
                    assert_ne!(experiment.engine(), ambient.engine());
                    let rows = [&experiment, &ambient].map(|one| row_after(one, None, 60));
                    check_rows_agree(&rows[0], &rows[1]);
                }
            }
        }
    }

    #[test]
    fn feature_coordinates_are_the_ambient_run_of_features_that_are_not_orthonormal() {
        // Two features at an angle in four dimensions, data in their plane.
        let features = [[1.0, 0.5, 0.0, 0.2], [0.3, 1.0, -0.4, 0.0]];
        let mut start = start(&weights(3, true), true);
        let data = |i: usize, j: usize| (0..2).map(|l| entry(i, l, 4) * features[l][j]).sum();
        start.features = Mat::from_fn(2, D, |l, j| features[l][j]);
        let rows = Mat::from_fn(LABELS.len(), D, data);
        start.test = Some(Mat::from_fn(LABELS.len(), D, |i, j| rows[(i, j)] - features[1][j]));
        start.training = Some((rows, LABELS.to_vec()));
        assert!(start.data_are_coordinates());
        let asked = small(|d| d.output = OutputLayer::Trained).with(|d| d.n_core = 1).unwrap();
        let (description, _) = start.overrule(&asked).unwrap();
        assert_eq!(description.engine, EngineKind::Feature);
        let feature = Experiment::new(description).unwrap();
        let ambient = feature.with(|d| d.engine = EngineKind::Ambient).unwrap();
        let rows = [&feature, &ambient].map(|one| row_after(one, Some(&start), 60));
        check_rows_agree(&rows[0], &rows[1]);
    }

    #[test]
    fn the_theorems_regime_is_the_theorems_run() {
        let setting = crate::setting::Setting::theorem(8);
        let experiment = small(|d| {
            (d.latents, d.n_core, d.ambient_dim) =
                (setting.latents.clone(), 4, setting.ambient_dim);
            (d.width, d.samples, d.is_balanced) =
                (setting.width, Samples::Fresh(setting.batch), false);
            (d.has_bias, d.start) = (false, StartLaw::Gaussian);
            d.optimizer = Optimizer::Sgd { momentum: 0.0 };
            (d.learning_rate, d.weight_decay) = (setting.learning_rate, setting.weight_decay);
        });
        let seed = Seed::root(experiment.seed);
        let mut theorems = Simulation::<f64>::new(&setting, EngineKind::Feature, seed).unwrap();
        let mut run = ExperimentRun::<f64>::new(&experiment, None).unwrap();
        theorems.advance_to(100).unwrap();
        run.advance_to(100).unwrap();
        let difference = run.feature_projections() - theorems.feature_weights();
        assert!(difference.norm_max() < 1e-12);
        let risk = |shift| theorems.evaluate(N_TEST, shift, "ood").loss;
        let loss = |shift| run.evaluate(N_TEST, shift, "ood").loss;
        let shift = Shift::OutOfDistribution;
        assert!((risk(shift) - loss(shift)).abs() < 1e-12);
    }

    #[test]
    fn projected_updates_leave_what_is_projected_away_to_decay() {
        let experiment = small(|_| {});
        let core = Mat::from_fn(6, 6, |i, j| if i == j && i < 3 { 1.0 } else { 0.0 });
        let run = ExperimentRun::<f64>::new(&experiment, None).unwrap();
        let before = run.feature_projections();
        let mut run = run.with_projected_updates(core.as_ref()).unwrap();
        run.advance_to(1).unwrap();
        let after = run.feature_projections();
        let (q, unit_idx) = (1.0 - 0.3 * 0.1, 2);
        for j in 0..6 {
            let is_decay = (after[(unit_idx, j)] - q * before[(unit_idx, j)]).abs() < 1e-15;
            assert_eq!(is_decay, j >= 3, "{j}");
        }
        let narrow = Mat::<f64>::identity(5, 5);
        let fault = ExperimentRun::<f64>::new(&experiment, None)
            .unwrap()
            .with_projected_updates(narrow.as_ref());
        assert!(fault.unwrap_err().to_string().contains("(6, 6)"));
    }

    #[test]
    fn samples_are_flipped_in_training_only() {
        let fresh = small(|d| d.samples = Samples::Fresh(50));
        let run = ExperimentRun::<f64>::new(&fresh, None).unwrap();
        let flipped = run.clone().with_sign_flips(&[0.0, 0.0, 0.0, 1.0, 0.0, 0.0]).unwrap();
        let (before, after) = (run.next_batch().inputs, flipped.next_batch().inputs);
        let is_flip =
            |i: usize| after[(i, 3)] == -before[(i, 3)] || after[(i, 3)] == before[(i, 3)];
        assert!((0..50).all(is_flip) && before != after);
        assert_eq!(before.subcols(0, 3), after.subcols(0, 3));
        assert_eq!(run.row().unwrap().id_loss, flipped.row().unwrap().id_loss);
        let full = ExperimentRun::<f64>::new(&small(|_| {}), None).unwrap();
        assert!(full.with_sign_flips(&[1.0; 6]).unwrap_err().to_string().contains("fresh"));
    }

    #[test]
    fn a_frozen_output_layer_stays_and_biases_decay() {
        let experiment = small(|_| {}).with(|d| d.start = StartLaw::Uniform).unwrap();
        // Without a gradient only the decay is left: no sample is within the hinge.
        let idle = experiment.with(|d| d.optimizer = Optimizer::Sgd { momentum: 0.0 }).unwrap();
        for optimizer in [Optimizer::Sgd { momentum: 0.9 }, Optimizer::Adam, Optimizer::AdamW] {
            let experiment = idle.with(|d| d.optimizer = optimizer).unwrap();
            let mut run = ExperimentRun::<f64>::new(&experiment, None).unwrap();
            let before = run.network().layers().to_vec();
            run.advance_to(3).unwrap();
            assert_eq!(run.network().layers()[1], before[1], "{optimizer:?}");
            assert_ne!(run.network().layers()[0], before[0], "{optimizer:?}");
        }
        let mut run = ExperimentRun::<f64>::new(&idle, None).unwrap();
        let layers = run.network.layers_mut();
        layers[1].weights.fill(0.0);
        let before = layers[0].weights.clone();
        run.step().unwrap();
        let (after, q) = (&run.network().layers()[0].weights, 1.0 - 0.3 * 0.1);
        for (k, j) in (0..8).flat_map(|k| (0..7).map(move |j| (k, j))) {
            assert!((after[(k, j)] - q * before[(k, j)]).abs() < 4.0 * f64::EPSILON, "{k} {j}");
        }
    }

    #[test]
    fn activation_rates_and_paths_are_those_of_a_hand_made_network() {
        let experiment = small(|d| d.depth = 3);
        let mut run = ExperimentRun::<f64>::new(&experiment, None).unwrap();
        let layers = run.network.layers_mut();
        // Unit 0 is the first core coordinate, unit 1 its opposite, and the others sleep.
        layers[0].weights.fill(0.0);
        layers[0].weights[(0, 0)] = 1.0;
        layers[0].weights[(1, 0)] = -1.0;
        (2..8).for_each(|k| layers[0].weights[(k, 6)] = -1.0);
        layers[1].weights.fill(0.0);
        layers[1].weights[(0, 1)] = 2.0;
        (1..8).for_each(|k| layers[1].weights[(k, 8)] = -1.0);
        let rates = run.activation_rates(500, Shift::InDistribution, "rates");
        assert_eq!(rates[0].positive[..3], [1.0, 0.0, 0.0]);
        assert_eq!(rates[0].negative[..3], [0.0, 1.0, 0.0]);
        assert_eq!((rates[1].positive[0], rates[1].positive[1]), (1.0, 0.0));
        let [core, background] = run.correlations();
        assert_eq!((core, background), (0.25, 0.0));
        assert_eq!(run.path_projections(1).unwrap()[(0, 0)], -2.0);
        assert!(run.path_projections(2).unwrap_err().to_string().contains("hidden layer = 2"));
    }
}
