//! `POST /volumes/create`.

use api_http::{BodyError, body_bytes};
use api_types::{VolumeCreateRequest, from_json};
use bytes::Bytes;
use http::StatusCode;
use journal_domain::{CreateVolume, Volume, VolumeCommand, VolumeName};
use warp::{Filter, reply::Response};

use crate::{
    body::{self, SPEC_BYTES_MAX},
    call::{Call, call},
    error::ApiError,
    random, reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!("create")
        .and(warp::post())
        .and(call())
        .and(body_bytes(SPEC_BYTES_MAX))
        .then(|call: Call, body| call.answer("/volumes/create", move |call| create(call, body)))
        .boxed()
}

async fn create(call: Call, body: Result<Bytes, BodyError>) -> Result<Response, ApiError> {
    call.version()?;
    let request: VolumeCreateRequest = body::json(&call, body, from_json)?
        .ok_or_else(|| ApiError::invalid("got EOF while reading request body"))?;
    if request.cluster_volume_spec.is_some() {
        return Err(ApiError::outside_of_a_swarm());
    }
    let anonymous = request.name.is_empty();
    let name = if anonymous { made_up() } else { api_asked::volume_name(&request.name)? };
    api_asked::check_driver(name.as_str(), &request.driver)?;
    api_asked::check_driver_options(name.as_str(), &request.driver_opts)?;
    let volume = Volume {
        name: name.clone(),
        anonymous,
        options: request.driver_opts,
        labels: request.labels,
    };
    let committed = call.submit(VolumeCommand::from(CreateVolume { volume })).await?;
    let seq = committed.stamp.seq;
    settle::volume_made(&call, &name).await.map_err(|error| error.at(seq))?;
    let world = call.world();
    let Some(kept) = world.state.volumes().get(&name) else {
        return Err(ApiError::conflict(format!("volume {name} was removed meanwhile")).at(seq));
    };
    let shown = api_asked::shown_volume(kept, &*call.context().backend);
    Ok(reply::in_record(reply::json(StatusCode::CREATED, &shown), seq))
}

/// Makes up a name as Docker does: 64 hexadecimal digits.
fn made_up() -> VolumeName {
    let bytes: [u8; 32] = random::bytes();
    let name: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    name.parse().expect("hexadecimal digits are a name")
}
