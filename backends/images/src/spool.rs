//! An archive that is kept as it came, in one file without a name, with a list of what is in it: a build whose steps were all
//! done before needs to know of its context what is in it, and not one file of it on the disk.

mod listing;
mod tee;

use std::{
    fs::File,
    io::{self, BufRead, Read},
    os::{fd::OwnedFd, unix::fs::FileExt as _},
};

pub use self::listing::{Listed, ListedKind};
use self::{listing::Lister, tee::Tee};
use crate::{
    ExtractOptions, archive::ArchiveReader, extract::extract, intake::take_plain,
    limits::LayerLimits, unpack::UnpackError,
};

/// Bytes that are read of the file at once.
const BUFFER_BYTES: usize = 128 * 1024;

/// An archive in a file, without its compression.
#[derive(Debug)]
pub struct Spool {
    file: File,
    listing: Option<Listed>,
}

impl Spool {
    /// Takes an archive in, plain or compressed, whose files will belong to root.
    ///
    /// The archive is held to the rules of [`extract`] where there is a list of it; where there is none, only that tells what
    /// it is.
    pub fn take(input: impl Read, file: File, limits: LayerLimits) -> Result<Self, UnpackError> {
        let listing = take_plain(input, limits, |plain| {
            let mut plain = Tee::new(plain, &file);
            let listing = list(&mut plain, &limits)?;
            plain.copy_rest()?;
            Ok::<_, UnpackError>(listing)
        })?;
        Ok(Self { file, listing })
    }

    /// Gives the list of what is in it; there is none of an archive that has what only the unpacker understands.
    pub const fn listing(&self) -> Option<&Listed> {
        self.listing.as_ref()
    }

    /// Gives the list to change: what is taken out is in the archive all the same.
    pub const fn listing_mut(&mut self) -> Option<&mut Listed> {
        self.listing.as_mut()
    }

    /// Has it have no list from now on.
    pub fn forget_listing(&mut self) {
        self.listing = None;
    }

    /// Unpacks it into a directory.
    pub fn unpack(&self, directory: OwnedFd, options: &ExtractOptions) -> Result<(), UnpackError> {
        extract(At { file: &self.file, offset: 0 }, directory, options).map(drop)
    }

    /// Hands the bytes of a file of the list to `sink`, in pieces as they come.
    pub fn read(&self, offset: u64, len: u64, mut sink: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER_BYTES.min(usize::try_from(len).unwrap_or(BUFFER_BYTES))];
        let mut input = At { file: &self.file, offset }.take(len);
        let mut left = len;
        while left > 0 {
            match input.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    sink(&buffer[..read]);
                    left -= read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Lists the archive, as far as it can be; what is not read of it then is left.
fn list<R: BufRead>(
    input: &mut Tee<'_, R>,
    limits: &LayerLimits,
) -> Result<Option<Listed>, UnpackError> {
    let mut lister = Lister::default();
    let (mut entries, mut declared_bytes) = (0, 0_u64);
    let mut archive = ArchiveReader::new(input);
    while let Some(entry) = archive.next_entry()? {
        entries += 1;
        declared_bytes = declared_bytes.saturating_add(entry.size_bytes);
        limits.check_tree(entries, declared_bytes)?;
        let at = archive.offset();
        if lister.put(entry, at).is_none() {
            return Ok(None);
        }
    }
    Ok(Some(lister.into_root()))
}

/// Reads a file from a place on, whoever else reads it.
struct At<'f> {
    file: &'f File,
    offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
