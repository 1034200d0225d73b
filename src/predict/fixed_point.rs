//! The sharp contamination law: the other class's activation probability reproduces itself.
//!
//! After the start is forgotten a neuron is always active on its own class and with probability `P` on
//! the other. Its core coordinates then grow like `mu_j (1 + P) / 2`, its background ones like
//! `mu_j (1 - P) / 2`, and in the limit of many features
//!
//! `P = Phi((E_B (1 - P) - E_C (1 + P)) / sqrt(F_C (1 + P)^2 + F_B (1 - P)^2))`.

use super::{normal_cdf, normal_density};
use crate::error::{Error, Result};
use crate::setting::{Latent, Parameters};

/// Energies of the core and of the background.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// `E_C`, the sum of `mu_j^2` over the core.
    pub core_energy: f64,
    /// `E_B`, the sum of `mu_j^2` over the background.
    pub background_energy: f64,
    /// `F_C`, the sum of `sigma_j^2 mu_j^2` over the core.
    pub core_spread: f64,
    /// `F_B`, the sum of `sigma_j^2 mu_j^2` over the background.
    pub background_spread: f64,
}

impl Moments {
    /// The energies of a list of latents, of which the first `n_core` are core.
    pub fn new(latents: &[Latent], n_core: usize) -> Self {
        let (core, background) = latents.split_at(n_core);
        let energy = |part: &[Latent]| part.iter().map(|z| z.mean().powi(2)).sum();
        let spread = |part: &[Latent]| part.iter().map(|z| z.variance() * z.mean().powi(2)).sum();
        Moments {
            core_energy: energy(core),
            background_energy: energy(background),
            core_spread: spread(core),
            background_spread: spread(background),
        }
    }

    /// The energies of a setting.
    pub fn of(setting: &Parameters) -> Self {
        Self::new(&setting.latents, setting.n_core)
    }

    /// The background's share of the energy, `beta = E_B / (E_C + E_B)`.
    pub fn background_share(&self) -> f64 {
        self.background_energy / (self.core_energy + self.background_energy)
    }

    /// The same features with another share of the energy in the background, if all have one law.
    pub fn with_background_share(&self, share: f64) -> Self {
        let energy = self.core_energy + self.background_energy;
        let spread = self.core_spread + self.background_spread;
        Moments {
            core_energy: (1.0 - share) * energy,
            background_energy: share * energy,
            core_spread: (1.0 - share) * spread,
            background_spread: share * spread,
        }
    }

    /// Standard deviation of the pre-activation in the units of its mean.
    fn spread(&self, p: f64) -> f64 {
        (self.core_spread * (1.0 + p).powi(2) + self.background_spread * (1.0 - p).powi(2)).sqrt()
    }

    /// The standardised mean pre-activation on the other class.
    pub(super) fn other_class_mean(&self, p: f64) -> f64 {
        (self.background_energy * (1.0 - p) - self.core_energy * (1.0 + p)) / self.spread(p)
    }
}

/// `E_C + E_B` over its value for uniform latents, `d0 / 4`: the rate at which margins grow, so that a
/// time of the theorem is divided by it (`theory/notation.md`, section 1).
pub fn relative_energy(setting: &Parameters) -> f64 {
    let moments = Moments::of(setting);
    4.0 * (moments.core_energy + moments.background_energy) / setting.n_features() as f64
}

/// Refuses a setting in which nothing is learned: the law then says nothing.
pub(super) fn check_core(core_energy: f64) -> Result<()> {
    if core_energy > 0.0 {
        return Ok(());
    }
    Err(Error::out_of_range(
        "number of core features",
        0,
        "at least 1",
        "the fixed point needs a core that carries the label",
    ))
}

/// The probability `p` that the right side of a fixed-point equation reproduces. At 0 the right side is above
/// the left, at 1 below. Bisects until no number lies between: a small one keeps its relative accuracy.
pub(super) fn self_reproducing(right_side: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return high;
        }
        if right_side(middle) > middle {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The solution of the fixed-point equation and what follows from it.
///
/// ```
/// use feature_contamination::predict::{FixedPoint, Moments, normal_cdf};
/// use feature_contamination::setting::Setting;
///
/// // Eight core and eight background features, uniform: E = 8 / 4 and F = 8 / 48 on either side.
/// let law = FixedPoint::solve(&Moments::of(&Setting::theorem(16)))?;
/// let p = law.other_class_activation;
/// let spread = ((1.0 + p).powi(2) / 6.0 + (1.0 - p).powi(2) / 6.0).sqrt();
/// assert!((normal_cdf(-4.0 * p / spread) - p).abs() < 1e-9);
/// assert!((law.ratio - (1.0 - p) / (1.0 + p)).abs() < 1e-12);
/// assert_eq!(law.limit_ood_risk, 1.0);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedPoint {
    /// `P`, the probability that a neuron is active on the other class.
    pub other_class_activation: f64,
    /// Background over core learned, `(E_B / E_C) (1 - P) / (1 + P)`.
    pub ratio: f64,
    /// The standardised mean pre-activation on the own class.
    pub own_class_mean: f64,
    /// The hinge risk out of distribution when the mean margin in distribution is 1, in the limit of
    /// many features: `min(1, 2 beta)`.
    pub limit_ood_risk: f64,
    /// The same at this number of features, see [`FixedPoint::ood_risk`].
    pub finite_ood_risk: f64,
    /// The share of the own neurons' margin that neurons of the other class take away.
    pub leakage: f64,
    /// `E[margin out of distribution] / E[margin in distribution]` at this number of features.
    margin_ratio: f64,
}

