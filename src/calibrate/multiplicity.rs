//! Many decisions at one error rate, by simulation.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;

use super::effort::indicator;
use super::{Effort, Findings, Promise, RATES, Row};
use crate::error::Result;
use crate::stats::{e_bh, holm};

/// Hypotheses that are tested together.
const N_HYPOTHESES: usize = 10;

/// How far the false ones lie from the true ones, in standard deviations.
const EFFECT: f64 = 4.0;

/// Correlations of the statistics.
const CORRELATIONS: [f64; 3] = [0.0, 0.5, 0.95];

/// Normal statistics with this correlation, the first `n_true` of mean 0, the others off by the effect.
fn statistics(correlation: f64, n_true: usize, rng: &mut Pcg64) -> Vec<f64> {
    let mut normal = || -> f64 { StandardNormal.sample(rng) };
    let common = correlation.sqrt() * normal();
    let own = (1.0 - correlation).sqrt();
    let effect = |idx: usize| if idx < n_true { 0.0 } else { EFFECT };
    (0..N_HYPOTHESES).map(|idx| common + own * normal() + effect(idx)).collect()
}

/// The p-value against "the mean is at most 0".
fn p_value(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// The logarithm of the likelihood ratio of the effect to 0.
fn log_e_value(z: f64) -> f64 {
    EFFECT * z - 0.5 * EFFECT * EFFECT
}

/// Rates of an event among hypotheses of which some are true.
fn sampled(
    effort: &Effort,
    quantity: &str,
    replicate: impl Fn(&[f64], usize, &mut Pcg64) -> bool + Sync,
) -> Result<Findings> {
    let mut rows = Vec::new();
    for correlation in CORRELATIONS {
        for n_true in [N_HYPOTHESES, N_HYPOTHESES / 2] {
            let law = format!("correlation {correlation}, {n_true} true");
            let [count] = effort.sample(&law, effort.n_replicates(), |rng| {
                let statistics = statistics(correlation, n_true, rng);
                Ok([indicator(replicate(&statistics, n_true, rng))])
            })?;
            rows.push(Row {
                procedure: effort.procedure(),
                law,
                quantity: quantity.into(),
                n_samples: N_HYPOTHESES,
                promise: Promise::AtMost(RATES.alpha),
                measured: count.counted(),
            });
        }
    }
    Ok(rows.into())
}

/// Holm's procedure: is any true hypothesis rejected?
pub(super) fn holm_procedure(effort: &Effort) -> Result<Findings> {
    sampled(effort, "family-wise error", |statistics, n_true, _| {
        let p_values: Vec<f64> = statistics.iter().map(|&z| p_value(z)).collect();
        holm(&p_values, RATES.alpha)[..n_true].contains(&true)
    })
}

/// The e-BH procedure. The expected share of true ones among the rejected is the probability that one of
/// the rejected, drawn at random, is true: a rate that can be counted.
pub(super) fn e_bh_procedure(effort: &Effort) -> Result<Findings> {
    sampled(effort, "false discovery rate", |statistics, n_true, rng| {
        let log_e_values: Vec<f64> = statistics.iter().map(|&z| log_e_value(z)).collect();
        let rejected = e_bh(&log_e_values, RATES.alpha);
        let rejected: Vec<usize> = (0..N_HYPOTHESES).filter(|&idx| rejected[idx]).collect();
        !rejected.is_empty() && rejected[rng.random_range(0..rejected.len())] < n_true
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::Standing;
    use crate::seed::Seed;

    #[test]
    fn each_at_its_own_rate_breaks_the_promise_of_the_family() {
        let effort = Effort::new(Seed::root(1), 5_000, &()).unwrap().of("test");
        assert!(!holm_procedure(&effort).unwrap().has_fault());
        assert!(!e_bh_procedure(&effort).unwrap().has_fault());
        let alone = sampled(&effort, "any", |statistics, n_true, _| {
            statistics[..n_true].iter().any(|&z| p_value(z) <= RATES.alpha)
        });
        assert_eq!(alone.unwrap().rows[0].standing(), Standing::Broken);
    }

    #[test]
    fn evidence_by_hand() {
        assert!((p_value(0.0) - 0.5).abs() < 1e-16);
        assert!((p_value(2.326_347_874) - 0.01).abs() < 1e-10);
        assert_eq!(log_e_value(2.0), 0.0);
    }
}
