//! The command line: arguments, files, clock, threads, terminal and exit status.
//!
//! [`main`] is `contam`; [`study_main`] is the whole program of a study of one's own, with the same words and the same
//! statuses. It stands here and not beside [`claims::Study`], which sees neither arguments nor terminal.
//!
//! Standard output carries the answer, and with `--json` nothing but one document. Progress, notes and
//! errors go to standard error.

mod args;
mod calibrate;
mod combine;
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

use std::process::ExitCode;

pub use self::args::DEFAULT_SEED;
use self::args::{Cli, Command, Verify};
use self::oracle_args::Oracle;
pub use self::study::study_main;
use crate::claims::{self, Arm, Statement, THEOREMS};
use crate::error::{Error, Result};

/// The exit status of input that is no answer: clap uses the same.
const BAD_INPUT: u8 = 2;
/// The exit status of a program that was interrupted: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;

/// Runs the program on the arguments of the process; returns its exit status.
pub fn main() -> ExitCode {
    let cli = match args::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(request) => {
            // Also the way of --help and --version. A closed terminal is no reason to fail.
            let _ = request.print();
            return ExitCode::from(u8::try_from(request.exit_code()).unwrap_or(BAD_INPUT));
        }
    };
    run(&cli).unwrap_or_else(|fault| {
        output::note(&format!("error: {fault}"));
        ExitCode::from(match fault {
            Error::Interrupted { .. } | Error::Stopped { .. } => INTERRUPTED,
            _ => BAD_INPUT,
        })
    })
}

fn run(cli: &Cli) -> Result<ExitCode> {
    match &cli.command {
        None => verify::run(Arm::Claim, &[], &cli.options),
        Some(Command::Verify(verify)) if !verify.combine.is_empty() => {
            combine::run(&verify.combine, &verify.check.options)
        }
        Some(Command::Verify(Verify { check, .. })) => verify::command(Arm::Claim, check),
        Some(Command::Control(check)) => verify::command(Arm::Control, check),
        Some(Command::List(options)) => done(list::run(options)),
        Some(Command::Explain { id }) => done(explain(id)),
        Some(Command::Train(options)) => done(train::run(options)),
        Some(Command::Sweep(options)) => done(sweep::run(options)),
        Some(Command::Figures(options)) => done(figures::run(options)),
        Some(Command::Calibrate(options)) => calibrate::run(options),
        #[cfg(feature = "faults")]
        Some(Command::Faults(options)) => faults::run(options),
        Some(Command::Oracle(Oracle::Activation(options))) => done(oracle::activation(options)),
        Some(Command::Oracle(Oracle::FixedPoint(options))) => done(oracle::fixed_point(options)),
        Some(Command::Oracle(Oracle::MeanField(options))) => done(oracle_mean_field::run(options)),
        Some(Command::Oracle(Oracle::Mean(options))) => done(oracle_mean::mean(options)),
        Some(Command::Oracle(Oracle::Trend(options))) => done(statistics::trend(options)),
        Some(Command::Oracle(Oracle::Interval(options))) => done(statistics::interval(options)),
        Some(Command::Completions { shell }) => done(shell::completions(args::command(), *shell)),
        Some(Command::Man) => done(shell::manual(args::command())),
    }
}

fn done(result: Result<()>) -> Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}

fn explain(id: &str) -> Result<()> {
    if let Some(theorem) = THEOREMS.iter().find(|theorem| theorem.id == id) {
        let claims = Statement::of_theorem(theorem.id, theorem.page).claims.join(" ");
        let page = theorem.page.trim_end();
        return output::answer(&format!("{page}\n\nCheck it with `contam verify {claims}`."));
    }
    let claim = claims::find(id)?;
    output::answer(&format!(
        "{}\n\nCheck it with `contam verify {id}`, and its control ({}) with `contam control {id}`.",
        claim.card.trim_end(),
        claim.control
    ))
}
