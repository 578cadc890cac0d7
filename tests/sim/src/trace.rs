//! A number for everything that has happened: two runs with the same one went the same way.

/// FNV-1a over 64 bits.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// What has happened so far, in one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trace(u64);

// === impl Trace ===

impl Trace {
    pub(crate) const fn new() -> Self {
        Self(BASIS)
    }

    /// Adds something that happened.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }

    pub(crate) fn add_number(&mut self, number: u64) {
        self.add(&number.to_le_bytes());
    }

    pub(crate) const fn get(self) -> u64 {
        self.0
    }
}
