//! Evidence of several independent runs, put together.

use super::{Rates, Verdict};

/// What one run showed of one quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Its verdict.
    pub verdict: Verdict,
    /// The logarithms of its e-values against what is claimed, against all that lies below and against all
    /// that lies above what is allowed, as in [`super::Decision`].
    pub log_e_values: [f64; 3],
}

/// The evidence of several independent runs, together.
///
/// E-values of independent runs multiply, also where whether to run again was decided by looking at the
/// runs before. *Refuted*: the product against what is claimed reaches `1 / alpha`, or a run refuted by
/// itself; nothing makes up for that. *Supported*: the products against both sides reach `1 / beta`, or all
/// runs support by themselves, which of `k` runs happens wrongly with probability `beta^k`; the
/// threshold is raised by as much, so that the miss rate stays `beta`. False alarms add up: each of the
/// `k` runs had its `alpha`, and the product has one more.
///
/// # Source
/// Vovk and Wang, *E-values: calibration, combination and applications*, Ann. Statist. 49, 2021.
pub fn combine(runs: &[Evidence], rates: Rates) -> Evidence {
    let log_e_values =
        [0, 1, 2].map(|side| runs.iter().map(|run| run.log_e_values[side]).sum::<f64>());
    let [claimed, below, above] = log_e_values;
    let count = |verdict| runs.iter().filter(|run| run.verdict == verdict).count();
    let all_wrong = rates.beta.powi(runs.len() as i32);
    let supporting = -(rates.beta - all_wrong).ln();
    let verdict = if count(Verdict::Refuted) > 0 || claimed >= -rates.alpha.ln() {
        Verdict::Refuted
    } else if (!runs.is_empty() && count(Verdict::Supported) == runs.len())
        || below.min(above) >= supporting
    {
        Verdict::Supported
    } else {
        Verdict::Undecided
    };
    Evidence { verdict, log_e_values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Refuted, Supported, Undecided};

    const RATES: Rates = Rates { alpha: 1e-6, beta: 1e-3 };

    #[track_caller]
    fn check(runs: &[(Verdict, [f64; 3])], verdict: Verdict) {
        let runs: Vec<Evidence> = runs
            .iter()
            .map(|&(verdict, log_e_values)| Evidence { verdict, log_e_values })
            .collect();
        assert_eq!(combine(&runs, RATES).verdict, verdict, "{runs:?}");
    }

    #[test]
    fn undecided_runs_add_up_to_a_verdict() {
        // ln 1000 = 6.9, ln 1e6 = 13.8.
        check(&[(Undecided, [-1.0, 4.0, 5.0]), (Undecided, [-1.0, 3.0, 2.0])], Supported);
        check(&[(Undecided, [-1.0, 4.0, 5.0]), (Undecided, [-1.0, 2.0, 2.0])], Undecided);
        check(&[(Undecided, [7.0, -1.0, 5.0]), (Undecided, [7.0, -1.0, 2.0])], Refuted);
        // What has no end on a side cannot be left there.
        check(&[(Undecided, [0.0, f64::INFINITY, 4.0]); 2], Supported);
    }

    #[test]
    fn a_refutation_stands_and_a_single_support_does_not_carry_the_rest() {
        check(&[(Refuted, [14.0, 0.0, 9.0]), (Supported, [-20.0, 20.0, 20.0])], Refuted);
        check(&[(Supported, [0.0, 3.0, 3.0]), (Undecided, [0.0, 1.0, 1.0])], Undecided);
        check(&[(Supported, [0.0, 3.0, 3.0]), (Supported, [0.0, 3.0, 3.0])], Supported);
        check(&[], Undecided);
    }
}
