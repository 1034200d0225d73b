//! The share of neurons that start in the initial set, exactly.
//!
//! With equal moments `r_y = (mu/sigma) (y sum_C g_j + sum_B g_j)` with `g = u/|u|` uniform on the sphere.
//! The two unit vectors `1_C / sqrt(d_c)` and `1_B / sqrt(d_b)` are orthogonal, and the two coordinates of
//! `g` along them have the density `(n / pi) (1 - x^2 - z^2)^{n - 1}` on the disc, `n = (d0 - 2) / 2`. The
//! set `r_y >= c0, r_-y <= -c0` is the wedge `sqrt(d_c) y x >= c0 sigma/mu + sqrt(d_b) |z|`. In polar
//! coordinates the radius integrates to a power, and with `w` the tangent of the angle what is left is
//!
//! `p = (1/pi) int_{w0}^{w1} (1 - t^2 (1 + w^2))^n / (1 + w^2) dw`,
//!
//! `t = c0 sigma / (mu sqrt d0)`, `w0 = sqrt(d_b / d_c)`, `w1 = sqrt(1/t^2 - 1)`: see
//! `theory/neurons/initial-sets.md`. No quadrature is needed. With `q(w) = 1 - t^2 (1 + w^2)`,
//! `J_k = int q^k dw` and `I_k = int q^k / (1 + w^2) dw`, integration by parts gives
//!
//! `J_{k+1} = ((2k + 2) (1 - t^2) J_k - w0 q(w0)^{k+1}) / (2k + 3)` and `I_{k+1} = I_k - t^2 J_k`.
//!
//! Both recurrences damp what is wrong before them, so that errors add up and never grow.

use std::f64::consts::PI;

use super::Certified;
use crate::error::{Error, Result};
use crate::linalg::UNIT_ROUNDOFF;
use crate::setting::Parameters;

/// The probability that a neuron whose output weight has the sign of `y` starts in `N_y(0)`, that is with
/// `r_y >= threshold` and `r_-y <= -threshold`. It is the same for both signs, and
/// `E |N_y(0)| / m` is half of it.
///
/// # Errors
/// - latents with different moments: the direction is then not uniform in the coordinates that count;
/// - fewer than two features, or a threshold that is not positive and finite.
///
/// # Source
/// `theory/neurons/initial-sets.md`.
pub fn initial_set_share(setting: &Parameters, threshold: f64) -> Result<Certified> {
    let (n_features, n_core) = (setting.n_features(), setting.n_core);
    check(setting, threshold)?;
    if n_core == 0 {
        // Both class means are the same number.
        return Ok(Certified::new(0.0, 0.0));
    }
    let latent = setting.latents[0];
    let ratio_sq = latent.variance() / (latent.mean() * latent.mean());
    let wedge = Wedge {
        t_sq: threshold * threshold * ratio_sq / n_features as f64,
        edge: ((n_features - n_core) as f64 / n_core as f64).sqrt(),
    };
    Ok(wedge.share(n_features))
}

fn check(setting: &Parameters, threshold: f64) -> Result<()> {
    let first = setting.latents.first();
    let moments = first.map(|latent| (latent.mean(), latent.variance()));
    let differs =
        |latent: &&crate::setting::Latent| Some((latent.mean(), latent.variance())) != moments;
    if let Some(latent) = setting.latents.iter().find(differs) {
        let remedy = "give every feature the same mean and variance";
        return Err(Error::out_of_range("latent law", latent, "of equal moments", remedy));
    }
    if setting.n_features() < 2 {
        let remedy = "give a core and a background feature";
        let n_features = setting.n_features();
        return Err(Error::out_of_range("number of features", n_features, "at least 2", remedy));
    }
    if !(threshold > 0.0 && threshold.is_finite()) {
        let remedy = "give the constant c0 of the initial set";
        return Err(Error::out_of_range("threshold", threshold, "positive and finite", remedy));
    }
    Ok(())
}

/// Relative error of `t^2`, and absolute one of `1 - t^2` and of `q(w0)`, in units of roundoff: eight
/// operations on exact numbers (the moments themselves are rounded in up to three), and one or two more.
const INPUT_ERROR: f64 = 12.0 * UNIT_ROUNDOFF;

