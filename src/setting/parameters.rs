//! The parameters of the paper's setting, checked once: [`Parameters`] is what a caller fills in,
//! [`Setting`] is the proof that it is consistent.

use std::ops::{Deref, Range};

use super::{Activation, Label, Latent};
use crate::error::{Error, Result};

/// Everything that fixes the law of a run, before it is checked.
///
/// ```
/// use feature_contamination::setting::{Activation, Latent, Parameters, Setting};
///
/// let setting = Setting::new(Parameters {
///     n_core: 1,
///     ambient_dim: 8,
///     latents: vec![Latent::Uniform; 2],
///     background_association: 0.0,
///     batch: 4,
///     width: 2,
///     activation: Activation::Relu,
///     n_steps: 10,
///     learning_rate: 0.5,
///     weight_decay: 0.5,
/// })?;
/// // 1 - eta lambda, and eta d0 / m.
/// assert_eq!((setting.shrinkage(), setting.tau_per_step()), (0.75, 0.5));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// Number of core features; features `0 .. n_core` are core, the others background.
    pub n_core: usize,
    /// Ambient dimension `d`, at least the number of features.
    pub ambient_dim: usize,
    /// One latent law per feature; its length is the number of features `d0`.
    pub latents: Vec<Latent>,
    /// Association of each background latent with the label, in [-1, 1]; 0 in the paper. See
    /// [`Setting`] for its meaning.
    pub background_association: f64,
    /// Fresh samples per step, `N`.
    pub batch: usize,
    /// Number of neurons `m`, even: half have output weight `+1/m`, half `-1/m`.
    pub width: usize,
    /// The activation of the hidden layer.
    pub activation: Activation,
    /// Number of steps of gradient descent.
    pub n_steps: usize,
    /// The learning rate `eta`.
    pub learning_rate: f64,
    /// The weight decay `lambda`.
    pub weight_decay: f64,
}

/// Parameters that were found consistent.
///
/// `background_association = rho` departs from the paper when it is not 0: with probability `|rho|`
/// a background latent is replaced by the larger (`rho y > 0`) or the smaller (`rho y < 0`) of two
/// independent draws. Its law over both classes stays the same; only its independence of the label
/// is lost. Controls use it, to break the paper's premise and nothing else.
///
/// ```
/// use feature_contamination::setting::Setting;
///
/// let setting = Setting::theorem(16);
/// // d = 16^2.5, m = 4 * 16, N = 2 * 16, eta = 16^(-1/4).
/// assert_eq!((setting.ambient_dim, setting.width, setting.batch), (1024, 64, 32));
/// assert_eq!(setting.learning_rate, 0.5);
/// assert!(setting.hypotheses().iter().all(|hypothesis| hypothesis.holds));
/// // An edit is checked like the whole.
/// let fault = setting.with(|parameters| parameters.width = 7).unwrap_err();
/// assert!(fault.to_string().contains("network.width = 7"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Setting(pub(super) Parameters);

impl Deref for Setting {
    type Target = Parameters;
    fn deref(&self) -> &Parameters {
        &self.0
    }
}

impl Setting {
    /// Checks the parameters.
    ///
    /// # Errors
    /// - no feature, more core features than features, fewer ambient dimensions than features;
    /// - an odd or empty width, an empty batch;
    /// - an association outside [-1, 1];
    /// - a rate that is negative or not finite, or `eta lambda > 1`.
    pub fn new(parameters: Parameters) -> Result<Self> {
        parameters.check_data()?;
        parameters.check_network()?;
        parameters.check_rates()?;
        Ok(Setting(parameters))
    }

    /// The same setting after an edit.
    ///
    /// # Errors
    /// If the edited parameters are not consistent, see [`Setting::new`].
    pub fn with(&self, edit: impl FnOnce(&mut Parameters)) -> Result<Self> {
        let mut parameters = self.0.clone();
        edit(&mut parameters);
        Setting::new(parameters)
    }
}

impl Parameters {
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

    /// The factor `q = 1 - eta lambda` by which one step shrinks every weight.
    pub fn shrinkage(&self) -> f64 {
        1.0 - self.learning_rate * self.weight_decay
    }

    /// The output weight of a neuron: `+1/m` for the first half, `-1/m` for the second.
    pub fn output_weight(&self, neuron_idx: usize) -> f64 {
        let sign = if neuron_idx < self.width / 2 { 1.0 } else { -1.0 };
        sign / self.width as f64
    }

    /// The own class of a neuron: the one that its output weight favours.
    pub fn own_class(&self, neuron_idx: usize) -> Label {
        if self.output_weight(neuron_idx) > 0.0 { Label::Positive } else { Label::Negative }
    }

    /// One step in the theorem's time: `eta d0 / m`.
    pub fn tau_per_step(&self) -> f64 {
        self.learning_rate * self.n_features() as f64 / self.width as f64
    }

