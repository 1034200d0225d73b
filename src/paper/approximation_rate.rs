//! The claim on the rate of the normal approximation.

use std::time::Instant;

use crate::error::Result;
use crate::predict::{ActivationOracle, Certified, Edgeworth, TwoTerms, edgeworth, normal_cdf};
use crate::setting::{Label, Latent};
use crate::stats::Region;
use crate::study::{Arm, Claim, Design, Key, Kind, Runs, Sample, Scope};

/// Numbers of features: squares of multiples of 8, each 4 times the one before.
const SIZES: [usize; 4] = [64, 256, 1024, 4096];
/// The weights on the core and on the background.
const CORE_WEIGHT: f64 = 3.0;
const BACKGROUND_WEIGHT: f64 = -1.0;
/// The span of the lattice that these weights put a sum of Bernoulli latents on.
const SPAN: f64 = 1.0;
/// How far an exponent between the two largest sizes may be from its limit, and how far after its
/// term of order `d0^{-1/2}` was removed.
const EXPONENT_MARGIN: f64 = 0.05;
const EXTRAPOLATED_MARGIN: f64 = 0.01;
/// A part of the error may be off its two terms by this over `d0`, relatively.
const NEXT_COEFFICIENT: f64 = 4.0;

/// `berry-esseen/rate`.
pub(super) fn rate() -> Claim {
    Claim::new(
        "berry-esseen/rate",
        "The normal approximation of an activation probability is off by d0^-1/2 for skewed and \
         for lattice latents, and by 1/d0 for uniform ones.",
        rate_design,
    )
    .source("notation 3; Esseen 1945")
    .kind(Kind::Trend)
    .control("the exponents of symmetric and of skewed latents exchanged")
    .cost("exact probabilities up to 4096 features")
    .card(card!("berry-esseen/rate"))
}

/// Nothing is drawn: one sample for each law computes the errors of all sizes.
fn rate_design(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let key = Key::new("claim").child("berry-esseen/rate");
    for Law { label, latent, exponent, span } in laws(scope.arm)? {
        let sample = Sample::single(key.child(label), move |_| {
            SIZES.iter().map(|&n_features| Errors::of(latent, span, n_features)).collect()
        });
        let errors = design.sample(sample.sizes(&SIZES).cost(move || seconds(latent, span)));
        exponents(&mut design, errors, (latent, exponent));
        expansion(&mut design, errors, format!("{latent}: error but for the lattice"), |e| {
            (e.smooth, e.predicted.smooth)
        });
        if span.is_some() {
            expansion(&mut design, errors, format!("{latent}: half of the atom at 0"), |e| {
                (e.lattice, e.predicted.lattice)
            });
        }
    }
    Ok(design)
}

/// A latent law with the label of its key, the exponent of its error, and the span of its lattice
/// if it has one.
struct Law {
    label: &'static str,
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
    let law = |label, latent, exponent, span| Law { label, latent, exponent, span };
    Ok([
        law("uniform", Latent::Uniform, symmetric, None),
        law("beta:2,5", Latent::beta(2.0, 5.0)?, skewed, None),
        law("bernoulli:0.3", Latent::bernoulli(0.3)?, skewed, Some(SPAN)),
    ])
}

/// The error of the normal approximation of one neuron, and its two parts.
struct Errors {
    /// The number of features `d0`.
    n_features: usize,
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
        let (n_core, weights) = neuron(n_features);
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
            n_features,
            total: certified(at_least.value - phi),
            smooth: certified(0.5 * (at_least.value + above.value) - phi),
            lattice: certified(0.5 * (at_least.value - above.value)),
            predicted: edgeworth(&weights, n_core, &latents, Label::Positive, span),
        })
    }
}

