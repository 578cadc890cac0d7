//! `GET /pods/stats`: what each container of pods uses.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{act::members, found};
use crate::{
    body::{self, Answer, Cut},
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
    let begin = (call.clone(), named, Some(first));
    let lines = stream::try_unfold(begin, |(call, named, ready)| async move {
        let line = match ready {
            Some(line) => line,
            None => {
                sleep(PAUSE).await;
                let again = readings(&call, &named).await;
                again.map_err(|failure| Cut::new(failure.message()))?
            }
        };
        let bytes = Bytes::from(format!("{}\n", Value::Array(line)));
        Ok::<_, Cut>(Some((bytes, (call, named, None))))
    });
    Ok(body::stream(lines))
}

/// Measures the containers that run, of the pods that are named or of all.
async fn readings(call: &Call, named: &[String]) -> Result<Vec<Value>, Failure> {
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
        let text = |field: &str| size_text(line[field].as_u64().unwrap_or(0));
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

/// Writes bytes with four digits at most, in units of a thousand.
fn size_text(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if value >= 100.0 {
        1
    } else if value >= 10.0 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_four_digits_at_most() {
        assert_eq!(size_text(0), "0B");
        assert_eq!(size_text(736), "736B");
        assert_eq!(size_text(245_760), "245.8kB");
        assert_eq!(size_text(25_280_000_000), "25.28GB");
    }
}
