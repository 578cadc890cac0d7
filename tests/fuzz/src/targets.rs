//! The decoders of this repository that read what they have not just written themselves.
//!
//! RocksDB's log and the witness are read from files only; tests/damage changes those.

mod documents;
mod files;
mod records;

use crate::target::Target;

/// Lists all of them.
pub fn targets() -> Vec<Target> {
    let mut all = records::targets();
    all.extend(documents::targets());
    all.extend(files::targets());
    all
}