impl FixedPoint {
    /// Solves the equation.
    ///
    /// # Errors
    /// If there is no core feature: then nothing is learned and the law says nothing.
    pub fn solve(moments: &Moments) -> Result<Self> {
        check_core(moments.core_energy)?;
        let right_side = |p: f64| normal_cdf(moments.other_class_mean(p));
        Ok(Self::at(moments, self_reproducing(right_side)))
    }

    fn at(moments: &Moments, p: f64) -> Self {
        let total = moments.core_energy * (1.0 + p) + moments.background_energy * (1.0 - p);
        let spread = moments.spread(p);
        let gap = -moments.other_class_mean(p);
        // Mean of a rectified normal pre-activation of standardised mean g: spread (g Phi(g) + phi(g)).
        let rectified = |g: f64| spread * (g * normal_cdf(g) + normal_density(g));
        let margin_ratio = rectified(gap) / (total - rectified(-gap));
        FixedPoint {
            other_class_activation: p,
            ratio: moments.background_energy / moments.core_energy * (1.0 - p) / (1.0 + p),
            own_class_mean: total / spread,
            limit_ood_risk: (2.0 * moments.background_share()).min(1.0),
            finite_ood_risk: 1.0 - margin_ratio,
            leakage: rectified(-gap) / total,
            margin_ratio,
        }
    }

    /// The hinge risk out of distribution when the mean margin in distribution is `mean_margin`.
    ///
    /// Out of distribution the background part of a pre-activation changes its sign: a neuron of the
    /// own class then sees what a neuron of the other class saw, turned around, and one of the other
    /// class is inactive. The margin is the mean of that rectified normal variable, and the hinge is
    /// linear there.
    pub fn ood_risk(&self, mean_margin: f64) -> f64 {
        1.0 - self.margin_ratio * mean_margin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solve(n_core: usize, n_features: usize) -> FixedPoint {
        FixedPoint::solve(&Moments::new(&vec![Latent::Uniform; n_features], n_core)).unwrap()
    }

    #[test]
    fn equal_split_solves_the_reduced_equation() {
        for n_features in [16, 64, 256, 1 << 20] {
            let p = solve(n_features / 2, n_features).other_class_activation;
            // P = Phi(-(mu/sigma) sqrt(d0) P / sqrt(1 + P^2)), mu/sigma = sqrt 3.
            let reduced = normal_cdf(-(3.0 * n_features as f64).sqrt() * p / (1.0 + p * p).sqrt());
            assert!((p - reduced).abs() < 1e-12, "{n_features}: {p} {reduced}");
        }
    }

    #[test]
    fn beyond_half_the_energy_the_activation_tends_to_twice_the_share_minus_one() {
        let fixed_point = solve(1 << 18, 1 << 20);
        assert!((fixed_point.other_class_activation - 0.5).abs() < 1e-3);
        assert_eq!(fixed_point.limit_ood_risk, 1.0);
        let below = solve(3 << 18, 1 << 20);
        assert!(below.other_class_activation < 1e-100);
        assert_eq!(below.limit_ood_risk, 0.5);
    }

    #[test]
    fn finite_risk_tends_to_its_limit() {
        for n_core in [1 << 18, 3 << 18] {
            let fixed_point = solve(n_core, 1 << 20);
            let difference = fixed_point.finite_ood_risk - fixed_point.limit_ood_risk;
            assert!(difference.abs() < 2e-3, "{fixed_point:?}");
        }
    }

    #[test]
    fn a_pure_core_has_no_background_to_learn() {
        let fixed_point = solve(64, 64);
        assert_eq!(fixed_point.ratio, 0.0);
        assert!(fixed_point.other_class_activation < 1e-10);
    }

    #[test]
    fn no_core_is_refused() {
        let moments = Moments::new(&[Latent::Uniform; 4], 0);
        assert!(FixedPoint::solve(&moments).is_err());
    }
}
