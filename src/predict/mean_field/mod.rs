//! The mean-field engine: training in which a neuron is a handful of sums.
//!
//! Features of one law and one kind (core or background) form a *group*. Within a group the drift of a
//! weight is `mu P +- sigma^2 (...) u_j`: the same number for every feature, plus a push along the weight
//! itself. So the recursion closes in the mean of the weights over each group and in their spread about it,
//! once activation probabilities are taken as `Phi(r)` and truncated means to first order. A step costs the
//! same for any number of features, and nothing depends on the ambient dimension but the start.
//!
//! # Source
//! `theory/notation.md`, section 9.

mod group;
mod joint;
mod margin;
mod neuron;

use faer::MatRef;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::setting::{Activation, Setting};

use group::groups_of;
use margin::Sums;
use neuron::{Step, envelope};

pub use group::{Group, GroupWeights};
pub use margin::Margin;
pub use neuron::Activity;

/// Neurons whose sums are added one by one; blocks of them are added in their order, so that no number
/// depends on the threads.
const BLOCK: usize = 4096;

/// A network of mean-field neurons in training.
///
/// ```
/// use feature_contamination::network::gaussian_start;
/// use feature_contamination::predict::MeanField;
/// use feature_contamination::seed::Seed;
/// use feature_contamination::setting::Setting;
///
/// let setting = Setting::theorem(16);
/// let start = gaussian_start(setting.width, 16, setting.ambient_dim, Seed::root(1));
/// let mut run = MeanField::of_weights(&setting, start.as_ref())?.without_noise();
/// run.advance_to(setting.steps_to(20.0));
/// assert_eq!(run.n_steps_done(), 160);
/// // What was learned in distribution is lost out of it.
/// assert!(run.margin().mean > 0.5 && run.margin().out_of_distribution < 0.5);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MeanField {
    groups: Vec<Group>,
    /// `[neuron][group]`.
    weights: Vec<GroupWeights>,
    activities: Vec<Activity>,
    margin: Margin,
    /// `eta / m`.
    rate: f64,
    shrinkage: f64,
    per_sample: f64,
    n_steps_done: usize,
    /// The slope of the activation below 0.
    leak: f64,
}

impl MeanField {
    /// The groups of a setting, in the order in which starts give their weights.
    pub fn groups(setting: &Setting) -> Vec<Group> {
        groups_of(setting).0
    }

    /// A run of `n_neurons` neurons of a network of the setting's width, from a start that is told neuron by
    /// neuron: `start(w)` fills in the weights of the next one, an entry for each of
    /// [`MeanField::groups`].
    ///
    /// # Errors
    /// If the activation is neither ReLU nor leaky, or background and label are associated.
    pub fn new(
        setting: &Setting,
        n_neurons: usize,
        start: impl FnMut(&mut [GroupWeights]),
    ) -> Result<Self> {
        Self::of_groups(setting, Self::groups(setting), n_neurons, start)
    }

    fn of_groups(
        setting: &Setting,
        groups: Vec<Group>,
        n_neurons: usize,
        start: impl FnMut(&mut [GroupWeights]),
    ) -> Result<Self> {
        let leak = match setting.activation {
            Activation::Relu => Some(0.0),
            activation => activation.leak(),
        };
        let Some(leak) = leak.filter(|_| setting.background_association == 0.0) else {
            return Err(Error::out_of_range(
                "mean-field network",
                format!("{}, association {}", setting.activation, setting.background_association),
                "ReLU, leaky or not, and a background that is independent of the label",
                "its closure is derived for these",
            ));
        };
        let mut weights = vec![GroupWeights::default(); n_neurons * groups.len()];
        weights.chunks_exact_mut(groups.len()).for_each(start);
        let mut run = MeanField {
            activities: vec![Activity::default(); n_neurons],
            margin: Sums::zero(groups.len()).margin(&groups, n_neurons),
            groups,
            weights,
            rate: setting.learning_rate / setting.width as f64,
            shrinkage: setting.shrinkage(),
            per_sample: 1.0 / setting.batch as f64,
            n_steps_done: 0,
            leak,
        };
        run.pass(None);
        Ok(run)
    }

    /// A run from weights in feature coordinates, shape `(m, d0)`: it starts where a sampled run does.
    ///
    /// # Errors
    /// See [`MeanField::new`].
    pub fn of_weights(setting: &Setting, weights: MatRef<'_, f64>) -> Result<Self> {
        Self::of_weights_and_biases(setting, weights, None)
    }

