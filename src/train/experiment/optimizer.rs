//! The update rules of PyTorch's SGD, Adam and AdamW, with their defaults.

use faer::Mat;

use crate::linalg::Real;
use crate::network::Layer;
use crate::setting::{Description, Optimizer};

/// PyTorch's defaults for Adam: the shares of the two moments that are kept, and the term that keeps the
/// divisor from 0.
const FIRST_MOMENT_SHARE: f64 = 0.9;
const SECOND_MOMENT_SHARE: f64 = 0.999;
const DIVISOR_FLOOR: f64 = 1e-8;

/// An optimizer with its state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stepper<T: Real> {
    rule: Optimizer,
    learning_rate: f64,
    weight_decay: f64,
    n_steps_done: usize,
    /// Velocities of SGD, or first moments of Adam: one matrix per layer that is trained, none before
    /// the first step.
    pub(super) first: Vec<Mat<T>>,
    /// Second moments of Adam.
    pub(super) second: Vec<Mat<T>>,
}

impl<T: Real> Stepper<T> {
    pub fn new(description: &Description) -> Self {
        Stepper {
            rule: description.optimizer,
            learning_rate: description.learning_rate,
            weight_decay: description.weight_decay,
            n_steps_done: 0,
            first: Vec::new(),
            second: Vec::new(),
        }
    }

    /// The state after some steps.
    pub fn resumed(mut self, n_steps_done: usize, first: Vec<Mat<T>>, second: Vec<Mat<T>>) -> Self {
        (self.n_steps_done, self.first, self.second) = (n_steps_done, first, second);
        self
    }

    /// How many matrices the two parts of the state have per layer that is trained.
    pub fn n_moments(rule: Optimizer) -> (usize, usize) {
        match rule {
            Optimizer::Sgd { momentum: 0.0 } => (0, 0),
            Optimizer::Sgd { .. } => (1, 0),
            Optimizer::Adam | Optimizer::AdamW => (1, 1),
        }
    }

    /// Moves the layers that are trained, which come first, against their gradients.
    pub fn step(&mut self, layers: &mut [Layer<T>], gradient: &[Mat<T>]) {
        self.n_steps_done += 1;
        match self.rule {
            Optimizer::Sgd { momentum } => self.step_sgd(momentum, layers, gradient),
            Optimizer::Adam => self.step_adam(layers, gradient, false),
            Optimizer::AdamW => self.step_adam(layers, gradient, true),
        }
    }

    fn step_sgd(&mut self, momentum: f64, layers: &mut [Layer<T>], gradient: &[Mat<T>]) {
        let [decay, minus_rate, kept] =
            [self.weight_decay, -self.learning_rate, momentum].map(T::from_f64);
        // The velocity starts as the first gradient.
        let is_first = self.n_steps_done == 1;
        if is_first && momentum != 0.0 {
            self.first = zeros_like(gradient);
        }
        for (l, (layer, gradient)) in layers.iter_mut().zip(gradient).enumerate() {
            for j in 0..gradient.ncols() {
                let weights = layer.weights.col_as_slice_mut(j).iter_mut();
                let slopes = weights.zip(gradient.col_as_slice(j));
                if momentum == 0.0 {
                    slopes.for_each(|(w, &g)| *w += minus_rate * (g + decay * *w));
                    continue;
                }
                let velocities = self.first[l].col_as_slice_mut(j).iter_mut();
                for ((w, &g), velocity) in slopes.zip(velocities) {
                    let slope = g + decay * *w;
                    *velocity = if is_first { slope } else { kept * *velocity + slope };
                    *w += minus_rate * *velocity;
                }
            }
        }
    }

    fn step_adam(&mut self, layers: &mut [Layer<T>], gradient: &[Mat<T>], is_decoupled: bool) {
        if self.first.is_empty() {
            self.first = zeros_like(gradient);
            self.second = zeros_like(gradient);
        }
        let rule = AdamStep::<T>::new(
            (self.learning_rate, self.weight_decay),
            is_decoupled,
            self.n_steps_done,
        );
        for (l, (layer, gradient)) in layers.iter_mut().zip(gradient).enumerate() {
            for j in 0..gradient.ncols() {
                rule.apply(
                    layer.weights.col_as_slice_mut(j),
                    gradient.col_as_slice(j),
                    self.first[l].col_as_slice_mut(j),
                    self.second[l].col_as_slice_mut(j),
                );
            }
        }
    }
}

/// The numbers of one step of Adam.
struct AdamStep<T> {
    shrinkage: T,
    coupled_decay: T,
    first_part: T,
    second_share: T,
    second_part: T,
    correction_root: T,
    floor: T,
    minus_step: T,
}

