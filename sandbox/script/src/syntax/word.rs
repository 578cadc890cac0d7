//! Words: quotes, escapes and expansions, into pieces.

use std::sync::Arc;

use super::error::SyntaxError;
use super::lex::Lexer;
use super::tree::{ArithText, Piece, Word};
use crate::arith;

/// Where the text that is read ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// At a blank or an operator.
    Word,
    /// At the `}` of an expansion, or at one of these bytes before it.
    Brace(&'static [u8]),
    /// At the closing `"`.
    Quote,
    /// At the `))` of arithmetic.
    Arith,
    /// At `]`, of a subscript or of `$[`.
    Bracket,
    /// At `;` or `))`, in the head of `for ((`.
    ArithPart,
    /// At a blank outside parentheses: a regular expression of `[[`.
    Regex,
    /// With the text.
    Text,
}

/// Gathers pieces.
#[derive(Default)]
pub(super) struct Builder {
    pieces: Vec<Piece>,
    text: Vec<u8>,
    quoted: bool,
}

impl Builder {
    pub(super) fn byte(&mut self, byte: u8, quoted: bool) {
        if self.quoted != quoted {
            self.flush();
            self.quoted = quoted;
        }
        self.text.push(byte);
    }

    pub(super) fn piece(&mut self, piece: Piece) {
        self.flush();
        self.pieces.push(piece);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text).into();
            self.pieces.push(if self.quoted { Piece::Quoted(text) } else { Piece::Text(text) });
        }
    }

    /// An empty quoted piece where quotes held nothing.
    fn empty_quotes(&mut self, before: usize) {
        self.flush();
        if self.pieces.len() == before {
            self.pieces.push(Piece::Quoted(Box::default()));
        }
    }

    fn count(&mut self) -> usize {
        self.flush();
        self.pieces.len()
    }

    pub(super) fn word(mut self) -> Word {
        self.flush();
        Word { pieces: self.pieces }
    }
}