/// Seconds of the errors of all sizes, from one size. They grow about linearly with the number of
/// features; on a lattice with its square, because the law is convolved feature by feature.
fn seconds(latent: Latent, span: Option<f64>) -> Result<f64> {
    let probed = SIZES[2];
    let clock = Instant::now();
    Errors::of(latent, span, probed)?;
    let power = if span.is_some() { 2 } else { 1 };
    let growth = SIZES.map(|n_features| (n_features as f64 / probed as f64).powi(power));
    Ok(growth.iter().sum::<f64>() * clock.elapsed().as_secs_f64())
}

/// The number of core features and the weights of the neuron with this many features.
fn neuron(n_features: usize) -> (usize, Vec<f64>) {
    let n_core = n_core(n_features);
    let mut weights = vec![CORE_WEIGHT; n_core];
    weights.resize(n_features, BACKGROUND_WEIGHT);
    (n_core, weights)
}

/// A quarter of the features, and some more, so that `r = mu / (2 sigma sqrt(3 + d0^{-1/2}))`.
fn n_core(n_features: usize) -> usize {
    n_features / 4 + n_features.isqrt() / 8
}

/// `r = M / sqrt V` from whole numbers: added up feature by feature, it would be off by more than
/// errors of the largest size allow.
fn standardised_mean(latent: Latent, n_features: usize) -> f64 {
    let core = n_core(n_features) as f64;
    let background = n_features as f64 - core;
    let mean = CORE_WEIGHT * core + BACKGROUND_WEIGHT * background;
    let variance = CORE_WEIGHT.powi(2) * core + BACKGROUND_WEIGHT.powi(2) * background;
    latent.mean() * mean / (latent.variance() * variance).sqrt()
}

/// Adds the exponent between the two largest sizes, and the one without its term of order
/// `d0^{-1/2}`, which halves from one pair of sizes to the next.
fn exponents(design: &mut Design, errors: Runs<Vec<Errors>>, (latent, exponent): (Latent, f64)) {
    let last = |errors: &Vec<Errors>| {
        let [_, last] = local_exponents(errors);
        vec![(last.value, last.error_bound)]
    };
    design
        .part(
            format!("{latent}: exponent of the error between the two largest sizes"),
            Region::around(exponent).within(EXPONENT_MARGIN),
            errors.largest(last),
        )
        .sizes(&SIZES[2..])
        .predicted(exponent);
    let extrapolated = |errors: &Vec<Errors>| {
        let [before, last] = local_exponents(errors);
        let error_bound = 2.0 * last.error_bound + before.error_bound;
        vec![(2.0 * last.value - before.value, error_bound)]
    };
    design
        .part(
            format!("{latent}: exponent without its term of order d0^(-1/2)"),
            Region::around(exponent).within(EXTRAPOLATED_MARGIN),
            errors.largest(extrapolated),
        )
        .sizes(&SIZES[1..])
        .predicted(exponent);
}

/// Returns the exponents between consecutive sizes, for the last two pairs.
fn local_exponents(errors: &[Errors]) -> [Certified; 2] {
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
    [locals[locals.len() - 2], locals[locals.len() - 1]]
}

/// Adds the largest distance of a part of the error from the two terms of its expansion, over what
/// it may be.
fn expansion(
    design: &mut Design,
    errors: Runs<Vec<Errors>>,
    name: String,
    part: fn(&Errors) -> (Certified, TwoTerms),
) {
    let ratio = move |errors: &Errors| {
        let (measured, predicted) = part(errors);
        let allowed = NEXT_COEFFICIENT / errors.n_features as f64 * predicted.sum().abs();
        ((measured.value - predicted.sum()).abs() / allowed, measured.error_bound / allowed)
    };
    design.inequality(
        format!("{name}, distance from two terms over 4 / d0 of them"),
        errors.largest(move |errors| errors.iter().map(ratio).collect()),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::normal_approximation;

    #[test]
    fn standardised_means_are_nearly_the_same_at_every_size() {
        for n_features in SIZES {
            let (n_core, weights) = neuron(n_features);
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
