//! One key on disk: its id, and itself under the wrapping key.
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 4 | `SKK1` |
//! | 4 | 4 | zero |
//! | 8 | 16 | the key's id |
//! | 24 | 24 | nonce |
//! | 48 | 48 | the wrapped key with its tag; its associated data is the id |
//! | 96 | 4 | crc32c of all before, little-endian |
//! | 100 | 28 | zero |
//!
//! A slot of zeros is free: the key that was there is destroyed.

use journal_domain::{KeyId, Nonce};
use zeroize::Zeroizing;

use crate::cipher::{KEY_BYTES, Key, TAG_BYTES};

/// Bytes of a slot. Four are in a sector of the disk, so a power cut leaves each as it was or as it is.
pub(crate) const SLOT_BYTES: usize = 128;

/// A slot's bytes.
pub(crate) type Slot = [u8; SLOT_BYTES];

/// A free slot.
pub(crate) const FREE: Slot = [0; SLOT_BYTES];

const MAGIC: &[u8; 4] = b"SKK1";
const ID: usize = 8;
const NONCE: usize = 24;
const WRAPPED: usize = 48;
const CHECK: usize = WRAPPED + KEY_BYTES + TAG_BYTES;

/// What a slot holds.
pub(crate) enum Content {
    /// Nothing.
    Free,
    /// A key.
    Key(KeyId, Key),
    /// A whole slot that another key wraps.
    Foreign,
    /// Bytes that are no slot.
    Damaged,
}

/// Writes a key into a slot.
pub(crate) fn write(id: KeyId, key: &Key, wrapping: &Key) -> Slot {
    let mut wrapped = Vec::with_capacity(KEY_BYTES + TAG_BYTES);
    wrapped.extend_from_slice(key.bytes());
    let nonce = wrapping.seal(id.as_bytes(), &mut wrapped);
    let mut slot = FREE;
    slot[..4].copy_from_slice(MAGIC);
    slot[ID..NONCE].copy_from_slice(id.as_bytes());
    slot[NONCE..WRAPPED].copy_from_slice(nonce.as_bytes());
    slot[WRAPPED..CHECK].copy_from_slice(&wrapped);
    let sum = crc32c::crc32c(&slot[..CHECK]);
    slot[CHECK..CHECK + 4].copy_from_slice(&sum.to_le_bytes());
    slot
}

/// Reads a slot.
pub(crate) fn read(slot: &Slot, wrapping: &Key) -> Content {
    if *slot == FREE {
        return Content::Free;
    }
    let whole = slot[..4] == *MAGIC
        && slot[4..ID].iter().chain(&slot[CHECK + 4..]).all(|byte| *byte == 0)
        && slot[CHECK..CHECK + 4] == crc32c::crc32c(&slot[..CHECK]).to_le_bytes();
    if !whole {
        return Content::Damaged;
    }
    let id = KeyId::from_bytes(array(&slot[ID..NONCE]));
    let nonce = Nonce::from_bytes(array(&slot[NONCE..WRAPPED]));
    let wrapped = Zeroizing::new(slot[WRAPPED..CHECK].to_vec());
    match wrapping.open(nonce, id.as_bytes(), wrapped) {
        Some(bytes) => Content::Key(id, Key::new(Zeroizing::new(array(&bytes)))),
        None => Content::Foreign,
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the parts of a slot have their lengths")
}
