//! `POST /networks/prune`.
//!
//! Each removal is a call of its own on record, as if a client had asked for it; the last record tells the sum.

use api_types::{Filters, NetworksPruneResponse};
use http::StatusCode;
use journal_domain::{NetworkCommand, NetworkId, RecordNetworkPrune, RemoveNetwork};
use projector_containers::KeptNetwork;
use warp::{Filter, reply::Response};

use super::remove::going;
use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
    routes::Route,
    settle,
};

/// The keys that the route knows.
const KEYS: &[&str] = &["label", "label!", "until"];

pub(super) fn route() -> Route {
    warp::path!("prune")
        .and(warp::post())
        .and(call())
        .then(|call: Call| call.answer("/networks/prune", prune))
        .boxed()
}

async fn prune(call: Call) -> Result<Response, ApiError> {
    call.version()?;
    let query = call.query()?;
    let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
    filters.validate(KEYS)?;
    let until = api_asked::until(&filters, &["until"], call.now())?;
    let takes = |kept: &&std::sync::Arc<KeptNetwork>| {
        let labels = &kept.network.labels;
        let stays = filters.contains("label!") && filters.label_match("label!", labels);
        !kept.network.is_predefined()
            && kept.members.is_empty()
            // As Docker does: a configuration is there to be used by nobody yet.
            && kept.configured_pools().is_none()
            && until.is_none_or(|until| kept.created <= until)
            && filters.label_match("label", labels)
            && !stays
    };
    let world = call.world();
    let chosen: Vec<(NetworkId, String)> = world
        .state
        .networks()
        .iter()
        .filter(takes)
        .map(|kept| (kept.network.id, kept.network.name.clone()))
        .collect();
    let mut shown = NetworksPruneResponse::default();
    for (id, name) in chosen {
        match remove(&call, id).await {
            Ok(()) => shown.networks_deleted.push(name),
            Err(error) => {
                tracing::info!(name, error = error.message(), "a network is not pruned");
            }
        }
    }
    let networks = shown.networks_deleted.len() as u64;
    let record = NetworkCommand::from(RecordNetworkPrune { networks });
    let committed = call.submit(record).await?;
    Ok(reply::in_record(reply::json(StatusCode::OK, &shown), committed.stamp.seq))
}

async fn remove(call: &Call, id: NetworkId) -> Result<(), ApiError> {
    let command = NetworkCommand::from(RemoveNetwork { target: id.to_string() });
    let committed = call.submit(command).await?;
    match going(&committed) {
        Some(id) => settle::network_removed(call, id).await,
        None => Ok(()),
    }
}
