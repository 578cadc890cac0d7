//! What containers' files take: asked of the backend, for the state does not know it.

use std::sync::Arc;

use api_types::ContainerSummary;
use backends_core::{Backend, EffectError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use journal_domain::ContainerId;
use projector_containers::{Container, State};

use crate::{call::Call, error::ApiError};

/// Containers that are measured at once. Measuring walks a tree of files; more at once would only wait for the disk.
const MEASURED_AT_ONCE: usize = 4;

/// Bytes of a container's files.
pub(super) struct Sizes {
    /// What it wrote over its image.
    pub(super) writable: i64,
    /// That and the image.
    pub(super) whole: i64,
}

/// Measures one container.
pub(super) async fn sizes(
    call: &Call,
    state: &State,
    container: &Container,
) -> Result<Sizes, ApiError> {
    let writable = written(Arc::clone(&call.context().backend), container.id).await?;
    Ok(Sizes::of(state, container, writable))
}

/// Makes lines of a listing with the sizes of their containers.
pub(in crate::routes) async fn with_sizes(
    call: &Call,
    state: &State,
    lines: Vec<(&Container, ContainerSummary)>,
) -> Result<Vec<ContainerSummary>, ApiError> {
    let ids: Vec<ContainerId> = lines.iter().map(|(container, _)| container.id).collect();
    let backend = Arc::clone(&call.context().backend);
    let measured = stream::iter(ids).map(move |id| written(Arc::clone(&backend), id));
    let measured: Vec<u64> = measured.buffered(MEASURED_AT_ONCE).try_collect().await?;
    let sized = lines.into_iter().zip(measured).map(|((container, line), writable)| {
        let sizes = Sizes::of(state, container, writable);
        ContainerSummary { size_rw: sizes.writable, size_root_fs: sizes.whole, ..line }
    });
    Ok(sized.collect())
}

/// Asks how many bytes a container wrote.
pub(super) async fn written(backend: Arc<dyn Backend>, id: ContainerId) -> Result<u64, ApiError> {
    match backend.disk_usage(id).await {
        Ok(usage) => Ok(usage.writable_bytes),
        // It has written nothing yet, or went while the answer was made.
        Err(EffectError::Gone) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

// === impl Sizes ===

impl Sizes {
    fn of(state: &State, container: &Container, writable: u64) -> Self {
        let image = container.spec.image_id.and_then(|id| state.images().get(&id));
        let image = image.map_or(0, |image| image.size_bytes);
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        Self { writable: signed(writable), whole: signed(writable.saturating_add(image)) }
    }
}