    /// The same of a network whose neurons have biases, one for each, trained and decayed like their weights.
    ///
    /// # Errors
    /// See [`MeanField::new`].
    pub fn of_weights_and_biases(
        setting: &Setting,
        weights: MatRef<'_, f64>,
        biases: Option<&[f64]>,
    ) -> Result<Self> {
        let (mut groups, of_feature) = groups_of(setting);
        let features_of = |group_idx: usize| {
            (0..of_feature.len()).filter(|&j| of_feature[j] == group_idx).collect::<Vec<_>>()
        };
        let features: Vec<Vec<usize>> = (0..groups.len()).map(features_of).collect();
        let mut neurons = 0..setting.width;
        groups.extend(biases.map(|_| Group::bias()));
        let of_groups = groups.clone();
        Self::of_groups(setting, of_groups, setting.width, |of_neuron| {
            let Some(k) = neurons.next() else { return };
            let own = setting.output_weight(k).signum();
            for ((w, group), features) in of_neuron.iter_mut().zip(&groups).zip(&features) {
                let sign = if group.is_core { own } else { 1.0 };
                *w = GroupWeights::of(features.iter().map(|&j| sign * weights[(k, j)]));
            }
            if let (Some(biases), Some(last)) = (biases, of_neuron.last_mut()) {
                *last = GroupWeights::of(std::iter::once(biases[k]));
            }
        })
    }

    /// The same run with batches of infinite size.
    pub fn without_noise(self) -> Self {
        MeanField { per_sample: 0.0, ..self }
    }

    /// Steps until `n_steps` are completed.
    pub fn advance_to(&mut self, n_steps: usize) {
        while self.n_steps_done < n_steps {
            let step = Step {
                rate: self.rate,
                shrinkage: self.shrinkage,
                corner: self.margin.corner(),
                per_sample: self.per_sample,
            };
            self.pass(Some(&step));
            self.n_steps_done += 1;
        }
    }

    /// Takes a step, if one is given, and looks at the new weights.
    fn pass(&mut self, step: Option<&Step>) {
        let (groups, n_groups, leak) = (&self.groups, self.groups.len(), self.leak);
        let block = |(weights, activities): (&mut [GroupWeights], &mut [Activity])| {
            let mut sums = Sums::zero(n_groups);
            for (of_neuron, activity) in weights.chunks_exact_mut(n_groups).zip(activities) {
                if let Some(step) = step {
                    step.take(of_neuron, groups, activity);
                }
                *activity = Activity::of(of_neuron, groups, leak);
                sums.add_neuron(of_neuron, groups, activity);
            }
            sums
        };
        let blocks = self.weights.par_chunks_mut(BLOCK * n_groups);
        let parts: Vec<Sums> =
            blocks.zip(self.activities.par_chunks_mut(BLOCK)).map(block).collect();
        let mut sums = Sums::zero(n_groups);
        parts.iter().for_each(|part| sums.add(part));
        self.margin = sums.margin(&self.groups, self.activities.len());
    }

    /// Steps completed.
    pub fn n_steps_done(&self) -> usize {
        self.n_steps_done
    }

    /// The margin of the network as it stands.
    pub fn margin(&self) -> &Margin {
        &self.margin
    }

    /// How active a neuron is, in the normal approximation.
    pub fn activity(&self, neuron_idx: usize) -> Activity {
        self.activities[neuron_idx]
    }

    /// The Berry-Esseen bound on the distance of the probabilities in [`MeanField::activity`] to those of any
    /// weights that have this neuron's sums. It holds for runs [`MeanField::without_noise`].
    pub fn envelope(&self, neuron_idx: usize) -> f64 {
        envelope(self.of_neuron(neuron_idx), &self.groups, &self.activities[neuron_idx])
    }

    /// `y sum_C mu_j <w, m_j>` (first) and `sum_B mu_j <w, m_j>` (second) of a neuron, `y` its own class.
    pub fn projections(&self, neuron_idx: usize) -> (f64, f64) {
        let part = |is_core: bool| {
            let terms = self.of_neuron(neuron_idx).iter().zip(&self.groups);
            let part = terms.filter(|(_, g)| g.is_core == is_core && !g.is_bias);
            part.map(|(w, group)| group.size() * group.mean * w.mean).sum::<f64>()
        };
        (part(true), part(false))
    }

