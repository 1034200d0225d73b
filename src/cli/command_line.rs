//! The command lines of `contam` and of the program of any study, with the ids and tiers of the study.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{CommandFactory, FromArgMatches};

use super::args::{Cli, StudyCli};
use crate::study::Study;

/// Reads the arguments of `contam`.
///
/// # Errors
/// What to print instead of running: a fault, the help or the version.
pub fn parse(study: &Study, args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    read(command(study), args)
}

/// Reads the arguments of the program of a study.
///
/// # Errors
/// What to print instead of running: a fault or the help.
pub fn parse_study(
    study: &Study,
    program: &str,
    args: impl IntoIterator<Item = OsString>,
) -> Result<StudyCli, clap::Error> {
    read(study_command(study, program), args)
}

fn read<T: FromArgMatches>(
    mut command: clap::Command,
    args: impl IntoIterator<Item = OsString>,
) -> Result<T, clap::Error> {
    let mut matches = command.try_get_matches_from_mut(args)?;
    T::from_arg_matches_mut(&mut matches).map_err(|fault| fault.format(&mut command))
}

/// The command line of `contam`.
pub fn command(study: &Study) -> clap::Command {
    for_study(Cli::command(), study)
}

/// The command line of the program of a study.
fn study_command(study: &Study, program: &str) -> clap::Command {
    let command = StudyCli::command().bin_name(program).display_name(program).about(study.name());
    for_study(command, study).after_help(STUDY_HELP)
}

/// What the exit status of a study says.
const STUDY_HELP: &str = "\
Exit status: 0 every claim supported (control: every control refuted); 1 some claim refuted
(control: some control supported); 3 some undecided; 2 bad input; 130 interrupted.";

/// A command line with the ids of the study in the help of those who take them, and its tiers.
fn for_study(command: clap::Command, study: &Study) -> clap::Command {
    let ids = study.claims().iter().map(|claim| format!("\n  {}", claim.id)).collect::<String>();
    let ids = format!("Ids, in order (`list` says more):{ids}");
    let names = || study.all_tiers().iter().map(|tier| tier.name);
    let tiers = study.all_tiers().iter().map(|tier| format!("{}: {}", tier.name, tier.about));
    let tiers = format!("How much to spend ({})", tiers.collect::<Vec<_>>().join("; "));
    let default = study.default_tier().name;
    let with_tiers = |command: clap::Command| {
        command.mut_arg("tier", |arg| {
            arg.value_parser(PossibleValuesParser::new(names()))
                .default_value(default)
                .required(false)
                .help(tiers.clone())
        })
    };
    let command = ["verify", "control", "design"]
        .iter()
        .fold(with_tiers(command), |command, name| command.mut_subcommand(name, with_tiers));
    ["verify", "control", "explain", "design"].iter().fold(command, |command, name| {
        command.mut_subcommand(name, |subcommand| subcommand.after_help(ids.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::PROCEDURES;
    use crate::cli::DEFAULT_SEED;
    use crate::cli::args::{Command, SeedChoice};
    use crate::cli::oracle_args::Oracle;
    use crate::paper;
    use crate::setting::Label;

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        parse(&paper::study(), line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_definition_is_consistent() {
        let study = paper::study();
        command(&study).debug_assert();
        study_command(&study, "a study").debug_assert();
    }

    #[test]
    fn no_subcommand_takes_the_options_of_verify() {
        let cli = parsed("contam --tier quick --seed random --threads 3 --quiet").unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.options.run.tier, "quick");
        assert_eq!(cli.options.run.seed, SeedChoice::Random);
        assert_eq!((cli.options.run.threads, cli.options.quiet), (Some(3), true));
        let cli = parsed("contam").unwrap();
        assert_eq!(cli.options.run.seed, SeedChoice::Number(DEFAULT_SEED));
        assert_eq!(cli.options.run.tier, "standard");
    }

    #[test]
    fn a_negative_label_is_a_label() {
        let line = "contam oracle activation --weights w.npy --core 1 --latent uniform --label -1";
        let Some(Command::Oracle(Oracle::Activation(activation))) = parsed(line).unwrap().command
        else {
            unreachable!("the line asks for an activation")
        };
        assert_eq!(activation.label, Label::Negative);
    }

    #[test]
    fn faults_name_the_value_and_the_remedy() {
        let cases = [
            ("contam --threads 0", "leave --threads out"),
            ("contam verify --threads many", "many"),
            ("contam verify --tier nonsense", "quick, standard, deep"),
            ("contam --seed -3", "-3"),
            ("contam --seed 18446744073709551616", "18446744073709551616"),
            ("contam verfy", "verify"),
            ("contam calibrate --replicates 0", "resolve a rate"),
            ("contam calibrate --replicates few", "few"),
            ("contam oracle fixed-point --d0 4 --core 2 --latent bernoulli:2", "bernoulli:P"),
        ];
        for (line, named) in cases {
            let message = parsed(line).unwrap_err().to_string();
            assert!(message.contains(named), "{line}: {message}");
        }
    }

    #[test]
    fn the_help_of_calibrate_names_every_procedure() {
        let help = parsed("contam calibrate --help").unwrap_err().to_string();
        for procedure in PROCEDURES {
            assert!(help.contains(procedure.name), "{}: {help}", procedure.name);
        }
    }

    #[test]
    fn the_help_of_sweep_has_examples_and_the_keys_of_a_grid_file() {
        let help = parsed("contam sweep --help").unwrap_err().to_string();
        for word in ["contam sweep grids/decay.toml --out", "width_per_feature", "critical_decay"] {
            assert!(help.contains(word), "{word}: {help}");
        }
        assert!(parsed("contam sweep grid.toml").unwrap_err().to_string().contains("--out"));
    }

    #[test]
    fn the_help_of_verify_names_every_claim() {
        let help = parsed("contam verify --help").unwrap_err().to_string();
        for claim in paper::study().claims() {
            assert!(help.contains(claim.id), "{}: {help}", claim.id);
        }
    }
}
