//! A network of one's own as a study: what gradient descent conserves in a linear network, and how well.
//!
//! The network is `f(x) = <w_2, W_1 x>`, trained by full-batch gradient descent on `L`, half of the mean squared
//! error. Scaling either layer scales `f` alike, so `<W_1, G_1> = <w_2, g_2>` for the gradients `G_1`, `g_2` of the
//! layers. In one step the balance `B = ||W_1||^2 - ||w_2||^2` therefore moves by exactly
//!
//! `eta^2 (||G_1||^2 - ||g_2||^2)`,
//!
//! and not at all under gradient flow. Two statements follow.
//!
//! - Order: over a time `T` there are `T / eta` steps, so `B_T - B_0` is of order `eta`. The order of a method of
//!   steps at a fixed time is a whole number, since its error has an expansion in powers of `eta`; doubling `eta`
//!   shows it as `log2 |B(2 eta) - B_0| / |B(eta) - B_0|`, up to terms of order `eta`. The start has a small `W_1`
//!   and a large `w_2`, so that `||G_1|| > ||g_2||` and the leading term does not vanish by chance.
//! - Bound: where `eta` is at most one over the smoothness of `L`, a step lowers `L` by at least
//!   `(eta / 2) (||G_1||^2 + ||g_2||^2)`. Summed up, `|B_T - B_0| <= 2 eta (L_0 - L_T)`. The premise is a part of its
//!   own, with a factor of 2 to spare for what lies between two steps.
//!
//! The control adds weight decay to the first layer alone: `B` then moves by `-2 lambda ||W_1||^2` per unit of time
//! as well, whatever `eta`.
//!
//! Run with `cargo run --release --example own_network`, and add `-- --help` for what it can do.
//!
//! Du, Hu and Lee, *Algorithmic regularization in learning deep homogeneous models: layers are automatically
//! balanced*, NeurIPS 31, 2018.

use std::process::ExitCode;

use feature_contamination::prelude::*;
use rand_distr::{Distribution, StandardNormal};

const N_INPUTS: usize = 4;
const N_HIDDEN: usize = 6;
const N_SAMPLES: usize = 32;

/// Runs, each with data, target and start of its own.
const N_RUNS: usize = 32;

/// Training time `T`, in which a gradient flow with these inputs learns most of its target.
const TIME: f64 = 2.0;

/// The smaller step; the other one is twice as large. Both divide `TIME`.
const ETA: f64 = 1.0 / 256.0;

/// Nearer to the whole number 1 than to any other one by a factor of 3.
const ORDER_MARGIN: f64 = 0.25;

/// Weight decay of the first layer, in the control.
const DECAY: f64 = 0.5;

/// A bound on the rounding error of a ratio of order 1 or less: 512 steps and sums of 24 squares below 10 err by
/// less than 1e6 units of 1e-16, over a denominator above 1e-3.
const ROUNDING: f64 = 1e-7;

type Input = [f64; N_INPUTS];

fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Inputs and targets of one run.
struct Data {
    inputs: Vec<Input>,
    targets: Vec<f64>,
}

/// The network.
#[derive(Clone)]
struct Network {
    first: [Input; N_HIDDEN],
    second: [f64; N_HIDDEN],
}

impl Network {
    fn start(mut normal: impl FnMut() -> f64) -> Self {
        let first = [[0.0; N_INPUTS]; N_HIDDEN].map(|row| row.map(|_| 0.1 * normal()));
        let second = [0.0; N_HIDDEN].map(|_| normal() / (N_HIDDEN as f64).sqrt());
        Network { first, second }
    }

    /// The squared norms of both layers.
    fn squares(&self) -> (f64, f64) {
        (self.first.iter().map(|row| dot(row, row)).sum(), dot(&self.second, &self.second))
    }

    fn balance(&self) -> f64 {
        let (first, second) = self.squares();
        first - second
    }

    /// The vector `v` of the function `f(x) = <v, x>`.
    fn product(&self) -> Input {
        std::array::from_fn(|k| (0..N_HIDDEN).map(|j| self.second[j] * self.first[j][k]).sum())
    }

    /// Half of the mean squared error, and its gradient in `v`.
    fn loss(&self, data: &Data) -> (f64, Input) {
        let v = self.product();
        let (mut loss, mut gradient) = (0.0, [0.0; N_INPUTS]);
        for (input, target) in data.inputs.iter().zip(&data.targets) {
            let residual = (dot(&v, input) - target) / N_SAMPLES as f64;
            loss += 0.5 * residual * residual * N_SAMPLES as f64;
            gradient.iter_mut().zip(input).for_each(|(entry, x)| *entry += residual * x);
        }
        (loss, gradient)
    }

