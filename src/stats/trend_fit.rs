//! The fit of `ln value = ln A + b ln size + ln(1 + c g(size))` by weighted least squares.
//!
//! For a fixed `c` the model is linear, and what is left is a function of `c` alone (variable projection,
//! Golub and Pereyra 1973). Its minimum is searched over the whole range of `c` and not only downhill
//! from one start, because there are two of them for data that bend only a little: a law `size^b (1 + c g)`
//! with small `c` bends like `size^{b'} (1 + 1 / (c' g))` with huge `c'`, whose leading term is another
//! one. Only the first is a correction; so `c g < 1` at the largest size bounds the range from above,
//! and `1 + c g > 0` at the smallest from below.

use std::fmt;
use std::str::FromStr;

use faer::Mat;

use super::means_by_size::MeansBySize;
use super::root::bracketed_root;
use crate::error::{Error, Result};
use crate::linalg::{self, CompensatedSum, least_squares};

/// The relative size `g` of the next term of an expansion in the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Correction {
    /// No next term: a pure power law.
    None,
    /// `g(size) = size^{-1/2}`.
    InverseSqrt,
    /// `g(size) = size^{-1}`.
    Inverse,
}

impl Correction {
    /// All corrections.
    pub const ALL: [Correction; 3] =
        [Correction::None, Correction::InverseSqrt, Correction::Inverse];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Correction::None => "none",
            Correction::InverseSqrt => "inverse-sqrt",
            Correction::Inverse => "inverse",
        }
    }

    /// `g(size)`; 0 without a correction.
    pub fn regressor(self, size: f64) -> f64 {
        match self {
            Correction::None => 0.0,
            Correction::InverseSqrt => 1.0 / size.sqrt(),
            Correction::Inverse => 1.0 / size,
        }
    }

    /// The number of parameters of a trend with this correction, and of different sizes that it needs.
    pub fn n_parameters(self) -> usize {
        if self == Correction::None { 2 } else { 3 }
    }
}

impl fmt::Display for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Correction {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Correction::ALL.into_iter().find(|correction| correction.name() == text).ok_or_else(|| {
            let names = Correction::ALL.map(Correction::name).join(", ");
            let remedy = "name the next term of the expansion in the size";
            Error::out_of_range("correction", text, format!("one of {names}"), remedy)
        })
    }
}

/// A point as the fit sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogPoint {
    log_size: f64,
    log_value: f64,
    /// `(value / standard error)^2`, the inverse variance of the logarithm.
    pub(super) weight: f64,
    /// `g` at this size.
    regressor: f64,
}

impl LogPoint {
    pub(super) fn all(ladder: &MeansBySize, correction: Correction) -> Vec<Self> {
        let point = |rung: &super::means_by_size::MeanAtSize| LogPoint {
            log_size: rung.size.ln(),
            log_value: rung.value.value.ln(),
            weight: (rung.value.value / rung.value.standard_error).powi(2),
            regressor: correction.regressor(rung.size),
        };
        ladder.rungs().iter().map(point).collect()
    }
}

/// The least-squares line for one value of the correction coefficient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) intercept: f64,
    pub(super) exponent: f64,
    pub(super) coefficient: f64,
    pub(super) chi_square: f64,
    /// The derivative of `chi_square` in the coefficient, half of it with the sign turned.
    descent: f64,
}

/// The best fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    pub(super) line: Line,
    /// Whether the minimum lies inside of the range of the correction coefficient.
    pub(super) is_determined: bool,
}

/// The line for one correction coefficient; with the exponent held where one is given. By the envelope
/// theorem the derivative in the coefficient needs no derivative of the line.
fn line(points: &[LogPoint], coefficient: f64, held: Option<f64>) -> Line {
    // What the correction leaves, which is to lie on a straight line.
    let straight: Vec<f64> = points
        .iter()
        .map(|point| point.log_value - libm::log1p(coefficient * point.regressor))
        .collect();
    let weighted = |value: &dyn Fn(&LogPoint, f64) -> f64| -> f64 {
        let terms = points.iter().zip(&straight);
        let terms = terms.map(|(point, &height)| point.weight * value(point, height));
        terms.collect::<CompensatedSum>().value()
    };
    let total = weighted(&|_, _| 1.0);
    let center = weighted(&|point, _| point.log_size) / total;
    let mean_height = weighted(&|_, height| height) / total;
    let exponent = held.unwrap_or_else(|| {
        let products =
            weighted(&|point, height| (point.log_size - center) * (height - mean_height));
        products / weighted(&|point, _| (point.log_size - center).powi(2))
    });
    let residual =
        |point: &LogPoint, height: f64| height - mean_height - exponent * (point.log_size - center);
    let derivative = |point: &LogPoint| point.regressor / (1.0 + coefficient * point.regressor);
    Line {
        intercept: mean_height - exponent * center,
        exponent,
        coefficient,
        chi_square: weighted(&|point, height| residual(point, height).powi(2)),
        descent: weighted(&|point, height| residual(point, height) * derivative(point)),
    }
}

