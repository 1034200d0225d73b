//! Standard output and standard error. A reader that has seen enough (`contam list | head -1`) is no
//! fault.

use std::io::{self, ErrorKind, IsTerminal, Write};

use crate::error::{Error, Result};

/// Writes the answer, or a part of it, to standard output, at once.
///
/// # Errors
/// If standard output takes no text, except when its reader has gone.
pub fn answer(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(fault) if fault.kind() != ErrorKind::BrokenPipe => Err(Error::File {
            path: "standard output".into(),
            reason: fault.to_string(),
            remedy: "send the output elsewhere".into(),
        }),
        _ => Ok(()),
    }
}

/// Writes a message to standard error. Where that is closed, nobody wants it.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether to colour standard output: on a terminal, unless the environment says `NO_COLOR`.
pub fn has_colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refused
}
