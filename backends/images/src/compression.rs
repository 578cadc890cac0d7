//! How a stream is compressed, told by its first bytes, and its decoder. Nothing is decompressed by another program.

use std::io::{self, BufRead, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use liblzma::{bufread::XzDecoder, stream::Stream};

/// Bytes of memory that decompressing xz may take: its header says how much, and it comes from outside. The highest level
/// of `xz` wants 65 MiB.
const XZ_MEMORY_BYTES: u64 = 96 * 1024 * 1024;

/// Bytes at the beginning of a stream that tell how it is compressed.
pub(crate) const MAGIC_BYTES: u64 = 6;

/// The ways in which an archive comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

/// Takes the compression off.
pub(crate) enum Decoder<R: BufRead> {
    None(R),
    Gzip(Box<MultiGzDecoder<R>>),
    Zstd(zstd::stream::read::Decoder<'static, R>),
    Bzip2(Box<MultiBzDecoder<R>>),
    Xz(Box<XzDecoder<R>>),
}

impl Compression {
    /// Looks at the first bytes of a stream.
    pub(crate) fn detect(first: &[u8]) -> Self {
        let is_skippable = matches!(first, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
        match first {
            [0x1f, 0x8b, 0x08, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ if is_skippable => Self::Zstd,
            [b'B', b'Z', b'h', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
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
            Compression::Bzip2 => Self::Bzip2(Box::new(MultiBzDecoder::new(input))),
            Compression::Xz => {
                // Archives of several streams are read as one, as `xz` does.
                let flags = liblzma::stream::CONCATENATED;
                let stream = Stream::new_stream_decoder(XZ_MEMORY_BYTES, flags);
                Self::Xz(Box::new(XzDecoder::new_stream(input, stream.map_err(io::Error::from)?)))
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
            Self::Bzip2(input) => input.read(buffer),
            Self::Xz(input) => input.read(buffer),
        }
    }
}
