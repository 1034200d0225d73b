//! One run: a network, its coordinates, its data and its random streams.

use faer::Mat;

use super::loss::{residuals, summarise};
use super::orthants::Orthants;
use super::{Coordinates, Evaluation, evaluate};
use crate::data::{Batch, Population, Shift};
use crate::error::{Error, Result};
use crate::fault::{self, Site};
use crate::linalg::{self, Real};
use crate::network::{Rows, TwoLayer, Workspace};
use crate::seed::Seed;
use crate::setting::{EngineKind, Setting};

/// A run in progress. Its streams are named by purpose, so that engines of one seed share their start
/// and their batches.
///
/// ```
/// use feature_contamination::data::Shift;
/// use feature_contamination::seed::Seed;
/// use feature_contamination::setting::{EngineKind, Setting};
/// use feature_contamination::train::Simulation;
///
/// let setting = Setting::theorem(16);
/// let mut run = Simulation::<f64>::new(&setting, EngineKind::Feature, Seed::root(1))?;
/// run.advance_to(setting.steps_to(20.0))?;
/// // A step is 1/8 of the theorem's time here.
/// assert_eq!(run.n_steps_done(), 160);
/// let risk = |shift| run.evaluate(4096, shift, "example").loss;
/// assert!(risk(Shift::InDistribution) < 0.5 && risk(Shift::OutOfDistribution) > 0.5);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Simulation<T: Real> {
    setting: Setting,
    seed: Seed,
    population: Population,
    coordinates: Coordinates<T>,
    network: TwoLayer<T>,
    /// Of the inputs, where the coordinates are the features themselves.
    orthants: Option<Orthants<T>>,
    workspace: Workspace<T>,
    n_steps_done: usize,
}

/// What a step saw, on its batch and before its update.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Loss, accuracy and margins on the batch.
    pub batch: Evaluation,
}

impl<T: Real> Simulation<T> {
    /// A run at its start.
    ///
    /// # Errors
    /// If a latent law cannot be sampled.
    pub fn new(setting: &Setting, engine: EngineKind, seed: Seed) -> Result<Self> {
        Self::in_coordinates(setting, Coordinates::new(engine, setting, seed), seed)
    }

    /// A run at its start, in coordinates of the caller's choice.
    ///
    /// # Errors
    /// If a latent law cannot be sampled.
    pub fn in_coordinates(
        setting: &Setting,
        coordinates: Coordinates<T>,
        seed: Seed,
    ) -> Result<Self> {
        let weights = coordinates.start(setting, seed);
        Self::from_weights(setting, coordinates, weights, seed, 0)
    }

    /// A run that goes on from given weights after `n_steps_done` steps.
    pub(super) fn from_weights(
        setting: &Setting,
        coordinates: Coordinates<T>,
        weights: Mat<T>,
        seed: Seed,
        n_steps_done: usize,
    ) -> Result<Self> {
        Ok(Simulation {
            setting: setting.clone(),
            seed,
            population: Population::new(setting)?,
            network: TwoLayer::new(weights, setting.activation)?,
            orthants: matches!(coordinates, Coordinates::Feature)
                .then(|| Orthants::of(setting))
                .flatten(),
            coordinates,
            workspace: Workspace::default(),
            n_steps_done,
        })
    }

    /// The run's setting.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Steps completed.
    pub fn n_steps_done(&self) -> usize {
        self.n_steps_done
    }

    /// The network as it stands.
    pub fn network(&self) -> &TwoLayer<T> {
        &self.network
    }

    /// The coordinates of the weights.
    pub fn coordinates(&self) -> &Coordinates<T> {
        &self.coordinates
    }

    /// The feature coordinates `u = M^T w` of the weights, shape `(m, d0)`.
    pub fn feature_weights(&self) -> Mat<f64> {
        self.coordinates.feature_weights(self.network.weights())
    }

    /// The batch of the step that comes next.
    pub fn next_batch(&self) -> Batch<T> {
        let (n_samples, seed) = self.next_sample();
        self.population.draw(n_samples, Shift::InDistribution, seed)
    }

    /// The size and the stream of the batch of the step that comes next.
    fn next_sample(&self) -> (usize, Seed) {
        (fault::count(Site::BatchSize, self.setting.batch), self.batch_seed(self.n_steps_done))
    }

    /// The stream of the batch of a step.
    fn batch_seed(&self, step: usize) -> Seed {
        let seed = if fault::breaks(Site::BatchStream) { Seed::root(0) } else { self.seed };
        seed.child("batch").index(fault::count(Site::BatchIndex, step))
    }

