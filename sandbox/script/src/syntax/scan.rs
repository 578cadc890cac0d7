//! Reads one complete command: the tokens for brush-parser's grammar, and every syntax error in dash's or bash's words.
//!
//! A shell reads and runs a script command by command, so that what stands before an error runs. This walk follows the
//! grammar just far enough to know where a command ends and what is unexpected; the tree is the grammar's.

use std::sync::Arc;

use brush_parser::{SourcePosition, SourceSpan, Token};

use super::assignment;
use super::build;
use super::error::SyntaxError;
use super::lex::{Lexer, MARK, SharedList, Tok, to_text};
use super::tree::{List, Word};

/// Words that are reserved where a command may begin.
const KEYWORDS: &[&str] = &[
    "!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until",
    "while", "{", "}",
];

/// The same, in bash alone.
const BASH_KEYWORDS: &[&str] = &["[[", "function", "select", "time", "coproc"];

/// What counts at the next token.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) newlines: bool,
    pub(super) keywords: bool,
    pub(super) alias: bool,
}

impl Flags {
    pub(super) const NONE: Self = Self { newlines: false, keywords: false, alias: false };
    pub(super) const COMMAND: Self = Self { newlines: true, keywords: true, alias: true };
    pub(super) const SAME_LINE: Self = Self { newlines: false, keywords: true, alias: true };
}

/// How a list may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListKind {
    /// A line of the script.
    Line,
    /// Inside a compound command: not empty.
    Compound,
    /// In parentheses of a substitution, or a branch of `case`: may be empty.
    Maybe,
}

/// The walk over the tokens of one complete command.
pub(super) struct Scanner<'l, 'a> {
    pub(super) lexer: &'l mut Lexer<'a>,
    pub(super) tokens: Vec<Token>,
    next: Option<Tok>,
    /// The line the next token began at.
    pub(super) line: u32,
    index: usize,
}

impl Lexer<'_> {
    /// The next line of a script; none at its end.
    pub(super) fn line_list(&mut self) -> Result<Option<List>, SyntaxError> {
        self.slots.clear();
        let mut scanner = Scanner::new(self);
        let any = scanner.list(ListKind::Line)?;
        let (tokens, next) = (scanner.tokens, scanner.next);
        if !any {
            return Ok((next != Some(Tok::Eof)).then(List::default));
        }
        self.build(&tokens).map(Some)
    }

    /// All of a text, as one list: what backquotes hold.
    pub(super) fn whole_list(&mut self) -> Result<SharedList, SyntaxError> {
        let mut scanner = Scanner::new(self);
        scanner.list(ListKind::Maybe)?;
        if scanner.peek(Flags::NONE)? != Tok::Eof {
            return Err(scanner.unexpected(None));
        }
        let tokens = scanner.tokens;
        self.build(&tokens).map(Arc::new)
    }

    /// What stands between parentheses, with the closing one: the opening one has been read.
    pub(super) fn parenthesized_list(&mut self) -> Result<SharedList, SyntaxError> {
        self.deeper()?;
        let heres = std::mem::take(&mut self.heres);
        let mut scanner = Scanner::new(self);
        scanner.list(ListKind::Maybe)?;
        if scanner.peek(Flags::NONE)? != Tok::Op(")") {
            let mut error = scanner.unexpected(Some("\")\""));
            if error.end {
                error.near = Some(")".to_owned());
            }
            return Err(error);
        }
        let tokens = scanner.tokens;
        self.heres = heres;
        self.depth -= 1;
        self.build(&tokens).map(Arc::new)
    }

    fn build(&mut self, tokens: &[Token]) -> Result<List, SyntaxError> {
        if tokens.is_empty() {
            return Ok(List::default());
        }
        let options = brush_parser::ParserOptions {
            sh_mode: !self.bash,
            ..brush_parser::ParserOptions::default()
        };
        let program = brush_parser::parse_tokens(tokens, &options)
            .map_err(|error| self.error(format!("{error}")))?;
        build::program(&program, &self.slots, self.bash).map_err(|message| self.error(message))
    }
}

