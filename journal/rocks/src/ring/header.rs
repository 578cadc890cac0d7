//! The ring's header: two copies, a page each, so that one flipped bit does not cost the witness.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 8 | magic `SKRING01` |
//! | 8 | 4 | version |
//! | 16 | 8 | bytes of the area |
//! | 24 | 16 | the journal's identity |
//! | 40 | 16 | nonce |
//! | 56 | 32 | SHA-256 of the 56 bytes before |
//!
//! The nonce goes into each frame's hash. Clients choose bytes of records, but they do not know the nonce, so
//! no record can be made to look like a frame.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use sha2::{Digest, Sha256};

use super::{PAGE_BYTES, RingError};

/// Bytes before the area: both copies.
pub(crate) const HEADERS_BYTES: u64 = 2 * PAGE_BYTES;

const MAGIC: [u8; 8] = *b"SKRING01";
const VERSION: u32 = 1;
const HASH_AT: usize = 56;
const END: usize = HASH_AT + 32;

/// What a ring is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RingHeader {
    /// Bytes of the area of frames, whole pages.
    pub(crate) area_bytes: u64,
    /// The journal's identity.
    pub(crate) cluster: [u8; 16],
    /// Known to nobody outside.
    pub(crate) nonce: [u8; 16],
}

/// Reads the header from the first copy that is whole.
pub(crate) fn read(file: &File) -> io::Result<Result<RingHeader, RingError>> {
    for copy in copies(file)? {
        match decode(&copy) {
            Err(RingError::Header) => {}
            result => return Ok(result),
        }
    }
    Ok(Err(RingError::Header))
}

/// Writes both copies. It does not sync.
pub(crate) fn write(file: &File, header: &RingHeader) -> io::Result<()> {
    let bytes = encode(header);
    file.write_all_at(&bytes, 0)?;
    file.write_all_at(&bytes, PAGE_BYTES)
}

/// Writes both copies anew where one is damaged.
pub(crate) fn mend(file: &File, header: &RingHeader) -> io::Result<()> {
    if copies(file)?.iter().all(|copy| decode(copy).is_ok()) {
        return Ok(());
    }
    write(file, header)?;
    file.sync_data()
}

fn copies(file: &File) -> io::Result<[[u8; END]; 2]> {
    let mut copies = [[0; END]; 2];
    for (copy, at) in copies.iter_mut().zip([0, PAGE_BYTES]) {
        // A file that is too short has no whole copy there, which zeros say as well.
        match file.read_exact_at(copy, at) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => *copy = [0; END],
            result => result?,
        }
    }
    Ok(copies)
}

fn encode(header: &RingHeader) -> [u8; END] {
    let mut bytes = [0; END];
    bytes[0..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[16..24].copy_from_slice(&header.area_bytes.to_le_bytes());
    bytes[24..40].copy_from_slice(&header.cluster);
    bytes[40..56].copy_from_slice(&header.nonce);
    let hash = Sha256::digest(&bytes[..HASH_AT]);
    bytes[HASH_AT..].copy_from_slice(&hash);
    bytes
}

fn decode(bytes: &[u8; END]) -> Result<RingHeader, RingError> {
    if bytes[0..8] != MAGIC || bytes[HASH_AT..] != *Sha256::digest(&bytes[..HASH_AT]) {
        return Err(RingError::Header);
    }
    let mut version = [0; 4];
    version.copy_from_slice(&bytes[8..12]);
    let found = u32::from_le_bytes(version);
    if found != VERSION {
        return Err(RingError::Version { found });
    }
    let mut area = [0; 8];
    area.copy_from_slice(&bytes[16..24]);
    let mut header =
        RingHeader { area_bytes: u64::from_le_bytes(area), cluster: [0; 16], nonce: [0; 16] };
    header.cluster.copy_from_slice(&bytes[24..40]);
    header.nonce.copy_from_slice(&bytes[40..56]);
    Ok(header)
}
