//! A layer that is no archive yet: a tree that an overlay writes into.

use std::{
    fs::{DirBuilder, File},
    os::unix::fs::DirBuilderExt as _,
    path::PathBuf,
};

use super::{Layer, LayerStore, STORE_MODE, StagedLayer, TREE};
use crate::{
    digest::Digest, pack::Packed, remove::remove_entry, staging::Staged, store_error::StoreError,
};

/// Where the overlay prepares what it writes, beside the tree.
const WORK: &str = "work";

/// A layer that is being written. Dropped, it is gone.
#[derive(Debug)]
pub struct LayerDraft {
    staged: Staged,
}

impl LayerStore {
    /// Begins a layer that has nothing in it.
    pub(crate) fn draft(&self) -> Result<LayerDraft, StoreError> {
        let (staged, _) = self.new_tree()?;
        let draft = LayerDraft { staged };
        let work = draft.work();
        let created = DirBuilder::new().mode(STORE_MODE).create(&work);
        created.map_err(StoreError::of("creating", &work))?;
        Ok(draft)
    }
}

impl LayerDraft {
    /// Gives the path of its tree: the upper directory of the overlay.
    pub fn tree(&self) -> PathBuf {
        self.staged.path().join(TREE)
    }

    /// Gives the path of the overlay's working directory.
    pub fn work(&self) -> PathBuf {
        self.staged.path().join(WORK)
    }

    /// Ends it, once its tar is known.
    pub(crate) fn finish(
        self,
        diff_id: Digest,
        tar_bytes: u64,
        packed: Packed,
    ) -> Result<StagedLayer, StoreError> {
        File::open(self.staged.path())
            .and_then(|dir| remove_entry(&dir, WORK.as_bytes()))
            .map_err(StoreError::of("clearing", self.staged.path()))?;
        let layer = Layer {
            diff_id,
            size_bytes: packed.file_bytes,
            entries: packed.entries,
            tar_bytes: Some(tar_bytes),
        };
        Ok(StagedLayer { staged: self.staged, layer })
    }
}
