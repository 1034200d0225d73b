//! The two arms of a claim.

/// Whether a design is that of the claim or that of the control, which breaks its premise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arm {
    /// The claim's own setting.
    Claim,
    /// The setting that breaks the premise; the same parts must come out refuted.
    Control,
}
