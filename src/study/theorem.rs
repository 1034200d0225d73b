//! Statements that claims establish.

/// A statement, such as a theorem of the paper, that claims establish.
#[derive(Debug)]
pub struct Theorem {
    /// `theorems/name`: also the path of its page.
    pub id: &'static str,
    /// How the sources of its claims cite it.
    pub cited_as: &'static str,
    /// The page, as in `theory/`.
    pub page: &'static str,
}
