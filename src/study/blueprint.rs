//! The blueprint: which statement rests on which, as the cards say it.
//!
//! A *statement* is a claim, with its card in `theory/`, or a theorem of the paper, with its page in
//! `theory/theorems/`. Cards and pages name what they use; the page of a theorem names the claims that
//! establish it as well. Both are read from the texts that are compiled in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::{Error, Result};

use super::{Claim, Study, Theorem, Verdict};

/// What a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Checked by runs.
    Claim,
    /// Established by claims.
    Theorem,
}

/// One node of the blueprint.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// `family/name`: also the path of its card or page in `theory/`.
    pub id: String,
    /// What it is.
    pub role: Role,
    /// The statement, on one line.
    pub sentence: String,
    /// The statements of the same role that it rests on.
    pub uses: Vec<String>,
    /// The claims that establish a theorem; none for a claim.
    pub claims: Vec<String>,
    /// What its card or page says under `Status`, on one line; empty if it says nothing.
    pub status: String,
}

/// The text under a heading of a card, on one line.
fn section(card: &str, heading: &str) -> String {
    lines_of(card, heading).collect::<Vec<_>>().join(" ")
}

/// The ids listed under a heading of a card, where `none` stands for none.
fn listed(card: &str, heading: &str) -> Vec<String> {
    let items = lines_of(card, heading).filter_map(|line| line.strip_prefix("- "));
    items.map(|item| item.trim().to_owned()).filter(|item| item != "none").collect()
}

fn lines_of<'a>(card: &'a str, heading: &'a str) -> impl Iterator<Item = &'a str> {
    let after = card.lines().skip_while(move |line| line.strip_prefix("## ") != Some(heading));
    let lines = after.skip(1).take_while(|line| !line.starts_with("## "));
    lines.map(str::trim).filter(|line| !line.is_empty())
}

impl Statement {
    /// A claim, from its id, its sentence in the registry, and its card.
    pub fn of_claim(id: &str, sentence: &str, card: &str) -> Self {
        Statement {
            id: id.into(),
            role: Role::Claim,
            sentence: sentence.into(),
            uses: listed(card, "Uses"),
            claims: Vec::new(),
            status: section(card, "Status"),
        }
    }

    /// A theorem, from its id and its page.
    pub fn of_theorem(id: &str, page: &str) -> Self {
        Statement {
            id: id.into(),
            role: Role::Theorem,
            sentence: section(page, "Statement"),
            uses: listed(page, "Uses"),
            claims: listed(page, "Claims"),
            status: section(page, "Status"),
        }
    }

    /// All that it rests on.
    fn premises(&self) -> impl Iterator<Item = &String> {
        self.uses.iter().chain(&self.claims)
    }

    /// The part of the id before the slash.
    pub fn family(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// The part of the id after the slash.
    pub fn name(&self) -> &str {
        self.id.split_once('/').map_or(self.id.as_str(), |(_, name)| name)
    }
}

/// How a statement stands, from what says least against it to what says most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Its verdict, or that of every claim that establishes it, is *supported*.
    Supported,
    /// No verdict is at hand.
    NotRun,
    /// Its verdict, or that of one of its claims, is *undecided*.
    Undecided,
    /// Its verdict, or that of one of its claims, is *refuted*.
    Refuted,
}

impl Standing {
    /// All of them, best first.
    pub const ALL: [Standing; 4] =
        [Standing::Supported, Standing::Undecided, Standing::Refuted, Standing::NotRun];

    /// The name in pictures and tables.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Supported => "supported",
            Standing::NotRun => "not run",
            Standing::Undecided => "undecided",
            Standing::Refuted => "refuted",
        }
    }
}

impl From<Option<Verdict>> for Standing {
    fn from(verdict: Option<Verdict>) -> Self {
        match verdict {
            Some(Verdict::Supported) => Standing::Supported,
            Some(Verdict::Undecided) => Standing::Undecided,
            Some(Verdict::Refuted) => Standing::Refuted,
            None => Standing::NotRun,
        }
    }
}

/// Statements with what they rest on: no circle, and nothing missing.
///
/// ```
/// use feature_contamination::paper;
/// use feature_contamination::study::Role;
///
/// let study = paper::study();
/// let blueprint = study.blueprint()?;
/// let n_statements = study.claims().len() + study.established().len();
/// assert_eq!(blueprint.statements().len(), n_statements);
/// // A theorem stands above the claims that establish it.
/// let last = n_statements - 1;
/// assert!(blueprint.statements()[last].role == Role::Theorem && blueprint.level(last) > 0);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Blueprint {
    statements: Vec<Statement>,
    /// For each statement the indices of all that it rests on, in increasing order.
    premises: Vec<Vec<usize>>,
    levels: Vec<usize>,
}

impl Study {
    /// The blueprint of the study: its claims, then the statements that they establish.
    ///
    /// # Errors
    /// As [`Blueprint::new`].
    pub fn blueprint(&self) -> Result<Blueprint> {
        let of_claim =
            |claim: &Arc<Claim>| Statement::of_claim(claim.id, claim.statement, claim.card);
        let of_theorem = |theorem: &Theorem| Statement::of_theorem(theorem.id, theorem.page);
        let claims = self.claims().iter().map(of_claim);
        Blueprint::new(claims.chain(self.established().iter().map(of_theorem)).collect())
    }
}

