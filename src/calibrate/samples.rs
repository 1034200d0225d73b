//! Samples until a true claim is supported, against the fixed design by the bound of Dvoretzky, Kiefer and
//! Wolfowitz: margin 0.01 on [0, 1], both rates 1e-6, 290,174 samples.

use rand_pcg::Pcg64;

use super::effort::{Moments, indicator};
use super::law::Law;
use super::{Effort, Findings, Saving, proportion, sequential};
use crate::error::Result;
use crate::stats::{Bets, Bounds, Hypothesis, Rates, Resolution, SequentialMean, Verdict};

const MARGIN: f64 = 0.01;
const RATES: Rates = Rates { alpha: 1e-6, beta: 1e-6 };

/// Laws, with the saving hoped for.
const LAWS: [(Law, Option<f64>); 6] = [
    (Law::Bernoulli(0.5), Some(3.2)),
    (Law::Uniform(0.0, 1.0), Some(9.0)),
    (Law::Bernoulli(0.1), Some(9.0)),
    (Law::Beta(10.0, 30.0), Some(145.0)),
    (Law::Uniform(0.4375, 0.5625), Some(260.0)),
    // Nothing was hoped for where variance is rarely seen.
    (Law::Rare, None),
];

/// A mean number of samples takes fewer replicates than a rate, but no fewer than this.
const SHARE: usize = 100;
const N_REPLICATES: usize = 200;

fn fixed_samples() -> f64 {
    // The bound knows nothing of the law.
    Resolution { standard_deviation: 0.5, margin: MARGIN, rates: RATES }.samples_by_dkw().ceil()
}

/// The decision on the mean under each law, and the exact one on a proportion of one half.
pub(super) fn against_dkw(effort: &Effort) -> Result<Findings> {
    let n_replicates = effort.n_replicates().div_ceil(SHARE).max(N_REPLICATES);
    let mut findings = Findings::default();
    for (law, target) in LAWS {
        let [supported, samples] = until_supported(effort, law, n_replicates)?;
        findings.savings.push(Saving {
            procedure: effort.procedure(),
            law: law.to_string(),
            n_replicates,
            supported: supported.mean(),
            mean_samples: samples.mean(),
            standard_error: samples.standard_error(),
            fixed_samples: fixed_samples(),
            target,
        });
    }
    findings.savings.push(of_proportion(effort)?);
    Ok(findings)
}

/// Far beyond what any decision takes, also under a law that is slow to show its variance.
fn budget(law: Law) -> usize {
    4 * sequential::horizon(law, MARGIN, RATES)
}

fn until_supported(effort: &Effort, law: Law, n_replicates: usize) -> Result<[Moments; 2]> {
    let (claim, bets) = (Hypothesis::exactly(law.mean()).within(MARGIN), Bets::resolving(MARGIN));
    let fresh = SequentialMean::new(Bounds::UNIT, claim, bets, RATES)?;
    let (sampler, budget) = (law.sampler()?, budget(law));
    effort.sample(&law.to_string(), n_replicates, |rng: &mut Pcg64| {
        let (verdict, n_samples) = sequential::decided(&fresh, budget, || sampler.draw(rng))?;
        Ok([indicator(verdict == Verdict::Supported), n_samples as f64])
    })
}

fn of_proportion(effort: &Effort) -> Result<Saving> {
    let (law, p) = (Law::Bernoulli(0.5), 0.5);
    let outcomes = proportion::verdicts(p, MARGIN, RATES, budget(law), &[p])?;
    let (supported, mean_samples) =
        outcomes.first().map_or((f64::NAN, f64::NAN), |o| (o.supported, o.mean_trials));
    Ok(Saving {
        procedure: effort.procedure(),
        law: format!("{law}, exactly, by counts"),
        n_replicates: 0,
        supported,
        mean_samples,
        standard_error: 0.0,
        fixed_samples: fixed_samples(),
        target: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn every_true_claim_is_supported_with_a_fraction_of_the_fixed_design() {
        assert_eq!(fixed_samples(), 290_174.0);
        let effort = Effort::new(Seed::root(1), 1, &()).unwrap().of("test");
        for (law, target) in &LAWS[2..] {
            let [supported, samples] = until_supported(&effort, *law, 40).unwrap();
            assert_eq!(supported.mean(), 1.0, "{law}");
            // Nine tenths of the target allow for forty replicates.
            let ratio = fixed_samples() / samples.mean();
            assert!(ratio > 0.9 * target.unwrap_or(20.0), "{law}: {ratio}");
        }
    }
}
