//! How a stream is compressed, told by its first bytes, and its decoder. Nothing is decompressed by another program.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;

/// Bytes at the beginning of a stream that tell how it is compressed.
pub(crate) const MAGIC_BYTES: u64 = 6;

/// The ways in which an archive comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
    /// Known, and not read.
    Unsupported(&'static str),
}

/// Tells that an archive is compressed in a way that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("archives compressed with {0} are not supported: send a plain, gzip or zstd archive")]
pub(crate) struct UnsupportedCompression(&'static str);

/// Takes the compression off.
pub(crate) enum Decoder<R: BufRead> {
    None(R),
    Gzip(Box<MultiGzDecoder<R>>),
    Zstd(zstd::stream::read::Decoder<'static, R>),
}

impl Compression {
    /// Looks at the first bytes of a stream.
    pub(crate) fn detect(first: &[u8]) -> Self {
        let is_skippable = matches!(first, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
        match first {
            [0x1f, 0x8b, 0x08, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ if is_skippable => Self::Zstd,
            [b'B', b'Z', b'h', ..] => Self::Unsupported("bzip2"),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Unsupported("xz"),
            _ => Self::None,
        }
    }
}

impl<R: BufRead> Decoder<R> {
    /// Makes the decoder of a stream.
    pub(crate) fn new(compression: Compression, input: R) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::None(input),
            Compression::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(input))),
            Compression::Zstd => Self::Zstd(zstd::stream::read::Decoder::with_buffer(input)?),
            Compression::Unsupported(name) => {
                let error = UnsupportedCompression(name);
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
        })
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::None(input) => input.read(buffer),
            Self::Gzip(input) => input.read(buffer),
            Self::Zstd(input) => input.read(buffer),
        }
    }
}
