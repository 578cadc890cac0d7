//! The stream of a layer on its way in: counted and kept as it comes, decompressed, hashed, held to its limits.
//!
//! One pass makes the blob, its digest, the digest of the tar inside, and hands the tar to whoever unpacks it.

use std::{
    cell::Cell,
    io::{self, BufRead, BufReader, Cursor, Read, Write},
};

use crate::{
    compression::{Compression, Decoder, MAGIC_BYTES},
    digest::{Digest, Hasher},
    fault::Fault,
    limits::{LayerLimits, LimitError},
};

/// Bytes of the buffers between the steps: large enough that a system call costs nothing beside its bytes.
const BUFFER_BYTES: usize = 128 * 1024;

/// The raw side: what is sent, copied into `copy` as it is read.
#[derive(Debug)]
struct Raw<'c, R, W> {
    input: Transport<R>,
    copy: W,
    bytes: &'c Cell<u64>,
}

/// The tar inside of a stream, as it comes out of the decoder.
pub(crate) struct Plain<'c, R: BufRead> {
    input: Decoder<R>,
    /// Absent where nobody asks what the tar was.
    hasher: Option<Hasher>,
    bytes: u64,
    raw_bytes: &'c Cell<u64>,
    limits: LayerLimits,
}

/// The tar that was inside of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlainTar {
    pub(crate) digest: Digest,
    pub(crate) size_bytes: u64,
}

/// Takes the compression off a stream, without a look at what is inside.
pub(crate) fn decode(input: impl Read) -> io::Result<impl BufRead> {
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, Transport(input));
    let first = peek(&mut raw)?;
    let decoder = Decoder::new(Compression::detect(&first), Cursor::new(first).chain(raw))?;
    Ok(BufReader::with_capacity(BUFFER_BYTES, decoder))
}

/// Reads `input` to its end: its bytes go to `copy`, the tar inside goes to `with`, which may leave some of it.
///
/// Gives what the tar was with what `with` gave.
pub(crate) fn take_in<R: Read, W: Write, T, E: From<io::Error>>(
    input: R,
    copy: W,
    limits: LayerLimits,
    with: impl FnOnce(&mut dyn BufRead) -> Result<T, E>,
) -> Result<(T, PlainTar), E> {
    let (result, hasher, size_bytes) = take(input, copy, limits, Some(Hasher::default()), with)?;
    Ok((result, PlainTar { digest: hasher.unwrap_or_default().finish(), size_bytes }))
}

/// Does the same where nobody keeps what is sent, nor asks what the tar was.
pub(crate) fn take_plain<R: Read, T, E: From<io::Error>>(
    input: R,
    limits: LayerLimits,
    with: impl FnOnce(&mut dyn BufRead) -> Result<T, E>,
) -> Result<T, E> {
    take(input, io::sink(), limits, None, with).map(|(result, ..)| result)
}

fn take<R: Read, W: Write, T, E: From<io::Error>>(
    input: R,
    copy: W,
    limits: LayerLimits,
    hasher: Option<Hasher>,
    with: impl FnOnce(&mut dyn BufRead) -> Result<T, E>,
) -> Result<(T, Option<Hasher>, u64), E> {
    let raw_bytes = Cell::new(0);
    let raw = Raw { input: Transport(input), copy, bytes: &raw_bytes };
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, raw);
    let first = peek(&mut raw)?;
    let compression = Compression::detect(&first);
    let plain = Plain {
        input: Decoder::new(compression, Cursor::new(first).chain(raw))?,
        hasher,
        bytes: 0,
        raw_bytes: &raw_bytes,
        limits,
    };
    let mut plain = BufReader::with_capacity(BUFFER_BYTES, plain);
    let result = with(&mut plain)?;
    // What stands behind the end of the archive is a part of the layer all the same.
    io::copy(&mut plain, &mut io::sink())?;
    let Plain { hasher, bytes, .. } = plain.into_inner();
    Ok((result, hasher, bytes))
}

impl<R: Read, W: Write> Read for Raw<'_, R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.copy.write_all(&buffer[..read]).map_err(|error| Fault::Store.mark(error))?;
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

/// Marks the errors of what is sent.
#[derive(Debug)]
struct Transport<R>(R);

impl<R: Read> Read for Transport<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                Err(Fault::Transport.mark(error))
            }
            result => result,
        }
    }
}

fn peek(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    input.take(MAGIC_BYTES).read_to_end(&mut first)?;
    Ok(first)
}

impl<R: BufRead> Read for Plain<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..read]);
        }
        self.bytes += read as u64;
        self.limits.check_stream(self.bytes, self.raw_bytes.get()).map_err(LimitError::into_io)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
