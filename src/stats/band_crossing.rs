//! The exact probability that an empirical distribution function leaves the band about its law.
//!
//! In units of one expected sample, the number of uniform samples below `s` is a Poisson process of rate
//! 1 on `[0, n]`, given that it ends at `n`. It leaves the band `|N(s) - s| < t` above exactly if `N >= j`
//! at `s = j - t`, and below exactly if `N <= j` at `s = j + t`, for a whole `j`. These are two checks per
//! unit, Pomeranz's grid. The probability of each first crossing is added up: a sum of positive terms,
//! so a small probability comes out with all its digits, where one minus its complement would not.
//!
//! # Source
//! Pomeranz, *Exact cumulative distribution of the Kolmogorov-Smirnov statistic for small samples*
//! (Algorithm 487), Comm. ACM 17, 1974, for the grid; first crossings in place of the complement are ours.

use super::deviance::poisson_probability;
use crate::linalg::CompensatedSum;

/// Jumps over one step (of mean at most 1) that are rarer than this are left out. Against the least
/// probability asked for (about 1e-4) and the weight of the end (about `sqrt(n)`) they are nothing.
const RAREST_JUMP: f64 = 1e-26;

/// `P(D_n >= t / n)`, in time of the order of `n t`. Relative error of a few `n` roundings.
pub(super) fn band_crossing_probability(n_samples: usize, t: f64) -> f64 {
    if t <= 0.5 {
        // A jump of one sample is as high as the band.
        return 1.0;
    }
    let mut walk = BandWalk::new(n_samples, t);
    let part = t - t.floor();
    let up_comes_last = part <= 0.5;
    let near = part.min(1.0 - part);
    let (start, between_units, within_unit) =
        (jump_weights(near), jump_weights(2.0 * near), jump_weights(1.0 - 2.0 * near));
    for unit in 0..n_samples {
        let early = unit as f64 + near;
        let late = (unit + 1) as f64 - near;
        walk.advance(if unit == 0 { &start } else { &between_units });
        if up_comes_last {
            walk.check_above(unit, early);
            walk.check_below(unit, early);
            walk.advance(&within_unit);
            walk.check_above(unit, late);
        } else {
            walk.check_above(unit, early);
            walk.advance(&within_unit);
            // The next check above is that of the next unit.
            walk.check_above(unit + 1, late);
            walk.check_below(unit, late);
        }
    }
    walk.crossed.value().min(1.0)
}

/// Poisson probabilities of 0, 1, 2, ... jumps, as far as they matter.
fn jump_weights(mean: f64) -> Vec<f64> {
    let mut weights = vec![(-mean).exp()];
    let mut next = weights[0] * mean;
    while next > RAREST_JUMP {
        weights.push(next);
        next *= mean / weights.len() as f64;
    }
    weights
}

/// The process inside the band.
struct BandWalk {
    n_samples: usize,
    /// The whole part of the half-width of the band.
    whole: usize,
    /// The lowest count that is inside the band.
    lowest: usize,
    /// The probability of each count from `lowest` on, without a crossing so far.
    inside: Vec<f64>,
    spare: Vec<f64>,
    /// The probability that the process ends at `n_samples`.
    end: f64,
    crossed: CompensatedSum,
}

impl BandWalk {
    fn new(n_samples: usize, t: f64) -> Self {
        BandWalk {
            n_samples,
            whole: t.floor() as usize,
            lowest: 0,
            inside: vec![1.0],
            spare: Vec::new(),
            end: poisson_probability(n_samples, 0.0),
            crossed: CompensatedSum::default(),
        }
    }

    /// Lets the process run for one step.
    fn advance(&mut self, weights: &[f64]) {
        let n_inside = self.inside.len();
        self.spare.clear();
        self.spare.resize(n_inside + weights.len() - 1, 0.0);
        for (jump, weight) in weights.iter().enumerate() {
            let landed = &mut self.spare[jump..jump + n_inside];
            landed.iter_mut().zip(&self.inside).for_each(|(to, from)| *to += weight * from);
        }
        std::mem::swap(&mut self.inside, &mut self.spare);
    }

