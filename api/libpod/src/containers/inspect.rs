//! `GET /containers/{name}/json`.

use http::StatusCode;
use journal_domain::Signal;
use serde_json::{Value, json};

use super::podmans_state;
use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
    images,
};

/// Fields that mean the same to both.
const SAME: &[&str] = &[
    "Id",
    "Created",
    "Path",
    "Args",
    "ResolvConfPath",
    "HostnamePath",
    "HostsPath",
    "RestartCount",
    "Driver",
    "MountLabel",
    "ProcessLabel",
    "AppArmorProfile",
    "ExecIDs",
    "GraphDriver",
    "Mounts",
    "SizeRw",
    "SizeRootFs",
];

pub(super) async fn inspect(call: &Call, id: &str) -> Result<Answer, Failure> {
    let query = call.query()?;
    let size = query.bool("size").to_string();
    let asked = query_of(&[("size", Some(&size))]);
    let dockers = call.get(&format!("/containers/{id}/json{asked}")).await?;
    Ok(body::json(StatusCode::OK, &shown(call, &dockers)))
}

fn shown(call: &Call, dockers: &Value) -> Value {
    let world = call.caller().world();
    let container = dockers["Id"].as_str().and_then(|id| world.state.container(&id.parse().ok()?));
    let place = container.and_then(|container| container.pod());
    let mut shown = json!({
        "Name": dockers["Name"].as_str().unwrap_or_default().trim_start_matches('/'),
        "Image": images::bare_id(&dockers["Image"]),
        "ImageName": images::whole_name(dockers["Config"]["Image"].as_str().unwrap_or_default()),
        "Rootfs": "",
        "Pod": place.map(|place| place.pod.to_string()).unwrap_or_default(),
        "State": state(&dockers["State"]),
        "NetworkSettings": network_settings(&dockers["NetworkSettings"]),
        "Namespace": "",
        "IsInfra": place.is_some_and(|place| place.holds),
        "IsService": false,
        "Dependencies": [],
        "Config": config(call, &dockers["Config"]),
        "HostConfig": host_config(&dockers["HostConfig"]),
    });
    for name in SAME {
        if let Some(value) = dockers.get(*name) {
            shown[*name] = value.clone();
        }
    }
    if shown["GraphDriver"]["Data"].is_null() {
        shown["GraphDriver"]["Data"] = json!({});
    }
    shown
}

fn state(dockers: &Value) -> Value {
    let mut state = dockers.clone();
    let status = podmans_state(dockers["Status"].as_str().unwrap_or_default()).to_owned();
    state["Status"] = status.into();
    state
}

/// Leaves out what both call the same and mean differently.
fn network_settings(dockers: &Value) -> Value {
    let mut settings = dockers.clone();
    for network in settings["Networks"].as_object_mut().into_iter().flat_map(|all| all.values_mut())
    {
        network["IPAMConfig"] = Value::Null;
    }
    settings
}

fn config(call: &Call, dockers: &Value) -> Value {
    let mut config = dockers.clone();
    for name in ["OnBuild", "Shell", "NetworkDisabled", "MacAddress"] {
        config.as_object_mut().map(|fields| fields.remove(name));
    }
    if !call.is_newer() {
        // Until podman 5 these were a text and a number.
        let words = dockers["Entrypoint"].as_array().into_iter().flatten();
        let words: Vec<&str> = words.filter_map(Value::as_str).collect();
        config["Entrypoint"] = words.join(" ").into();
        let signal = dockers["StopSignal"].as_str().and_then(|name| name.parse::<Signal>().ok());
        config["StopSignal"] = signal.map_or(15, |signal| signal.number()).into();
    }
    let seconds = dockers["StopTimeout"].as_u64();
    config["StopTimeout"] = seconds.unwrap_or(10).into();
    config
}

fn host_config(dockers: &Value) -> Value {
    let mut host = dockers.clone();
    host["MemorySwappiness"] = host["MemorySwappiness"].as_i64().unwrap_or(0).into();
    host["PidsLimit"] = host["PidsLimit"].as_i64().unwrap_or(0).into();
    host["OomKillDisable"] = host["OomKillDisable"].as_bool().unwrap_or(false).into();
    host
}
