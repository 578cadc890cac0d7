//! A record on its way to and from bytes.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{BODY_BYTES_MAX, HEADER_BYTES, Header, RecordHash};

/// What RFC 6962 puts before a leaf, so that a leaf's hash never equals a node's.
const LEAF: [u8; 1] = [0];

/// A header and the body it speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What the record is and where it belongs.
    pub header: Header,
    /// The body behind the codec that the header names.
    pub body: Bytes,
}

/// Why bytes are no record of this release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// There are fewer bytes than a header has.
    #[error("{found_bytes} bytes are too few for a record")]
    Short {
        /// How many there are.
        found_bytes: usize,
    },
    /// The bytes do not begin as a record.
    #[error("the bytes do not begin as a record")]
    Magic,
    /// The header was changed after it was written.
    #[error("the header's checksum does not match")]
    HeaderChecksum,
    /// The body was changed after it was written.
    #[error("the body's checksum does not match")]
    BodyChecksum,
    /// The bytes are not as many as the header says.
    #[error("the record has {found_bytes} bytes where its header says {expected_bytes}")]
    Length {
        /// Header and body as the header has it.
        expected_bytes: usize,
        /// Bytes there are.
        found_bytes: usize,
    },
    /// The body is longer than any release writes.
    #[error("body of {size_bytes} bytes exceeds the limit of {BODY_BYTES_MAX}")]
    TooLong {
        /// Its length.
        size_bytes: usize,
    },
    /// A newer release's header.
    #[error("header version {found} is not known to this release")]
    HeaderVersion {
        /// The version.
        found: u8,
    },
    /// A newer release's codec.
    #[error("body codec {found} is not known to this release")]
    BodyCodec {
        /// The codec's number.
        found: u8,
    },
    /// A newer release's flags.
    #[error("flags {found:#06x} are not known to this release")]
    Flags {
        /// The bits.
        found: u16,
    },
    /// A newer release's kind.
    #[error("record kind {found} is not known to this release")]
    Kind {
        /// The kind's number.
        found: u16,
    },
}

impl FrameError {
    /// Tells whether the record is whole, but was written by a newer release.
    pub const fn is_newer(&self) -> bool {
        match self {
            Self::HeaderVersion { .. }
            | Self::BodyCodec { .. }
            | Self::Flags { .. }
            | Self::Kind { .. } => true,
            Self::Short { .. }
            | Self::Magic
            | Self::HeaderChecksum
            | Self::BodyChecksum
            | Self::Length { .. }
            | Self::TooLong { .. } => false,
        }
    }
}

impl Record {
    /// Returns the bytes of the whole record.
    pub const fn encoded_bytes(&self) -> usize {
        HEADER_BYTES + self.body.len()
    }

    /// Returns the record as it stands in a store.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.encoded_bytes());
        self.encode_into(&mut bytes);
        bytes
    }

    /// Adds the record, as it stands in a store, to `bytes`.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.header.encode());
        bytes.extend_from_slice(&self.body);
    }

    /// Reads the record that is the whole of `bytes`, and checks its checksums.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (header, body) = Self::check(bytes)?;
        Ok(Self { header, body: Bytes::copy_from_slice(body) })
    }

    /// Does what [`Record::decode`] does without a copy of the body.
    pub fn decode_shared(bytes: &Bytes) -> Result<Self, FrameError> {
        let (header, _) = Self::check(bytes)?;
        Ok(Self { header, body: bytes.slice(HEADER_BYTES..) })
    }

    /// Checks the record that is the whole of `bytes`; returns its header and body in place.
    pub fn check(bytes: &[u8]) -> Result<(Header, &[u8]), FrameError> {
        let Some((head, body)) = bytes.split_first_chunk() else {
            return Err(FrameError::Short { found_bytes: bytes.len() });
        };
        let header = Header::decode(head)?;
        let size_bytes = header.body_bytes as usize;
        if size_bytes > BODY_BYTES_MAX {
            return Err(FrameError::TooLong { size_bytes });
        }
        if body.len() != size_bytes {
            return Err(FrameError::Length {
                expected_bytes: HEADER_BYTES + size_bytes,
                found_bytes: bytes.len(),
            });
        }
        let covered = crate::planted!("checksum-over-too-little", body, &body[..body.len() / 2]);
        if crc32c::crc32c(covered) != header.body_crc32c && !crate::planted!("checksums-unchecked")
        {
            return Err(FrameError::BodyChecksum);
        }
        Ok((header, body))
    }

    /// Returns the record's hash: what the next record links to, and a leaf of the audit tree.
    pub fn hash(&self) -> RecordHash {
        let mut hasher = Sha256::new_with_prefix(LEAF);
        hasher.update(self.header.encode());
        hasher.update(&self.body);
        RecordHash::from_bytes(hasher.finalize().into())
    }

    /// Returns the hash of the record whose encoded form is `bytes`, without decoding it.
    pub fn hash_encoded(bytes: &[u8]) -> RecordHash {
        let mut hasher = Sha256::new_with_prefix(LEAF);
        hasher.update(bytes);
        RecordHash::from_bytes(hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests;
