//! `DELETE /networks/{id}`.

use http::StatusCode;
use journal_domain::{Event, NetworkCommand, NetworkEvent, NetworkId, RemoveNetwork};
use projector_containers::Containers;
use projector_engine::Committed;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
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
            call.answer("/networks/{id}", move |call| remove(call, target.0))
        })
        .boxed()
}

async fn remove(call: Call, target: String) -> Result<Response, ApiError> {
    call.version()?;
    let command = NetworkCommand::from(RemoveNetwork { target });
    let committed = call.submit(command).await?;
    let seq = committed.stamp.seq;
    if let Some(id) = going(&committed) {
        settle::network_removed(&call, id).await.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::NO_CONTENT), seq))
}

/// Gives the network that goes by a record.
pub(super) fn going(committed: &Committed<Containers>) -> Option<NetworkId> {
    committed.events.iter().find_map(|event| {
        let Event::Network(NetworkEvent::RemovalRequested(event)) = event else { return None };
        Some(event.id)
    })
}
