//! What a program reads and writes beside its records.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};
use std::rc::Rc;
use std::sync::Arc;

use bstr::{BString, ByteSlice};
use sandbox_world::call::{Call, Stop};
use sandbox_world::files::OpenOptions;
use sandbox_world::input::{CHUNK_BYTES, Input, chomp};
use sandbox_world::pattern::Pattern;
use sandbox_world::pipe::pipe;
use sandbox_world::process::{Child, Process};
use sandbox_world::stream::{Stream, write_all};

/// What ends records.
pub(super) enum Terminator {
    Byte(u8),
    BlankLines,
    Regex(Rc<Pattern>),
}

/// A stream of records.
pub(super) struct Records {
    input: Input,
    pending: Vec<u8>,
    child: Option<Box<dyn Child>>,
}

impl Records {
    pub(super) fn new(input: Input) -> Self {
        Self { input, pending: Vec::new(), child: None }
    }

    /// The next record.
    pub(super) fn next(&mut self, terminator: &Terminator) -> io::Result<Option<Vec<u8>>> {
        match terminator {
            Terminator::Byte(byte) => self.up_to(*byte),
            Terminator::BlankLines => self.paragraph(),
            Terminator::Regex(pattern) => self.by_regex(pattern),
        }
    }

    fn up_to(&mut self, byte: u8) -> io::Result<Option<Vec<u8>>> {
        let mut record = Vec::new();
        // What an expression as the terminator has read ahead comes first.
        if let Some(end) = self.pending.find_byte(byte) {
            record.extend(self.pending.drain(..=end));
        } else {
            record.append(&mut self.pending);
            self.input.read_until(byte, &mut record)?;
        }
        let ended = chomp(&mut record, byte);
        Ok((ended || !record.is_empty()).then_some(record))
    }

    fn paragraph(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut record: Vec<u8> = Vec::new();
        while let Some(line) = self.up_to(b'\n')? {
            if line.is_empty() {
                if record.is_empty() {
                    continue;
                }
                break;
            }
            if !record.is_empty() {
                record.push(b'\n');
            }
            record.extend_from_slice(&line);
        }
        Ok((!record.is_empty()).then_some(record))
    }

    fn by_regex(&mut self, pattern: &Pattern) -> io::Result<Option<Vec<u8>>> {
        let mut at_end = false;
        loop {
            let found = pattern.find_at(&self.pending, 0).filter(|found| found.end > found.start);
            // A match that ends with what is there might be longer.
            if let Some(found) = found.filter(|found| found.end < self.pending.len() || at_end) {
                let mut record: Vec<u8> = self.pending.drain(..found.end).collect();
                record.truncate(found.start);
                return Ok(Some(record));
            }
            if at_end {
                let mut record = std::mem::take(&mut self.pending);
                chomp(&mut record, b'\n');
                return Ok((!record.is_empty()).then_some(record));
            }
            let before = self.pending.len();
            self.input.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut self.pending)?;
            at_end = self.pending.len() == before;
        }
    }
}

/// What is written to one place.
struct Output {
    stream: Arc<dyn Stream>,
    held: Vec<u8>,
    child: Option<Box<dyn Child>>,
}

/// The files and commands by their names.
#[derive(Default)]
pub(super) struct Files {
    inputs: HashMap<Vec<u8>, Records>,
    outputs: HashMap<Vec<u8>, Output>,
}

/// How a name is opened for writing.
#[derive(Clone, Copy)]
pub(super) enum How {
    File,
    Append,
    Command,
}

fn shell(call: &Call, command: &[u8]) -> Process {
    let args = ["sh".into(), "-c".into(), BString::from(command)].to_vec();
    Process { args, ..call.process.clone() }
}

impl Files {
    /// The next record of a file; none at its end, an error where it cannot be read.
    pub(super) fn read(
        &mut self,
        call: &mut Call,
        name: &[u8],
        terminator: &Terminator,
    ) -> io::Result<Option<Vec<u8>>> {
        if !self.inputs.contains_key(name) {
            let records = Records::new(call.open_lines(name)?);
            self.inputs.insert(name.to_vec(), records);
        }
        self.inputs.get_mut(name).map_or(Ok(None), |records| records.next(terminator))
    }

