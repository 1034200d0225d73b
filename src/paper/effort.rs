//! The tiers of the paper's study, and the sizes and numbers of runs that they afford.

use crate::stats::Rates;
use crate::study::{Scope, Tier};

/// The tiers, the cheapest first.
pub(super) const TIERS: [Tier; 3] = [
    Tier { patience: 1.25, ..Tier::new("quick", "half a minute, up to 64 features") },
    Tier::new(
        "standard",
        "some minutes, up to 512 features, in an ambient space of dimension 2^22.5",
    ),
    Tier {
        rates: Rates { alpha: 1e-9, beta: 1e-6 },
        ..Tier::new("deep", "half an hour, up to 1024 features, at stricter error rates")
    },
];

/// How much is spent: the tier, for designs to match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Effort {
    /// Up to 64 features.
    Quick,
    /// Up to 512 features, in an ambient space of dimension 2^22.5.
    Standard,
    /// Up to 1024 features, at stricter error rates.
    Deep,
}

/// One rung of a ladder of sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RungPlan {
    /// The number of features `d0`.
    pub n_features: usize,
    /// The number of independent runs.
    pub n_runs: usize,
}

impl Effort {
    /// All of them, in the order of [`TIERS`].
    pub const ALL: [Effort; 3] = [Effort::Quick, Effort::Standard, Effort::Deep];

    /// The effort of a scope's tier.
    pub fn of(scope: &Scope) -> Self {
        let place = TIERS.iter().position(|tier| tier.name == scope.tier.name);
        place.map_or(Effort::Standard, |place| Effort::ALL[place])
    }

    /// The ladder of sizes. Small sizes scatter more and cost less: they get more runs. The largest ones
    /// have a few, which is enough for their place in a trend and for what must hold in every run;
    /// decisions in a window take some more.
    pub fn ladder(self) -> Vec<RungPlan> {
        rungs(match self {
            Effort::Quick => &[(16, 128), (32, 48), (64, 16)],
            Effort::Standard => &[(16, 256), (32, 96), (64, 48), (128, 20), (256, 12), (512, 3)],
            Effort::Deep => {
                &[(16, 512), (32, 256), (64, 128), (128, 64), (256, 32), (512, 8), (1024, 4)]
            }
        })
    }

    /// The ladder of variations of the setting: other laws, other splits, another ambient dimension.
    pub fn variation_ladder(self) -> Vec<RungPlan> {
        rungs(match self {
            Effort::Quick => &[(16, 64), (24, 32), (32, 16)],
            Effort::Standard => &[(16, 64), (32, 32), (64, 12)],
            Effort::Deep => &[(16, 256), (32, 128), (64, 48), (128, 24)],
        })
    }

    /// The ladder at so many eighths background. Beyond one half batch noise moves the activation on the other
    /// class more, and takes more runs at every size; at seven eighths few neurons are in the initial set.
    pub fn share_ladder(self, share: usize) -> Vec<RungPlan> {
        rungs(match (self, share > 4) {
            (Effort::Quick | Effort::Standard, true) => &[(32, 192)],
            (Effort::Quick, false) if share == 4 => &[(16, 96), (32, 128)],
            (Effort::Standard, false) if share == 4 => &[(16, 96), (32, 128), (64, 32)],
            (Effort::Quick | Effort::Standard, false) => &[(32, 48)],
            (Effort::Deep, true) if share == 7 => &[(16, 8192), (32, 4096), (64, 2048)],
            (Effort::Deep, true) => &[(16, 2048), (32, 1024), (64, 512)],
            (Effort::Deep, false) => &[(16, 256), (32, 192), (64, 128), (128, 64)],
        })
    }

    /// The ladder of the controls: the cheapest sizes that separate.
    pub fn control_ladder(self) -> Vec<RungPlan> {
        rungs(&[(16, 256), (32, 96), (64, 48)])
    }

    /// A number of replicates: as given at the quick tier, twice and four times as many above.
    pub fn replicates(self, at_quick: usize) -> usize {
        match self {
            Effort::Quick => at_quick,
            Effort::Standard => 2 * at_quick,
            Effort::Deep => 4 * at_quick,
        }
    }
}

fn rungs(counts: &[(usize, usize)]) -> Vec<RungPlan> {
    counts.iter().map(|&(n_features, n_runs)| RungPlan { n_features, n_runs }).collect()
}

/// The runs that a decision in a window takes at a miss rate: runs as predicted let bets grow by a factor
/// of up to 1.9 each, so that 11 reach `1 / beta = 1e3`, and 22 reach 1e6.
pub(super) fn runs_to_decide(beta: f64) -> f64 {
    -beta.ln() / 1.9_f64.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_up_to_a_half_or_a_quarter_of_the_largest_size_decide_in_a_window() {
        for (effort, tier) in Effort::ALL.into_iter().zip(TIERS) {
            let needed = runs_to_decide(tier.rates.beta);
            let ladder = effort.ladder();
            let decide = ladder.iter().filter(|rung| rung.n_runs as f64 >= needed).count();
            assert!(decide + 2 >= ladder.len() && decide >= 3, "{tier}: {decide}, {needed} needed");
            for rung in effort.variation_ladder() {
                assert!(rung.n_runs as f64 >= needed, "{tier}: {rung:?}, {needed} needed");
            }
        }
    }
}
