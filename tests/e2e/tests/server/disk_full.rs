//! A disk that fills up: less is taken at the marks, removals go on, nothing answered is lost, and service comes back.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tests_conformance::{
    BUSYBOX, Reply, Server, command, eventually, exit_code, report, run, sweep,
};

use crate::{operations, setup};

/// Bytes of the disk: the witness takes 64 MiB of it, RocksDB's log about 20, and the images some.
const DISK_BYTES: u64 = 224 << 20;

/// The marks, as they are told to the server, and what they are.
const MARKS: [&str; 6] = ["--soft-mark", "24MiB", "--hard-mark", "12MiB", "--ballast", "16MiB"];
const SOFT_BYTES: u64 = 24 << 20;
const HARD_BYTES: u64 = 12 << 20;
const BALLAST_BYTES: u64 = 16 << 20;

/// How long the server may take to notice what its disk is like.
const NOTICE: Duration = Duration::from_secs(20);

/// Exit code of a server whose log cannot be written.
const LOG_FAILED: i32 = 70;

/// An ext4 file system in a file; it is unmounted and gone with this value.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn make() -> Result<Self> {
        let disk = Self { folder: tempfile::Builder::new().prefix("sockerless-disk-").tempdir()? };
        let file = disk.folder.path().join("disk");
        File::create(&file)?.set_len(DISK_BYTES)?;
        // Without blocks that only root may use, free is free.
        run(command("mkfs.ext4").args(["-q", "-m", "0"]).arg(&file))?;
        fs::create_dir(disk.mount())?;
        run(command("mount").args(["-o", "loop"]).arg(&file).arg(disk.mount()))?;
        Ok(disk)
    }

    fn mount(&self) -> PathBuf {
        self.folder.path().join("mnt")
    }

    /// The server's data directory.
    fn data(&self) -> PathBuf {
        self.mount().join("data")
    }

    fn free_bytes(&self) -> Result<u64> {
        let found = rustix::fs::statvfs(self.mount())?;
        Ok(found.f_bavail * found.f_frsize)
    }

    /// Fills the disk until `left` bytes are free; the filling can be taken away again.
    fn fill(&self, left: u64) -> Result<()> {
        let mut filler = File::options().create(true).append(true).open(self.filler())?;
        let chunk = vec![7; 256 << 10];
        while self.free_bytes()? > left {
            let now = (self.free_bytes()? - left).min(chunk.len() as u64);
            filler.write_all(&chunk[..usize::try_from(now)?])?;
            filler.sync_all()?;
        }
        Ok(())
    }

    fn empty(&self) -> Result<()> {
        fs::remove_file(self.filler())?;
        File::open(self.mount())?.sync_all()?;
        Ok(())
    }

    fn filler(&self) -> PathBuf {
        self.mount().join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(error) = sweep(&self.data()) {
            report(&format!("cleaning up on a disk failed: {error:#}"));
        }
        // Whatever still looks at it keeps it no longer than itself.
        if let Err(error) = run(command("umount").arg("--lazy").arg(self.mount())) {
            report(&format!("a disk stayed mounted: {error:#}"));
        }
    }
}

async fn server_on(disk: &Disk) -> Result<Server> {
    let mut server = Server::prepare_on(&disk.data(), &MARKS)?;
    server.start_again().await?;
    setup::fill(&server).await?;
    Ok(server)
}

/// Waits until the server tells `word` on its readiness page, or tells nothing more than that it is ready.
async fn told(server: &Server, word: Option<&str>) -> Result<String> {
    eventually("the server notices", NOTICE, async || {
        let text = operations::ask(server, "/readyz")?;
        let is_told = word.map_or(text == "ready\n", |word| text.contains(word));
        Ok(is_told.then_some(text))
    })
    .await
}

async fn create(server: &Server, name: &str) -> Result<Reply> {
    let body = json!({"Image": BUSYBOX, "Cmd": ["true"]});
    server.client().post_json(&format!("/containers/create?name={name}"), &body).await
}

fn ballast(data: &Path) -> u64 {
    fs::metadata(data.join("ballast")).map_or(0, |found| found.len())
}

async fn has_ballast(disk: &Disk, wanted: u64) -> Result<()> {
    let data = disk.data();
    eventually("the ballast", NOTICE, async || Ok((ballast(&data) == wanted).then_some(()))).await
}

