//! J-051: what is changed in an export is found and named, by our own program and by another.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use tests_conformance::{Server, eventually};

use crate::setup::{audit, history, other, server, verify};

const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

#[tokio::test]
async fn j_051_a_changed_deleted_moved_or_added_line_is_named() -> Result<()> {
    let server = server().await?;
    let key = audit(&server, &["key"])?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("export");
    let path = file.to_str().context("a path")?;
    let text = audit(&server, &["export"])?;
    let whole: Vec<&str> = text.lines().collect();
    let check = |lines: Vec<&str>, named: &str| -> Result<()> {
        fs::write(&file, lines.join("\n") + "\n")?;
        let (code, words) = verify(&server, key.trim(), &file, &[])?;
        ensure!(code == 65 && words.contains(named), "{named} is not named: {code}: {words}");
        let (code, words) = other(key.trim(), &["export", path])?;
        ensure!(code == 65, "the other program: {code}: {words}");
        Ok(())
    };
    let mut lines = whole.clone();
    lines.remove(5);
    check(lines, "record 5:")?;
    let mut lines = whole.clone();
    lines.swap(6, 7);
    check(lines, "record 6:")?;
    let mut lines = whole.clone();
    lines.insert(9, whole[3]);
    check(lines, "record 9:")?;
    let mut lines = whole.clone();
    let renamed = whole[8].replacen("\"epoch\":1", "\"epoch\":2", 1);
    lines[8] = &renamed;
    check(lines, "record 8:")?;
    let (older, newer) = (whole.len() - 3, whole.len() - 2);
    let mut lines = whole.clone();
    lines.drain(older..newer);
    check(lines, "record")?;
    Ok(())
}

#[tokio::test]
async fn j_051_a_log_that_was_cut_does_not_fit_a_checkpoint_that_was_kept() -> Result<()> {
    let mut server = server().await?;
    let key = audit(&server, &["key"])?;
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    audit(&server, &["export", "-o", &path("before")])?;
    fs::write(path("older"), audit(&server, &["checkpoint"])?)?;
    history(&server, "b").await?;
    fs::write(path("newer"), audit(&server, &["checkpoint"])?)?;
    audit(&server, &["export", "-o", &path("after")])?;
    let export = folder.path().join("after");
    let kept = ["--checkpoint", &path("newer"), "--older", &path("older")];
    let (code, words) = verify(&server, key.trim(), &export, &kept)?;
    ensure!(code == 0 && words.contains("2 checkpoints from elsewhere"), "{code}: {words}");
    let cut = folder.path().join("before");
    let (code, words) = verify(&server, key.trim(), &cut, &["--checkpoint", &path("newer")])?;
    ensure!(code == 65 && words.contains("the export ends before it"), "{code}: {words}");
    server.stop()?;
    let stranger = Server::start().await?;
    let stranger = audit(&stranger, &["key"])?;
    let (code, words) = verify(&server, stranger.trim(), &export, &[])?;
    ensure!(code == 65 && words.contains("checkpoint"), "another's key: {code}: {words}");
    Ok(())
}

#[tokio::test]
async fn j_051_the_server_seals_the_log_and_an_idle_one_does_not_grow() -> Result<()> {
    let server = Server::start_with(&["--audit-seal-seconds", "1"]).await?;
    let seals = || -> Result<Vec<(u64, u64)>> {
        let text = server.journal(&["ls", "--json"])?;
        let records = text.lines().map(serde_json::from_str::<serde_json::Value>);
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let seals = records.iter().filter(|record| record["kind"] == "seal");
        let range = |seal: &serde_json::Value| {
            Some((seal["body"]["last"].as_u64()?, seal["seq"].as_u64()?))
        };
        Ok(seals.filter_map(range).collect())
    };
    let first = eventually("a seal", LIMIT, async || Ok(seals()?.last().copied())).await?;
    ensure!(first.0 < first.1, "a seal covers itself: {first:?}");
    // Three times as long as a seal takes where there is something new.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    assert_eq!(seals()?.last(), Some(&first), "an idle log grows");
    let key = audit(&server, &["key"])?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("export");
    audit(&server, &["export", "-o", file.to_str().context("a path")?])?;
    let (code, words) = verify(&server, key.trim(), &file, &[])?;
    ensure!(code == 0 && words.contains("1 seals"), "{code}: {words}");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(server.data().join("audit.key"))?.permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    Ok(())
}
