//! The files of a run of claims: a page with its figures, and the test cases of a build.

use std::path::PathBuf;

use super::args::CheckOptions;
use super::files::{Target, make_directory};
use crate::claims::{Blueprint, Outcome};
use crate::error::Result;
use crate::report::{self, Conditions};

/// Where the files of a run go, found writable before the work starts.
#[derive(Debug)]
pub struct Files {
    report: Option<PathBuf>,
    junit: Option<Target>,
}

impl Files {
    /// The files that the options ask for.
    ///
    /// # Errors
    /// A directory or a file that cannot be written.
    pub fn new(options: &CheckOptions) -> Result<Self> {
        if let Some(directory) = &options.report {
            make_directory(directory)?;
            make_directory(&directory.join(report::FIGURES))?;
            Target::new(&directory.join(report::PAGE))?;
        }
        Ok(Files {
            report: options.report.clone(),
            junit: options.junit.as_deref().map(Target::new).transpose()?,
        })
    }

    /// Writes them, the page after its figures: where it is, all is there.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, conditions: &Conditions, outcomes: &[Outcome]) -> Result<()> {
        if let Some(directory) = &self.report {
            let blueprint = Blueprint::compiled()?;
            for (name, text) in report::report_files(conditions, outcomes, &blueprint)? {
                let target = Target::new(&directory.join(name))?;
                target.write(|writer| writer.write_all(text.as_bytes()))?;
            }
        }
        if let Some(target) = &self.junit {
            let text = report::junit(conditions, outcomes)?;
            target.write(|writer| writer.write_all(text.as_bytes()))?;
        }
        Ok(())
    }

    /// Where the files lie, for the last lines of a run; nothing where there are none.
    pub fn places(&self) -> Vec<String> {
        let page = self.report.as_ref().map(|directory| directory.join(report::PAGE));
        let page = page.map(|page| format!("The report lies in {}.", page.display()));
        let junit = self.junit.as_ref();
        let junit = junit.map(|t| format!("The test cases lie in {}.", t.path().display()));
        page.into_iter().chain(junit).collect()
    }
}
