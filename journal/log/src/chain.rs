//! The making of records: places, times and links for what is about to be appended.

use bytes::Bytes;

use crate::codec::EncodeError;
use crate::{Body, BodyCodec, Flags, Header, Record, RecordKind, RequestId, Tail, Timestamp};

/// Records of one group commit.
///
/// One sync makes a group durable; at 512 records its share of a record is already below the cost of encoding
/// it, and a longer group would only make the first caller wait.
pub const GROUP_RECORDS_MAX: usize = 512;

/// Bytes of one group commit, headers included.
///
/// A writer stops gathering at 1 MiB, and the record that took it over the mark may itself have 1 MiB.
pub const GROUP_BYTES_MAX: usize = 4 << 20;

/// A record before it has a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What the record is.
    pub kind: RecordKind,
    /// The shape of its body.
    pub version: u16,
    /// The request it belongs to.
    pub request: RequestId,
    /// Its body, encoded.
    pub body: Bytes,
}

impl Draft {
    /// Encodes `body` for the next record.
    pub fn new(request: RequestId, body: &Body) -> Result<Self, EncodeError> {
        let bytes = Bytes::from(body.encode()?);
        Ok(Self { kind: body.kind(), version: body.version(), request, body: bytes })
    }
}

/// Gives drafts their places, times and links, in order.
///
/// It begins at [`Journal::tail`](crate::Journal::tail), whose epoch is the opening's own, so the first draft
/// after an opening has to be an epoch record.
#[derive(Debug, Clone)]
pub struct Chain {
    tail: Tail,
}

impl Chain {
    /// Goes on after `tail`.
    pub const fn new(tail: Tail) -> Self {
        Self { tail }
    }

    /// Returns the last record made, appended or not.
    pub const fn tail(&self) -> Tail {
        self.tail
    }

    /// Makes one group of `drafts` at wall time `now`.
    pub fn group(&mut self, now: Timestamp, drafts: Vec<Draft>) -> Vec<Record> {
        let group = self.tail.seq.next();
        let count = drafts.len();
        let mut records = Vec::with_capacity(count);
        for (index, draft) in drafts.into_iter().enumerate() {
            let mut flags = Flags::default();
            if index == 0 {
                flags = flags.with(Flags::GROUP_FIRST);
            }
            if index + 1 == count {
                flags = flags.with(Flags::GROUP_LAST);
            }
            let header = Header {
                codec: BodyCodec::Bincode2,
                flags,
                seq: self.tail.seq.next(),
                epoch: self.tail.epoch,
                hlc: self.tail.hlc.tick(now),
                kind: draft.kind,
                version: draft.version,
                body_bytes: u32::try_from(draft.body.len()).expect("bodies are at most 1 MiB"),
                group,
                request: draft.request,
                previous: crate::planted!(
                    "chain-links-elsewhere",
                    self.tail.hash,
                    Tail::GENESIS.hash
                ),
                body_crc32c: crc32c::crc32c(crate::planted!(
                    "checksum-over-too-little",
                    &draft.body,
                    &draft.body[..draft.body.len() / 2]
                )),
            };
            let record = Record { header, body: draft.body };
            self.tail = Tail {
                seq: record.header.seq,
                hash: record.hash(),
                epoch: record.header.epoch,
                hlc: record.header.hlc,
            };
            records.push(record);
        }
        records
    }
}
