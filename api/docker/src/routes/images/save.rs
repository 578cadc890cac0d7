//! `GET /images/get` and `GET /images/{name}/get`: images as one archive.
//!
//! Everything that can be wrong is found before the answer begins: names, missing parts, sizes. The bytes are made on
//! a thread that waits for the client, so a slow one costs a few buffers.

mod chosen;
mod chunks;

use std::sync::Arc;

use backends_images::{Fault, ImageStore, SaveError, SavePlan};
use bytes::Bytes;
use http::{
    HeaderValue,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use journal_domain::{ImageCommand, SaveImages};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use warp::{Filter, Reply as _, reply::Response};

use self::{chosen::chosen, chunks::ChunkWriter};
use super::transfer::{Failure, Slots};
use crate::{
    call::{Call, call},
    error::ApiError,
    path::{Target, name_before},
    reply,
    routes::Route,
};

/// Chunks on their way to a client. One is a quarter of a megabyte, so an archive holds two at most.
const CHUNKS_MAX: usize = 8;

/// Ends the answer of an archive that could not be written to its end.
#[derive(Debug, thiserror::Error)]
#[error("the archive is not whole")]
struct Cut;

/// The route of any number of images.
pub(super) fn of_several(slots: Slots) -> Route {
    warp::path!("get")
        .and(warp::get())
        .and(call())
        .then(move |call: Call| {
            let slots = slots.clone();
            call.answer("/images/get", async move |call| {
                let names = call.query()?.get_all("names").map(str::to_owned).collect();
                save(call, names, slots).await
            })
        })
        .boxed()
}

/// The route of one image.
pub(super) fn of_one(slots: Slots) -> Route {
    warp::get()
        .and(name_before("get"))
        .and(call())
        .then(move |name: Target, call: Call| {
            let slots = slots.clone();
            call.answer("/images/{name}/get", move |call| save(call, vec![name.0], slots))
        })
        .boxed()
}

async fn save(call: Call, names: Vec<String>, slots: Slots) -> Result<Response, ApiError> {
    let slot = slots.take().await?;
    let images = chosen(&call.world().state, &names)?;
    let store = Arc::clone(&call.context().images);
    let lease = store.lease();
    let saved: Vec<_> = images.iter().map(chosen::Chosen::saved).collect();
    // Held first and looked for then: the command is refused where an image has gone meanwhile.
    store.hold_saved(&saved, &lease);
    let command = SaveImages { images: images.iter().map(|chosen| chosen.image.id).collect() };
    let seq = call.submit(ImageCommand::from(command)).await?.stamp.seq;
    let planned = {
        let store = Arc::clone(&store);
        tokio::task::spawn_blocking(move || store.plan_save(saved)).await
    };
    let plan = planned
        .map_err(|error| ApiError::internal(error.to_string()))
        .and_then(|plan| plan.map_err(|error| failed(&error)))
        .map_err(|error| error.at(seq))?;
    let length = plan.size_bytes();
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    tokio::task::spawn_blocking(move || {
        write(&store, &plan, sender);
        drop((lease, slot));
    });
    let mut response = warp::reply::stream(ReceiverStream::new(receiver)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(reply::in_record(response, seq))
}

/// Writes an archive to a client; what goes wrong cuts the answer, which is shorter than it said then.
fn write(store: &ImageStore, plan: &SavePlan, sender: mpsc::Sender<Result<Bytes, Cut>>) {
    let mut out = ChunkWriter::new(sender);
    match store.write_archive(plan, &mut out) {
        Ok(()) => out.finish(),
        // The client has gone, which is its own affair.
        Err(SaveError::Write(_)) => {}
        Err(error) => {
            tracing::error!(error = failed(&error).message(), "an archive of images is cut");
            out.cut();
        }
    }
}

fn failed(error: &SaveError) -> ApiError {
    ApiError::internal(Failure::of(Fault::Store, error).reason)
}
