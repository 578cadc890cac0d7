//! What is done to a container that runs, and seen of it: pause, `docker top`, `docker stats`.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use http::{Method, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::eventually::eventually;
use crate::row::{Row, rows};

/// Counts up as fast as a twentieth of a second allows.
const COUNTS: &str = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done";

pub(super) const ROWS: &[Row] = rows![
    d_035_a_paused_process_stands_still_and_goes_on,
    d_035_pause_is_seen_in_lists_and_events,
    d_035_what_cannot_be_paused_or_unpaused_is_refused,
    d_035_a_paused_container_takes_no_exec_and_can_be_stopped,
    d_056_top_lists_the_processes_of_the_container_alone,
    d_056_top_of_what_does_not_run_is_409,
    d_057_stats_tell_what_is_used,
    d_057_stats_go_on_with_the_reading_before,
    d_057_docker_stats_shows_a_line,
];

async fn d_035_a_paused_process_stands_still_and_goes_on(cx: Cx) -> Result<()> {
    let name = cx.start_script("counts", COUNTS, json!({})).await?;
    cx.until_logged(&name, "3\n").await?;
    cx.client().post(&format!("/containers/{name}/pause")).await?.expect_status(204)?;
    let state = cx.inspect(&name).await?["State"].clone();
    assert_eq!((&state["Status"], &state["Paused"]), (&json!("paused"), &json!(true)));
    assert_eq!(state["Running"], true);
    let frozen = cx.logs(&name).await?.out();
    // Ten of its pauses; a process that went on would have written.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(cx.logs(&name).await?.out(), frozen);
    cx.client().post(&format!("/containers/{name}/unpause")).await?.expect_status(204)?;
    assert_eq!(cx.inspect(&name).await?["State"]["Status"], "running");
    eventually("the process goes on", Duration::from_secs(10), async || {
        Ok((cx.logs(&name).await?.out().len() > frozen.len()).then_some(()))
    })
    .await
}

async fn d_035_pause_is_seen_in_lists_and_events(cx: Cx) -> Result<()> {
    let name = cx.start_script("seen", "sleep 60", json!({})).await?;
    let docker = cx.docker();
    docker.ok(&["pause", &name]).await?;
    let filter = format!("name={name}");
    let arguments =
        ["ps", "--filter", &filter, "--filter", "status=paused", "--format", "{{.Status}}"];
    let listed = docker.ok(&arguments).await?;
    ensure!(listed.trim().ends_with("(Paused)"), "{listed}");
    docker.ok(&["unpause", &name]).await?;
    let until = jiff::Timestamp::now().to_string();
    let (container, event) = (format!("container={name}"), "{{.Action}}");
    let told = docker
        .ok(&[
            "events", "--since", "1m", "--until", &until, "--filter", &container, "--format", event,
        ])
        .await?;
    let actions: Vec<&str> = told.lines().filter(|line| line.contains("pause")).collect();
    assert_eq!(actions, ["pause", "unpause"]);
    Ok(())
}

async fn d_035_what_cannot_be_paused_or_unpaused_is_refused(cx: Cx) -> Result<()> {
    let name = cx.create("idle", &["sleep", "60"], json!({})).await?;
    let pause = format!("/containers/{name}/pause");
    let message = cx.client().post(&pause).await?.expect_status(409)?.message();
    ensure!(message.to_lowercase().contains("is not running"), "{message}");
    cx.start(&name).await?;
    cx.client().post(&pause).await?.expect_status(204)?;
    let message = cx.client().post(&pause).await?.expect_status(409)?.message();
    ensure!(message.contains("is already paused"), "{message}");
    let unpause = format!("/containers/{name}/unpause");
    cx.client().post(&unpause).await?.expect_status(204)?;
    let message = cx.client().post(&unpause).await?.expect_status(500)?.message();
    ensure!(message.contains("is not paused"), "{message}");
    cx.client().post("/containers/nosuch/pause").await?.expect_status(404)?;
    Ok(())
}

async fn d_035_a_paused_container_takes_no_exec_and_can_be_stopped(cx: Cx) -> Result<()> {
    let name = cx.start_script("held", "sleep 60", json!({})).await?;
    cx.client().post(&format!("/containers/{name}/pause")).await?.expect_status(204)?;
    let exec = json!({"Cmd": ["true"]});
    let path = format!("/containers/{name}/exec");
    let message = cx.client().post_json(&path, &exec).await?.expect_status(409)?.message();
    ensure!(message.contains("is paused"), "{message}");
    cx.client().post(&format!("/containers/{name}/stop?t=1")).await?.expect_status(204)?;
    let state = cx.inspect(&name).await?["State"].clone();
    assert_eq!((&state["Status"], &state["Paused"]), (&json!("exited"), &json!(false)));
    Ok(())
}

