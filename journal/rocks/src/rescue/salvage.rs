//! Finding records in bytes that RocksDB does not read any more.
//!
//! A record carries its own checksums, so it is known by its own form wherever it stands whole: in a damaged block
//! of a sorted file, in a log behind its damage. What is found is only offered; whether it belongs into the chain is
//! checked by whoever takes it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::Bytes;
use journal_log::{BODY_BYTES_MAX, HEADER_BYTES, Header, Record, Seq};

use crate::durable::{At, FileError};
use crate::wal;

/// How each record begins.
const MAGIC: &[u8; 4] = b"SKJ1";

/// Read at once from a sorted file, beside a record that began before.
const WINDOW_BYTES: usize = 4 << 20;

/// Takes the records that stand whole in a sorted file.
pub(super) fn in_table(path: &Path, mut take: impl FnMut(Seq, Bytes)) -> Result<(), FileError> {
    let file = File::open(path).at("open", path)?;
    let mut window = vec![0; WINDOW_BYTES + HEADER_BYTES + BODY_BYTES_MAX];
    let mut offset = 0;
    loop {
        let filled = read_at(&file, &mut window, offset).at("read", path)?;
        let is_end = filled < window.len();
        // What begins late in the window may end behind it, so it is left to the next one.
        let until = if is_end { filled } else { WINDOW_BYTES };
        let done = in_bytes(&window[..filled], until, &mut take);
        if is_end {
            return Ok(());
        }
        offset += done as u64;
    }
}

/// Takes the records that stand whole in a log of RocksDB, also behind damage.
pub(super) fn in_log(path: &Path, mut take: impl FnMut(Seq, Bytes)) -> Result<(), FileError> {
    let payloads = wal::payloads(path, |payload| {
        in_bytes(payload, payload.len(), &mut take);
    });
    payloads.at("read", path)
}

/// Takes the records that begin before `until`; returns where the next search has to begin.
fn in_bytes(bytes: &[u8], until: usize, take: &mut impl FnMut(Seq, Bytes)) -> usize {
    let mut at = 0;
    while at < until {
        let Some(begin) = find(&bytes[at..], until - at) else { return until.max(at) };
        at += begin;
        at += match record_at(&bytes[at..]) {
            Some((seq, record)) => {
                let taken = record.len();
                take(seq, Bytes::copy_from_slice(record));
                taken
            }
            None => MAGIC.len(),
        };
    }
    at
}

/// Finds where a record may begin, before `until`.
fn find(bytes: &[u8], until: usize) -> Option<usize> {
    let begins = bytes.windows(MAGIC.len()).take(until);
    begins.enumerate().find(|(_, begin)| *begin == MAGIC).map(|(at, _)| at)
}

/// Reads the whole record that `bytes` begin with.
fn record_at(bytes: &[u8]) -> Option<(Seq, &[u8])> {
    let head = bytes.first_chunk()?;
    let header = Header::decode(head).ok()?;
    let record = bytes.get(..HEADER_BYTES + header.body_bytes as usize)?;
    Record::check(record).ok()?;
    Some((header.seq, record))
}

fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
