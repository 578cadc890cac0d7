//! What an effect is called outside: derived from the log, so that a second try bears the name of the first.

use sha2::{Digest as _, Sha256};

use crate::RunId;

/// What the names of this way of deriving them begin with.
const DOMAIN: &[u8] = b"sl/1";

/// The digits of a token: RFC 4648's base32 in lower case, which every cloud takes.
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Bits that a digit of a token stands for.
const DIGIT_BITS: u32 = 5;

journal_log::id!(
    /// The identity of an effect: the same for each try, also of another process or a newer release.
    pub struct EffectId, 32
);

// === impl EffectId ===

impl EffectId {
    /// Names the start of `run` by the cluster whose log asked for it.
    pub fn of_start(cluster: &[u8; 16], run: RunId) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(DOMAIN);
        hasher.update(cluster);
        hasher.update(run.container.as_bytes());
        hasher.update(run.incarnation.to_be_bytes());
        // The only part without a length of its own stands last, so that no two effects are the same bytes.
        hasher.update(b"start");
        Self::from_bytes(hasher.finalize().into())
    }

    /// Writes it as a token for a provider that does one effect for each: 52 letters and digits.
    pub fn token(&self) -> String {
        let mut token = String::new();
        let (mut held, mut bits) = (0u32, 0);
        for byte in self.as_bytes() {
            held = (held << 8 | u32::from(*byte)) & 0xfff;
            bits += 8;
            while bits >= DIGIT_BITS {
                bits -= DIGIT_BITS;
                token.push(digit(held >> bits));
            }
        }
        token.push(digit(held << (DIGIT_BITS - bits)));
        token
    }
}

fn digit(bits: u32) -> char {
    char::from(DIGITS[(bits & 31) as usize])
}

#[cfg(test)]
mod tests;
