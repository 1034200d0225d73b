//! What is wrong with a file of settings, and where.

use crate::error::Error;

/// A fault of a TOML text: says on which line the file fails, and shows it.
pub(crate) fn toml_fault(what: &str, remedy: &str, text: &str, fault: &toml::de::Error) -> Error {
    let place = fault.span().map_or_else(String::new, |span| {
        let line_idx = text[..span.start].matches('\n').count();
        let line = text.lines().nth(line_idx).unwrap_or_default().trim();
        format!("line {} (`{line}`): ", line_idx + 1)
    });
    Error::Malformed {
        what: what.into(),
        reason: format!("{place}{}", fault.message().replace('\n', " ")),
        remedy: remedy.into(),
    }
}
