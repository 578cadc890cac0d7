//! The comparison of the journal with its witness, byte for byte, where they overlap.

use std::error::Error;

use journal_log::{ReadError, Record, Seq};

use super::mend::Harm;
use super::newer::newer;
use crate::OpenError;
use crate::ring::Ring;
use crate::store::Store;

/// Finds the first record that the journal cannot give as the witness has it.
///
/// A record that cannot be read is harm that may be mended; one that reads well and is another is not.
pub(super) fn compare(store: &Store, ring: &Ring) -> Result<Option<Harm>, OpenError> {
    let last = match store.last() {
        Ok(last) => last.map_or(Seq::GENESIS, |record| record.header.seq),
        Err(ReadError::Frame { source, .. }) if source.is_newer() => {
            return Err(newer(store, &source));
        }
        Err(error) => return Ok(Some(Harm::Record(told(&error)))),
    };
    // The witness may reach back to what was trimmed since; groups are never cut.
    let first = store.begin().seq.next();
    let Some(covered) = ring.covered().filter(|covered| *covered.start() <= last) else {
        return Ok(None);
    };
    let mut cursor = store.cursor(first.max(*covered.start()), last.min(*covered.end()), true);
    for span in ring.spans().iter().filter(|span| span.head.first >= first) {
        for witnessed in ring.encoded_records(span)? {
            let (seq, found) = match cursor.next_bytes() {
                None => return Ok(None),
                Some(Ok(found)) => found,
                Some(Err(error)) => return Ok(Some(Harm::Record(told(&error)))),
            };
            if witnessed != found && !journal_log::planted!("witness-uncompared") {
                return match Record::check(found) {
                    Ok(_) => Err(OpenError::Diverged { seq }),
                    Err(error) => Ok(Some(Harm::Record(told(&error)))),
                };
            }
        }
    }
    Ok(None)
}

/// Tells an error with its causes.
pub(crate) fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