    /// The next record of what a command writes.
    pub(super) fn read_command(
        &mut self,
        call: &mut Call,
        command: &[u8],
        terminator: &Terminator,
    ) -> Result<io::Result<Option<Vec<u8>>>, Stop> {
        if !self.inputs.contains_key(command) {
            self.flush(call)?;
            let (reader, writer) = pipe();
            let process = Process { stdout: writer, ..shell(call, command) };
            let child = match call.world.start(process) {
                Ok(child) => child,
                Err(error) => return Ok(Err(error)),
            };
            let mut records = Records::new(call.input(reader));
            records.child = Some(child);
            self.inputs.insert(command.to_vec(), records);
        }
        Ok(self.inputs.get_mut(command).map_or(Ok(None), |records| records.next(terminator)))
    }

    /// Writes to a file or command.
    pub(super) fn write(
        &mut self,
        call: &mut Call,
        how: How,
        name: &[u8],
        bytes: &[u8],
    ) -> Result<(), Stop> {
        if matches!(how, How::File | How::Append) {
            match name {
                b"/dev/stdout" | b"-" => return call.write(bytes),
                b"/dev/stderr" => return call.write_error(bytes),
                _ => {}
            }
        }
        if !self.outputs.contains_key(name) {
            let output = match self.open(call, how, name)? {
                Ok(output) => output,
                Err(error) => {
                    return call.fail_of(&[b"can't redirect to '", name, b"'"].concat(), &error);
                }
            };
            self.outputs.insert(name.to_vec(), output);
        }
        let Some(output) = self.outputs.get_mut(name) else { return Ok(()) };
        output.held.extend_from_slice(bytes);
        if output.held.len() >= CHUNK_BYTES {
            output.flush(call)?;
        }
        Ok(())
    }

    fn open(&mut self, call: &mut Call, how: How, name: &[u8]) -> Result<io::Result<Output>, Stop> {
        let mode = 0o666 & !call.process.umask;
        let (stream, child): (Arc<dyn Stream>, _) = match how {
            How::File | How::Append => {
                let options = if matches!(how, How::File) {
                    OpenOptions::writing(mode)
                } else {
                    OpenOptions::appending(mode)
                };
                match call.open_with(name, &options) {
                    Ok(stream) => (stream, None),
                    Err(error) => return Ok(Err(error)),
                }
            }
            How::Command => {
                self.flush(call)?;
                let (reader, writer) = pipe();
                match call.world.start(Process { stdin: reader, ..shell(call, name) }) {
                    Ok(child) => (writer, Some(child)),
                    Err(error) => return Ok(Err(error)),
                }
            }
        };
        Ok(Ok(Output { stream, held: Vec::new(), child }))
    }

    /// Hands on all that is held.
    pub(super) fn flush(&mut self, call: &mut Call) -> Result<(), Stop> {
        call.flush()?;
        self.outputs.values_mut().try_for_each(|output| output.flush(call))
    }

    /// Closes a name; the exit code of a command.
    pub(super) fn close(&mut self, call: &mut Call, name: &[u8]) -> Result<Option<f64>, Stop> {
        let mut code = None;
        if let Some(records) = self.inputs.remove(name) {
            let child = records.child;
            drop(records.input);
            code = Some(wait(call, child)?);
        }
        if let Some(mut output) = self.outputs.remove(name) {
            output.flush(call)?;
            let child = output.child.take();
            drop(output);
            code = Some(wait(call, child)?);
        }
        Ok(code)
    }

    /// Closes everything.
    pub(super) fn close_all(&mut self, call: &mut Call) -> Result<(), Stop> {
        self.flush(call)?;
        let names: Vec<Vec<u8>> = self.inputs.keys().chain(self.outputs.keys()).cloned().collect();
        names.iter().try_for_each(|name| self.close(call, name).map(|_| ()))
    }

    /// Runs a command to its end.
    pub(super) fn system(&mut self, call: &mut Call, command: &[u8]) -> Result<f64, Stop> {
        self.flush(call)?;
        match call.world.start(shell(call, command)) {
            Ok(child) => wait(call, Some(child)),
            Err(_) => Ok(127.0),
        }
    }
}

impl Output {
    fn flush(&mut self, call: &mut Call) -> Result<(), Stop> {
        let held = std::mem::take(&mut self.held);
        match write_all(&*self.stream, &held, &call.interrupt) {
            Ok(()) => Ok(()),
            // The reader of a command's input may stop early; the program goes on.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => call.fail_of(b"write error", &error),
        }
    }
}

fn wait(call: &Call, child: Option<Box<dyn Child>>) -> Result<f64, Stop> {
    let Some(mut child) = child else { return Ok(0.0) };
    Ok(child.wait(None, &call.interrupt)?.unwrap_or(0).into())
}
