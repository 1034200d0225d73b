//! Statements of one's own, decided like those of the registry.

use std::collections::BTreeSet;
use std::fmt;

use super::evidence::{decide_all, decisive, verdict};
use super::{Arm, Draft, Part};
use crate::error::{Error, Result};
use crate::seed::Seed;
use crate::stats::{Ledger, Rates, Verdict};

/// A check: from a stream and the arm to run to the quantities that are to be decided.
type Check = Box<dyn Fn(Seed, Arm) -> Result<Vec<Draft>> + Send + Sync>;

/// One statement of a study.
struct Entry {
    id: String,
    statement: String,
    breaks: String,
    check: Check,
}

/// Statements of one's own, each with a control that breaks its premise and must be refuted.
///
/// The false-alarm rate of the study is shared out evenly over its statements, so that a true statement is
/// refuted anywhere in the study with probability at most `alpha`; a statement shares its part over what its
/// check drafts by Holm's procedure. Each keeps the full miss rate `beta`.
///
/// ```
/// use feature_contamination::prelude::*;
///
/// let study = Study::new("two constants").statement(
///     "sum/half",
///     "1/2 + 1/2 is at most 1.",
///     "adds 1/2 once more",
///     |_seed, arm| {
///         let n_halves = if arm == Arm::Claim { 2.0 } else { 3.0 };
///         let sum = Exact::largest([(0.5 * n_halves, 0.0)]);
///         Ok(vec![Draft::new("sum", &[], sum, Region::at_most(1.0))])
///     },
/// );
/// let outcome = study.run(Seed::root(2024))?;
/// assert!(outcome.is_as_it_should_be());
/// # Ok::<(), Error>(())
/// ```
pub struct Study {
    name: String,
    rates: Rates,
    entries: Vec<Entry>,
}

impl Study {
    /// The error rates of a study that declares none.
    pub const RATES: Rates = Rates { alpha: 1e-6, beta: 1e-3 };

    /// A study without statements, at the rates [`Study::RATES`].
    pub fn new(name: impl Into<String>) -> Self {
        Study { name: name.into(), rates: Self::RATES, entries: Vec::new() }
    }

    /// Declares other error rates: `alpha` for the whole study, `beta` for each statement.
    pub fn rates(mut self, rates: Rates) -> Self {
        self.rates = rates;
        self
    }

    /// Adds a statement: its id, what it says in one sentence, which premise the control breaks, and the
    /// check. The check runs once per arm, each time with a stream of its own, and drafts at least one
    /// quantity.
    pub fn statement(
        mut self,
        id: impl Into<String>,
        statement: impl Into<String>,
        breaks: impl Into<String>,
        check: impl Fn(Seed, Arm) -> Result<Vec<Draft>> + Send + Sync + 'static,
    ) -> Self {
        self.entries.push(Entry {
            id: id.into(),
            statement: statement.into(),
            breaks: breaks.into(),
            check: Box::new(check),
        });
        self
    }

    /// The account of the study's false alarms.
    ///
    /// # Errors
    /// - no statement, an id that is empty, or two statements with one id;
    /// - a rate that is not above 0 and below 1/2.
    pub fn ledger(&self) -> Result<Ledger<'_>> {
        check_rates(self.rates)?;
        check_ids(&self.entries)?;
        Ledger::even(self.rates.alpha, self.entries.iter().map(|entry| entry.id.as_str()))
    }

    /// Checks every statement and its control. A statement's streams are named by its id and the arm: what else
    /// is in the study moves no number, only the shares of `alpha`.
    ///
    /// # Errors
    /// - what [`Study::ledger`] refuses, before anything runs;
    /// - [`Error::Statement`] with the error of a check, or for a check that drafts nothing.
    pub fn run(&self, seed: Seed) -> Result<StudyOutcome> {
        let ledger = self.ledger()?;
        let outcome_of = |entry: &Entry| {
            let rates = Rates { alpha: ledger.share(&entry.id), ..self.rates };
            entry
                .run(seed, rates)
                .map_err(|fault| Error::Statement { id: entry.id.clone(), fault: Box::new(fault) })
        };
        Ok(StudyOutcome {
            name: self.name.clone(),
            rates: self.rates,
            statements: self.entries.iter().map(outcome_of).collect::<Result<_>>()?,
        })
    }
}

impl Entry {
    fn run(&self, seed: Seed, rates: Rates) -> Result<StatementOutcome> {
        let parts = |arm: Arm, stream: &str| {
            let drafts = (self.check)(seed.child(&self.id).child(stream), arm)?;
            if drafts.is_empty() {
                let parameter = format!("number of drafts of the {stream}");
                let remedy = "let the check draft what is to be decided, on both arms";
                return Err(Error::out_of_range(parameter, 0, "at least 1", remedy));
            }
            Ok(decide_all(drafts, rates))
        };
        Ok(StatementOutcome {
            id: self.id.clone(),
            statement: self.statement.clone(),
            breaks: self.breaks.clone(),
            claim: parts(Arm::Claim, "claim")?,
            control: parts(Arm::Control, "control")?,
        })
    }
}

