//! The image store: blobs, layers and the leases on both, in one data directory.

use std::{path::Path, sync::Arc};

use crate::{
    content::ContentStore,
    digest::Digest,
    layers::LayerStore,
    lease::{Lease, Leases, Mark},
    store_error::StoreError,
    workspace::Workspace,
};

/// Everything of images that is on this host. One process owns it.
#[derive(Debug)]
pub struct ImageStore {
    content: Arc<ContentStore>,
    layers: LayerStore,
    leases: Leases,
}

impl ImageStore {
    /// Opens the store in `data`: `blobs/` and `layers/`, made where they are missing. What an earlier process left
    /// unfinished is deleted.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        let leases = Leases::default();
        let content = Arc::new(ContentStore::open(&data.join("blobs"), leases.clone())?);
        let layers = LayerStore::open(&data.join("layers"), Arc::clone(&content), leases.clone())?;
        Ok(Self { content, layers, leases })
    }

    /// Gives the store of blobs.
    pub fn content(&self) -> &ContentStore {
        &self.content
    }

    /// Gives the store of layers.
    pub const fn layers(&self) -> &LayerStore {
        &self.layers
    }

    /// Makes a directory for what is not finished.
    pub fn workspace(&self) -> Result<Workspace, StoreError> {
        self.layers.workspace()
    }

    /// Begins a lease for a transfer.
    pub fn lease(&self) -> Lease {
        self.leases.grant()
    }

    /// Gives a lease that is held elsewhere again, by its number; `None` where it has ended.
    pub fn lease_numbered(&self, number: u64) -> Option<Lease> {
        self.leases.open(number)
    }

    /// Gives the present moment, for a deletion that follows from a look at the state that comes after.
    pub fn mark(&self) -> Mark {
        self.leases.mark()
    }

    /// Deletes the layer or the configuration of `digest`, which nothing refers to, unless a transfer has held it since
    /// `mark`. Tells whether it is not here any more.
    pub fn remove_unless_used(&self, digest: Digest, mark: Mark) -> Result<bool, StoreError> {
        self.layers.remove_unless_used(digest, mark)?;
        if self.layers.find(digest)?.is_some() {
            return Ok(false);
        }
        self.content.remove_unless_used(digest, mark)?;
        Ok(self.content.size_bytes(digest)?.is_none())
    }

    /// Deletes all layers and blobs that nothing refers to: what deleted images leave, and what transfers leave that
    /// a crash broke off when their bytes had come and their record had not.
    ///
    /// `mark` is from before the look at the state that `is_referred_to` answers from. The state refers to the
    /// configurations and the layers of its images, and to the layers that containers use. Each layer keeps the blobs
    /// that it was made from.
    pub fn sweep(
        &self,
        mark: Mark,
        is_referred_to: impl Fn(Digest) -> bool,
    ) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        for diff_id in self.layers.list()?.into_iter().filter(|digest| !is_referred_to(*digest)) {
            if let Some(size_bytes) = self.layers.remove_unless_used(diff_id, mark)? {
                swept.layers += 1;
                swept.size_bytes += size_bytes;
            }
        }
        let sources = self.layers.all_sources()?;
        let is_needed = |digest: &Digest| sources.contains(digest) || is_referred_to(*digest);
        for digest in self.content.list()?.into_iter().filter(|digest| !is_needed(digest)) {
            if let Some(size_bytes) = self.content.remove_unless_used(digest, mark)? {
                swept.blobs += 1;
                swept.size_bytes += size_bytes;
            }
        }
        Ok(swept)
    }
}

/// What a sweep has deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Layers.
    pub layers: u64,
    /// Blobs that were not deleted with a layer.
    pub blobs: u64,
    /// Bytes of the files of those layers, and of those blobs.
    pub size_bytes: u64,
}

#[cfg(test)]
mod tests;
