//! A client's archive becomes files of a container.
//!
//! It is the unpacker of layers with other rules, so the archive is held to the same limits. The tree belongs to a
//! container that may run: see [`unpack`](crate::unpack) for what keeps its programs from leading the writer astray.

use std::io::{self, Read, Write};

use rustix::fd::OwnedFd;

use crate::{
    archive::ArchiveReader,
    digest::Digest,
    intake::{decode, take_in},
    limits::LayerLimits,
    unpack::{Rules, UnpackError, unpack},
};

/// How an archive is extracted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtractOptions {
    /// Whether a directory may not be replaced by something else, nor something else by a directory.
    pub keep_kinds: bool,
    /// The user and group that everything gets, instead of its own.
    pub owner: Option<(u32, u32)>,
    /// The permissions that everything but links gets, instead of its own.
    pub mode: Option<u32>,
    /// What the archive may take.
    pub limits: LayerLimits,
}

/// What was extracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extracted {
    /// The digest of the tar, without its compression.
    pub digest: Digest,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// Entries of the archive.
    pub entries: u64,
}

/// Extracts the archive in `input`, plain or compressed, into `directory`.
///
/// After an error a part of it may be there, and nothing outside of the directory.
pub fn extract(
    input: impl Read,
    directory: OwnedFd,
    options: &ExtractOptions,
) -> Result<Extracted, UnpackError> {
    let ExtractOptions { keep_kinds, owner, mode, .. } = *options;
    let rules = Rules { is_layer: false, keep_kinds, owner, mode };
    let mut sent = Counter(0);
    let (unpacked, tar) = take_in(input, &mut sent, options.limits, |plain| {
        unpack(plain, directory, rules, &options.limits)
    })?;
    Ok(Extracted { digest: tar.digest, sent_bytes: sent.0, entries: unpacked.entries })
}

/// Tells whether a file is an archive that can be extracted, compressed or not: whether it has a first entry.
pub fn is_archive(input: impl Read) -> bool {
    let Ok(plain) = decode(input) else { return false };
    matches!(ArchiveReader::new(plain).next_entry(), Ok(Some(_)))
}

/// Counts what passes.
struct Counter(u64);

impl Write for &mut Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
