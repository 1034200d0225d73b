//! `contam completions` and `contam man`: what shells and manual readers want, made from the definition of the
//! arguments.

use std::io::{self, Write};

use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use clap_mangen::Man;

use super::{command_line, output};
use crate::error::{Error, Result};
use crate::study::Study;

/// Prints the script that completes commands and options in a shell; in bash and zsh, whose scripts know the values of
/// arguments, ids too.
///
/// # Errors
/// If standard output takes no text.
pub fn completions(study: &Study, shell: Shell) -> Result<()> {
    let mut command = with_ids(study, command_line::command(study));
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "contam", &mut script);
    print(script)
}

/// The command line in which arguments list the ids that they take.
///
/// For scripts only: the parser itself takes any text and leaves it to [`Study::select`], which names the id
/// nearest to a misspelt one, where clap would print all of them.
fn with_ids(study: &Study, command: Command) -> Command {
    let claims: Vec<&str> = study.claims().iter().map(|claim| claim.id).collect();
    let mut families: Vec<&str> = study.claims().iter().map(|claim| claim.family()).collect();
    families.sort_unstable();
    families.dedup();
    let theorems: Vec<&str> = study.established().iter().map(|theorem| theorem.id).collect();
    let checked = [claims.clone(), families].concat();
    let explained = [claims, theorems].concat();
    let arguments = [
        ("verify", "ids", &checked),
        ("control", "ids", &checked),
        ("design", "ids", &checked),
        ("explain", "id", &explained),
        #[cfg(feature = "faults")]
        ("faults", "claims", &checked),
    ];
    arguments.into_iter().fold(command, |command, (name, argument, ids)| {
        command.mut_subcommand(name, |subcommand| {
            subcommand.mut_arg(argument, |arg| arg.value_parser(PossibleValuesParser::new(ids)))
        })
    })
}

/// Prints the manual page: the program, then every subcommand.
///
/// # Errors
/// If standard output takes no text.
pub fn manual(mut command: Command) -> Result<()> {
    // Subcommands learn their full names.
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page).map_err(fault)?;
    for subcommand in command.get_subcommands() {
        section(&mut page, subcommand).map_err(fault)?;
    }
    print(page)
}

/// A subcommand in the page of the program, or those that it consists of.
fn section(page: &mut Vec<u8>, command: &Command) -> io::Result<()> {
    if command.has_subcommands() {
        return command.get_subcommands().try_for_each(|part| section(page, part));
    }
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    writeln!(page, ".SH {}", name.to_uppercase())?;
    let manual = Man::new(command.clone());
    manual.render_synopsis_section(page)?;
    manual.render_description_section(page)?;
    manual.render_options_section(page)
}

fn print(bytes: Vec<u8>) -> Result<()> {
    let text = String::from_utf8(bytes).map_err(fault)?;
    output::answer(text.trim_end())
}

fn fault(reason: impl ToString) -> Error {
    Error::Malformed {
        what: "the text to print".into(),
        reason: reason.to_string(),
        remedy: "read `contam --help` instead".into(),
    }
}
