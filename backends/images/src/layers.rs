//! The layer store: each layer unpacked once, `layers/<hex of the digest of its tar>/fs`, ready for overlayfs.
//!
//! A layer is unpacked under a temporary name, synced, and moved to its name, so that a layer that has its name is
//! whole and durable. Beside the tree, `layer.json` says how much it is, and empty files `blob-<hex>` say from which
//! blobs it was made: they go when it goes.
//!
//! Only root may enter the store: a layer has programs that change the user, and devices.

use std::{
    collections::HashSet,
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    content::{ContentStore, StagedBlob, present},
    digest::Digest,
    fault::Fault,
    intake::take_in,
    lease::{Lease, Leases, Mark},
    limits::LayerLimits,
    remove::remove_entry,
    staging::{Staged, sweep},
    store_error::StoreError,
    unpack::{Rules, UnpackError, unpack},
    workspace::Workspace,
};

mod draft;
mod turns;

pub use draft::LayerDraft;
use turns::{Turn, Turns};

/// Who may enter the store.
const STORE_MODE: u32 = 0o700;
/// Permissions of the root of a layer whose archive has no entry for it.
const ROOT_MODE: u32 = 0o755;
/// The tree of a layer, in the layer's directory.
const TREE: &str = "fs";
/// The facts of a layer, in the layer's directory.
const FACTS: &str = "layer.json";

/// Begins the name of a file that names a blob, in the layer's directory.
const SOURCE: &str = "blob-";

/// The store of unpacked layers.
#[derive(Debug)]
pub struct LayerStore {
    dir: PathBuf,
    content: Arc<ContentStore>,
    leases: Leases,
    turns: Turns,
}

/// A layer that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// The digest of the layer's uncompressed tar.
    pub diff_id: Digest,
    /// Bytes of its regular files, each counted once.
    pub size_bytes: u64,
    /// Entries of its tar.
    pub entries: u64,
    /// Bytes of its tar; absent where it was unpacked by a release that did not keep them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tar_bytes: Option<u64>,
}

/// A layer that is unpacked and has no name yet. Dropped, it is gone.
#[derive(Debug)]
pub struct StagedLayer {
    staged: Staged,
    layer: Layer,
}

/// Tells why a layer could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// Its archive is wrong, or could not be written out.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LayerError {
    /// Tells whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unpack(error) => error.fault(),
            Self::Store(_) => Fault::Store,
        }
    }
}

impl LayerStore {
    /// Opens the store in `dir`, made where it is missing, and deletes what was left unfinished.
    pub(crate) fn open(
        dir: &Path,
        content: Arc<ContentStore>,
        leases: Leases,
    ) -> Result<Self, StoreError> {
        let failed = StoreError::of("creating", dir);
        DirBuilder::new().recursive(true).mode(STORE_MODE).create(dir).map_err(failed)?;
        sweep(dir).map_err(StoreError::of("sweeping", dir))?;
        Ok(Self { dir: dir.to_owned(), content, leases, turns: Turns::default() })
    }

    /// Unpacks what `input` gives, a tar that may be compressed, and copies it to `copy` as it comes.
    pub fn stage(
        &self,
        input: impl Read,
        copy: impl Write,
        limits: &LayerLimits,
    ) -> Result<StagedLayer, LayerError> {
        let (staged, tree) = self.new_tree()?;
        let root = File::open(&tree).map_err(StoreError::of("opening", &tree))?;
        let (unpacked, tar) = take_in(input, copy, *limits, |plain| {
            unpack(plain, root.into(), Rules::LAYER, limits)
        })?;
        let layer = Layer {
            diff_id: tar.digest,
            size_bytes: unpacked.file_bytes,
            entries: unpacked.entries,
            tar_bytes: Some(tar.size_bytes),
        };
        Ok(StagedLayer { staged, layer })
    }

    /// Makes a directory for what is not finished.
    pub(crate) fn workspace(&self) -> Result<Workspace, StoreError> {
        Workspace::new(&self.dir)
    }

    /// Makes a directory for the tree of a layer.
    fn new_tree(&self) -> Result<(Staged, PathBuf), StoreError> {
        let staged = Staged::new(&self.dir);
        let tree = staged.path().join(TREE);
        for (dir, mode) in [(staged.path(), STORE_MODE), (&tree, ROOT_MODE)] {
            let created = DirBuilder::new().mode(mode).create(dir);
            created.map_err(StoreError::of("creating", dir))?;
        }
        Ok((staged, tree))
    }