/// The smallest `ln(1 + c g)` at the smallest size: what leaves 1e-6 of the leading term is no correction.
const LOWEST_LOG: f64 = -14.0;

/// Steps of the search per unit of that logarithm, in which the fit is smooth on a scale of 1.
const STEPS_PER_UNIT: f64 = 4.0;

/// The best fit over the range of the correction coefficient.
pub(super) fn best_fit(points: &[LogPoint], held: Option<f64>) -> Fit {
    let regressors = points.iter().map(|point| point.regressor);
    let (smallest, largest) =
        regressors.fold((f64::INFINITY, 0.0_f64), |(low, high), g| (low.min(g), high.max(g)));
    if largest == 0.0 {
        return Fit { line: line(points, 0.0, held), is_determined: true };
    }
    // At log = ln(1 + c g) of the smallest size.
    let at = |log: f64| line(points, log.exp_m1() / largest, held);
    let highest_log = (largest / smallest).ln_1p();
    let n_steps = ((highest_log - LOWEST_LOG) * STEPS_PER_UNIT).ceil();
    let log_of = |step: f64| LOWEST_LOG + (highest_log - LOWEST_LOG) * step / n_steps;
    let (lowest, highest) = (at(LOWEST_LOG), at(highest_log));
    let at_end = if lowest.chi_square < highest.chi_square { lowest } else { highest };
    let mut best = Fit { line: at_end, is_determined: false };
    let (mut step, mut left) = (0.0, lowest);
    while step < n_steps {
        let right = at(log_of(step + 1.0));
        if left.descent > 0.0 && right.descent <= 0.0 {
            // The root of the derivative is exact to the last digits, where the values are flat.
            let log = bracketed_root(|log| at(log).descent, log_of(step), log_of(step + 1.0));
            let inside = at(log);
            if inside.chi_square <= best.line.chi_square {
                best = Fit { line: inside, is_determined: true };
            }
        }
        (step, left) = (step + 1.0, right);
    }
    best
}

/// How the parameters follow the logarithms of the values, to first order at a fit.
#[derive(Debug, Clone)]
pub(super) struct Influence {
    /// `rows[k][i]`, the derivative of parameter `k` (`ln A`, `b`, `c`) in the logarithm `i`.
    pub(super) rows: Vec<Vec<f64>>,
    /// The derivative of each fitted logarithm in its own.
    pub(super) leverages: Vec<f64>,
}

/// The influence at a correction coefficient, from the Jacobian there, which depends on nothing else.
///
/// # Errors
/// Sizes that are too close to tell the parameters apart; or a place where the correction bends the line
/// as much as it can, and a change of its coefficient is a change of the others.
pub(super) fn influence(
    points: &[LogPoint],
    coefficient: f64,
    n_parameters: usize,
) -> Result<Influence> {
    let scale = |point: &LogPoint| 1.0 + coefficient * point.regressor;
    let jacobian = Mat::from_fn(points.len(), n_parameters, |i, k| match k {
        0 => 1.0,
        1 => points[i].log_size,
        _ => points[i].regressor / scale(&points[i]),
    });
    let weights: Vec<f64> = points.iter().map(|point| point.weight).collect();
    // Only the inverse Gram matrix is wanted.
    let fit = least_squares(jacobian.as_ref(), &vec![0.0; points.len()], &weights)
        .map_err(|_| too_close(points))?;
    let mut product = Mat::zeros(points.len(), n_parameters);
    linalg::product(product.as_mut(), jacobian.as_ref(), fit.inverse_gram.as_ref(), 1.0);
    let rows = (0..n_parameters)
        .map(|k| (0..points.len()).map(|i| weights[i] * product[(i, k)]).collect())
        .collect::<Vec<Vec<f64>>>();
    let leverage = |i: usize| (0..n_parameters).map(|k| rows[k][i] * jacobian[(i, k)]).sum();
    Ok(Influence { leverages: (0..points.len()).map(leverage).collect(), rows })
}

fn too_close(points: &[LogPoint]) -> Error {
    let sizes = points.iter().map(|point| point.log_size.exp());
    let (low, high) =
        sizes.fold((f64::INFINITY, 0.0_f64), |(low, high), size| (low.min(size), high.max(size)));
    Error::out_of_range(
        "range of the sizes",
        format!("{low} to {high}"),
        "wide enough to tell the exponent, the constant and the correction apart",
        "take sizes further apart, or no correction",
    )
}
