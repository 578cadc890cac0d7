//! What is noted of a container whose output is sent: to whom, under which tag, and how far it is.
//!
//! It has no more than the container's own options in it, and outlives the container until all of it is sent.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use backends_logs::{LinePosition, LogPosition};
use journal_domain::ContainerId;
use serde::{Deserialize, Serialize};

/// What a note's file name ends with.
const SUFFIX: &str = ".json";

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// The options of the log driver.
    pub(crate) options: BTreeMap<String, String>,
    /// The tag of messages.
    pub(crate) tag: String,
    /// The place behind everything that was sent.
    pub(crate) at: LinePosition,
}

// === impl Note ===

impl Note {
    /// Makes the note of a container nothing of whose output is sent yet.
    pub(crate) const fn fresh(options: BTreeMap<String, String>, tag: String) -> Self {
        let at = LinePosition { frame: LogPosition::START, given: 0 };
        Self { options, tag, at }
    }

    /// Reads a container's note; `None` where there is none.
    pub(crate) fn read(folder: &Path, id: ContainerId) -> io::Result<Option<Self>> {
        match fs::read(path(folder, id)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes it in place of the one before. It is not synced: what a loss of power takes back of it is sent again.
    pub(crate) fn write(&self, folder: &Path, id: ContainerId) -> io::Result<()> {
        let path = path(folder, id);
        let new = path.with_extension("new");
        fs::write(&new, serde_json::to_vec(self)?)?;
        fs::rename(new, path)
    }

    /// Removes a container's note; one that is not there is no error.
    pub(crate) fn remove(folder: &Path, id: ContainerId) -> io::Result<()> {
        match fs::remove_file(path(folder, id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Lists the containers that have one.
    pub(crate) fn list(folder: &Path) -> io::Result<Vec<ContainerId>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            found.extend(id.and_then(|id| id.parse::<ContainerId>().ok()));
        }
        Ok(found)
    }
}

fn path(folder: &Path, id: ContainerId) -> PathBuf {
    folder.join(format!("{id}{SUFFIX}"))
}
