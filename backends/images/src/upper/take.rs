//! Changes become a layer: moved where nobody uses the directory any more, copied where somebody does.
//!
//! Either way its tar is made of the files, kept among the blobs and hashed on its way, as the tar of a layer that came from
//! outside is. Moved, that is the only copy of the bytes; the tree itself is what the program wrote.

use std::{fs, io::Write as _, path::Path};

use rustix::io::Errno;

use super::{LeftOut, Upper};
use crate::{
    layers::{LayerDraft, LayerError},
    lease::Lease,
    limits::LayerLimits,
    loaded::LoadedLayer,
    pack::{PackError, Packed, pack_changes},
    pieces::piped,
    store::ImageStore,
    store_error::StoreError,
};

/// Tells why changes did not become a layer.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The files could not be read.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The files could not be looked at.
    #[error("reading the changed files failed")]
    Look(#[from] Errno),
    /// The layer could not be made of them.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImageStore {
    /// Begins a layer that an overlay writes into.
    pub fn draft(&self) -> Result<LayerDraft, StoreError> {
        self.layers().draft()
    }

    /// Makes the draft of a directory of the same file system that nobody writes into any more. It is moved.
    pub fn draft_of(&self, upper: &Path) -> Result<LayerDraft, StoreError> {
        let draft = self.layers().draft()?;
        let tree = draft.tree();
        fs::remove_dir(&tree)
            .and_then(|()| fs::rename(upper, &tree))
            .map_err(StoreError::of("moving", &tree))?;
        Ok(draft)
    }

    /// Makes a layer of a draft whose `upper` is its tree; `None` where nothing was changed. What it gives is durable and held
    /// by `lease`.
    pub fn take(
        &self,
        draft: LayerDraft,
        upper: &Upper,
        lease: &Lease,
    ) -> Result<Option<LoadedLayer>, TakeError> {
        LeftOut::find(upper)?.remove(upper)?;
        let mut blob = self.content().write()?;
        let mut failed = None;
        let packed = pack_changes(&upper.upper, &LeftOut::default(), |piece| {
            failed = blob.write_all(&piece).err();
            failed.is_none()
        });
        if let Some(error) = failed {
            return Err(self.content().failed("writing", error).into());
        }
        let packed = packed?;
        let blob = blob.finish();
        if packed.entries == 0 {
            return Ok(None);
        }
        self.content().commit(&[&blob], lease)?;
        let staged = draft.finish(blob.digest(), blob.size_bytes(), packed)?;
        self.layers().commit(vec![staged], lease)?;
        self.named(blob.digest(), blob.digest(), packed.file_bytes)
    }

    /// Makes a layer of what `upper` holds, which stays as it is; `None` where nothing was changed.
    pub fn copy(&self, upper: &Upper, lease: &Lease) -> Result<Option<LoadedLayer>, TakeError> {
        let left_out = LeftOut::find(upper)?;
        let mut blob = self.content().write()?;
        let (packed, staged) = piped(
            |send| pack_changes(&upper.upper, &left_out, send),
            |pieces| self.layers().stage(pieces, &mut blob, &LayerLimits::default()),
        );
        let packed: Packed = match packed {
            // Whoever unpacks says why it does not go on.
            Err(PackError::Stopped) => Packed::default(),
            packed => packed?,
        };
        let staged = staged?;
        if packed.entries == 0 {
            return Ok(None);
        }
        let (layer, blob) = (staged.layer(), blob.finish());
        self.content().commit(&[&blob], lease)?;
        self.layers().commit(vec![staged], lease)?;
        self.named(layer.diff_id, blob.digest(), layer.size_bytes)
    }

    fn named(
        &self,
        diff_id: crate::Digest,
        blob: crate::Digest,
        size_bytes: u64,
    ) -> Result<Option<LoadedLayer>, TakeError> {
        self.layers().add_source(diff_id, blob)?;
        Ok(Some(LoadedLayer { diff_id, blob, size_bytes }))
    }
}
