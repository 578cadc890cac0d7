//! One key and what it seals: XChaCha20-Poly1305, whose nonces are long enough to be drawn at random.

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use journal_domain::Nonce;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// Bytes that sealing adds.
pub(crate) const TAG_BYTES: usize = 16;

/// A key in memory; it is overwritten when it goes.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; KEY_BYTES]>);

// === impl Key ===

impl Key {
    pub(crate) fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(bytes)
    }

    pub(crate) fn random() -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        fill(&mut *bytes);
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Seals `buffer` in place under a fresh nonce.
    pub(crate) fn seal(&self, context: &[u8], buffer: &mut Vec<u8>) -> Nonce {
        let mut nonce = [0; 24];
        fill(&mut nonce);
        self.cipher()
            .encrypt_in_place(&XNonce::from(nonce), context, buffer)
            .expect("a vector grows and is shorter than 256 GiB");
        Nonce::from_bytes(nonce)
    }

    /// Opens `buffer` in place; `None` where it was not sealed under this key and context.
    pub(crate) fn open(
        &self,
        nonce: Nonce,
        context: &[u8],
        mut buffer: Zeroizing<Vec<u8>>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let nonce = XNonce::from(*nonce.as_bytes());
        self.cipher().decrypt_in_place(&nonce, context, &mut *buffer).ok()?;
        Some(buffer)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

/// Fills a buffer with random bytes.
pub(crate) fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the kernel gives random bytes once it has started");
}
