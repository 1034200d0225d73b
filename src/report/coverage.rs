//! What a run checked, and what it did not.

use std::collections::BTreeSet;

use super::Conditions;
use crate::claims::{Arm, CLAIMS, Claim, Outcome};

/// What a run checked and what it did not, in words without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// What the verdicts are about.
    pub checked: String,
    /// What they say nothing of.
    pub not_checked: String,
}

/// What a run of these claims, or of their controls, checked.
pub fn coverage(conditions: &Conditions, claims: impl Iterator<Item = &'static Claim>) -> Coverage {
    let n_checked = claims.count();
    let n_left = CLAIMS.len() - n_checked;
    let (noun, others) = match conditions.arm {
        Arm::Claim => ("claims", "controls"),
        Arm::Control => ("controls", "claims"),
    };
    let left = if n_left == 0 { String::new() } else { format!("{n_left} {noun}, ") };
    Coverage {
        checked: format!("{n_checked} of {} {noun} at these sizes", CLAIMS.len()),
        not_checked: format!("{left}{others}, larger sizes, limits"),
    }
}

/// The range of the sizes that entered.
pub fn sizes<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> String {
    let parts = outcomes.flat_map(|outcome| &outcome.parts);
    let sizes: BTreeSet<usize> = parts.flat_map(|part| part.sizes.iter().copied()).collect();
    match (sizes.first(), sizes.last()) {
        (Some(first), Some(last)) if first < last => format!("d0 = {first} to {last}"),
        (Some(only), _) => format!("d0 = {only}"),
        _ => "no sizes".into(),
    }
}
