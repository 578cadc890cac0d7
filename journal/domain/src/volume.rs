//! Volumes: directories of the backend's own that outlive containers.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a volume is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name, which is its identity.
    pub name: VolumeName,
    /// Whether the name was made up for a client that gave none.
    pub anonymous: bool,
    /// The driver's options as the client sent them.
    pub options: BTreeMap<String, String>,
    /// The client's labels.
    pub labels: BTreeMap<String, String>,
}

/// A volume's name: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VolumeName(String);

/// A number that stands for a volume where a name is too long. Two volumes may share one: whoever goes by it looks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeKey(pub u64);

/// Bytes in a volume's name: it is an entry of a directory.
const NAME_BYTES_MAX: usize = 255;

// === impl Volume ===

impl Volume {
    /// The one driver that there is, as Docker calls it.
    pub const DRIVER: &'static str = "local";

    /// The label by which Docker's clients know a volume without a name of its own.
    pub const ANONYMOUS_LABEL: &'static str = "com.docker.volume.anonymous";

    /// Gives the directory of the host that stands for the volume's data, where the options name one: `o=bind`.
    pub fn device(&self) -> Option<&str> {
        self.options.get("device").map(String::as_str)
    }
}

// === impl VolumeName ===

impl VolumeName {
    /// Gives the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the number that stands for it.
    pub fn key(&self) -> VolumeKey {
        /// FNV-1a, 64 bits.
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        VolumeKey(self.0.bytes().fold(BASIS, step))
    }
}

impl FromStr for VolumeName {
    type Err = String;

    /// Reads a name; the error is Docker's text.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() == 1 {
            return Err("volume name is too short, names should be at least two alphanumeric \
                        characters"
                .to_owned());
        }
        let head = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let tail = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if !head || !tail {
            return Err(format!(
                "{text:?} includes invalid characters for a local volume name, only \
                 \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host \
                 directory, use absolute path"
            ));
        }
        if text.len() > NAME_BYTES_MAX {
            return Err(format!("volume name is too long: at most {NAME_BYTES_MAX} bytes"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for VolumeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for VolumeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
