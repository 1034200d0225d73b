//! Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{INTERRUPTED, output};

/// Ends the program at once on Ctrl-C, with the exit status of an interrupted one.
pub fn end_at_once() {
    handle(stop);
}

/// A flag that Ctrl-C raises, with a word on what happens then. A second Ctrl-C ends the program at once.
pub fn flag(word: &'static str) -> Arc<AtomicBool> {
    let raised = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&raised);
    handle(move || {
        if raised.swap(true, Ordering::SeqCst) {
            stop();
        }
        output::note(word);
    });
    flag
}

fn stop() {
    output::note("\ninterrupted");
    std::process::exit(INTERRUPTED.into());
}

/// Without a handler Ctrl-C still ends the program, only with another exit status.
fn handle(handler: impl FnMut() + Send + 'static) {
    if ctrlc::set_handler(handler).is_err() {
        output::note("note: Ctrl-C cannot be handled here; it ends the program without a word");
    }
}
