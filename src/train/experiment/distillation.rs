//! A student that is trained to give a teacher's representation: several outputs and squared loss, with no
//! word of the label.

use faer::{Mat, MatRef};

use super::features::rounded;
use super::optimizer::Stepper;
use crate::data::{Batch, LabelledLaw, Shift};
use crate::error::{Error, Result};
use crate::linalg::{self, Real};
use crate::network::{VectorNetwork, gaussian_start};
use crate::seed::Seed;
use crate::setting::{Experiment, Samples};

/// A student `f(x) = A phi(W x)` in training on the representation `r(x) = R s` of a linear teacher, by the
/// loss `|f(x) - r(x)|^2`, averaged over the fresh samples of a step.
///
/// It runs in feature coordinates, in which the ambient run is the same run. Of the experiment count its
/// data, activation, width, rates and optimizer. Weights start as `W ~ N(0, 1/d)` and `A ~ N(0, 1/m)`.
#[derive(Debug, Clone)]
pub struct Distillation<T: Real> {
    experiment: Experiment,
    seed: Seed,
    law: LabelledLaw,
    /// `R`, shape `(K, d0)`.
    teacher: Mat<T>,
    student: VectorNetwork<T>,
    stepper: Stepper<T>,
    gradient: [Mat<T>; 2],
    n_steps_done: usize,
}

impl<T: Real> Distillation<T> {
    /// A student at its start, with a teacher of shape `(K, d0)`.
    ///
    /// # Errors
    /// - a teacher without outputs, or of another number of features;
    /// - an experiment of another depth than 2, with biases, with the same samples every step, or with an
    ///   optimizer that depends on the axes;
    /// - a latent law that cannot be sampled.
    pub fn new(experiment: &Experiment, teacher: MatRef<'_, f64>, seed: Seed) -> Result<Self> {
        check(experiment, teacher)?;
        let (m, d0, d) = (experiment.width, experiment.n_features(), experiment.ambient_dim);
        let hidden = gaussian_start(m, d0, d, seed.child("start"));
        let output = gaussian_start(teacher.nrows(), m, m, seed.child("output"));
        let student = VectorNetwork::new(hidden, output, experiment.activation)?;
        Ok(Distillation {
            law: LabelledLaw::new(experiment)?,
            teacher: rounded(teacher),
            stepper: Stepper::new(experiment),
            gradient: student.zero_gradient(),
            n_steps_done: 0,
            experiment: experiment.clone(),
            seed,
            student,
        })
    }

    /// The experiment.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// The student as it stands.
    pub fn student(&self) -> &VectorNetwork<T> {
        &self.student
    }

    /// The teacher, shape `(K, d0)`.
    pub fn teacher(&self) -> MatRef<'_, T> {
        self.teacher.as_ref()
    }

    /// The teacher's representation of samples in feature coordinates, shape `(n, K)`.
    pub fn taught(&self, features: MatRef<'_, T>) -> Mat<T> {
        let mut taught = Mat::zeros(features.nrows(), self.teacher.nrows());
        let teacher = self.teacher.transpose();
        linalg::product(taught.as_mut(), features, teacher, T::from_f64(1.0));
        taught
    }

    /// Fresh samples in feature coordinates, drawn from this run's stream of that name.
    pub fn draw(&self, n_samples: usize, shift: Shift, stream: &str) -> Batch<T> {
        self.law.draw((n_samples, false), shift, self.seed.child("test").child(stream))
    }

    /// Takes one step.
    ///
    /// # Errors
    /// [`Error::Diverged`] if an output of the student is not finite.
    pub fn step(&mut self) -> Result<()> {
        let sizes = (self.experiment.samples.per_step(), self.experiment.is_balanced);
        let seed = self.seed.child("batch").index(self.n_steps_done);
        let batch: Batch<T> = self.law.draw(sizes, Shift::InDistribution, seed);
        let taught = self.taught(batch.features.as_ref());
        let factor = T::from_f64(2.0 / batch.n_samples() as f64);
        let mut is_finite = true;
        let derivatives = |outputs: &mut Mat<T>| {
            for (outputs, taught) in outputs.col_iter_mut().zip(taught.col_iter()) {
                for (output, &taught) in outputs.iter_mut().zip(taught.iter()) {
                    is_finite &= output.to_f64().is_finite();
                    *output = factor * (*output - taught);
                }
            }
        };
        self.student.gradient(batch.features.as_ref(), derivatives, &mut self.gradient);
        if !is_finite {
            return Err(self.diverged());
        }
        self.stepper.step(self.student.layers_mut(), &self.gradient);
        self.n_steps_done += 1;
        Ok(())
    }

    /// Steps until `n_steps` are completed.
    ///
    /// # Errors
    /// See [`Distillation::step`].
    pub fn advance_to(&mut self, n_steps: usize) -> Result<()> {
        while self.n_steps_done < n_steps {
            self.step()?;
        }
        Ok(())
    }

    /// The fault with the first unit that has one.
    fn diverged(&self) -> Error {
        let weights = &self.student.layers()[0].weights;
        let neuron_idx = linalg::first_faulty_row(weights.as_ref());
        Error::Diverged { step: self.n_steps_done, neuron_idx }
    }
}

