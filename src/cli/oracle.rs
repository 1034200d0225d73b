//! `contam oracle`: predictions without a run.

use serde::Serialize;

use super::oracle_args::{Activation, FixedPoint};
use super::{numpy, output};
use crate::error::{Error, Result};
use crate::predict::{self, ActivationOracle, Moments, NON_IDENTICAL_CONSTANT};
use crate::report;

/// More features than this are no setting, see [`crate::setting::Setting`].
pub(super) const MAX_FEATURES: usize = 1 << 20;

/// Rows of truncated means in text; the document has all.
const MAX_ROWS: usize = 20;

#[derive(Debug, Serialize)]
struct ActivationDocument {
    probability: f64,
    error_bound: f64,
    normal_approximation: f64,
    berry_esseen_bound: f64,
    truncated_means: Vec<f64>,
    truncated_means_error_bound: f64,
}

/// Shows the exact activation probability of a neuron, mass at 0 counted as active.
///
/// # Errors
/// - weights that cannot be read, see [`numpy::read_vector`];
/// - more core features than weights.
pub fn activation(options: &Activation) -> Result<()> {
    let weights = numpy::read_vector(&options.weights, numpy::WEIGHTS)?;
    check_core(options.core, 0, weights.len(), "the number of weights")?;
    let (label, latents) = (options.label, vec![options.latent; weights.len()]);
    let oracle = ActivationOracle::new(&latents, options.core)?;
    let probability = *oracle.probabilities(&weights)?.of(label);
    let means = oracle.truncated_means(&weights)?.of(label).clone();
    let normal = predict::normal_approximation(&weights, options.core, &latents, label);
    let document = ActivationDocument {
        probability: probability.value,
        error_bound: probability.error_bound,
        normal_approximation: normal.normal_approximation,
        berry_esseen_bound: normal.bound(NON_IDENTICAL_CONSTANT),
        truncated_means: means.value,
        truncated_means_error_bound: means.error_bound,
    };
    if options.json {
        return output::answer(&report::to_json(&document)?);
    }
    output::answer(&document.text(&weights))
}

impl ActivationDocument {
    fn text(&self, weights: &[f64]) -> String {
        let rows = weights.iter().zip(&self.truncated_means).enumerate().take(MAX_ROWS);
        let rows = rows.map(|(j, (weight, mean))| {
            vec![j.to_string(), report::number(*weight), format!("{mean:.12}")]
        });
        let table = report::columns(&["feature", "weight", "E[z 1{active}]"], rows);
        let rest = match weights.len().saturating_sub(MAX_ROWS) {
            0 => String::new(),
            n_more => format!("\n{n_more} more features with --json"),
        };
        format!(
            "P(active)             {} with error at most {:.1e}\n\
             normal approximation  {} with error at most {} (Berry-Esseen)\n\n\
             {table}{rest}\nerror at most {:.1e}",
            self.probability,
            self.error_bound,
            self.normal_approximation,
            report::number(self.berry_esseen_bound),
            self.truncated_means_error_bound,
        )
    }
}

#[derive(Debug, Serialize)]
struct FixedPointDocument {
    other_class_activation: f64,
    ratio: f64,
    ood_risk: f64,
    finite_ood_risk: f64,
}

/// Shows the solution of the fixed-point equation.
///
/// # Errors
/// - `d0` outside 1 to 2^20;
/// - no core feature, or more than `d0`.
pub fn fixed_point(options: &FixedPoint) -> Result<()> {
    let (n_features, n_core) = (options.d0, options.core);
    if !(1..=MAX_FEATURES).contains(&n_features) {
        let range = format!("from 1 to {MAX_FEATURES}");
        return Err(Error::out_of_range("d0", n_features, range, "give the number of features"));
    }
    check_core(n_core, 1, n_features, "d0")?;
    let moments = Moments::new(&vec![options.latent; n_features], n_core);
    let solution = predict::FixedPoint::solve(&moments)?;
    let document = FixedPointDocument {
        other_class_activation: solution.other_class_activation,
        ratio: solution.ratio,
        ood_risk: solution.limit_ood_risk,
        finite_ood_risk: solution.finite_ood_risk,
    };
    if options.json {
        return output::answer(&report::to_json(&document)?);
    }
    output::answer(&document.text(n_features))
}

impl FixedPointDocument {
    fn text(&self, n_features: usize) -> String {
        format!(
            "activation on the other class  {}\n\
             background over core learned   {}\n\
             risk out of distribution       {} in the limit, {} at d0 = {n_features}",
            self.other_class_activation, self.ratio, self.ood_risk, self.finite_ood_risk
        )
    }
}

pub(super) fn check_core(
    n_core: usize,
    at_least: usize,
    at_most: usize,
    limit: &str,
) -> Result<()> {
    if (at_least..=at_most).contains(&n_core) {
        return Ok(());
    }
    Err(Error::out_of_range(
        "core",
        n_core,
        format!("from {at_least} to {limit} = {at_most}"),
        "the core features are some of the features",
    ))
}
