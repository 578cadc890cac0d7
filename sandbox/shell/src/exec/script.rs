//! Scripts: read, and run command by command.

use std::sync::Arc;

use crate::shell::{Flow, Shell, Stop};
use sandbox_script::{Lines, Reader, SyntaxError};

/// Reads a stream line by line, and not a byte more, for commands read from it too.
struct StreamLines<'s> {
    shell: &'s Shell,
    fd: u32,
    prompt: Option<Vec<u8>>,
    echo: bool,
}

impl Lines for StreamLines<'_> {
    fn more(&mut self, buffer: &mut Vec<u8>) -> bool {
        if let Some(prompt) = self.prompt.replace(b"> ".to_vec()) {
            let _ = self.shell.write(2, &prompt);
        }
        let stream = self.shell.stream(self.fd);
        let start = buffer.len();
        let mut byte = [0];
        loop {
            match stream.read(&mut byte, &self.shell.interrupt) {
                Ok(0) | Err(_) => break,
                Ok(_) => {
                    buffer.push(byte[0]);
                    if byte[0] == b'\n' {
                        break;
                    }
                }
            }
        }
        if self.echo {
            let _ = self.shell.write(2, &buffer[start..]);
        }
        buffer.len() > start
    }
}

impl Shell {
    /// Runs a text: of `eval`, a trap, a file.
    pub(crate) fn run_text(&mut self, text: Vec<u8>, line: u32) -> Flow {
        self.deeper()?;
        let mut reader = Reader::new(text, line, self.bash);
        let result = self.run_reader(&mut reader, None);
        self.depth -= 1;
        result
    }

    /// Runs what a stream has, as it comes.
    pub(crate) fn run_stream(&mut self, fd: u32) -> Flow {
        let mut reader = Reader::new(Vec::new(), 1, self.bash);
        self.run_reader(&mut reader, Some(fd))
    }

    fn run_reader(&mut self, reader: &mut Reader, fd: Option<u32>) -> Flow {
        let mut any = false;
        loop {
            let aliases = if self.options.expand_aliases {
                Arc::clone(&self.aliases)
            } else {
                Arc::default()
            };
            let mut warnings = Vec::new();
            let mut warn = |text: &str| warnings.push(text.to_owned());
            let extglob = self.options.extglob;
            let result = match fd {
                Some(fd) => {
                    let prompt = self.interactive.then(|| self.prompt());
                    let echo = self.options.verbose;
                    let mut lines = StreamLines { shell: self, fd, prompt, echo };
                    reader.next(Some(&mut lines), &aliases, extglob, &mut warn)
                }
                None => reader.next(None, &aliases, extglob, &mut warn),
            };
            for warning in warnings {
                let text = [&*self.name, b": ", warning.as_bytes(), b"\n"].concat();
                let _ = self.write(2, &text);
            }
            self.read_line = reader.line();
            match result {
                Ok(None) => break,
                Ok(Some(list)) => {
                    any |= !list.items.is_empty();
                    match self.run_list(&list) {
                        Err(Stop::Error) if self.interactive => {}
                        result => result?,
                    }
                }
                Err(error) => {
                    self.tell_syntax_error(&error, reader);
                    if !self.interactive || error.end {
                        return Err(Stop::Error);
                    }
                    *reader = Reader::new(Vec::new(), reader.line(), self.bash);
                }
            }
            if self.interactive {
                self.tell_ended_jobs();
            }
        }
        if !any {
            self.status = 0;
        }
        if self.interrupt.signal().is_some() || !self.traps.pending.is_empty() {
            self.run_traps()?;
        }
        Ok(())
    }

    fn prompt(&mut self) -> Vec<u8> {
        let default: &[u8] = if self.world.identity().uid == 0 { b"# " } else { b"$ " };
        let text = self.vars.get(b"PS1").unwrap_or(default).to_vec();
        let word = sandbox_script::quoted_word(&text, self.bash);
        self.expand_text(&word).unwrap_or(text)
    }

    fn tell_syntax_error(&mut self, error: &SyntaxError, reader: &Reader) {
        self.status = 2;
        self.line = error.line;
        if !self.bash {
            self.complain(format!("Syntax error: {}", error.message));
            return;
        }
        match (&error.near, error.end) {
            (Some(near), true) => {
                self.complain(format!("unexpected EOF while looking for matching `{near}'"));
            }
            (None, true) => self.complain("syntax error: unexpected end of file"),
            (Some(near), false) => {
                self.complain(format!("syntax error near unexpected token `{near}'"));
                let mut line = b"`".to_vec();
                line.extend_from_slice(reader.rest_of_line());
                line.push(b'\'');
                self.complain(line);
            }
            (None, false) => self.complain(format!("syntax error: {}", error.message)),
        }
    }

    /// A line of a stream without its newline; none at the end.
    pub(crate) fn read_line(&mut self, fd: u32) -> Flow<Option<Vec<u8>>> {
        let stream = self.stream(fd);
        let mut line = Vec::new();
        let mut byte = [0];
        loop {
            match stream.read(&mut byte, &self.interrupt) {
                Ok(0) if line.is_empty() => return Ok(None),
                Ok(0) => return Ok(Some(line)),
                Ok(_) if byte[0] == b'\n' => return Ok(Some(line)),
                Ok(_) => line.push(byte[0]),
                Err(_) if self.interrupt.signal().is_some() => self.look_for_signal()?,
                Err(_) => return Ok(None),
            }
        }
    }
}