    /// Takes out what has crossed above, or must have by the time of this unit's check: a count never
    /// falls. Counts beyond `n_samples` cannot end there and only go.
    fn check_above(&mut self, unit: usize, now: f64) {
        let beyond = (self.whole + unit).min(self.n_samples) + 1;
        let keep = beyond.saturating_sub(self.lowest);
        if keep >= self.inside.len() {
            return;
        }
        if beyond <= self.n_samples {
            let remaining = self.n_samples as f64 - now;
            let mut ending = poisson_probability(self.n_samples - beyond, beyond as f64 - now);
            let mut sum = 0.0;
            for (count, probability) in (beyond..=self.n_samples).zip(&self.inside[keep..]) {
                sum += probability * ending;
                ending *= (self.n_samples - count) as f64 / remaining;
            }
            self.crossed.add(sum / self.end);
        }
        self.inside.truncate(keep);
    }

    /// Takes out the one count that lies below the band from now on.
    fn check_below(&mut self, unit: usize, now: f64) {
        let Some(count) = unit.checked_sub(self.whole) else { return };
        if count < self.lowest || self.inside.is_empty() {
            return;
        }
        let ending = poisson_probability(self.n_samples - count, count as f64 - now);
        self.crossed.add(self.inside.remove(0) * ending / self.end);
        self.lowest = count + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survival(n: usize, d: f64) -> f64 {
        band_crossing_probability(n, n as f64 * d)
    }

    #[test]
    fn one_and_two_samples_by_hand() {
        for d in [0.5, 0.6, 0.75, 0.999] {
            assert!((survival(1, d) - 2.0 * (1.0 - d)).abs() < 1e-15, "{d}");
        }
        // Two samples: the complement is 2 (2 d - 1/2)^2 for 1/4 <= d <= 1/2 and 1 - 2 (1-d)^2 beyond.
        for d in [0.25_f64, 0.3, 0.4, 0.5] {
            let expected = 1.0 - 2.0 * (2.0 * d - 0.5).powi(2);
            assert!((survival(2, d) - expected).abs() < 1e-15, "{d}");
        }
        for d in [0.5_f64, 0.6, 0.9] {
            assert!((survival(2, d) - 2.0 * (1.0 - d).powi(2)).abs() < 1e-15, "{d}");
        }
    }

    #[test]
    fn the_end_near_the_least_distance_has_a_closed_form() {
        // P(D_n <= d) = n! / n^n (2 n d - 1)^n for 1/(2n) <= d <= 1/n (Ruben and Gambino 1982).
        for n in [3_usize, 10, 30] {
            for t in [0.6_f64, 0.8, 0.95, 1.0] {
                let n_factorial: f64 = (1..=n).map(|i| i as f64 / n as f64).product();
                let expected = 1.0 - n_factorial * (2.0 * t - 1.0).powi(n as i32);
                assert!((band_crossing_probability(n, t) - expected).abs() < 1e-13, "{n} {t}");
            }
        }
    }

    #[test]
    fn what_crosses_and_what_stays_add_up_to_one() {
        for (n, t) in [(7, 1.3), (50, 4.5), (50, 4.0), (200, 11.7), (1000, 25.2)] {
            let mut walk = BandWalk::new(n, t);
            let crossed = band_crossing_probability(n, t);
            // Durbin's recursion by whole units when t is whole is the same walk; here: the walk again,
            // without its sum.
            let part: f64 = t - t.floor();
            let near = part.min(1.0 - part);
            for unit in 0..n {
                walk.advance(&jump_weights(if unit == 0 { near } else { 2.0 * near }));
                walk.check_above(unit, unit as f64 + near);
                if part <= 0.5 {
                    walk.check_below(unit, unit as f64 + near);
                }
                walk.advance(&jump_weights(1.0 - 2.0 * near));
                let late = (unit + 1) as f64 - near;
                walk.check_above(if part <= 0.5 { unit } else { unit + 1 }, late);
                if part > 0.5 {
                    walk.check_below(unit, late);
                }
            }
            walk.advance(&jump_weights(near));
            let stayed = walk.inside.get(n - walk.lowest).copied().unwrap_or(0.0) / walk.end;
            assert!((stayed + crossed - 1.0).abs() < 1e-12, "{n} {t}: {stayed} {crossed}");
        }
    }
}