    /// The number of steps after which the theorem's time `tau = eta t d0 / m` reaches `tau`.
    pub fn steps_to(&self, tau: f64) -> usize {
        // A learning rate of 0 (a control) never gets there; it is given as many steps as there are.
        if self.learning_rate == 0.0 {
            return self.n_steps;
        }
        (tau / self.tau_per_step()).ceil() as usize
    }

    fn check_data(&self) -> Result<()> {
        check_features(self.n_features(), self.n_core, self.ambient_dim)?;
        if !(-1.0..=1.0).contains(&self.background_association) {
            return Err(Error::out_of_range(
                "background_association",
                self.background_association,
                "from -1 to 1",
                "use 0 for the paper's setting",
            ));
        }
        at_least_one("data.batch", self.batch)
    }

    fn check_network(&self) -> Result<()> {
        check_even_width(self.width)
    }

    fn check_rates(&self) -> Result<()> {
        check_rates(self.learning_rate, self.weight_decay)
    }
}

/// Refuses rates that are negative or not finite, and a decay that turns the sign of a weight.
pub(super) fn check_rates(learning_rate: f64, weight_decay: f64) -> Result<()> {
    for (name, rate) in
        [("training.learning_rate", learning_rate), ("training.weight_decay", weight_decay)]
    {
        if !(rate.is_finite() && rate >= 0.0) {
            return Err(Error::out_of_range(
                name,
                rate,
                "a finite number, 0 or more",
                "rates multiply a step taken downhill",
            ));
        }
    }
    let decay_per_step = learning_rate * weight_decay;
    if decay_per_step > 1.0 {
        return Err(Error::out_of_range(
            "training.learning_rate * training.weight_decay",
            decay_per_step,
            "at most 1",
            "lower either: a step would turn the sign of every weight",
        ));
    }
    Ok(())
}

/// Refuses a width that cannot be halved.
pub(super) fn check_even_width(width: usize) -> Result<()> {
    if width == 0 || !width.is_multiple_of(2) {
        return Err(Error::out_of_range(
            "network.width",
            width,
            "even and at least 2",
            "half of the neurons have output weight +1/m and half -1/m",
        ));
    }
    Ok(())
}

/// Refuses sizes of the data that do not fit together.
pub(super) fn check_features(n_features: usize, n_core: usize, ambient_dim: usize) -> Result<()> {
    check_n_features(n_features)?;
    if n_core > n_features {
        return Err(Error::out_of_range(
            "data.core",
            n_core,
            format!("at most data.d0 = {n_features}"),
            "the core features are some of the d0 features",
        ));
    }
    if ambient_dim < n_features {
        return Err(Error::out_of_range(
            "data.d",
            ambient_dim,
            format!("at least data.d0 = {n_features}"),
            "orthonormal features need as many dimensions; the theorem wants d >= d0^2.5",
        ));
    }
    Ok(())
}

/// More features than this do not fit one batch in memory; a free choice.
const MAX_FEATURES: usize = 1 << 20;

/// Refuses a number of features that is 0 or does not fit.
pub(super) fn check_n_features(n_features: usize) -> Result<()> {
    if (1..=MAX_FEATURES).contains(&n_features) {
        return Ok(());
    }
    Err(Error::out_of_range(
        "data.d0",
        n_features,
        format!("from 1 to {MAX_FEATURES}"),
        "give a number of features that fits",
    ))
}

/// Refuses an empty count.
pub(super) fn at_least_one(name: &str, value: usize) -> Result<()> {
    if value == 0 {
        return Err(Error::out_of_range(name, value, "at least 1", "give a positive whole number"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edit: impl FnOnce(&mut Parameters), named: &str) {
        let message = Setting::theorem(16).with(edit).unwrap_err().to_string();
        assert!(message.contains(named), "{message}");
    }

    #[test]
    fn inconsistent_parameters_are_refused_by_name() {
        check(|p| p.width = 7, "network.width = 7");
        check(|p| p.width = 0, "network.width = 0");
        check(|p| p.n_core = 17, "data.core = 17");
        check(|p| p.ambient_dim = 15, "data.d = 15");
        check(|p| p.batch = 0, "data.batch = 0");
        check(|p| p.latents.clear(), "data.d0 = 0");
        check(|p| p.learning_rate = -0.1, "learning_rate = -0.1");
        check(|p| p.weight_decay = f64::NAN, "weight_decay = NaN");
        check(|p| p.weight_decay = 1e9, "at most 1");
        check(|p| p.background_association = 1.5, "1.5");
    }

    #[test]
    fn the_theorems_time_counts_steps_in_units_of_eta_d0_over_m() {
        let setting = Setting::theorem(64);
        let steps = setting.steps_to(2.0);
        assert!(steps as f64 * setting.tau_per_step() >= 2.0);
        assert!((steps - 1) as f64 * setting.tau_per_step() < 2.0);
    }
}
