//! `GET /pods/stats`: what each container of pods uses.

use std::{collections::BTreeMap, time::Duration};

use api_types::human_bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::{act::members, found};
use crate::{
    body::{self, Answer},
    call::Call,
    containers::stats_lines,
    error::Failure,
};

/// The pause between two readings: podman's.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn stats(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    let named: Vec<String> = query.get_all("namesOrIDs").map(str::to_owned).collect();
    let first = readings(call, &named).await?;
    if !query.bool("stream") {
        return Ok(body::json(StatusCode::OK, &first));
    }
    let call = call.clone();
    Ok(body::lines(first, PAUSE, move || {
        let (call, named) = (call.clone(), named.clone());
        async move { readings(&call, &named).await }
    }))
}

/// Measures the containers that run, of the pods that are named or of all.
async fn readings(call: &Call, named: &[String]) -> Result<Value, Failure> {
    let world = call.caller().world();
    let pods = if named.is_empty() {
        world.state.pods().iter().cloned().collect()
    } else {
        named.iter().map(|name| found(&world.state, name)).collect::<Result<Vec<_>, _>>()?
    };
    let mut pod_of = BTreeMap::new();
    for kept in &pods {
        for member in members(call, kept).iter().filter(|one| one.running().is_some()) {
            pod_of.insert(member.id.to_string(), kept.pod.id.to_string());
        }
    }
    let ids: Vec<String> = pod_of.keys().cloned().collect();
    let lines = stats_lines(call, &ids).await?;
    Ok(lines.iter().map(|line| shown(line, &pod_of)).collect())
}

/// Writes a container's reading as podman writes it for pods: as texts.
fn shown(line: &Value, pod_of: &BTreeMap<String, String>) -> Value {
    let id = line["ContainerID"].as_str().unwrap_or_default();
    let percent = |field: &str| format!("{:.2}%", line[field].as_f64().unwrap_or(0.0));
    let pair = |one: &str, other: &str| {
        let text = |field: &str| human_bytes(line[field].as_u64().unwrap_or(0));
        format!("{} / {}", text(one), text(other))
    };
    let pod = pod_of.get(id).map(String::as_str).unwrap_or_default();
    json!({
        "CPU": percent("CPU"),
        "MemUsage": pair("MemUsage", "MemLimit"),
        "MemUsageBytes": pair("MemUsage", "MemLimit"),
        "Mem": percent("MemPerc"),
        "NetIO": pair("NetInput", "NetOutput"),
        "BlockIO": pair("BlockInput", "BlockOutput"),
        "PIDS": line["PIDs"].to_string(),
        "CID": short(id),
        "Name": line["Name"],
        "Pod": short(pod),
    })
}

/// Gives the beginning of an id, as clients show it.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
