//! The claim on the rate of the normal approximation.

use crate::error::Result;
use crate::predict::{ActivationOracle, Certified, Edgeworth, TwoTerms, edgeworth, normal_cdf};
use crate::setting::{EngineKind, Label, Latent, Setting};
use crate::stats::{Exact, Region};

use super::lab::Budget;
use super::plan::Work;
use super::{Arm, Draft, Lab, Tier};

/// Numbers of features: squares of multiples of 8, each 4 times the one before.
const SIZES: [usize; 4] = [64, 256, 1024, 4096];
/// The weights on the core and on the background.
const CORE_WEIGHT: f64 = 3.0;
const BACKGROUND_WEIGHT: f64 = -1.0;
/// The span of the lattice that these weights put a sum of Bernoulli latents on.
const SPAN: f64 = 1.0;
/// How far an exponent between the two largest sizes may be from its limit, and how far after its term of
/// order `d0^{-1/2}` was removed.
const EXPONENT_MARGIN: f64 = 0.05;
const EXTRAPOLATED_MARGIN: f64 = 0.01;
/// A part of the error may be off its two terms by this over `d0`, relatively.
const NEXT_COEFFICIENT: f64 = 4.0;

/// A latent law, the exponent of its error, and whether it is on a lattice.
struct Law {
    latent: Latent,
    exponent: f64,
    span: Option<f64>,
}

/// The exponents of the claim; the control has those of symmetric and of skewed laws exchanged.
fn laws(arm: Arm) -> Result<[Law; 3]> {
    let (symmetric, skewed) = match arm {
        Arm::Claim => (-1.0, -0.5),
        Arm::Control => (-0.5, -1.0),
    };
    Ok([
        Law { latent: Latent::Uniform, exponent: symmetric, span: None },
        Law { latent: Latent::beta(2.0, 5.0)?, exponent: skewed, span: None },
        Law { latent: Latent::bernoulli(0.3)?, exponent: skewed, span: Some(SPAN) },
    ])
}

/// The error of the normal approximation of one neuron, and its two parts.
struct Errors {
    /// `P(S >= 0) - Phi(r)`.
    total: Certified,
    /// `P(S > 0) + P(S = 0) / 2 - Phi(r)`.
    smooth: Certified,
    /// `P(S = 0) / 2`.
    lattice: Certified,
    predicted: Edgeworth,
}

impl Errors {
    fn of(latent: Latent, span: Option<f64>, n_features: usize) -> Result<Self> {
        let n_core = n_core(n_features);
        let mut weights = vec![CORE_WEIGHT; n_core];
        weights.resize(n_features, BACKGROUND_WEIGHT);
        let latents = vec![latent; n_features];
        let oracle = ActivationOracle::new(&latents, n_core)?;
        let phi = normal_cdf(standardised_mean(latent, n_features));
        let at_least = oracle.probabilities(&weights)?.positive;
        // P(S > 0) = 1 - P(-S >= 0); with a density there is no mass at 0.
        let above = match span {
            None => at_least,
            Some(_) => {
                let opposite: Vec<f64> = weights.iter().map(|u| -u).collect();
                let below = oracle.probabilities(&opposite)?.positive;
                Certified::new(1.0 - below.value, below.error_bound)
            }
        };
        // Phi of a rounded argument, and the differences.
        let error_bound = at_least.error_bound.max(above.error_bound) + 8.0 * f64::EPSILON;
        let certified = |value: f64| Certified::new(value, error_bound);
        Ok(Errors {
            total: certified(at_least.value - phi),
            smooth: certified(0.5 * (at_least.value + above.value) - phi),
            lattice: certified(0.5 * (at_least.value - above.value)),
            predicted: edgeworth(&weights, n_core, &latents, Label::Positive, span),
        })
    }
}

/// A quarter of the features, and some more, so that `r = mu / (2 sigma sqrt(3 + d0^{-1/2}))`.
fn n_core(n_features: usize) -> usize {
    n_features / 4 + n_features.isqrt() / 8
}

/// `r = M / sqrt V` from whole numbers: added up feature by feature, it would be off by more than errors of
/// the largest size allow.
fn standardised_mean(latent: Latent, n_features: usize) -> f64 {
    let core = n_core(n_features) as f64;
    let background = n_features as f64 - core;
    let mean = CORE_WEIGHT * core + BACKGROUND_WEIGHT * background;
    let variance = CORE_WEIGHT.powi(2) * core + BACKGROUND_WEIGHT.powi(2) * background;
    latent.mean() * mean / (latent.variance() * variance).sqrt()
}

