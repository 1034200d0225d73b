//! Outcomes as JUnit XML, for what shows the tests of a build: one test case for each claim.
//!
//! A claim that is not as it should be is a failure where its verdict is the opposite of the one hoped for,
//! and an error where it is undecided: neither may look like success.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Conditions, Verdict, remark};
use crate::error::{Error, Result};
use crate::study::Outcome;

type Xml = Writer<Vec<u8>>;

/// The outcomes of a run as one suite; times are in seconds.
///
/// ```
/// use feature_contamination::report::junit;
/// # use feature_contamination::paper;
/// # use feature_contamination::report::Conditions;
/// # use feature_contamination::seed::Seed;
/// # use feature_contamination::study::{Arm, Lab, Outcome, Silent};
/// # let study = &paper::study();
/// # let (tier, seed, arm) = (study.tier("quick")?, 7, Arm::Claim);
/// # let claims = study.select(&["gradient/identity".to_owned()])?;
/// # let mut lab = Lab::new(Seed::root(seed), tier, Box::new(Silent));
/// # let (n_threads, planned_seconds, seconds, program) = (1, 0.0, 0.0, "contam");
/// let outcomes: Vec<Outcome> = study.run(&claims, arm, &mut lab)?;
/// let conditions =
///     Conditions { study, program, arm, seed, tier, n_threads, planned_seconds, seconds };
/// assert_eq!(junit(&conditions, &outcomes)?.matches("<testcase").count(), 1);
/// # Ok::<(), feature_contamination::error::Error>(())
/// ```
///
/// # Errors
/// If a text cannot be written as XML; those of this module can.
pub fn junit(conditions: &Conditions, outcomes: &[Outcome]) -> Result<String> {
    let fault = |reason: String| Error::Malformed {
        what: "the JUnit file to write".into(),
        reason,
        remedy: "leave --junit out".into(),
    };
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    document(&mut xml, conditions, outcomes).map_err(|e| fault(e.to_string()))?;
    let text = String::from_utf8(xml.into_inner()).map_err(|e| fault(e.to_string()))?;
    Ok(text + "\n")
}

fn document(xml: &mut Xml, conditions: &Conditions, outcomes: &[Outcome]) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let count = |kind: Kind| outcomes.iter().filter(|o| Kind::of(o) == kind).count().to_string();
    let counts = [
        ("tests", outcomes.len().to_string()),
        ("failures", count(Kind::Failure)),
        ("errors", count(Kind::Error)),
        ("skipped", "0".into()),
        ("time", seconds(conditions.seconds)),
    ];
    let attributes = || counts.iter().map(|(name, value)| (*name, value.as_str()));
    let suites = xml.create_element("testsuites").with_attribute(("name", conditions.program));
    suites.with_attributes(attributes()).write_inner_content(|xml| {
        let suite =
            xml.create_element("testsuite").with_attribute(("name", conditions.subcommand()));
        suite.with_attributes(attributes()).write_inner_content(|xml| {
            properties(xml, conditions)?;
            outcomes.iter().try_for_each(|outcome| case(xml, conditions, outcome))
        })?;
        Ok(())
    })?;
    Ok(())
}

/// What repeats the run.
fn properties(xml: &mut Xml, conditions: &Conditions) -> io::Result<()> {
    let properties = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("seed", conditions.seed.to_string()),
        ("tier", conditions.tier.to_string()),
    ];
    xml.create_element("properties").write_inner_content(|xml| {
        properties.iter().try_for_each(|(name, value)| {
            let property = xml.create_element("property").with_attribute(("name", *name));
            property.with_attribute(("value", value.as_str())).write_empty().map(|_| ())
        })
    })?;
    Ok(())
}

fn case(xml: &mut Xml, conditions: &Conditions, outcome: &Outcome) -> io::Result<()> {
    let claim = &outcome.claim;
    let case = xml
        .create_element("testcase")
        .with_attribute(("classname", claim.family()))
        .with_attribute(("name", claim.id))
        .with_attribute(("time", seconds(outcome.seconds).as_str()));
    let Some(element) = Kind::of(outcome).element() else { return case.write_empty().map(|_| ()) };
    let verdict = outcome.verdict().to_string();
    case.write_inner_content(|xml| {
        let message = format!("{verdict}: {}", claim.statement);
        let fault = xml.create_element(element).with_attribute(("type", verdict.as_str()));
        fault
            .with_attribute(("message", message.as_str()))
            .write_text_content(BytesText::new(&remark(conditions, outcome)))?;
        Ok(())
    })?;
    Ok(())
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.3}")
}

/// What an outcome is to those who count tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Success,
    Failure,
    Error,
}

impl Kind {
    fn of(outcome: &Outcome) -> Self {
        match outcome.verdict() {
            _ if outcome.passed() => Kind::Success,
            Verdict::Undecided => Kind::Error,
            _ => Kind::Failure,
        }
    }

    fn element(self) -> Option<&'static str> {
        match self {
            Kind::Success => None,
            Kind::Failure => Some("failure"),
            Kind::Error => Some("error"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{conditions, outcome, part};
    use super::*;
    use crate::study::Arm;
    use quick_xml::Reader;

    /// The names of the elements in order, each with its attributes as one text.
    fn elements(text: &str) -> Vec<(String, String)> {
        let mut reader = Reader::from_str(text);
        let mut found = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(element) | Event::Empty(element) => {
                    let (name, attributes) = element.split_once(' ').unwrap_or((&element, ""));
                    found.push((name.to_owned(), attributes.to_owned()));
                }
                Event::Eof => return found,
                _ => {}
            }
        }
    }

    fn mixed(arm: Arm) -> String {
        let of = |id, value, interval| {
            outcome(id, arm, vec![part("a <b> & c", value, interval, (0.0, 1.0))])
        };
        let outcomes = [
            of("linear/risk", 0.5, (0.4, 0.6)),
            of("features/core", 2.0, (1.9, 2.1)),
            of("features/background", 0.9, (0.5, 1.3)),
        ];
        junit(&conditions(arm), &outcomes).unwrap()
    }

    #[test]
    fn refuted_is_a_failure_and_undecided_an_error() {
        let text = mixed(Arm::Claim);
        let elements = elements(&text);
        let names: Vec<&str> = elements.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..2], ["testsuites", "testsuite"]);
        assert_eq!(names[6..], ["testcase", "testcase", "failure", "testcase", "error"]);
        let counts = "tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\" time=\"12.500\"";
        assert!(elements[1].1.contains(counts), "{text}");
        assert!(elements[6].1.contains("classname=\"linear\" name=\"linear/risk\" time=\"0.500\""));
        assert!(text.contains("a &lt;b&gt; &amp; c"), "{text}");
        assert!(text.contains("contam verify features/core --seed 7"), "{text}");
    }

    #[test]
    fn a_control_fails_where_it_is_supported() {
        let elements = elements(&mixed(Arm::Control));
        let names: Vec<&str> = elements.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[6..], ["testcase", "failure", "testcase", "testcase", "error"]);
    }
}
