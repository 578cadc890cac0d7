//! A stream that is kept while it is read.

use std::{
    fs::File,
    io::{self, BufRead, Read, Write as _},
};

use crate::fault::Fault;

/// Bytes that are written at once: a small archive takes a handful of calls.
const WRITTEN_BYTES: usize = 256 * 1024;

/// Reads `input`, and writes what is read into a file.
pub(super) struct Tee<'f, R> {
    input: R,
    file: &'f File,
    waiting: Vec<u8>,
    /// Why a write failed: the next read tells it.
    failed: Option<io::Error>,
}

impl<'f, R: BufRead> Tee<'f, R> {
    pub(super) const fn new(input: R, file: &'f File) -> Self {
        Self { input, file, waiting: Vec::new(), failed: None }
    }

    /// Reads to the end, and writes what is not written yet.
    pub(super) fn copy_rest(mut self) -> io::Result<()> {
        loop {
            let len = self.fill_buf()?.len();
            if len == 0 {
                break;
            }
            self.consume(len);
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.waiting);
        self.waiting.clear();
        written.map_err(|error| Fault::Store.mark(error))
    }
}

impl<R: BufRead> BufRead for Tee<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.input.fill_buf(),
        }
    }

    fn consume(&mut self, used: usize) {
        // What is consumed was shown before, so this reads nothing.
        let shown = self.input.fill_buf().unwrap_or_default();
        self.waiting.extend_from_slice(&shown[..used.min(shown.len())]);
        self.input.consume(used);
        if self.waiting.len() >= WRITTEN_BYTES
            && let Err(error) = self.flush()
        {
            self.failed = Some(error);
        }
    }
}

impl<R: BufRead> Read for Tee<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let shown = self.fill_buf()?;
        let read = shown.len().min(buffer.len());
        buffer[..read].copy_from_slice(&shown[..read]);
        self.consume(read);
        Ok(read)
    }
}