impl<T: Real> AdamStep<T> {
    fn new((rate, decay): (f64, f64), is_decoupled: bool, n_steps: usize) -> Self {
        let n_steps = n_steps as f64;
        let correction = |share: f64| 1.0 - share.powf(n_steps);
        let (outside, inside) = if is_decoupled { (decay, 0.0) } else { (0.0, decay) };
        AdamStep {
            shrinkage: T::from_f64(1.0 - rate * outside),
            coupled_decay: T::from_f64(inside),
            first_part: T::from_f64(1.0 - FIRST_MOMENT_SHARE),
            second_share: T::from_f64(SECOND_MOMENT_SHARE),
            second_part: T::from_f64(1.0 - SECOND_MOMENT_SHARE),
            correction_root: T::from_f64(correction(SECOND_MOMENT_SHARE).sqrt()),
            floor: T::from_f64(DIVISOR_FLOOR),
            minus_step: T::from_f64(-rate / correction(FIRST_MOMENT_SHARE)),
        }
    }

    fn apply(&self, weights: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T]) {
        let moments = first.iter_mut().zip(second);
        for ((w, &g), (first, second)) in weights.iter_mut().zip(gradient).zip(moments) {
            *w *= self.shrinkage;
            let slope = g + self.coupled_decay * *w;
            *first += self.first_part * (slope - *first);
            *second = self.second_share * *second + self.second_part * slope * slope;
            let divisor = second.square_root() / self.correction_root + self.floor;
            *w += self.minus_step * *first / divisor;
        }
    }
}

fn zeros_like<T: Real>(gradient: &[Mat<T>]) -> Vec<Mat<T>> {
    gradient.iter().map(|matrix| Mat::zeros(matrix.nrows(), matrix.ncols())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gradient of weight `idx` in step `t`: any numbers do, of both signs.
    fn slope(idx: usize, t: usize) -> f64 {
        ((3 * idx + 1) as f64 * (t as f64 + 0.5)).sin() * 0.3
    }

    /// One weight after some steps, by the textbook.
    fn expected(of: &Description, mut w: f64, idx: usize, n_steps: usize) -> f64 {
        let (eta, lambda) = (of.learning_rate, of.weight_decay);
        let (mut m, mut v) = (0.0_f64, 0.0_f64);
        for t in 1..=n_steps {
            let mut g = slope(idx, t);
            match of.optimizer {
                Optimizer::Sgd { momentum } => {
                    g += lambda * w;
                    m = momentum * m + g;
                    w -= eta * m;
                    continue;
                }
                Optimizer::Adam => g += lambda * w,
                Optimizer::AdamW => w -= eta * lambda * w,
            }
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            let m_hat = m / (1.0 - 0.9_f64.powi(t as i32));
            let v_hat = v / (1.0 - 0.999_f64.powi(t as i32));
            w -= eta * m_hat / (v_hat.sqrt() + 1e-8);
        }
        w
    }

    #[track_caller]
    fn check(optimizer: Optimizer, tolerance: f64) {
        let mut description = Description::toy_default(1);
        (description.optimizer, description.learning_rate) = (optimizer, 0.05);
        description.weight_decay = 0.2;
        let start = Mat::from_fn(2, 3, |i, j| 1.0 - 0.4 * (i + 2 * j) as f64);
        let mut layers = vec![Layer { weights: start.clone(), has_bias: true }];
        let mut stepper = Stepper::<f64>::new(&description);
        for t in 1..=25 {
            stepper.step(&mut layers, &[Mat::from_fn(2, 3, |i, j| slope(i + 2 * j, t))]);
            for (i, j) in (0..2).flat_map(|i| (0..3).map(move |j| (i, j))) {
                let expected = expected(&description, start[(i, j)], i + 2 * j, t);
                let difference = (layers[0].weights[(i, j)] - expected).abs();
                assert!(difference < tolerance, "{optimizer:?} {t} {i} {j}: {difference:e}");
            }
        }
    }

    #[test]
    fn every_optimizer_steps_by_the_textbook() {
        // Some ten roundings in each of 25 steps, on weights of size 1.
        let tolerance = 250.0 * f64::EPSILON;
        check(Optimizer::Sgd { momentum: 0.0 }, tolerance);
        check(Optimizer::Sgd { momentum: 0.9 }, tolerance);
        // The second moment starts small: its relative error is carried by a quotient of size 1.
        check(Optimizer::Adam, 2.0 * tolerance);
        check(Optimizer::AdamW, 2.0 * tolerance);
    }
}
