//! Lines of a Dockerfile: comments, directives, and lines that go on.

use std::str::Lines;

/// Bytes of a line, as the docker daemon has it.
const LINE_BYTES_MAX: usize = 65_535;

/// Bytes of an instruction with all lines that it goes on for.
const INSTRUCTION_BYTES_MAX: usize = 1024 * 1024;

/// Why a text is no Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// It has no instruction.
    #[error("the Dockerfile ({name}) cannot be empty")]
    Empty {
        /// Its name.
        name: String,
    },
    /// Its text cannot be divided into words.
    #[error("failed to parse {name}: {what}")]
    Text {
        /// Its name.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// An instruction is wrong.
    #[error("dockerfile parse error line {line}: {what}")]
    Line {
        /// The line.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// It has no stage, or an instruction before its first.
    #[error("no build stage in current context")]
    NoStage,
    /// It has more instructions than anybody writes.
    #[error("the Dockerfile has more than {limit} instructions")]
    TooMany {
        /// How many it may have.
        limit: usize,
    },
}

/// Reads logical lines.
pub(super) struct Reader<'t> {
    lines: Lines<'t>,
    name: &'t str,
    number: usize,
    escape: char,
    /// Whether a comment may still be a directive.
    directives: Option<Vec<String>>,
    warnings: Vec<String>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, name: &'t str) -> Result<Self, ParseError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.contains('\0') {
            return Err(ParseError::Text { name: name.to_owned(), what: "a zero byte".to_owned() });
        }
        Ok(Self {
            lines: text.lines(),
            name,
            number: 0,
            escape: '\\',
            directives: Some(Vec::new()),
            warnings: Vec::new(),
        })
    }

    /// Gives the next instruction with the number of its first line.
    pub(super) fn next_line(&mut self) -> Result<Option<(usize, String)>, ParseError> {
        loop {
            let Some(line) = self.physical()? else { return Ok(None) };
            let line = line.trim_start();
            if let Some(comment) = line.strip_prefix('#') {
                self.directive(comment)?;
                continue;
            }
            self.directives = None;
            let first = self.number;
            let (part, goes_on) = self.continued(line);
            if part.trim().is_empty() && !goes_on {
                continue;
            }
            let mut whole = part.to_owned();
            if goes_on {
                self.go_on(&mut whole)?;
            }
            if !whole.trim().is_empty() {
                return Ok(Some((first, whole)));
            }
        }
    }

    /// Gives the escape character, and what is odd.
    pub(super) fn end(self) -> (char, Vec<String>) {
        (self.escape, self.warnings)
    }

    fn go_on(&mut self, whole: &mut String) -> Result<(), ParseError> {
        let mut empty = false;
        while let Some(line) = self.physical()? {
            if line.trim_start().starts_with('#') {
                continue;
            }
            if line.trim().is_empty() {
                empty = true;
                continue;
            }
            let (part, goes_on) = self.continued(line);
            whole.push_str(part);
            if whole.len() > INSTRUCTION_BYTES_MAX {
                return Err(self.wrong("an instruction of more than a megabyte"));
            }
            if !goes_on {
                break;
            }
        }
        if empty {
            self.warnings.push(format!(
                "[WARNING]: Empty continuation line found in:\n    {}",
                whole.trim()
            ));
        }
        Ok(())
    }

    fn physical(&mut self) -> Result<Option<&'t str>, ParseError> {
        let Some(line) = self.lines.next() else { return Ok(None) };
        self.number += 1;
        if line.len() > LINE_BYTES_MAX {
            let limit =
                format!("dockerfile line greater than maximum allowed size of {LINE_BYTES_MAX}");
            return Err(self.wrong(&limit));
        }
        Ok(Some(line))
    }

    /// Takes the sign off that a line goes on.
    fn continued<'l>(&self, line: &'l str) -> (&'l str, bool) {
        match line.trim_end_matches([' ', '\t']).strip_suffix(self.escape) {
            Some(part) => (part, true),
            None => (line, false),
        }
    }

    /// Reads a comment before the first instruction, which may be a directive.
    fn directive(&mut self, comment: &str) -> Result<(), ParseError> {
        let Some(known) = &mut self.directives else { return Ok(()) };
        let pair = comment.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
        let is_name = |key: &str| {
            key.starts_with(|c: char| c.is_ascii_alphabetic())
                && key.chars().all(|c| c.is_ascii_alphanumeric())
        };
        let Some((key, value)) = pair.filter(|(key, value)| is_name(key) && !value.is_empty())
        else {
            self.directives = None;
            return Ok(());
        };
        let key = key.to_lowercase();
        let twice = known.contains(&key);
        known.push(key.clone());
        if key != "escape" {
            return Ok(());
        }
        if twice {
            return Err(self.wrong("only one escape parser directive can be used"));
        }
        self.escape = match value {
            "\\" => '\\',
            "`" => '`',
            other => {
                let what = format!("invalid escape token '{other}' does not match ` or \\");
                return Err(self.wrong(&what));
            }
        };
        Ok(())
    }

    fn wrong(&self, what: &str) -> ParseError {
        ParseError::Text { name: self.name.to_owned(), what: what.to_owned() }
    }
}
