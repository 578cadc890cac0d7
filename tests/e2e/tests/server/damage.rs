//! A damaged log: a torn tail is mended, damage in the middle is mended or named, nothing is skipped silently.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use tests_conformance::{Server, exit_code, report};
use tests_e2e::seed;

use crate::setup;

/// Places at which the newest file is cut.
const CUTS: u64 = 12;

/// Bytes that are flipped, one a try.
const FLIPS: usize = 16;

/// Exit code of a server that finds damage which it cannot mend.
const DAMAGED: i32 = 65;

/// The write-ahead files of the log, the newest last.
fn wal_files(data: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![data.join("journal")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "log") {
                found.push(path);
            }
        }
    }
    found.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    Ok(found)
}

/// A stopped server with thirty containers, and a copy of its data as it was.
async fn prepared() -> Result<(Server, tempfile::TempDir)> {
    let mut server = setup::server().await?;
    for number in 0..30 {
        setup::create(&server, &format!("n{number:02}"), "true").await?;
    }
    server.kill()?;
    let kept = tempfile::tempdir()?;
    setup::copy(&server.data(), &kept.path().join("data"))?;
    Ok((server, kept))
}

fn restore(server: &Server, kept: &tempfile::TempDir) -> Result<()> {
    fs::remove_dir_all(server.data())?;
    setup::copy(&kept.path().join("data"), &server.data())
}

#[tokio::test]
async fn j_009_a_torn_tail_boots_and_loses_nothing_answered() -> Result<()> {
    let (mut server, kept) = prepared().await?;
    let wanted: Vec<String> = (0..30).map(|number| format!("n{number:02}")).collect();
    for cut in 0..CUTS {
        restore(&server, &kept)?;
        let files = wal_files(&server.data())?;
        let newest = files.last().context("no write-ahead file")?;
        let size = fs::metadata(newest)?.len();
        // The last few records, at odd places: what a crash in the middle of a write leaves.
        let length = size.saturating_sub(1 + cut * 37);
        fs::File::options().write(true).open(newest)?.set_len(length)?;
        server.start_again().await.with_context(|| format!("cut at {length} of {size}"))?;
        assert_eq!(setup::names(&server).await?, wanted, "cut at {length} of {size}");
        setup::create(&server, "after", "true").await?;
        server.kill()?;
    }
    Ok(())
}

#[tokio::test]
async fn j_010_a_flipped_byte_is_mended_or_named() -> Result<()> {
    let (mut server, kept) = prepared().await?;
    let wanted: Vec<String> = (0..30).map(|number| format!("n{number:02}")).collect();
    let seed = seed()?;
    report(&format!("seed {seed}"));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut refused = 0;
    for _ in 0..FLIPS {
        restore(&server, &kept)?;
        let files = wal_files(&server.data())?;
        let file = files.last().context("no write-ahead file")?;
        let mut bytes = fs::read(file)?;
        let place = random.usize(..bytes.len());
        bytes[place] ^= 1 << random.u8(..8);
        fs::write(file, bytes)?;
        server.spawn()?;
        match answers_or_ends(&mut server).await? {
            None => assert_eq!(
                setup::names(&server).await?,
                wanted,
                "byte {place} of {}",
                file.display()
            ),
            Some(code) => {
                let log = server.log_end();
                ensure!(code == DAMAGED, "byte {place}: exit code {code}: {log}");
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                ensure!(log.contains(&name), "byte {place}: {name} is not named: {log}");
                refused += 1;
            }
        }
        server.kill()?;
    }
    report(&format!("{} flips mended, {refused} refused by name", FLIPS - refused));
    Ok(())
}

/// Waits until a spawned server answers, or returns the exit code with which it ended.
async fn answers_or_ends(server: &mut Server) -> Result<Option<i32>> {
    let limit = std::time::Duration::from_secs(30);
    let client = server.client();
    tests_conformance::eventually("an answer or an end", limit, async || {
        if let Some(status) = server.ended()? {
            return Ok(Some(Some(exit_code(status))));
        }
        Ok(client.get("/_ping").await.ok().filter(|reply| reply.status == 200).map(|_| None))
    })
    .await
}
