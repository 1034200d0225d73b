//! How rarely a neuron of the initial set is inactive on its own class, once the start is forgotten.

use super::activation::signed_coefficients;
use super::fixed_point::Moments;
use crate::setting::{Label, Parameters};

/// The constant of `T0 = 16 m / (eta sqrt d)`, in the theorem's time `tau = 16 d0 / sqrt d`: by then the
/// drift is at least twice the start (`theory/asymmetry/own-class.md`, step 1).
pub const START_FORGOTTEN: f64 = 16.0;

/// The claim's bound on `P(<w, x> < 0 | own class)` for neurons of the initial set from `T0` on:
/// `exp(-(2/3) (E_C + E_B))`.
///
/// The pre-activation is a sum of independent terms in intervals of length `|u_j|`, so by Hoeffding it
/// is negative with probability at most `exp(-2 M^2 / |u|^2)`, and `M = cos(angle) |mu| |u|`. So much is
/// rigorous. That the squared cosine is at least 1/3 once the drift is twice the start is an argument
/// for equal energies, and is what the claim checks neuron by neuron. It falls faster than the paper's
/// `O(d0^{-1/2})`: `sqrt(d0)` times it is at most 0.28 from `d0 = 16` on for uniform latents.
///
/// # Source
/// Hoeffding, JASA 58, 1963; `theory/asymmetry/own-class.md`.
pub fn own_class_inactivity(setting: &Parameters) -> f64 {
    let moments = Moments::of(setting);
    (-(2.0 / 3.0) * (moments.core_energy + moments.background_energy)).exp()
}

/// An upper bound on `P(<w, x> < 0 | y)` for the very weights of one neuron: `exp(-2 M_y^2 / |u|^2)`, or
/// 1 where the mean pre-activation `M_y` is not positive.
///
/// # Source
/// Hoeffding, JASA 58, 1963, theorem 2.
pub fn hoeffding_inactivity(setting: &Parameters, weights: &[f64], label: Label) -> f64 {
    let coefficients = signed_coefficients(weights, setting.n_core, label);
    let terms = coefficients.iter().zip(&setting.latents);
    let mean: f64 = terms.map(|(c, latent)| c * latent.mean()).sum();
    let squares: f64 = coefficients.iter().map(|c| c * c).sum();
    if mean <= 0.0 { 1.0 } else { libm::exp(-2.0 * mean * mean / squares) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Setting;

    #[test]
    fn bound_is_below_the_papers_rate_on_the_whole_ladder() {
        for n_features in [16, 32, 64, 128, 256] {
            let bound = own_class_inactivity(&Setting::theorem(n_features));
            // E_C + E_B = d0 / 4.
            assert!((bound.ln() + n_features as f64 / 6.0).abs() < 1e-12);
            assert!(bound * (n_features as f64).sqrt() <= 0.28);
        }
    }
}
