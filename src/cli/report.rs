//! The files of a run of claims: a page with its figures, and the test cases of a build.

use std::fs;
use std::path::{Path, PathBuf};

use super::args::CheckOptions;
use super::files::{self, Target, file_error, make_directory};
use super::manifest::Manifest;
use crate::error::Result;
use crate::report::{self, Conditions, Picture};
use crate::study::Outcome;

/// Where the files of a run go, found writable before the work starts.
#[derive(Debug)]
pub struct Files {
    report: Option<PathBuf>,
    /// The figures of the report that lies there already.
    earlier: Manifest,
    pictures: Vec<Picture>,
    junit: Option<Target>,
}

impl Files {
    /// The files that the options ask for.
    ///
    /// # Errors
    /// A directory or a file that cannot be written; a directory without figures where there should be some; one whose
    /// list of figures is not ours.
    pub fn new(options: &CheckOptions) -> Result<Self> {
        let pictures = options.figures.as_deref().map(pictures).transpose()?.unwrap_or_default();
        let mut earlier = Manifest::default();
        if let Some(directory) = &options.report {
            earlier = Manifest::read(directory)?;
            make_directory(directory)?;
            make_directory(&directory.join(report::FIGURES))?;
            Target::new(&directory.join(report::PAGE))?;
        }
        Ok(Files {
            report: options.report.clone(),
            earlier,
            pictures,
            junit: options.junit.as_deref().map(Target::new).transpose()?,
        })
    }

    /// Writes them, the page after its figures: where it is, all is there. Then what only an earlier report wrote goes,
    /// since no page shows it any more.
    ///
    /// # Errors
    /// If a file cannot be written, or an old one not removed.
    pub fn write(&self, conditions: &Conditions, outcomes: &[Outcome]) -> Result<()> {
        if let Some(directory) = &self.report {
            let blueprint = conditions.study.blueprint()?;
            let files = report::report_files(conditions, outcomes, &blueprint, &self.pictures)?;
            for (name, text) in &files {
                let target = Target::new(&directory.join(name))?;
                target.write(|writer| writer.write_all(text.as_bytes()))?;
            }
            let now = Manifest::of(&files);
            self.earlier.remove_left_over(&now, directory)?;
            now.write(directory)?;
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

/// Longer drawings are not ours.
const MAX_PICTURE_BYTES: u64 = 16 << 20;

/// The drawings of a directory, in the order of their names.
fn pictures(directory: &Path) -> Result<Vec<Picture>> {
    let remedy = "give the directory that `contam figures --out DIR` wrote";
    let fault = |reason: String| file_error(directory, reason, remedy);
    let entries = fs::read_dir(directory).map_err(|e| fault(e.to_string()))?;
    let paths: std::io::Result<Vec<PathBuf>> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(|e| fault(e.to_string()))?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "svg"));
    paths.sort();
    if paths.is_empty() {
        return Err(fault("no figure (SVG) lies there".into()));
    }
    let picture = |path: PathBuf| {
        let bytes = files::read(&path, MAX_PICTURE_BYTES, remedy)?;
        let svg = String::from_utf8(bytes).map_err(|e| file_error(&path, e, remedy))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Picture { name, svg })
    };
    paths.into_iter().map(picture).collect()
}
