//! The theorem's own regime: one setting per number of features, with explicit constants.

use super::{Activation, Latent, Parameters, Setting};

/// The constant `c` of the weight decay `lambda = c d0 / m^1.01` in the theorem's regime.
///
/// The decay lets the risk vanish only below the critical `c* = m^0.01 (E_C + E_B) / (4 d0)`, which is
/// about 0.066 for the uniform law on the ladder (`theory/notation.md`, weight decay): 0.01
/// is well below, a free choice.
pub const DECAY_CONSTANT: f64 = 0.01;

/// One hypothesis of the theorems, and whether a setting fulfils it.
#[derive(Debug, Clone, PartialEq)]
pub struct Premise {
    /// The hypothesis with its numbers filled in.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
}

impl Setting {
    /// The theorem's regime at `n_features` features, half of them core:
    /// `d = ceil(d0^2.5)`, `m = 4 d0`, `N = 2 d0`, `eta = d0^(-1/4)`, `lambda = c d0 / m^1.01` with
    /// `c` = [`DECAY_CONSTANT`], ReLU, uniform latents. The number of steps is left at 0.
    ///
    /// # Panics
    /// If `n_features` is not positive and even.
    pub fn theorem(n_features: usize) -> Setting {
        assert!(
            n_features >= 2 && n_features.is_multiple_of(2),
            "the theorem's ladder has an even number of features, at least 2: got {n_features}"
        );
        let width = 4 * n_features;
        Setting(Parameters {
            n_core: n_features / 2,
            ambient_dim: smallest_ambient_dim(n_features),
            latents: vec![Latent::Uniform; n_features],
            background_association: 0.0,
            batch: 2 * n_features,
            width,
            activation: Activation::Relu,
            n_steps: 0,
            learning_rate: largest_learning_rate(n_features),
            weight_decay: decay(DECAY_CONSTANT, n_features, width),
        })
    }

    /// The hypotheses of the theorems on sizes and rates, each with its verdict on this setting.
    pub fn hypotheses(&self) -> Vec<Premise> {
        let (d0, d, m) = (self.n_features(), self.ambient_dim, self.width);
        let row = |holds: bool, text: String| Premise { text, holds };
        vec![
            row(d >= smallest_ambient_dim(d0), format!("d = {d} >= d0^2.5 with d0 = {d0}")),
            row(m >= d0 && m <= d, format!("width m = {m} between d0 = {d0} and d = {d}")),
            row(self.batch >= d0, format!("batch N = {} at least d0 = {d0}", self.batch)),
            row(
                self.learning_rate <= largest_learning_rate(d0),
                format!("eta = {:.4} at most d0^(-1/4)", self.learning_rate),
            ),
            row(
                self.background_association == 0.0,
                "background independent of the label".to_owned(),
            ),
        ]
    }
}

/// The learning rate of the ladder, an inverse polynomial: `d0^(-1/4)`. A step is then `tau = d0^(-1/4) / 4`, at
/// most an eighth of the theorem's unit of time; results do not depend on it (`limit/step-size`).
fn largest_learning_rate(n_features: usize) -> f64 {
    (n_features as f64).sqrt().sqrt().recip()
}

/// The weight decay `lambda = c d0 / m^1.01`.
pub fn decay(constant: f64, n_features: usize, width: usize) -> f64 {
    constant * n_features as f64 / (width as f64).powf(1.01)
}

/// The smallest integer `d` with `d >= d0^2.5`, that is `d^2 >= d0^5`, in exact arithmetic.
fn smallest_ambient_dim(n_features: usize) -> usize {
    let fifth_power = (n_features as u128).pow(5);
    let root = fifth_power.isqrt();
    let ceiling = if root * root < fifth_power { root + 1 } else { root };
    ceiling as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambient_dimension_is_exact_where_the_square_root_is_whole() {
        assert_eq!(smallest_ambient_dim(16), 1 << 10);
        assert_eq!(smallest_ambient_dim(64), 1 << 15);
        assert_eq!(smallest_ambient_dim(256), 1 << 20);
        // 32^2.5 = 5792.6...
        assert_eq!(smallest_ambient_dim(32), 5793);
    }

    #[test]
    fn every_rung_of_the_ladder_is_consistent_and_fulfils_the_hypotheses() {
        for n_features in [16, 32, 64, 128, 256, 512, 1024] {
            let setting = Setting::theorem(n_features);
            assert!(Setting::new((*setting).clone()).is_ok());
            for hypothesis in setting.hypotheses() {
                assert!(hypothesis.holds, "{}", hypothesis.text);
            }
        }
    }

    #[test]
    fn a_setting_outside_the_regime_says_which_hypothesis_fails() {
        let setting = Setting::theorem(64).with(|p| p.ambient_dim = 64).unwrap();
        let failed: Vec<_> = setting.hypotheses().into_iter().filter(|h| !h.holds).collect();
        assert_eq!(failed.len(), 2);
        assert!(failed[0].text.contains("d0^2.5"));
    }
}
