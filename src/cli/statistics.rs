//! `contam oracle trend` and `contam oracle interval`: the statistics of the checks, on numbers of
//! one's own.

use serde::Serialize;

use super::oracle_args::{Interval, Trend};
use super::{output, points};
use crate::error::{Error, Result};
use crate::report;
use crate::stats::{self, Correction, Estimate, Proportion};

/// More trials than this take more than seconds, and are nobody's experiment; a free choice.
const MAX_TRIALS: usize = 1_000_000_000_000;

#[derive(Debug, Serialize)]
struct TrendDocument {
    exponent: f64,
    standard_error: f64,
    /// The exponent plus and minus the normal quantile times its standard error.
    interval: [f64; 2],
    /// What the likelihood ratio does not reject; the same without a correction.
    likelihood_interval: [f64; 2],
    level: f64,
    intercept: f64,
    intercept_standard_error: f64,
    correction: &'static str,
    correction_coefficient: Option<f64>,
    correction_standard_error: Option<f64>,
    chi_square: f64,
    degrees_of_freedom: usize,
    chi_square_p_value: Option<f64>,
    drift: Option<Drift>,
}

/// The change of the exponent when the smallest size is left out.
#[derive(Debug, Serialize)]
struct Drift {
    difference: f64,
    standard_error: f64,
    z_score: f64,
}

/// Fits a power law to the points of a file.
///
/// # Errors
/// - a file that cannot be read, see [`points::read`];
/// - too few sizes, or sizes too close to each other;
/// - points that do not determine an exponent with this correction.
pub fn trend(options: &Trend) -> Result<()> {
    let points = points::read(&options.data)?;
    let trend = stats::Trend::of(&points, options.correction)?;
    if !trend.is_determined() {
        return Err(Error::Malformed {
            what: format!("{} as a trend", options.data.display()),
            reason: format!(
                "with the correction {} the best fit puts it above the leading term at every size",
                options.correction
            ),
            remedy: "give larger sizes or smaller errors, or take another correction".into(),
        });
    }
    let document = TrendDocument::new(&trend, options.level);
    if options.json {
        return output::answer(&report::to_json(&document)?);
    }
    output::answer(&document.text())
}

impl TrendDocument {
    fn new(trend: &stats::Trend, level: f64) -> Self {
        let (exponent, intercept) = (trend.exponent(), trend.intercept());
        let coefficient = trend.correction_coefficient();
        let ends = |interval: stats::Interval| [interval.lower, interval.upper];
        TrendDocument {
            exponent: exponent.value,
            standard_error: exponent.standard_error,
            interval: ends(exponent.interval(tail(level))),
            likelihood_interval: ends(trend.interval(tail(level))),
            level,
            intercept: intercept.value,
            intercept_standard_error: intercept.standard_error,
            correction: trend.correction().name(),
            correction_coefficient: coefficient.map(|c| c.value),
            correction_standard_error: coefficient.map(|c| c.standard_error),
            chi_square: trend.chi_square(),
            degrees_of_freedom: trend.degrees_of_freedom(),
            chi_square_p_value: trend.chi_square_p_value(),
            drift: trend.drift().map(|drift| Drift {
                difference: drift.value,
                standard_error: drift.standard_error,
                z_score: drift.z_score(),
            }),
        }
    }

    fn text(&self) -> String {
        let [lower, upper] = self.interval.map(report::number);
        let row = |name: &str, value: f64, standard_error: f64, note: String| {
            vec![name.to_owned(), report::number(value), report::number(standard_error), note]
        };
        let mut rows = vec![
            row(
                "exponent",
                self.exponent,
                self.standard_error,
                format!("[{lower}, {upper}] at level {}", self.level),
            ),
            row("intercept (ln A)", self.intercept, self.intercept_standard_error, String::new()),
        ];
        if let (Some(value), Some(error)) =
            (self.correction_coefficient, self.correction_standard_error)
        {
            rows.push(row("correction", value, error, self.correction.to_owned()));
        }
        if let Some(drift) = &self.drift {
            let note = format!("{} standard errors", report::number(drift.z_score));
            rows.push(row("drift", drift.difference, drift.standard_error, note));
        }
        let p_value = self
            .chi_square_p_value
            .map_or(String::new(), |p_value| format!(", p-value {}", report::number(p_value)));
        format!(
            "{}\nchi-square {} with {} degrees of freedom{p_value}",
            report::columns(&["", "estimate", "standard error", ""], rows),
            report::number(self.chi_square),
            self.degrees_of_freedom,
        )
    }
}

#[derive(Debug, Serialize)]
struct IntervalDocument {
    lower: f64,
    upper: f64,
    level: f64,
}

/// Shows the interval of Clopper and Pearson for a proportion.
///
/// # Errors
/// No trial, more than 10^12, or more successes than trials.
pub fn interval(options: &Interval) -> Result<()> {
    let (n_successes, n_trials) = (options.successes, options.trials);
    if !(1..=MAX_TRIALS).contains(&n_trials) {
        let range = format!("from 1 to {MAX_TRIALS}");
        let remedy = "give the number of independent trials";
        return Err(Error::out_of_range("trials", n_trials, range, remedy));
    }
    if n_successes > n_trials {
        let range = format!("from 0 to trials = {n_trials}");
        let remedy = "the successes are some of the trials";
        return Err(Error::out_of_range("successes", n_successes, range, remedy));
    }
    let interval = Proportion { n_successes, n_trials }.interval(tail(options.level));
    let level = options.level;
    let document = IntervalDocument { lower: interval.lower, upper: interval.upper, level };
    if options.json {
        return output::answer(&report::to_json(&document)?);
    }
    output::answer(&format!(
        "{n_successes} of {n_trials}: [{}, {}] at level {level}",
        document.lower, document.upper
    ))
}

/// What an interval of two equal tails leaves on each side.
pub(super) fn tail(level: f64) -> f64 {
    0.5 * (1.0 - level)
}

/// Reads `--correction`.
///
/// # Errors
/// No correction of this name.
pub fn correction(text: &str) -> Result<Correction> {
    text.parse()
}

/// Reads `--level`.
///
/// # Errors
/// What is no number from 0.5 to below 1.
pub fn level(text: &str) -> Result<f64> {
    text.parse().ok().filter(|level| (0.5..1.0).contains(level)).ok_or_else(|| {
        let remedy = "it is the coverage of the interval, such as 0.95, and not the error rate";
        Error::out_of_range("level", text, "from 0.5 to below 1", remedy)
    })
}
