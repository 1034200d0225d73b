//! The axes of a grid, and the values on them.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::setting::Latent;

/// A direction of a grid. The names are those of the grid file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// The number of features `d0`.
    D0,
    /// The background's share of the energy, for equal laws its share of the features.
    Beta,
    /// The width in units of `d0`.
    WidthPerFeature,
    /// The constant `c` of the weight decay `c d0 / m^1.01`.
    C,
    /// The law of the latents.
    Latent,
    /// The learning rate.
    LearningRate,
    /// The law of the latents, by `mu / sigma`: the same axis as [`Axis::Latent`], on a scale.
    MeanOverDeviation,
}

impl Axis {
    /// The axes that a grid has, in the order of its cells: the last one varies fastest.
    pub const ALL: [Axis; 6] =
        [Axis::Latent, Axis::LearningRate, Axis::WidthPerFeature, Axis::C, Axis::D0, Axis::Beta];

    /// The name in the grid file.
    pub fn name(self) -> &'static str {
        match self {
            Axis::D0 => "d0",
            Axis::Beta => "beta",
            Axis::WidthPerFeature => "width_per_feature",
            Axis::C => "c",
            Axis::Latent => "latent",
            Axis::LearningRate => "learning_rate",
            Axis::MeanOverDeviation => "mean_over_deviation",
        }
    }

    /// The label under a figure, with what it is measured in.
    pub fn label(self) -> &'static str {
        match self {
            Axis::D0 => "number of features d0",
            Axis::Beta => "background's share of the energy, beta",
            Axis::WidthPerFeature => "width m, in units of d0",
            Axis::C => "decay constant c: lambda in units of d0 / m^1.01",
            Axis::Latent => "law of the latents",
            Axis::LearningRate => "learning rate eta, per step",
            Axis::MeanOverDeviation => "mu / sigma of the latents",
        }
    }

    /// The direction of the grid that it is: its place in [`Axis::ALL`].
    pub fn direction(self) -> usize {
        let own = if self == Axis::MeanOverDeviation { Axis::Latent } else { self };
        Axis::ALL.iter().position(|&axis| axis == own).unwrap_or_default()
    }
}

/// The values on the axes of a grid; none is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Axes {
    /// Numbers of features, each even.
    pub d0: Vec<usize>,
    /// Background shares, from 0 to below 1, each a multiple of `1 / d0` for every `d0`.
    pub beta: Vec<f64>,
    /// Widths in units of `d0`.
    pub width_per_feature: Vec<f64>,
    /// Decay constants; none stands for the theorem's.
    pub c: Option<Vec<f64>>,
    /// Laws of the latents.
    pub latent: Vec<Latent>,
    /// Learning rates; none stands for the theorem's.
    pub learning_rate: Option<Vec<f64>>,
}

impl Axes {
    /// The number of values on an axis.
    pub fn len(&self, axis: Axis) -> usize {
        match axis {
            Axis::D0 => self.d0.len(),
            Axis::Beta => self.beta.len(),
            Axis::WidthPerFeature => self.width_per_feature.len(),
            Axis::C => self.c.as_ref().map_or(1, Vec::len),
            Axis::Latent | Axis::MeanOverDeviation => self.latent.len(),
            Axis::LearningRate => self.learning_rate.as_ref().map_or(1, Vec::len),
        }
    }

    /// The number of a value on an axis; none for a law by its name, and where the theorem's value
    /// stands, which differs from cell to cell.
    pub fn number(&self, axis: Axis, idx: usize) -> Option<f64> {
        match axis {
            Axis::D0 => Some(self.d0[idx] as f64),
            Axis::Beta => Some(self.beta[idx]),
            Axis::WidthPerFeature => Some(self.width_per_feature[idx]),
            Axis::C => self.c.as_ref().map(|values| values[idx]),
            Axis::LearningRate => self.learning_rate.as_ref().map(|values| values[idx]),
            Axis::Latent => None,
            Axis::MeanOverDeviation => Some(mean_over_deviation(self.latent[idx])),
        }
    }

    /// A value on an axis as text.
    pub fn text(&self, axis: Axis, idx: usize) -> String {
        match (axis, self.number(axis, idx)) {
            (Axis::Latent, _) => self.latent[idx].to_string(),
            (Axis::MeanOverDeviation, Some(number)) => format!("{number:.2}"),
            (_, Some(number)) => number.to_string(),
            (_, None) => "theorem's".into(),
        }
    }

    /// Refuses values that are out of range, or twice on an axis.
    pub(super) fn check(&self) -> Result<()> {
        check_d0(&self.d0)?;
        for &width in &self.width_per_feature {
            self.d0.iter().try_for_each(|&d0| check_memory(whole_width(width, d0)?, d0))?;
        }
        for &beta in &self.beta {
            self.d0.iter().try_for_each(|&d0| whole_background(beta, d0).map(|_| ()))?;
        }
        check_rates("c", self.c.as_deref().unwrap_or_default(), true)?;
        check_rates("learning_rate", self.learning_rate.as_deref().unwrap_or_default(), false)?;
        self.check_discrete()?;
        Axis::ALL.iter().try_for_each(|&axis| self.check_list(axis))
    }

