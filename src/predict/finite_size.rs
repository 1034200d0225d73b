//! Up to what a sharp law is meant at finite size.

use crate::setting::Setting;

/// An eighteenth of the constant that is proved; a free choice.
const CONSTANT: f64 = 0.04;

/// How far a probability or a risk may lie from its sharp law: `0.04 / sqrt d0`, which has the rate of Berry
/// and Esseen (`theory/notation.md`, section 9).
pub fn finite_size_margin(setting: &Setting) -> f64 {
    CONSTANT / (setting.n_features() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_times_the_features_halve_the_margin() {
        assert_eq!(finite_size_margin(&Setting::theorem(16)), 0.01);
        assert_eq!(finite_size_margin(&Setting::theorem(64)), 0.005);
    }
}
