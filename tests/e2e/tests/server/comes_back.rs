//! What should run runs: policies, pauses and health over the end of a server.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Server, eventually};

use crate::setup;

const LIMIT: Duration = Duration::from_secs(30);

async fn run(server: &Server, name: &str, script: &str, more: Value) -> Result<()> {
    let mut body = json!({"Image": BUSYBOX, "Cmd": ["sh", "-c", script]});
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    let client = server.client();
    let create = format!("/containers/create?name={name}");
    client.post_json(&create, &body).await?.expect_status(201)?;
    client.post(&format!("/containers/{name}/start")).await?.expect_status(204)?;
    Ok(())
}

fn policy(name: &str) -> Value {
    json!({"HostConfig": {"RestartPolicy": {"Name": name}}})
}

async fn until(server: &Server, name: &str, holds: impl Fn(&Value) -> bool) -> Result<Value> {
    eventually(&format!("{name} is as it should be"), LIMIT, async || {
        Ok(Some(setup::inspect(server, name).await?).filter(&holds))
    })
    .await
}

fn is(status: &str) -> impl Fn(&Value) -> bool {
    move |seen| seen["State"]["Status"] == status
}

#[tokio::test]
async fn d_038_a_new_server_starts_what_its_policy_wants() -> Result<()> {
    let mut server = setup::server().await?;
    let names = ["always", "unless-stopped", "on-failure"];
    for name in names {
        run(&server, name, "sleep 60", policy(name)).await?;
    }
    run(&server, "plain", "sleep 60", json!({})).await?;
    for name in names.iter().chain(&["plain"]) {
        server.client().post(&format!("/containers/{name}/stop?t=0")).await?.expect_status(204)?;
    }
    server.kill()?;
    server.start_again().await?;
    until(&server, "always", is("running")).await?;
    // Killed by the stop, hence a failure.
    until(&server, "on-failure", is("running")).await?;
    for name in ["unless-stopped", "plain"] {
        let seen = setup::inspect(&server, name).await?;
        ensure!(is("exited")(&seen), "{name}: {}", seen["State"]);
    }
    Ok(())
}

#[tokio::test]
async fn d_038_what_ended_while_no_server_was_there_runs_again() -> Result<()> {
    let mut server = setup::server().await?;
    run(&server, "ends", "echo begun; sleep 1; exit 3", policy("always")).await?;
    let pid = setup::inspect(&server, "ends").await?["State"]["Pid"].as_u64().context("Pid")?;
    server.kill()?;
    eventually("it has ended", LIMIT, async || Ok((!setup::is_alive(pid)).then_some(()))).await?;
    server.start_again().await?;
    let again = until(&server, "ends", |seen| seen["RestartCount"].as_u64() >= Some(1)).await?;
    ensure!(again["State"]["Pid"].as_u64() != Some(pid), "{}", again["State"]);
    eventually("it has begun twice", LIMIT, async || {
        let output = setup::output(&server, "ends").await?;
        Ok((output.lines().count() >= 2).then_some(()))
    })
    .await
}

#[tokio::test]
async fn d_038_a_pause_between_two_runs_outlives_the_server() -> Result<()> {
    let mut server = setup::server().await?;
    run(&server, "fails", "exit 3", policy("always")).await?;
    let waits = |seen: &Value| is("restarting")(seen) && seen["RestartCount"].as_u64() >= Some(4);
    let before = until(&server, "fails", waits).await?["RestartCount"].as_u64().context("count")?;
    server.kill()?;
    server.start_again().await?;
    // It goes on counting: neither forgotten nor begun anew.
    until(&server, "fails", |seen| seen["RestartCount"].as_u64() > Some(before)).await?;
    server.client().post("/containers/fails/stop").await?.expect_status(204)?;
    let stopped = setup::inspect(&server, "fails").await?;
    ensure!(is("exited")(&stopped), "{}", stopped["State"]);
    Ok(())
}

#[tokio::test]
async fn d_302_a_paused_container_is_paused_for_the_next_server_too() -> Result<()> {
    let mut server = setup::server().await?;
    run(&server, "held", "sleep 60", json!({})).await?;
    server.docker().ok(&["pause", "held"]).await?;
    server.kill()?;
    server.start_again().await?;
    let seen = setup::inspect(&server, "held").await?;
    ensure!(is("paused")(&seen), "{}", seen["State"]);
    server.docker().ok(&["unpause", "held"]).await?;
    server.docker().ok(&["exec", "held", "true"]).await?;
    Ok(())
}

#[tokio::test]
async fn d_039_health_is_looked_at_by_the_next_server_too() -> Result<()> {
    let mut server = setup::server().await?;
    let probe =
        json!({"Test": ["CMD-SHELL", "test ! -e /sick"], "Interval": 100_000_000, "Retries": 1});
    run(&server, "well", "sleep 60", json!({"Healthcheck": probe})).await?;
    let health =
        |status: &'static str| move |seen: &Value| seen["State"]["Health"]["Status"] == status;
    until(&server, "well", health("healthy")).await?;
    server.kill()?;
    server.start_again().await?;
    server.docker().ok(&["exec", "well", "touch", "/sick"]).await?;
    until(&server, "well", health("unhealthy")).await?;
    Ok(())
}
