//! A log that a newer release has written: every command refuses it, and says which record.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use tests_conformance::{Server, exit_code};

use super::{refused, text};
use crate::setup;

/// The kind of records that this release does not know.
const UNKNOWN: u16 = 999;

/// Bytes of a record's header, where its kind stands in it, and its checksum.
const HEADER_BYTES: usize = 104;
const KIND_AT: usize = 32;
const CHECKSUM_AT: usize = 100;

/// Bytes before each piece of a log: checksum, length, type.
const PIECE_BYTES: usize = 7;

/// Gives the last record of a log another kind, with all checksums right: nothing here can write such a record.
fn make_newer(log: &Path) -> Result<()> {
    let mut bytes = fs::read(log)?;
    let at = bytes.windows(4).rposition(|window| window == b"SKJ1").context("no record")?;
    bytes[at + KIND_AT..at + KIND_AT + 2].copy_from_slice(&UNKNOWN.to_le_bytes());
    let checksum = crc32c::crc32c(&bytes[at..at + CHECKSUM_AT]);
    bytes[at + CHECKSUM_AT..at + HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
    let mut begin = 0;
    loop {
        let length = u16::from_le_bytes([bytes[begin + 4], bytes[begin + 5]]);
        let end = begin + PIECE_BYTES + usize::from(length);
        if (begin..end).contains(&at) {
            let checksum = crc32c::crc32c(&bytes[begin + 6..end]);
            let masked = checksum.rotate_right(15).wrapping_add(0xa282_ead8);
            bytes[begin..begin + 4].copy_from_slice(&masked.to_le_bytes());
            return Ok(fs::write(log, bytes)?);
        }
        begin = end;
    }
}

/// The newest of RocksDB's logs.
fn log_of(server: &Server) -> Result<std::path::PathBuf> {
    let mut logs = Vec::new();
    for entry in fs::read_dir(server.data().join("journal/db"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "log") && fs::metadata(&path)?.len() > 0 {
            logs.push(path);
        }
    }
    logs.sort();
    logs.pop().context("no log")
}

#[tokio::test]
async fn j_014_a_log_of_a_newer_release_is_refused_by_every_command() -> Result<()> {
    let mut server = Server::start().await?;
    server.kill()?;
    make_newer(&log_of(&server)?)?;
    fs::remove_file(server.data().join("journal/tail.ring"))?;
    server.spawn()?;
    let status = server.wait()?;
    let log = server.log_end();
    ensure!(exit_code(status) == 65 && log.contains("record kind 999"), "{status}: {log}");
    ensure!(log.contains("newer release"), "{log}");
    let data = server.data();
    let folder = tempfile::tempdir()?;
    let to = folder.path().join("to");
    let commands: [&[&str]; 5] = [
        &["journal", "verify"],
        &["journal", "stats"],
        &["journal", "backup", text(&to)],
        &["journal", "trim", "--before", "10"],
        &["journal", "fork", "--at", "1", "--to", text(&to)],
    ];
    for command in commands {
        let (code, said) = refused(&server, &[command, &["--data", text(&data)]].concat())?;
        ensure!(code == 65 && said.contains("record kind 999"), "{command:?}: {code}: {said}");
    }
    ensure!(!to.exists());
    // Nothing was changed.
    ensure!(setup::records(&server).is_err(), "the record can be listed");
    Ok(())
}
