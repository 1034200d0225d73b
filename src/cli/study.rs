//! What every study can be asked: `list`, `verify`, `control`, `design` and `explain`.

use std::process::ExitCode;

use super::args::{Check, CheckOptions, DesignOptions, StudyCommand, Verify};
use super::verify::{self, planned};
use super::{combine, list, output};
use crate::error::Result;
use crate::report::{self, Conditions};
use crate::study::{Arm, Plan, Statement, Study};

/// A study, and the command that starts its program.
pub type Program<'a> = (&'a Study, &'a str);

/// Answers a subcommand; with none, verifies every claim.
///
/// # Errors
/// What keeps the subcommand from an answer.
pub fn run(
    program: Program<'_>,
    command: Option<&StudyCommand>,
    options: &CheckOptions,
) -> Result<ExitCode> {
    let (study, _) = program;
    match command {
        None => verify::run(program, Arm::Claim, &[], options),
        Some(StudyCommand::Verify(Verify { combine, check })) if !combine.is_empty() => {
            combine::run(study, combine, &check.options)
        }
        Some(StudyCommand::Verify(Verify { check, .. })) => {
            check_claims(program, Arm::Claim, check)
        }
        Some(StudyCommand::Control(check)) => check_claims(program, Arm::Control, check),
        Some(StudyCommand::List(options)) => list::run(study, options).map(|()| ExitCode::SUCCESS),
        Some(StudyCommand::Design(options)) => design(program, options),
        Some(StudyCommand::Explain { id }) => explain(program, id).map(|()| ExitCode::SUCCESS),
    }
}

fn check_claims(program: Program<'_>, arm: Arm, check: &Check) -> Result<ExitCode> {
    if check.plan {
        let (conditions, plan) = planned(program, arm, &check.ids, &check.options.run)?;
        let table = || report::plan_table(&conditions, &plan);
        return show(&conditions, &plan, check.options.run.json, table);
    }
    match check.repeat {
        Some(n_repeats) => verify::repeat(program, arm, check, n_repeats),
        None => verify::run(program, arm, &check.ids, &check.options),
    }
}

/// Shows designs, with the time that they would take on this machine.
fn design(program: Program<'_>, options: &DesignOptions) -> Result<ExitCode> {
    let arm = if options.control { Arm::Control } else { Arm::Claim };
    let (conditions, plan) = planned(program, arm, &options.ids, &options.run)?;
    show(&conditions, &plan, options.run.json, || report::design_text(&conditions, &plan))
}

/// Shows a plan as a document, or as this text.
fn show(
    conditions: &Conditions<'_>,
    plan: &Plan,
    is_json: bool,
    text: impl Fn() -> String,
) -> Result<ExitCode> {
    output::answer(&match is_json {
        true => report::to_json(&report::design_document(conditions, plan))?,
        false => text(),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn explain((study, program): Program<'_>, id: &str) -> Result<()> {
    if let Some(theorem) = study.established().iter().find(|theorem| theorem.id == id) {
        let claims = Statement::of_theorem(theorem.id, theorem.page).claims.join(" ");
        let page = theorem.page.trim_end();
        return output::answer(&format!("{page}\n\nCheck it with `{program} verify {claims}`."));
    }
    let claim = study.find(id)?;
    let card = match claim.card.trim_end() {
        "" => format!("# {id}\n\n{}", claim.statement),
        card => card.to_owned(),
    };
    output::answer(&format!(
        "{card}\n\nCheck it with `{program} verify {id}`, and its control ({}) with `{program} control {id}`.",
        claim.control
    ))
}
