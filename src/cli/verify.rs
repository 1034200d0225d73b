//! `verify` and `control`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::process::ExitCode;
use std::time::Instant;

use super::args::{Check, CheckOptions, RunOptions, SeedChoice};
use super::progress::Line;
use super::report::Files;
use super::study::Program;
use super::{output, signal};
use crate::error::{Error, Result};
use crate::report::{self, Conditions, Verdict};
use crate::seed::Seed;
use crate::study::{Arm, Lab, Outcome, Plan, Unanswered};

/// Checks the claims of these ids, or their controls, and reports.
///
/// # Errors
/// - an id that names nothing;
/// - a report or a file that cannot be written, found before the work starts where that can be told;
/// - threads that cannot be started;
/// - checks of which none gives an answer; where some do, the others are told after the verdicts, and by the exit status.
pub fn run(
    (study, program): Program<'_>,
    arm: Arm,
    ids: &[String],
    options: &CheckOptions,
) -> Result<ExitCode> {
    let claims = study.select(ids)?;
    let files = Files::new(options)?;
    signal::end_at_once();
    let (mut conditions, _) = planned((study, program), arm, ids, &options.run)?;
    let start = Instant::now();
    announce(&conditions, claims.len(), options)?;
    let (outcomes, mut unanswered) = {
        let line = Line::of_claims(options.quiet);
        let watcher = Box::new(line.watcher());
        let mut lab = Lab::new(Seed::root(conditions.seed), conditions.tier, watcher);
        study.run_each(&claims, arm, &mut lab)
    };
    if outcomes.is_empty() && !unanswered.is_empty() {
        return Err(unanswered.swap_remove(0).fault);
    }
    conditions.seconds = start.elapsed().as_secs_f64();
    files.write(&conditions, &outcomes)?;
    if options.run.json {
        output::answer(&report::to_json(&report::verification(&conditions, &outcomes))?)?;
    } else {
        show(&conditions, &outcomes, &files)?;
    }
    for Unanswered { fault, .. } in &unanswered {
        output::note(&format!("error: no answer: {fault}"));
    }
    if !unanswered.is_empty() {
        return Ok(ExitCode::from(super::BAD_INPUT));
    }
    Ok(ExitCode::from(status(arm, outcomes.iter().map(Outcome::verdict))))
}

/// The plan of a run of these claims, or of their controls, with its conditions.
///
/// # Errors
/// As [`run`], without the claims.
pub fn planned<'a>(
    (study, program): Program<'a>,
    arm: Arm,
    ids: &[String],
    options: &RunOptions,
) -> Result<(Conditions<'a>, Plan)> {
    let claims = study.select(ids)?;
    let (tier, seed) = (study.tier(&options.tier)?, options.seed.number());
    let n_threads = start_threads(options.threads)?;
    let plan = study.plan(&claims, arm, (tier, Seed::root(seed)), n_threads)?;
    let planned_seconds = plan.seconds;
    let conditions =
        Conditions { study, program, arm, seed, tier, n_threads, planned_seconds, seconds: 0.0 };
    Ok((conditions, plan))
}

/// Counts verdicts under many seeds. The exit status is that of all of them together.
///
/// # Errors
/// As [`run`].
pub fn repeat(
    (study, program): Program<'_>,
    arm: Arm,
    check: &Check,
    n_repeats: usize,
) -> Result<ExitCode> {
    let Check { ids, options, .. } = check;
    let claims = study.select(ids)?;
    let tier = study.tier(&options.run.tier)?;
    let n_threads = start_threads(options.run.threads)?;
    signal::end_at_once();
    let (start, seed) = (Instant::now(), options.run.seed.number());
    let counts = {
        let line = Line::of_claims(options.quiet);
        let watcher = line.watcher();
        study.repeat(&claims, arm, (tier, Seed::root(seed)), n_repeats, &watcher)?
    };
    let conditions = Conditions {
        study,
        program,
        arm,
        seed,
        tier,
        n_threads,
        planned_seconds: f64::NAN,
        seconds: start.elapsed().as_secs_f64(),
    };
    let document = report::repeated(&conditions, &counts);
    if options.run.json {
        output::answer(&report::to_json(&document)?)?;
    } else {
        output::answer(&format!(
            "{n_repeats} seeds of root {seed}, tier {tier}.\n\n{}",
            document.text()
        ))?;
    }
    let verdicts = counts.iter().flat_map(|counts| {
        let of = |n: usize, verdict| (n > 0).then_some(verdict);
        [
            of(counts.n_supported, Verdict::Supported),
            of(counts.n_refuted, Verdict::Refuted),
            of(counts.n_undecided, Verdict::Undecided),
        ]
    });
    Ok(ExitCode::from(status(arm, verdicts.flatten())))
}

