//! Snapshots as files.
//!
//! A snapshot is two files: `<seq>-<hash>.zst`, the compressed state, and `<seq>.json`, a line with the manifest
//! and the hash of the other file, and a line with the hash of the first. The state is durable before its
//! manifest is, so a manifest never speaks of what is not there. Which snapshots are kept is the caller's
//! affair.

use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use journal_log::{Seq, SnapshotError, SnapshotManifest, SnapshotStore};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::durable::{
    At, DRAFT_SUFFIX, FileError, copy_file, create_folder, names_in, replace_file, sync_folder,
};

/// The effort of compression: the fastest that still halves a state; a snapshot is written in the background.
const ZSTD_LEVEL: i32 = 1;

/// Ends the names of manifests.
const MANIFEST_SUFFIX: &str = ".json";
/// Ends the names of states.
const STATE_SUFFIX: &str = ".zst";

/// Digits of a state's hash in its name, enough to tell two states of one point apart.
const HASH_DIGITS: usize = 16;

/// A folder of snapshots.
#[derive(Debug, Clone)]
pub struct DirSnapshots {
    folder: PathBuf,
}

/// What the first line of a manifest's file says.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    manifest: SnapshotManifest,
    /// SHA-256 of the compressed state, in hexadecimal digits.
    state_sha256: String,
}

impl DirSnapshots {
    /// Opens the snapshots in `folder`, and makes it where it is not there.
    ///
    /// What an interrupted `save` left is removed, so there must be one opening at a time that writes.
    pub fn open(folder: &Path) -> Result<Self, SnapshotError> {
        create_folder(folder).map_err(failed)?;
        let store = Self { folder: folder.to_owned() };
        store.tidy().map_err(failed)?;
        Ok(store)
    }

    /// Looks at the snapshots in `folder` beside whoever writes them; nothing is made or removed.
    pub fn look(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Copies the snapshots of `points`, as far as they are there, into `target`, durably; returns how many.
    ///
    /// One that is given up meanwhile is left out.
    pub fn copy_to(
        &self,
        target: &Path,
        points: RangeInclusive<Seq>,
    ) -> Result<usize, SnapshotError> {
        create_folder(target).map_err(failed)?;
        let mut copied = 0;
        for manifest in
            self.manifests()?.into_iter().filter(|manifest| points.contains(&manifest.seq))
        {
            match self.copy_one(&manifest, target) {
                Ok(()) => copied += 1,
                Err(error) if error.source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
            }
        }
        sync_folder(target).map_err(failed)?;
        Ok(copied)
    }

    fn copy_one(&self, manifest: &SnapshotManifest, target: &Path) -> Result<(), FileError> {
        let Some(entry) = self.entry(manifest.seq.get())? else { return Ok(()) };
        let state = entry.state_name();
        copy_file(&self.folder.join(&state), &target.join(&state), u64::MAX)?;
        // The manifest comes last, so that it never speaks of what is not there.
        let path = self.manifest_path(manifest.seq);
        let name = path.file_name().unwrap_or_default();
        copy_file(&path, &target.join(name), u64::MAX)
    }

    /// Removes drafts, and states that no manifest names.
    fn tidy(&self) -> Result<(), FileError> {
        let names = names_in(&self.folder)?;
        let named: Vec<String> = names
            .iter()
            .filter_map(|name| {
                self.entry(name.strip_suffix(MANIFEST_SUFFIX)?.parse().ok()?).ok()?
            })
            .map(|entry| entry.state_name())
            .collect();
        for name in names {
            let is_orphan = name.ends_with(STATE_SUFFIX) && !named.contains(&name);
            if is_orphan || name.ends_with(DRAFT_SUFFIX) {
                remove_file(&self.folder.join(name))?;
            }
        }
        Ok(())
    }

    /// Reads the manifest of a point; none where there is none or where it is damaged.
    fn entry(&self, seq: u64) -> Result<Option<Entry>, FileError> {
        let path = self.manifest_path(Seq::new(seq));
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            // A flipped bit may leave what is no text.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
            text => text.at("read", &path)?,
        };
        let mut lines = text.lines();
        let (line, hash) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        if hash != sha256(line.as_bytes()) {
            return Ok(None);
        }
        let entry: Option<Entry> = serde_json::from_str(line).ok();
        Ok(entry.filter(|entry| entry.manifest.seq.get() == seq))
    }

