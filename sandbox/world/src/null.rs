//! The stream that holds nothing.

use std::io;

use crate::files::{FileKind, Metadata};
use crate::interrupt::Interrupt;
use crate::stream::Stream;

/// As `/dev/null`: at its end from the start, and takes everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Null;

impl Stream for Null {
    fn read(&self, _buffer: &mut [u8], interrupt: &Interrupt) -> io::Result<usize> {
        interrupt.check().map(|()| 0)
    }

    fn write(&self, bytes: &[u8], interrupt: &Interrupt) -> io::Result<usize> {
        interrupt.check().map(|()| bytes.len())
    }

    fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata::of_kind(FileKind::CharDevice, 0o666))
    }
}
