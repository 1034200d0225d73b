//! Claims: a statement with its design.

use std::fmt;
use std::sync::Arc;

use super::{Design, Scope};
use crate::error::Result;

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
    /// Returns the name in tables and in JSON.
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

/// Makes the design of a claim or of its control.
type MakeDesign = Arc<dyn Fn(&Scope) -> Result<Design> + Send + Sync>;

/// One statement that runs can support or refute.
#[derive(Clone)]
pub struct Claim {
    /// `family/name`: also the path of its card, the name of its test and of its snapshot.
    pub id: &'static str,
    /// The statement in one sentence.
    pub statement: &'static str,
    /// Where it is stated.
    pub source: &'static str,
    /// The kind of evidence.
    pub kind: Kind,
    /// What is broken in the control, in a few words.
    pub control: &'static str,
    /// What dominates its cost, in a few words.
    pub cost: &'static str,
    /// The card, with the sections of `theory/README.md`; empty if there is none.
    pub card: &'static str,
    /// The share of a run's false alarms that the claim may spend; an even one where it declares none.
    pub slot: Option<f64>,
    design: MakeDesign,
}

impl Claim {
    /// A claim. `design` is called once for each run and arm, before anything is drawn.
    pub fn new(
        id: &'static str,
        statement: &'static str,
        design: impl Fn(&Scope) -> Result<Design> + Send + Sync + 'static,
    ) -> Self {
        Claim {
            id,
            statement,
            source: "",
            kind: Kind::Band,
            control: "",
            cost: "",
            card: "",
            slot: None,
            design: Arc::new(design),
        }
    }

    /// Says where the statement comes from.
    pub fn source(self, source: &'static str) -> Self {
        Claim { source, ..self }
    }

    /// Says which kind of evidence it needs; a band if nothing is said.
    pub fn kind(self, kind: Kind) -> Self {
        Claim { kind, ..self }
    }

    /// Says which premise the control breaks.
    pub fn control(self, control: &'static str) -> Self {
        Claim { control, ..self }
    }

    /// Says what dominates the cost of a run.
    pub fn cost(self, cost: &'static str) -> Self {
        Claim { cost, ..self }
    }

    /// Adds the text of its card.
    pub fn card(self, card: &'static str) -> Self {
        Claim { card, ..self }
    }

    /// Declares the share of a run's false alarms that the claim may spend.
    pub fn slot(self, share: f64) -> Self {
        Claim { slot: Some(share), ..self }
    }

    /// Returns the part of the id before the slash.
    pub fn family(&self) -> &'static str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// Makes and checks the design.
    ///
    /// # Errors
    /// What keeps a setting, a prediction or the design from being put together.
    pub(super) fn design(&self, scope: &Scope) -> Result<Design> {
        let design = (self.design)(scope)?;
        design.check(scope.arm)?;
        Ok(design)
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("id", &self.id).finish_non_exhaustive()
    }
}