impl fmt::Debug for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.entries.iter().map(|entry| entry.id.as_str()).collect();
        let mut text = f.debug_struct("Study");
        text.field("name", &self.name).field("rates", &self.rates).field("statements", &ids);
        text.finish()
    }
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

fn check_ids(entries: &[Entry]) -> Result<()> {
    if entries.is_empty() {
        let remedy = "add one with `Study::statement`";
        return Err(Error::out_of_range("number of statements", 0, "at least 1", remedy));
    }
    let mut ids = BTreeSet::new();
    for Entry { id, .. } in entries {
        if id.trim().is_empty() || !ids.insert(id) {
            let range = "a name that no other statement has";
            let remedy = "give each statement an id of its own: its random streams are named by it";
            return Err(Error::out_of_range("id of a statement", format!("`{id}`"), range, remedy));
        }
    }
    Ok(())
}

/// What a study came to; as text, a table with a line on each statement.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyOutcome {
    /// The name of the study.
    pub name: String,
    /// The error rates: `alpha` of the whole study, `beta` of each statement.
    pub rates: Rates,
    /// The statements, in the order in which they were added; never empty.
    pub statements: Vec<StatementOutcome>,
}

impl StudyOutcome {
    /// Whether every statement is supported and every control caught.
    pub fn is_as_it_should_be(&self) -> bool {
        self.statements.iter().all(StatementOutcome::is_as_it_should_be)
    }

    /// The statement of this id.
    pub fn find(&self, id: &str) -> Option<&StatementOutcome> {
        self.statements.iter().find(|statement| statement.id == id)
    }
}

/// What a statement and its control came to.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementOutcome {
    /// The statement's id.
    pub id: String,
    /// What it says.
    pub statement: String,
    /// Which premise the control breaks.
    pub breaks: String,
    /// The parts of the statement, never empty.
    pub claim: Vec<Part>,
    /// The parts of its control, never empty.
    pub control: Vec<Part>,
}

impl StatementOutcome {
    fn parts(&self, arm: Arm) -> &[Part] {
        match arm {
            Arm::Claim => &self.claim,
            Arm::Control => &self.control,
        }
    }

    /// Refuted if one part of this arm is, supported if all are.
    pub fn verdict(&self, arm: Arm) -> Verdict {
        verdict(self.parts(arm))
    }

    /// The part that decides an arm: the first one with the verdict of the whole.
    pub fn decisive(&self, arm: Arm) -> &Part {
        decisive(self.parts(arm))
    }

    /// The part by which the control was caught, the first one that is refuted; none if it was not.
    pub fn caught_by(&self) -> Option<&Part> {
        self.control.iter().find(|part| part.decision.verdict == Verdict::Refuted)
    }

    /// Whether the statement is supported and its control caught.
    pub fn is_as_it_should_be(&self) -> bool {
        self.verdict(Arm::Claim) == Verdict::Supported && self.caught_by().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Exact, Hypothesis, Mean, Region, Replicates};
    use rand::RngExt;

    /// The mean of 200 uniform draws, shifted on the control arm.
    fn mean_draft(seed: Seed, shift: f64, hypothesis: Hypothesis) -> Result<Vec<Draft>> {
        let draw = |idx: usize| seed.index(idx).rng().random::<f64>() + shift;
        let mean = Mean::of(&Replicates::of(200, draw))?;
        Ok(vec![Draft::new("mean", &[], mean, hypothesis)])
    }

    /// A statement on the mean of uniform draws, which is 1/2, with this shift of the control.
    fn with_mean(study: Study, id: &str, claimed: f64, shift: f64) -> Study {
        study.statement(id, "The mean.", "shifts the draws", move |seed, arm| {
            let shift = if arm == Arm::Control { shift } else { 0.0 };
            mean_draft(seed, shift, Hypothesis::value(claimed, 0.2))
        })
    }

    /// One statement on a computed value, the same on both arms.
    fn constant(study: Study, id: &str, value: f64) -> Study {
        study.statement(id, "A value is at most 1.", "nothing", move |_, _| {
            let value = Exact::largest([(value, 0.0)]);
            Ok(vec![Draft::new("value", &[], value, Region::at_most(1.0))])
        })
    }

    #[track_caller]
    fn fault(study: &Study, words: &[&str]) {
        let fault = study.run(Seed::root(1)).unwrap_err().to_string();
        assert!(words.iter().all(|word| fault.contains(word)), "{fault}");
    }