/// The wedge in the disc, by `t^2` and `w0`.
struct Wedge {
    t_sq: f64,
    edge: f64,
}

impl Wedge {
    /// `q(w0)`: what is left of the squared radius at the edge of the wedge.
    fn edge_power(&self) -> f64 {
        1.0 - self.t_sq * (1.0 + self.edge * self.edge)
    }

    fn share(&self, n_features: usize) -> Certified {
        let q = self.edge_power();
        if q <= 0.0 {
            // The wedge begins outside of the disc (or, by rounding, within `INPUT_ERROR` of its rim, where
            // its share is at most that of the angle, the square root of this).
            let error_bound = if q < -INPUT_ERROR { 0.0 } else { INPUT_ERROR.sqrt() };
            return Certified::new(0.0, error_bound);
        }
        let (mut j, mut i, mut power, mut twice_k) = self.base(n_features.is_multiple_of(2), q);
        while twice_k < n_features - 2 {
            i = Certified::new(
                i.value - self.t_sq * j.value,
                i.error_bound
                    + self.t_sq * (j.error_bound + 2.0 * INPUT_ERROR * j.value)
                    + UNIT_ROUNDOFF * i.value,
            );
            power = Certified::new(
                power.value * q,
                power.error_bound * q + 2.0 * INPUT_ERROR * power.value,
            );
            j = self.next_j(j, power, (twice_k + 2) as f64);
            twice_k += 2;
        }
        Certified::new(i.value / PI, (i.error_bound + 4.0 * UNIT_ROUNDOFF * i.value) / PI)
    }

    /// `J_{k+1}` from `J_k` and `q(w0)^{k+1}`, `weight` being `2k + 2`.
    fn next_j(&self, j: Certified, power: Certified, weight: f64) -> Certified {
        let inner = 1.0 - self.t_sq;
        let (grown, lost) = (weight * inner * j.value, self.edge * power.value);
        let propagated = weight * (inner * j.error_bound + INPUT_ERROR * j.value)
            + self.edge * power.error_bound;
        let rounding = 6.0 * UNIT_ROUNDOFF * (grown + lost);
        Certified::new((grown - lost) / (weight + 1.0), (propagated + rounding) / (weight + 1.0))
    }

