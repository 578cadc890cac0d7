//! `GET /distribution/{name}/json`: what a name leads to in its registry.

use api_types::{DistributionDescriptor, DistributionInspect, DistributionPlatform};
use backends_images::{Distribution, Platform, Reference};
use http::StatusCode;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::{Target, name_before},
    reply,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::path("distribution")
        .and(warp::get())
        .and(name_before("json"))
        .and(call())
        .then(|name: Target, call: Call| {
            call.answer("/distribution/{name}/json", move |call| inspect(call, name.0))
        })
        .boxed()
}

async fn inspect(call: Call, name: String) -> Result<Response, ApiError> {
    call.version()?;
    let (reference, credentials) = (Reference::parse(&name)?, call.credentials()?);
    let found = call.context().registry.look(&reference.canonical(), &credentials).await;
    let found = found.map_err(|error| ApiError::registry_failed(&error))?;
    Ok(reply::json(StatusCode::OK, &shown(found)))
}

fn shown(found: Distribution) -> DistributionInspect {
    let platform = |platform: Platform| DistributionPlatform {
        architecture: platform.architecture,
        os: platform.os,
        variant: platform.variant,
    };
    DistributionInspect {
        descriptor: DistributionDescriptor {
            media_type: found.media_type,
            digest: found.digest.to_string(),
            size: i64::try_from(found.size_bytes).unwrap_or(i64::MAX),
        },
        platforms: found.platforms.into_iter().map(platform).collect(),
    }
}
