//! Looks through RocksDB's log files before RocksDB does.
//!
//! RocksDB 11.8.1 loops for ever over some damaged logs (facebook/rocksdb issue 13333), and with others its
//! recovery stops early without a word. So each log, and the manifest, which has the same format, is checked
//! here first, in one bounded pass: blocks of 32 KiB with records of {masked crc32c, length, type, bytes},
//! where a record may be split over blocks.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::durable::{At, FileError, names_in};

/// Bytes of a block (rocksdb `db/log_format.h`).
const BLOCK_BYTES: usize = 32 << 10;
/// Bytes before a record's own: checksum, length, type.
const HEADER_BYTES: usize = 7;
/// Added to a rotated checksum, so that checksums over checksums stay good (rocksdb `util/crc32c.h`).
const MASK_DELTA: u32 = 0xa282_ead8;

const FULL: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;
/// Says how the log before ended; written because logs are tracked.
const PREDECESSOR: u8 = 130;

/// The first place of a log that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The log.
    pub(crate) path: PathBuf,
    /// Where the damaged record begins.
    pub(crate) offset: u64,
    /// Bytes before it that hold whole records.
    pub(crate) whole_bytes: u64,
    /// Bytes of the log.
    pub(crate) file_bytes: u64,
    /// What is wrong.
    pub(crate) cause: &'static str,
    /// Whether a write that was cut short would look so: nothing follows the damage.
    pub(crate) is_torn: bool,
}

