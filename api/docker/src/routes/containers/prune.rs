//! `POST /containers/prune`.
//!
//! Each removal is a call of its own on record, as if a client had asked for it; the last record tells the sum.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use api_types::{ContainersPruneResponse, Filters};
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use journal_domain::{ContainerCommand, ContainerId, RecordPrune, RemoveContainer, SystemCommand};
use journal_log::Timestamp;
use projector_containers::Container;
use warp::{Filter, reply::Response};

use super::size::written;
use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
    routes::Route,
    settle,
};

/// The keys that the route knows.
const KEYS: &[&str] = &["label", "label!", "until"];

/// Containers that are measured and removed at once: a few wait for the disk while the others wait for the log.
const REMOVED_AT_ONCE: usize = 8;

/// What is removed.
struct Asked {
    filters: Filters,
    until: Option<Timestamp>,
}

/// Says that a prune is under way, for as long as it is.
struct Turn(Arc<AtomicBool>);

pub(super) fn route() -> Route {
    let under_way = Arc::new(AtomicBool::new(false));
    warp::path!("prune")
        .and(warp::post())
        .and(call())
        .then(move |call: Call| {
            let under_way = Arc::clone(&under_way);
            call.answer("/containers/prune", move |call| prune(call, under_way))
        })
        .boxed()
}

async fn prune(call: Call, under_way: Arc<AtomicBool>) -> Result<Response, ApiError> {
    let asked = Asked::read(&call)?;
    let _turn = Turn::take(under_way)?;
    let world = call.world();
    let chosen: Vec<ContainerId> = world
        .state
        .newest_first()
        // Between its end and the image that is made of it, a step's container stands still.
        .filter(|container| asked.takes(container) && !world.state.is_step(container))
        .map(|container| container.id)
        .collect();
    let removed: Vec<(ContainerId, u64)> = stream::iter(chosen)
        .map(|id| remove(&call, id))
        .buffered(REMOVED_AT_ONCE)
        .filter_map(|removed| async move { removed })
        .collect()
        .await;
    let reclaimed_bytes = removed.iter().map(|(_, bytes)| bytes).sum();
    let containers = removed.len() as u64;
    let committed =
        call.submit(SystemCommand::from(RecordPrune { containers, reclaimed_bytes })).await?;
    let ids: Vec<String> = removed.iter().map(|(id, _)| id.to_string()).collect();
    let body = ContainersPruneResponse {
        containers_deleted: (!ids.is_empty()).then_some(ids),
        space_reclaimed: reclaimed_bytes,
    };
    Ok(reply::in_record(reply::json(StatusCode::OK, &body), committed.stamp.seq))
}

/// Removes a container and gives what its own files took; `None` where it could not be removed, as when it was started
/// meanwhile.
async fn remove(call: &Call, id: ContainerId) -> Option<(ContainerId, u64)> {
    let bytes = written(Arc::clone(&call.context().backend), id).await.unwrap_or_else(|error| {
        tracing::warn!(container = %id, error = error.message(), "a container cannot be measured");
        0
    });
    let command = RemoveContainer { target: id.to_string(), force: false, volumes: false };
    let removed = match call.submit(ContainerCommand::from(command)).await {
        Ok(_) => settle::removed(call, id).await,
        Err(error) => Err(error),
    };
    match removed {
        Ok(()) => Some((id, bytes)),
        Err(error) => {
            tracing::info!(container = %id, error = error.message(), "a container is not pruned");
            None
        }
    }
}

// === impl Asked ===

impl Asked {
    fn read(call: &Call) -> Result<Self, ApiError> {
        let query = call.query()?;
        let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
        filters.validate(KEYS)?;
        let until = api_asked::until(&filters, &["until"], call.now())?;
        Ok(Self { filters, until })
    }

    fn takes(&self, container: &Container) -> bool {
        let labels = &container.spec.labels;
        let kept = self.filters.contains("label!") && self.filters.label_match("label!", labels);
        !container.is_live()
            && !container.removing
            && self.until.is_none_or(|until| container.created <= until)
            && self.filters.label_match("label", labels)
            && !kept
    }
}

// === impl Turn ===

impl Turn {
    fn take(under_way: Arc<AtomicBool>) -> Result<Self, ApiError> {
        if under_way.swap(true, Ordering::AcqRel) {
            return Err(ApiError::conflict("a prune operation is already running"));
        }
        Ok(Self(under_way))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
