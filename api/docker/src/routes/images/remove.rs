//! `DELETE /images/{name}`.

use std::{collections::BTreeSet, sync::Arc};

use api_types::ImageDeleteItem;
use http::StatusCode;
use journal_domain::{DeleteImage, Digest, Event, Image, ImageCommand, ImageEvent};
use projector_containers::State;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    convert,
    error::ApiError,
    path::{Target, whole_name},
    reply,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::delete()
        .and(whole_name())
        .and(call())
        .then(|name: Target, call: Call| {
            call.answer("/images/{name}", move |call| remove(call, name.0))
        })
        .boxed()
}

async fn remove(call: Call, target: String) -> Result<Response, ApiError> {
    let force = call.query()?.bool("force");
    let target_name = convert::image_name(&target);
    // Kept from before, for what went is no longer in the state.
    let image = call.world().state.find_image(&target, target_name.as_ref()).ok().cloned();
    let command = ImageCommand::from(DeleteImage { target, target_name, force });
    let committed = call.submit(command).await?;
    let mut items = Vec::new();
    for event in &*committed.events {
        match event {
            Event::Image(ImageEvent::Untagged(event)) => {
                let untagged = event.name.familiar().to_owned();
                items.push(ImageDeleteItem { untagged, ..ImageDeleteItem::default() });
            }
            Event::Image(ImageEvent::Deleted(event)) => {
                items.push(deleted(event.id));
                let gone = image.iter().filter(|image| image.id == event.id);
                items.extend(gone.flat_map(|image| dropped_layers(&call.world().state, image)));
            }
            Event::Image(_) | Event::Container(_) | Event::Exec(_) | Event::System(_) => {}
        }
    }
    Ok(reply::in_record(reply::json(StatusCode::OK, &items), committed.stamp.seq))
}

/// Gives the layers that went with an image, the highest first: those that no image and no container has.
fn dropped_layers(state: &State, image: &Arc<Image>) -> Vec<ImageDeleteItem> {
    let images = state.images().iter().flat_map(|image| &image.layers).map(|layer| layer.diff_id);
    let containers =
        state.newest_first().flat_map(|container| container.spec.layers.iter().copied());
    let in_use: BTreeSet<Digest> = images.chain(containers).collect();
    let layers = image.layers.iter().rev().map(|layer| layer.diff_id);
    layers.filter(|layer| !in_use.contains(layer)).map(deleted).collect()
}

fn deleted(digest: Digest) -> ImageDeleteItem {
    ImageDeleteItem { deleted: digest.to_string(), ..ImageDeleteItem::default() }
}