async fn d_056_top_lists_the_processes_of_the_container_alone(cx: Cx) -> Result<()> {
    let name = cx.start_script("top", "sleep 61 & sleep 62; wait", json!({})).await?;
    let table = eventually("both sleeps are listed", Duration::from_secs(10), async || {
        let path = format!("/containers/{name}/top");
        let table = cx.client().get(&path).await?.expect_status(200)?.json()?;
        Ok((commands(&table, "CMD")?.len() == 3).then_some(table))
    })
    .await?;
    let mut commands = commands(&table, "CMD")?;
    commands.sort_unstable();
    assert_eq!(commands[1..], ["sleep 61", "sleep 62"]);
    let docker = cx.docker();
    let told = docker.ok(&["top", &name, "-o", "pid,comm"]).await?;
    let mut lines = told.lines();
    let head: Vec<&str> = lines.next().context("a head")?.split_whitespace().collect();
    assert_eq!(head, ["PID", "COMMAND"]);
    assert_eq!(lines.count(), 3);
    let refused = format!("/containers/{name}/top?ps_args=-o%20user%3DPID");
    let refused = cx.client().get(&refused).await?;
    // 500 where dockerd is old.
    ensure!(matches!(refused.status.as_u16(), 400 | 500), "{}", refused.status);
    ensure!(refused.message().contains("is not allowed"), "{}", refused.message());
    Ok(())
}

/// Gives one column of what top has listed.
fn commands(table: &Value, title: &str) -> Result<Vec<String>> {
    let titles = table["Titles"].as_array().context("titles")?;
    let column = titles.iter().position(|found| found == title).context("the column")?;
    let rows = table["Processes"].as_array().context("processes")?;
    Ok(rows.iter().filter_map(|row| row[column].as_str().map(str::to_owned)).collect())
}

async fn d_056_top_of_what_does_not_run_is_409(cx: Cx) -> Result<()> {
    let name = cx.create("idle", &["true"], json!({})).await?;
    let path = format!("/containers/{name}/top");
    let message = cx.client().get(&path).await?.expect_status(409)?.message();
    ensure!(message.to_lowercase().contains("is not running"), "{message}");
    Ok(())
}

async fn d_057_stats_tell_what_is_used(cx: Cx) -> Result<()> {
    let busy = "head -c 8m /dev/zero > /dev/shm/x; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; sleep 60 & wait";
    let more = json!({"HostConfig": {"Memory": 64 << 20, "PidsLimit": 32}});
    let name = cx.start_script("busy", busy, more).await?;
    cx.until_logged(&name, "done").await?;
    let path = format!("/containers/{name}/stats?stream=false");
    let stats = cx.client().get(&path).await?.expect_status(200)?.json()?;
    assert_eq!(stats["name"], format!("/{name}"));
    let number = |pointer: &str| stats.pointer(pointer).and_then(Value::as_u64);
    let within = |pointer: &str, low: u64, high: u64| {
        let found = number(pointer).with_context(|| format!("{pointer} is not in {stats}"))?;
        ensure!((low..=high).contains(&found), "{pointer} is {found}");
        Ok(())
    };
    within("/cpu_stats/cpu_usage/total_usage", 1_000_000, 600_000_000_000)?;
    within("/memory_stats/usage", 8 << 20, 64 << 20)?;
    within("/memory_stats/limit", 64 << 20, 64 << 20)?;
    within("/pids_stats/current", 2, 2)?;
    within("/cpu_stats/online_cpus", 1, 4096)?;
    within("/networks/eth0/rx_dropped", 0, u64::MAX)?;
    let (now, before) =
        (number("/cpu_stats/system_cpu_usage"), number("/precpu_stats/system_cpu_usage"));
    ensure!(now > before && before > Some(0), "{stats}");
    let idle = cx.create("idle", &["true"], json!({})).await?;
    let path = format!("/containers/{idle}/stats?stream=false");
    let stats = cx.client().get(&path).await?.expect_status(200)?.json()?;
    assert_eq!(stats["cpu_stats"]["cpu_usage"]["total_usage"], 0);
    cx.client().get("/containers/nosuch/stats?stream=false").await?.expect_status(404)?;
    Ok(())
}

async fn d_057_stats_go_on_with_the_reading_before(cx: Cx) -> Result<()> {
    let name = cx.start_script("goes", "sleep 60", json!({})).await?;
    let path = format!("/containers/{name}/stats");
    let (_connection, mut response) = cx.client().open(Method::GET, &path, None).await?;
    let (first, second) = (line(&mut response).await?, line(&mut response).await?);
    ensure!(first["read"] != second["read"], "{first} {second}");
    assert_eq!(second["preread"], first["read"]);
    assert_eq!(second["precpu_stats"], first["cpu_stats"]);
    Ok(())
}

/// Reads one line of JSON.
async fn line(response: &mut Response<Incoming>) -> Result<Value> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\n") {
        let frame = response.frame().await.context("the stream ended")??;
        bytes.extend_from_slice(frame.data_ref().context("a frame without data")?);
    }
    Ok(serde_json::from_slice(&bytes)?)
}

async fn d_057_docker_stats_shows_a_line(cx: Cx) -> Result<()> {
    let name =
        cx.start_script("line", "sleep 60", json!({"HostConfig": {"Memory": 64 << 20}})).await?;
    let format = "{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}";
    let arguments = ["stats", "--no-stream", "--format", format, &name];
    let line = cx.docker().ok(&arguments).await?;
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((words[0], words[4], words[5]), (name.as_str(), "64MiB", "1"));
    ensure!(words[1].ends_with('%') && !words[2].starts_with('0'), "{line}");
    Ok(())
}
