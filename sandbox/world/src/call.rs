//! One run of a tool.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice};
use rustix::io::Errno;

use crate::files::{FileSystem, OpenOptions};
use crate::interrupt::{Interrupt, Interrupted};
use crate::process::Process;
use crate::stream::{Stream, write_all};
use crate::world::World;

/// What is written is gathered up to this, which makes one write of what a pipe holds.
const OUTPUT_BUFFER_BYTES: usize = 64 << 10;

/// A tool: the exit code, or why it stopped halfway.
pub type Tool = fn(&mut Call) -> Outcome;

/// How a tool ends.
pub type Outcome = Result<u8, Stop>;

/// Why a tool stopped halfway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All is said; this is the exit code.
    Exit(u8),
    /// The process was told to stop.
    Interrupted,
    /// The reader of its output has gone.
    BrokenPipe,
}

/// Runs a tool to its end and flushes what it wrote: its exit code.
///
/// A tool whose output nobody reads any more ends with 141, as `SIGPIPE` would end it. An interrupted one has
/// no exit code of its own: whoever raised the interrupt knows the signal.
pub fn call(
    tool: Tool,
    process: Process,
    world: Arc<dyn World>,
    interrupt: Arc<Interrupt>,
) -> Result<u8, Interrupted> {
    let mut call = Call { process, world, interrupt, out: Vec::new(), failure: 1 };
    let mut outcome = tool(&mut call);
    if !matches!(outcome, Err(Stop::Interrupted | Stop::BrokenPipe))
        && let Err(stop) = call.flush()
    {
        outcome = Err(stop);
    }
    match outcome {
        Ok(code) | Err(Stop::Exit(code)) => Ok(code),
        Err(Stop::Interrupted) => Err(Interrupted),
        Err(Stop::BrokenPipe) => Ok(141),
    }
}

/// What one run of a tool has in hand.
pub struct Call {
    /// What it was given.
    pub process: Process,
    /// What is around it.
    pub world: Arc<dyn World>,
    /// The request to stop.
    pub interrupt: Arc<Interrupt>,
    out: Vec<u8>,
    /// What a tool ends with that fails as a whole: 1 but for some.
    pub failure: u8,
}

impl Call {
    /// The name it was called by, without folders.
    pub fn name(&self) -> BString {
        let name = self.process.args.first().map_or(&b""[..], |name| name.as_slice());
        name.rsplit_str("/").next().unwrap_or_default().into()
    }

    /// The arguments after the name.
    pub fn operands(&self) -> Vec<BString> {
        self.process.args.iter().skip(1).cloned().collect()
    }

    /// The files.
    pub fn files(&self) -> &dyn FileSystem {
        self.world.files()
    }

    /// A path as the file system takes it.
    pub fn path(&self, path: &[u8]) -> PathBuf {
        let path = path.to_path_lossless();
        if path.as_os_str().is_empty() { path.to_owned() } else { self.process.cwd.join(path) }
    }

    /// Opens a file for reading; `-` is the standard input.
    pub fn open_input(&self, name: &[u8]) -> io::Result<Arc<dyn Stream>> {
        if name == b"-" { Ok(self.process.stdin.clone()) } else { self.open(name) }
    }

    /// Opens a file for reading.
    pub fn open(&self, name: &[u8]) -> io::Result<Arc<dyn Stream>> {
        self.open_with(name, &OpenOptions::reading())
    }

    /// Opens a file.
    pub fn open_with(&self, name: &[u8], options: &OpenOptions) -> io::Result<Arc<dyn Stream>> {
        self.files().open(&self.path(name), options, &self.interrupt)
    }

    /// Writes to the standard output, gathered.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.out.len() + bytes.len() > OUTPUT_BUFFER_BYTES {
            self.flush()?;
            if bytes.len() >= OUTPUT_BUFFER_BYTES {
                let written = write_all(&*self.process.stdout, bytes, &self.interrupt);
                return written.map_err(|error| self.write_failed(&error));
            }
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes a line to the standard output.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.write(bytes)?;
        self.write(b"\n")
    }

    /// Hands on what was gathered.
    pub fn flush(&mut self) -> Result<(), Stop> {
        self.interrupt.check()?;
        if self.out.is_empty() {
            return Ok(());
        }
        let out = std::mem::take(&mut self.out);
        let written = write_all(&*self.process.stdout, &out, &self.interrupt);
        self.out = out;
        self.out.clear();
        written.map_err(|error| self.write_failed(&error))
    }

    /// Writes to the standard error, after what was gathered.
    pub fn write_error(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.flush()?;
        // A closed standard error is nobody's failure.
        match write_all(&*self.process.stderr, bytes, &self.interrupt) {
            Err(error) if Stop::of(&error).is_some() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Says `name: message` on the standard error.
    pub fn complain(&mut self, message: impl AsRef<[u8]>) -> Result<(), Stop> {
        let mut line = self.name();
        line.extend_from_slice(b": ");
        line.extend_from_slice(message.as_ref());
        line.push(b'\n');
        self.write_error(&line)
    }

    /// Says `name: subject: text of the error`; an interruption is passed on instead.
    pub fn complain_of(&mut self, subject: &[u8], error: &io::Error) -> Result<(), Stop> {
        if let Some(Stop::Interrupted) = Stop::of(error) {
            return Err(Stop::Interrupted);
        }
        let mut message = BString::from(subject);
        message.extend_from_slice(b": ");
        message.extend_from_slice(error_text(error).as_bytes());
        self.complain(message)
    }

    /// Says a message and ends with the code of failures.
    pub fn fail<T>(&mut self, message: impl AsRef<[u8]>) -> Result<T, Stop> {
        self.complain(message)?;
        Err(Stop::Exit(self.failure))
    }

    /// Says what failed and ends with the code of failures.
    pub fn fail_of<T>(&mut self, subject: &[u8], error: &io::Error) -> Result<T, Stop> {
        self.complain_of(subject, error)?;
        Err(Stop::Exit(self.failure))
    }

    fn write_failed(&mut self, error: &io::Error) -> Stop {
        if let Some(stop) = Stop::of(error) {
            return stop;
        }
        self.out.clear();
        match self.complain_of(b"write error", error) {
            Ok(()) => Stop::Exit(1),
            Err(stop) => stop,
        }
    }
}

impl Stop {
    /// What an error of reading or writing means for the tool as a whole.
    pub fn of(error: &io::Error) -> Option<Self> {
        if error.get_ref().is_some_and(|inner| inner.is::<Interrupted>()) {
            return Some(Self::Interrupted);
        }
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::INTR) => Some(Self::Interrupted),
            Some(Errno::PIPE) => Some(Self::BrokenPipe),
            _ => None,
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::of(&error).unwrap_or(Self::Exit(1))
    }
}

/// The text that `strerror` has for an error.
pub fn error_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Bytes as a path.
trait AsPath {
    fn to_path_lossless(&self) -> &Path;
}

impl AsPath for [u8] {
    fn to_path_lossless(&self) -> &Path {
        use std::os::unix::ffi::OsStrExt as _;
        Path::new(std::ffi::OsStr::from_bytes(self))
    }
}

/// The bytes of a path.
pub fn path_bytes(path: &Path) -> &BStr {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().into()
}
