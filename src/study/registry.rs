//! Studies: the one list of claims, with their tiers and error rates.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::{Claim, Theorem, Tier};
use crate::error::{Error, Result};
use crate::stats::{Ledger, Rates};

/// A list of claims with the tiers at which they can be checked.
///
/// The false alarms of a run are shared out over all claims of the study, whether they are run or not, so that a
/// verdict does not depend on what else was asked for: a true claim is refuted anywhere in the study with
/// probability at most the `alpha` of the tier. Each claim keeps the full miss rate `beta`.
///
/// ```
/// use feature_contamination::prelude::*;
///
/// let study = Study::new("two constants").claim(
///     Claim::new("sum/half", "1/2 + 1/2 is at most 1.", |scope| {
///         let n_halves = if scope.arm == Arm::Claim { 2.0 } else { 3.0 };
///         let mut design = Design::new();
///         let sum = design.sample(Sample::new(Key::new("sum"), move |_| Ok(0.5 * n_halves)));
///         design.part("sum", Region::at_most(1.0), sum.largest_of(|sum| *sum));
///         Ok(design)
///     })
///     .control("adds 1/2 once more"),
/// );
/// let claims = study.select(&[])?;
/// let mut lab = Lab::new(Seed::root(2024), study.default_tier(), Box::new(Silent));
/// assert!(study.run(&claims, Arm::Claim, &mut lab)?[0].passed());
/// assert!(study.run(&claims, Arm::Control, &mut lab)?[0].passed());
/// # Ok::<(), Error>(())
/// ```
pub struct Study {
    name: &'static str,
    size_label: &'static str,
    tiers: Vec<Tier>,
    default_tier: usize,
    claims: Vec<Arc<Claim>>,
    theorems: &'static [Theorem],
}

impl Study {
    /// A study without claims, with the one tier `standard`.
    pub fn new(name: &'static str) -> Self {
        Study {
            name,
            size_label: "size",
            tiers: vec![Tier::new("standard", "the only tier of this study")],
            default_tier: 0,
            claims: Vec::new(),
            theorems: &[],
        }
    }

    /// Sets the tiers, cheapest first, and the default one: the first if none has that name. No tier changes nothing.
    pub fn tiers(mut self, tiers: &[Tier], default: &str) -> Self {
        if !tiers.is_empty() {
            self.tiers = tiers.to_vec();
            let default = tiers.iter().position(|tier| tier.name == default);
            self.default_tier = default.unwrap_or_default();
        }
        self
    }

    /// Says what a size is called in tables and plots; "size" if nothing is said.
    pub fn size_label(self, size_label: &'static str) -> Self {
        Study { size_label, ..self }
    }

    /// Adds a claim.
    pub fn claim(mut self, claim: Claim) -> Self {
        self.claims.push(Arc::new(claim));
        self
    }

    /// Adds statements that the claims establish.
    pub fn theorems(self, theorems: &'static [Theorem]) -> Self {
        Study { theorems, ..self }
    }