    #[test]
    fn a_true_statement_is_supported_a_false_one_refuted_and_controls_are_told_apart() {
        let study = with_mean(Study::new("means"), "true", 0.5, 1.0);
        let study = with_mean(study, "false", 1.5, 0.0);
        let study = with_mean(study, "control that breaks nothing", 0.5, 0.0);
        let outcome = study.run(Seed::root(3)).unwrap();
        let verdicts = |id: &str| {
            let statement = outcome.find(id).unwrap();
            (statement.verdict(Arm::Claim), statement.verdict(Arm::Control))
        };
        assert_eq!(verdicts("true"), (Verdict::Supported, Verdict::Refuted));
        assert_eq!(verdicts("false").0, Verdict::Refuted);
        let idle = "control that breaks nothing";
        assert_eq!(verdicts(idle), (Verdict::Supported, Verdict::Supported));
        assert_eq!(outcome.find("true").unwrap().caught_by().unwrap().name, "mean");
        assert!(outcome.find("true").unwrap().is_as_it_should_be());
        assert!(outcome.find(idle).unwrap().caught_by().is_none());
        assert!(!outcome.is_as_it_should_be() && outcome.find("other").is_none());
    }

    #[test]
    fn the_shares_of_all_statements_are_no_more_than_the_whole() {
        let rates = Rates { alpha: 0.01, beta: 0.02 };
        let ids = ["a", "b", "c", "d"];
        let study = ids
            .iter()
            .fold(Study::new("four").rates(rates), |study, id| with_mean(study, id, 0.5, 1.0));
        assert!(study.ledger().unwrap().spent() <= rates.alpha * (1.0 + 1e-12));
        let outcome = study.run(Seed::root(1)).unwrap();
        let spent: f64 = outcome.statements.iter().map(|s| s.claim[0].decision.rates.alpha).sum();
        assert!((spent - rates.alpha).abs() < 1e-12, "{spent}");
        assert!(outcome.statements.iter().all(|s| s.claim[0].decision.rates.beta == rates.beta));
    }

    #[test]
    fn replicates_that_are_tied_are_no_evidence() {
        let study = Study::new("tied").statement("mean", "The mean.", "no", |_, _| {
            let mean = Mean::of(&Replicates::of(200, |_| 0.5))?;
            Ok(vec![Draft::new("mean", &[], mean, Hypothesis::value(0.5, 0.2))])
        });
        let outcome = study.run(Seed::root(1)).unwrap();
        let mean = outcome.find("mean").unwrap();
        assert_eq!(mean.verdict(Arm::Claim), Verdict::Undecided);
        assert!(mean.caught_by().is_none() && !outcome.is_as_it_should_be());
    }

    #[test]
    fn the_numbers_of_a_statement_do_not_depend_on_the_others_and_its_arms_are_independent() {
        let alone = with_mean(Study::new("one"), "a", 0.5, 0.0).run(Seed::root(5)).unwrap();
        let pair = with_mean(with_mean(Study::new("two"), "b", 0.5, 0.0), "a", 0.5, 0.0);
        let pair = pair.run(Seed::root(5)).unwrap();
        let estimate = |parts: &[Part]| parts[0].decision.estimate;
        let (a, again) = (&alone.statements[0], pair.find("a").unwrap());
        assert_eq!(estimate(&a.claim), estimate(&again.claim));
        assert_ne!(estimate(&a.claim), estimate(&a.control));
        assert_ne!(estimate(&a.claim), estimate(&pair.find("b").unwrap().claim));
    }

    #[test]
    fn bad_input_is_an_error_that_names_what_to_mend() {
        fault(&Study::new("empty"), &["number of statements = 0", "Study::statement"]);
        let twice = constant(constant(Study::new("twice"), "a", 0.0), "a", 0.0);
        fault(&twice, &["id of a statement = `a`", "no other statement has"]);
        fault(&constant(Study::new("nameless"), " ", 0.0), &["id of a statement"]);
        let none = Study::new("none").statement("a", "", "", |_, _| Ok(Vec::new()));
        fault(&none, &["statement a", "number of drafts of the claim = 0"]);
        for (rates, parameter) in [
            (Rates { alpha: 0.0, beta: 0.1 }, "alpha = 0 "),
            (Rates { alpha: 1e-6, beta: 0.5 }, "beta = 0.5 "),
            (Rates { alpha: f64::NAN, beta: 0.1 }, "alpha = NaN "),
        ] {
            fault(&constant(Study::new("rates"), "a", 0.0).rates(rates), &[parameter, "declare"]);
        }
        let failing = Study::new("failing")
            .statement("mean", "", "", |_, _| Mean::of(&Replicates::none()).map(|_| Vec::new()));
        fault(&failing, &["statement mean", "number of replicates = 0"]);
    }

    #[test]
    fn a_statement_of_parts_is_decided_by_the_first_part_with_its_verdict() {
        let study = Study::new("parts").statement("a", "", "", |_, _| {
            let part = |name: &str, value: f64| {
                Draft::new(name, &[], Exact::largest([(value, 0.0)]), Region::at_most(1.0))
            };
            Ok(vec![part("inside", 0.5), part("outside", 2.0), part("also outside", 3.0)])
        });
        let outcome = study.run(Seed::root(1)).unwrap();
        assert_eq!(outcome.statements[0].decisive(Arm::Claim).name, "outside");
        assert_eq!(outcome.statements[0].caught_by().unwrap().name, "outside");
    }
}