    /// The norms of a neuron's weights on the core (first) and on the background (second).
    pub fn norms(&self, neuron_idx: usize) -> (f64, f64) {
        let part = |is_core: bool| {
            let terms = self.of_neuron(neuron_idx).iter().zip(&self.groups);
            let part = terms.filter(|(_, g)| g.is_core == is_core && !g.is_bias);
            part.map(|(w, group)| group.size() * w.mean * w.mean + w.spread).sum::<f64>().sqrt()
        };
        (part(true), part(false))
    }

    fn of_neuron(&self, neuron_idx: usize) -> &[GroupWeights] {
        let n_groups = self.groups.len();
        &self.weights[neuron_idx * n_groups..(neuron_idx + 1) * n_groups]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::{
        NON_IDENTICAL_CONSTANT, normal_approximation, normal_cdf, normal_density,
    };
    use crate::setting::{Label, Latent};

    /// Weights without a pattern, of order one.
    fn irregular(m: usize, d0: usize) -> faer::Mat<f64> {
        faer::Mat::from_fn(m, d0, |k, j| {
            let x = (j as f64 * 12.9898 + k as f64 * 78.233).sin() * 43_758.545_3;
            x - x.floor() - 0.4
        })
    }

    fn two_laws() -> Setting {
        let skewed = Latent::beta(2.0, 5.0).unwrap();
        Setting::theorem(12)
            .with(|p| p.latents = (0..12).map(|j| [Latent::Uniform, skewed][j % 2]).collect())
            .unwrap()
    }

    #[test]
    fn the_start_is_the_normal_approximation_and_its_envelope_holds_the_bound() {
        let setting = two_laws();
        let weights = irregular(setting.width, 12);
        let network = MeanField::of_weights(&setting, weights.as_ref()).unwrap();
        for k in [0, 7, 30, 47] {
            let row: Vec<f64> = weights.row(k).iter().copied().collect();
            let normal =
                |label: Label| normal_approximation(&row, setting.n_core, &setting.latents, label);
            let (own, other) = (setting.own_class(k), setting.own_class(k).other());
            let activity = network.activity(k);
            assert!((activity.own_mean - normal(own).standardised_mean).abs() < 1e-12);
            assert!((activity.other - normal(other).normal_approximation).abs() < 1e-12);
            let (bound, envelope) =
                (normal(own).bound(NON_IDENTICAL_CONSTANT), network.envelope(k));
            assert!(bound <= envelope && envelope < 3.0 * bound, "{k}: {bound} {envelope}");
        }
    }

    #[test]
    fn a_step_of_equal_weights_is_the_hand_written_one() {
        // One neuron pair of equal weights: no spread, V = 4 (w^2) / 12, r_own = 2 w / sqrt V.
        let setting = Setting::theorem(4)
            .with(|p| {
                p.width = 2;
                p.weight_decay = 0.1;
            })
            .unwrap();
        let start = faer::Mat::from_fn(2, 4, |k, j| if k == 1 && j < 2 { -0.01 } else { 0.01 });
        let run = MeanField::of_weights(&setting, start.as_ref()).unwrap();
        let mut run = run.without_noise();
        let (r_own, deviation) = (2.0 * 3.0_f64.sqrt(), 0.01 / 3.0_f64.sqrt());
        assert!((run.activity(1).own_mean - r_own).abs() < 1e-12);
        run.advance_to(1);
        let densities = normal_density(r_own) - normal_density(0.0);
        let (rate, own) = (setting.learning_rate / 2.0, normal_cdf(r_own));
        let kept = setting.shrinkage() + rate * densities / 24.0 / deviation;
        let expected = |sign: f64| kept * 0.01 + rate * 0.5 * (own + sign * 0.5) / 2.0;
        let (core, background) = run.projections(0);
        // Each projection is mu times two weights, one weight.
        assert!((core - expected(1.0)).abs() < 1e-9, "{core} {}", expected(1.0));
        assert!((background - expected(-1.0)).abs() < 1e-9, "{background}");
        assert_eq!(run.projections(0), run.projections(1));
    }

    #[test]
    fn a_bias_pulls_like_a_background_feature_without_variance_and_does_not_shift() {
        let setting = two_laws();
        let weights = irregular(setting.width, 12);
        let of = |bias: f64| {
            let biases = vec![bias; setting.width];
            MeanField::of_weights_and_biases(&setting, weights.as_ref(), Some(&biases)).unwrap()
        };
        let without = MeanField::of_weights(&setting, weights.as_ref()).unwrap();
        assert_eq!(of(0.0).margin().mean, without.margin().mean);
        assert_eq!(of(0.0).margin().out_of_distribution, without.margin().out_of_distribution);
        // A bias so large that every neuron is active on every sample: both margins are linear in the core.
        let active = of(1e3).margin().clone();
        let core = |k: usize| active_core(&setting, &weights, k);
        let expected = (0..setting.width).map(core).sum::<f64>() / setting.width as f64;
        for margin in [active.mean, active.out_of_distribution] {
            assert!((margin - expected).abs() < 1e-9, "{margin} {expected}");
        }
        let mut trained = of(0.1);
        trained.advance_to(1);
        let before = of(0.1);
        // One step: (1 - eta lambda) b + eta / m (P_own - P_other) / 2, the hinge active everywhere.
        let activity = before.activity(0);
        let pull = 0.5 * (activity.own - activity.other) * before.margin().corner().active;
        let expected =
            setting.shrinkage() * 0.1 + setting.learning_rate / setting.width as f64 * pull;
        let bias = trained.of_neuron(0).last().unwrap().mean;
        assert!((bias - expected).abs() < 1e-3 * (expected - 0.1).abs(), "{bias} {expected}");
    }

    /// `y sum_C mu_j <w, m_j>`.
    fn active_core(setting: &Setting, weights: &faer::Mat<f64>, k: usize) -> f64 {
        let own = setting.output_weight(k).signum();
        let core = (0..setting.n_core).map(|j| setting.latents[j].mean() * weights[(k, j)]);
        own * core.sum::<f64>()
    }

    #[test]
    fn norms_are_those_of_the_weights_at_the_start() {
        let setting = two_laws();
        let weights = irregular(setting.width, 12);
        let network = MeanField::of_weights(&setting, weights.as_ref()).unwrap();
        let norm = |range: std::ops::Range<usize>| {
            range.map(|j| weights[(5, j)].powi(2)).sum::<f64>().sqrt()
        };
        let (core, background) = network.norms(5);
        assert!((core - norm(0..6)).abs() < 1e-12 && (background - norm(6..12)).abs() < 1e-12);
    }

    #[test]
    fn a_slope_of_one_is_a_linear_network() {
        let linear = two_laws().with(|p| p.activation = Activation::LeakyPercent(100)).unwrap();
        let start = irregular(linear.width, 12);
        let mut run = MeanField::of_weights(&linear, start.as_ref()).unwrap();
        let [before, margin] = [run.projections(0), (run.margin().mean, 0.0)];
        // A linear margin has no background, in and out of distribution, where classes are balanced.
        let is_even = (run.margin().out_of_distribution - margin.0).abs() < 1e-12;
        assert!(is_even, "{:?}", run.margin());
        run.advance_to(1);
        let after = run.projections(0);
        let energy = linear.core().map(|j| linear.latents[j].mean().powi(2)).sum::<f64>();
        let (q, rate) = (linear.shrinkage(), linear.learning_rate / linear.width as f64);
        assert!((after.1 - q * before.1).abs() < 1e-12, "{before:?} {after:?}");
        // The whole of every sample, but for those whose hinge has let go.
        assert!((after.0 - q * before.0 - rate * energy).abs() < 0.02 * rate * energy);
    }

    #[test]
    fn half_a_slope_is_half_of_relu_and_half_of_the_identity() {
        let start = irregular(two_laws().width, 12);
        let of = |activation| {
            let setting = two_laws().with(|p| p.activation = activation).unwrap();
            MeanField::of_weights(&setting, start.as_ref()).unwrap()
        };
        let [relu, half, linear] =
            [Activation::Relu, Activation::LeakyPercent(50), Activation::LeakyPercent(100)].map(of);
        let middle = |of: fn(&Margin) -> f64| {
            0.5 * (of(relu.margin()) + of(linear.margin())) - of(half.margin())
        };
        assert!(middle(|margin| margin.mean).abs() < 1e-12);
        assert!(middle(|margin| margin.out_of_distribution).abs() < 1e-12);
    }

    #[test]
    fn other_networks_are_refused() {
        let linear = two_laws().with(|p| p.activation = Activation::Identity).unwrap();
        let fault = MeanField::of_weights(&linear, irregular(48, 12).as_ref()).unwrap_err();
        assert!(fault.to_string().contains("ReLU"), "{fault}");
    }
}
