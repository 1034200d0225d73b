//! Many decisions at one error rate: a ledger of shares, and procedures for p-values and e-values.

use crate::error::{Error, Result};

/// The account of a whole run's false alarms: every entry has a share, and the shares add up to no more
/// than the total, so that by the union bound a true entry is refuted anywhere with probability at most
/// the total, whatever the dependence between entries.
///
/// ```
/// use feature_contamination::stats::Ledger;
///
/// let ledger = Ledger::even(0.5, ["a", "b"])?;
/// assert_eq!((ledger.share("a"), ledger.share("c"), ledger.spent()), (0.25, 0.0, 0.5));
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger<'a> {
    total: f64,
    shares: Vec<(&'a str, f64)>,
}

impl<'a> Ledger<'a> {
    /// Equal shares for all names.
    ///
    /// # Errors
    /// A total outside of (0, 1), no name, or one name twice.
    pub fn even(total: f64, names: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let names: Vec<&str> = names.into_iter().collect();
        let share = 1.0 / names.len() as f64;
        Self::of_shares(total, names.into_iter().map(|name| (name, share)))
    }

    /// A declared share of the total for each name.
    ///
    /// # Errors
    /// - a total outside of (0, 1), no name, or one name twice;
    /// - a share that is not positive, or shares that add up to more than 1.
    pub fn of_shares(total: f64, shares: impl IntoIterator<Item = (&'a str, f64)>) -> Result<Self> {
        let shares: Vec<(&str, f64)> = shares.into_iter().collect();
        if !(total > 0.0 && total < 1.0) {
            let remedy = "give the false-alarm rate of the whole run";
            return Err(Error::out_of_range("total", total, "between 0 and 1", remedy));
        }
        let is_twice = |idx: usize| shares[..idx].iter().any(|(name, _)| *name == shares[idx].0);
        if let Some(idx) = (0..shares.len()).find(|&idx| is_twice(idx)) {
            let remedy = "each entry has one share";
            return Err(Error::out_of_range("entry", shares[idx].0, "named once", remedy));
        }
        if shares.is_empty() {
            let remedy = "name what is to be decided";
            return Err(Error::out_of_range("number of entries", 0, "at least 1", remedy));
        }
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        if let Some((name, share)) =
            shares.iter().find(|(_, share)| share.is_nan() || *share <= 0.0)
        {
            let parameter = format!("share of {name}");
            let remedy = "declare a share of the whole run's false alarms";
            return Err(Error::out_of_range(parameter, share, "above 0", remedy));
        }
        if sum > 1.0 + shares.len() as f64 * f64::EPSILON {
            let remedy = "declare smaller shares";
            return Err(Error::out_of_range("sum of all shares", sum, "at most 1", remedy));
        }
        let of_total = |(name, share)| (name, share * total);
        Ok(Ledger { total, shares: shares.into_iter().map(of_total).collect() })
    }

    /// The share of an entry; nothing for one that is not in the ledger.
    pub fn share(&self, name: &str) -> f64 {
        self.shares.iter().find(|(entry, _)| *entry == name).map_or(0.0, |&(_, share)| share)
    }

    /// What is spent: the sum of all shares.
    pub fn spent(&self) -> f64 {
        self.shares.iter().map(|&(_, share)| share).sum()
    }

    /// What may be spent.
    pub fn total(&self) -> f64 {
        self.total
    }
}

/// Holm's procedure: which hypotheses are rejected, so that a true one is among them with probability at
/// most `alpha`, whatever the dependence. As soon as one is rejected, the others share what is left.
///
/// The p-value of a betting process is one over the largest capital it ever had.
///
/// ```
/// use feature_contamination::stats::holm;
///
/// // 0.01 <= 0.05 / 3, then 0.02 <= 0.05 / 2, then 0.06 > 0.05.
/// assert_eq!(holm(&[0.02, 0.06, 0.01], 0.05), [true, false, true]);
/// ```
///
/// # Source
/// Holm, *A simple sequentially rejective multiple test procedure*, Scand. J. Statist. 6, 1979.
pub fn holm(p_values: &[f64], alpha: f64) -> Vec<bool> {
    let thresholds = holm_thresholds(p_values, alpha);
    p_values.iter().zip(thresholds).map(|(&p, threshold)| p <= threshold).collect()
}

/// The threshold that Holm's procedure holds against each p-value: `alpha` over the number of hypotheses
/// that were not rejected before it. NaN counts as no evidence.
pub fn holm_thresholds(p_values: &[f64], alpha: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    let p_of = |idx: usize| if p_values[idx].is_nan() { 1.0 } else { p_values[idx] };
    order.sort_by(|&a, &b| p_of(a).total_cmp(&p_of(b)));
    let mut thresholds = vec![0.0; p_values.len()];
    let mut n_open = p_values.len();
    let mut is_rejecting = true;
    for idx in order {
        thresholds[idx] = alpha / n_open as f64;
        is_rejecting &= p_of(idx) <= thresholds[idx];
        // The first that stays ends the procedure: all after it meet its threshold.
        n_open -= usize::from(is_rejecting);
    }
    thresholds
}

/// The e-BH procedure: which hypotheses are rejected, so that the expected share of true ones among
/// them is at most `level`, whatever the dependence.
///
/// Only for e-values at stopping times that were fixed beforehand: the largest capital that a betting
/// process ever had is not an e-value.
///
/// # Source
/// Wang and Ramdas, *False discovery rate control with e-values*, JRSS-B 84, 2022.
pub fn e_bh(log_e_values: &[f64], level: f64) -> Vec<bool> {
    let n = log_e_values.len();
    let mut sorted: Vec<f64> = log_e_values.iter().copied().filter(|e| !e.is_nan()).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let needed = |n_rejected: usize| (n as f64 / (n_rejected as f64 * level)).ln();
    let n_rejected = (1..=sorted.len()).rev().find(|&k| sorted[k - 1] >= needed(k)).unwrap_or(0);
    let threshold = if n_rejected == 0 { f64::INFINITY } else { needed(n_rejected) };
    log_e_values.iter().map(|&e| n_rejected > 0 && e >= threshold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_total_and_nobody_has_two() {
        let ledger = Ledger::even(1e-6, ["a", "b", "c"]).unwrap();
        assert!(ledger.spent() <= ledger.total() * (1.0 + f64::EPSILON));
        assert!((ledger.share("b") - 1e-6 / 3.0).abs() < 1e-20);
        assert_eq!(ledger.share("d"), 0.0);
        assert!(Ledger::even(1e-6, ["a", "a"]).unwrap_err().to_string().contains("named once"));
        assert!(Ledger::even(1e-6, []).is_err() && Ledger::even(1.0, ["a"]).is_err());
    }

    #[test]
    fn holm_rejects_step_by_step_as_in_the_published_example() {
        // Four hypotheses at 0.05: 0.01 <= 0.05/4, 0.013 <= 0.05/3, 0.04 > 0.05/2 ends it.
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.013], 0.05), [true, false, false, true]);
        let thresholds = holm_thresholds(&[0.01, 0.04, 0.03, 0.013], 0.05);
        assert_eq!(thresholds, [0.0125, 0.025, 0.025, 0.05 / 3.0]);
        // Bonferroni alone would keep the second.
        assert_eq!(holm(&[0.001, 0.03], 0.05), [true, true]);
        assert_eq!(holm(&[f64::NAN, 0.001], 0.05), [false, true]);
        assert!(holm(&[], 0.05).is_empty());
    }

    #[test]
    fn e_bh_rejects_what_its_rank_allows() {
        let logs = [100.0_f64, 45.0, 1.0, 15.0].map(f64::ln);
        // At level 0.1 of four: the largest needs 40, two need 20 each, three need 13.4.
        assert_eq!(e_bh(&logs, 0.1), [true, true, false, true]);
        assert_eq!(e_bh(&logs[2..3], 0.1), [false]);
        assert_eq!(e_bh(&[f64::NAN, f64::INFINITY], 0.05), [false, true]);
    }
}
