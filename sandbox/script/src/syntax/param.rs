//! Parameter expansions, `$name` and `${…}`.

use super::error::SyntaxError;
use super::lex::Lexer;
use super::tree::{
    ArithText, Param, ParamName, ParamOp, PatternWord, ReplaceWhere, Subscript, Word,
};
use super::word::{Builder, End};
use crate::{arith, pattern};

impl Lexer<'_> {
    /// The parameter after a `$` that stands alone, if there is one.
    pub(super) fn simple_param(&mut self, line: u32) -> Option<Param> {
        let byte = self.peek()?;
        let name = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => ParamName::Var(self.name().into()),
            b'1'..=b'9' => {
                self.bump();
                ParamName::Positional(usize::from(byte - b'0'))
            }
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' | b'0' => {
                self.bump();
                ParamName::Special(byte)
            }
            _ => return None,
        };
        Some(Param { name, op: ParamOp::Get, indirect: false, line })
    }

    fn name(&mut self) -> Vec<u8> {
        let mut name = Vec::new();
        while let Some(byte @ (b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9')) = self.peek() {
            name.push(byte);
            self.bump();
        }
        name
    }

    /// What follows `${`, with its `}`.
    pub(super) fn braced(&mut self, line: u32, quoted: bool) -> Result<Param, SyntaxError> {
        let start = self.at;
        if self.peek() == Some(b'#')
            && let Some(param) = self.length(line)?
        {
            return Ok(param);
        }
        let mut indirect = false;
        if self.bash && self.peek() == Some(b'!') {
            let next = self.peek_second();
            if matches!(next, Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' | b'#' | b'@')) {
                self.bump();
                indirect = true;
            }
        }
        let Some(name) = self.parameter()? else { return self.bad(line, start) };
        let (op, name) = if indirect { self.indirect_op(name, quoted)? } else { (None, name) };
        if let Some(op) = op {
            return self.closed(Param { name, op, indirect: false, line }, start);
        }
        match self.op(quoted)? {
            Some(op) => self.closed(Param { name, op, indirect, line }, start),
            None => self.bad(line, start),
        }
    }

    /// `${!prefix@}`, `${!name[@]}`: what `!` means besides indirection.
    fn indirect_op(
        &mut self,
        name: ParamName,
        _quoted: bool,
    ) -> Result<(Option<ParamOp>, ParamName), SyntaxError> {
        match name {
            ParamName::All(array, star) => Ok((Some(ParamOp::Keys(star)), ParamName::Var(array))),
            ParamName::Var(_)
                if matches!(self.peek(), Some(b'@' | b'*')) && self.peek_second() == Some(b'}') =>
            {
                let star = self.peek() == Some(b'*');
                self.bump();
                Ok((Some(ParamOp::Names(star)), name))
            }
            ParamName::Var(_)
            | ParamName::Positional(_)
            | ParamName::Special(_)
            | ParamName::Element(..) => Ok((None, name)),
        }
    }

    /// `${#…}`: a length, or none where it is the number of parameters with an operator.
    fn length(&mut self, line: u32) -> Result<Option<Param>, SyntaxError> {
        let start = self.at;
        match self.peek_second() {
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9') => {}
            Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => {
                // `${##}` is a length, `${##word}` and `${#-word}` trim or replace the number.
                let at = self.at;
                let line_at = self.line;
                self.bump();
                self.peek();
                self.bump();
                let closed = self.peek() == Some(b'}');
                self.at = at;
                self.line = line_at;
                if !closed {
                    return Ok(None);
                }
            }
            _ => return Ok(None),
        }
        self.bump();
        match self.parameter()? {
            Some(name) if self.peek() == Some(b'}') => {
                self.bump();
                Ok(Some(Param { name, op: ParamOp::Length, indirect: false, line }))
            }
            _ => self.bad(line, start).map(Some),
        }
    }

    /// A parameter's name, with a subscript in bash.
    fn parameter(&mut self) -> Result<Option<ParamName>, SyntaxError> {
        let Some(byte) = self.peek() else { return self.missing() };
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let name: Box<[u8]> = self.name().into();
                if self.bash && self.peek() == Some(b'[') {
                    return self.subscripted(name).map(Some);
                }
                Ok(Some(ParamName::Var(name)))
            }
            b'0'..=b'9' => {
                let digits = self.name();
                if !digits.iter().all(u8::is_ascii_digit) {
                    return Ok(None);
                }
                let number = digits.iter().fold(0_usize, |n, digit| {
                    n.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
                });
                Ok(Some(match number {
                    0 => ParamName::Special(b'0'),
                    number => ParamName::Positional(number),
                }))
            }
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => {
                self.bump();
                Ok(Some(ParamName::Special(byte)))
            }
            _ => Ok(None),
        }
    }

    fn subscripted(&mut self, name: Box<[u8]>) -> Result<ParamName, SyntaxError> {
        self.bump();
        if let Some(byte @ (b'@' | b'*')) = self.peek()
            && self.peek_second() == Some(b']')
        {
            self.bump();
            self.bump();
            return Ok(ParamName::All(name, byte == b'*'));
        }
        let subscript = self.subscript()?;
        self.bump();
        Ok(ParamName::Element(name, subscript))
    }

    /// The text up to `]`, which is left.
    pub(super) fn subscript(&mut self) -> Result<Subscript, SyntaxError> {
        let mut builder = Builder::default();
        self.pieces(&mut builder, End::Bracket, false)?;
        Ok(subscript(builder.word(), self.bash))
    }

    /// The operator and its words; none where it is none.
    fn op(&mut self, quoted: bool) -> Result<Option<ParamOp>, SyntaxError> {
        let Some(byte) = self.peek() else { return self.missing() };
        let op = match byte {
            b'}' => return Ok(Some(ParamOp::Get)),
            b':' if matches!(self.peek_second(), Some(b'-' | b'=' | b'?' | b'+')) => {
                self.bump();
                let byte = self.peek().unwrap_or_default();
                self.default_op(byte, true, quoted)?
            }
            b':' if self.bash => self.substring()?,
            b'-' | b'=' | b'?' | b'+' => self.default_op(byte, false, quoted)?,
            b'%' | b'#' => {
                self.bump();
                let longest = self.eat(byte);
                let pattern = self.pattern_word(End::Brace(b""))?;
                if byte == b'%' {
                    ParamOp::TrimSuffix(pattern, longest)
                } else {
                    ParamOp::TrimPrefix(pattern, longest)
                }
            }
            b'/' if self.bash => self.replace(quoted)?,
            b'^' | b',' if self.bash => {
                self.bump();
                let all = self.eat(byte);
                let pattern = match self.peek() {
                    Some(b'}') => None,
                    _ => Some(self.pattern_word(End::Brace(b""))?),
                };
                ParamOp::Case { upper: byte == b'^', all, pattern }
            }
            b'@' if self.bash => {
                self.bump();
                let op = self.peek().unwrap_or_default();
                if !op.is_ascii_alphabetic() {
                    return Ok(None);
                }
                self.bump();
                ParamOp::Transform(op)
            }
            _ => return Ok(None),
        };
        Ok(Some(op))
    }

    fn default_op(&mut self, byte: u8, colon: bool, quoted: bool) -> Result<ParamOp, SyntaxError> {
        self.bump();
        let word = self.brace_word(End::Brace(b""), quoted)?;
        Ok(match byte {
            b'-' => ParamOp::Default(word, colon),
            b'=' => ParamOp::Assign(word, colon),
            b'?' => ParamOp::Error(word, colon),
            _ => ParamOp::Alternative(word, colon),
        })
    }

    fn substring(&mut self) -> Result<ParamOp, SyntaxError> {
        self.bump();
        let offset = self.arith_part(End::Brace(b":"))?;
        let length = match self.eat(b':') {
            true => Some(self.arith_part(End::Brace(b""))?),
            false => None,
        };
        Ok(ParamOp::Substring(offset, length))
    }

    fn arith_part(&mut self, end: End) -> Result<ArithText, SyntaxError> {
        let mut builder = Builder::default();
        self.pieces(&mut builder, end, true)?;
        Ok(arith::text(builder.word(), self.bash))
    }

    fn replace(&mut self, quoted: bool) -> Result<ParamOp, SyntaxError> {
        self.bump();
        let place = match self.peek() {
            Some(b'/') => ReplaceWhere::All,
            Some(b'#') => ReplaceWhere::Prefix,
            Some(b'%') => ReplaceWhere::Suffix,
            _ => ReplaceWhere::First,
        };
        if place != ReplaceWhere::First {
            self.bump();
        }
        // A slash that begins the pattern is part of it.
        let slash = self.peek() == Some(b'/');
        if slash {
            self.bump();
        }
        let mut pattern = self.pattern_word(End::Brace(b"/"))?;
        if slash {
            pattern.word.pieces.insert(0, super::tree::Piece::Text(b"/"[..].into()));
            pattern.compiled = pattern::of_word(&pattern.word, self.extglob);
        }
        let text = match self.eat(b'/') {
            true => self.brace_word(End::Brace(b""), false)?,
            false => Word::default(),
        };
        let _ = quoted;
        Ok(ParamOp::Replace(place, pattern, text))
    }

    fn brace_word(&mut self, end: End, quoted: bool) -> Result<Word, SyntaxError> {
        let mut builder = Builder::default();
        self.pieces(&mut builder, end, quoted)?;
        let mut word = builder.word();
        if !quoted {
            super::assignment::tilde(&mut word, false, self.bash);
        }
        Ok(word)
    }

    fn pattern_word(&mut self, end: End) -> Result<PatternWord, SyntaxError> {
        let word = self.brace_word(end, false)?;
        Ok(PatternWord { compiled: pattern::of_word(&word, self.extglob), word })
    }

    /// Takes the `}` after an expansion.
    fn closed(&mut self, param: Param, start: usize) -> Result<Param, SyntaxError> {
        match self.peek() {
            Some(b'}') => {
                self.bump();
                Ok(param)
            }
            None => self.missing(),
            Some(_) => self.bad(param.line, start),
        }
    }

    /// An expansion that is refused when it is run: the text up to `}` is passed over.
    fn bad(&mut self, line: u32, start: usize) -> Result<Param, SyntaxError> {
        let mut skipped = Builder::default();
        self.pieces(&mut skipped, End::Brace(b""), false)?;
        let name = self.buffer.get(start..self.at).unwrap_or_default().into();
        self.bump();
        Ok(Param { name: ParamName::Var(name), op: ParamOp::Bad, indirect: false, line })
    }

    fn missing<T>(&self) -> Result<T, SyntaxError> {
        let near = Some("}".to_owned());
        Err(SyntaxError { near, end: true, ..self.error("Missing '}'") })
    }
}

/// A subscript out of its word.
pub(super) fn subscript(text: Word, bash: bool) -> Subscript {
    Subscript { arith: arith::text(text.clone(), bash), text }
}
