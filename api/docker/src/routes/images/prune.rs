//! `POST /images/prune`.

use api_shown::removed_items;
use api_types::{Filters, ImagesPruneResponse};
use http::StatusCode;
use journal_domain::{Event, ImageCommand, ImageEvent, LabelFilter, PruneImages};
use projector_containers::PRUNED_IMAGES_MAX;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
    routes::Route,
};

/// The keys that the route knows.
const KEYS: &[&str] = &["dangling", "label", "label!", "until"];

pub(super) fn route() -> Route {
    warp::path!("prune")
        .and(warp::post())
        .and(call())
        .then(|call: Call| call.answer("/images/prune", prune))
        .boxed()
}

async fn prune(call: Call) -> Result<Response, ApiError> {
    let command = asked(&call)?;
    let mut body = ImagesPruneResponse::default();
    loop {
        let before = call.world();
        let committed = call.submit(ImageCommand::from(command.clone())).await?;
        let items = removed_items(&committed.events, &before.state, &call.world().state);
        if !items.is_empty() {
            body.images_deleted.get_or_insert_default().extend(items);
        }
        let (images, reclaimed_bytes) = counted(&committed.events);
        body.space_reclaimed += reclaimed_bytes;
        if images < PRUNED_IMAGES_MAX {
            let response = reply::json(StatusCode::OK, &body);
            return Ok(reply::in_record(response, committed.stamp.seq));
        }
    }
}

/// Counts the images that went, and the bytes that went with them.
fn counted(events: &[Event]) -> (usize, u64) {
    events.iter().fold((0, 0), |(images, bytes), event| match event {
        Event::Image(ImageEvent::Deleted(_)) => (images + 1, bytes),
        Event::Image(ImageEvent::Pruned(event)) => (images, bytes + event.reclaimed_bytes),
        Event::Image(_)
        | Event::Container(_)
        | Event::Copy(_)
        | Event::Exec(_)
        | Event::Network(_)
        | Event::Pod(_)
        | Event::Pool(_)
        | Event::System(_)
        | Event::Volume(_) => (images, bytes),
    })
}

fn asked(call: &Call) -> Result<PruneImages, ApiError> {
    let query = call.query()?;
    let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
    filters.validate(KEYS)?;
    Ok(PruneImages {
        dangling_only: filters.bool_or("dangling", true)?,
        until: api_asked::until(&filters, &["until"], call.now())?,
        labels: filters.get("label").map(label).collect(),
        kept_by_labels: filters.get("label!").map(label).collect(),
    })
}

/// Reads a label that is asked for.
pub(in crate::routes) fn label(text: &str) -> LabelFilter {
    match text.split_once('=') {
        Some((name, value)) => LabelFilter { name: name.into(), value: Some(value.into()) },
        None => LabelFilter { name: text.into(), value: None },
    }
}
