//! `GET /containers/{id}/json`.

mod made;

use std::sync::Arc;

use api_types::{ApiVersion, ContainerInspectResponse};
use backends_core::{BoundFiles, RunId};
use http::StatusCode;
use journal_domain::Network;
use projector_containers::{Container, Endpoint, State};
use warp::{Filter, reply::Response};

use self::made::MadeAnswers;
use super::size::sizes;
use crate::{
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    path::Target,
    reply::{self, JSON_BYTES},
    routes::Route,
};

pub(super) fn route() -> Route {
    let made = Arc::new(MadeAnswers::new());
    warp::path!(Target / "json")
        .and(warp::get())
        .and(call())
        .then(move |target: Target, call: Call| {
            let made = Arc::clone(&made);
            call.look("/containers/{id}/json", move |look| inspect(look, target.0, made))
        })
        .boxed()
}

/// The API from which on the names of a container in a network do not hold its id.
const WITHOUT_IDS: ApiVersion = ApiVersion::new(1, 45);

/// Names a container by its id, too, in networks of users, as clients of earlier versions know it of one that has run.
fn name_by_id(shown: &mut ContainerInspectResponse, container: &Container) {
    let of_users = shown.network_settings.networks.iter_mut();
    for (_, endpoint) in of_users.filter(|(name, _)| !Network::is_predefined_name(name)) {
        let id = container.id.short();
        if !endpoint.aliases.contains(&id) {
            endpoint.aliases.push(id);
        }
    }
}

/// Tells where the files are that the container has over those of its image: the backend's, or what its client mounts there.
fn name_bound_files(shown: &mut ContainerInspectResponse, bound: BoundFiles) {
    let mounted = |target: &str| {
        let mount = shown.mounts.iter().find(|mount| mount.destination == target);
        mount.map(|mount| mount.source.clone())
    };
    let resolver = mounted("/etc/resolv.conf").unwrap_or(bound.resolver);
    let hostname = mounted("/etc/hostname").unwrap_or(bound.hostname);
    let hosts = mounted("/etc/hosts").unwrap_or(bound.hosts);
    (shown.resolv_conf_path, shown.hostname_path, shown.hosts_path) = (resolver, hostname, hosts);
}

async fn inspect(look: Look, target: String, made: Arc<MadeAnswers>) -> Result<Response, ApiError> {
    let with_size = look.query()?.bool("size");
    let world = look.world();
    let container = world.state.find(&target)?;
    let of_users = |endpoint: &Endpoint| !Network::is_predefined_name(endpoint.network());
    let by_id = look.version()? < WITHOUT_IDS
        && container.incarnation > 0
        && container.endpoints.iter().any(of_users);
    let describe = |state: &State, container: &Container| {
        let mut shown = api_asked::inspect(state, container, look.volumes(), look.keys());
        let run = RunId { container: container.id, incarnation: container.incarnation };
        let directories = look.directories(&container.spec.layers, Some(run));
        let has_run = container.incarnation > 0;
        shown.graph_driver.data = directories.map(|mut found| {
            if has_run {
                name_bound_files(&mut shown, std::mem::take(&mut found.bound));
            }
            api_shown::container_data(found, has_run)
        });
        if by_id {
            name_by_id(&mut shown, container);
        }
        shown
    };
    if with_size {
        let mut shown = describe(&world.state, container);
        let sizes =
            sizes(look.present("what the container wrote")?, &world.state, container).await?;
        shown.size_rw = Some(sizes.writable);
        shown.size_root_fs = Some(sizes.whole);
        return Ok(read(&world, &shown));
    }
    // A place in a queue changes by what others do.
    if by_id || look.past().is_some() || container.queued.is_some() {
        // What is made for all is for newer clients, and what was made before its keys were destroyed may not be told after it.
        return Ok(read(&world, &describe(&world.state, container)));
    }
    let body = made.get_or_make(&world.state, container, || {
        reply::json_bytes(&describe(&world.state, container), JSON_BYTES)
    });
    Ok(reply::as_of(reply::of_json(StatusCode::OK, body), world.seq))
}
