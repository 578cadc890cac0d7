//! `GET /volumes`.

use api_types::{Filters, VolumeListResponse};
use journal_domain::Volume;
use projector_containers::KeptVolume;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    routes::Route,
};

/// The keys that the listing knows.
const KEYS: &[&str] = &["dangling", "driver", "label", "name"];

pub(super) fn route() -> Route {
    warp::path::end()
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.look("/volumes", list))
        .boxed()
}

async fn list(look: Look) -> Result<Response, ApiError> {
    look.version()?;
    let query = look.query()?;
    let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
    filters.validate(KEYS)?;
    let dangling =
        filters.contains("dangling").then(|| filters.bool_or("dangling", false)).transpose()?;
    let names = filters.patterns("name");
    let world = look.world();
    let admits = |kept: &KeptVolume| {
        dangling.is_none_or(|dangling| kept.users.is_empty() == dangling)
            && filters.exact_match("driver", Volume::DRIVER)
            && filters.label_match("label", &kept.volume.labels)
            && names.is_match(kept.volume.name.as_str())
    };
    let volumes = world.state.volumes().iter().filter(|kept| admits(kept));
    let volumes = volumes.map(|kept| api_asked::shown_volume(kept, look.volumes())).collect();
    Ok(read(&world, &VolumeListResponse { volumes, warnings: None }))
}
