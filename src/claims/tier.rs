//! Tiers: how much is spent on a run of the checks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::stats::Rates;

/// How much is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Seconds: up to 64 features.
    Quick,
    /// A minute or two: up to 512 features, in an ambient space of dimension 2^22.5.
    Standard,
    /// Minutes: up to 1024 features, at stricter error rates.
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

impl Tier {
    /// All tiers, the cheapest first.
    pub const ALL: [Tier; 3] = [Tier::Quick, Tier::Standard, Tier::Deep];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Quick => "quick",
            Tier::Standard => "standard",
            Tier::Deep => "deep",
        }
    }

    /// The ladder of sizes. Small sizes scatter more and cost less: they get more runs. The largest ones
    /// have a few, which is enough for their place in a trend and for what must hold in every run;
    /// decisions in a window take some more.
    pub fn ladder(self) -> Vec<RungPlan> {
        rungs(match self {
            Tier::Quick => &[(16, 128), (32, 48), (64, 16)],
            Tier::Standard => &[(16, 256), (32, 96), (64, 48), (128, 20), (256, 12), (512, 3)],
            Tier::Deep => {
                &[(16, 512), (32, 256), (64, 128), (128, 64), (256, 32), (512, 8), (1024, 4)]
            }
        })
    }

    /// The ladder of variations of the setting: other laws, other splits, another ambient dimension.
    pub fn variation_ladder(self) -> Vec<RungPlan> {
        rungs(match self {
            Tier::Quick => &[(16, 64), (24, 32), (32, 16)],
            Tier::Standard => &[(16, 64), (32, 32), (64, 12)],
            Tier::Deep => &[(16, 256), (32, 128), (64, 48), (128, 24)],
        })
    }

    /// The ladder at so many eighths background. Beyond one half batch noise moves the activation on the other
    /// class more, and takes more runs at every size; at seven eighths few neurons are in the initial set.
    pub fn share_ladder(self, share: usize) -> Vec<RungPlan> {
        rungs(match (self, share > 4) {
            (Tier::Quick | Tier::Standard, true) => &[(32, 192)],
            (Tier::Quick, false) if share == 4 => &[(16, 96), (32, 128)],
            (Tier::Standard, false) if share == 4 => &[(16, 96), (32, 128), (64, 32)],
            (Tier::Quick | Tier::Standard, false) => &[(32, 48)],
            (Tier::Deep, true) if share == 7 => &[(16, 8192), (32, 4096), (64, 2048)],
            (Tier::Deep, true) => &[(16, 2048), (32, 1024), (64, 512)],
            (Tier::Deep, false) => &[(16, 256), (32, 192), (64, 128), (128, 64)],
        })
    }

    /// The ladder of the controls: the cheapest sizes that separate.
    pub fn control_ladder(self) -> Vec<RungPlan> {
        rungs(&[(16, 256), (32, 96), (64, 48)])
    }

    /// A number of replicates: as given at the quick tier, twice and four times as many above.
    pub fn replicates(self, at_quick: usize) -> usize {
        match self {
            Tier::Quick => at_quick,
            Tier::Standard => 2 * at_quick,
            Tier::Deep => 4 * at_quick,
        }
    }

    /// By how much the budget of a claim that samples until it is decided exceeds what its margins need.
    /// A claim that sits near the edge of what is allowed takes longer than its design.
    pub fn patience(self) -> f64 {
        match self {
            Tier::Quick => 1.25,
            Tier::Standard | Tier::Deep => 2.5,
        }
    }

    /// The error rates: `alpha` for a whole run over all claims, `beta` for each claim.
    pub fn rates(self) -> Rates {
        match self {
            Tier::Quick | Tier::Standard => Rates { alpha: 1e-6, beta: 1e-3 },
            Tier::Deep => Rates { alpha: 1e-9, beta: 1e-6 },
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

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Tier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Tier::ALL.into_iter().find(|tier| tier.name() == text).ok_or_else(|| {
            Error::out_of_range("tier", text, "quick, standard or deep", "choose one of the three")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_up_to_a_half_or_a_quarter_of_the_largest_size_decide_in_a_window() {
        for tier in Tier::ALL {
            let needed = runs_to_decide(tier.rates().beta);
            let ladder = tier.ladder();
            let decide = ladder.iter().filter(|rung| rung.n_runs as f64 >= needed).count();
            assert!(decide + 2 >= ladder.len() && decide >= 3, "{tier}: {decide}, {needed} needed");
            for rung in tier.variation_ladder() {
                assert!(rung.n_runs as f64 >= needed, "{tier}: {rung:?}, {needed} needed");
            }
        }
    }

    #[test]
    fn a_tier_reads_back_what_it_prints() {
        for tier in Tier::ALL {
            assert_eq!(tier.to_string().parse::<Tier>().unwrap(), tier);
        }
        assert!("fast".parse::<Tier>().unwrap_err().to_string().contains("quick, standard"));
    }
}
