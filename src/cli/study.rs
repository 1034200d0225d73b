//! The program of a study of one's own: its arguments, its output and its exit status.

use std::ffi::OsString;
use std::process::ExitCode;

use super::args::SeedChoice;
use super::{BAD_INPUT, output};
use crate::claims::{Study, StudyOutcome};
use crate::error::{Error, Result};
use crate::seed::Seed;

/// The whole `main` of a program that decides one study: reads the seed, which may be given as the one argument
/// ([`crate::cli::DEFAULT_SEED`] where it is not, `random` for one that nobody chose), runs the study and prints its
/// outcome with the seed.
///
/// Returns the exit status: 0 where every statement is supported and every control caught, 1 where not; 2, after one
/// line on standard error, for arguments that are no seed and for a study that gives no answer.
///
/// ```
/// use std::process::ExitCode;
///
/// use feature_contamination::prelude::*;
///
/// fn main() -> ExitCode {
///     let study = Study::new("a sum").statement("sum", "1 + 1 is at most 2.", "adds 1", |_, arm| {
///         let sum = if arm == Arm::Claim { 2.0 } else { 3.0 };
///         let sum = Exact::largest([(sum, 0.0)]);
///         Ok(vec![Draft::new("sum", &[], sum, Region::at_most(2.0))])
///     });
///     study_main(&study)
/// }
/// ```
pub fn study_main(study: &Study) -> ExitCode {
    let outcome = run(study, std::env::args_os().skip(1));
    let status = outcome.and_then(|(outcome, seed)| {
        output::answer(&format!("{outcome}\nThe seed was {seed}."))?;
        Ok(status(&outcome))
    });
    ExitCode::from(status.unwrap_or_else(|fault| {
        output::note(&format!("error: {fault}"));
        BAD_INPUT
    }))
}

/// The outcome under the seed that the arguments ask for, and that seed.
///
/// # Errors
/// - more than one argument, or one that is no seed, before anything runs;
/// - what [`Study::run`] refuses.
fn run(study: &Study, arguments: impl Iterator<Item = OsString>) -> Result<(StudyOutcome, u64)> {
    let arguments: Vec<OsString> = arguments.collect();
    let seed: SeedChoice = match arguments.as_slice() {
        [] => SeedChoice::default(),
        [seed] => seed.to_string_lossy().parse()?,
        more => {
            let remedy = "give the seed alone, or nothing";
            return Err(Error::out_of_range("arguments", more.len(), "at most 1", remedy));
        }
    };
    let seed = seed.number();
    Ok((study.run(Seed::root(seed))?, seed))
}

/// As `contam verify` has it, but that what is undecided counts as a failure too.
fn status(outcome: &StudyOutcome) -> u8 {
    u8::from(!outcome.is_as_it_should_be())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::{Arm, Draft};
    use crate::cli::DEFAULT_SEED;
    use crate::stats::{Exact, Region};

    /// A statement on a computed value that may be at most 1, on either arm.
    fn study(claim: f64, control: f64) -> Study {
        Study::new("values").statement("value", "A value is at most 1.", "", move |_, arm| {
            let value = if arm == Arm::Claim { claim } else { control };
            let value = Exact::largest([(value, 0.0)]);
            Ok(vec![Draft::new("value", &[], value, Region::at_most(1.0))])
        })
    }

    fn asked(study: &Study, arguments: &[&str]) -> Result<(StudyOutcome, u64)> {
        run(study, arguments.iter().map(OsString::from))
    }

    #[test]
    fn the_argument_is_the_seed() {
        let seed = |arguments: &[&str]| asked(&study(0.0, 2.0), arguments).unwrap().1;
        assert_eq!(seed(&[]), DEFAULT_SEED);
        assert_eq!(seed(&["7"]), 7);
        assert_ne!(seed(&["random"]), seed(&["random"]));
    }

    #[test]
    fn arguments_that_are_no_seed_are_refused_with_a_remedy() {
        for (arguments, words) in [
            (&["seven"][..], ["seed = seven", "a whole number from 0", "or write random"]),
            (&["-1"], ["seed = -1", "a whole number from 0", "or write random"]),
            (&["1", "2"], ["arguments = 2", "at most 1", "give the seed alone"]),
        ] {
            let fault = asked(&study(0.0, 2.0), arguments).unwrap_err().to_string();
            assert!(words.iter().all(|word| fault.contains(word)), "{fault}");
            assert_eq!(fault.lines().count(), 1, "{fault}");
        }
    }

    #[test]
    fn only_what_is_as_it_should_be_succeeds() {
        let status = |claim, control| status(&asked(&study(claim, control), &[]).unwrap().0);
        assert_eq!(status(0.0, 2.0), 0);
        assert_eq!(status(2.0, 2.0), 1);
        assert_eq!(status(0.0, 0.0), 1, "the control was not caught");
    }
}
