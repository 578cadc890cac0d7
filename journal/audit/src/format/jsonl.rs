//! The native form: every field of an entry, and the record's own bytes.

use crate::entry::Entry;

/// Gives an entry's line. The same entry always gives the same bytes, which is what verification compares.
pub(crate) fn line(entry: &Entry) -> String {
    let text =
        serde_json::to_string(entry).expect("an entry has text, numbers and JSON values only");
    text + "\n"
}
