//! `contam verify --combine`: the evidence of earlier runs, together.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::CheckOptions;
use super::verify::status;
use super::{files, output};
use crate::error::{Error, Result};
use crate::report::{self, Recorded};
use crate::study::{Arm, Study};

/// A document of all claims at the deep tier has some 100 kB.
const MAX_BYTES: u64 = 1 << 26;

const REMEDY: &str = "give documents that `verify --json` wrote";

/// Reads documents and shows their evidence together; the exit status is that of `verify`.
///
/// # Errors
/// - a file that cannot be read or is no document of `verify`;
/// - runs that do not fit together, see [`report::combination`].
pub fn run(study: &Study, paths: &[PathBuf], options: &CheckOptions) -> Result<ExitCode> {
    let runs = paths.iter().map(|path| read(study, path)).collect::<Result<Vec<_>>>()?;
    let combined = report::combination(&runs)?;
    if options.run.json {
        output::answer(&report::to_json(&combined)?)?;
    } else {
        output::answer(&combined.text())?;
    }
    Ok(ExitCode::from(status(Arm::Claim, combined.verdicts())))
}

/// Reads the document of a run.
///
/// # Errors
/// A file that cannot be read, or is no document of `verify` for this study.
pub(super) fn read(study: &Study, path: &Path) -> Result<Recorded> {
    let bytes = files::read(path, MAX_BYTES, REMEDY)?;
    let text = String::from_utf8(bytes).map_err(|fault| Error::Malformed {
        what: path.display().to_string(),
        reason: fault.to_string(),
        remedy: REMEDY.into(),
    })?;
    Recorded::read(study.name(), &path.display().to_string(), &text)
}