    /// An upper bound on the largest eigenvalue of the Hessian: `v` moves by at most
    /// `sqrt(||W_1||^2 + ||w_2||^2)` times a move of the weights, and its second-order part adds `|dL/dv|`.
    fn smoothness(&self, data: &Data) -> f64 {
        let (first, second) = self.squares();
        let gradient = self.loss(data).1;
        let trace = data.inputs.iter().map(|x| dot(x, x)).sum::<f64>() / N_SAMPLES as f64;
        trace * (first + second) + dot(&gradient, &gradient).sqrt()
    }

    fn step(&mut self, data: &Data, eta: f64, decay: f64) {
        let gradient = self.loss(data).1;
        for (row, weight) in self.first.iter_mut().zip(&mut self.second) {
            let moved = *weight - eta * dot(row, &gradient);
            for (entry, g) in row.iter_mut().zip(&gradient) {
                *entry -= eta * (*weight * g + decay * *entry);
            }
            *weight = moved;
        }
    }
}

/// What one training run left.
struct Trained {
    /// How far the balance moved.
    drift: f64,
    /// By how much the loss fell.
    gain: f64,
    /// The largest product of step and smoothness on the way.
    largest_step: f64,
}

/// One run; the same seed gives the same data and start for every step `eta`.
fn train(eta: f64, arm: Arm, seed: Seed) -> Trained {
    let mut rng = seed.rng();
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let teacher: Input = [0.0; N_INPUTS].map(|_| normal());
    let inputs: Vec<Input> = (0..N_SAMPLES).map(|_| [0.0; N_INPUTS].map(|_| normal())).collect();
    let targets = inputs.iter().map(|x| dot(&teacher, x) + 0.1 * normal()).collect();
    let data = Data { inputs, targets };
    let mut network = Network::start(&mut normal);
    let (balance, loss) = (network.balance(), network.loss(&data).0);
    let decay = if arm == Arm::Control { DECAY } else { 0.0 };
    let mut largest_step: f64 = 0.0;
    for _ in 0..(TIME / eta).round() as usize {
        largest_step = largest_step.max(eta * network.smoothness(&data));
        network.step(&data, eta, decay);
    }
    Trained {
        drift: (network.balance() - balance).abs(),
        gain: loss - network.loss(&data).0,
        largest_step,
    }
}

fn order(scope: &Scope) -> Result<Design> {
    let arm = scope.arm;
    let mut design = Design::new();
    // Both steps of a pair start alike: one order per run, and the pairs are independent.
    let orders = design.sample(
        Sample::new(Key::new("pair"), move |seed| {
            let drift = |eta: f64| train(eta, arm, seed).drift;
            Ok((drift(2.0 * ETA) / drift(ETA)).log2())
        })
        .runs(N_RUNS),
    );
    let claimed = Region::around(1.0).within(ORDER_MARGIN);
    design.part("order in eta", claimed, orders.normal_mean(|order| *order)).predicted(1.0);
    Ok(design)
}

fn bound(scope: &Scope) -> Result<Design> {
    let arm = scope.arm;
    let mut design = Design::new();
    let sample = Sample::new(Key::new("run"), move |seed| Ok(train(ETA, arm, seed)));
    let runs = design.sample(sample.runs(N_RUNS));
    design.inequality(
        "largest drift over bound",
        runs.largest(|run| vec![(run.drift / (2.0 * ETA * run.gain), ROUNDING)]),
    );
    design.inequality(
        "premise: 2 eta smoothness",
        runs.largest(|run| vec![(2.0 * run.largest_step, ROUNDING)]),
    );
    Ok(design)
}

/// The claims.
pub fn study() -> Study {
    let breaks = "adds weight decay to the first layer alone";
    let first_order =
        "Gradient descent moves the balance of the layers by the first order of its step.";
    let bounded = "The balance moves by at most twice the step times the fall of the loss.";
    Study::new("Balance of a linear network")
        .claim(Claim::new("balance/order", first_order, order).control(breaks))
        .claim(Claim::new("balance/bound", bounded, bound).kind(Kind::Inequality).control(breaks))
}

fn main() -> ExitCode {
    study_main(&study())
}
