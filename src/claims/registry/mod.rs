//! The one list of claims: the paper's, in its order, then what goes beyond it.

/// The text of a card.
macro_rules! card {
    ($id:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/theory/", $id, ".md"))
    };
}

mod beyond;
mod experiments;
mod paper;

use crate::error::Result;

use super::plan::Work;
use super::{Arm, Draft, Lab, Tier};

/// The kind of evidence that a claim needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Equal to rounding, with a tolerance from an error analysis.
    Identity,
    /// Both sides computed; not one violation allowed; the slack shown.
    Inequality,
    /// An estimate within a margin of the prediction.
    Band,
    /// An exponent, or a separation, along a ladder of sizes.
    Trend,
    /// A whole distribution, or its variance, against an exact one.
    Law,
}

impl Kind {
    /// The name in tables and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Identity => "identity",
            Kind::Inequality => "inequality",
            Kind::Band => "band",
            Kind::Trend => "trend",
            Kind::Law => "law",
        }
    }
}

/// One statement that a run can support or refute.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// `family/name`: also the path of its card, the name of its test and of its snapshot.
    pub id: &'static str,
    /// The statement in one sentence.
    pub statement: &'static str,
    /// Where the paper or the theory pages state it.
    pub source: &'static str,
    /// The kind of evidence.
    pub kind: Kind,
    /// The cheapest tier at which the claim can be decided.
    pub tier: Tier,
    /// What is broken in the control, in a few words.
    pub control: &'static str,
    /// What dominates its cost, in a few words.
    pub cost: &'static str,
    /// The card, as in `theory/`.
    pub card: &'static str,
    pub(super) check: fn(&Lab, Arm) -> Result<Vec<Draft>>,
    /// The runs that the check asks for.
    pub(super) work: fn(Tier, Arm) -> Result<Vec<Work>>,
}

impl Claim {
    /// The part of the id before the slash.
    pub fn family(&self) -> &'static str {
        self.id.split('/').next().unwrap_or_default()
    }
}

/// Every claim.
pub static CLAIMS: &[Claim] = &in_order::<
    { paper::CLAIMS.len() + beyond::CLAIMS.len() + experiments::CLAIMS.len() },
>([paper::CLAIMS, beyond::CLAIMS, experiments::CLAIMS]);

/// One list after the other.
const fn in_order<const N: usize>(lists: [&[Claim]; 3]) -> [Claim; N] {
    let mut all = [lists[0][0]; N];
    let (mut list_idx, mut n_done) = (0, 0);
    while list_idx < lists.len() {
        let mut idx = 0;
        while idx < lists[list_idx].len() {
            all[n_done] = lists[list_idx][idx];
            (idx, n_done) = (idx + 1, n_done + 1);
        }
        list_idx += 1;
    }
    all
}
