//! Bytes to tokens: lines counted, continued lines joined, operators told from words, here-documents read where they stand.
//!
//! Words are parsed at once into pieces and kept in a table; brush-parser's grammar sees plain text where a word is nothing
//! else, and a mark with the word's number where it is more. So quotes, substitutions and bytes that are no UTF-8 never
//! pass through the grammar, and every word is parsed once.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::SyntaxError;
use super::tree::{Piece, Word};

/// Stands before a word's number in the text that the grammar sees; no byte of a script maps to it.
pub(super) const MARK: char = '\u{E000}';

/// Constructs inside one another: enough for any script a person writes, and the stack holds them.
pub(super) const DEPTH_MAX: usize = 200;

/// Where more lines come from when those there are have been used.
pub trait Lines {
    /// Appends the next line; false at the end.
    fn more(&mut self, buffer: &mut Vec<u8>) -> bool;
}

/// Names given to text by `alias`.
pub type Aliases = HashMap<Box<[u8]>, Box<[u8]>>;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tok {
    Eof,
    Newline,
    Op(&'static str),
    /// A redirection with its descriptor if one is written.
    Redirect(Option<u32>, &'static str),
    /// A word of plain text.
    Plain(Box<[u8]>),
    /// A word with a number.
    Word(usize),
    /// A plain word that is reserved where it stands.
    Keyword(&'static str),
}

/// A here-document whose body is still to be read.
pub(super) struct PendingHere {
    pub(super) slot: usize,
    pub(super) end: Vec<u8>,
    pub(super) quoted: bool,
    pub(super) strip_tabs: bool,
}

/// Reads tokens.
pub(super) struct Lexer<'a> {
    pub(super) buffer: Vec<u8>,
    pub(super) at: usize,
    pub(super) line: u32,
    pub(super) more: Option<&'a mut dyn Lines>,
    pub(super) bash: bool,
    pub(super) extglob: bool,
    pub(super) slots: Vec<Word>,
    pub(super) heres: Vec<PendingHere>,
    pub(super) depth: usize,
    pub(super) aliases: Option<&'a Aliases>,
    /// Where the text of an alias ends, and its name: it is not replaced within itself.
    pub(super) alias_ends: Vec<(usize, Box<[u8]>)>,
    /// What is told of here-documents that the end of the script cut short (bash).
    pub(super) warnings: Vec<String>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(buffer: Vec<u8>, line: u32, bash: bool) -> Self {
        Lexer {
            buffer,
            at: 0,
            line,
            more: None,
            bash,
            extglob: false,
            slots: Vec::new(),
            heres: Vec::new(),
            depth: 0,
            aliases: None,
            alias_ends: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The byte at the reading place, after joined lines.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while self.raw(0) == Some(b'\\') && self.raw(1) == Some(b'\n') {
            self.at += 2;
            self.line += 1;
        }
        self.raw(0)
    }

    /// The byte `ahead` of the reading place, as it is.
    pub(super) fn raw(&mut self, ahead: usize) -> Option<u8> {
        while self.at + ahead >= self.buffer.len() {
            let more = self.more.as_mut()?;
            if !more.more(&mut self.buffer) {
                return None;
            }
        }
        self.buffer.get(self.at + ahead).copied()
    }

    /// Takes the byte that [`Self::raw`] saw.
    pub(super) fn bump(&mut self) {
        if self.buffer.get(self.at) == Some(&b'\n') {
            self.line += 1;
        }
        self.at += 1;
    }

    /// The byte after the one that is next, joined lines passed over.
    pub(super) fn peek_second(&mut self) -> Option<u8> {
        self.peek()?;
        let mut ahead = 1;
        while self.raw(ahead) == Some(b'\\') && self.raw(ahead + 1) == Some(b'\n') {
            ahead += 2;
        }
        self.raw(ahead)
    }

    /// Takes `byte` if it is next.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        if there {
            self.bump();
        }
        there
    }

    pub(super) fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError { line: self.line, message: message.into(), ..SyntaxError::default() }
    }

    pub(super) fn deeper(&mut self) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("nested too deep"));
        }
        Ok(())
    }

    /// Reads the next token.
    pub(super) fn token(&mut self) -> Result<Tok, SyntaxError> {
        loop {
            match self.peek() {
                None => return Ok(Tok::Eof),
                Some(b' ' | b'\t') => self.bump(),
                Some(b'#') => {
                    while !matches!(self.raw(0), None | Some(b'\n')) {
                        self.bump();
                    }
                }
                Some(b'\n') => {
                    self.bump();
                    return Ok(Tok::Newline);
                }
                Some(b'<' | b'>') if !self.starts_process() => return self.redirect(None),
                Some(b'&' | b';' | b'|' | b'(' | b')') => return self.operator(),
                Some(_) => return self.word(),
            }
        }
    }

    fn starts_process(&mut self) -> bool {
        self.bash && self.peek_second() == Some(b'(')
    }

    fn operator(&mut self) -> Result<Tok, SyntaxError> {
        let first = self.peek();
        self.bump();
        let second = self.peek();
        let op = match (first, second) {
            (Some(b'&'), Some(b'&')) => "&&",
            (Some(b'&'), Some(b'>')) if self.bash => {
                self.bump();
                let append = self.eat(b'>');
                return Ok(Tok::Redirect(None, if append { "&>>" } else { "&>" }));
            }
            (Some(b'|'), Some(b'|')) => "||",
            (Some(b'|'), Some(b'&')) if self.bash => "|&",
            (Some(b';'), Some(b';')) => {
                self.bump();
                let more = self.bash && self.eat(b'&');
                return Ok(Tok::Op(if more { ";;&" } else { ";;" }));
            }
            (Some(b';'), Some(b'&')) if self.bash => ";&",
            (Some(b'&'), _) => return Ok(Tok::Op("&")),
            (Some(b'|'), _) => return Ok(Tok::Op("|")),
            (Some(b';'), _) => return Ok(Tok::Op(";")),
            (Some(b'('), _) => return Ok(Tok::Op("(")),
            _ => return Ok(Tok::Op(")")),
        };
        self.bump();
        Ok(Tok::Op(op))
    }

    fn redirect(&mut self, fd: Option<u32>) -> Result<Tok, SyntaxError> {
        let first = self.peek();
        self.bump();
        let second = self.peek();
        let op = match (first, second) {
            (Some(b'<'), Some(b'<')) => {
                self.bump();
                let op = match self.peek() {
                    Some(b'-') => "<<-",
                    Some(b'<') if self.bash => "<<<",
                    _ => return Ok(Tok::Redirect(fd, "<<")),
                };
                self.bump();
                return Ok(Tok::Redirect(fd, op));
            }
            (Some(b'<'), Some(b'&')) => "<&",
            (Some(b'<'), Some(b'>')) => "<>",
            (Some(b'<'), _) => return Ok(Tok::Redirect(fd, "<")),
            (_, Some(b'>')) => ">>",
            (_, Some(b'&')) => ">&",
            (_, Some(b'|')) => ">|",
            _ => return Ok(Tok::Redirect(fd, ">")),
        };
        self.bump();
        Ok(Tok::Redirect(fd, op))
    }

    fn word(&mut self) -> Result<Tok, SyntaxError> {
        let word = self.read_word()?;
        if let Some(text) = word.plain() {
            let digits = if self.bash { text.len() < 9 } else { text.len() == 1 };
            if digits
                && text.iter().all(u8::is_ascii_digit)
                && matches!(self.peek(), Some(b'<' | b'>'))
            {
                let fd = text.iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0'));
                return self.redirect(Some(fd));
            }
            return Ok(Tok::Plain(text.into()));
        }
        Ok(Tok::Word(self.keep(word)))
    }

    /// Puts a word into the table.
    pub(super) fn keep(&mut self, word: Word) -> usize {
        self.slots.push(word);
        self.slots.len() - 1
    }

    /// Puts the text of an alias in place of its name that was just read; false if there is none.
    pub(super) fn replace_alias(&mut self, name: &[u8]) -> bool {
        let at = self.at;
        self.alias_ends.retain(|(end, _)| at <= *end);
        let Some(text) = self.aliases.and_then(|aliases| aliases.get(name)) else { return false };
        if self.alias_ends.iter().any(|(_, active)| **active == *name) {
            return false;
        }
        for (end, _) in &mut self.alias_ends {
            *end += text.len();
        }
        self.buffer.splice(at..at, text.iter().copied());
        self.alias_ends.push((at + text.len(), name.into()));
        true
    }

    /// Reads the bodies of the here-documents of the line that just ended.
    pub(super) fn read_heres(&mut self) -> Result<(), SyntaxError> {
        for here in std::mem::take(&mut self.heres) {
            let first_line = self.line;
            let (body, ended) = self.here_text(&here);
            if !ended && self.bash {
                self.warnings.push(format!(
                    "line {}: warning: here-document at line {} delimited by end-of-file (wanted `{}')",
                    self.line.saturating_sub(1).max(first_line - 1).max(1),
                    first_line.saturating_sub(1).max(1),
                    String::from_utf8_lossy(&here.end)
                ));
            }
            self.slots[here.slot] = if here.quoted {
                Word { pieces: vec![Piece::Quoted(body.into())] }
            } else {
                self.nested(body, first_line, Self::read_here_word)?
            };
        }
        Ok(())
    }

    fn here_text(&mut self, here: &PendingHere) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        loop {
            if self.raw(0).is_none() {
                return (body, false);
            }
            let start = body.len();
            let mut joined = false;
            if here.strip_tabs {
                while self.raw(0) == Some(b'\t') {
                    self.bump();
                }
            }
            while let Some(byte) = self.raw(0) {
                self.bump();
                body.push(byte);
                if byte == b'\n' {
                    // A continued line of an unquoted here-document does not end it.
                    let slashes =
                        body[..body.len() - 1].iter().rev().take_while(|b| **b == b'\\').count();
                    if !here.quoted && slashes % 2 == 1 {
                        joined = true;
                        continue;
                    }
                    break;
                }
            }
            let line = body[start..].strip_suffix(b"\n").unwrap_or(&body[start..]);
            if !joined && line == here.end.as_slice() {
                body.truncate(start);
                return (body, true);
            }
        }
    }

    /// Reads something out of `text` as if it stood here: with this lexer's table of words and its counts.
    pub(super) fn nested<T>(
        &mut self,
        text: Vec<u8>,
        line: u32,
        read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        let outer = (
            std::mem::replace(&mut self.buffer, text),
            std::mem::replace(&mut self.at, 0),
            std::mem::replace(&mut self.line, line),
            self.more.take(),
            std::mem::take(&mut self.heres),
            std::mem::take(&mut self.alias_ends),
        );
        let result = read(self);
        (self.buffer, self.at, self.line, self.more, self.heres, self.alias_ends) = outer;
        result
    }
}

/// The bytes of a script as the characters that the grammar sees, one for one.
pub(super) fn to_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The way back of [`to_text`]; marks are handled before.
pub(super) fn to_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

/// A list shared by all that run it.
pub(super) type SharedList = Arc<super::tree::List>;