    /// `J`, `I` and `q(w0)^k` at the first `k`, and `2k`: 0 for an even number of features, 1 for an odd one,
    /// where the recurrences begin at `k = -1/2` and one step of them is made here.
    ///
    /// An inverse tangent has derivative at most 1 in its argument, and one of two arguments `(a, b)` at most
    /// `1 / |(a, b)|` in each.
    fn base(&self, is_even: bool, q: f64) -> (Certified, Certified, Certified, usize) {
        let t = self.t_sq.sqrt();
        let inner = 1.0 - self.t_sq;
        if is_even {
            let end = inner.sqrt() / t;
            let error = end * INPUT_ERROR * (1.0 / inner + 1.0) + self.edge * INPUT_ERROR;
            let j = Certified::new(end - self.edge, error + UNIT_ROUNDOFF * end);
            let angle = libm::atan(end) - libm::atan(self.edge);
            return (j, Certified::new(angle, error + INPUT_ERROR), Certified::new(1.0, 0.0), 0);
        }
        let (root, root_error) = (q.sqrt(), (INPUT_ERROR / q.sqrt()).min(INPUT_ERROR.sqrt()));
        // |(sqrt q, t w0)|^2 = 1 - t^2 and |(sqrt q, w0)|^2 >= 1 - t^2, because q = 1 - t^2 - t^2 w0^2.
        let angle_error = (root_error + INPUT_ERROR) / inner.sqrt() + INPUT_ERROR;
        let j = libm::atan2(root, t * self.edge) / t;
        let j = Certified::new(j, angle_error / t + INPUT_ERROR * j);
        let i = Certified::new(libm::atan2(root, self.edge), angle_error);
        let next_i = Certified::new(
            i.value - self.t_sq * j.value,
            i.error_bound + self.t_sq * (j.error_bound + 2.0 * INPUT_ERROR * j.value),
        );
        let power = Certified::new(root, root_error + UNIT_ROUNDOFF);
        (self.next_j(j, power, 1.0), next_i, power, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::normal_cdf;
    use crate::setting::{Latent, Setting};

    fn setting(n_features: usize, n_core: usize, latent: Latent) -> Parameters {
        let even = n_features + n_features % 2;
        let full = Setting::theorem(even).with(|p| p.n_core = n_core).unwrap();
        Parameters { latents: vec![latent; n_features], ..(*full).clone() }
    }

    /// The integral over the angle, by the midpoint rule.
    fn by_midpoints(setting: &Parameters, threshold: f64) -> f64 {
        let (d0, d_c) = (setting.n_features() as f64, setting.n_core as f64);
        let latent = setting.latents[0];
        let t = threshold * latent.variance().sqrt() / (latent.mean() * d0.sqrt());
        let (from, to) = (((d0 - d_c) / d_c).sqrt().atan(), t.acos());
        let n_cells = 200_000;
        let cell = (to - from) / f64::from(n_cells);
        let value = |idx: i32| {
            let cosine = (from + (f64::from(idx) + 0.5) * cell).cos();
            (1.0 - (t / cosine).powi(2)).max(0.0).powf(0.5 * d0 - 1.0)
        };
        (0..n_cells).map(value).sum::<f64>() * cell / PI
    }

    #[test]
    fn closed_form_agrees_with_a_quadrature_for_even_and_odd_sizes() {
        let beta = Latent::beta(2.0, 5.0).unwrap();
        for (n_features, n_core) in [(16, 4), (16, 12), (17, 9), (65, 16), (256, 128), (3, 1)] {
            for (latent, threshold) in [(Latent::Uniform, 1.0), (beta, 0.5)] {
                let setting = setting(n_features, n_core, latent);
                let share = initial_set_share(&setting, threshold).unwrap();
                let quadrature = by_midpoints(&setting, threshold);
                assert!((share.value - quadrature).abs() < 1e-8, "{n_features} {n_core}");
                assert!(share.error_bound < 1e-12, "{n_features} {n_core}: {share:?}");
            }
        }
    }

    #[test]
    fn two_features_leave_an_angle() {
        // n = 0: a uniform direction in the plane, p = (arccos t - pi/4) / pi.
        let setting = setting(2, 1, Latent::Uniform);
        let share = initial_set_share(&setting, 1.0).unwrap();
        let t = (1.0_f64 / 6.0).sqrt();
        assert!((share.value - (t.acos() / PI - 0.25)).abs() <= share.error_bound + 1e-16);
        // No direction reaches r = 2 on both sides with two features.
        assert_eq!(initial_set_share(&setting, 2.0).unwrap(), Certified::new(0.0, 0.0));
    }

    #[test]
    fn without_a_background_the_set_is_a_cap_and_without_a_core_empty() {
        // d0 = 2 with all features core: r_y = -r_-y, and the set is the cap C >= t, arccos(t) / pi.
        let all_core = setting(2, 2, Latent::Uniform);
        let share = initial_set_share(&all_core, 1.0).unwrap().value;
        assert!((share - (1.0_f64 / 6.0).sqrt().acos() / PI).abs() < 1e-15);
        assert_eq!(initial_set_share(&setting(4, 0, Latent::Uniform), 1.0).unwrap().value, 0.0);
    }

    #[test]
    fn halves_tend_to_two_independent_normal_tails() {
        let limit = (1.0 - normal_cdf(1.0 / 3.0_f64.sqrt())).powi(2);
        let excess = |n_features: usize| {
            let setting = setting(n_features, n_features / 2, Latent::Uniform);
            initial_set_share(&setting, 1.0).unwrap().value - limit
        };
        // The correction is of order 1/d0.
        assert!(excess(4096).abs() < 2e-5);
        assert!((excess(1024) / excess(4096) - 4.0).abs() < 0.02);
    }

    #[test]
    fn unequal_moments_and_thresholds_that_are_none_are_refused() {
        let mut mixed = setting(4, 2, Latent::Uniform);
        mixed.latents[3] = Latent::bernoulli(0.5).unwrap();
        let fault = initial_set_share(&mixed, 1.0).unwrap_err().to_string();
        assert!(fault.contains("latent law = bernoulli:0.5"), "{fault}");
        for threshold in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(initial_set_share(&setting(4, 2, Latent::Uniform), threshold).is_err());
        }
    }
}
