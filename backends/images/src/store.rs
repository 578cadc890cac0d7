//! The image store: blobs, layers and the leases on both, in one data directory.

use std::path::Path;

use crate::{
    content::ContentStore,
    layers::LayerStore,
    lease::{Lease, Leases},
    store_error::StoreError,
};

/// Everything of images that is on this host. One process owns it.
#[derive(Debug)]
pub struct ImageStore {
    content: ContentStore,
    layers: LayerStore,
    leases: Leases,
}

impl ImageStore {
    /// Opens the store in `data`: `blobs/` and `layers/`, made where they are missing. What an earlier process left
    /// unfinished is deleted.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        let leases = Leases::default();
        Ok(Self {
            content: ContentStore::open(&data.join("blobs"), leases.clone())?,
            layers: LayerStore::open(&data.join("layers"), leases.clone())?,
            leases,
        })
    }

    /// Gives the store of blobs.
    pub const fn content(&self) -> &ContentStore {
        &self.content
    }

    /// Gives the store of layers.
    pub const fn layers(&self) -> &LayerStore {
        &self.layers
    }

    /// Begins a lease for a transfer.
    pub fn lease(&self) -> Lease {
        self.leases.grant()
    }
}