impl Lexer<'_> {
    /// Reads one word.
    pub(super) fn read_word(&mut self) -> Result<Word, SyntaxError> {
        let mut builder = Builder::default();
        self.pieces(&mut builder, End::Word, false)?;
        Ok(builder.word())
    }

    /// Reads a whole text as the inside of double quotes where `"` is nothing special: a here-document.
    pub(super) fn read_here_word(&mut self) -> Result<Word, SyntaxError> {
        let mut builder = Builder::default();
        self.pieces(&mut builder, End::Text, true)?;
        Ok(builder.word())
    }

    /// Reads the text of arithmetic up to `end`, whose closing characters are left.
    pub(super) fn read_arith(&mut self, end: End) -> Result<ArithText, SyntaxError> {
        let mut builder = Builder::default();
        self.pieces(&mut builder, end, true)?;
        Ok(arith::text(builder.word(), self.bash))
    }

    /// Reads pieces up to `end`, which is left.
    pub(super) fn pieces(
        &mut self,
        out: &mut Builder,
        end: End,
        quoted: bool,
    ) -> Result<(), SyntaxError> {
        self.deeper()?;
        let mut parens = 0_usize;
        loop {
            let Some(byte) = self.peek() else {
                self.depth -= 1;
                return self.ended(end);
            };
            if byte == b'\n' && !self.bash && !quoted && matches!(end, End::Brace(_)) {
                // A newline ends dash's word wherever it is not quoted.
                return self.ended(end);
            }
            if self.is_end(end, byte, &mut parens, out) {
                self.depth -= 1;
                return Ok(());
            }
            match byte {
                b'\\' => self.escape(out, end, quoted),
                b'\'' if !quoted => self.single_quotes(out)?,
                b'"' if end == End::Arith || end == End::ArithPart => self.bump(),
                b'"' if end != End::Text => self.double_quotes(out)?,
                b'`' => self.backquotes(out, quoted)?,
                b'$' => self.dollar(out, quoted, end)?,
                b'<' | b'>' if self.bash && !quoted && end == End::Word => {
                    self.process_substitution(out)?;
                }
                b'(' if self.bash && end == End::Word && out.ends_extglob() => {
                    self.extglob(out)?;
                }
                _ => {
                    self.bump();
                    out.byte(byte, quoted);
                }
            }
        }
    }

    fn ended(&self, end: End) -> Result<(), SyntaxError> {
        let message = match end {
            End::Word | End::Text | End::Regex => return Ok(()),
            End::Quote => "Unterminated quoted string",
            End::Brace(_) => "Missing '}'",
            End::Arith | End::ArithPart => "Missing '))'",
            End::Bracket => "Missing ']'",
        };
        let near = match end {
            End::Quote => "\"",
            End::Brace(_) => "}",
            End::Word | End::Arith | End::Bracket | End::ArithPart | End::Regex | End::Text => ")",
        };
        Err(SyntaxError { near: Some(near.to_owned()), end: true, ..self.error(message) })
    }

    /// Bash tells the line of the quote that is not closed.
    fn opened_at(&self, line: u32, error: SyntaxError) -> SyntaxError {
        if self.bash && error.near.is_some() && error.end {
            return SyntaxError { line, ..error };
        }
        error
    }

    fn is_end(&mut self, end: End, byte: u8, parens: &mut usize, out: &Builder) -> bool {
        match end {
            End::Word => match byte {
                b' ' | b'\t' | b'\n' | b'&' | b';' | b'|' | b')' => true,
                b'(' => !(self.bash && out.ends_extglob() && self.extglob),
                b'<' | b'>' => !(self.bash && self.peek_second() == Some(b'(')),
                _ => false,
            },
            End::Brace(others) => byte == b'}' || others.contains(&byte),
            End::Quote => byte == b'"',
            End::Arith | End::ArithPart => match byte {
                b'(' => {
                    *parens += 1;
                    false
                }
                b')' if *parens > 0 => {
                    *parens -= 1;
                    false
                }
                b')' => self.peek_second() == Some(b')'),
                b';' => end == End::ArithPart,
                _ => false,
            },
            End::Bracket => match byte {
                b'[' => {
                    *parens += 1;
                    false
                }
                b']' if *parens > 0 => {
                    *parens -= 1;
                    false
                }
                b']' => true,
                _ => false,
            },
            End::Regex => match byte {
                b'(' => {
                    *parens += 1;
                    false
                }
                b')' if *parens > 0 => {
                    *parens -= 1;
                    false
                }
                b')' | b'\n' => true,
                b' ' | b'\t' => *parens == 0,
                _ => false,
            },
            End::Text => false,
        }
    }

    fn escape(&mut self, out: &mut Builder, end: End, quoted: bool) {
        self.bump();
        let Some(next) = self.raw(0) else {
            out.byte(b'\\', quoted || end == End::Word);
            return;
        };
        let special = match end {
            _ if !quoted => true,
            _ if matches!(next, b'$' | b'`' | b'\\') => true,
            End::Brace(_) => matches!(next, b'"' | b'}'),
            End::Quote => next == b'"',
            End::Word | End::Arith | End::Bracket | End::ArithPart | End::Regex | End::Text => {
                false
            }
        };
        if !special {
            out.byte(b'\\', true);
            return;
        }
        self.bump();
        out.byte(next, true);
    }

    fn single_quotes(&mut self, out: &mut Builder) -> Result<(), SyntaxError> {
        let before = out.count();
        let line = self.line;
        self.bump();
        loop {
            match self.raw(0) {
                None => {
                    let near = Some("'".to_owned());
                    let error = self.error("Unterminated quoted string");
                    return Err(self.opened_at(line, SyntaxError { near, end: true, ..error }));
                }
                Some(b'\'') => break,
                Some(byte) => out.byte(byte, true),
            }
            self.bump();
        }
        self.bump();
        out.empty_quotes(before);
        Ok(())
    }

    fn double_quotes(&mut self, out: &mut Builder) -> Result<(), SyntaxError> {
        let before = out.count();
        let line = self.line;
        self.bump();
        self.pieces(out, End::Quote, true).map_err(|error| self.opened_at(line, error))?;
        self.bump();
        out.empty_quotes(before);
        Ok(())
    }

    fn backquotes(&mut self, out: &mut Builder, quoted: bool) -> Result<(), SyntaxError> {
        self.bump();
        let line = self.line;
        let mut text = Vec::new();
        loop {
            let Some(byte) = self.peek() else {
                let near = Some("`".to_owned());
                let error = self.error("EOF in backquote substitution");
                return Err(self.opened_at(line, SyntaxError { near, end: true, ..error }));
            };
            self.bump();
            match byte {
                b'`' => break,
                b'\\' => match self.raw(0) {
                    Some(next) if matches!(next, b'\\' | b'`' | b'$') || quoted && next == b'"' => {
                        self.bump();
                        text.push(next);
                    }
                    _ => text.push(b'\\'),
                },
                _ => text.push(byte),
            }
        }
        let list = self.nested(text, line, |lexer| lexer.whole_list())?;
        out.piece(Piece::Command(list, quoted));
        Ok(())
    }

    fn dollar(&mut self, out: &mut Builder, quoted: bool, end: End) -> Result<(), SyntaxError> {
        let line = self.line;
        match self.peek_second() {
            Some(b'(') => {
                self.bump();
                self.peek();
                self.bump();
                if self.peek() == Some(b'(') && (!self.bash || self.closes_double()) {
                    self.bump();
                    let text = self.read_arith(End::Arith)?;
                    self.bump();
                    self.peek();
                    self.bump();
                    out.piece(Piece::Arith(Arc::new(text), quoted));
                } else {
                    let list = self.parenthesized_list()?;
                    out.piece(Piece::Command(list, quoted));
                }
            }
            Some(b'{') => {
                self.bump();
                self.peek();
                self.bump();
                let param = self.braced(line, quoted)?;
                out.piece(Piece::Param(Arc::new(param), quoted));
            }
            Some(b'[') if self.bash => {
                self.bump();
                self.bump();
                let text = self.read_arith(End::Bracket)?;
                self.bump();
                out.piece(Piece::Arith(Arc::new(text), quoted));
            }
            Some(b'\'') if self.bash && !quoted => {
                self.bump();
                self.ansi_quotes(out)?;
            }
            Some(b'"') if self.bash && !quoted && end != End::Quote => self.bump(),
            Some(_) => {
                self.bump();
                match self.simple_param(line) {
                    Some(param) => out.piece(Piece::Param(Arc::new(param), quoted)),
                    None => out.byte(b'$', quoted),
                }
            }
            None => {
                self.bump();
                out.byte(b'$', quoted);
            }
        }
        Ok(())
    }

    fn process_substitution(&mut self, out: &mut Builder) -> Result<(), SyntaxError> {
        let write = self.peek() == Some(b'>');
        self.bump();
        self.peek();
        self.bump();
        let list = self.parenthesized_list()?;
        out.piece(Piece::Process(list, write));
        Ok(())
    }

    /// Takes the parenthesized part of an extended pattern as it is.
    fn extglob(&mut self, out: &mut Builder) -> Result<(), SyntaxError> {
        self.bump();
        out.byte(b'(', false);
        loop {
            match self.peek() {
                None => return Err(self.error("Missing ')'")),
                Some(b')') => break,
                Some(b'(') => self.extglob(out)?,
                Some(b'\\') => self.escape(out, End::Word, false),
                Some(b'\'') => self.single_quotes(out)?,
                Some(b'"') => self.double_quotes(out)?,
                Some(b'$') => self.dollar(out, false, End::Word)?,
                Some(b'`') => self.backquotes(out, false)?,
                Some(byte) => {
                    self.bump();
                    out.byte(byte, false);
                }
            }
        }
        self.bump();
        out.byte(b')', false);
        Ok(())
    }

    /// `$'…'`.
    fn ansi_quotes(&mut self, out: &mut Builder) -> Result<(), SyntaxError> {
        self.bump();
        let mut raw = Vec::new();
        loop {
            match self.raw(0) {
                None => {
                    let near = Some("'".to_owned());
                    let error = self.error("Unterminated quoted string");
                    return Err(SyntaxError { near, end: true, ..error });
                }
                Some(b'\'') => break,
                Some(b'\\') => {
                    raw.push(b'\\');
                    self.bump();
                    if let Some(next) = self.raw(0) {
                        raw.push(next);
                        self.bump();
                    }
                }
                Some(byte) => {
                    raw.push(byte);
                    self.bump();
                }
            }
        }
        self.bump();
        out.piece(Piece::Quoted(crate::escapes::ansi_c(&raw).into()));
        Ok(())
    }
}

impl Builder {
    /// True where the text before an opening parenthesis makes it an extended pattern.
    fn ends_extglob(&self) -> bool {
        !self.quoted && matches!(self.text.last(), Some(b'?' | b'*' | b'+' | b'@' | b'!'))
    }
}
