//! J-053: followers, over restarts of both ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tests_conformance::{Process, Server, command, eventually};

use crate::receiver::Receiver;
use crate::setup::{audit, audit_command, history, server};

const LIMIT: Duration = Duration::from_secs(60);

/// The last record of the log.
fn head(server: &Server) -> Result<u64> {
    let note = audit(server, &["checkpoint"])?;
    note.lines().nth(1).context("a size")?.parse().context("a size")
}

fn seqs(lines: &str) -> Result<Vec<u64>> {
    let seq = |line: &str| {
        let line: Value = serde_json::from_str(line).context("a line that was handed on")?;
        line["seq"].as_u64().context("a sequence number")
    };
    lines.lines().map(seq).collect()
}

fn has_all(found: &[u64], head: u64) -> bool {
    let found: BTreeSet<u64> = found.iter().copied().collect();
    (1..=head).all(|seq| found.contains(&seq))
}

fn follow(server: &Server, folder: &Path, arguments: &[&str]) -> Result<Process> {
    let cursor = folder.join("cursor").to_string_lossy().into_owned();
    let arguments = [&["follow", "--cursor", &cursor], arguments].concat();
    Process::start(&mut audit_command(server, &arguments), &folder.join("log"))
}

#[tokio::test]
async fn j_053_a_file_gets_every_record_over_restarts_of_both_ends() -> Result<()> {
    let mut server = server().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("records");
    let path = file.to_string_lossy().into_owned();
    for round in 0..4 {
        let mut follower = follow(&server, folder.path(), &["--file", &path])?;
        history(&server, &format!("r{round}-")).await?;
        if round % 2 == 0 {
            server.kill()?;
            server.start_again().await?;
        }
        let head = head(&server)?;
        eventually("the file has every record", LIMIT, async || {
            let found = seqs(&fs::read_to_string(&file).unwrap_or_default()).unwrap_or_default();
            Ok(has_all(&found, head).then_some(()))
        })
        .await?;
        follower.kill()?;
    }
    let found = seqs(&fs::read_to_string(&file)?)?;
    ensure!(has_all(&found, found.len().min(40) as u64), "{found:?}");
    Ok(())
}

#[tokio::test]
async fn j_053_a_line_that_was_torn_by_a_kill_is_made_whole() -> Result<()> {
    let server = server().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("records");
    fs::write(&file, "{\"seq\":1}\n{\"se")?;
    let path = file.to_string_lossy().into_owned();
    let _follower = follow(&server, folder.path(), &["--file", &path])?;
    let head = head(&server)?;
    let found = eventually("the file has every record", LIMIT, async || {
        let found = seqs(&fs::read_to_string(&file)?).unwrap_or_default();
        Ok(has_all(&found, head).then_some(found))
    })
    .await?;
    assert_eq!(found[..2], [1, 1], "the whole line stays, the torn one is gone");
    Ok(())
}

#[tokio::test]
async fn j_053_a_webhook_that_refuses_is_asked_again_and_deliveries_are_signed() -> Result<()> {
    let server = server().await?;
    // The receiver is outside the server's network, and the follower reaches both.
    let receiver = Receiver::start(vec![500, 307, 429])?;
    let folder = tempfile::tempdir()?;
    let secret = folder.path().join("secret");
    fs::write(&secret, "hush\n")?;
    let cursor = folder.path().join("cursor");
    let mut follower = command(server.binary());
    follower.args(["audit", "follow", "--webhook", &receiver.url, "--secret-file"]).arg(&secret);
    follower.arg("--cursor").arg(&cursor).arg("--data").arg(server.data());
    let _follower = Process::start(&mut follower, &folder.path().join("log"))?;
    let head = head(&server)?;
    let taken = eventually("every record is taken", LIMIT, async || {
        let taken = receiver.taken();
        let bodies: String = taken.iter().map(|delivery| delivery.body.as_str()).collect();
        Ok(has_all(&seqs(&bodies)?, head).then_some(taken))
    })
    .await?;
    for delivery in taken {
        let expected = hmac(&delivery.body)?;
        assert_eq!(delivery.signature, format!("sha256={expected}"));
    }
    let said = fs::read_to_string(folder.path().join("log"))?;
    for status in ["500", "307", "429"] {
        ensure!(said.contains(&format!("it answered {status}")), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn j_053_a_metadata_service_is_no_webhook() -> Result<()> {
    let server = server().await?;
    let output =
        audit_command(&server, &["follow", "--webhook", "http://169.254.169.254/"]).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(!output.status.success() && said.contains("must not lead"), "{said}");
    Ok(())
}

/// The signature of a body by another program.
fn hmac(body: &str) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("body");
    fs::write(&file, body)?;
    let program = "import hmac,sys;print(hmac.new(b'hush',open(sys.argv[1],'rb').read(),'sha256').hexdigest())";
    let text = tests_conformance::run(command("python3").args(["-c", program]).arg(&file))?;
    Ok(text.trim().to_owned())
}
