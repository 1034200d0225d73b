//! The data of the figures: curves of both settings, activation rates, and what other networks lose.

use rayon::prelude::*;

use super::{OverfittingGap, SPEED, Theory, default, overfitting, theoretical};
use crate::data::Shift;
use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{Activation, ByLabel, Description, Experiment, LabelRelation, Optimizer};
use crate::train::{ExperimentRun, Row};

/// Steps of the default setting that are shown, of the authors' 20,000: its curves take their shape in the first
/// few hundred.
const N_DEFAULT_STEPS: usize = 1000;
/// Points of a curve.
const N_POINTS: usize = 40;
/// Fresh samples for an activation rate.
const N_RATE_SAMPLES: usize = 2048;
/// Fresh samples of each distribution for a mean margin.
const N_MARGIN_SAMPLES: usize = 4096;

/// What a curve shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveKind {
    /// A mean loss.
    Loss,
    /// The mean over units of the norm of the weights' projections.
    Correlation,
}

/// One quantity along training, run by run.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it is, in a few words.
    pub name: &'static str,
    /// Its axis.
    pub quantity: CurveKind,
    /// Whether the theory computed it from the runs' starts.
    pub is_predicted: bool,
    /// `[run][point]`.
    pub runs: Vec<Vec<f64>>,
}

/// The curves of one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingCurves {
    /// The name of its files.
    pub file: &'static str,
    /// What is trained, in a line.
    pub title: String,
    /// In steps of the authors' length, ascending.
    pub steps: Vec<usize>,
    /// All of them over these steps.
    pub curves: Vec<Curve>,
}

/// Activation rates of all units of all runs, at the start and in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct RateHistogram {
    /// At the start: the shares of each class's samples on which a unit is active.
    pub start: ByLabel<Vec<f64>>,
    /// In the end.
    pub end: ByLabel<Vec<f64>>,
}

/// One number of each run of several networks.
#[derive(Debug, Clone, PartialEq)]
pub struct Dots {
    /// The name of its files.
    pub file: &'static str,
    /// What is compared, in a line.
    pub title: String,
    /// The networks, each with its runs' shares of the mean margin that are lost out of distribution.
    pub networks: Vec<(String, Vec<f64>)>,
}

/// Everything that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The theoretical and the default setting.
    pub courses: Vec<TrainingCurves>,
    /// Activation rates of the theoretical setting.
    pub rates: RateHistogram,
    /// Activations, optimizers and depths.
    pub dots: Vec<Dots>,
    /// Of each run of the default setting.
    pub overfitting: Vec<OverfittingGap>,
}

/// How the figures are made.
#[derive(Clone, Copy)]
pub struct FigureRuns<'a> {
    /// Features; every size is in proportion, see [`super::N_FEATURES`].
    pub n_features: usize,
    /// Independent runs of each network.
    pub n_runs: usize,
    /// Told of every run that is done.
    pub on_run: &'a (dyn Fn() + Sync),
}

impl FigureRuns<'_> {
    /// How many runs there will be.
    pub fn n_planned(&self) -> usize {
        let n_networks =
            2 + networks(self.n_features).iter().map(|(_, _, of)| of.len()).sum::<usize>();
        n_networks * self.n_runs
    }

    fn each<V: Send>(&self, seed: Seed, one: impl Fn(Seed) -> Result<V> + Sync) -> Result<Vec<V>> {
        let run = |idx: usize| {
            let value = one(seed.index(idx));
            (self.on_run)();
            value
        };
        (0..self.n_runs).into_par_iter().map(run).collect()
    }
}

/// Trains the networks of the figures; the same seed gives the same bits on any number of threads.
///
/// # Errors
/// If sizes do not fit each other, or training diverges.
pub fn figures(runs: &FigureRuns<'_>, seed: Seed) -> Result<Figures> {
    let (theoretical, rates) = theoretical_course(runs, seed.child("theoretical"))?;
    let (default, overfitting) = default_course(runs, seed.child("default"))?;
    let dots = networks(runs.n_features)
        .into_iter()
        .map(|(file, title, networks)| {
            let of_networks = networks.into_iter().map(|(name, description)| {
                let experiment = Experiment::new(description)?;
                let seed = seed.child(file).child(&name);
                let lost = runs.each(seed, |seed| lost_margin(&experiment, seed))?;
                Ok((name, lost))
            });
            Ok(Dots { file, title: title.into(), networks: of_networks.collect::<Result<_>>()? })
        })
        .collect::<Result<_>>()?;
    Ok(Figures { courses: vec![theoretical, default], rates, dots, overfitting })
}