    /// Takes one step.
    ///
    /// # Errors
    /// [`Error::Diverged`] if an output of the network is not finite.
    pub fn step(&mut self) -> Result<Step> {
        let (batch, rows) = match &self.orthants {
            Some(orthants) => {
                let (n_samples, seed) = self.next_sample();
                let (batch, n_positive) =
                    self.population.draw_by_label(n_samples, Shift::InDistribution, seed);
                let rows = orthants.rows(&batch, n_positive);
                (batch, rows)
            }
            None => {
                let batch = self.next_batch();
                let rows = vec![Rows::all(batch.n_samples())];
                (batch, rows)
            }
        };
        let inputs = self.coordinates.inputs(&batch.features);
        let workspace = &mut self.workspace;
        let outputs = self.network.forward_by_rows(inputs.as_ref().as_ref(), &rows, workspace);
        let evaluation = summarise(&batch.labels, &outputs);
        if !(evaluation.loss.is_finite() && evaluation.max_margin.is_finite()) {
            return Err(self.diverged());
        }
        let residuals = residuals(&batch.labels, &outputs);
        let shrinkage = fault::value(Site::Shrinkage, self.setting.shrinkage());
        let learning_rate = fault::value(Site::LearningRate, self.setting.learning_rate);
        let n_samples = fault::value(Site::BatchDivisor, self.setting.batch as f64);
        self.network.update(
            (inputs.as_ref(), &residuals),
            &self.workspace,
            T::from_f64(shrinkage),
            T::from_f64(learning_rate / n_samples),
        );
        self.n_steps_done += 1;
        Ok(Step { batch: evaluation })
    }

    /// Steps until `n_steps` are completed; returns the largest margin seen on a batch.
    ///
    /// # Errors
    /// See [`Simulation::step`].
    pub fn advance_to(&mut self, n_steps: usize) -> Result<f64> {
        let n_steps = fault::count(Site::LastStep, n_steps);
        let mut max_margin = f64::NEG_INFINITY;
        while self.n_steps_done < n_steps {
            max_margin = max_margin.max(self.step()?.batch.max_margin);
        }
        Ok(max_margin)
    }

    /// The gradient of `-N` times the batch loss, `sum_i r_i grad_w h(x_i)`, shape `(m, p)`.
    pub fn batch_ascent(&self, batch: &Batch<T>) -> Mat<T> {
        let inputs = self.coordinates.inputs(&batch.features);
        let mut workspace = Workspace::default();
        let outputs = self.network.forward(inputs.as_ref().as_ref(), &mut workspace);
        let residuals = residuals(&batch.labels, &outputs);
        self.network.gradient((inputs.as_ref(), &residuals), &workspace)
    }

    /// Loss, accuracy and margins on fresh samples, drawn from this run's stream of that name.
    pub fn evaluate(&self, n_samples: usize, shift: Shift, stream: &str) -> Evaluation {
        let mut sample = (n_samples, shift, self.seed.child("test").child(stream));
        if fault::breaks(Site::TestStream) {
            sample =
                (self.setting.batch, shift, self.batch_seed(self.n_steps_done.saturating_sub(1)));
        }
        evaluate(&self.network, &self.coordinates, &self.population, sample)
    }

    /// The hinge loss on the batch of the step that comes next.
    pub fn next_batch_loss(&self) -> f64 {
        let batch = self.next_batch();
        let inputs = self.coordinates.inputs(&batch.features);
        summarise(&batch.labels, &self.network.outputs(inputs.as_ref().as_ref())).loss
    }

    /// The fault with the first neuron that is not finite.
    fn diverged(&self) -> Error {
        let neuron_idx = linalg::first_faulty_row(self.network.weights());
        Error::Diverged { step: self.n_steps_done, neuron_idx }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_is_the_hand_written_update() {
        let setting = Setting::theorem(4).with(|p| p.weight_decay = 0.3).unwrap();
        let mut run = Simulation::<f64>::new(&setting, EngineKind::Feature, Seed::root(1)).unwrap();
        let (before, batch) = (run.feature_weights(), run.next_batch());
        run.step().unwrap();
        let after = run.feature_weights();
        let (n, m) = (setting.batch, setting.width);
        for (k, j) in (0..m).flat_map(|k| (0..4).map(move |j| (k, j))) {
            let mut sum = 0.0;
            for i in 0..n {
                // At the start every margin is far below 1, so the hinge is active.
                let pre: f64 = (0..4).map(|l| before[(k, l)] * batch.features[(i, l)]).sum();
                if pre >= 0.0 {
                    sum += batch.labels[i] * batch.features[(i, j)];
                }
            }
            let eta = setting.learning_rate;
            let expected = (1.0 - eta * 0.3) * before[(k, j)]
                + eta * setting.output_weight(k) * sum / n as f64;
            assert!((after[(k, j)] - expected).abs() < 1e-15, "{k} {j}");
        }
    }

    #[test]
    fn threads_change_no_bit_of_a_step_that_is_shared_out() {
        // Three pieces of entries, the last one shorter.
        let setting = Setting::theorem(160).with(|p| (p.batch, p.width) = (1024, 256)).unwrap();
        let weights = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| {
                let seed = Seed::root(1);
                let mut run = Simulation::<f32>::new(&setting, EngineKind::Feature, seed).unwrap();
                run.advance_to(3).unwrap();
                run.feature_weights()
            })
        };
        assert_eq!(weights(1), weights(2));
    }

    #[test]
    fn a_run_that_explodes_names_the_step_and_the_neuron() {
        let setting = Setting::theorem(4)
            .with(|p| {
                p.learning_rate = 1e30;
                p.weight_decay = 0.0;
            })
            .unwrap();
        let mut run = Simulation::<f32>::new(&setting, EngineKind::Feature, Seed::root(1)).unwrap();
        run.network = TwoLayer::new(Mat::full(16, 4, f32::MAX), setting.activation).unwrap();
        let fault = run.advance_to(5).unwrap_err();
        assert!(matches!(fault, Error::Diverged { .. }), "{fault}");
    }
}
