//! A record that nobody has any more: it is named with what is after it, and each way out that is told leads out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use tests_conformance::{Server, exit_code, run};

use crate::{operations, setup};

/// Exit code of a server that finds damage which it cannot mend.
const DAMAGED: i32 = 65;

/// Bytes of a record's header, and where its number and its hash of the record before stand.
const HEADER_BYTES: usize = 104;
const SEQ_AT: usize = 8;
const PREVIOUS_AT: usize = 64;

/// A stopped server whose log has lost the record that created a container, wherever that stood.
struct Hurt {
    server: Server,
    /// A copy of its data from before.
    backup: tempfile::TempDir,
    /// The lost record.
    seq: u64,
    /// The container that it created.
    name: String,
    /// Every container that there was.
    names: Vec<String>,
}

impl Hurt {
    async fn make() -> Result<Self> {
        let mut server = setup::server().await?;
        for number in 0..20 {
            setup::create(&server, &format!("n{number:02}"), "true").await?;
        }
        let names = setup::names(&server).await?;
        let name = "n07".to_owned();
        let records = setup::records(&server)?;
        let made = records.iter().find(|record| {
            record["command"].as_str().unwrap_or_default().starts_with("container.create")
                && record["asked"].to_string().contains(&name)
        });
        let seq = made.and_then(|record| record["seq"].as_u64()).context("no such record")?;
        server.stop()?;
        let backup = tempfile::tempdir()?;
        setup::copy(&server.data(), &backup.path().join("data"))?;
        let mut hits = 0;
        for file in files(&server.data().join("journal"))? {
            hits += hurt(&file, seq)?;
        }
        ensure!(hits >= 2, "the record was found {hits} times");
        Ok(Self { server, backup, seq, name, names })
    }

