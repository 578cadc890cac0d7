//! The witness file `tail.ring`: the newest groups once more, outside of RocksDB.
//!
//! RocksDB cannot tell that the end of its log is gone. The ring can: it holds the exact bytes of each group
//! since RocksDB last wrote its sorted files, so it also mends what it finds missing. Two header pages are
//! followed by an area of frames, each of whole pages. The file is written full of zeros when it is made, so
//! that a sync later has no metadata to write. It belongs to the appending thread through
//! [`Witness`](crate::witness::Witness); an opening reads it before anything else.

pub(crate) mod frame;
pub(crate) mod header;
mod scan;

use std::fs::File;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use journal_log::{FrameError, Record, Seq};

use self::frame::{Frame, FrameHead};
use self::header::{HEADERS_BYTES, RingHeader};
use crate::durable::{At, FileError, draft_of, put_in_place};
use crate::witness::Placement;

/// Frames begin at pages, so that a torn write never harms the frame before.
pub(crate) const PAGE_BYTES: u64 = 4096;

/// Frames that fit into the smallest ring.
const FRAMES_MIN: u64 = 16;

/// The ring as an opening found it.
#[derive(Debug)]
pub(crate) struct Ring {
    path: PathBuf,
    file: File,
    header: RingHeader,
    spans: Vec<Span>,
}

/// A whole frame, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Where it begins in the file.
    pub(crate) offset: u64,
    /// What it says of itself.
    pub(crate) head: FrameHead,
}

/// Why a ring cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RingError {
    /// Neither header is whole.
    #[error("both headers of the witness are damaged")]
    Header,
    /// A newer release wrote it.
    #[error("the witness has version {found}, which is not known to this release")]
    Version {
        /// The version.
        found: u32,
    },
    /// The file failed.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Ring {
    /// Makes an empty ring with an area of at least `area_bytes`, in place of what is there.
    pub(crate) fn create(
        path: &Path,
        area_bytes: u64,
        cluster: [u8; 16],
    ) -> Result<Self, FileError> {
        let area_bytes = area_bytes.next_multiple_of(PAGE_BYTES).max(FRAMES_MIN * PAGE_BYTES);
        let nonce = random().at("draw random bytes for", path)?;
        let header = RingHeader { area_bytes, cluster, nonce };
        let draft = draft_of(path);
        let mut file = File::create(&draft).at("create", &draft)?;
        write_empty(&mut file, &header).at("write", &draft)?;
        put_in_place(&draft, path)?;
        let file = File::options().read(true).write(true).open(path).at("open", path)?;
        Ok(Self { path: path.to_owned(), file, header, spans: Vec::new() })
    }

    /// Reads the ring at `path`; none where there is no file.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, RingError> {
        let file = match File::options().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.at("open", path)?,
        };
        Self::read(path, file).map(Some)
    }

    /// Reads the ring at `path` without the right to write it; none where there is no file.
    pub(crate) fn open_read_only(path: &Path) -> Result<Option<Self>, RingError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.at("open", path)?,
        };
        Self::read(path, file).map(Some)
    }

    fn read(path: &Path, file: File) -> Result<Self, RingError> {
        let header = header::read(&file).at("read", path)??;
        let spans = scan::scan(&file, &header).at("read", path)?;
        Ok(Self { path: path.to_owned(), file, header, spans })
    }

    /// Writes a damaged copy of the header anew.
    pub(crate) fn mend_header(&self) -> Result<(), FileError> {
        header::mend(&self.file, &self.header).at("write", &self.path)
    }

    /// Returns the identity of the journal that it witnesses.
    pub(crate) const fn cluster(&self) -> [u8; 16] {
        self.header.cluster
    }

    /// Returns the last record it holds; genesis where it holds none.
    pub(crate) fn head(&self) -> Seq {
        self.spans.last().map_or(Seq::GENESIS, |span| span.head.last)
    }

    /// Returns the records it holds without a gap up to its head.
    pub(crate) fn covered(&self) -> Option<RangeInclusive<Seq>> {
        Some(self.spans.first()?.head.first..=self.spans.last()?.head.last)
    }

    /// Returns the last record that it knows was acknowledged.
    pub(crate) fn acknowledged(&self) -> Seq {
        self.spans.iter().map(|span| span.head.acked_through).max().unwrap_or(Seq::GENESIS)
    }

    /// Returns the highest epoch of its frames.
    pub(crate) fn epoch(&self) -> u64 {
        self.spans.iter().map(|span| span.head.epoch).max().unwrap_or(0)
    }

    /// Returns its whole frames, oldest first, without a gap.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Returns the bytes of its area.
    pub(crate) const fn area_bytes(&self) -> u64 {
        self.header.area_bytes
    }

    /// Reads the records of a frame.
    pub(crate) fn records(&self, span: &Span) -> Result<Vec<Record>, FileError> {
        let encoded = self.encoded_records(span)?;
        let records: Result<_, FrameError> = encoded.iter().map(Record::decode_shared).collect();
        records.map_err(io::Error::other).at("read", &self.path)
    }

    /// Reads the records of a frame, encoded as they are in the journal.
    pub(crate) fn encoded_records(&self, span: &Span) -> Result<Vec<Bytes>, FileError> {
        let payload = self.payload(span)?;
        frame::split(&payload).map_err(io::Error::other).at("read", &self.path)
    }

    /// Adds a group after the newest frame, durably. The ring has to be opened again to see it.
    pub(crate) fn add(&self, group: &[Record]) -> Result<(), FileError> {
        let epoch = group.last().map_or(0, |record| record.header.epoch.get());
        let frame = Frame::build(Vec::new(), &self.header.nonce, epoch.max(self.epoch()), group);
        let mut placement = Placement::new(self.header.area_bytes, &self.spans);
        let place = placement.place(frame.bytes().len() as u64, frame.last());
        self.file
            .write_all_at(frame.bytes(), place.offset)
            .and_then(|()| self.file.sync_data())
            .at("write", &self.path)
    }

    fn payload(&self, span: &Span) -> Result<Bytes, FileError> {
        let mut payload = vec![0; span.head.payload_bytes as usize];
        let at = span.offset + frame::HEAD_BYTES as u64;
        self.file.read_exact_at(&mut payload, at).at("read", &self.path)?;
        Ok(payload.into())
    }

    /// Gives the file and what new frames need to know away, for writing.
    pub(crate) fn into_parts(self) -> (File, RingHeader, Vec<Span>) {
        (self.file, self.header, self.spans)
    }
}

/// Draws bytes that nobody can guess.
pub(crate) fn random() -> io::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}

fn write_empty(file: &mut File, header: &RingHeader) -> io::Result<()> {
    /// Written at once: large enough to be quick, small enough for the stack of any thread's heap.
    const CHUNK_BYTES: usize = 1 << 20;
    let zeros = vec![0; CHUNK_BYTES];
    let mut left = HEADERS_BYTES + header.area_bytes;
    while left > 0 {
        let now = left.min(CHUNK_BYTES as u64);
        file.write_all(&zeros[..now as usize])?;
        left -= now;
    }
    header::write(file, header)?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