    fn manifest_path(&self, seq: Seq) -> PathBuf {
        self.folder.join(format!("{:020}{MANIFEST_SUFFIX}", seq.get()))
    }
}

impl SnapshotStore for DirSnapshots {
    fn save(&self, manifest: &SnapshotManifest, state: &[u8]) -> Result<(), SnapshotError> {
        manifest.check_size(state)?;
        let old = self.entry(manifest.seq.get()).map_err(failed)?;
        let packed = zstd::bulk::compress(state, ZSTD_LEVEL)
            .map_err(|error| SnapshotError::Store(error.into()))?;
        let entry = Entry { manifest: manifest.clone(), state_sha256: sha256(&packed) };
        replace_file(&self.folder.join(entry.state_name()), &packed).map_err(failed)?;
        let line =
            serde_json::to_string(&entry).map_err(|error| SnapshotError::Store(error.into()))?;
        let text = format!("{line}\n{}\n", sha256(line.as_bytes()));
        replace_file(&self.manifest_path(manifest.seq), text.as_bytes()).map_err(failed)?;
        match old.map(|old| old.state_name()).filter(|name| *name != entry.state_name()) {
            Some(name) => remove_file(&self.folder.join(name)).map_err(failed),
            None => Ok(()),
        }
    }

    fn manifests(&self) -> Result<Vec<SnapshotManifest>, SnapshotError> {
        let mut manifests = Vec::new();
        // Names begin with the point in fixed width, so the last is the newest.
        for name in names_in(&self.folder).map_err(failed)?.iter().rev() {
            let seq = name.strip_suffix(MANIFEST_SUFFIX).and_then(|seq| seq.parse().ok());
            if let Some(seq) = seq {
                manifests.extend(self.entry(seq).map_err(failed)?.map(|entry| entry.manifest));
            }
        }
        Ok(manifests)
    }

    fn load(&self, manifest: &SnapshotManifest) -> Result<Vec<u8>, SnapshotError> {
        let seq = manifest.seq;
        let entry = self.entry(seq.get()).map_err(failed)?;
        let entry = entry.filter(|entry| entry.manifest == *manifest);
        let entry = entry.ok_or(SnapshotError::Missing { seq })?;
        let path = self.folder.join(entry.state_name());
        let damaged = |reason: &str| SnapshotError::Damaged { seq, reason: reason.to_owned() };
        let packed = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(damaged("its state is missing"));
            }
            packed => packed.at("read", &path).map_err(failed)?,
        };
        if sha256(&packed) != entry.state_sha256
            && !journal_log::planted!("snapshot-bytes-unchecked")
        {
            return Err(damaged("its state has another hash"));
        }
        let size = usize::try_from(manifest.size_bytes).map_err(|_| damaged("it is too large"))?;
        let state = zstd::bulk::decompress(&packed, size)
            .map_err(|_| damaged("its state cannot be decompressed"))?;
        if state.len() == size { Ok(state) } else { Err(damaged("its state has another size")) }
    }

    fn remove(&self, manifest: &SnapshotManifest) -> Result<(), SnapshotError> {
        let entry = self.entry(manifest.seq.get()).map_err(failed)?;
        // The manifest goes first, so that it never speaks of what is not there.
        remove_file(&self.manifest_path(manifest.seq)).map_err(failed)?;
        match entry {
            Some(entry) => remove_file(&self.folder.join(entry.state_name())).map_err(failed),
            None => Ok(()),
        }
    }
}

impl Entry {
    fn state_name(&self) -> String {
        let hash = self.state_sha256.get(..HASH_DIGITS).unwrap_or_default();
        format!("{:020}-{hash}{STATE_SUFFIX}", self.manifest.seq.get())
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn remove_file(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        result => result.at("remove", path)?,
    }
    path.parent().map_or(Ok(()), sync_folder)
}

fn failed(error: FileError) -> SnapshotError {
    SnapshotError::Store(error.into())
}

#[cfg(test)]
mod tests;
