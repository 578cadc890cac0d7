//! Keys that leave a container running when they are typed into an attached terminal.

/// A sequence of keys, as bytes that a terminal sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetachKeys(Vec<u8>);

/// A description of keys that nobody can type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid detach keys ({0}) provided")]
pub struct DetachKeysError(pub String);

/// Looks for [`DetachKeys`] in what a client types and passes on all the rest.
///
/// The start of a sequence is held back until it is complete or broken. As in Docker, the key that breaks a sequence
/// does not begin another one: ctrl-p ctrl-p ctrl-q does not detach.
#[derive(Debug, Clone)]
pub struct DetachFilter {
    keys: DetachKeys,
    matched: usize,
}

/// Bytes of a description; the longest sensible one is a few keys.
const DESCRIPTION_MAX_BYTES: usize = 256;

// === impl DetachKeys ===

impl DetachKeys {
    /// Reads a description: keys between commas, each a single character, `ctrl-` with a letter or one of `@[\]^_`,
    /// or `DEL`. An empty one means the default, ctrl-p ctrl-q.
    pub fn parse(description: &str) -> Result<Self, DetachKeysError> {
        if description.is_empty() {
            return Ok(Self::default());
        }
        let error = || DetachKeysError(description.chars().take(DESCRIPTION_MAX_BYTES).collect());
        if description.len() > DESCRIPTION_MAX_BYTES {
            return Err(error());
        }
        let keys: Option<Vec<u8>> = description.split(',').map(key).collect();
        keys.map(Self).ok_or_else(error)
    }

    /// Gives the bytes to look for.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Default for DetachKeys {
    fn default() -> Self {
        const CTRL_P: u8 = 16;
        const CTRL_Q: u8 = 17;
        Self(vec![CTRL_P, CTRL_Q])
    }
}

fn key(name: &str) -> Option<u8> {
    match (name.as_bytes(), name.strip_prefix("ctrl-").map(str::as_bytes)) {
        ([single], _) => Some(*single),
        (_, Some([letter @ b'a'..=b'z'])) => Some(letter - b'a' + 1),
        (_, Some([sign @ (b'@' | b'[' | b'\\' | b']' | b'^' | b'_')])) => Some(sign - b'@'),
        (b"DEL", _) => Some(127),
        _ => None,
    }
}

// === impl DetachFilter ===

impl DetachFilter {
    /// Makes a filter for `keys`.
    pub fn new(keys: DetachKeys) -> Self {
        Self { keys, matched: 0 }
    }

    /// Takes what was typed, appends to `passed` what the program gets, and tells whether to detach.
    ///
    /// What follows the keys in `typed` is dropped with them.
    pub fn push(&mut self, typed: &[u8], passed: &mut Vec<u8>) -> bool {
        let keys = self.keys.as_bytes();
        passed.reserve(self.matched + typed.len());
        for &byte in typed {
            if keys.get(self.matched) == Some(&byte) {
                self.matched += 1;
                if self.matched == keys.len() {
                    self.matched = 0;
                    return true;
                }
                continue;
            }
            passed.extend_from_slice(&keys[..self.matched]);
            self.matched = 0;
            passed.push(byte);
        }
        false
    }

    /// Appends what is held back to `passed`: the client sends no more.
    pub fn finish(&mut self, passed: &mut Vec<u8>) {
        passed.extend_from_slice(&self.keys.as_bytes()[..self.matched]);
        self.matched = 0;
    }
}

#[cfg(test)]
mod tests;
