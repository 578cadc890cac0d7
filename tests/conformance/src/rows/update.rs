//! `docker update`: limits and policies of containers that are there.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::row::{Row, rows};

/// Tells the memory limit that holds inside, whichever control groups the host has.
const LIMIT: &str =
    "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max";

/// Bytes of a mebibyte.
const MEBI: u64 = 1 << 20;

pub(super) const ROWS: &[Row] = rows![
    d_036_limits_of_a_running_container_change,
    d_036_a_policy_changes_and_is_obeyed,
    d_036_a_stopped_container_starts_with_its_new_limits,
    d_036_what_cannot_be_is_refused,
];

async fn update(cx: &Cx, name: &str, body: Value) -> Result<crate::http::Reply> {
    cx.client().post_json(&format!("/containers/{name}/update"), &body).await
}

async fn d_036_limits_of_a_running_container_change(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"Memory": 64 * MEBI, "MemorySwap": 64 * MEBI}});
    let name = cx.start_script("grows", "sleep 60", more).await?;
    let docker = cx.docker();
    let grown =
        ["update", "--memory", "128m", "--memory-swap", "128m", "--cpu-shares", "512", &name];
    assert_eq!(docker.ok(&grown).await?.trim(), name);
    let (output, _) = cx.exec(&name, &["sh", "-c", LIMIT], json!({})).await?;
    assert_eq!(output.out().trim(), (128 * MEBI).to_string());
    let host = cx.inspect(&name).await?["HostConfig"].clone();
    assert_eq!((&host["Memory"], &host["CpuShares"]), (&json!(128 * MEBI), &json!(512)));
    let reply = update(&cx, &name, json!({"Memory": 32 * MEBI, "MemorySwap": 32 * MEBI})).await?;
    let body = reply.expect_status(200)?.json()?;
    ensure!(body.get("Warnings").is_some(), "{body}");
    let (output, _) = cx.exec(&name, &["sh", "-c", LIMIT], json!({})).await?;
    assert_eq!(output.out().trim(), (32 * MEBI).to_string());
    Ok(())
}

async fn d_036_a_policy_changes_and_is_obeyed(cx: Cx) -> Result<()> {
    let name = cx.start_script("policy", "sleep 1; exit 3", json!({})).await?;
    cx.docker().ok(&["update", "--restart", "on-failure:1", &name]).await?;
    let policy = cx.inspect(&name).await?["HostConfig"]["RestartPolicy"].clone();
    assert_eq!(policy, json!({"Name": "on-failure", "MaximumRetryCount": 1}));
    let ended = cx
        .until("it gives up", &name, |seen| {
            seen["RestartCount"] == 1 && seen["State"]["Status"] == "exited"
        })
        .await?;
    assert_eq!(ended["State"]["ExitCode"], 3);
    Ok(())
}

async fn d_036_a_stopped_container_starts_with_its_new_limits(cx: Cx) -> Result<()> {
    let name = cx.create("later", &["sh", "-c", LIMIT], json!({})).await?;
    update(&cx, &name, json!({"Memory": 48 * MEBI, "MemorySwap": 48 * MEBI}))
        .await?
        .expect_status(200)?;
    cx.start(&name).await?;
    cx.wait(&name).await?;
    assert_eq!(cx.logs(&name).await?.out().trim(), (48 * MEBI).to_string());
    Ok(())
}

async fn d_036_what_cannot_be_is_refused(cx: Cx) -> Result<()> {
    let more = json!({"HostConfig": {"NanoCpus": 500_000_000, "AutoRemove": true}});
    let name = cx.create("fixed", &["true"], more).await?;
    let reply = update(&cx, &name, json!({"CpuPeriod": 100_000, "CpuQuota": 50_000})).await?;
    ensure!(matches!(reply.status.as_u16(), 400 | 409 | 500), "{}", reply.status);
    ensure!(reply.message().contains("NanoCPUs has already been set"), "{}", reply.message());
    let reply = update(&cx, &name, json!({"Memory": 1})).await?;
    ensure!(reply.expect_status(400)?.message().contains("6MB"));
    let reply = update(&cx, &name, json!({"RestartPolicy": {"Name": "always"}})).await?;
    ensure!(reply.message().contains("AutoRemove is enabled"), "{}", reply.message());
    update(&cx, "nosuch", json!({})).await?.expect_status(404)?;
    Ok(())
}
