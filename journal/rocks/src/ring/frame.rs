//! A frame of the ring: one group, as it stands in RocksDB.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `SKF1` |
//! | 4 | 4 | bytes of the records |
//! | 8 | 8 | epoch of the opening that wrote it |
//! | 16 | 8 | group |
//! | 24 | 8 | first record |
//! | 32 | 8 | last record |
//! | 40 | 8 | acked through: the last record of the group before, which was acknowledged by then |
//! | 48 | 32 | SHA-256 of the nonce, the 48 bytes before, and the records |
//! | 80 | | the records, one after the other |

use bytes::Bytes;
use journal_log::{FrameError, HEADER_BYTES, Header, Record, Seq};
use sha2::{Digest, Sha256};

use super::PAGE_BYTES;

/// Bytes before the records.
pub(crate) const HEAD_BYTES: usize = 80;

const MAGIC: [u8; 4] = *b"SKF1";
const HASH_AT: usize = 48;

/// What a frame says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHead {
    /// Bytes of the records.
    pub(crate) payload_bytes: u32,
    /// The opening that wrote it.
    pub(crate) epoch: u64,
    /// The group's first record.
    pub(crate) first: Seq,
    /// The group's last record.
    pub(crate) last: Seq,
    /// The last record that was acknowledged when the frame was written.
    pub(crate) acked_through: Seq,
}

/// A group in the shape in which both stores take it.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The frame: head, records, and zeros up to the page's end.
    bytes: Vec<u8>,
    /// Where each record ends.
    ends: Vec<usize>,
    first: Seq,
}

impl FrameHead {
    /// Returns the bytes that the frame takes in the ring: whole pages.
    pub(crate) fn span_bytes(&self) -> u64 {
        (HEAD_BYTES as u64 + u64::from(self.payload_bytes)).next_multiple_of(PAGE_BYTES)
    }

    /// Reads a head, its hash apart; none where there is no frame.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let u64_at = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        if bytes.get(..4)? != MAGIC {
            return None;
        }
        Some(Self {
            payload_bytes: u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?),
            epoch: u64_at(8)?,
            first: Seq::new(u64_at(24)?),
            last: Seq::new(u64_at(32)?),
            acked_through: Seq::new(u64_at(40)?),
        })
    }

    fn encode(&self) -> [u8; HASH_AT] {
        let mut bytes = [0; HASH_AT];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&self.payload_bytes.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.get().to_le_bytes());
        bytes[24..32].copy_from_slice(&self.first.get().to_le_bytes());
        bytes[32..40].copy_from_slice(&self.last.get().to_le_bytes());
        bytes[40..48].copy_from_slice(&self.acked_through.get().to_le_bytes());
        bytes
    }
}

impl Frame {
    /// Writes `group` into a frame, in the memory of `buffer`.
    pub(crate) fn build(
        mut buffer: Vec<u8>,
        nonce: &[u8; 16],
        epoch: u64,
        group: &[Record],
    ) -> Self {
        buffer.clear();
        buffer.resize(HEAD_BYTES, 0);
        let mut ends = Vec::with_capacity(group.len());
        for record in group {
            record.encode_into(&mut buffer);
            ends.push(buffer.len());
        }
        let first = group.first().map_or(Seq::GENESIS, |record| record.header.seq);
        let head = FrameHead {
            payload_bytes: u32::try_from(buffer.len() - HEAD_BYTES).expect("a group has some MiB"),
            epoch,
            first,
            last: group.last().map_or(Seq::GENESIS, |record| record.header.seq),
            acked_through: journal_log::planted!(
                "acked-through-nothing",
                first.previous(),
                Seq::GENESIS
            ),
        };
        buffer[..HASH_AT].copy_from_slice(&head.encode());
        let hash = hash(nonce, &buffer[..HASH_AT], &buffer[HEAD_BYTES..]);
        buffer[HASH_AT..HEAD_BYTES].copy_from_slice(&hash);
        buffer.resize(buffer.len().next_multiple_of(PAGE_BYTES as usize), 0);
        Self { bytes: buffer, ends, first }
    }

    /// Returns the whole frame.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the group's last record.
    pub(crate) fn last(&self) -> Seq {
        Seq::new(self.first.get() + self.ends.len() as u64 - 1)
    }

    /// Returns the records, encoded, with their places.
    pub(crate) fn records(&self) -> impl Iterator<Item = (Seq, &[u8])> {
        let begins = std::iter::once(HEAD_BYTES).chain(self.ends.iter().copied());
        let seqs = (self.first.get()..).map(Seq::new);
        seqs.zip(begins.zip(&self.ends).map(|(begin, end)| &self.bytes[begin..*end]))
    }

    /// Gives the memory back for the next frame.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
}

/// Tells whether `bytes`, which begin with `head`, hash to what they say.
pub(crate) fn is_whole(bytes: &[u8], head: &FrameHead, nonce: &[u8; 16]) -> bool {
    let end = HEAD_BYTES + head.payload_bytes as usize;
    bytes.get(HEAD_BYTES..end).is_some_and(|payload| {
        bytes[HASH_AT..HEAD_BYTES] == hash(nonce, &bytes[..HASH_AT], payload)
    })
}

/// Splits a frame's payload, which is whole, into its records.
pub(crate) fn split(payload: &Bytes) -> Result<Vec<Bytes>, FrameError> {
    let mut records = Vec::new();
    let mut rest = payload.clone();
    while !rest.is_empty() {
        let head = rest.first_chunk().ok_or(FrameError::Short { found_bytes: rest.len() })?;
        let end = HEADER_BYTES + Header::decode(head)?.body_bytes as usize;
        records.push(rest.split_to(end.min(rest.len())));
    }
    Ok(records)
}

fn hash(nonce: &[u8; 16], head: &[u8], payload: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new_with_prefix(nonce);
    hasher.update(head);
    hasher.update(payload);
    hasher.finalize().into()
}
