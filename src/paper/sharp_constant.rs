//! The claim on the sharp constant of the normal approximation.

use crate::error::Result;
use crate::predict::{
    BinomialExpansion, Certified, ESSEEN_SUCCESS_PROBABILITY, binomial_distance,
    binomial_expansion, esseen_limit,
};
use crate::stats::Region;
use crate::study::{Arm, Claim, Design, Estimator, Key, Kind, Runs, Sample, Scope};

use super::effort::Effort;

/// Terms of the sum, a factor `sqrt 10` apart.
fn ladder(effort: Effort) -> &'static [usize] {
    match effort {
        Effort::Quick => &[100, 316, 1000, 3162, 10_000],
        Effort::Standard => &[100, 316, 1000, 3162, 10_000, 31_623],
        Effort::Deep => &[100, 316, 1000, 3162, 10_000, 31_623, 100_000],
    }
}

/// What is left of the expansion after its term in `1/n` may be this over `n^2`.
const NEXT_COEFFICIENT: f64 = 1.0;

/// `berry-esseen/sharp`.
pub(super) fn sharp() -> Claim {
    Claim::new(
        "berry-esseen/sharp",
        "For Esseen's two-point law sqrt(n) D / b tends from below to (sqrt 10 + 3) / \
         (6 sqrt(2 pi)) = 0.409732, and is short of it by the predicted O(1/n).",
        sharp_design,
    )
    .source("notation 3; Esseen 1956")
    .kind(Kind::Band)
    .control("a fair coin, p = 1/2")
    .cost("exact binomial laws")
    .card(card!("berry-esseen/sharp"))
}

/// Nothing is drawn: one sample for each number of terms computes its distance.
fn sharp_design(scope: &Scope) -> Result<Design> {
    let probability = match scope.arm {
        Arm::Claim => ESSEEN_SUCCESS_PROBABILITY,
        Arm::Control => 0.5,
    };
    let mut design = Design::new();
    let key = Key::new("claim").child("berry-esseen/sharp");
    let of_size = |&n: &usize| {
        let sample = Sample::single(key.index(n), move |_| binomial_distance(n, probability));
        (n, design.sample(sample))
    };
    let distances: Vec<_> = ladder(Effort::of(scope)).iter().map(of_size).collect();
    let over_limit = |&(_, distance): &(usize, Runs<Certified>)| {
        let limit = esseen_limit();
        distance.cases(move |d| vec![(d.value / limit, d.error_bound / limit)])
    };
    let over_limit = distances.iter().map(over_limit);
    design.inequality("the largest sqrt(n) D / b over its limit", Estimator::largest(over_limit));
    for (n, distance) in distances {
        // What is predicted is the claim's law, also where the control measures another.
        let expansion = binomial_expansion(n, ESSEEN_SUCCESS_PROBABILITY)?;
        of_terms(&mut design, n as f64, distance, expansion);
    }
    Ok(design)
}

/// Adds how far `n` terms are from the limit, and the limit that they extrapolate to.
fn of_terms(design: &mut Design, n: f64, distance: Runs<Certified>, expansion: BinomialExpansion) {
    let BinomialExpansion { correction, correction_range: (lowest, highest), .. } = expansion;
    let (limit, rest) = (esseen_limit(), NEXT_COEFFICIENT / n);
    design
        .part(
            format!("n times the distance from the limit, n = {n}"),
            Region::between(-highest - rest, -lowest + rest),
            distance.largest(move |d| vec![(n * (limit - d.value), n * d.error_bound)]),
        )
        .predicted(-correction);
    design
        .part(
            format!("extrapolated limit of sqrt(n) D / b, n = {n}"),
            Region::around(limit).within(rest / n),
            distance.largest(move |d| vec![(d.value - correction / n, d.error_bound)]),
        )
        .predicted(limit);
}
