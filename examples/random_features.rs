//! Random features as a study: the kernel of `m` random ReLU neurons and its limit.
//!
//! For `w` standard normal and two inputs at the angle `t`, the arc-cosine kernel of degree 1 is
//!
//! `k(x, y) = E relu(<w,x>) relu(<w,y>) = |x||y| (sin t + (pi - t) cos t) / (2 pi)`.
//!
//! Only the plane of `x` and `y` counts. There `w = r (cos s, sin s)` with `s` uniform and `E r^2 = 2`, and both
//! neurons are active on an arc of `s` of length `pi - t`, so that `k / (|x||y|)` is `2 / (2 pi)` times the integral
//! of `cos s cos(s - t) = (cos t + cos(2s - t)) / 2` over `t - pi/2 < s < pi/2`, which is
//! `((pi - t) cos t + sin t) / 2`.
//!
//! The kernel of a network, `K_m = (1/m) sum_i relu(<w_i,x>) relu(<w_i,y>)`, is a mean of `m` independent terms. So
//! `E K_m = k`, and `E (K_m - k)^2` is the variance of one term over `m`: the exponent of the mean square in `m`
//! is -1 at every `m`, that of its root -1/2.
//!
//! The control of the exponent ties the neurons: eight are drawn and copied, so that `m` grows and the
//! deviation stays. The control of the limit draws weights uniform on [-1, 1], whose second moment is 1/3: the
//! kernel is then about a third of `k`.
//!
//! Run with `cargo run --release --example random_features`, and add `-- --help` for what it can do.
//!
//! Cho and Saul, *Kernel methods for deep learning*, NIPS 22, 2009.

use std::f64::consts::PI;
use std::process::ExitCode;

use feature_contamination::prelude::*;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// Neurons, four times as many from rung to rung.
const SIZES: [usize; 3] = [32, 128, 512];

/// Networks of each size. The square of a nearly normal deviation scatters by `sqrt(2)` of its mean, so a mean over
/// runs by 0.045 of it, and the slope over the three sizes by `0.045 / (sqrt(2) ln 4) = 0.023`.
const N_RUNS: usize = 1000;

/// Three standard errors for the interval and five for the estimate are 0.18; the next round number. It is 0.1
/// for the root.
const EXPONENT_MARGIN: f64 = 0.2;

/// At 120 degrees one term scatters by 3.7 times its mean, more than at the smaller angles; the mean over 1000
/// networks of 512 neurons so by `3.7 / sqrt(512000) = 0.0052`. Eight of it are 0.041; the next round number.
const LIMIT_MARGIN: f64 = 0.05;

/// Neurons that are drawn when they are tied.
const N_DISTINCT: usize = 8;

/// Angles between the two inputs, in degrees.
const ANGLES: [usize; 3] = [30, 60, 120];

/// The arc-cosine kernel of degree 1 of unit vectors at the angle `t`.
pub fn arc_cosine(t: f64) -> f64 {
    (t.sin() + (PI - t) * t.cos()) / (2.0 * PI)
}

/// A law of the two weights that a neuron has in the plane of the inputs.
#[derive(Clone, Copy, PartialEq)]
enum Weights {
    Normal,
    Uniform,
}

/// The kernel of `n_neurons` random neurons for unit vectors at the angle `t`.
fn kernel(n_neurons: usize, t: f64, weights: Weights, seed: Seed) -> f64 {
    let mut rng = seed.rng();
    let mut weight = || -> f64 {
        match weights {
            Weights::Normal => StandardNormal.sample(&mut rng),
            Weights::Uniform => 2.0 * rng.random::<f64>() - 1.0,
        }
    };
    let mut term = || {
        let (w_1, w_2) = (weight(), weight());
        w_1.max(0.0) * (w_1 * t.cos() + w_2 * t.sin()).max(0.0)
    };
    (0..n_neurons).map(|_| term()).sum::<f64>() / n_neurons as f64
}

fn exponent(scope: &Scope) -> Result<Design> {
    let t = PI / 3.0;
    let mut design = Design::new();
    let mut rungs = Vec::new();
    for m in SIZES {
        // A mean over equal copies is the mean over what was drawn.
        let n_drawn = if scope.arm == Arm::Control { N_DISTINCT } else { m };
        let sample = Sample::new(Key::new("size").index(m), move |seed| {
            Ok((kernel(n_drawn, t, Weights::Normal, seed) - arc_cosine(t)).powi(2))
        });
        let squares = design.sample(sample.sizes(&[m]).runs(N_RUNS));
        rungs.push(squares.at_size(m, |square| *square));
    }
    let claimed = Hypothesis::exactly(-1.0).within(EXPONENT_MARGIN);
    design.part("exponent of the square", claimed, Estimator::trend(rungs)).predicted(-1.0);
    Ok(design)
}

fn limit(scope: &Scope) -> Result<Design> {
    let weights = if scope.arm == Arm::Control { Weights::Uniform } else { Weights::Normal };
    let n_neurons = SIZES[SIZES.len() - 1];
    let mut design = Design::new();
    for angle in ANGLES {
        let t = (angle as f64).to_radians();
        let sample = Sample::new(Key::new("angle").index(angle), move |seed| {
            Ok(kernel(n_neurons, t, weights, seed) / arc_cosine(t))
        });
        let ratios = design.sample(sample.sizes(&[n_neurons]).runs(N_RUNS));
        let claimed = Hypothesis::exactly(1.0).within(LIMIT_MARGIN);
        let mean = ratios.normal_mean(|ratio| *ratio);
        design.part(format!("ratio at {angle} degrees"), claimed, mean).predicted(1.0);
    }
    Ok(design)
}

/// The claims.
pub fn study() -> Study {
    let deviation = "The mean square deviation of the kernel of m random neurons from its limit falls like 1/m.";
    let kernel = "The mean of the kernel over networks is the arc-cosine kernel of degree 1.";
    Study::new("Random features")
        .size_label("m")
        .claim(
            Claim::new("kernel/deviation", deviation, exponent)
                .kind(Kind::Trend)
                .control("copies eight neurons instead of drawing all m"),
        )
        .claim(
            Claim::new("kernel/limit", kernel, limit)
                .control("draws weights uniform on [-1, 1], with another second moment"),
        )
}

fn main() -> ExitCode {
    study_main(&study())
}
