//! `GET /images/{name}/history`.

use std::sync::Arc;

use api_types::HistoryItem;
use backends_images::{Digest, History};
use journal_domain::Image;
use journal_log::Timestamp;
use projector_containers::State;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read_list},
    error::ApiError,
    moment::Look,
    path::{Target, name_before},
    routes::Route,
};

/// The identity of a step that made no image which is here.
const MISSING: &str = "<missing>";

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

pub(super) fn route() -> Route {
    warp::get()
        .and(name_before("history"))
        .and(call())
        .then(|name: Target, call: Call| {
            call.look("/images/{name}/history", move |look| history(look, name.0))
        })
        .boxed()
}

async fn history(look: Look, name: String) -> Result<Response, ApiError> {
    let world = look.world();
    let image = world.state.find_image(&name, api_shown::image_name(&name).as_ref())?;
    let (store, id) = (Arc::clone(look.images()), Digest::from_bytes(*image.id.as_bytes()));
    let config = tokio::task::spawn_blocking(move || store.config(id)).await;
    let config = config
        .map_err(|error| ApiError::internal(error.to_string()))?
        .map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(read_list(&world, &lines(&world.state, image, &config.history)?))
}

/// Gives a line for each step, the last one first. The steps that made a layer are told its size.
fn lines(state: &State, image: &Image, history: &[History]) -> Result<Vec<HistoryItem>, ApiError> {
    let mut layers = image.layers.iter();
    let mut lines = Vec::with_capacity(history.len());
    for step in history {
        let size_bytes = if step.empty_layer {
            0
        } else {
            let layer = layers.next();
            let more = || ApiError::internal("too many non-empty layers in History section");
            layer.ok_or_else(more)?.size_bytes
        };
        let created: Option<Timestamp> = step.created.parse().ok();
        lines.push(HistoryItem {
            id: MISSING.to_owned(),
            created: created.map_or(0, |at| api_shown::signed(at.as_unix_nanos() / SECOND)),
            created_by: step.created_by.clone(),
            tags: None,
            size: api_shown::signed(size_bytes),
            comment: step.comment.clone(),
        });
    }
    lines.reverse();
    // A step that was made here has an image of its own, as long as that is here.
    let mut next = Some(image.id);
    for line in &mut lines {
        let Some(id) = next.filter(|id| state.images().get(id).is_some()) else { break };
        let names = state.images().names(&id);
        line.id = id.to_string();
        let tags: Vec<String> = names.iter().map(|name| name.familiar().to_owned()).collect();
        line.tags = Some(tags).filter(|tags| !tags.is_empty());
        next = state.images().lineage(&id).and_then(|lineage| lineage.parent);
    }
    Ok(lines)
}