/// `berry-esseen/rate`: nothing is sampled.
pub(super) fn rate(_lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for Law { latent, exponent, span } in laws(arm)? {
        let errors: Vec<Errors> =
            SIZES.iter().map(|&d0| Errors::of(latent, span, d0)).collect::<Result<_>>()?;
        drafts.extend(exponents(latent, exponent, &errors));
        drafts.push(expansion(format!("{latent}: error but for the lattice"), &errors, |e| {
            (e.smooth, e.predicted.smooth)
        }));
        if span.is_some() {
            drafts.push(expansion(format!("{latent}: half of the atom at 0"), &errors, |e| {
                (e.lattice, e.predicted.lattice)
            }));
        }
    }
    Ok(drafts)
}

/// The largest distance from the two terms of the expansion, over what it may be.
fn expansion(
    name: String,
    errors: &[Errors],
    part: impl Fn(&Errors) -> (Certified, TwoTerms),
) -> Draft {
    let ratios = errors.iter().zip(SIZES).map(|(errors, n_features)| {
        let (measured, predicted) = part(errors);
        let allowed = NEXT_COEFFICIENT / n_features as f64 * predicted.sum().abs();
        ((measured.value - predicted.sum()).abs() / allowed, measured.error_bound / allowed)
    });
    Draft::inequality(
        format!("{name}, distance from two terms over 4 / d0 of them"),
        &SIZES,
        Exact::largest(ratios),
    )
}

/// The exponent between the two largest sizes, and the one without its term of order `d0^{-1/2}`, which
/// halves from one pair of sizes to the next.
fn exponents(latent: Latent, exponent: f64, errors: &[Errors]) -> [Draft; 2] {
    let log = |errors: &Errors| {
        let Certified { value, error_bound } = errors.total;
        // |ln(1 + x)| <= 2 |x| up to 1/2.
        Certified::new(value.abs().ln(), 2.0 * error_bound / value.abs())
    };
    let logs: Vec<Certified> = errors.iter().map(log).collect();
    let local = |pair: &[Certified]| {
        Certified::new(
            (pair[1].value - pair[0].value) / 4.0_f64.ln(),
            (pair[0].error_bound + pair[1].error_bound) / 4.0_f64.ln(),
        )
    };
    let locals: Vec<Certified> = logs.windows(2).map(local).collect();
    let [before, last] = [locals[locals.len() - 2], locals[locals.len() - 1]];
    let extrapolated =
        (2.0 * last.value - before.value, 2.0 * last.error_bound + before.error_bound);
    [
        Draft::new(
            format!("{latent}: exponent of the error between the two largest sizes"),
            &SIZES[2..],
            Exact::largest([(last.value, last.error_bound)]),
            Region::within(EXPONENT_MARGIN, exponent),
        )
        .predicted(exponent),
        Draft::new(
            format!("{latent}: exponent without its term of order d0^(-1/2)"),
            &SIZES[1..],
            Exact::largest([extrapolated]),
            Region::within(EXTRAPOLATED_MARGIN, exponent),
        )
        .predicted(exponent),
    ]
}

pub(super) fn rate_work(_tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    let of_size = |n_features: usize| {
        // Setting the laws up costs more than a probability; the largest size has the longest sums.
        Work::own(
            format!("berry-esseen/rate, d0 = {n_features}"),
            Setting::theorem(n_features),
            EngineKind::Feature,
            0,
            Budget::fixed(3),
        )
        .with_run(|| Errors::of(Latent::beta(2.0, 5.0)?, None, 1024).map(|_| ()))
    };
    Ok(SIZES.map(of_size).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::normal_approximation;

    #[test]
    fn standardised_means_are_nearly_the_same_at_every_size() {
        for n_features in SIZES {
            let n_core = n_core(n_features);
            let mut weights = vec![CORE_WEIGHT; n_core];
            weights.resize(n_features, BACKGROUND_WEIGHT);
            let latents = vec![Latent::Uniform; n_features];
            let r = standardised_mean(Latent::Uniform, n_features);
            let root = (n_features as f64).sqrt();
            let exact = 3.0_f64.sqrt() / (2.0 * (3.0 + 1.0 / root).sqrt());
            assert!((r - exact).abs() < 1e-15, "{n_features}");
            let summed = normal_approximation(&weights, n_core, &latents, Label::Positive);
            assert!((r - summed.standardised_mean).abs() < 1e-9, "{n_features}");
        }
    }
}
