//! `docker builder prune`: `POST /build/prune`.

use api_types::{BuildPruneResponse, Filters};
use http::StatusCode;
use journal_domain::{Event, ImageCommand, ImageEvent, PruneBuildCache};
use projector_containers::PRUNED_IMAGES_MAX;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
    routes::{Route, images::label_filter},
};

/// The keys that the route knows. Kinds and sharing are of another builder's cache, and everything here is private.
const KEYS: &[&str] = &["id", "label", "unused-for", "until"];

pub(super) fn route() -> Route {
    warp::path!("build" / "prune")
        .and(warp::post())
        .and(call())
        .then(|call: Call| call.answer("/build/prune", prune))
        .boxed()
}

async fn prune(call: Call) -> Result<Response, ApiError> {
    let command = asked(&call)?;
    let mut deleted: Vec<String> = Vec::new();
    let mut space_reclaimed = 0;
    loop {
        let committed = call.submit(ImageCommand::from(command.clone())).await?;
        let before = deleted.len();
        for event in &*committed.events {
            match event {
                Event::Image(ImageEvent::Deleted(event)) => deleted.push(event.id.to_string()),
                Event::Image(ImageEvent::BuildCachePruned(event)) => {
                    space_reclaimed += event.reclaimed_bytes;
                }
                Event::Image(_)
                | Event::Container(_)
                | Event::Copy(_)
                | Event::Exec(_)
                | Event::Network(_)
                | Event::Pod(_)
                | Event::Pool(_)
                | Event::System(_)
                | Event::Volume(_) => {}
            }
        }
        if deleted.len() - before < PRUNED_IMAGES_MAX {
            let caches_deleted = (!deleted.is_empty()).then_some(deleted);
            let body = BuildPruneResponse { caches_deleted, space_reclaimed };
            let response = reply::json(StatusCode::OK, &body);
            return Ok(reply::in_record(response, committed.stamp.seq));
        }
    }
}

fn asked(call: &Call) -> Result<PruneBuildCache, ApiError> {
    let query = call.query()?;
    let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
    filters.validate(KEYS)?;
    let kept = ["keep-storage", "reserved-space"].map(|name| query.int(name));
    let [kept, reserved] = kept;
    let kept = kept?.or(reserved?).unwrap_or_default();
    let kept_bytes = u64::try_from(kept)
        .map_err(|_| ApiError::invalid("keep-storage is in bytes, and not negative"))?;
    Ok(PruneBuildCache {
        all: query.bool("all"),
        // Either key says it.
        until: api_asked::until(&filters, &["until", "unused-for"], call.now())?,
        labels: filters.get("label").map(label_filter).collect(),
        ids: filters.get("id").map(str::to_owned).collect(),
        kept_bytes,
    })
}
