//! The files: `0000000001.reads` and so on, each a list of frames behind eight bytes that name the format.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use journal_log::Timestamp;

use crate::entry::{Entry, read_frame};

/// The first bytes of a segment; the last of them is the version of the format.
const MAGIC: &[u8; 8] = b"SKREAD\0\x01";

const SUFFIX: &str = "reads";

/// Bytes after which a new segment is begun: some 30,000 entries. The oldest goes as a whole.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 4 << 20;

/// Something that a segment has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An entry.
    Entry(Entry),
    /// The rest of a segment cannot be read.
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it begins to be none.
        at_byte: usize,
    },
}

/// The side log cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("reading {}", path.display())]
pub struct ReadError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Bounds of what is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// Bytes after which a new segment is begun.
    pub(crate) segment_bytes: u64,
    pub(crate) bytes: u64,
    pub(crate) age: Duration,
}

/// The segment that is written.
pub(crate) struct Segments {
    dir: PathBuf,
    kept: Kept,
    current: Option<(File, u64)>,
}

/// Goes through the entries of a directory, the oldest first.
///
/// What is written meanwhile may be cut; only what is damaged before the end of the last segment is told of.
pub fn entries(dir: &Path) -> Result<impl Iterator<Item = Result<Found, ReadError>>, ReadError> {
    let failed = |source| ReadError { path: dir.to_owned(), source };
    let mut numbers = numbers(dir).map_err(failed)?;
    numbers.sort_unstable();
    let last = numbers.last().copied();
    let dir = dir.to_owned();
    Ok(numbers.into_iter().flat_map(move |number| {
        let path = path(&dir, number);
        match fs::read(&path) {
            Ok(bytes) => of_segment(&bytes, path, Some(number) == last),
            // Retention was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => vec![Err(ReadError { path, source })],
        }
    }))
}

fn of_segment(bytes: &[u8], path: PathBuf, is_last: bool) -> Vec<Result<Found, ReadError>> {
    let (entries, whole) = frames(bytes);
    let mut found: Vec<_> = entries.into_iter().map(|entry| Ok(Found::Entry(entry))).collect();
    if whole < bytes.len() && !is_last {
        found.push(Ok(Found::Damaged { path, at_byte: whole }));
    }
    found
}

/// Reads the frames of a segment, and tells how many of its bytes are whole.
fn frames(bytes: &[u8]) -> (Vec<Entry>, usize) {
    let mut entries = Vec::new();
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else { return (entries, 0) };
    while let Some((read, length)) = read_frame(rest) {
        entries.extend(read);
        rest = &rest[length..];
    }
    (entries, bytes.len() - rest.len())
}

fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:010}.{SUFFIX}"))
}

/// Lists the segments of a directory.
fn numbers(dir: &Path) -> io::Result<Vec<u64>> {
    let listed = match fs::read_dir(dir) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut numbers = Vec::new();
    for entry in listed {
        let path = entry?.path();
        let stem: Option<u64> = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if path.extension().is_some_and(|found| found == SUFFIX) {
            numbers.extend(stem);
        }
    }
    Ok(numbers)
}

// === impl Segments ===

impl Segments {
    pub(crate) fn new(dir: PathBuf, kept: Kept) -> Self {
        Self { dir, kept, current: None }
    }

    /// Writes a frame. It is not synced: that is done once for each segment, at its end.
    pub(crate) fn write(&mut self, frame: &[u8], now: Timestamp) -> io::Result<()> {
        let (mut file, length) = match self.current.take() {
            Some(current) => current,
            None => self.begin(now)?,
        };
        file.write_all(frame)?;
        let length = length + frame.len() as u64;
        if length < self.kept.segment_bytes {
            self.current = Some((file, length));
        } else {
            file.sync_data()?;
        }
        Ok(())
    }

    /// Goes on with the last segment where it has room, else begins one; what is too old or too much goes.
    fn begin(&self, now: Timestamp) -> io::Result<(File, u64)> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        let mut numbers = numbers(&self.dir)?;
        numbers.sort_unstable();
        if let Some(number) = numbers.last() {
            let path = path(&self.dir, *number);
            let whole = frames(&fs::read(&path)?).1 as u64;
            if whole > 0 && whole < self.kept.segment_bytes {
                // What is behind was being written when the last server ended.
                let file = OpenOptions::new().append(true).open(&path)?;
                file.set_len(whole)?;
                return Ok((file, whole));
            }
        }
        self.trim(&numbers, now)?;
        let number = numbers.last().map_or(1, |last| last + 1);
        let options = OpenOptions::new().append(true).create_new(true).mode(0o600).clone();
        let mut file = options.open(path(&self.dir, number))?;
        file.write_all(MAGIC)?;
        Ok((file, MAGIC.len() as u64))
    }

    /// Deletes the oldest segments until those that stay are within bounds.
    fn trim(&self, numbers: &[u64], now: Timestamp) -> io::Result<()> {
        let mut bytes = self.kept.segment_bytes;
        for number in numbers.iter().rev() {
            let path = path(&self.dir, *number);
            let metadata = fs::metadata(&path)?;
            bytes += metadata.len();
            let written = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            let written = Timestamp::ZERO.saturating_add(written);
            if bytes > self.kept.bytes || now.saturating_since(written) > self.kept.age {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
