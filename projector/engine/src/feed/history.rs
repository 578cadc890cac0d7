//! What a feed reads from the journal when the ring does not reach back far enough.

use std::collections::VecDeque;

use journal_log::{JournalReader, Seq};
use projector_machine::Machine;

use super::{Chunk, FeedError, FeedItem};
use crate::replay::Decoded;

/// Records read at once.
const RECORDS_MAX: usize = 1024;

/// Bytes of records read at once, the last one apart.
const BYTES_MAX: usize = 1 << 20;

/// Reads items from `from` on, but none past `head`, which is in the published world.
pub(super) fn read<M: Machine>(
    reader: &dyn JournalReader,
    from: Seq,
    head: Seq,
) -> Result<Chunk<M>, FeedError> {
    let mut chunk = Chunk { items: VecDeque::new(), next: from };
    let mut size_bytes = 0;
    for record in reader.read(from)?.take(RECORDS_MAX) {
        let record = record?;
        if record.header.seq > head || size_bytes >= BYTES_MAX {
            break;
        }
        size_bytes += record.encoded_bytes();
        let decoded =
            Decoded::<M>::of(&record).map_err(|error| FeedError::Decode(Box::new(error)))?;
        if !decoded.events.is_empty() {
            let item = FeedItem { stamp: decoded.stamp, events: decoded.events.into() };
            chunk.items.push_back(item);
        }
        chunk.next = record.header.seq.next();
    }
    Ok(chunk)
}
