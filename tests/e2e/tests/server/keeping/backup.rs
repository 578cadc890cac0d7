//! Backups and what they are restored to.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, Client, eventually};

use super::{create_sealed, create_some, delete, line, refused, sealed_value, sockerless, text};
use crate::setup;

/// Clients that go on while a backup is made.
const CLIENTS: usize = 4;

/// How long removals may take that were under way.
const LIMIT: Duration = Duration::from_secs(30);

/// Creates and removes containers until it is told to end; returns how many were created.
async fn load(client: Client, number: usize, is_ended: Arc<AtomicBool>) -> Result<usize> {
    let mut created = 0;
    while !is_ended.load(Ordering::Relaxed) {
        let name = format!("load-{number}-{created}");
        let body = json!({"Image": BUSYBOX, "Cmd": ["true"], "Env": [format!("TOKEN={name}")]});
        let path = format!("/containers/create?name={name}");
        client.post_json(&path, &body).await?.expect_status(201)?;
        if created % 2 == 1 {
            client.delete(&format!("/containers/{name}")).await?.expect_status(204)?;
        }
        created += 1;
    }
    Ok(created)
}

/// Tells whether the load leaves a container of this name where it is.
fn is_kept(name: &str) -> bool {
    name.ends_with(['0', '2', '4', '6', '8'])
}

#[tokio::test]
async fn j_016_a_backup_under_load_is_restored_to_the_state_of_its_moment() -> Result<()> {
    let mut server = setup::server().await?;
    create_some(&server, 10, "kept").await?;
    create_sealed(&server, "sealed", "hunter2").await?;
    let is_ended = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| tokio::spawn(load(server.client(), number, Arc::clone(&is_ended))))
        .collect();
    let folder = tempfile::tempdir()?;
    let backup = folder.path().join("backup");
    let (network, binary) = (server.network(), server.binary());
    let mut command = tokio::process::Command::from(network.command(binary));
    let output = command
        .args(["journal", "backup", text(&backup), "--data", text(&server.data())])
        .output()
        .await?;
    is_ended.store(true, Ordering::Relaxed);
    let mut created = 0;
    for client in clients {
        created += client.await??;
    }
    ensure!(created > CLIENTS, "{created} creates are no load");
    let told = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (head, state) = (line(&told, "head ")?, line(&told, "state ")?);
    // Whoever may read it has the keys.
    assert_eq!(fs::metadata(&backup)?.permissions().mode() & 0o777, 0o700);

    // The original came to the same state at that record, and has gone on since.
    let seq = head.split(' ').nth(1).context("a record")?;
    let copy = folder.path().join("fork");
    let fork = ["fork", "--at", seq, "--to", text(&copy), "--without-images"];
    assert_eq!(line(&server.journal(&fork)?, "state ")?, state);
    let last = setup::records(&server)?.last().and_then(|record| record["seq"].as_u64());
    ensure!(last > seq.parse().ok(), "nothing was written after the backup");

    // All is lost, and restored.
    server.stop()?;
    delete(&server)?;
    let data = server.data();
    let restore = ["journal", "restore", text(&backup), "--data", text(&data)];
    let restored = sockerless(&server, &restore)?;
    assert_eq!((line(&restored, "head ")?, line(&restored, "state ")?), (head, state));
    server.start_again().await?;
    let names = setup::names(&server).await?;
    ensure!((0..10).all(|number| names.contains(&format!("kept{number:02}"))), "{names:?}");
    assert_eq!(sealed_value(&server, "sealed").await?, "hunter2");
    for name in names.iter().filter(|name| name.starts_with("load-") && is_kept(name)) {
        assert_eq!(&sealed_value(&server, name).await?, name, "a key is not in the backup");
    }
    // What was on its way out at that moment goes: its key may have gone before it.
    let settled = eventually("removals are ended", LIMIT, async || {
        for name in setup::names(&server).await?.iter().filter(|name| name.starts_with("load-")) {
            if &sealed_value(&server, name).await? != name {
                return Ok(None);
            }
        }
        Ok(Some(()))
    });
    settled.await?;
    let opened = setup::records(&server)?
        .into_iter()
        .rfind(|record| record["body"]["recovery"].to_string().contains("restored from a backup"));
    ensure!(opened.is_some(), "no opening tells where the log comes from");
    server.stop()?;
    let verified = server.journal(&["verify"])?;
    ensure!(verified.contains("verified in"), "{verified}");
    Ok(())
}

#[tokio::test]
async fn j_016_a_backup_goes_nowhere_where_something_is() -> Result<()> {
    let server = setup::server().await?;
    let folder = tempfile::tempdir()?;
    let data = server.data();
    fs::write(folder.path().join("file"), b"")?;
    let arguments = ["journal", "backup", text(folder.path()), "--data", text(&data)];
    let (_, said) = refused(&server, &arguments)?;
    ensure!(said.contains("is not empty"), "{said}");
    let backup = folder.path().join("backup");
    server.journal(&["backup", text(&backup)])?;
    let arguments = ["journal", "restore", text(&backup), "--data", text(&data)];
    let (_, said) = refused(&server, &arguments)?;
    ensure!(said.contains("is not empty"), "{said}");
    let arguments = ["journal", "restore", text(folder.path()), "--data", "/nonexistent/data"];
    let (_, said) = refused(&server, &arguments)?;
    ensure!(said.contains("is no backup"), "{said}");
    Ok(())
}

#[tokio::test]
async fn j_016_a_backup_of_a_stopped_server_is_checked_file_by_file() -> Result<()> {
    let mut server = setup::server().await?;
    create_some(&server, 3, "n").await?;
    create_sealed(&server, "sealed", "hunter2").await?;
    server.kill()?;
    let folder = tempfile::tempdir()?;
    let (backup, other) = (folder.path().join("backup"), folder.path().join("other"));
    let told = server.journal(&["backup", text(&backup)])?;
    assert_eq!(line(&told, "state ")?, line(&server.journal(&["verify"])?, "state ")?);
    let arguments = ["journal", "restore", text(&backup), "--data", text(&other)];
    // Another key is not overwritten.
    let kek = folder.path().join("other.kek");
    fs::write(&kek, "0".repeat(64))?;
    let (_, said) = refused(&server, &arguments)?;
    ensure!(said.contains("is another key than the backup's"), "{said}");
    ensure!(!other.exists() && fs::read_to_string(&kek)? == "0".repeat(64));
    fs::remove_file(&kek)?;

    let manifest: Value = serde_json::from_slice(&fs::read(backup.join("backup.json"))?)?;
    let files = manifest["files"].as_array().context("files")?;
    for file in files {
        let name = file["name"].as_str().context("a name")?;
        let whole = fs::read(backup.join(name))?;
        let mut bytes = whole.clone();
        let middle = bytes.len() / 2;
        match bytes.get_mut(middle) {
            Some(byte) => *byte ^= 1,
            None => bytes.push(0),
        }
        fs::write(backup.join(name), bytes)?;
        let (code, said) = refused(&server, &arguments)?;
        ensure!(code == 65 && said.contains(name), "{code}: {said}");
        ensure!(!other.exists(), "a refused restore leaves a directory");
        fs::write(backup.join(name), whole)?;
    }
    let names: Vec<&str> = files.iter().filter_map(|file| file["name"].as_str()).collect();
    for wanted in ["kek", "audit.key", "keys/slots"] {
        ensure!(names.contains(&wanted), "{wanted} is not among {names:?}");
    }
    sockerless(&server, &arguments)?;
    ensure!(other.join("journal").is_dir() && kek.exists());
    Ok(())
}