    fn check_list(&self, axis: Axis) -> Result<()> {
        if self.len(axis) == 0 {
            let remedy = "leave the axis out for the theorem's value";
            return Err(Error::out_of_range(axis.name(), "[]", "a list with a value", remedy));
        }
        let texts: Vec<String> = (0..self.len(axis)).map(|idx| self.text(axis, idx)).collect();
        let doubled = (1..texts.len()).find(|&idx| texts[..idx].contains(&texts[idx]));
        doubled.map_or(Ok(()), |idx| {
            let remedy = "leave one of them out";
            Err(Error::out_of_range(axis.name(), &texts[idx], "on its axis only once", remedy))
        })
    }

    /// Two-valued latents are added up atom by atom, which more than 40 features make too many.
    fn check_discrete(&self) -> Result<()> {
        let is_discrete = |latent: &&Latent| matches!(latent, Latent::Bernoulli { .. });
        let (law, d0) = (self.latent.iter().find(is_discrete), self.d0.iter().max());
        match (law, d0) {
            (Some(law), Some(&d0)) if d0 > MAX_DISCRETE_FEATURES => Err(Error::out_of_range(
                "d0",
                d0,
                format!("at most {MAX_DISCRETE_FEATURES} with the latent {law}"),
                "exact probabilities of more two-valued terms take too long: give such a law a \
                 grid of its own",
            )),
            _ => Ok(()),
        }
    }
}

/// `mu / sigma` of a law.
pub fn mean_over_deviation(latent: Latent) -> f64 {
    latent.mean() / latent.variance().sqrt()
}

/// More two-valued latents than this take a second and more for every neuron.
const MAX_DISCRETE_FEATURES: usize = 40;

/// A run of more features takes an hour and more; a free choice.
const MAX_FEATURES: usize = 4096;

/// More neurons for each feature than this do not fit; a free choice.
const MAX_WIDTH_PER_FEATURE: f64 = 256.0;

/// More weights than this, with the copies that a run keeps, do not fit a laptop; a free choice.
const MAX_WEIGHTS: usize = 1 << 26;

/// Rates between these ends, or 0 where that is allowed; a free choice.
const RATES: (f64, f64) = (1e-9, 1e3);

/// How far a share may be from a multiple of `1 / d0` and still be meant as one.
const WHOLE: f64 = 1e-9;

/// Refuses a number of features that the theorem's regime does not have, or that takes too long.
pub(super) fn check_d0(values: &[usize]) -> Result<()> {
    let is_good = |d0: &usize| (2..=MAX_FEATURES).contains(d0) && d0.is_multiple_of(2);
    values.iter().find(|d0| !is_good(d0)).map_or(Ok(()), |d0| {
        let range = format!("even, from 2 to {MAX_FEATURES}");
        Err(Error::out_of_range("d0", d0, range, "the theorem's regime halves it"))
    })
}

/// Refuses a network whose weights would not fit, before they are allocated.
fn check_memory(width: usize, d0: usize) -> Result<()> {
    if width * d0 <= MAX_WEIGHTS {
        return Ok(());
    }
    let range = format!("at most {MAX_WEIGHTS}");
    let name = format!("number of weights m d0 for d0 = {d0}");
    Err(Error::out_of_range(name, width * d0, range, "lower d0 or width_per_feature"))
}

/// Refuses a rate out of range.
fn check_rates(name: &str, values: &[f64], may_be_0: bool) -> Result<()> {
    let is_good = |&&rate: &&f64| (RATES.0..=RATES.1).contains(&rate) || (may_be_0 && rate == 0.0);
    values.iter().find(|rate| !is_good(rate)).map_or(Ok(()), |rate| {
        let zero = if may_be_0 { "0, or " } else { "" };
        let range = format!("{zero}from {:e} to {:e}", RATES.0, RATES.1);
        let remedy = "leave the axis out for the theorem's value";
        Err(Error::out_of_range(name, rate, range, remedy))
    })
}

/// The number of background features `beta d0`.
///
/// # Errors
/// If it is no whole number, or all of the features.
pub(super) fn whole_background(beta: f64, d0: usize) -> Result<usize> {
    let product = beta * d0 as f64;
    let is_whole = (product - product.round()).abs() <= WHOLE * d0 as f64;
    if is_whole && (0.0..1.0).contains(&beta) && product.round() < d0 as f64 {
        return Ok(product.round() as usize);
    }
    let range = format!("from 0 to below 1, and a multiple of 1/d0 = 1/{d0}");
    let remedy = "so many of the features are background: give multiples of 1/d0 for every d0";
    Err(Error::out_of_range("beta", beta, range, remedy))
}

/// The width `m`.
///
/// # Errors
/// If it is no even number.
pub(super) fn whole_width(width_per_feature: f64, d0: usize) -> Result<usize> {
    let product = width_per_feature * d0 as f64;
    let is_whole = (product - product.round()).abs() <= WHOLE * d0 as f64;
    let width = product.round() as usize;
    let is_in_range = (0.0..=MAX_WIDTH_PER_FEATURE).contains(&width_per_feature);
    if is_whole && is_in_range && width > 0 && width.is_multiple_of(2) {
        return Ok(width);
    }
    let range = format!(
        "above 0 and at most {MAX_WIDTH_PER_FEATURE}, and {width_per_feature} d0 even for d0 = {d0}"
    );
    let remedy = "half of the neurons have output weight +1/m and half -1/m";
    Err(Error::out_of_range("width_per_feature", width_per_feature, range, remedy))
}
