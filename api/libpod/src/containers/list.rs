//! `GET /containers/json`.

use http::StatusCode;
use journal_log::Timestamp;
use projector_containers::{Container, State};
use serde_json::{Map, Value, json};

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
    images,
};

/// Nanoseconds in a second.
pub(crate) const SECOND: u64 = 1_000_000_000;

pub(super) async fn list(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    let filters = dockers_filters(call.filter_values()?);
    let all = query.bool("all").to_string();
    let size = query.bool("size").to_string();
    let limit = query.get("limit").or(query.get("last"));
    let asked = query_of(&[
        ("all", Some(&all)),
        ("size", Some(&size)),
        ("limit", limit),
        ("filters", Some(&filters)),
    ]);
    let shown = call.get(&format!("/containers/json{asked}")).await?;
    let world = call.caller().world();
    let lines = shown.as_array().into_iter().flatten();
    let lines = lines.filter_map(|summary| {
        let id = summary["Id"].as_str()?.parse().ok()?;
        Some(line(&world.state, world.state.container(&id)?, summary))
    });
    Ok(body::json(StatusCode::OK, &lines.collect::<Vec<_>>()))
}

/// Says podman's filters in Docker's words.
fn dockers_filters(mut filters: Map<String, Value>) -> String {
    if let Some(Value::Array(states)) = filters.get_mut("status") {
        for state in states {
            let word = match state.as_str() {
                Some("configured" | "initialized") => "created",
                Some("stopped") => "exited",
                _ => continue,
            };
            *state = word.into();
        }
    }
    Value::Object(filters).to_string()
}

/// Gives podman's word for where a container is in its life.
pub(crate) fn podmans_state(dockers: &str) -> &str {
    match dockers {
        "restarting" | "dead" => "exited",
        other => other,
    }
}

fn line(state: &State, container: &Container, summary: &Value) -> Value {
    let place = container.pod();
    let pod = place.and_then(|place| state.pods().get(&place.pod));
    let exit = container.last_exit.as_ref();
    let running = container.running();
    let started = running.map(|run| run.started_at).or(exit.map(|exit| exit.started_at));
    let ended = exit.filter(|_| running.is_none()).map(|exit| exit.finished_at);
    let mounts = summary["Mounts"].as_array().into_iter().flatten();
    let networks = summary["NetworkSettings"]["Networks"].as_object();
    let names = networks.into_iter().flat_map(|networks| networks.keys());
    json!({
        "AutoRemove": container.spec.auto_remove,
        "Command": container.spec.argv(),
        "Created": container.created.to_string(),
        "Exited": ended.is_some(),
        "ExitedAt": ended.map_or(0, seconds),
        "ExitCode": exit.map_or(0, |exit| exit.exit_code),
        "Id": summary["Id"],
        "Image": images::whole_name(summary["Image"].as_str().unwrap_or_default()),
        "ImageID": images::bare_id(&summary["ImageID"]),
        "IsInfra": place.is_some_and(|place| place.holds),
        "Labels": summary["Labels"],
        "Mounts": mounts.map(|mount| &mount["Destination"]).collect::<Vec<_>>(),
        "Names": [container.name.as_str()],
        "Namespaces": {},
        "Networks": names.collect::<Vec<_>>(),
        "Pid": running.map_or(0, |run| run.pid),
        "Pod": pod.map(|kept| kept.pod.id.to_string()).unwrap_or_default(),
        "PodName": pod.map(|kept| kept.pod.name.as_str()).unwrap_or_default(),
        "Ports": ports(&summary["Ports"]),
        "Restarts": container.restarts.count,
        "Size": size(summary),
        "StartedAt": started.map_or(0, seconds),
        "State": podmans_state(summary["State"].as_str().unwrap_or_default()),
        "Status": health(container),
    })
}

fn seconds(at: Timestamp) -> u64 {
    at.as_unix_nanos() / SECOND
}

fn size(summary: &Value) -> Value {
    if summary["SizeRootFs"].is_null() {
        return Value::Null;
    }
    json!({ "rootFsSize": summary["SizeRootFs"], "rwSize": summary["SizeRw"].as_i64().unwrap_or(0) })
}

/// Gives the ports of the host that lead inside, as podman writes them.
fn ports(dockers: &Value) -> Vec<Value> {
    let ports = dockers.as_array().into_iter().flatten();
    let published = ports.filter(|port| port["PublicPort"].as_u64().is_some_and(|port| port > 0));
    let shown = published.map(|port| {
        json!({
            "host_ip": port["IP"].as_str().unwrap_or_default(),
            "container_port": port["PrivatePort"],
            "host_port": port["PublicPort"],
            "range": 1,
            "protocol": port["Type"],
        })
    });
    shown.collect()
}

/// Gives podman's word for the health of a container that runs; empty where it is not found out.
fn health(container: &Container) -> &'static str {
    let health = container.health.as_ref().filter(|_| container.running().is_some());
    health.map_or("", |health| health.status.as_str())
}
