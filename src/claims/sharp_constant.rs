//! The claim on the sharp constant of the normal approximation.

use crate::error::Result;
use crate::predict::{
    BinomialExpansion, Certified, ESSEEN_SUCCESS_PROBABILITY, binomial_distance,
    binomial_expansion, esseen_limit,
};
use crate::setting::{EngineKind, Setting};
use crate::stats::{Exact, Region};

use super::lab::Budget;
use super::plan::Work;
use super::{Arm, Draft, Lab, Tier};

/// Terms of the sum, a factor `sqrt 10` apart.
fn ladder(tier: Tier) -> &'static [usize] {
    match tier {
        Tier::Quick => &[100, 316, 1000, 3162, 10_000],
        Tier::Standard => &[100, 316, 1000, 3162, 10_000, 31_623],
        Tier::Deep => &[100, 316, 1000, 3162, 10_000, 31_623, 100_000],
    }
}

/// What is left of the expansion after its term in `1/n` may be this over `n^2`.
const NEXT_COEFFICIENT: f64 = 1.0;

/// `berry-esseen/sharp`: nothing is sampled.
pub(super) fn sharp(lab: &Lab, arm: Arm) -> Result<Vec<Draft>> {
    let probability = match arm {
        Arm::Claim => ESSEEN_SUCCESS_PROBABILITY,
        Arm::Control => 0.5,
    };
    let of_size = |&n: &usize| Ok((n, binomial_distance(n, probability)?));
    let distances: Vec<(usize, Certified)> =
        ladder(lab.tier()).iter().map(of_size).collect::<Result<_>>()?;
    let limit = esseen_limit();
    let over_limit = distances.iter().map(|(_, d)| (d.value / limit, d.error_bound / limit));
    let mut drafts = vec![Draft::inequality(
        "the largest sqrt(n) D / b over its limit",
        &[],
        Exact::largest(over_limit),
    )];
    for &(n, distance) in &distances {
        // What is predicted is the claim's law, also where the control measures another.
        let expansion = binomial_expansion(n, ESSEEN_SUCCESS_PROBABILITY)?;
        drafts.extend(of_terms(n as f64, distance, expansion, limit));
    }
    Ok(drafts)
}

/// How far `n` terms are from the limit, and the limit that they extrapolate to.
fn of_terms(n: f64, distance: Certified, expansion: BinomialExpansion, limit: f64) -> [Draft; 2] {
    let exact = |value: f64, scale: f64| Exact::largest([(value, scale * distance.error_bound)]);
    let BinomialExpansion { correction, correction_range: (lowest, highest), .. } = expansion;
    let rest = NEXT_COEFFICIENT / n;
    let shortfall = n * (limit - distance.value);
    let extrapolated = distance.value - correction / n;
    [
        Draft::new(
            format!("n times the distance from the limit, n = {n}"),
            &[],
            exact(shortfall, n),
            Region::between(-highest - rest, -lowest + rest),
        )
        .predicted(-correction),
        Draft::new(
            format!("extrapolated limit of sqrt(n) D / b, n = {n}"),
            &[],
            exact(extrapolated, 1.0),
            Region::within(rest / n, limit),
        )
        .predicted(limit),
    ]
}

pub(super) fn sharp_work(tier: Tier, _arm: Arm) -> Result<Vec<Work>> {
    // No network is run; the setting stands for the size of a page of numbers.
    let work = Work::own(
        "berry-esseen/sharp",
        Setting::theorem(2),
        EngineKind::Feature,
        0,
        Budget::fixed(ladder(tier).len()),
    );
    Ok(vec![work.with_run(|| binomial_distance(10_000, ESSEEN_SUCCESS_PROBABILITY).map(|_| ()))])
}
