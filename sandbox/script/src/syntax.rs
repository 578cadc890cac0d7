//! Script text to the tree that is run.
//!
//! The lexer is this crate's, for a shell reads command by command, counts lines, replaces aliases and lives with bytes that
//! are no text; the grammar is brush-parser's, given the lexer's tokens; the tree is made of the grammar's.

mod assignment;
mod brace;
mod build;
mod cond;
mod error;
mod lex;
mod param;
#[expect(clippy::wildcard_enum_match_arm, reason = "any other token ends or is unexpected")]
mod scan;
#[expect(clippy::wildcard_enum_match_arm, reason = "any other token ends or is unexpected")]
mod scan_command;
#[expect(missing_docs, reason = "the parts of the tree are named for what they are")]
mod tree;
mod word;

pub use error::SyntaxError;
pub use lex::{Aliases, Lines};
pub use scan_command::is_name;
pub use tree::{
    AndOr, ArithText, Assign, AssignValue, CaseItem, CaseThen, Command, Compound, Cond, Function,
    Item, Joint, List, Param, ParamName, ParamOp, PatternWord, Piece, Pipeline, Redirect,
    RedirectKind, ReplaceWhere, Simple, Subscript, Timed, Word,
};

use lex::Lexer;

/// A text as one word, as it would stand in a script.
pub fn word_of(text: &[u8], bash: bool) -> Word {
    let mut lexer = Lexer::new(text.to_vec(), 1, bash);
    let mut builder = word::Builder::default();
    match lexer.pieces(&mut builder, word::End::Brace(b""), false) {
        // The text has no brace, so its end is no error.
        Err(error) if !error.end => Word::text(text),
        _ => builder.word(),
    }
}

/// A text as the subscript of an array.
pub fn subscript_of(text: &[u8]) -> Subscript {
    param::subscript(word_of(text, true), true)
}

/// A text as the inside of double quotes: `PS4`, for one.
pub fn quoted_word(text: &[u8], bash: bool) -> Word {
    Lexer::new(text.to_vec(), 1, bash).read_here_word().unwrap_or_else(|_| Word::text(text))
}

/// The parameter that a text names: what `${!name}` finds.
pub fn param_name(text: &[u8]) -> Option<ParamName> {
    let mut text = text.to_vec();
    text.push(b'}');
    let length = text.len();
    let mut lexer = Lexer::new(text, 1, true);
    let param = lexer.braced(1, false).ok()?;
    (matches!(param.op, ParamOp::Get) && !param.indirect && lexer.at == length)
        .then_some(param.name)
}

/// Turns the tildes of an assignment that stands as an argument (`export a=~/b`) into pieces.
pub fn assignment_tilde(word: &mut Word, bash: bool) {
    let Some(Piece::Text(first)) = word.pieces.first() else { return };
    let Some(at) = first.iter().position(|byte| *byte == b'=') else { return };
    let (name, value) = first.split_at(at + 1);
    let name = Piece::Text(name.into());
    let mut rest = Word::text(value);
    rest.pieces.extend(word.pieces[1..].iter().cloned());
    assignment::tilde(&mut rest, true, bash);
    word.pieces = vec![name];
    word.pieces.extend(rest.pieces);
}

/// The text of a word as errors show it: expansions are left out.
pub fn shown(word: &Word) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in &word.pieces {
        match piece {
            Piece::Text(text) | Piece::Quoted(text) => out.extend_from_slice(text),
            Piece::Param(param, _) => {
                out.push(b'$');
                if let ParamName::Var(name) = &param.name {
                    out.extend_from_slice(name);
                }
            }
            Piece::Tilde(_) | Piece::Command(..) | Piece::Arith(..) | Piece::Process(..) => {}
        }
    }
    out
}

/// Reads a script, one complete command at a time.
pub struct Reader {
    buffer: Vec<u8>,
    at: usize,
    line: u32,
    bash: bool,
}

impl Reader {
    /// Reads `text`, whose first line has the number `line`.
    pub fn new(text: Vec<u8>, line: u32, bash: bool) -> Self {
        Self { buffer: text, at: 0, line, bash }
    }

    /// The next line's commands; none at the end. Warnings are told first.
    pub fn next(
        &mut self,
        more: Option<&mut dyn Lines>,
        aliases: &Aliases,
        extglob: bool,
        warn: &mut dyn FnMut(&str),
    ) -> Result<Option<List>, SyntaxError> {
        // What has been run is forgotten now and then, so that a long script is not moved for each line.
        if self.at > self.buffer.len() / 2 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        let mut lexer = Lexer::new(std::mem::take(&mut self.buffer), self.line, self.bash);
        lexer.at = self.at;
        lexer.more = match more {
            Some(more) => Some(more),
            None => None,
        };
        lexer.extglob = extglob;
        lexer.aliases = (!aliases.is_empty()).then_some(aliases);
        let result = lexer.line_list();
        for warning in &lexer.warnings {
            warn(warning);
        }
        self.at = lexer.at;
        self.line = lexer.line;
        self.buffer = std::mem::take(&mut lexer.buffer);
        result
    }

    /// The line that is read next.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The text of a line, for bash's errors.
    pub fn rest_of_line(&self) -> &[u8] {
        let start = self.buffer[..self.at.min(self.buffer.len())]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let end = self.buffer[start..].iter().position(|byte| *byte == b'\n');
        &self.buffer[start..end.map_or(self.buffer.len(), |end| start + end)]
    }
}
