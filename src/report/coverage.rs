//! What a run checked, and what it did not.

use std::collections::BTreeSet;

use super::Conditions;
use crate::study::{Arm, Outcome};

/// What a run checked and what it did not, in words without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// What the verdicts are about.
    pub checked: String,
    /// What they say nothing of.
    pub not_checked: String,
}

/// What a run of this many claims of the study, or of their controls, checked.
pub fn coverage(conditions: &Conditions, n_checked: usize) -> Coverage {
    let n_claims = conditions.study.claims().len();
    let n_left = n_claims - n_checked;
    let (noun, others) = match conditions.arm {
        Arm::Claim => ("claims", "controls"),
        Arm::Control => ("controls", "claims"),
    };
    let left = if n_left == 0 { String::new() } else { format!("{n_left} {noun}, ") };
    Coverage {
        checked: format!("{n_checked} of {} {noun} at these sizes", n_claims),
        not_checked: format!("{left}{others}, larger sizes, limits"),
    }
}

/// The range of the sizes that entered.
pub fn sizes<'a>(label: &str, outcomes: impl Iterator<Item = &'a Outcome>) -> String {
    let parts = outcomes.flat_map(|outcome| &outcome.parts);
    let sizes: BTreeSet<usize> = parts.flat_map(|part| part.sizes.iter().copied()).collect();
    match (sizes.first(), sizes.last()) {
        (Some(first), Some(last)) if first < last => format!("{label} = {first} to {last}"),
        (Some(only), _) => format!("{label} = {only}"),
        _ => "no sizes".into(),
    }
}
