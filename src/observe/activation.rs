//! Activation frequencies on fresh samples.

use crate::data::{Batch, Population, Shift};
use crate::error::Result;
use crate::seed::Seed;
use crate::setting::{Label, Setting};

/// How often a neuron of feature coordinates `weights` is active on fresh samples of one class: the
/// number of active ones, and of samples of that class among `n_samples` drawn.
///
/// # Errors
/// If a latent law cannot be sampled.
pub fn activation_count(
    setting: &Setting,
    weights: &[f64],
    label: Label,
    n_samples: usize,
    seed: Seed,
) -> Result<(usize, usize)> {
    let population = Population::new(setting)?;
    let (mut n_active, mut n_of_class) = (0, 0);
    for block in 0..n_samples.div_ceil(BLOCK) {
        let n_block = BLOCK.min(n_samples - block * BLOCK);
        let batch: Batch<f64> = population.draw(n_block, Shift::InDistribution, seed.index(block));
        for i in (0..n_block).filter(|&i| batch.labels[i] == label.sign()) {
            let row = batch.features.row(i);
            let preactivation: f64 = row.iter().zip(weights).map(|(s, u)| s * u).sum();
            n_of_class += 1;
            n_active += usize::from(preactivation >= 0.0);
        }
    }
    Ok((n_active, n_of_class))
}

/// Samples drawn at a time, to bound the memory.
const BLOCK: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neuron_that_sees_only_the_core_is_active_on_its_class_only() {
        let setting = Setting::theorem(2);
        let count =
            |label| activation_count(&setting, &[1.0, 0.0], label, 20_000, Seed::root(1)).unwrap();
        let (active, positive) = count(Label::Positive);
        assert_eq!(active, positive);
        let (active, negative) = count(Label::Negative);
        assert_eq!((active, positive + negative), (0, 20_000));
    }
}
