//! What is at a path of a container, as `GET /containers/{id}/archive` tells it in a header.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;

/// Kinds in a mode of the operating system.
const KIND_MASK: u32 = 0o170_000;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerPathStat {
    /// The last part of the path.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Kind and permissions, as Go's `os.FileMode` has them.
    pub mode: u32,
    /// When it was changed last.
    pub mtime: String,
    /// What a link leads to in the end.
    #[serde(rename = "linkTarget")]
    pub link_target: String,
}

// === impl ContainerPathStat ===

impl ContainerPathStat {
    /// Writes it as the value of the header `X-Docker-Container-Path-Stat`.
    pub fn to_header(&self) -> String {
        STANDARD.encode(serde_json::to_string(self).expect("wire types have string keys only"))
    }
}

/// The bit of Go's modes that says that it is a directory.
pub const GO_MODE_DIRECTORY: u32 = 1 << 31;

/// Turns a mode of the operating system into one of Go's, which has its own bits for kinds.
pub fn go_file_mode(mode: u32) -> u32 {
    const SYMLINK: u32 = 1 << 27;
    const DEVICE: u32 = 1 << 26;
    const PIPE: u32 = 1 << 25;
    const SOCKET: u32 = 1 << 24;
    const CHARACTER: u32 = 1 << 21;
    let kind = match mode & KIND_MASK {
        0o040_000 => GO_MODE_DIRECTORY,
        0o120_000 => SYMLINK,
        0o060_000 => DEVICE,
        0o020_000 => DEVICE | CHARACTER,
        0o010_000 => PIPE,
        0o140_000 => SOCKET,
        _ => 0,
    };
    let special = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];
    let special = special.into_iter().filter(|(bit, _)| mode & bit != 0);
    special.fold(kind | (mode & 0o777), |mode, (_, go)| mode | go)
}

/// Writes a time as Go does: RFC 3339, decimals as far as there are any. A time that no date can be is the nearest.
pub fn go_time(seconds: i64, nanos: u32) -> String {
    let limit = if seconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    let nanos = i32::try_from(nanos).unwrap_or_default();
    jiff::Timestamp::new(seconds, nanos).unwrap_or(limit).to_string()
}

#[cfg(test)]
mod tests;