/// Points of a curve with the losses and correlations of a row, and what else is to be seen there.
struct Walk {
    rows: Vec<Row>,
    theory: Vec<[f64; 4]>,
}

fn points(n_steps: usize) -> Vec<usize> {
    (0..=N_POINTS).map(|idx| idx * n_steps / N_POINTS).collect()
}

fn theoretical_course(
    runs: &FigureRuns<'_>,
    seed: Seed,
) -> Result<(TrainingCurves, RateHistogram)> {
    let experiment = Experiment::new(theoretical(runs.n_features))?;
    let points = points(experiment.n_steps);
    let walks = runs.each(seed, |seed| {
        let mut run = ExperimentRun::<f32>::seeded(&experiment, None, seed)?;
        let mut theory = Theory::of(&run)?;
        let rates = |run: &ExperimentRun<f32>| {
            run.activation_rates(N_RATE_SAMPLES, Shift::InDistribution, "rates").swap_remove(0)
        };
        let start = rates(&run);
        let mut walk = Walk { rows: Vec::new(), theory: Vec::new() };
        for &step in &points {
            run.advance_to(step)?;
            theory.advance_to(step);
            walk.rows.push(run.row()?);
            let [core, background] = theory.correlations();
            walk.theory.push([theory.id_risk(), theory.ood_risk(), core, background]);
        }
        Ok((walk, start, rates(&run)))
    })?;
    let mut rates = RateHistogram { start: no_rates(), end: no_rates() };
    for (_, start, end) in &walks {
        for (to, from) in [(&mut rates.start, start), (&mut rates.end, end)] {
            to.positive.extend_from_slice(&from.positive);
            to.negative.extend_from_slice(&from.negative);
        }
    }
    let walks: Vec<Walk> = walks.into_iter().map(|(walk, _, _)| walk).collect();
    let mut curves = measured_curves(&walks);
    let predicted = [
        ("ID loss, predicted", CurveKind::Loss),
        ("OOD loss, predicted", CurveKind::Loss),
        ("core, predicted", CurveKind::Correlation),
        ("background, predicted", CurveKind::Correlation),
    ];
    for (idx, (name, quantity)) in predicted.into_iter().enumerate() {
        let of_run = |walk: &Walk| walk.theory.iter().map(|at| at[idx]).collect();
        let runs = walks.iter().map(of_run).collect();
        curves.push(Curve { name, quantity, is_predicted: true, runs });
    }
    let course = TrainingCurves {
        file: "theoretical",
        title: "Theoretical setting: hinge loss, SGD with momentum, linear labels".into(),
        steps: points.into_iter().map(|step| SPEED * step).collect(),
        curves,
    };
    Ok((course, rates))
}

fn no_rates() -> ByLabel<Vec<f64>> {
    ByLabel::from_fn(|_| Vec::new())
}

fn default_course(
    runs: &FigureRuns<'_>,
    seed: Seed,
) -> Result<(TrainingCurves, Vec<OverfittingGap>)> {
    let experiment = Experiment::new(default(runs.n_features, N_DEFAULT_STEPS))?;
    let points = points(experiment.n_steps);
    let walks = runs.each(seed, |seed| {
        let mut run = ExperimentRun::<f32>::seeded(&experiment, None, seed)?;
        let mut walk = Walk { rows: Vec::new(), theory: Vec::new() };
        for &step in &points {
            run.advance_to(step)?;
            walk.rows.push(run.row()?);
        }
        Ok((walk, overfitting(&run)))
    })?;
    let gaps = walks.iter().filter_map(|(_, gap)| *gap).collect();
    let walks: Vec<Walk> = walks.into_iter().map(|(walk, _)| walk).collect();
    let course = TrainingCurves {
        file: "default",
        title: format!(
            "Default setting: logistic loss, AdamW, labels on spheres (first {N_DEFAULT_STEPS} steps)"
        ),
        steps: points,
        curves: measured_curves(&walks),
    };
    Ok((course, gaps))
}