/// Says what begins, so that a long run does not start in silence. A document stands alone on standard
/// output; a seed that nobody knows yet is then told on standard error.
fn announce(conditions: &Conditions<'_>, n_claims: usize, options: &CheckOptions) -> Result<()> {
    let Conditions { tier, seed, n_threads, planned_seconds, .. } = conditions;
    let goal = match conditions.arm {
        Arm::Claim => "",
        Arm::Control => ", each of which must be refuted,",
    };
    let line = format!(
        "Checking {}{goal} at tier {tier} with seed {seed} (threads: {n_threads}).\n\
         It takes about {}.",
        conditions.counted(n_claims),
        duration(*planned_seconds),
    );
    if !options.run.json {
        return output::answer(&line);
    }
    if options.run.seed == SeedChoice::Random && !options.quiet {
        output::note(&line);
    }
    Ok(())
}

/// A prediction, with as many digits as it deserves.
fn duration(seconds: f64) -> String {
    match seconds {
        ..1.0 => "a second".into(),
        1.0..90.0 => format!("{seconds:.0} s"),
        _ => format!("{:.0} min", seconds / 60.0),
    }
}

fn show(conditions: &Conditions, outcomes: &[Outcome], files: &Files) -> Result<()> {
    let table = report::table(outcomes, output::has_colour());
    output::answer(&format!("\n{table}\n\n{}", report::summary(conditions, outcomes)))?;
    for outcome in outcomes.iter().filter(|outcome| !outcome.passed()) {
        output::answer(&format!("\n{}", report::remark(conditions, outcome)))?;
    }
    for place in files.places() {
        output::answer(&place)?;
    }
    Ok(())
}

/// The exit status: 1 if a verdict is the opposite of the one hoped for, else 3 if one is undecided,
/// else 0.
pub(super) fn status(arm: Arm, verdicts: impl Iterator<Item = Verdict>) -> u8 {
    let opposite = match arm {
        Arm::Claim => Verdict::Refuted,
        Arm::Control => Verdict::Supported,
    };
    let verdicts: Vec<Verdict> = verdicts.collect();
    if verdicts.contains(&opposite) {
        1
    } else if verdicts.contains(&Verdict::Undecided) {
        3
    } else {
        0
    }
}

/// Starts the threads that share the work; returns how many there are.
pub(super) fn start_threads(n_threads: Option<usize>) -> Result<usize> {
    // 0 stands for all cores, to rayon.
    let builder = rayon::ThreadPoolBuilder::new().num_threads(n_threads.unwrap_or(0));
    builder.build_global().map_err(|fault| Error::Malformed {
        what: "the number of threads".into(),
        reason: fault.to_string(),
        remedy: "give a smaller --threads".into(),
    })?;
    Ok(rayon::current_num_threads())
}

impl SeedChoice {
    /// The number itself; a random one comes from the operating system, through the keys of the
    /// standard library's hash maps.
    pub(super) fn number(self) -> u64 {
        match self {
            SeedChoice::Number(number) => number,
            SeedChoice::Random => RandomState::new().build_hasher().finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Refuted, Supported, Undecided};

    #[test]
    fn the_exit_status_follows_the_worst_verdict() {
        let cases: [(&[Verdict], u8, u8); 6] = [
            (&[Supported, Supported], 0, 1),
            (&[Refuted, Refuted], 1, 0),
            (&[Supported, Undecided], 3, 1),
            (&[Refuted, Undecided], 1, 3),
            (&[Supported, Refuted, Undecided], 1, 1),
            (&[Undecided], 3, 3),
        ];
        for (verdicts, of_claims, of_controls) in cases {
            let status = |arm| status(arm, verdicts.iter().copied());
            assert_eq!((status(Arm::Claim), status(Arm::Control)), (of_claims, of_controls));
        }
    }

    #[test]
    fn random_seeds_differ() {
        assert_ne!(SeedChoice::Random.number(), SeedChoice::Random.number());
        assert_eq!(SeedChoice::Number(7).number(), 7);
    }
}
