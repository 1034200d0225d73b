//! What the theory makes of the authors' theoretical setting.

use crate::error::{Error, Result};
use crate::linalg::{Real, mean};
use crate::predict::MeanField;
use crate::setting::{Activation, Experiment, Loss, Optimizer, OutputLayer, Setting};
use crate::train::ExperimentRun;

/// The mean-field engine beside a run: plain SGD with batches of infinite size, and a bias as a feature that is
/// always 1 (`theory/notation.md`, section 9).
#[derive(Debug, Clone)]
pub struct Theory {
    engine: MeanField,
    width: usize,
    lag: usize,
}

impl Theory {
    /// The theory from the start of a run of a two-layer ReLU network with a frozen output layer, trained by SGD
    /// on the hinge loss.
    ///
    /// # Errors
    /// For any other experiment, and for a run that is under way.
    pub fn of<T: Real>(run: &ExperimentRun<T>) -> Result<Self> {
        let experiment = run.experiment();
        let Optimizer::Sgd { momentum } = experiment.optimizer else {
            return Err(no_theory("another optimizer than SGD"));
        };
        let is_known = experiment.depth == 2
            && experiment.activation == Activation::Relu
            && experiment.output == OutputLayer::Frozen
            && experiment.loss == Loss::Hinge
            && run.n_steps_done() == 0;
        if !is_known {
            return Err(no_theory("another network, another loss, or a run under way"));
        }
        let setting = Setting::theorem(experiment.n_features()).with(|p| {
            p.latents.clone_from(&experiment.latents);
            p.n_core = experiment.n_core;
            p.ambient_dim = experiment.ambient_dim;
            p.width = experiment.width;
            p.learning_rate = experiment.learning_rate / (1.0 - momentum);
            p.weight_decay = experiment.weight_decay;
        })?;
        let layer = &run.network().layers()[0];
        let biases: Option<Vec<f64>> = layer.has_bias.then(|| {
            layer.weights.col(layer.n_inputs()).iter().map(|bias| bias.to_f64()).collect()
        });
        let weights = run.feature_projections();
        let engine =
            MeanField::of_weights_and_biases(&setting, weights.as_ref(), biases.as_deref())?;
        Ok(Theory {
            engine: engine.without_noise(),
            width: experiment.width,
            lag: theory_lag(experiment),
        })
    }

    /// Goes on to what the run is after so many steps.
    pub fn advance_to(&mut self, n_steps: usize) {
        self.engine.advance_to(n_steps.saturating_sub(self.lag));
    }

    /// The hinge risk in distribution.
    pub fn id_risk(&self) -> f64 {
        self.engine.margin().in_distribution_risk()
    }

    /// The hinge risk out of distribution.
    pub fn ood_risk(&self) -> f64 {
        self.engine.margin().out_of_distribution_risk()
    }

    /// The mean over neurons of the norms of their weights on the core (first) and on the background (second):
    /// what the authors call feature correlations.
    pub fn correlations(&self) -> [f64; 2] {
        let norms: Vec<(f64, f64)> = (0..self.width).map(|k| self.engine.norms(k)).collect();
        let part = |of: fn(&(f64, f64)) -> f64| mean(&norms.iter().map(of).collect::<Vec<_>>());
        [part(|norms| norms.0), part(|norms| norms.1)]
    }
}

/// Momentum `p` keeps a share of the velocity: in the long run a step is `1 / (1 - p)` times as long, and comes
/// `p / (1 - p)` steps late.
pub fn theory_lag(experiment: &Experiment) -> usize {
    match experiment.optimizer {
        Optimizer::Sgd { momentum } => (momentum / (1.0 - momentum)).round() as usize,
        Optimizer::Adam | Optimizer::AdamW => 0,
    }
}

fn no_theory(what: &str) -> Error {
    Error::out_of_range(
        "experiment to predict",
        what,
        "a two-layer ReLU network with a frozen output layer at its start, SGD, hinge loss",
        "the mean-field engine is derived for these",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::setting::Description;
    use crate::toy;

    fn theory(edit: impl FnOnce(&mut Description)) -> Result<Theory> {
        let mut description = toy::theoretical(16);
        edit(&mut description);
        let experiment = Experiment::new(description).unwrap();
        Theory::of(&ExperimentRun::<f32>::seeded(&experiment, None, Seed::root(1)).unwrap())
    }

    #[test]
    fn at_the_start_the_norms_are_those_of_the_run() {
        let experiment = Experiment::new(toy::theoretical(16)).unwrap();
        let run = ExperimentRun::<f64>::seeded(&experiment, None, Seed::root(1)).unwrap();
        let theory = Theory::of(&run).unwrap();
        for (found, expected) in theory.correlations().into_iter().zip(run.correlations()) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        assert_eq!(theory.lag, 9);
    }

    #[test]
    fn biases_take_from_the_risk_out_of_distribution() {
        let risk = |has_bias: bool| {
            let mut theory = theory(|d| d.has_bias = has_bias).unwrap();
            theory.advance_to(800);
            theory.ood_risk()
        };
        assert!(risk(false) > risk(true) + 0.05);
    }

    #[test]
    fn what_the_engine_is_not_derived_for_is_refused() {
        let refused = |edit: fn(&mut Description)| theory(edit).unwrap_err().to_string();
        assert!(refused(|d| d.optimizer = Optimizer::Adam).contains("optimizer"));
        assert!(refused(|d| d.activation = Activation::Gelu).contains("network"));
        assert!(refused(|d| d.loss = Loss::Squared).contains("loss"));
        assert!(refused(|d| d.depth = 3).contains("network"));
    }
}
