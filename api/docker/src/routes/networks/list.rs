//! `GET /networks`.

use api_types::Filters;
use projector_containers::KeptNetwork;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    routes::Route,
};

/// The keys that the listing knows.
const KEYS: &[&str] = &["dangling", "driver", "id", "label", "name", "scope", "type"];

pub(super) fn route() -> Route {
    warp::path::end()
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.look("/networks", list))
        .boxed()
}

async fn list(look: Look) -> Result<Response, ApiError> {
    look.version()?;
    let query = look.query()?;
    let filters = Filters::parse(query.get("filters").unwrap_or_default())?;
    filters.validate(KEYS)?;
    let dangling =
        filters.contains("dangling").then(|| filters.bool_or("dangling", false)).transpose()?;
    if let Some(kind) = filters.get("type").find(|kind| !["builtin", "custom"].contains(kind)) {
        return Err(ApiError::invalid(format!("invalid filter: 'type'='{kind}'")));
    }
    let (names, ids) = (filters.patterns("name"), filters.patterns("id"));
    let world = look.world();
    let admits = |kept: &KeptNetwork| {
        let network = &*kept.network;
        let is_predefined = network.is_predefined();
        let kind = if is_predefined { "builtin" } else { "custom" };
        let is_dangling = !is_predefined && kept.members.is_empty();
        dangling.is_none_or(|dangling| is_dangling == dangling)
            && filters.exact_match("driver", network.driver.as_str())
            && filters.exact_match("scope", "local")
            && filters.exact_match("type", kind)
            && filters.label_match("label", &network.labels)
            && names.is_match(&network.name)
            && ids.is_match(&network.id.to_string())
    };
    let networks = world.state.networks().iter().filter(|kept| admits(kept));
    let networks: Vec<_> =
        networks.map(|kept| api_shown::shown_network(&world.state, kept, false)).collect();
    Ok(read(&world, &networks))
}
