//! Where things are in a journal's folder, and the exchange of a mended database for the damaged one.
//!
//! A database is never mended in place. A copy is mended beside it, and only when it has proved good does it
//! take the damaged one's place; a crash at any point leaves the one or the other.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::durable::{
    At, FileError, create_folder, names_in, put_in_place, remove_folder, sync_folder,
};

/// Damaged databases that are kept; more would only tell the same story again.
const QUARANTINE_MAX: usize = 8;

/// The folder of a journal.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    folder: PathBuf,
}

impl Places {
    /// Names the places in `folder`.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("db")
    }

    /// The witness.
    pub(crate) fn ring(&self) -> PathBuf {
        self.folder.join("tail.ring")
    }

    /// A database that is being mended.
    pub(crate) fn draft(&self) -> PathBuf {
        self.folder.join("db.draft")
    }

    /// A copy of the damaged database, from which what is good is read.
    pub(crate) fn source(&self) -> PathBuf {
        self.folder.join("db.source")
    }

    /// A mended database that has proved good.
    fn ready(&self) -> PathBuf {
        self.folder.join("db.ready")
    }

    /// Damaged databases.
    pub(crate) fn quarantine(&self) -> PathBuf {
        self.folder.join("quarantine")
    }

    /// Tells whether there is a database.
    pub(crate) fn has_database(&self) -> bool {
        self.database().join("CURRENT").exists()
    }

    /// Removes what an interrupted mending left, and puts a mended database in place if one is ready.
    pub(crate) fn tidy(&self) -> Result<Option<PathBuf>, FileError> {
        remove_folder(&self.draft())?;
        remove_folder(&self.source())?;
        if self.ready().exists() { self.exchange().map(Some) } else { Ok(None) }
    }

    /// Puts the draft in the database's place; returns where the damaged one is kept.
    pub(crate) fn accept_draft(&self) -> Result<PathBuf, FileError> {
        sync_folder(&self.draft())?;
        // From here on the mended database counts, also after a crash.
        put_in_place(&self.draft(), &self.ready())?;
        remove_folder(&self.source())?;
        self.exchange()
    }

    fn exchange(&self) -> Result<PathBuf, FileError> {
        let quarantine = self.quarantine();
        create_folder(&quarantine)?;
        let kept = names_in(&quarantine)?;
        let newest = kept.iter().filter_map(|name| name.parse::<u32>().ok()).max().unwrap_or(0);
        let aside = quarantine.join(format!("{:06}", newest.wrapping_add(1)));
        if self.database().exists() {
            put_in_place(&self.database(), &aside)?;
        }
        put_in_place(&self.ready(), &self.database())?;
        drop_shared_tables(&aside)?;
        for old in kept.iter().take((kept.len() + 1).saturating_sub(QUARANTINE_MAX)) {
            remove_folder(&quarantine.join(old))?;
        }
        Ok(aside)
    }
}

/// Removes the sorted files that the mended database uses as well, so that they take no room once it is done.
fn drop_shared_tables(folder: &Path) -> Result<(), FileError> {
    for name in names_in(folder)?.into_iter().filter(|name| name.ends_with(".sst")) {
        let path = folder.join(name);
        if fs::metadata(&path).at("look at", &path)?.nlink() > 1 {
            fs::remove_file(&path).at("remove", &path)?;
        }
    }
    Ok(())
}
