//! `GET /pods/{name}/json`.

use http::StatusCode;
use serde_json::{Value, json};

use super::{found, list::networks, may_look, status};
use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
};

pub(super) async fn inspect(call: &Call, name: &str) -> Result<Answer, Failure> {
    may_look(call).await?;
    let world = call.caller().world();
    let kept = found(&world.state, name)?;
    let holder = match kept.pod.holder {
        Some(holder) => call.get(&format!("/containers/{holder}/json")).await?,
        None => Value::Null,
    };
    let members = kept.members.iter().filter_map(|id| world.state.container(id));
    let members = members.map(|one| {
        json!({
            "Id": one.id.to_string(),
            "Name": one.name.as_str(),
            "State": status::word(one),
        })
    });
    let members: Vec<Value> = members.collect();
    let shared: Vec<&str> = kept.pod.shared.iter().map(|kind| kind.as_str()).collect();
    Ok(body::json(
        StatusCode::OK,
        &json!({
            "Id": kept.pod.id.to_string(),
            "Name": kept.pod.name.as_str(),
            "Namespace": "",
            "Created": kept.created.to_string(),
            "ExitPolicy": "continue",
            "State": status::of(&world.state, &kept),
            "Hostname": holder["Config"]["Hostname"].as_str().unwrap_or_default(),
            "Labels": kept.pod.labels,
            "CreateCgroup": false,
            "CgroupParent": "",
            "CgroupPath": "",
            "CreateInfra": kept.pod.holder.is_some(),
            "InfraContainerID": kept.pod.holder.map(|id| id.to_string()).unwrap_or_default(),
            "InfraConfig": holder_config(&holder, networks(&world.state, &kept)),
            "SharedNamespaces": shared,
            "NumContainers": members.len(),
            "Containers": members,
        }),
    ))
}

fn holder_config(holder: &Value, networks: Vec<String>) -> Value {
    if holder.is_null() {
        return Value::Null;
    }
    let host = &holder["HostConfig"];
    json!({
        "PortBindings": host["PortBindings"],
        "HostNetwork": host["NetworkMode"] == "host",
        "StaticIP": "",
        "StaticMAC": "",
        "NoManageResolvConf": false,
        "DNSServer": host["Dns"],
        "DNSSearch": host["DnsSearch"],
        "DNSOption": host["DnsOptions"],
        "NoManageHosts": false,
        "HostAdd": host["ExtraHosts"],
        "Networks": networks,
        "NetworkOptions": null,
        "pid_ns": host["PidMode"].as_str().filter(|mode| !mode.is_empty()).unwrap_or("private"),
        "userns": "host",
        "uts_ns": host["UTSMode"].as_str().filter(|mode| !mode.is_empty()).unwrap_or("private"),
    })
}
