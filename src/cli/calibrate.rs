//! `contam calibrate`.

use std::path::Path;
use std::process::ExitCode;

use super::args::{Calibrate, SeedChoice};
use super::files::{Target, make_directory};
use super::progress::Line;
use super::verify::start_threads;
use super::{output, signal};
use crate::calibrate::{self, Effort, Findings};
use crate::error::Result;
use crate::report;
use crate::seed::Seed;

/// The files of a report: table, document, plots.
const FILES: [&str; 4] =
    ["calibration.csv", "calibration.json", "calibration-rates.svg", "calibration-power.svg"];

/// Measures the procedures of these names, and reports.
///
/// # Errors
/// - a name that names nothing;
/// - threads that cannot be started;
/// - a directory that takes no file, found before the work starts.
pub fn run(options: &Calibrate) -> Result<ExitCode> {
    let procedures = calibrate::select(&options.procedures)?;
    let targets = options.report.as_deref().map(targets).transpose()?;
    start_threads(options.threads)?;
    signal::end_at_once();
    let seed = options.seed.number();
    let line = format!(
        "Calibrating {} procedures with seed {seed} and {} replicates of each rate that is sampled.",
        procedures.len(),
        options.replicates
    );
    if !options.json {
        output::answer(&line)?;
    } else if options.seed == SeedChoice::Random {
        output::note(&line);
    }
    let findings = {
        let line = Line::of_claims(false);
        let watcher = line.watcher();
        let effort = Effort::new(Seed::root(seed), options.replicates, &watcher)?;
        calibrate::run(&procedures, &effort)?
    };
    let document = report::to_json(&report::calibration(seed, options.replicates, &findings))?;
    if let Some(targets) = &targets {
        write(targets, &document, &findings)?;
    }
    if options.json {
        output::answer(&document)?;
    } else {
        output::answer(&format!("\n{}", report::calibration_table(&findings)))?;
        if let Some(directory) = &options.report {
            output::answer(&format!("\nThe report lies in {}.", directory.display()))?;
        }
    }
    Ok(ExitCode::from(u8::from(findings.has_fault())))
}

/// The files of a report in a directory, which is made where there is none.
fn targets(directory: &Path) -> Result<[Target; 4]> {
    make_directory(directory)?;
    let [csv, json, rates, power] = FILES.map(|name| Target::new(&directory.join(name)));
    Ok([csv?, json?, rates?, power?])
}

fn write(targets: &[Target; 4], document: &str, findings: &Findings) -> Result<()> {
    let texts = [
        report::calibration_csv(findings),
        format!("{document}\n"),
        report::rates_plot(findings)?,
        report::power_plot(findings)?,
    ];
    for (target, text) in targets.iter().zip(texts) {
        target.write(|writer| writer.write_all(text.as_bytes()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn options(line: &str) -> Calibrate {
        let args = line.split_whitespace().map(std::ffi::OsString::from);
        let Some(super::super::args::Command::Calibrate(options)) =
            super::super::command_line::parse(&crate::paper::study(), args).unwrap().command
        else {
            unreachable!("the line asks for a calibration")
        };
        options
    }

    #[test]
    fn a_report_is_written_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/report");
        let targets = targets(&path).unwrap();
        write(&targets, "{}", &Findings::default()).unwrap();
        for name in FILES {
            assert!(fs::metadata(path.join(name)).unwrap().len() > 0, "{name}");
        }
        assert_eq!(fs::read_dir(&path).unwrap().count(), FILES.len());
    }

    #[test]
    fn unknown_procedures_and_places_are_refused_before_the_work() {
        let fault = run(&options("contam calibrate mean/studnet")).unwrap_err().to_string();
        assert!(fault.contains("did you mean `mean/student`"), "{fault}");
        let file = tempfile::NamedTempFile::new().unwrap();
        let line = format!("contam calibrate mean/student --report {}", file.path().display());
        assert!(run(&options(&line)).unwrap_err().to_string().contains("give a directory"));
    }
}
