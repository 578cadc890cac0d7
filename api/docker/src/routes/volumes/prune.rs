//! `POST /volumes/prune`.
//!
//! Each removal is a call of its own on record, as if a client had asked for it; the last record tells the sum.

use api_types::{ApiVersion, Filters, VolumesPruneResponse};
use http::StatusCode;
use journal_domain::{RecordVolumePrune, RemoveVolume, VolumeCommand, VolumeName};
use projector_containers::KeptVolume;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
    routes::Route,
    settle,
};

/// The keys that the route knows.
const KEYS: &[&str] = &["all", "label", "label!"];

/// The version from which on volumes with a name stay, unless all are asked for.
const ANONYMOUS_FROM: ApiVersion = ApiVersion::new(1, 42);

/// What is removed.
struct Asked {
    filters: Filters,
    all: bool,
}

pub(super) fn route() -> Route {
    warp::path!("prune")
        .and(warp::post())
        .and(call())
        .then(|call: Call| call.answer("/volumes/prune", prune))
        .boxed()
}

async fn prune(call: Call) -> Result<Response, ApiError> {
    let asked = Asked::read(&call)?;
    let world = call.world();
    let chosen = world.state.volumes().iter().filter(|kept| asked.takes(kept));
    let chosen: Vec<VolumeName> = chosen.map(|kept| kept.volume.name.clone()).collect();
    let mut shown = VolumesPruneResponse::default();
    for name in chosen {
        if let Some(bytes) = remove(&call, &name).await {
            shown.volumes_deleted.push(name.to_string());
            shown.space_reclaimed += bytes;
        }
    }
    let volumes = shown.volumes_deleted.len() as u64;
    let record = RecordVolumePrune { volumes, reclaimed_bytes: shown.space_reclaimed };
    let committed = call.submit(VolumeCommand::from(record)).await?;
    Ok(reply::in_record(reply::json(StatusCode::OK, &shown), committed.stamp.seq))
}

/// Removes a volume and gives what was in it; `None` where it could not be removed, as when it is used meanwhile.
async fn remove(call: &Call, name: &VolumeName) -> Option<u64> {
    let usage = call.context().backend.volume_usage(name).await;
    let bytes = usage.map_or_else(
        |error| {
            tracing::warn!(%name, %error, "a volume cannot be measured");
            0
        },
        |usage| usage.writable_bytes,
    );
    let command = VolumeCommand::from(RemoveVolume { name: name.to_string() });
    let removed = match call.submit(command).await {
        Ok(_) => settle::volume_removed(call, name).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &removed {
        tracing::info!(%name, error = error.message(), "a volume is not pruned");
    }
    removed.ok().map(|()| bytes)
}

// === impl Asked ===

impl Asked {
    fn read(call: &Call) -> Result<Self, ApiError> {
        let version = call.version()?;
        let query = call.query()?;
        let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
        filters.validate(KEYS)?;
        let all = filters.bool_or("all", false)? || version < ANONYMOUS_FROM;
        Ok(Self { filters, all })
    }

    fn takes(&self, kept: &KeptVolume) -> bool {
        let labels = &kept.volume.labels;
        let stays = self.filters.contains("label!") && self.filters.label_match("label!", labels);
        kept.users.is_empty()
            && (self.all || kept.volume.anonymous)
            && self.filters.label_match("label", labels)
            && !stays
    }
}
