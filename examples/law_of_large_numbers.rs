//! The law of large numbers as a study: how the error of a mean falls with the number of draws.
//!
//! The mean `M_n` of `n` independent standard normal draws is normal with variance `1/n`. So `E|M_n|` is
//! `sqrt(2 / (pi n))`: its exponent in `n` is -1/2 at every size, not only for large `n`; and `sqrt(n) M_n` has
//! variance 1.
//!
//! The controls draw `x_i = sqrt(rho) z + sqrt(1 - rho) e_i` with one `z` for all draws of a run. Then the
//! variance of `M_n` is `rho + (1 - rho)/n`: every draw is still standard normal, but no number of draws averages
//! `z` away, and the exponent is near 0.
//!
//! Run with `cargo run --release --example law_of_large_numbers [seed]`.

use std::process::ExitCode;

use feature_contamination::prelude::*;
use rand_distr::{Distribution, StandardNormal};

/// Draws in a mean, four times as many from rung to rung.
const SIZES: [usize; 4] = [16, 64, 256, 1024];

/// Runs of each size. One `|M_n|` scatters by `sqrt(pi/2 - 1) = 0.76` of its mean, so a mean over runs by 0.024 of
/// it, and the slope over the four sizes by `0.024 / (sqrt(5) ln 4) = 0.0077`.
const N_RUNS: usize = 1000;

/// The interval of the exponent, at the miss rate 1e-3, ends 3.1 standard errors to each side, 0.024. This free
/// choice leaves a true statement ten standard errors more, and tells -1/2 from -1/3.
const EXPONENT_MARGIN: f64 = 0.1;

/// A variance from 1000 normal values has the relative standard error `sqrt(2/1000) = 0.045`. Three for the
/// interval and five for the estimate are 0.36; the next round number.
const VARIANCE_MARGIN: f64 = 0.4;

/// The share of the variance that all draws of a run have in common, in the controls.
const RHO: f64 = 0.9;

/// The mean of `n` draws of one run.
fn mean_of_draws(n: usize, arm: Arm, seed: Seed) -> f64 {
    let mut rng = seed.rng();
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let rho = if arm == Arm::Control { RHO } else { 0.0 };
    let common = rho.sqrt() * normal();
    common + (1.0 - rho).sqrt() * (0..n).map(|_| normal()).sum::<f64>() / n as f64
}

/// One mean per run, all runs independent.
fn means(n: usize, arm: Arm, seed: Seed) -> Result<Replicates<f64>> {
    let seed = seed.child("size").index(n);
    Replicates::try_of_parallel(N_RUNS, |run_idx| Ok(mean_of_draws(n, arm, seed.index(run_idx))))
}

fn exponent(seed: Seed, arm: Arm) -> Result<Vec<Draft>> {
    let error = |&n: &usize| Ok(means(n, arm, seed)?.map(|mean| mean.abs()));
    let errors = SIZES.iter().map(error).collect::<Result<Vec<_>>>()?;
    let trend = Trend::of_replicates(&SIZES.map(|n| n as f64), &errors, Correction::None)?;
    let claimed = Hypothesis::value(-0.5, EXPONENT_MARGIN);
    Ok(vec![Draft::new("exponent of the error", &SIZES, trend, claimed).predicted(-0.5)])
}

fn variance(seed: Seed, arm: Arm) -> Result<Vec<Draft>> {
    let draft = |&n: &usize| {
        let scaled = means(n, arm, seed)?.map(|mean| mean * (n as f64).sqrt());
        let variance = Variance::of(scaled.iter().copied());
        let claimed = Hypothesis::value(1.0, VARIANCE_MARGIN);
        Ok(Draft::new(format!("variance at n = {n}"), &[n], variance, claimed).predicted(1.0))
    };
    SIZES.iter().map(draft).collect()
}

/// The statements.
pub fn study() -> Study {
    let breaks = "gives all draws of a run a common part with nine tenths of their variance";
    Study::new("Law of large numbers")
        .statement(
            "mean/exponent",
            "The mean of n independent draws errs by n^(-1/2).",
            breaks,
            exponent,
        )
        .statement(
            "mean/variance",
            "The mean of n independent draws, times sqrt(n), has the variance of one draw.",
            breaks,
            variance,
        )
}

/// Takes the seed, prints the study, and fails unless every statement is supported and every control caught.
#[allow(dead_code, reason = "a test that includes this file runs the study only")]
fn main() -> ExitCode {
    study_main(&study())
}