impl Blueprint {
    /// A blueprint of these statements.
    ///
    /// # Errors
    /// - two statements with one id, or one that rests on itself;
    /// - a premise that is no statement, or one of the wrong role.
    pub fn new(statements: Vec<Statement>) -> Result<Self> {
        if let Some(fault) = broken_links(&statements).into_iter().next() {
            return Err(Error::Malformed {
                what: "the blueprint".into(),
                reason: fault,
                remedy: "mend the card".into(),
            });
        }
        let (places, premises) = (places(&statements), premises(&statements));
        let levels = levels(&premises).unwrap_or_else(|_| vec![0; places.len()]);
        Ok(Blueprint { statements, premises, levels })
    }

    /// The statements, claims in the order of the registry and then theorems.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// How long the longest way down from a statement is: 0 for one that rests on none.
    pub fn level(&self, idx: usize) -> usize {
        self.levels[idx]
    }

    /// The indices of all that a statement rests on directly, as its card says it.
    pub fn premises(&self, idx: usize) -> &[usize] {
        &self.premises[idx]
    }

    /// The premises of a statement that none of its other premises rests on: what a picture needs.
    pub fn reduced_premises(&self, idx: usize) -> Vec<usize> {
        let direct = &self.premises[idx];
        let is_implied = |&premise: &usize| {
            direct.iter().any(|&other| other != premise && self.rests_on(other, premise))
        };
        direct.iter().copied().filter(|premise| !is_implied(premise)).collect()
    }

    fn rests_on(&self, idx: usize, other: usize) -> bool {
        self.premises[idx].iter().any(|&premise| premise == other || self.rests_on(premise, other))
    }

    /// How each statement stands by the verdicts on claims: a theorem as the worst of its claims.
    pub fn standings(&self, verdicts: &BTreeMap<String, Verdict>) -> Vec<Standing> {
        let of_claim = |id: &String| Standing::from(verdicts.get(id).copied());
        let of = |statement: &Statement| match statement.role {
            Role::Claim => of_claim(&statement.id),
            Role::Theorem => {
                statement.claims.iter().map(of_claim).max().unwrap_or(Standing::NotRun)
            }
        };
        self.statements.iter().map(of).collect()
    }
}

fn places(statements: &[Statement]) -> BTreeMap<&str, usize> {
    statements.iter().enumerate().map(|(idx, statement)| (statement.id.as_str(), idx)).collect()
}

/// The indices of all that each statement rests on, as far as they are there.
fn premises(statements: &[Statement]) -> Vec<Vec<usize>> {
    let places = places(statements);
    let of = |statement: &Statement| {
        let known = statement.premises().filter_map(|id| places.get(id.as_str()).copied());
        known.collect::<BTreeSet<_>>().into_iter().collect()
    };
    statements.iter().map(of).collect()
}

/// The level of each statement; or, where some rest on themselves, the indices of those without one.
fn levels(premises: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut levels: Vec<Option<usize>> = vec![None; premises.len()];
    for _ in 0..premises.len() {
        for (idx, premises) in premises.iter().enumerate() {
            let below: Option<Vec<usize>> = premises.iter().map(|&p| levels[p]).collect();
            levels[idx] = below.map(|below| below.iter().max().map_or(0, |level| level + 1));
        }
    }
    let open: Vec<usize> = (0..levels.len()).filter(|&idx| levels[idx].is_none()).collect();
    if open.is_empty() { Ok(levels.into_iter().flatten().collect()) } else { Err(open) }
}

/// What is wrong with a set of statements: broken links, a missing status, a theorem without claims, a statement
/// that stands alone.
pub fn faults(statements: &[Statement]) -> Vec<String> {
    let mut faults = broken_links(statements);
    let premises = premises(statements);
    let used: BTreeSet<usize> = premises.iter().flatten().copied().collect();
    for (idx, statement) in statements.iter().enumerate() {
        let Statement { id, role, claims, status, .. } = statement;
        if *role == Role::Theorem && claims.is_empty() {
            faults.push(format!("{id}: no claim supports it"));
        }
        if !STATUS.iter().any(|word| status.starts_with(word)) {
            faults.push(format!("{id}: its status begins with none of {}", STATUS.join(", ")));
        }
        if statement.premises().next().is_none() && !used.contains(&idx) {
            faults.push(format!(
                "{id}: stands alone; name what it uses, or the theorem that it is for"
            ));
        }
    }
    faults
}

/// Ids used twice, premises that are not there or of the wrong role, and circles.
fn broken_links(statements: &[Statement]) -> Vec<String> {
    let mut faults: Vec<String> =
        statements.iter().flat_map(|statement| own_links(statement, statements)).collect();
    if let Err(circular) = levels(&premises(statements)) {
        let ids = circular.iter().map(|&idx| statements[idx].id.as_str());
        faults.push(format!("these rest on themselves: {}", ids.collect::<Vec<_>>().join(", ")));
    }
    faults
}

/// How a status may begin.
const STATUS: [&str; 3] = ["Holds", "Fails", "Undecided"];

fn own_links(statement: &Statement, all: &[Statement]) -> Vec<String> {
    let Statement { id, role, uses, claims, .. } = statement;
    let mut faults = Vec::new();
    if all.iter().filter(|other| other.id == *id).count() > 1 {
        faults.push(format!("{id}: more than once"));
    }
    let wanted = uses.iter().map(|used| (used, *role));
    for (other, role) in wanted.chain(claims.iter().map(|claim| (claim, Role::Claim))) {
        match all.iter().find(|statement| statement.id == *other) {
            None => faults.push(format!("{id}: rests on {other}, which is no statement")),
            Some(found) if found.role != role => {
                faults.push(format!("{id}: {other} is in the wrong section, or no premise"));
            }
            Some(_) => {}
        }
    }
    faults
}
