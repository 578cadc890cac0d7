//! The log is kept: backed up, restored, forked, trimmed, beside a running server and without one.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{Server, exit_code};

use crate::setup;

/// Runs `sockerless journal` with arguments of its own.
fn journal(server: &Server, arguments: &[&str]) -> Result<String> {
    let mut command = server.network().command(server.binary());
    tests_conformance::run(command.arg("journal").args(arguments))
}

/// Runs it where it has to be refused; returns the exit code and what it says.
fn refused(server: &Server, arguments: &[&str]) -> Result<(i32, String)> {
    let mut command = server.network().command(server.binary());
    let output = command.arg("journal").args(arguments).output()?;
    ensure!(!output.status.success(), "{arguments:?} should be refused");
    Ok((exit_code(output.status), String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// The line of a printed answer that begins with `name`.
fn line(text: &str, name: &str) -> Result<String> {
    let line = text.lines().find(|line| line.starts_with(name));
    Ok(line.with_context(|| format!("no {name} in {text}"))?.to_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

async fn create_some(server: &Server, count: usize, prefix: &str) -> Result<()> {
    for number in 0..count {
        setup::create(server, &format!("{prefix}{number:02}"), "true").await?;
    }
    Ok(())
}

/// Removes a server's data and puts what `make` makes in its place.
fn exchange(server: &Server, make: impl FnOnce(&str) -> Result<()>) -> Result<()> {
    std::fs::remove_dir_all(server.data())?;
    make(text(&server.data()))
}

#[tokio::test]
async fn j_016_a_backup_of_a_running_server_is_restored_to_the_same_state() -> Result<()> {
    let mut server = setup::server().await?;
    create_some(&server, 10, "kept").await?;
    let folder = tempfile::tempdir()?;
    let backup = folder.path().join("backup");
    let told = server.journal(&["backup", text(&backup)])?;
    let (head, state) = (line(&told, "head ")?, line(&told, "state ")?);
    create_some(&server, 2, "later").await?;
    let data = server.data();
    let (_, said) = refused(&server, &["backup", text(&backup), "--data", text(&data)])?;
    ensure!(said.contains("is not empty"), "{said}");
    let wanted: Vec<String> = (0..10).map(|number| format!("kept{number:02}")).collect();
    server.stop()?;
    exchange(&server, |data| {
        let restored = journal(&server, &["restore", text(&backup), "--data", data])?;
        assert_eq!((line(&restored, "head ")?, line(&restored, "state ")?), (head, state));
        Ok(())
    })?;
    server.start_again().await?;
    assert_eq!(setup::names(&server).await?, wanted);
    let opened = setup::records(&server)?.into_iter().rfind(|record| {
        record["body"]["recovery"].to_string().contains("restored from a backup")
    });
    ensure!(opened.is_some(), "no opening tells where the log comes from");
    Ok(())
}

#[tokio::test]
async fn j_016_a_backup_of_a_stopped_server_is_checked_file_by_file() -> Result<()> {
    let mut server = setup::server().await?;
    create_some(&server, 3, "n").await?;
    server.kill()?;
    let folder = tempfile::tempdir()?;
    let (backup, target) = (folder.path().join("backup"), folder.path().join("target"));
    let told = server.journal(&["backup", text(&backup)])?;
    assert_eq!(line(&told, "state ")?, line(&server.journal(&["verify"])?, "state ")?);
    std::fs::create_dir(&target)?;
    std::fs::write(target.join("file"), b"")?;
    let (_, said) = refused(&server, &["restore", text(&backup), "--data", text(&target)])?;
    ensure!(said.contains("is not empty"), "{said}");
    let manifest: Value = serde_json::from_slice(&std::fs::read(backup.join("backup.json"))?)?;
    let name = manifest["files"][0]["name"].as_str().context("a file")?.to_owned();
    let mut bytes = std::fs::read(backup.join(&name))?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(backup.join(&name), bytes)?;
    let other = folder.path().join("other");
    let (code, said) = refused(&server, &["restore", text(&backup), "--data", text(&other)])?;
    ensure!(code == 65 && said.contains(&name), "{code}: {said}");
    ensure!(!other.exists(), "a refused restore leaves a directory");
    Ok(())
}

#[tokio::test]
async fn j_015_a_trimmed_log_goes_on_and_tells_what_is_gone() -> Result<()> {
    let mut server = setup::server().await?;
    create_some(&server, 10, "n").await?;
    let names = setup::names(&server).await?;
    let reason = ["--reason", "the test has seen enough"];
    let told = server.journal(&[&["trim", "--before", "1000000"][..], &reason].concat())?;
    ensure!(told.contains("records trimmed"), "{told}");
    let records = setup::records(&server)?;
    let first = records[0]["seq"].as_u64().context("seq")?;
    ensure!(first > 10, "the log begins at {first}");
    let trim = records.iter().find(|record| record["kind"] == "trim").context("no trim")?;
    assert_eq!(trim["body"]["through"], json!(first - 1));
    assert_eq!(trim["body"]["reason"], "the test has seen enough");
    let (_, said) =
        refused(&server, &["ls", "--from", "2", "--data", text(&server.data())])?;
    ensure!(said.contains(&format!("the log begins at record {first}")), "{said}");
    let reply = server.client().get("/events?since=1&until=2").await?;
    ensure!(reply.status == 410 && reply.text().contains("trimmed"), "{}", reply.text());
    create_some(&server, 1, "after").await?;
    server.kill()?;
    let verified = server.journal(&["verify", "--from-snapshots"])?;
    ensure!(verified.contains("the same state from each of"), "{verified}");
    server.start_again().await?;
    let mut wanted = names;
    wanted.insert(0, "after00".to_owned());
    assert_eq!(setup::names(&server).await?, wanted);
    server.stop()?;
    // Without a server, and only what was exported: nothing was.
    let data = server.data();
    let arguments = ["trim", "--before", "1000000", "--require-export", "--data", text(&data)];
    let (_, said) = refused(&server, &arguments)?;
    ensure!(said.contains("exported"), "{said}");
    std::fs::write(data.join("exported-through"), "1000000\n")?;
    let told = journal(&server, &arguments)?;
    ensure!(told.contains("records trimmed"), "{told}");
    server.start_again().await?;
    assert_eq!(setup::names(&server).await?, wanted);
    Ok(())
}

#[tokio::test]
async fn j_042_a_fork_has_the_state_of_its_point_and_touches_nothing() -> Result<()> {
    let mut server = setup::server().await?;
    let script = "while :; do sleep 0.05; done";
    let id = setup::start(&server, "running", script).await?;
    let pid = setup::inspect(&server, &id).await?["State"]["Pid"].as_u64().context("Pid")?;
    create_some(&server, 2, "before").await?;
    let records = setup::records(&server)?;
    let at = records.last().context("records")?["seq"].to_string();
    let before = setup::names(&server).await?;
    create_some(&server, 2, "later").await?;
    let folder = server.data().with_file_name("forked");
    let told = server.journal(&["fork", "--at", &at, "--to", text(&folder)])?;
    ensure!(told.contains("1 containers that ran then are on record as lost"), "{told}");
    let cluster = line(&told, "cluster ")?;
    ensure!(setup::is_alive(pid), "the original's container has ended");
    // The fork is served in the original's place, whose container goes on meanwhile.
    server.kill()?;
    let kept = server.data().with_file_name("kept");
    std::fs::rename(server.data(), &kept)?;
    std::fs::rename(&folder, server.data())?;
    server.start_again().await?;
    assert_eq!(setup::names(&server).await?, before);
    let state = setup::inspect(&server, "running").await?["State"].clone();
    assert_eq!((&state["Status"], &state["ExitCode"]), (&json!("exited"), &json!(255)));
    let info = server.client().get("/info").await?.expect_status(200)?.json()?;
    ensure!(cluster.contains(info["ID"].as_str().context("ID")?), "{cluster}: {}", info["ID"]);
    // Its images are there, so what was created can be run.
    server.client().post("/containers/before00/start").await?.expect_status(204)?;
    assert_eq!(setup::wait(&server, "before00").await?, 0);
    ensure!(setup::is_alive(pid), "the fork has ended the original's container");
    server.stop()?;
    std::fs::rename(server.data(), &folder)?;
    std::fs::rename(&kept, server.data())?;
    server.start_again().await?;
    assert_eq!(setup::inspect(&server, &id).await?["State"]["Pid"], json!(pid));
    server.client().post(&format!("/containers/{id}/kill")).await?.expect_status(204)?;
    Ok(())
}
