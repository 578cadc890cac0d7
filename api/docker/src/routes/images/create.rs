//! `POST /images/create`: an import, or a pull.

use api_http::{BodyStream, body_stream};
use api_types::{ProgressMessage, Query};
use backends_images::{ImportOptions, LayerLimits, Platform};
use http::StatusCode;
use journal_domain::{ImageName, ImageSource};
use warp::{Filter, reply::Response};

use super::{
    pull::pull,
    transfer::{Failure, Slots, Transfer},
};
use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
    routes::Route,
};

/// What an import is given beside the bytes.
struct Asked {
    name: Option<ImageName>,
    options: ImportOptions,
}

pub(super) fn route(slots: Slots) -> Route {
    warp::path!("create")
        .and(warp::post())
        .and(call())
        .and(body_stream())
        .then(move |call: Call, body| {
            let slots = slots.clone();
            call.answer("/images/create", move |call| create(call, body, slots))
        })
        .boxed()
}

async fn create(call: Call, body: BodyStream, slots: Slots) -> Result<Response, ApiError> {
    let query = call.query()?;
    if let Some(image) = query.get("fromImage").filter(|image| !image.is_empty()) {
        return pull(call.clone(), image, &query, slots).await;
    }
    match query.get("fromSrc") {
        Some("-") => import(call, &query, body, slots).await,
        None | Some("") => Err(ApiError::invalid(
            "either fromImage or fromSrc must say where the image comes from",
        )),
        Some(_) => Err(ApiError::not_implemented(
            "not built yet: importing from a URL; fetch the archive and send it with fromSrc=-",
        )),
    }
}

async fn import(
    call: Call,
    query: &Query,
    body: BodyStream,
    slots: Slots,
) -> Result<Response, ApiError> {
    let Asked { name, options } = Asked::read(query, &call)?;
    let shown = name.as_ref().map(ToString::to_string).unwrap_or_default();
    let transfer = Transfer::open(&call, slots, ImageSource::Import, shown).await?;
    let seq = transfer.opened().await?;
    let import = transfer.run(
        body,
        move |store, bytes, lease| match store.import(bytes, &options, lease) {
            Ok(image) => Ok(vec![image]),
            Err(error) => Err(Failure::of(error.fault(), &error)),
        },
        name,
    );
    // A client that hangs up ends this call, and not the transfer: that is to end on record.
    let brought = tokio::spawn(import).await;
    let images = brought.map_err(|_| ApiError::internal("the import panicked").at(seq))??;
    let id = images.first().map(|(image, _)| image.id.to_string()).unwrap_or_default();
    Ok(reply::in_record(reply::json(StatusCode::OK, &ProgressMessage::status(id)), seq))
}

// === impl Asked ===

impl Asked {
    fn read(query: &Query, call: &Call) -> Result<Self, ApiError> {
        let (repository, tag) = (query.get("repo").unwrap_or_default(), query.get("tag"));
        let name = match repository {
            "" => None,
            _ => Some(api_asked::tagged_name(repository, tag.unwrap_or_default())?),
        };
        let platform = match query.get("platform") {
            None | Some("") => Platform::host(),
            Some(text) => api_asked::platform(text)?,
        };
        if platform.os != "linux" {
            return Err(ApiError::invalid(format!(
                "operating system {} is not supported: images must be for linux",
                platform.os
            )));
        }
        let message = query.get("message").filter(|message| !message.is_empty());
        let options = ImportOptions {
            changes: query.get_all("changes").map(str::to_owned).collect(),
            message: message.unwrap_or("Imported from -").to_owned(),
            created: call.now(),
            platform,
            limits: LayerLimits::default(),
        };
        Ok(Self { name, options })
    }
}
