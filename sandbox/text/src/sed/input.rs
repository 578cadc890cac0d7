//! The lines of all inputs, one ahead, so that the last is known.

use bstr::BString;

use sandbox_world::call::{Call, Stop};
use sandbox_world::input::{Input, chomp, read_line};

/// A line without its delimiter, and whether it had one.
pub(super) type Line = (Vec<u8>, bool);

/// The lines of files that follow one another.
pub(super) struct Lines {
    names: std::collections::VecDeque<BString>,
    current: Option<(BString, Input)>,
    next: Option<Line>,
    delimiter: u8,
    pub(super) number: u64,
    pub(super) failed: bool,
}

impl Lines {
    pub(super) fn new(names: Vec<BString>, delimiter: u8) -> Self {
        Self { names: names.into(), current: None, next: None, delimiter, number: 0, failed: false }
    }

    /// The next line.
    pub(super) fn next(&mut self, call: &mut Call) -> Result<Option<Line>, Stop> {
        let line = match self.next.take() {
            Some(line) => Some(line),
            None => self.read(call)?,
        };
        self.number += u64::from(line.is_some());
        Ok(line)
    }

    /// True where no line follows.
    pub(super) fn is_last(&mut self, call: &mut Call) -> Result<bool, Stop> {
        if self.next.is_none() {
            self.next = self.read(call)?;
        }
        Ok(self.next.is_none())
    }

    fn read(&mut self, call: &mut Call) -> Result<Option<Line>, Stop> {
        loop {
            if let Some((name, input)) = &mut self.current {
                let mut line = Vec::new();
                match read_line(input, self.delimiter, &mut line) {
                    Ok(true) => {
                        let ended = chomp(&mut line, self.delimiter);
                        return Ok(Some((line, ended)));
                    }
                    Ok(false) => {}
                    Err(error) => {
                        let name = name.clone();
                        call.complain_of(format!("read error on '{name}'").as_bytes(), &error)?;
                        self.failed = true;
                    }
                }
                self.current = None;
            }
            let Some(name) = self.names.pop_front() else { return Ok(None) };
            match call.open_lines(&name) {
                Ok(input) => self.current = Some((name, input)),
                Err(error) => {
                    call.complain_of(&name, &error)?;
                    self.failed = true;
                }
            }
        }
    }
}