/// A curve's name and axis, and where a row has it.
type MeasuredCurve = (&'static str, CurveKind, fn(&Row) -> f64);

/// What every setting shows.
fn measured_curves(walks: &[Walk]) -> Vec<Curve> {
    let curves: [MeasuredCurve; 5] = [
        ("training loss", CurveKind::Loss, |row| row.train_loss),
        ("ID loss", CurveKind::Loss, |row| row.id_loss),
        ("OOD loss", CurveKind::Loss, |row| row.ood_loss),
        ("core", CurveKind::Correlation, |row| row.core_correlation),
        ("background", CurveKind::Correlation, |row| row.background_correlation),
    ];
    let curve = |(name, quantity, value): MeasuredCurve| Curve {
        name,
        quantity,
        is_predicted: false,
        runs: walks.iter().map(|walk| walk.rows.iter().map(value).collect()).collect(),
    };
    curves.into_iter().map(curve).collect()
}

/// `(file, title, networks by their names)`.
type Family = (&'static str, &'static str, Vec<(String, Description)>);

/// The families of networks that are compared: the theoretical setting with other activations and optimizers,
/// and with more layers, all of them trained.
fn networks(n_features: usize) -> Vec<Family> {
    let base = theoretical(n_features);
    let activations = Activation::ALL
        .map(|activation| (activation.to_string(), Description { activation, ..base.clone() }));
    let adam = |optimizer| Description { optimizer, learning_rate: ADAM_RATE, ..base.clone() };
    let plain = Description {
        optimizer: Optimizer::Sgd { momentum: 0.0 },
        learning_rate: 10.0 * base.learning_rate,
        ..base.clone()
    };
    let optimizers = vec![
        ("SGD".to_owned(), plain),
        ("momentum".to_owned(), base.clone()),
        ("Adam".to_owned(), adam(Optimizer::Adam)),
        ("AdamW".to_owned(), adam(Optimizer::AdamW)),
    ];
    let deep = |depth: usize| {
        let labels = LabelRelation::Linear;
        let description = Description { depth, labels, ..default(n_features, N_DEEP_STEPS) };
        (format!("{depth} layers"), description)
    };
    vec![
        ("activations", "The theoretical setting with other activations", activations.into()),
        ("optimizers", "The theoretical setting with other optimizers", optimizers),
        (
            "depth",
            "More layers, all trained by AdamW on the logistic loss, linear labels",
            [2, 3, 4, 6].map(deep).into(),
        ),
    ]
}

/// Adam's steps have the length of the rate whatever the loss; a free choice with which the hinge lets go.
const ADAM_RATE: f64 = 1e-3;
/// Steps of the deep networks; a free choice with which their training loss vanishes.
const N_DEEP_STEPS: usize = 200;

/// The share of the mean margin in distribution that is lost out of distribution, on fresh samples of both.
fn lost_margin(experiment: &Experiment, seed: Seed) -> Result<f64> {
    let mut run = ExperimentRun::<f32>::seeded(experiment, None, seed)?;
    run.advance_to(experiment.n_steps)?;
    let margin = |shift, stream| run.evaluate(N_MARGIN_SAMPLES, shift, stream).mean_margin;
    let [id, ood] = [(Shift::InDistribution, "id"), (Shift::OutOfDistribution, "ood")]
        .map(|(shift, stream)| margin(shift, stream));
    Ok(1.0 - ood / id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::mean;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn figures_have_every_run_at_every_point_and_know_how_many_there_are() {
        let n_done = AtomicUsize::new(0);
        let count = || {
            n_done.fetch_add(1, Ordering::Relaxed);
        };
        let runs = FigureRuns { n_features: 8, n_runs: 2, on_run: &count };
        let figures = figures(&runs, Seed::root(1)).unwrap();
        assert_eq!(n_done.load(Ordering::Relaxed), runs.n_planned());
        for course in &figures.courses {
            assert_eq!(course.steps.len(), N_POINTS + 1);
            for curve in &course.curves {
                assert_eq!(curve.runs.len(), 2, "{}", curve.name);
                assert!(curve.runs.iter().all(|run| run.len() == N_POINTS + 1), "{}", curve.name);
            }
        }
        assert_eq!(figures.courses[0].steps[N_POINTS], 20_000);
        assert_eq!(figures.rates.end.positive.len(), 2 * 32);
        assert_eq!(figures.overfitting.len(), 2);
        // Even derivatives and none at all lose nothing, ReLU does.
        let activations = &figures.dots[0].networks;
        let lost =
            |name: &str| mean(&activations.iter().find(|(other, _)| other == name).unwrap().1);
        assert!(lost("relu") > lost("identity") + 0.2);
    }
}
