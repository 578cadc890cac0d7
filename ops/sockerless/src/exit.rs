//! How the process ends, and what it says then. Codes follow `sysexits.h`.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, Write as _},
};

/// All went well.
pub(crate) const WELL: u8 = 0;

/// The log is damaged beyond repair (`EX_DATAERR`): starting again will not help.
pub(crate) const DAMAGED: u8 = 65;

/// A write or a sync failed (`EX_SOFTWARE`): starting again reads what is durable.
pub(crate) const JOURNAL_FAILED: u8 = 70;

/// Another server owns the directory (`EX_TEMPFAIL`).
pub(crate) const OWNED: u8 = 75;

/// An error that ends the process with a code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Coded {
    pub(crate) code: u8,
    pub(crate) message: String,
}

/// Ends the process, and leaves nothing to be done at its end.
///
/// Everything that was acknowledged is durable. RocksDB's own threads may still be closing it, and would meet the
/// destructors of its static objects, which a return from `main` runs: the process would abort.
#[expect(unsafe_code, reason = "no safe function ends a process without destructors")]
pub(crate) fn at_once(code: u8) -> ! {
    // SAFETY: it takes no pointer and does not return.
    unsafe { libc::_exit(code.into()) }
}

/// Prints an error with all its causes, and ends the process with its code.
///
/// It may come of a start that had opened the log already.
#[expect(clippy::print_stderr, reason = "the last words of the process")]
pub(crate) fn failed(error: &anyhow::Error) -> ! {
    // What was printed so far is not lost; where nobody reads it any more, that is all the same.
    let _ = io::stdout().flush();
    eprintln!("sockerless: {}", chain(error.as_ref()));
    let code =
        error.chain().find_map(|cause| cause.downcast_ref::<Coded>()).map_or(1, |own| own.code);
    at_once(code)
}

/// Puts an error and its causes into one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        // Writing to a string does not fail.
        let _ = write!(text, ": {next}");
        cause = next.source();
    }
    text
}
