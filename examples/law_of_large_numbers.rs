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
//! Both claims read the same runs, because their samples have the same keys. Run with
//! `cargo run --release --example law_of_large_numbers`, and add `-- --help` for what it can do.

use std::process::ExitCode;

use feature_contamination::prelude::*;
use rand_distr::{Distribution, StandardNormal};

/// Draws in a mean, four times as many from rung to rung.
const SIZES: [usize; 4] = [16, 64, 256, 1024];

const TIERS: [Tier; 2] =
    [Tier::new("quick", "1000 runs, a second"), Tier::new("standard", "4000 runs, some seconds")];

/// Runs of each size. One `|M_n|` scatters by `sqrt(pi/2 - 1) = 0.76` of its mean, so a mean over 1000 runs by 0.024
/// of it, and the slope over the four sizes by `0.024 / (sqrt(5) ln 4) = 0.0077`.
fn n_runs(scope: &Scope) -> usize {
    if scope.tier.name == "quick" { 1000 } else { 4000 }
}

/// The interval of the exponent, at the miss rate 1e-3, ends 3.1 standard errors to each side, 0.024. This free
/// choice leaves a true statement ten standard errors more, and tells -1/2 from -1/3.
const EXPONENT_MARGIN: f64 = 0.1;

/// A variance from 1000 normal values has the relative standard error `sqrt(2/1000) = 0.045`. Three for the
/// interval and five for the estimate are 0.36; the next round number.
const VARIANCE_MARGIN: f64 = 0.4;

/// The share of the variance that all draws of a run have in common, in the controls.
const RHO: f64 = 0.9;

/// The mean of `n` draws of one run.
fn mean_of_draws(n: usize, rho: f64, seed: Seed) -> f64 {
    let mut rng = seed.rng();
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let common = rho.sqrt() * normal();
    common + (1.0 - rho).sqrt() * (0..n).map(|_| normal()).sum::<f64>() / n as f64
}

/// The means of `n` draws, one per run.
fn means(n: usize, scope: &Scope) -> Sample<f64> {
    let rho = if scope.arm == Arm::Control { RHO } else { 0.0 };
    Sample::new(Key::new("mean").index(n), move |seed| Ok(mean_of_draws(n, rho, seed)))
        .sizes(&[n])
        .runs(n_runs(scope))
}

fn exponent(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    let rungs = SIZES.map(|n| design.sample(means(n, scope)).at_size(n, |mean| mean.abs()));
    let claimed = Hypothesis::exactly(-0.5).within(EXPONENT_MARGIN);
    design.part("exponent of the error", claimed, Estimator::trend(rungs)).predicted(-0.5);
    Ok(design)
}

fn variance(scope: &Scope) -> Result<Design> {
    let mut design = Design::new();
    for n in SIZES {
        let scale = (n as f64).sqrt();
        let squares = design
            .sample(means(n, scope))
            .variance(1, move |mean| Squares::of_one_per_run(mean * scale));
        let claimed = Hypothesis::exactly(1.0).within(VARIANCE_MARGIN);
        design.part(format!("variance at n = {n}"), claimed, squares).predicted(1.0);
    }
    Ok(design)
}

/// The claims.
pub fn study() -> Study {
    let breaks = "gives all draws of a run a common part with nine tenths of their variance";
    let order = "The mean of n independent draws errs by n^(-1/2).";
    let scale = "The mean of n independent draws, times sqrt(n), has the variance of one draw.";
    Study::new("Law of large numbers")
        .tiers(&TIERS, "standard")
        .size_label("n")
        .claim(Claim::new("mean/exponent", order, exponent).kind(Kind::Trend).control(breaks))
        .claim(Claim::new("mean/variance", scale, variance).kind(Kind::Law).control(breaks))
}

fn main() -> ExitCode {
    study_main(&study())
}