impl<'l, 'a> Scanner<'l, 'a> {
    pub(super) fn new(lexer: &'l mut Lexer<'a>) -> Self {
        let line = lexer.line;
        Scanner { lexer, tokens: Vec::new(), next: None, line, index: 0 }
    }

    /// Looks at the next token, read as `flags` say.
    pub(super) fn peek(&mut self, mut flags: Flags) -> Result<Tok, SyntaxError> {
        loop {
            if self.next.is_none() {
                self.line = self.lexer.line;
                let tok = self.lexer.token()?;
                if !matches!(tok, Tok::Newline | Tok::Eof) {
                    // A word that goes over lines counts from its last, as the line is when a command is read.
                    self.line = self.lexer.line;
                }
                self.next = Some(tok);
            }
            let tok = self.next.clone().unwrap_or(Tok::Eof);
            match &tok {
                Tok::Newline if flags.newlines => {
                    self.next = None;
                    self.lexer.read_heres()?;
                    continue;
                }
                Tok::Plain(text) => {
                    if flags.keywords
                        && let Some(keyword) = self.keyword(text)
                    {
                        self.next = Some(Tok::Keyword(keyword));
                        return Ok(Tok::Keyword(keyword));
                    }
                    if flags.alias && self.lexer.aliases.is_some() {
                        flags.newlines = false;
                        if self.lexer.replace_alias(text) {
                            self.next = None;
                            continue;
                        }
                    }
                }
                _ => {}
            }
            return Ok(tok);
        }
    }

    fn keyword(&self, text: &[u8]) -> Option<&'static str> {
        let among = |words: &[&'static str]| words.iter().copied().find(|w| w.as_bytes() == text);
        among(KEYWORDS).or_else(|| if self.lexer.bash { among(BASH_KEYWORDS) } else { None })
    }

    /// Drops the token that was looked at.
    pub(super) fn skip(&mut self) {
        self.next = None;
    }

    /// Hands the token that was looked at to the grammar.
    pub(super) fn take(&mut self) {
        match self.next.take() {
            Some(Tok::Op(op)) => self.operator(op),
            Some(Tok::Keyword(word)) => self.word(word.to_owned()),
            Some(Tok::Plain(text)) => self.word(to_text(&text)),
            Some(Tok::Word(slot)) => {
                let text = self.marked(slot);
                self.word(text);
            }
            Some(Tok::Newline) => self.operator("\n"),
            Some(Tok::Redirect(..) | Tok::Eof) | None => {}
        }
    }

    /// The text that stands for a word of the table: an assignment keeps its name in plain text.
    fn marked(&mut self, slot: usize) -> String {
        match assignment::assignment_parts(&self.lexer.slots[slot]) {
            Some((prefix, index, close, value)) => {
                let mut text = prefix;
                if let Some(index) = index {
                    let index = self.lexer.keep(index);
                    text.push('[');
                    text.push_str(&mark(index));
                    text.push_str(&close);
                }
                let value = self.lexer.keep(value);
                text.push_str(&mark(value));
                text
            }
            None => mark(slot),
        }
    }

    pub(super) fn span(&mut self, adjacent: bool) -> SourceSpan {
        let start = SourcePosition { index: self.index, line: self.line as usize, column: 1 };
        let end = SourcePosition { index: self.index + 1, line: self.line as usize, column: 2 };
        self.index += if adjacent { 1 } else { 2 };
        SourceSpan { start: Arc::new(start), end: Arc::new(end) }
    }

    pub(super) fn operator(&mut self, op: &str) {
        let span = self.span(false);
        self.tokens.push(Token::Operator(op.to_owned(), span));
    }

    pub(super) fn word(&mut self, text: String) {
        let span = self.span(false);
        self.tokens.push(Token::Word(text, span));
    }

    /// Hands a word of the table to the grammar.
    pub(super) fn table_word(&mut self, word: Word) {
        let slot = self.lexer.keep(word);
        self.word(mark(slot));
    }