fn check(experiment: &Experiment, teacher: MatRef<'_, f64>) -> Result<()> {
    let d0 = experiment.n_features();
    if teacher.nrows() == 0 || teacher.ncols() != d0 {
        return Err(Error::out_of_range(
            "shape of the teacher",
            format!("{:?}", teacher.shape()),
            format!("at least one row and {d0} columns"),
            "give one row per output and one column per feature",
        ));
    }
    let is_fresh = matches!(experiment.samples, Samples::Fresh(_));
    let is_sgd = experiment.optimizer.is_rotation_invariant();
    let depth = experiment.depth.to_string();
    let demands = [
        ("network.depth", depth == "2", depth.as_str(), "2"),
        ("network.bias", !experiment.has_bias, "true", "false"),
        ("data.batch", is_fresh, "\"full\"", "a number of fresh samples"),
        ("training.optimizer", is_sgd, "one that depends on the axes", "\"sgd\""),
    ];
    let broken = demands.into_iter().find(|(_, is_met, ..)| !is_met);
    broken.map_or(Ok(()), |(key, _, value, range)| {
        Err(Error::out_of_range(key, value, range, "a distillation knows no other"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::{Activation, Description, Optimizer};

    fn experiment(edit: impl FnOnce(&mut Description)) -> Experiment {
        let mut description = Description::toy_theoretical(5);
        description.latents.truncate(4);
        (description.n_core, description.ambient_dim, description.width) = (2, 8, 12);
        (description.samples, description.has_bias) = (Samples::Fresh(60), false);
        (description.learning_rate, description.weight_decay) = (0.05, 0.0);
        edit(&mut description);
        Experiment::new(description).unwrap()
    }

    fn teacher() -> Mat<f64> {
        Mat::from_fn(3, 4, |k, j| (0.7 * k as f64 + 1.3 * j as f64).cos())
    }

    #[test]
    fn a_linear_student_becomes_its_teacher() {
        let experiment = experiment(|d| d.activation = Activation::Identity);
        let teacher = teacher();
        let mut run =
            Distillation::<f64>::new(&experiment, teacher.as_ref(), Seed::root(1)).unwrap();
        run.advance_to(2000).unwrap();
        assert!((run.student().path() - &teacher).norm_max() < 1e-9);
    }

    #[test]
    fn one_step_goes_against_the_loss_on_its_batch() {
        let experiment = experiment(|d| {
            d.optimizer = Optimizer::Sgd { momentum: 0.0 };
            d.learning_rate = 1e-6;
        });
        let mut run =
            Distillation::<f64>::new(&experiment, teacher().as_ref(), Seed::root(2)).unwrap();
        let batch: Batch<f64> = run.law.draw(
            (60, experiment.is_balanced),
            Shift::InDistribution,
            Seed::root(2).child("batch").index(0),
        );
        let taught = run.taught(batch.features.as_ref());
        let loss = |run: &Distillation<f64>| {
            (run.student().outputs(batch.features.as_ref()) - &taught).squared_norm_l2() / 60.0
        };
        let before = loss(&run);
        run.step().unwrap();
        let slope: f64 = run.gradient.iter().map(|matrix| matrix.squared_norm_l2()).sum();
        // To first order; the second one is smaller by the rate times the curvature.
        assert!(((before - loss(&run)) / (1e-6 * slope) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn what_it_cannot_run_is_refused() {
        let (plain, teacher) = (experiment(|_| {}), teacher());
        let refused = |experiment: &Experiment, teacher: MatRef<'_, f64>| {
            let fault = Distillation::<f64>::new(experiment, teacher, Seed::root(1));
            fault.unwrap_err().to_string()
        };
        assert!(refused(&plain, teacher.as_ref().subcols(0, 3)).contains("4 columns"));
        type Edit = fn(&mut Description);
        let edits: [(&str, Edit); 4] = [
            ("network.depth = 3", |d| d.depth = 3),
            ("network.bias = true", |d| d.has_bias = true),
            ("data.batch = \"full\"", |d| d.samples = Samples::Full(60)),
            ("training.optimizer = one", |d| d.optimizer = Optimizer::Adam),
        ];
        for (words, edit) in edits {
            let fault = refused(&experiment(edit), teacher.as_ref());
            assert!(fault.contains(words), "{fault}");
        }
    }

    #[test]
    fn a_student_that_explodes_says_when() {
        let experiment = experiment(|d| d.learning_rate = 1e30);
        let mut run =
            Distillation::<f32>::new(&experiment, teacher().as_ref(), Seed::root(1)).unwrap();
        assert!(matches!(run.advance_to(9), Err(Error::Diverged { .. })));
    }
}