/// Finds the first damage in the logs of a RocksDB folder, oldest log first.
pub(crate) fn first_damage(folder: &Path) -> Result<Option<Damage>, FileError> {
    for (_, path) in logs_in(folder)? {
        let found = scan(&path).at("read", &path)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Lists the logs of a RocksDB folder with their numbers, oldest first.
pub(crate) fn logs_in(folder: &Path) -> Result<Vec<(u64, PathBuf)>, FileError> {
    let mut logs: Vec<(u64, PathBuf)> = names_in(folder)?
        .into_iter()
        .filter_map(|name| Some((log_number(&name)?, folder.join(&name))))
        .collect();
    logs.sort_unstable();
    Ok(logs)
}

/// Reads the number of the log called `name`.
pub(crate) fn log_number(name: &str) -> Option<u64> {
    name.strip_suffix(".log")?.parse().ok()
}

/// Checks one log; says where it is damaged, where it is.
pub(crate) fn scan(path: &Path) -> io::Result<Option<Damage>> {
    let mut file = File::open(path)?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut scan = Scan::default();
    let cause = loop {
        let filled = fill(&mut file, &mut block)?;
        match scan.block(&block[..filled]) {
            Err(cause) => break cause,
            Ok(()) if filled < BLOCK_BYTES => match scan.record_at {
                None => return Ok(None),
                Some(offset) => {
                    scan.at = offset;
                    break Cause::Torn("the log ends inside a record");
                }
            },
            Ok(()) => {}
        }
    };
    let (cause, is_torn) = match cause {
        Cause::Torn(cause) => (cause, true),
        Cause::Changed(cause) => (cause, scan.rest_is_zero(path)?),
    };
    Ok(Some(Damage {
        path: path.to_owned(),
        offset: scan.record_at.unwrap_or(scan.at),
        whole_bytes: scan.whole_bytes,
        file_bytes: file.metadata()?.len(),
        cause,
        is_torn,
    }))
}

/// Hands over what the records of a log hold, whole where that can be, and goes on after damage with the next block.
///
/// What stands in a damaged record is handed over as it is, for a part of it may be good.
pub(crate) fn payloads(path: &Path, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut block = vec![0; BLOCK_BYTES];
    let mut begun: Option<Vec<u8>> = None;
    loop {
        let filled = fill(&mut file, &mut block)?;
        let mut rest = &block[..filled];
        while rest.len() >= HEADER_BYTES {
            let Some((kind, payload)) = whole_record(rest) else {
                // Where it ends is not known, so the block is searched as a whole.
                take(rest);
                begun = None;
                break;
            };
            match kind {
                FIRST => begun = Some(payload.to_vec()),
                MIDDLE => {
                    if let Some(begun) = &mut begun {
                        begun.extend_from_slice(payload);
                    }
                }
                LAST => {
                    if let Some(mut whole) = begun.take() {
                        whole.extend_from_slice(payload);
                        take(&whole);
                    }
                }
                _ => take(payload),
            }
            rest = &rest[HEADER_BYTES + payload.len()..];
        }
        if filled < BLOCK_BYTES {
            return Ok(());
        }
    }
}

/// Returns the type and the bytes of the record that `block` begins with, where its checksum is right.
fn whole_record(block: &[u8]) -> Option<(u8, &[u8])> {
    let size_bytes = usize::from(u16::from_le_bytes(block[4..6].try_into().ok()?));
    let record = block.get(..HEADER_BYTES + size_bytes)?;
    let checksum = u32::from_le_bytes(record[..4].try_into().ok()?);
    (checksum == mask(crc32c::crc32c(&record[6..]))).then_some((record[6], &record[HEADER_BYTES..]))
}

enum Cause {
    /// The log ends here.
    Torn(&'static str),
    /// The bytes are not what was written.
    Changed(&'static str),
}

/// Where the pass stands.
#[derive(Default)]
struct Scan {
    /// The next byte to look at.
    at: u64,
    /// Where the last whole record ended.
    whole_bytes: u64,
    /// Where the record began that is split over blocks.
    record_at: Option<u64>,
}

impl Scan {
    /// Takes the next block; only the last one is short.
    fn block(&mut self, block: &[u8]) -> Result<(), Cause> {
        let is_last = block.len() < BLOCK_BYTES;
        let mut rest = block;
        // What is left of a block and too short for a header is padding.
        while rest.len() >= HEADER_BYTES {
            let length = usize::from(u16::from_le_bytes([rest[4], rest[5]]));
            let Some(record) = rest.get(..HEADER_BYTES + length) else {
                return Err(if is_last {
                    Cause::Torn("the log ends inside a record")
                } else {
                    Cause::Changed("a record's length leaves its block")
                });
            };
            let expected = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]);
            if mask(crc32c::crc32c(&record[6..])) != expected
                && !journal_log::planted!("log-checksums-unchecked")
            {
                return Err(Cause::Changed("a record's checksum does not match"));
            }
            self.record(record[6], record.len() as u64)?;
            rest = &rest[record.len()..];
        }
        if is_last && !rest.is_empty() {
            return Err(Cause::Torn("the log ends inside a record's header"));
        }
        self.at += rest.len() as u64;
        Ok(())
    }

    /// Takes a record or a part of one.
    fn record(&mut self, kind: u8, size_bytes: u64) -> Result<(), Cause> {
        match (kind, self.record_at) {
            (FULL | PREDECESSOR, None) | (LAST, Some(_)) => {
                self.record_at = None;
                self.whole_bytes = self.at + size_bytes;
            }
            (FIRST, None) => self.record_at = Some(self.at),
            (MIDDLE, Some(_)) => {}
            (FULL | FIRST | PREDECESSOR, Some(_)) => {
                return Err(Cause::Changed("a record has no end"));
            }
            (MIDDLE | LAST, None) => return Err(Cause::Changed("a record has no beginning")),
            // Other types belong to settings that this crate does not use. RocksDB would loop over some.
            (_, _) if journal_log::planted!("log-types-unchecked") => {}
            (_, _) => return Err(Cause::Changed("a record's type is not one that is written")),
        }
        self.at += size_bytes;
        Ok(())
    }

    /// Tells whether there are only zeros from here on, as after a power cut that lost the data of a longer file.
    fn rest_is_zero(&self, path: &Path) -> io::Result<bool> {
        use std::os::unix::fs::FileExt;
        let file = File::open(path)?;
        let mut block = vec![0; BLOCK_BYTES];
        let mut at = self.at;
        loop {
            match file.read_at(&mut block, at)? {
                0 => return Ok(true),
                read if block[..read].iter().any(|byte| *byte != 0) => return Ok(false),
                read => at += read as u64,
            }
        }
    }
}

fn mask(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(MASK_DELTA)
}

/// Reads until `block` is full or the file ends.
fn fill(file: &mut File, block: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < block.len() {
        match file.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests;
