//! `POST /images/load`.

use std::sync::{Arc, OnceLock};

use api_http::{BodyStream, body_stream};
use api_types::ProgressMessage;
use backends_images::{LayerLimits, LoadOptions, LoadedImage, Platform, Reference};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header::CONTENT_TYPE};
use journal_domain::ImageSource;
use warp::{Filter, Reply as _, reply::Response};

use super::{
    progress::line,
    transfer::{Brought, Failure, Slots, Transfer},
};
use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
    routes::Route,
};

pub(super) fn route(slots: Slots) -> Route {
    warp::path!("load")
        .and(warp::post())
        .and(call())
        .and(body_stream())
        .then(move |call: Call, body| {
            let slots = slots.clone();
            call.answer("/images/load", move |call| load(call, body, slots))
        })
        .boxed()
}

/// Answers at once, as dockerd does; what comes of the archive, also its failure, is in the answer's body.
async fn load(call: Call, body: BodyStream, slots: Slots) -> Result<Response, ApiError> {
    let (platform, is_asked) = match call.query()?.get("platform") {
        None | Some("") => (Platform::host(), false),
        Some(text) => (api_asked::platform(text)?, true),
    };
    let options = LoadOptions { platform, is_asked, limits: LayerLimits::default() };
    // Told by the thread that loads, for the record has no place for what did not come.
    let left_out = Arc::new(OnceLock::new());
    let tell = Arc::clone(&left_out);
    let transfer = Transfer::open(&call, slots, ImageSource::Load, String::new()).await?;
    let seq = transfer.opened().await?;
    let load = transfer.run(
        body,
        move |store, bytes, lease| {
            let loaded = store.load(bytes, &options, lease);
            let images = loaded.map_err(|error| Failure::of(error.fault(), &error))?;
            // It is set once: this runs once.
            let _ = tell.set(passed_over(&images));
            Ok(images)
        },
        None,
    );
    // A client that hangs up ends this call, and not the transfer: that is to end on record.
    let loading = tokio::spawn(load);
    let lines = stream::once(async move {
        let lines = match loading.await {
            Ok(Ok(images)) => left_out.get().cloned().unwrap_or_default() + &told(&images),
            Ok(Err(error)) => line(&ProgressMessage::failure(error.message())),
            Err(_) => line(&ProgressMessage::failure("the load panicked")),
        };
        Ok::<Bytes, std::convert::Infallible>(lines.into())
    });
    let mut response = warp::reply::stream(lines).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(reply::in_record(response, seq))
}

/// Tells of images that the archive has for other machines too, before what was loaded.
fn passed_over(images: &[LoadedImage]) -> String {
    let mut lines = String::new();
    for image in images.iter().filter(|image| !image.left_out.is_empty()) {
        let name = image.names.first().map_or_else(|| image.id.to_string(), Reference::familiar);
        let platforms: Vec<String> = image.left_out.iter().map(ToString::to_string).collect();
        let taken = image.config.platform();
        let others = platforms.join(", ");
        lines.push_str(&said(format!("{name}: {taken} is taken, {others} left out\n")));
    }
    lines
}

/// Tells each image by its names, or by its id where it has none. Clients read these lines.
fn told(images: &Brought) -> String {
    let mut lines = String::new();
    for (image, names) in images {
        if names.is_empty() {
            lines.push_str(&said(format!("Loaded image ID: {}\n", image.id)));
        }
        for name in names {
            lines.push_str(&said(format!("Loaded image: {}\n", name.familiar())));
        }
    }
    lines
}

fn said(stream: String) -> String {
    line(&ProgressMessage { stream, ..ProgressMessage::default() })
}
