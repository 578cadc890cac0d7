//! A Dockerfile: its lines made into instructions, which are checked before anything is done.
//!
//! Read as the docker daemon's classic builder reads it (moby 20.10, `builder/dockerfile` and the parser that it has of
//! BuildKit); what only BuildKit knows, such as here-documents and mounts, is refused as it refuses it. Parsers that others
//! wrote are for BuildKit's grammar, or keep neither the words nor the numbers of lines that the daemon's errors have.

mod check;
mod flags;
mod lines;

use flags::split_flags;
pub use lines::ParseError;
use lines::Reader;

/// Bytes of a Dockerfile. Real ones have some thousand; a generated one with every file in it is still far below this.
pub(crate) const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Instructions of a Dockerfile. Layers alone end at 125.
const INSTRUCTIONS_MAX: usize = 10_000;

/// A Dockerfile that can be built as far as can be told without doing so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// What takes the meaning off the next character.
    pub escape: char,
    /// Its instructions, in order.
    pub instructions: Vec<Instruction>,
    /// What is odd about it.
    pub warnings: Vec<String>,
}

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// The number of its first line.
    pub line: usize,
    /// As it is written, on one line.
    pub text: String,
    /// Its name, in lower case.
    pub command: String,
    /// Its flags, without the dashes, each with its value where it has one.
    pub flags: Vec<(String, Option<String>)>,
    /// What follows.
    pub rest: String,
}

impl Dockerfile {
    /// Reads a Dockerfile; `name` is what its errors call it.
    pub fn parse(text: &str, name: &str) -> Result<Self, ParseError> {
        let mut reader = Reader::new(text, name)?;
        let mut instructions = Vec::new();
        while let Some((line, text)) = reader.next_line()? {
            if instructions.len() >= INSTRUCTIONS_MAX {
                return Err(ParseError::TooMany { limit: INSTRUCTIONS_MAX });
            }
            instructions.push(Instruction::parse(line, &text, name)?);
        }
        if instructions.is_empty() {
            return Err(ParseError::Empty { name: name.to_owned() });
        }
        check::stages(&instructions)?;
        let (escape, warnings) = reader.end();
        Ok(Self { escape, instructions, warnings })
    }
}

impl Instruction {
    /// Reads one logical line.
    pub fn parse(line: usize, text: &str, name: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        let (command, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let (flags, rest) = split_flags(rest.trim());
        let instruction = Self {
            line,
            text: text.to_owned(),
            command: command.to_lowercase(),
            flags,
            rest: rest.trim().to_owned(),
        };
        check::instruction(&instruction, name)?;
        Ok(instruction)
    }

    /// Gives the value of a flag.
    pub fn flag(&self, name: &str) -> Option<&str> {
        let found = self.flags.iter().find(|(known, _)| known == name);
        found.and_then(|(_, value)| value.as_deref())
    }
}

#[cfg(test)]
mod tests;
