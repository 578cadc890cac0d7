//! An archive as what is in it, whatever the order.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Value, json};

/// Where the mark of an archive is, and the mark.
const MARK: (usize, &[u8]) = (257, b"ustar");

/// Gives what an archive has in it, by name: kind, permissions, owner, size, and where a link leads. None where it is no archive.
pub(crate) fn listing(bytes: &[u8]) -> Option<Value> {
    let (at, mark) = MARK;
    (bytes.get(at..at + mark.len()) == Some(mark)).then(|| read(bytes).ok()).flatten()
}

fn read(bytes: &[u8]) -> Result<Value> {
    let mut all = serde_json::Map::new();
    for entry in tar::Archive::new(bytes).entries()? {
        let entry = entry?;
        let header = entry.header();
        let mut told = format!("{:?} {:o}", header.entry_type(), header.mode()? & 0o7777);
        let _ = write!(told, " {}:{} {}", header.uid()?, header.gid()?, entry.size());
        if let Some(link) = entry.link_name()? {
            let _ = write!(told, " -> {}", link.display());
        }
        all.insert(entry.path()?.to_string_lossy().into_owned(), json!(told));
    }
    Ok(Value::Object(all))
}
