//! The fixed header of a record: 104 bytes, little-endian, readable in any language without bincode.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `SKJ1` |
//! | 4 | 1 | header version |
//! | 5 | 1 | codec of the body |
//! | 6 | 2 | flags |
//! | 8 | 8 | sequence number |
//! | 16 | 8 | epoch |
//! | 24 | 8 | hybrid logical clock |
//! | 32 | 2 | kind |
//! | 34 | 2 | version of that kind's body |
//! | 36 | 4 | bytes of the body |
//! | 40 | 8 | group: the first sequence number of the group commit |
//! | 48 | 16 | request |
//! | 64 | 32 | hash of the record before |
//! | 96 | 4 | crc32c of the body |
//! | 100 | 4 | crc32c of the 100 bytes before |
//!
//! The checksum is looked at first: a flipped bit must never look like a newer release's header.

use serde::Serialize;

use crate::{Epoch, FrameError, Hlc, RecordHash, RecordKind, RequestId, Seq};

/// Bytes of a header.
pub const HEADER_BYTES: usize = 104;

const MAGIC: [u8; 4] = *b"SKJ1";
const VERSION: u8 = 1;
/// Where the header's own checksum stands; it covers everything before.
const CHECKSUM_AT: usize = 100;

/// The part of a record that says what it is and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Header {
    /// How the body is encoded.
    pub codec: BodyCodec,
    /// Properties of the record.
    pub flags: Flags,
    /// The record's place.
    pub seq: Seq,
    /// The opening of the journal in which it was written.
    pub epoch: Epoch,
    /// When it was written, strictly increasing.
    pub hlc: Hlc,
    /// What it is.
    pub kind: RecordKind,
    /// The shape of its body.
    pub version: u16,
    /// Bytes of its body.
    pub body_bytes: u32,
    /// The first record of the group that was made durable with it.
    pub group: Seq,
    /// The request it belongs to.
    pub request: RequestId,
    /// The hash of the record before.
    pub previous: RecordHash,
    /// The body's crc32c.
    pub body_crc32c: u32,
}

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum BodyCodec {
    /// The body's own bytes.
    Raw = 0,
    /// [`codec`](crate::codec).
    Bincode2 = 1,
}

/// Properties of a record, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Flags(u16);

impl Flags {
    /// The body is compressed. Reserved: this release writes none and reads none.
    pub const ZSTD_BODY: Self = Self(1);
    /// The body has encrypted fields. Reserved.
    pub const SEALED_FIELDS: Self = Self(1 << 1);
    /// A further header stands before the body. Reserved.
    pub const EXTENDED_HEADER: Self = Self(1 << 2);
    /// The first record of its group.
    pub const GROUP_FIRST: Self = Self(1 << 3);
    /// The last record of its group.
    pub const GROUP_LAST: Self = Self(1 << 4);
    /// The record was taken over from another journal. Reserved.
    pub const IMPORTED: Self = Self(1 << 5);

    /// What this release knows how to read.
    const READABLE: Self = Self(Self::GROUP_FIRST.0 | Self::GROUP_LAST.0);

    /// Tells whether all of `other`'s bits are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the bits of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the bits as they stand in the header.
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl Header {
    /// Writes the header with its checksum.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4] = VERSION;
        bytes[5] = self.codec as u8;
        bytes[6..8].copy_from_slice(&self.flags.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.seq.get().to_le_bytes());
        bytes[16..24].copy_from_slice(&self.epoch.get().to_le_bytes());
        bytes[24..32].copy_from_slice(&self.hlc.get().to_le_bytes());
        bytes[32..34].copy_from_slice(&self.kind.number().to_le_bytes());
        bytes[34..36].copy_from_slice(&self.version.to_le_bytes());
        bytes[36..40].copy_from_slice(&self.body_bytes.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.group.get().to_le_bytes());
        bytes[48..64].copy_from_slice(self.request.as_bytes());
        bytes[64..96].copy_from_slice(self.previous.as_bytes());
        bytes[96..100].copy_from_slice(&self.body_crc32c.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes[..CHECKSUM_AT]);
        bytes[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a header and checks it, its body apart.
    pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, FrameError> {
        if bytes[0..4] != MAGIC {
            return Err(FrameError::Magic);
        }
        if u32_at(bytes, CHECKSUM_AT) != crc32c::crc32c(&bytes[..CHECKSUM_AT]) {
            return Err(FrameError::HeaderChecksum);
        }
        if bytes[4] != VERSION {
            return Err(FrameError::HeaderVersion { found: bytes[4] });
        }
        let codec = match bytes[5] {
            0 => BodyCodec::Raw,
            1 => BodyCodec::Bincode2,
            found => return Err(FrameError::BodyCodec { found }),
        };
        let flags = Flags(u16_at(bytes, 6));
        if !Flags::READABLE.contains(flags) {
            return Err(FrameError::Flags { found: flags.0 });
        }
        let number = u16_at(bytes, 32);
        Ok(Self {
            codec,
            flags,
            seq: Seq::new(u64_at(bytes, 8)),
            epoch: Epoch::new(u64_at(bytes, 16)),
            hlc: Hlc::new(u64_at(bytes, 24)),
            kind: RecordKind::from_number(number).ok_or(FrameError::Kind { found: number })?,
            version: u16_at(bytes, 34),
            body_bytes: u32_at(bytes, 36),
            group: Seq::new(u64_at(bytes, 40)),
            request: RequestId::from_bytes(array_at(bytes, 48)),
            previous: RecordHash::from_bytes(array_at(bytes, 64)),
            body_crc32c: u32_at(bytes, 96),
        })
    }
}

fn u16_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, at))
}

fn u32_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

fn u64_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

fn array_at<const N: usize>(bytes: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}
