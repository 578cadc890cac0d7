//! One layer of a pull: fetched, hashed, unpacked, in one pass.

use std::{io, sync::Arc};

use oci_spec::image::MediaType;
use tokio::task;

use super::super::{
    Registry,
    blob::Promised,
    dialogue::Dialogue,
    error::RegistryError,
    progress::{LayerStep, Meter, Progress},
};
use crate::{
    content::{BlobWriter, StagedBlob},
    descriptor::DOCKER_LAYER,
    digest::Digest,
    fault::Fault,
    layers::{StagedLayer, plain_digest},
    limits::LayerLimits,
    pipe::{ChunkReader, pipe},
    store::ImageStore,
    store_error::StoreError,
};

/// A layer as the configuration and the manifest promise it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// The digest of its tar.
    pub(super) diff_id: Digest,
    /// The bytes that come.
    pub(super) promised: Promised,
}

/// A layer that came, checked and not durable yet.
pub(super) struct Brought {
    pub(super) diff_id: Digest,
    /// Absent where the same tree is here already, from other bytes.
    pub(super) layer: Option<StagedLayer>,
    pub(super) blob: StagedBlob,
}

/// Refuses layers that are no file systems, or that are to be fetched elsewhere.
pub(super) fn check_type(media_type: &MediaType) -> Result<(), String> {
    let known = [MediaType::ImageLayer, MediaType::ImageLayerGzip, MediaType::ImageLayerZstd];
    if known.contains(media_type) || media_type.to_string() == DOCKER_LAYER {
        return Ok(());
    }
    Err(format!("a layer is of type {media_type}, which is not supported"))
}

impl Wanted {
    /// Tells whether the layer is here, unpacked, with the very bytes that would come.
    pub(super) fn is_here(&self, store: &ImageStore) -> Result<bool, StoreError> {
        let unpacked = store.layers().find(self.diff_id)?.is_some();
        let size_bytes = store.content().size_bytes(self.promised.digest)?;
        let known = store.layers().sources(self.diff_id)?.contains(&self.promised.digest);
        Ok(unpacked && known && size_bytes == Some(self.promised.size_bytes))
    }
}

impl Registry {
    /// Fetches a layer, when it is its turn among those of all pulls.
    pub(super) async fn layer(
        &self,
        dialogue: &Dialogue<'_>,
        store: &Arc<ImageStore>,
        path: &str,
        wanted: Wanted,
        limits: LayerLimits,
        progress: &Progress,
    ) -> Result<Brought, RegistryError> {
        let mut meter = Meter::new(progress.clone(), wanted.promised.digest);
        let _permit = match self.downloads.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                meter.tell(LayerStep::Waiting).await;
                self.downloads.acquire().await.map_err(|_| RegistryError::Stopped)?
            }
        };
        let (sink, reader) = pipe();
        let store = Arc::clone(store);
        let taking = task::spawn_blocking(move || take(&store, reader, wanted, limits));
        let sent = dialogue.stream_blob(path, wanted.promised, sink, &mut meter).await;
        let taken = taking.await.map_err(|_| RegistryError::Stopped)?;
        // Where both failed, the thread only saw that nothing more came.
        sent?;
        let brought = taken?;
        let total = wanted.promised.size_bytes;
        meter.tell(LayerStep::Verifying).await;
        meter.tell(LayerStep::Downloaded).await;
        meter.tell(LayerStep::Extracting { current: total, total }).await;
        Ok(brought)
    }
}

/// Takes in what comes, on a thread that may block.
fn take(
    store: &ImageStore,
    mut reader: ChunkReader,
    wanted: Wanted,
    limits: LayerLimits,
) -> Result<Brought, RegistryError> {
    let Wanted { diff_id, promised } = wanted;
    let mut blob = store.content().write()?;
    let layer = match store.layers().find(diff_id)? {
        Some(_) => {
            copy(store, &mut reader, &mut blob)?;
            None
        }
        None => match store.layers().stage(&mut reader, &mut blob, &limits) {
            Ok(layer) => Some(layer),
            // It may be wrong because other bytes came than were promised; then that is what is to be said.
            Err(error) if error.fault() == Fault::Content => {
                copy(store, &mut reader, &mut blob)?;
                check(promised, blob.finish().digest())?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        },
    };
    let blob = blob.finish();
    check(promised, blob.digest())?;
    let found = match &layer {
        Some(layer) => layer.layer().diff_id,
        None => plain_digest(&blob, &limits)?,
    };
    if found != diff_id {
        let (what, found) = ("uncompressed layer", found.to_string());
        return Err(RegistryError::Verification { what, expected: diff_id, found });
    }
    Ok(Brought { diff_id, layer, blob })
}

fn check(promised: Promised, found: Digest) -> Result<(), RegistryError> {
    if found == promised.digest {
        return Ok(());
    }
    let (what, expected) = ("filesystem layer", promised.digest);
    Err(RegistryError::Verification { what, expected, found: found.to_string() })
}

fn copy(
    store: &ImageStore,
    reader: &mut ChunkReader,
    blob: &mut BlobWriter,
) -> Result<(), RegistryError> {
    let copied = io::copy(reader, blob);
    copied.map(drop).map_err(|error| store.content().failed("writing", error).into())
}
