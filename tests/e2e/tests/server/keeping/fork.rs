//! Forks: the state of a point, under an identity of its own.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{create_sealed, create_some, line, refused, sealed_value, text};
use crate::setup;

/// Puts a data directory, with the key beside it, in the place of another.
fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to)?;
    let (own, other) = (from.with_extension("kek"), to.with_extension("kek"));
    if own.exists() { Ok(fs::rename(own, other)?) } else { Ok(()) }
}

#[tokio::test]
async fn j_042_a_fork_has_the_state_of_its_point_and_touches_nothing() -> Result<()> {
    let mut server = setup::server().await?;
    let script = "while :; do sleep 0.05; done";
    let id = setup::start(&server, "running", script).await?;
    let pid = setup::inspect(&server, &id).await?["State"]["Pid"].as_u64().context("Pid")?;
    create_sealed(&server, "sealed", "hunter2").await?;
    create_some(&server, 2, "before").await?;
    let records = setup::records(&server)?;
    let at = records.last().context("records")?["seq"].to_string();
    let before = setup::names(&server).await?;
    create_some(&server, 2, "later").await?;
    server.client().delete("/containers/before01").await?.expect_status(204)?;
    let folder = server.data().with_file_name("forked");
    let told = server.journal(&["fork", "--at", &at, "--to", text(&folder)])?;
    ensure!(told.contains("1 containers that ran then are on record as lost"), "{told}");
    let cluster = line(&told, "cluster ")?;
    ensure!(setup::is_alive(pid), "the original's container has ended");
    // It signs nothing in the original's name.
    ensure!(!folder.join("audit.key").exists(), "the fork has the original's key");
    let key = fs::read_to_string(server.data().join("audit.key"))?;
    // The fork is served in the original's place, whose container goes on meanwhile.
    server.kill()?;
    let kept = server.data().with_file_name("kept");
    rename(&server.data(), &kept)?;
    rename(&folder, &server.data())?;
    server.start_again().await?;
    assert_eq!(setup::names(&server).await?, before);
    let state = setup::inspect(&server, "running").await?["State"].clone();
    assert_eq!((&state["Status"], &state["ExitCode"]), (&json!("exited"), &json!(255)));
    let info = server.client().get("/info").await?.expect_status(200)?.json()?;
    ensure!(cluster.contains(info["ID"].as_str().context("ID")?), "{cluster}: {}", info["ID"]);
    ensure!(fs::read_to_string(server.data().join("audit.key"))? != key, "one key for two logs");
    // Its images and its keys are there, so what was created can be run.
    assert_eq!(sealed_value(&server, "sealed").await?, "hunter2");
    server.client().post("/containers/sealed/start").await?.expect_status(204)?;
    assert_eq!(setup::wait(&server, "sealed").await?, 0);
    assert_eq!(setup::output(&server, "sealed").await?, "hunter2\n");
    ensure!(setup::is_alive(pid), "the fork has ended the original's container");
    server.stop()?;
    let verified = server.journal(&["verify", "--from-snapshots"])?;
    ensure!(verified.contains("the same state from each of"), "{verified}");
    rename(&server.data(), &folder)?;
    rename(&kept, &server.data())?;
    server.start_again().await?;
    assert_eq!(setup::inspect(&server, &id).await?["State"]["Pid"], json!(pid));
    server.client().post(&format!("/containers/{id}/kill")).await?.expect_status(204)?;
    Ok(())
}

#[tokio::test]
async fn j_042_a_fork_of_a_trimmed_log_can_be_sealed() -> Result<()> {
    let mut server = setup::server().await?;
    create_some(&server, 300, "n").await?;
    server.journal(&["trim", "--before", "1000000"])?;
    create_some(&server, 3, "later").await?;
    let records = setup::records(&server)?;
    let (first, last) = (&records[0]["seq"], &records.last().context("records")?["seq"]);
    let folder = server.data().with_file_name("forked");
    let data = server.data();
    let gone = (first.as_u64().context("seq")? - 1).to_string();
    let arguments =
        ["journal", "fork", "--at", &gone, "--to", text(&folder), "--data", text(&data)];
    let (_, said) = refused(&server, &arguments)?;
    ensure!(said.contains("trimmed"), "{said}");
    server.journal(&["fork", "--at", &last.to_string(), "--to", text(&folder)])?;
    server.stop()?;
    rename(&server.data(), &server.data().with_file_name("kept"))?;
    rename(&folder, &server.data())?;
    server.start_again().await?;
    server.stop()?;
    let records = setup::records(&server)?;
    assert_eq!(records.last().context("records")?["kind"], "seal", "{}", server.log_end());
    Ok(())
}
