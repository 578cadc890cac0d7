//! Finding the whole frames of a ring.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::frame::{self, FrameHead};
use super::header::{HEADERS_BYTES, RingHeader};
use super::{PAGE_BYTES, Span};

/// Read at once while frames are looked for.
const WINDOW_BYTES: usize = 1 << 20;

/// Returns the frames up to the newest record, oldest first, without a gap.
///
/// What an earlier round of the ring left, torn frames and damaged ones are passed over.
pub(super) fn scan(file: &File, header: &RingHeader) -> io::Result<Vec<Span>> {
    let end = HEADERS_BYTES + header.area_bytes;
    let mut window = Window { file, begin: 0, bytes: Vec::new() };
    let mut found = Vec::new();
    let mut offset = HEADERS_BYTES;
    while offset < end {
        let whole = match FrameHead::decode(window.get(offset, frame::HEAD_BYTES)?) {
            Some(head) if head.span_bytes() <= end - offset => {
                let bytes = window.get(offset, head.span_bytes() as usize)?;
                frame::is_whole(bytes, &head, &header.nonce).then_some(head)
            }
            Some(_) | None => None,
        };
        offset += match whole {
            Some(head) => {
                found.push(Span { offset, head });
                head.span_bytes()
            }
            None => PAGE_BYTES,
        };
    }
    Ok(newest_run(found))
}

/// Keeps the frames that lead to the newest record without a gap.
fn newest_run(mut found: Vec<Span>) -> Vec<Span> {
    found.sort_unstable_by_key(|span| (span.head.first, span.head.epoch));
    let mut run: Vec<Span> = Vec::new();
    for span in found {
        // Where two openings wrote the same group, the later one's counts.
        run.pop_if(|before| before.head.first == span.head.first);
        if run.last().is_some_and(|before| before.head.last.next() != span.head.first) {
            run.clear();
        }
        run.push(span);
    }
    run
}

/// A part of the file in memory.
struct Window<'a> {
    file: &'a File,
    begin: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// Returns the bytes at `offset`, fewer than `count` where the file is cut short.
    fn get(&mut self, offset: u64, count: usize) -> io::Result<&[u8]> {
        let is_in =
            offset >= self.begin && offset + count as u64 <= self.begin + self.bytes.len() as u64;
        if !is_in {
            self.bytes.resize(count.max(WINDOW_BYTES), 0);
            self.begin = offset;
            let mut filled = 0;
            while filled < self.bytes.len() {
                match self.file.read_at(&mut self.bytes[filled..], offset + filled as u64)? {
                    0 => break,
                    read => filled += read,
                }
            }
            self.bytes.truncate(filled);
        }
        let begin = (offset - self.begin) as usize;
        let end = (begin + count).min(self.bytes.len());
        Ok(self.bytes.get(begin..end).unwrap_or_default())
    }
}