#[tokio::test]
async fn j_011_a_disk_that_fills_up_refuses_what_grows_and_comes_back() -> Result<()> {
    let disk = Disk::make()?;
    let mut server = server_on(&disk).await?;
    has_ballast(&disk, BALLAST_BYTES).await?;
    setup::start(&server, "runs", "sleep 1000").await?;
    setup::start(&server, "killed", "sleep 1000").await?;
    for number in 0..8 {
        setup::create(&server, &format!("n{number}"), "true").await?;
    }
    report(&format!("{} bytes are free", disk.free_bytes()?));

    // The soft mark: nothing new, the rest goes on, and the refusal is a record.
    disk.fill(SOFT_BYTES - (2 << 20))?;
    let note = told(&server, Some("no space left for anything new")).await?;
    ensure!(note.contains(&disk.mount().display().to_string()), "{note}");
    let refused = create(&server, "more").await?.expect_status(503)?;
    let reason = refused.message();
    ensure!(reason.contains("no space left") && reason.contains("bytes are free in"), "{reason}");
    let exec = json!({"Cmd": ["true"]});
    server.client().post_json("/containers/runs/exec", &exec).await?.expect_status(503)?;
    server.client().post("/containers/n0/rename?name=m0").await?.expect_status(204)?;
    server.client().post("/containers/n1/start").await?.expect_status(204)?;
    let records = setup::records(&server)?;
    let is_refusal =
        |record: &&serde_json::Value| record["outcome"].to_string().contains("no space left");
    assert_eq!(records.iter().filter(is_refusal).count(), 2);
    let metrics = operations::ask(&server, "/metrics")?;
    ensure!(metrics.contains("\nsockerless_gate_level 1\n"), "{metrics}");

    // The hard mark: the ballast goes, only what frees room or ends something is taken.
    disk.fill(HARD_BYTES - (1 << 20))?;
    told(&server, Some("only what frees room is taken")).await?;
    has_ballast(&disk, 0).await?;
    create(&server, "more").await?.expect_status(503)?;
    server.client().post("/containers/n2/start").await?.expect_status(503)?;
    server.client().post("/containers/runs/stop?t=0").await?.expect_status(204)?;
    server.client().post("/containers/killed/kill").await?.expect_status(204)?;
    setup::wait(&server, "killed").await?;
    server.client().delete("/containers/n3").await?.expect_status(204)?;
    assert_eq!(setup::inspect(&server, "runs").await?["State"]["Running"], false);
    setup::output(&server, "runs").await?;

    // A kill and a start on the full disk lose nothing that was answered.
    let wanted = setup::names(&server).await?;
    server.kill()?;
    server.start_again().await?;
    assert_eq!(setup::names(&server).await?, wanted);
    create(&server, "more").await?.expect_status(503)?;
    server.client().delete("/containers/n4").await?.expect_status(204)?;

    // Room again: everything is taken again, and the ballast is back.
    disk.empty()?;
    told(&server, None).await?;
    has_ballast(&disk, BALLAST_BYTES).await?;
    create(&server, "more").await?.expect_status(201)?;
    let names = setup::names(&server).await?;
    assert_eq!(names, ["killed", "m0", "more", "n1", "n2", "n5", "n6", "n7", "runs"]);
    Ok(())
}

#[tokio::test]
async fn j_011_a_log_without_any_room_ends_the_server_and_nothing_answered_is_lost() -> Result<()> {
    let disk = Disk::make()?;
    let mut server = server_on(&disk).await?;
    has_ballast(&disk, BALLAST_BYTES).await?;
    let mut wanted = Vec::new();
    // Faster than any mark is noticed: the disk is full in one step, and the log needs more and more room.
    let client = server.client();
    let padding = "x".repeat(200_000);
    let body = json!({"Image": BUSYBOX, "Cmd": ["true"], "Labels": {"padding": padding}});
    let absent = "x".repeat(3_000);
    let mut round = 0;
    let status = loop {
        if let Some(status) = server.ended()? {
            break status;
        }
        disk.fill(0).or_else(|error| {
            let is_full = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            if is_full == Some(std::io::ErrorKind::StorageFull) { Ok(()) } else { Err(error) }
        })?;
        let name = format!("n{round:03}");
        let path = format!("/containers/create?name={name}");
        match client.post_json(&path, &body).await {
            Ok(reply) if reply.status == 201 => wanted.push(name),
            // It is told why, or the server is gone.
            Ok(reply) => assert_eq!(reply.status, 503, "{}", reply.message()),
            Err(_) => {}
        }
        // What frees room is taken to the end, and its refusals are records.
        client.delete(&format!("/containers/{absent}{round}")).await.ok();
        round += 1;
        ensure!(round < 20_000, "the server goes on without any room");
    };
    report(&format!("ended with {status} after {round} rounds, {} creates answered", wanted.len()));
    assert_eq!(exit_code(status), LOG_FAILED, "{}", server.log_end());
    let log = server.log_end();
    ensure!(log.contains("No space left"), "{log}");
    // Without room it says so again, or starts by what its ballast had; with room everything is there.
    disk.empty()?;
    server.start_again().await?;
    told(&server, None).await?;
    assert_eq!(setup::names(&server).await?, wanted);
    create(&server, "after").await?.expect_status(201)?;
    Ok(())
}
