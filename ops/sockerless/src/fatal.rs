//! The end of the process when the log fails: nothing is retried, only an opening finds out what is durable.

use std::error::Error;

use crate::exit;

/// Says why, and ends the process without another write.
#[expect(clippy::print_stderr, reason = "the last words of the process")]
pub(crate) fn end(error: &dyn Error) -> ! {
    eprintln!("sockerless: the log failed, the server ends: {}", exit::chain(error));
    exit::at_once(exit::JOURNAL_FAILED)
}
