//! Tar archives. The reader is one piece of code, strict, in memory that no archive can make large.
//!
//! It reads what GNU tar, Go, Python, libarchive and busybox write: v7, ustar and GNU headers, pax extended headers,
//! long names, sparse files in their four forms. Where readers in use disagree about what an archive holds, it
//! refuses the archive, so that nothing can be smuggled past a check that was made by another reader.
//!
//! The writer makes what the docker daemon makes. Neither knows of file systems: names are bytes as they stand in the archive.

use std::io::{self, BufRead};

use self::{
    entry::Extensions,
    header::{BLOCK_BYTES, Block, Header},
};

mod entry;
mod header;
mod pax;
mod sparse;
mod write;

pub(crate) use self::{
    entry::{Entry, Kind},
    sparse::Piece,
    write::{END, head, pad},
};

/// Bytes of an extended header or a long name: what Go's reader accepts, and far above what file systems do.
const EXTENSION_BYTES_MAX: u64 = 1024 * 1024;

/// Reads the entries of an archive one after the other.
#[derive(Debug)]
pub(crate) struct ArchiveReader<R> {
    input: R,
    /// Bytes of the archive that were read.
    offset: u64,
    /// Bytes of the present entry's data that were not read.
    data_bytes: u64,
    /// Bytes behind the data up to the next block.
    padding_bytes: u64,
}

