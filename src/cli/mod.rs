//! The command line: arguments, files, clock, threads, terminal and exit status.
//!
//! [`main`] is `contam`; [`study_main`] is the whole program of a study of one's own. Both answer what a study can be
//! asked by the same code.
//!
//! Standard output carries the answer, and with `--json` nothing but one document. Progress, notes and
//! errors go to standard error.

mod args;
mod calibrate;
mod combine;
mod command_line;
#[cfg(feature = "faults")]
mod faults;
mod figures;
mod figures_args;
mod files;
mod list;
mod manifest;
mod numpy;
mod oracle;
mod oracle_args;
mod oracle_mean;
mod oracle_mean_field;
mod output;
mod points;
mod progress;
mod report;
mod shell;
mod signal;
mod statistics;
mod study;
mod sweep;
mod train;
mod verify;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub use self::args::DEFAULT_SEED;
use self::args::{Cli, Command, StudyCli};
use self::oracle_args::Oracle;
use crate::error::{Error, Result};
use crate::paper;
use crate::study::Study;

/// The exit status of input that is no answer: clap uses the same.
const BAD_INPUT: u8 = 2;
/// The exit status of a program that was interrupted: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;

/// Runs `contam` on the arguments of the process; returns its exit status.
pub fn main() -> ExitCode {
    let study = paper::study();
    match command_line::parse(&study, std::env::args_os()) {
        Ok(cli) => status(run(&study, &cli)),
        Err(request) => instead(&request),
    }
}

/// The whole `main` of a program that runs one study: the same subcommands, options, output and exit status as
/// `contam` has for the study of the paper.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use feature_contamination::prelude::*;
///
/// fn main() -> ExitCode {
///     let sum = Claim::new("sum", "1 + 1 is at most 2.", |scope| {
///         let sum = if scope.arm == Arm::Claim { 2.0 } else { 3.0 };
///         let mut design = Design::new();
///         let computed = design.sample(Sample::new(Key::new("sum"), move |_| Ok(sum)));
///         design.part("sum", Region::at_most(2.0), computed.largest_of(|sum| *sum));
///         Ok(design)
///     });
///     study_main(&Study::new("A sum").claim(sum.control("adds 1")))
/// }
/// ```
pub fn study_main(study: &Study) -> ExitCode {
    let started_as = std::env::args_os().next().map(PathBuf::from);
    let name = started_as.as_deref().and_then(Path::file_stem).map(OsStr::to_string_lossy);
    let program = name.map_or_else(|| "study".to_owned(), Cow::into_owned);
    match command_line::parse_study(study, &program, std::env::args_os()) {
        Ok(StudyCli { command, options }) => {
            status(study::run((study, &program), command.as_ref(), &options))
        }
        Err(request) => instead(&request),
    }
}

/// The exit status of an answer, after one line on standard error where there is none.
fn status(answer: Result<ExitCode>) -> ExitCode {
    answer.unwrap_or_else(|fault| {
        output::note(&format!("error: {fault}"));
        ExitCode::from(match fault {
            Error::Interrupted { .. } | Error::Stopped { .. } => INTERRUPTED,
            _ => BAD_INPUT,
        })
    })
}

/// Prints what was asked for instead of a run, such as the help, or what is wrong with the arguments.
fn instead(request: &clap::Error) -> ExitCode {
    // A closed terminal is no reason to fail.
    let _ = request.print();
    ExitCode::from(u8::try_from(request.exit_code()).unwrap_or(BAD_INPUT))
}

fn run(study: &Study, cli: &Cli) -> Result<ExitCode> {
    let asked = match &cli.command {
        None => return study::run((study, "contam"), None, &cli.options),
        Some(command) => command,
    };
    match asked {
        Command::Study(command) => study::run((study, "contam"), Some(command), &cli.options),
        Command::Train(options) => done(train::run(options)),
        Command::Sweep(options) => done(sweep::run(options)),
        Command::Figures(options) => done(figures::run(options)),
        Command::Calibrate(options) => calibrate::run(options),
        #[cfg(feature = "faults")]
        Command::Faults(options) => faults::run(options),
        Command::Oracle(Oracle::Activation(options)) => done(oracle::activation(options)),
        Command::Oracle(Oracle::FixedPoint(options)) => done(oracle::fixed_point(options)),
        Command::Oracle(Oracle::MeanField(options)) => done(oracle_mean_field::run(options)),
        Command::Oracle(Oracle::Mean(options)) => done(oracle_mean::mean(options)),
        Command::Oracle(Oracle::Trend(options)) => done(statistics::trend(options)),
        Command::Oracle(Oracle::Interval(options)) => done(statistics::interval(options)),
        Command::Completions { shell } => done(shell::completions(study, *shell)),
        Command::Man => done(shell::manual(command_line::command(study))),
    }
}

fn done(result: Result<()>) -> Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}
