//! The name of an entry as a path below the root of a layer.

use crate::limits::PATH_BYTES_MAX;

/// A relative path without empty parts, `.` and `..`; the root has no parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name<'n> {
    parts: Vec<&'n [u8]>,
}

impl<'n> Name<'n> {
    /// Reads the name of an entry.
    pub(crate) fn parse(name: &'n [u8]) -> Result<Self, &'static str> {
        if name.is_empty() {
            return Err("it has no name");
        }
        if name.starts_with(b"/") {
            return Err("its path is absolute");
        }
        if name.len() > PATH_BYTES_MAX {
            return Err("its name is too long");
        }
        let is_part = |part: &&[u8]| !part.is_empty() && *part != b".";
        let parts: Vec<_> = name.split(|&byte| byte == b'/').filter(is_part).collect();
        if parts.contains(&b"..".as_slice()) {
            return Err("its path has `..`");
        }
        Ok(Self { parts })
    }

    /// Gives all parts.
    pub(crate) fn parts(&self) -> &[&'n [u8]] {
        &self.parts
    }

    /// Gives the last part; the root has none.
    pub(super) fn last(&self) -> Option<&'n [u8]> {
        self.parts.last().copied()
    }

    /// Writes the path of the directory it is in.
    pub(super) fn parent(&self) -> Vec<u8> {
        self.parts[..self.parts.len().saturating_sub(1)].join(&b'/')
    }

    /// Writes the whole path.
    pub(super) fn path(&self) -> Vec<u8> {
        self.parts.join(&b'/')
    }
}
