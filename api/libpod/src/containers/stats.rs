//! `GET /containers/stats`: what containers use, all of them in one line, again and again if so asked.

use std::time::Duration;

use futures_util::future::try_join_all;
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
};

/// Seconds between two lines where the client does not say.
const INTERVAL_SECONDS: u64 = 5;

/// Seconds between two lines at most: a client that asks for more has gone before.
const INTERVAL_SECONDS_MAX: u64 = 3600;

pub(super) async fn stats(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    let named: Vec<String> = query.get_all("containers").map(str::to_owned).collect();
    let seconds = query.int("interval")?.and_then(|seconds| u64::try_from(seconds).ok());
    let seconds = seconds.unwrap_or(INTERVAL_SECONDS).clamp(1, INTERVAL_SECONDS_MAX);
    let first = report(call, &named).await?;
    if !query.bool_or("stream", true) {
        return Ok(body::json(StatusCode::OK, &first));
    }
    let call = call.clone();
    Ok(body::lines(first, Duration::from_secs(seconds), move || {
        let (call, named) = (call.clone(), named.clone());
        async move { report(&call, &named).await }
    }))
}

async fn report(call: &Call, named: &[String]) -> Result<Value, Failure> {
    let ids = if named.is_empty() { running(call).await? } else { named.to_vec() };
    Ok(json!({ "Error": null, "Stats": lines(call, &ids).await? }))
}

/// Gives the containers that run.
async fn running(call: &Call) -> Result<Vec<String>, Failure> {
    let shown = call.get("/containers/json").await?;
    let ids = shown.as_array().into_iter().flatten().filter_map(|line| line["Id"].as_str());
    Ok(ids.map(str::to_owned).collect())
}

/// Measures containers, all at once.
pub(crate) async fn lines(call: &Call, ids: &[String]) -> Result<Vec<Value>, Failure> {
    try_join_all(ids.iter().map(|id| measured(call.clone(), id.clone()))).await
}

async fn measured(call: Call, id: String) -> Result<Value, Failure> {
    Ok(line(&call.get(&format!("/containers/{id}/stats?stream=false")).await?))
}

fn line(read: &Value) -> Value {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let (now, before) = (&read["cpu_stats"], &read["precpu_stats"]);
    let used = number(&now["cpu_usage"]["total_usage"]);
    let system = number(&now["system_cpu_usage"]);
    let spent = used.saturating_sub(number(&before["cpu_usage"]["total_usage"]));
    let passed = system.saturating_sub(number(&before["system_cpu_usage"]));
    let memory = &read["memory_stats"];
    let cache = number(&memory["stats"]["inactive_file"]);
    let (held, limit) = (number(&memory["usage"]).saturating_sub(cache), number(&memory["limit"]));
    let sum = |field: &str| -> u64 {
        let networks = read["networks"].as_object().into_iter().flat_map(|all| all.values());
        networks.map(|network| number(&network[field])).sum()
    };
    let blocks = |op: &str| -> u64 {
        let entries = read["blkio_stats"]["io_service_bytes_recursive"].as_array();
        let entries = entries.into_iter().flatten();
        let of_kind = entries
            .filter(|entry| entry["op"].as_str().is_some_and(|is| is.eq_ignore_ascii_case(op)));
        of_kind.map(|entry| number(&entry["value"])).sum()
    };
    let share = percent(spent, passed) * number(&now["online_cpus"]) as f64;
    json!({
        "AvgCPU": share,
        "ContainerID": read["id"],
        "Name": read["name"].as_str().unwrap_or_default().trim_start_matches('/'),
        "PerCPU": null,
        "CPU": share,
        "CPUNano": used,
        "CPUSystemNano": number(&now["cpu_usage"]["usage_in_kernelmode"]),
        "SystemNano": system,
        "MemUsage": held,
        "MemLimit": limit,
        "MemPerc": percent(held, limit),
        "NetInput": sum("rx_bytes"),
        "NetOutput": sum("tx_bytes"),
        "BlockInput": blocks("read"),
        "BlockOutput": blocks("write"),
        "PIDs": number(&read["pids_stats"]["current"]),
        "UpTime": used,
        "Duration": used,
    })
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_told_in_shares_and_sums() {
        let read = json!({
            "id": "a1", "name": "/web",
            "cpu_stats": {"cpu_usage": {"total_usage": 300}, "system_cpu_usage": 2000,
                "online_cpus": 2},
            "precpu_stats": {"cpu_usage": {"total_usage": 200}, "system_cpu_usage": 1000},
            "memory_stats": {"usage": 60, "limit": 200, "stats": {"inactive_file": 10}},
            "networks": {"eth0": {"rx_bytes": 1, "tx_bytes": 2}, "eth1": {"rx_bytes": 3}},
            "blkio_stats": {"io_service_bytes_recursive": [{"op": "read", "value": 7}]},
            "pids_stats": {"current": 4},
        });
        let line = line(&read);
        assert_eq!((line["Name"].as_str(), line["CPU"].as_f64()), (Some("web"), Some(20.0)));
        assert_eq!((line["MemUsage"].as_u64(), line["MemPerc"].as_f64()), (Some(50), Some(25.0)));
        assert_eq!((line["NetInput"].as_u64(), line["BlockInput"].as_u64()), (Some(4), Some(7)));
    }
}
