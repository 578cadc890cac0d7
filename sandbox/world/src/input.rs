//! Reading of streams by lines and by chunks.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use bstr::{BStr, BString};

use crate::call::{Call, Stop};
use crate::interrupt::{Interrupt, Interrupted};
use crate::stream::Stream;

/// What is read at once.
pub const CHUNK_BYTES: usize = 64 << 10;

/// A stream as the standard library reads.
pub struct Reader {
    stream: Arc<dyn Stream>,
    interrupt: Arc<Interrupt>,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Whoever reads through the standard library begins again after `EINTR`, so it gets another name.
        self.stream.read(buffer, &self.interrupt).map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                io::Error::other(Interrupted)
            } else {
                error
            }
        })
    }
}

impl io::Seek for Reader {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.stream.seek(to)
    }
}

/// A stream with a buffer.
pub type Input = BufReader<Reader>;

/// Why work on one input ended.
pub enum Trouble {
    /// It could not be read.
    Read(io::Error),
    /// The tool as a whole stops.
    Stop(Stop),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl Call {
    /// A stream as a reader.
    pub fn reader(&self, stream: Arc<dyn Stream>) -> Reader {
        Reader { stream, interrupt: self.interrupt.clone() }
    }

    /// A stream with a buffer.
    pub fn input(&self, stream: Arc<dyn Stream>) -> Input {
        BufReader::with_capacity(CHUNK_BYTES, self.reader(stream))
    }

    /// Opens a file, or the standard input for `-`, with a buffer.
    pub fn open_lines(&self, name: &[u8]) -> io::Result<Input> {
        self.open_input(name).map(|stream| self.input(stream))
    }

    /// Does `work` on each of the named inputs, the standard input where none is named. What cannot be opened or read
    /// is told, and makes the exit code 1.
    pub fn each_input(
        &mut self,
        names: &[BString],
        mut work: impl FnMut(&mut Self, &BStr, &mut Input) -> Result<(), Trouble>,
    ) -> Result<u8, Stop> {
        let standard = [BString::from("-")];
        let names = if names.is_empty() { &standard } else { names };
        let mut code = 0;
        for name in names {
            let done = match self.open_lines(name) {
                Ok(mut input) => work(self, name.as_ref(), &mut input),
                Err(error) => Err(Trouble::Read(error)),
            };
            match done {
                Ok(()) => {}
                Err(Trouble::Stop(stop)) => return Err(stop),
                Err(Trouble::Read(error)) => {
                    self.complain_of(name, &error)?;
                    code = 1;
                }
            }
        }
        Ok(code)
    }

    /// Reads all of a stream.
    pub fn read_all(&self, stream: Arc<dyn Stream>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader(stream).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads all of a file, or of the standard input for `-`; what fails is told and ends the tool with 1.
    pub fn slurp(&mut self, name: &[u8]) -> Result<Vec<u8>, Stop> {
        match self.open_input(name).and_then(|stream| self.read_all(stream)) {
            Ok(bytes) => Ok(bytes),
            Err(error) => self.fail_of(name, &error),
        }
    }

    /// Copies all that is left of an input to the output.
    pub fn copy_rest(&mut self, input: &mut Input) -> Result<(), Trouble> {
        loop {
            let bytes = input.fill_buf()?;
            if bytes.is_empty() {
                return Ok(());
            }
            let count = bytes.len();
            self.write(bytes)?;
            self.flush()?;
            input.consume(count);
        }
    }
}

/// Reads a line with its delimiter into `line`; false at the end.
pub fn read_line(input: &mut impl BufRead, delimiter: u8, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(input.read_until(delimiter, line)? > 0)
}

/// Takes the delimiter from the end of a line; true where it was there.
pub fn chomp(line: &mut Vec<u8>, delimiter: u8) -> bool {
    let had = line.last() == Some(&delimiter);
    if had {
        line.pop();
    }
    had
}
