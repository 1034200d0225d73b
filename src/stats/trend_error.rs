//! The errors of a trend, from known or from estimated variances.

use super::Coefficient;
use super::laws::{chi_square_tail, f_tail};
use super::means_by_size::MeansBySize;
use super::trend_fit::{Influence, LogPoint};

/// The variance of a combination of the logarithms.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogScatter {
    /// As if the weights were known.
    plain: f64,
    /// With what their randomness adds; the same for known errors.
    adjusted: f64,
    degrees_of_freedom: f64,
}

impl LogScatter {
    /// Of the combination with the coefficients `row`, by the formulae of [`super::Trend`].
    pub(super) fn of(
        row: &[f64],
        points: &[LogPoint],
        leverages: &[f64],
        ladder: &MeansBySize,
    ) -> Self {
        let (mut plain, mut adjusted, mut spread) = (0.0, 0.0, 0.0);
        for (idx, (share, point)) in row.iter().zip(points).enumerate() {
            let nu = ladder.rungs()[idx].value.degrees_of_freedom;
            let variance = share * share / point.weight;
            plain += variance;
            adjusted += variance * (1.0 + 4.0 * (1.0 - leverages[idx]).max(0.0) / nu);
            spread += variance * variance / nu;
        }
        // Known errors: nothing over which to spread, and infinitely many degrees of freedom.
        LogScatter { plain, adjusted, degrees_of_freedom: plain * plain / spread }
    }

    pub(super) fn coefficient(&self, value: f64, ladder: &MeansBySize) -> Coefficient {
        Coefficient {
            value,
            standard_error: self.adjusted.sqrt(),
            degrees_of_freedom: self.degrees_of_freedom,
            n_samples: ladder.n_samples(),
        }
    }

    /// The variance over that for known weights.
    pub(super) fn inflation(&self) -> f64 {
        self.adjusted / self.plain
    }
}

/// The p-value of the weighted sum of squares, by Johansen's approximation `c F(f, f')` with
/// `A = sum_i (1 - h_i)^2 / nu_i`, `c = f + 2 A - 6 A / (f + 2)` and `f' = f (f + 2) / (3 A)`; for known
/// errors that is chi-square with `f` degrees of freedom.
pub(super) fn goodness(
    chi_square: f64,
    influence: &Influence,
    ladder: &MeansBySize,
) -> Option<f64> {
    let n_free = ladder.rungs().len().saturating_sub(influence.rows.len());
    if n_free == 0 {
        return None;
    }
    let free = n_free as f64;
    let shares = influence.leverages.iter().zip(ladder.rungs());
    let randomness: f64 = shares
        .map(|(leverage, rung)| (1.0 - leverage).powi(2) / rung.value.degrees_of_freedom)
        .sum();
    if randomness == 0.0 {
        return Some(chi_square_tail(chi_square, free));
    }
    let scale = free + 2.0 * randomness - 6.0 * randomness / (free + 2.0);
    let denominator = free * (free + 2.0) / (3.0 * randomness);
    Some(f_tail(chi_square / scale, free, denominator))
}