    /// Makes unpacked layers durable under their digests, and holds them. One sync is for all of them.
    pub fn commit(&self, layers: Vec<StagedLayer>, lease: &Lease) -> Result<(), StoreError> {
        let mut new = Vec::new();
        for layer in layers {
            lease.hold(layer.layer.diff_id);
            if self.find(layer.layer.diff_id)?.is_none() {
                layer.write_facts()?;
                new.push(layer);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let failed = StoreError::of("syncing", &self.dir);
        let dir = File::open(&self.dir).map_err(&failed)?;
        // All files of all layers in one go; a sync of each takes many times longer.
        rustix::fs::syncfs(&dir).map_err(|errno| failed(errno.into()))?;
        for layer in new {
            let path = self.layer_path(layer.layer.diff_id);
            match fs::rename(layer.staged.path(), &path) {
                // Another transfer has brought the same layer meanwhile.
                Err(_) if path.exists() => {}
                result => result.map_err(StoreError::of("naming", &path))?,
            }
        }
        dir.sync_all().map_err(failed)
    }

    /// Remembers from which blob a layer was made, so that it goes with the layer.
    pub fn add_source(&self, diff_id: Digest, blob: Digest) -> Result<(), StoreError> {
        let dir = self.layer_path(diff_id);
        let failed = StoreError::of("writing", &dir);
        match File::create_new(dir.join(format!("{SOURCE}{}", blob.to_hex()))) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            created => created
                .and_then(|_| File::open(&dir))
                .and_then(|dir| dir.sync_all())
                .map_err(failed),
        }
    }

    /// Finds a layer; `None` when it is not here.
    pub fn find(&self, diff_id: Digest) -> Result<Option<Layer>, StoreError> {
        let path = self.layer_path(diff_id).join(FACTS);
        let failed = StoreError::of("reading", &path);
        let Some(facts) = present(fs::read(&path)).map_err(&failed)? else { return Ok(None) };
        serde_json::from_slice(&facts).map(Some).map_err(|error| failed(error.into()))
    }

    /// Gives the blobs that a layer was made from: one tar, compressed in other ways or not at all.
    pub fn sources(&self, diff_id: Digest) -> Result<Vec<Digest>, StoreError> {
        let path = self.layer_path(diff_id);
        let found = present(sources(&path)).map_err(StoreError::of("listing", &path))?;
        Ok(found.unwrap_or_default())
    }

    /// Gives the path of a layer's tree, whether it is here or not.
    pub fn tree(&self, diff_id: Digest) -> PathBuf {
        self.layer_path(diff_id).join(TREE)
    }

    /// Gives the digests of all layers.
    pub fn list(&self) -> Result<Vec<Digest>, StoreError> {
        let failed = StoreError::of("listing", &self.dir);
        let mut layers = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(&failed)? {
            let name = entry.map_err(&failed)?.file_name();
            layers.extend(name.to_str().and_then(|name| Digest::from_hex(name).ok()));
        }
        layers.sort_unstable();
        Ok(layers)
    }

    /// Gives the blobs that the layers that are here were made from.
    pub(crate) fn all_sources(&self) -> Result<HashSet<Digest>, StoreError> {
        let mut blobs = HashSet::new();
        for diff_id in self.list()? {
            blobs.extend(self.sources(diff_id)?);
        }
        Ok(blobs)
    }

    /// Deletes a layer that nothing refers to and no container uses, with the blobs it was made from, and gives the
    /// bytes of its files; `None` when it is held or not here.
    pub fn remove(&self, diff_id: Digest) -> Result<Option<u64>, StoreError> {
        self.remove_unless_used(diff_id, self.leases.mark())
    }

    /// Does the same, but leaves the layer when a transfer has held it since `mark`.
    pub fn remove_unless_used(
        &self,
        diff_id: Digest,
        mark: Mark,
    ) -> Result<Option<u64>, StoreError> {
        let path = self.layer_path(diff_id);
        let Some(layer) = self.find(diff_id)? else { return Ok(None) };
        let staged = Staged::new(&self.dir);
        // It loses its name at once, and its files when nobody can begin to use it any more.
        let rename = || present(fs::rename(&path, staged.path()));
        let moved = self.leases.unless_held(diff_id, mark, rename);
        let failed = StoreError::of("removing", &path);
        if moved.transpose().map_err(&failed)?.flatten().is_none() {
            return Ok(None);
        }
        for blob in sources(staged.path()).map_err(&failed)? {
            self.content.remove_unless_used(blob, mark)?;
        }
        let dir = File::open(&self.dir).map_err(&failed)?;
        let name = staged.path().file_name().unwrap_or_default();
        remove_entry(&dir, name.as_encoded_bytes()).map_err(&failed)?;
        Ok(Some(layer.size_bytes))
    }

    /// Does the same as `turn` without keeping a thread.
    pub(crate) async fn turn_async(&self, layers: &[Digest]) -> Turn<'_> {
        self.turns.take_async(layers).await
    }

    /// Waits until nobody else unpacks any of `layers`, and keeps others from it until the turn is dropped.
    pub(crate) fn turn(&self, layers: &[Digest]) -> Turn<'_> {
        self.turns.take(layers)
    }

    fn layer_path(&self, diff_id: Digest) -> PathBuf {
        self.dir.join(diff_id.to_hex())
    }
}

impl StagedLayer {
    /// Gives what the layer turned out to be.
    pub const fn layer(&self) -> Layer {
        self.layer
    }

    fn write_facts(&self) -> Result<(), StoreError> {
        let path = self.staged.path().join(FACTS);
        let failed = StoreError::of("writing", &path);
        let facts = serde_json::to_vec(&self.layer).map_err(|error| failed(error.into()))?;
        fs::write(&path, facts).map_err(failed)
    }
}

/// Gives the digest of the tar in a blob that may be compressed.
pub(crate) fn plain_digest(blob: &StagedBlob, limits: &LayerLimits) -> Result<Digest, LayerError> {
    let read = take_in(blob.open()?, io::sink(), *limits, |_| Ok(()));
    let ((), tar) = read.map_err(UnpackError::Stream)?;
    Ok(tar.digest)
}

/// Gives the blobs that a layer was made from.
fn sources(layer: &Path) -> io::Result<Vec<Digest>> {
    let mut blobs = Vec::new();
    for entry in fs::read_dir(layer)? {
        let name = entry?.file_name();
        let hex = name.to_str().and_then(|name| name.strip_prefix(SOURCE));
        blobs.extend(hex.and_then(|hex| Digest::from_hex(hex).ok()));
    }
    Ok(blobs)
}

#[cfg(test)]
mod tests;
