//! What a backup says of itself: what its log comes to, and every file of it.

use std::{
    fs::{self, File},
    io,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context as _, bail};
use projector_containers::Containers;
use projector_machine::Machine as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::folded::Folded;
use crate::{
    exit::{self, Coded},
    folder,
    version::VERSION,
};

/// The manifest's name in a backup.
const NAME: &str = "backup.json";

/// What a backup is, and every file of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    version: String,
    first: u64,
    pub(super) seq: u64,
    record_hash: String,
    /// What the state was hashed as; another release may hash it otherwise.
    schema: u32,
    pub(super) state_hash: String,
    pub(super) files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: PathBuf,
    pub(super) bytes: u64,
    sha256: String,
}

// === impl Manifest ===

impl Manifest {
    /// Makes the manifest of the files in `folder`, whose log comes to `folded`, and puts it there.
    pub(super) fn make(folder: &Path, folded: &Folded) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for name in folder::files(folder)? {
            let (bytes, sha256) = digest(&folder.join(&name))?;
            files.push(Entry { name, bytes, sha256 });
        }
        let manifest = Self {
            version: VERSION.into(),
            first: folded.first,
            seq: folded.tail.seq.get(),
            record_hash: folded.tail.hash.to_string(),
            schema: Containers::SCHEMA,
            state_hash: folded.state.clone(),
            files,
        };
        let file = File::create(folder.join(NAME))?;
        serde_json::to_writer_pretty(&file, &manifest)?;
        file.sync_all()?;
        Ok(manifest)
    }

    /// Reads what the backup in `folder` says of itself, and checks that every file is as it says.
    pub(super) fn checked(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(NAME);
        let text = fs::read_to_string(&path).with_context(|| {
            format!("{} is no backup: {} cannot be read", folder.display(), path.display())
        })?;
        let manifest: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is not what a backup has", path.display()))?;
        for entry in &manifest.files {
            let is_inside =
                entry.name.components().all(|part| matches!(part, Component::Normal(_)));
            if !is_inside {
                bail!("{} names {}, outside of the backup", path.display(), entry.name.display());
            }
            let path = folder.join(&entry.name);
            let found = digest(&path).with_context(|| format!("reading {}", path.display()))?;
            if found != (entry.bytes, entry.sha256.clone()) {
                let message = format!("{} is not what was backed up", path.display());
                return Err(Coded { code: exit::DAMAGED, message }.into());
            }
        }
        Ok(manifest)
    }

    /// Checks that a log comes to what the backup's did.
    pub(super) fn check(&self, found: &Folded) -> anyhow::Result<()> {
        let is_same_log = (found.tail.seq.get(), found.tail.hash.to_string())
            == (self.seq, self.record_hash.clone());
        let is_same_state = self.schema != Containers::SCHEMA || found.state == self.state_hash;
        if is_same_log && is_same_state {
            return Ok(());
        }
        let message = format!(
            "the copy comes to record {} and state {}, not to record {} and state {}",
            found.tail.seq, found.state, self.seq, self.state_hash
        );
        Err(Coded { code: exit::DAMAGED, message }.into())
    }

    #[expect(clippy::print_stdout, reason = "it is what was asked for")]
    pub(super) fn print(&self) {
        println!("records {} to {}", self.first, self.seq);
        println!("head {} hash {}", self.seq, self.record_hash);
        println!("state {}", self.state_hash);
    }
}

/// Gives a file's bytes and SHA-256.
fn digest(path: &Path) -> anyhow::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    let bytes = io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok((bytes, hex::encode(hasher.finalize())))
}