    /// The error that the token looked at is.
    pub(super) fn unexpected(&mut self, expecting: Option<&str>) -> SyntaxError {
        let tok = self.next.clone().unwrap_or(Tok::Eof);
        let name = match &tok {
            Tok::Eof => "end of file".to_owned(),
            Tok::Newline => "newline".to_owned(),
            Tok::Redirect(..) => "redirection".to_owned(),
            Tok::Plain(_) | Tok::Word(_) => "word".to_owned(),
            Tok::Op(op) => format!("\"{op}\""),
            Tok::Keyword(word) => format!("\"{word}\""),
        };
        let near = match &tok {
            Tok::Eof => None,
            Tok::Newline => Some("newline".to_owned()),
            Tok::Redirect(_, op) | Tok::Op(op) => Some((*op).to_owned()),
            Tok::Plain(text) => Some(to_text(text)),
            Tok::Word(_) => Some("word".to_owned()),
            Tok::Keyword(word) => Some((*word).to_owned()),
        };
        let message = match expecting {
            Some(expecting) => format!("{name} unexpected (expecting {expecting})"),
            None => format!("{name} unexpected"),
        };
        let end = tok == Tok::Eof;
        SyntaxError { near, end, ..self.lexer.error(message) }
    }

    /// Commands up to what ends the list; true if there were any.
    pub(super) fn list(&mut self, kind: ListKind) -> Result<bool, SyntaxError> {
        let flags = match kind {
            ListKind::Line => Flags::SAME_LINE,
            ListKind::Compound | ListKind::Maybe => Flags::COMMAND,
        };
        let mut any = false;
        loop {
            let tok = self.peek(flags)?;
            match tok {
                Tok::Newline => {
                    self.skip();
                    self.lexer.read_heres()?;
                    return Ok(any);
                }
                Tok::Eof => {
                    self.lexer.read_heres()?;
                    return Ok(any);
                }
                _ => {}
            }
            if (any || kind == ListKind::Maybe) && kind != ListKind::Line && ends_list(&tok) {
                return Ok(any);
            }
            self.and_or()?;
            any = true;
            match self.peek(Flags::NONE)? {
                Tok::Op("&" | ";") => self.take(),
                Tok::Newline if kind != ListKind::Line => {
                    self.take();
                    self.lexer.read_heres()?;
                }
                Tok::Newline => {}
                Tok::Eof => {
                    self.lexer.read_heres()?;
                    return Ok(true);
                }
                _ if kind == ListKind::Line => return Err(self.unexpected(None)),
                _ => return Ok(true),
            }
        }
    }

    fn and_or(&mut self) -> Result<(), SyntaxError> {
        self.pipeline(Flags::SAME_LINE)?;
        while let Tok::Op("&&" | "||") = self.peek(Flags::NONE)? {
            self.take();
            self.pipeline(Flags::COMMAND)?;
        }
        Ok(())
    }

    fn pipeline(&mut self, flags: Flags) -> Result<(), SyntaxError> {
        let mut flags = flags;
        if let Tok::Keyword("time") = self.peek(flags)? {
            self.take();
            flags = Flags::SAME_LINE;
            if let Tok::Plain(text) = self.peek(flags)?
                && *text == *b"-p"
            {
                self.take();
            }
        }
        while let Tok::Keyword("!") = self.peek(flags)? {
            self.take();
            flags = Flags::SAME_LINE;
            if !self.lexer.bash {
                break;
            }
        }
        self.command(flags)?;
        while let Tok::Op("|" | "|&") = self.peek(Flags::NONE)? {
            self.take();
            self.command(Flags::COMMAND)?;
        }
        Ok(())
    }
}

/// The text that stands for a word of the table.
pub(super) fn mark(slot: usize) -> String {
    format!("{MARK}{slot}{MARK}")
}

fn ends_list(tok: &Tok) -> bool {
    match tok {
        Tok::Op(op) => matches!(*op, ")" | ";;" | ";&" | ";;&"),
        Tok::Keyword(word) => {
            matches!(*word, "}" | "do" | "done" | "elif" | "else" | "esac" | "fi" | "then")
        }
        Tok::Eof | Tok::Newline | Tok::Redirect(..) | Tok::Plain(_) | Tok::Word(_) => false,
    }
}
