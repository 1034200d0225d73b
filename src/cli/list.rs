//! `contam list`: the claims, and the graph of what rests on what.

use std::collections::BTreeMap;

use super::args::{GraphFormat, GraphTarget, List};
use super::files::Target;
use super::{combine, output};
use crate::error::Result;
use crate::report::{self, Graph};
use crate::study::Study;

/// Shows the claims, or writes the graph.
///
/// # Errors
/// - a file of verdicts that is no document of `contam verify --json`;
/// - a file that cannot be written.
pub fn run(study: &Study, options: &List) -> Result<()> {
    let blueprint = study.blueprint()?;
    let Some(target) = &options.graph else {
        return output::answer(&if options.json {
            report::to_json(&report::listing(study, &blueprint))?
        } else {
            report::list(study, &blueprint)
        });
    };
    let (verdicts, source) = match &options.verdicts {
        Some(path) => combine::read(study, path)?.verdicts(),
        None => (BTreeMap::new(), "No verdicts: give those of a run by --verdicts".into()),
    };
    let graph = Graph::new(&blueprint, &verdicts, source);
    let GraphTarget::File(path, format) = target else { return output::answer(&graph.text()) };
    let text = match format {
        GraphFormat::Svg => graph.svg(),
        GraphFormat::Dot => graph.dot(),
        GraphFormat::Text => graph.text() + "\n",
    };
    Target::new(path)?.write(|writer| writer.write_all(text.as_bytes()))
}