    /// Starts the server, which ends at once, and gives its last words.
    fn refused(&mut self) -> Result<String> {
        self.server.spawn()?;
        let status = self.server.wait()?;
        let log = self.server.log_end();
        ensure!(exit_code(status) == DAMAGED, "{status}: {log}");
        Ok(log)
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

/// Damages each copy of a record in a file; returns how many there were.
fn hurt(file: &Path, seq: u64) -> Result<usize> {
    let mut bytes = fs::read(file)?;
    let places: Vec<usize> = bytes
        .windows(HEADER_BYTES)
        .enumerate()
        .filter(|(_, head)| {
            head.starts_with(b"SKJ1") && head[SEQ_AT..SEQ_AT + 8] == seq.to_le_bytes()
        })
        .map(|(at, _)| at)
        .collect();
    for at in &places {
        bytes[at + PREVIOUS_AT] ^= 1;
    }
    if !places.is_empty() {
        fs::write(file, bytes)?;
    }
    Ok(places.len())
}

#[tokio::test]
async fn j_010_a_lost_record_is_named_with_what_is_after_it_and_the_ways_out() -> Result<()> {
    let mut hurt = Hurt::make().await?;
    let log = hurt.refused()?;
    let (seq, data) = (hurt.seq, hurt.server.data().display().to_string());
    let before = seq - 1;
    for part in [
        format!("record {seq} is damaged in {data}/journal/db/"),
        " at byte ".to_owned(),
        "records up to ".to_owned(),
        "are after it, whole and linked".to_owned(),
        format!("sockerless journal repair --data {data} --from-backup DIR"),
        format!("sockerless serve --read-only-at {before} --data {data}"),
        format!("sockerless journal skip --data {data} --seq {seq} --reason TEXT"),
    ] {
        ensure!(log.contains(&part), "{part:?} is not in: {log}");
    }
    // Nothing was changed, so it says the same again.
    ensure!(hurt.refused()?.contains(&format!("record {seq} is damaged")));
    Ok(())
}

#[tokio::test]
async fn j_010_the_state_before_a_lost_record_is_served_for_reading() -> Result<()> {
    let hurt = Hurt::make().await?;
    let before = (hurt.seq - 1).to_string();
    let mut reader = Server::prepare_on(&hurt.server.data(), &["--read-only-at", &before])?;
    reader.start_again().await?;
    let wanted: Vec<String> =
        hurt.names.iter().filter(|name| **name < hurt.name).cloned().collect();
    assert_eq!(setup::names(&reader).await?, wanted);
    let inspected = setup::inspect(&reader, "n03").await?;
    assert_eq!(inspected["State"]["Status"], "created");
    reader.client().get("/images/json").await?.expect_status(200)?;
    let refused = reader.client().delete("/containers/n03").await?.expect_status(403)?;
    ensure!(refused.message().contains("read-only"), "{}", refused.message());
    reader.client().post("/containers/n03/start").await?.expect_status(403)?;
    let health = operations::ask(&reader, "/healthz")?;
    let wrong = format!("record {} is damaged in ", hurt.seq);
    ensure!(health.contains(&wrong) && health.contains(" at byte "), "{health}");
    ensure!(health.contains("are after it"), "{health}");
    reader.stop()?;
    Ok(())
}

#[tokio::test]
async fn j_010_a_repair_takes_what_is_lost_from_a_backup() -> Result<()> {
    let mut hurt = Hurt::make().await?;
    ensure!(hurt.server.journal(&["repair"]).is_err(), "repaired without the record");
    let backup = hurt.backup.path().join("data");
    let said = hurt.server.journal(&["repair", "--from-backup", &backup.display().to_string()])?;
    let taken = format!("records {} to {} were taken from a backup", hurt.seq, hurt.seq);
    ensure!(said.contains(&taken), "{said}");
    hurt.server.start_again().await?;
    assert_eq!(setup::names(&hurt.server).await?, hurt.names);
    // The repair is on record.
    ensure!(hurt.server.journal(&["ls"])?.contains(&taken), "no record of the repair");
    setup::create(&hurt.server, "after", "true").await?;
    hurt.server.stop()?;
    let verified = hurt.server.journal(&["verify"])?;
    ensure!(verified.contains("verified in"), "{verified}");
    let again = hurt.server.journal(&["repair"])?;
    ensure!(again.contains("there is nothing to repair"), "{again}");
    Ok(())
}

#[tokio::test]
async fn j_010_a_skip_passes_over_what_is_lost_and_says_so_for_ever() -> Result<()> {
    let mut hurt = Hurt::make().await?;
    let seq = hurt.seq.to_string();
    let other = (hurt.seq + 1).to_string();
    ensure!(hurt.server.journal(&["skip", "--seq", &other, "--reason", "x"]).is_err());
    hurt.refused()?;
    hurt.server.journal(&["skip", "--seq", &seq, "--reason", "the disk was bad"])?;
    hurt.server.start_again().await?;
    let wanted: Vec<String> =
        hurt.names.iter().filter(|name| **name != hurt.name).cloned().collect();
    assert_eq!(setup::names(&hurt.server).await?, wanted);
    let listed = hurt.server.journal(&["ls"])?;
    let skips = listed.lines().filter(|line| line.contains(" skip "));
    let skips: Vec<&str> = skips.collect();
    // One in the place of what is lost, one where the act was.
    ensure!(skips.len() == 2, "{listed}");
    ensure!(skips.iter().all(|line| line.contains("the disk was bad") && line.contains("uid:0")));
    ensure!(skips[0].trim_start().starts_with(&seq), "{}", skips[0]);
    setup::create(&hurt.server, &hurt.name, "true").await?;
    hurt.server.stop()?;
    let mut verify = hurt.server.network().command(hurt.server.binary());
    let verified = run(verify.args(["journal", "verify", "--data"]).arg(hurt.server.data()))?;
    ensure!(
        verified.contains(&format!("records {seq} to {seq} were lost and passed over")),
        "{verified}"
    );
    Ok(())
}

#[tokio::test]
async fn j_010_a_lost_witness_is_made_anew_by_order() -> Result<()> {
    let mut server = setup::server().await?;
    setup::create(&server, "kept", "true").await?;
    server.stop()?;
    fs::remove_file(server.data().join("journal/tail.ring"))?;
    server.spawn()?;
    assert_eq!(exit_code(server.wait()?), DAMAGED);
    let log = server.log_end();
    ensure!(log.contains("sockerless serve --rebuild-witness --data "), "{log}");
    let mut again = Server::prepare_on(&server.data(), &["--rebuild-witness"])?;
    again.start_again().await?;
    assert_eq!(setup::names(&again).await?, ["kept"]);
    ensure!(again.journal(&["ls"])?.contains("a new witness was made"), "it is not on record");
    Ok(())
}
