//! `contam faults`, in builds with the feature `faults`.

use std::process::ExitCode;
use std::time::Instant;

use super::args::Faults;
use super::files::{self, Target};
use super::verify::start_threads;
use super::{output, signal};
use crate::error::{Error, Result};
use crate::fault;
use crate::paper;
use crate::report;
use crate::seed::Seed;
use crate::study::PanelEntry;

/// A page longer than this is none.
const MAX_PAGE_BYTES: u64 = 1 << 20;

/// Lists faults, or runs claims under each of them and without one, and reports.
///
/// # Errors
/// - a name or an id that names nothing;
/// - threads that cannot be started;
/// - a page that has no place for the tables, or cannot be written, found before the work starts.
pub fn run(options: &Faults) -> Result<ExitCode> {
    let faults = fault::select(&options.faults)?;
    if options.list {
        return output::answer(&report::fault_list(&faults)).map(|()| ExitCode::SUCCESS);
    }
    let study = paper::study();
    let claims = study.select(&options.claims)?;
    let page = options.page.as_deref().map(Target::new).transpose()?;
    let n_threads = start_threads(options.threads)?;
    signal::end_at_once();
    let (start, seed, tier) = (Instant::now(), options.seed.number(), study.tier(&options.tier)?);
    let old_page = page.as_ref().map(read).transpose()?;
    if let Some(text) = &old_page {
        report::panel_page(text, &[], (seed, tier))?;
    }
    if !options.quiet {
        output::note(&format!(
            "Running {} claims under {} faults, and without one, at tier {tier} with seed {seed}.",
            claims.len(),
            faults.len()
        ));
    }
    let one = |fault| -> PanelEntry {
        let entry = study.panel_entry(fault, &claims, (tier, Seed::root(seed)));
        if !options.quiet {
            output::note(&report::panel_line(&entry));
        }
        entry
    };
    let sound_first = std::iter::once(None).chain(faults.into_iter().map(Some));
    let entries: Vec<PanelEntry> = sound_first.map(one).collect();
    let seconds = start.elapsed().as_secs_f64();
    if let (Some(target), Some(text)) = (&page, &old_page) {
        let text = report::panel_page(text, &entries, (seed, tier))?;
        target.write(|writer| writer.write_all(text.as_bytes()))?;
    }
    if options.json {
        let document = report::panel_document(&entries, (seed, tier), (n_threads, seconds));
        output::answer(&report::to_json(&document)?)?;
    } else {
        output::answer(&report::panel_table(&entries))?;
    }
    let is_well = entries.iter().all(PanelEntry::passed);
    Ok(ExitCode::from(u8::from(!is_well)))
}

fn read(target: &Target) -> Result<String> {
    let remedy = "give a page with the marks of theory/faults.md";
    let bytes = files::read(target.path(), MAX_PAGE_BYTES, remedy)?;
    String::from_utf8(bytes).map_err(|fault| Error::Malformed {
        what: format!("{}", target.path().display()),
        reason: fault.to_string(),
        remedy: remedy.into(),
    })
}