    /// Returns the name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns what a size is called.
    pub fn label_of_sizes(&self) -> &'static str {
        self.size_label
    }

    /// Returns every claim, in order.
    pub fn claims(&self) -> &[Arc<Claim>] {
        &self.claims
    }

    /// Returns the statements that the claims establish.
    pub fn established(&self) -> &'static [Theorem] {
        self.theorems
    }

    /// Returns every tier, the cheapest first.
    pub fn all_tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// Returns the tier that is run where none is asked for.
    pub fn default_tier(&self) -> Tier {
        self.tiers[self.default_tier]
    }

    /// Returns the tier of this name.
    ///
    /// # Errors
    /// If no tier has it.
    pub fn tier(&self, name: &str) -> Result<Tier> {
        self.tiers.iter().copied().find(|tier| tier.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.tiers.iter().map(|tier| tier.name).collect();
            Error::out_of_range("tier", name, names.join(" or "), "choose one of them")
        })
    }

    /// The account of the false alarms of a run at this tier.
    ///
    /// # Errors
    /// - no claim, an id that is empty, or two claims with one id;
    /// - a rate that is not above 0 and below 1/2;
    /// - slots that add up to more than the whole, or that some claims declare and others do not.
    pub fn ledger(&self, tier: Tier) -> Result<Ledger<'static>> {
        check_rates(tier.rates)?;
        self.check_ids()?;
        let ids = self.claims.iter().map(|claim| claim.id);
        let slots: Vec<f64> = self.claims.iter().filter_map(|claim| claim.slot).collect();
        if slots.is_empty() {
            return Ledger::even(tier.rates.alpha, ids);
        }
        if slots.len() < self.claims.len() {
            let remedy = "declare the slot of every claim, or of none";
            let value = format!("declared by {} of {} claims", slots.len(), self.claims.len());
            return Err(Error::out_of_range("slots", value, "declared by all", remedy));
        }
        Ledger::of_shares(tier.rates.alpha, ids.zip(slots))
    }

    /// The error rates of one claim at a tier: its share of the ledger, and the full miss rate.
    ///
    /// # Errors
    /// As [`Study::ledger`].
    pub fn rates_of(&self, claim: &Claim, tier: Tier) -> Result<Rates> {
        Ok(Rates { alpha: self.ledger(tier)?.share(claim.id), ..tier.rates })
    }

    fn check_ids(&self) -> Result<()> {
        if self.claims.is_empty() {
            let remedy = "add one with `Study::claim`";
            return Err(Error::out_of_range("number of claims", 0, "at least 1", remedy));
        }
        let mut ids = BTreeSet::new();
        for claim in &self.claims {
            if claim.id.trim().is_empty() || !ids.insert(claim.id) {
                let (value, range) = (format!("`{}`", claim.id), "a name that no other claim has");
                let remedy = "give each claim an id of its own";
                return Err(Error::out_of_range("id of a claim", value, range, remedy));
            }
        }
        Ok(())
    }

    /// Returns the claims whose id is one of `ids` or lies in a family (a prefix up to a slash) named there, in
    /// the order of the study; all of them when `ids` is empty.
    ///
    /// ```
    /// use feature_contamination::paper;
    ///
    /// // A family stands for its claims.
    /// let study = paper::study();
    /// let claims = study.select(&["linear".to_owned()])?;
    /// let ids: Vec<&str> = claims.iter().map(|claim| claim.id).collect();
    /// assert_eq!(ids, ["linear/cancellation", "linear/closed-form", "linear/risk"]);
    /// let fault = study.select(&["linear/rsk".to_owned()]).unwrap_err().to_string();
    /// assert!(fault.contains("did you mean `linear/risk`"));
    /// # Ok::<(), feature_contamination::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownClaim`] for the first entry that names nothing, with the nearest id.
    pub fn select(&self, ids: &[String]) -> Result<Vec<Arc<Claim>>> {
        for id in ids {
            if !self.claims.iter().any(|claim| names(id, claim)) {
                return Err(Error::UnknownClaim { id: id.clone(), nearest: self.nearest(id) });
            }
        }
        let asked = |claim: &&Arc<Claim>| ids.is_empty() || ids.iter().any(|id| names(id, claim));
        Ok(self.claims.iter().filter(asked).cloned().collect())
    }

    /// Returns the claim of exactly this id.
    ///
    /// # Errors
    /// [`Error::UnknownClaim`] with the nearest id.
    pub fn find(&self, id: &str) -> Result<Arc<Claim>> {
        let unknown = || Error::UnknownClaim { id: id.to_owned(), nearest: self.nearest(id) };
        self.claims.iter().find(|claim| claim.id == id).cloned().ok_or_else(unknown)
    }

    /// The id, or family, nearest to a misspelt one, if it is near enough to be meant.
    fn nearest(&self, id: &str) -> Option<String> {
        let families = self.claims.iter().map(|claim| claim.family());
        self.claims
            .iter()
            .map(|claim| claim.id)
            .chain(families)
            .map(|known| (strsim::jaro_winkler(id, known), known))
            .filter(|&(similarity, _)| similarity > 0.75)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, known)| known.to_owned())
    }
}

fn names(prefix: &str, claim: &Claim) -> bool {
    let prefix = prefix.trim_end_matches('/');
    let rest = claim.id.strip_prefix(prefix);
    !prefix.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// From 1/2 on the two ends of an interval would change places, and any claim be supported.
fn check_rates(rates: Rates) -> Result<()> {
    for (parameter, rate) in [("alpha", rates.alpha), ("beta", rates.beta)] {
        if !(rate > 0.0 && rate < 0.5) {
            let remedy = "declare the probability of a wrong verdict, such as 1e-3";
            return Err(Error::out_of_range(parameter, rate, "above 0 and below 0.5", remedy));
        }
    }
    Ok(())
}

impl fmt::Debug for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.claims.iter().map(|claim| claim.id).collect();
        f.debug_struct("Study").field("name", &self.name).field("claims", &ids).finish()
    }
}
