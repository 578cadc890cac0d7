//! `DELETE /volumes/{name}`.

use http::StatusCode;
use journal_domain::{RemoveVolume, VolumeCommand, VolumeName};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::{ApiError, OnRecord},
    path::Target,
    reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!(Target)
        .and(warp::delete())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/volumes/{name}", move |call| remove(call, target.0))
        })
        .boxed()
}

async fn remove(call: Call, target: String) -> Result<Response, ApiError> {
    call.version()?;
    let force = call.query()?.bool("force");
    let command = VolumeCommand::from(RemoveVolume { name: target.clone() });
    let seq = match call.submit(command).await {
        Ok(committed) => committed.stamp.seq,
        Err(error) => match error.record() {
            // What is not there need not be removed.
            OnRecord::At(seq) if force && error.is_not_found() => seq,
            OnRecord::At(_) | OnRecord::NotYet | OnRecord::Impossible | OnRecord::LeftOut => {
                return Err(error);
            }
        },
    };
    if let Ok(name) = target.parse::<VolumeName>() {
        settle::volume_removed(&call, &name).await.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::NO_CONTENT), seq))
}
