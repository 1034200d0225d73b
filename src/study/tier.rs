//! Tiers: how much a run of a study may spend.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::stats::Rates;

/// One of the levels of effort that a study offers, the cheapest first.
///
/// Designs read the tier to choose their sizes and numbers of runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    /// The name on the command line.
    pub name: &'static str,
    /// What it takes, for the help text, such as "half a minute, up to 64 features".
    pub about: &'static str,
    /// `alpha` for a whole run over all claims, `beta` for each claim.
    pub rates: Rates,
    /// The safety factor on the largest number of runs of a sample that stops early. A claim near the edge of what is
    /// allowed takes longer than its scatter says.
    pub patience: f64,
}

impl Tier {
    /// A tier with the error rates 1e-6 and 1e-3.
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Tier { name, about, rates: Rates { alpha: 1e-6, beta: 1e-3 }, patience: 2.5 }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

impl Serialize for Tier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}