/// Tells why a stream is not an archive that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The stream could not be read.
    #[error("reading the archive failed at byte {offset}")]
    Read {
        /// How far the archive was read.
        offset: u64,
        /// What the stream said.
        #[source]
        source: io::Error,
    },
    /// The stream ended too early.
    #[error("the archive ends in the middle of an entry, at byte {offset}")]
    Truncated {
        /// Where it ended.
        offset: u64,
    },
    /// There is no valid header where there must be one.
    #[error("invalid tar header at byte {offset}: {what}")]
    Header {
        /// Where the header begins.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl<R: BufRead> ArchiveReader<R> {
    /// Begins to read an archive.
    pub(crate) const fn new(input: R) -> Self {
        Self { input, offset: 0, data_bytes: 0, padding_bytes: 0 }
    }

    /// Gives where the archive is read: the present entry's data, before any of it is.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Goes to the next entry, past what was not read of the present one; `None` at the end of the archive.
    pub(crate) fn next_entry(&mut self) -> Result<Option<Entry>, ArchiveError> {
        self.take_data(self.data_bytes, |_| Ok::<_, ArchiveError>(()))?;
        self.skip_padding()?;
        let mut extensions = Extensions::default();
        loop {
            let at = self.offset;
            let wrong = |what| ArchiveError::Header { offset: at, what };
            let Some(block) = self.next_header_block()? else {
                return if extensions.is_empty() { Ok(None) } else { Err(self.truncated()) };
            };
            let header = Header::parse(&block).map_err(wrong)?;
            match header.type_flag {
                b'x' => extensions.set_pax(&self.extension(header.size_bytes)?).map_err(wrong)?,
                b'g' => pax::check_global(&self.extension(header.size_bytes)?).map_err(wrong)?,
                b'L' => extensions.set_name(self.extension(header.size_bytes)?).map_err(wrong)?,
                b'K' => extensions.set_link(self.extension(header.size_bytes)?).map_err(wrong)?,
                _ => return self.entry(at, &block, header, extensions).map(Some),
            }
        }
    }

    /// Hands `len` bytes of the present entry's data to `sink`, in pieces as they come.
    pub(crate) fn take_data<E: From<ArchiveError>>(
        &mut self,
        len: u64,
        mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut left = len.min(self.data_bytes);
        while left > 0 {
            let offset = self.offset;
            let piece = match self.input.fill_buf() {
                Ok([]) => return Err(self.truncated().into()),
                Ok(piece) => piece,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(ArchiveError::Read { offset, source }.into()),
            };
            let used = usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len()));
            let result = sink(&piece[..used]);
            self.input.consume(used);
            self.offset += used as u64;
            self.data_bytes -= used as u64;
            left -= used as u64;
            result?;
        }
        Ok(())
    }

    /// Makes an entry of its header and of the extensions before it.
    fn entry(
        &mut self,
        at: u64,
        block: &Block,
        header: Header,
        extensions: Extensions,
    ) -> Result<Entry, ArchiveError> {
        let wrong = |what| ArchiveError::Header { offset: at, what };
        let (mut entry, sparse) = entry::build(block, header, extensions).map_err(wrong)?;
        self.data_bytes = entry.stored_bytes;
        self.padding_bytes = padding(entry.stored_bytes);
        if let Some(form) = sparse {
            entry.pieces = Some(self.sparse_map(form, at)?);
        }
        Ok(entry)
    }

    fn sparse_map(&mut self, form: sparse::Form, at: u64) -> Result<Vec<Piece>, ArchiveError> {
        let wrong = |what| ArchiveError::Header { offset: at, what };
        let mut map = form.map;
        match form.rest {
            sparse::Rest::None => {}
            sparse::Rest::Blocks => loop {
                // These blocks stand between the header and the data, and are not part of the size.
                let block = self.block()?.ok_or_else(|| self.truncated())?;
                if !map.extend_from_block(&block).map_err(wrong)? {
                    break;
                }
            },
            sparse::Rest::Lines => {
                let mut lines = sparse::Lines::default();
                while !lines.is_whole() {
                    let mut block = Vec::with_capacity(BLOCK_BYTES);
                    self.take_data(BLOCK_BYTES as u64, |piece| {
                        block.extend_from_slice(piece);
                        Ok::<_, ArchiveError>(())
                    })?;
                    lines.feed(&block, &mut map).map_err(wrong)?;
                }
            }
        }
        map.finish(form.real_bytes, self.data_bytes).map_err(wrong)
    }

    /// Reads the block of a header; `None` at the end of the archive.
    fn next_header_block(&mut self) -> Result<Option<Block>, ArchiveError> {
        let at = self.offset;
        match self.block()? {
            Some(block) if is_zero(&block) => match self.block()? {
                Some(second) if !is_zero(&second) => {
                    Err(ArchiveError::Header { offset: at, what: "a lone block of zeros" })
                }
                Some(_) | None => Ok(None),
            },
            block => Ok(block),
        }
    }

    fn block(&mut self) -> Result<Option<Block>, ArchiveError> {
        let mut block = [0; BLOCK_BYTES];
        let mut filled = 0;
        while filled < BLOCK_BYTES {
            match self.input.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(self.truncated()),
                Ok(read) => {
                    filled += read;
                    self.offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(ArchiveError::Read { offset: self.offset, source }),
            }
        }
        Ok(Some(block))
    }

    fn extension(&mut self, size_bytes: u64) -> Result<Vec<u8>, ArchiveError> {
        if size_bytes > EXTENSION_BYTES_MAX {
            let what = "an extended header or long name of more than 1 MiB";
            return Err(ArchiveError::Header { offset: self.offset, what });
        }
        self.data_bytes = size_bytes;
        self.padding_bytes = padding(size_bytes);
        let mut bytes = Vec::new();
        self.take_data(size_bytes, |piece| {
            bytes.extend_from_slice(piece);
            Ok::<_, ArchiveError>(())
        })?;
        self.skip_padding()?;
        Ok(bytes)
    }

    fn skip_padding(&mut self) -> Result<(), ArchiveError> {
        self.data_bytes = std::mem::take(&mut self.padding_bytes);
        self.take_data(self.data_bytes, |_| Ok(()))
    }

    const fn truncated(&self) -> ArchiveError {
        ArchiveError::Truncated { offset: self.offset }
    }
}

const fn padding(size_bytes: u64) -> u64 {
    let block = BLOCK_BYTES as u64;
    (block - size_bytes % block) % block
}

fn is_zero(block: &Block) -> bool {
    block.iter().all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests;
