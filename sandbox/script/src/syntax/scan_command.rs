//! The walk over one command: compound, simple, a function.

use super::error::SyntaxError;
use super::lex::{PendingHere, Tok};
use super::scan::{Flags, ListKind, Scanner};
use super::tree::{Piece, Word};
use super::word::{Builder, End};

/// Builtins that no function may be named after in dash.
const SPECIAL: &[&str] = &[
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
    "shift", "times", "trap", "unset",
];

impl Scanner<'_, '_> {
    pub(super) fn command(&mut self, flags: Flags) -> Result<(), SyntaxError> {
        self.lexer.deeper()?;
        let tok = self.peek(flags)?;
        match tok {
            Tok::Keyword("if") => self.if_clause()?,
            Tok::Keyword("while" | "until") => {
                self.take();
                self.list(ListKind::Compound)?;
                self.expect_keyword("do")?;
                self.list(ListKind::Compound)?;
                self.expect_keyword("done")?;
            }
            Tok::Keyword("for" | "select") => self.for_clause()?,
            Tok::Keyword("case") => self.case_clause()?,
            Tok::Op("(") => self.subshell()?,
            Tok::Keyword("{") => {
                self.take();
                self.list(ListKind::Compound)?;
                self.expect_keyword("}")?;
            }
            Tok::Keyword("[[") => self.test_clause()?,
            Tok::Keyword("function") => {
                self.skip();
                self.function_keyword()?;
                self.lexer.depth -= 1;
                return Ok(());
            }
            Tok::Plain(_) | Tok::Word(_) | Tok::Redirect(..) => {
                self.simple_command()?;
                self.lexer.depth -= 1;
                return Ok(());
            }
            Tok::Eof | Tok::Newline | Tok::Op(_) | Tok::Keyword(_) => {
                return Err(self.unexpected(None));
            }
        }
        while let Tok::Redirect(..) = self.peek(Flags::SAME_LINE)? {
            self.redirect()?;
        }
        self.lexer.depth -= 1;
        Ok(())
    }

    fn expect_keyword(&mut self, keyword: &'static str) -> Result<(), SyntaxError> {
        if self.peek(Flags::COMMAND)? == Tok::Keyword(keyword) {
            self.take();
            return Ok(());
        }
        Err(self.unexpected(Some(&format!("\"{keyword}\""))))
    }

    fn if_clause(&mut self) -> Result<(), SyntaxError> {
        self.take();
        self.list(ListKind::Compound)?;
        self.expect_keyword("then")?;
        self.list(ListKind::Compound)?;
        loop {
            match self.peek(Flags::COMMAND)? {
                Tok::Keyword("elif") => {
                    self.take();
                    self.list(ListKind::Compound)?;
                    self.expect_keyword("then")?;
                    self.list(ListKind::Compound)?;
                }
                Tok::Keyword("else") => {
                    self.take();
                    self.list(ListKind::Compound)?;
                    return self.expect_keyword("fi");
                }
                _ => return self.expect_keyword("fi"),
            }
        }
    }

    fn for_clause(&mut self) -> Result<(), SyntaxError> {
        let select = self.peek(Flags::NONE)? == Tok::Keyword("select");
        if select {
            self.skip();
            self.word("for".to_owned());
        } else {
            self.take();
        }
        match self.peek(Flags::NONE)? {
            Tok::Op("(") if self.lexer.bash && self.lexer.raw(0) == Some(b'(') => {
                return self.arith_for();
            }
            Tok::Plain(name) if is_name(&name) => {
                // The grammar has no `select`: its loops are told by a name that no variable has.
                let name = super::lex::to_text(&name);
                self.skip();
                self.word(if select { format!("{}{name}", super::lex::MARK) } else { name });
            }
            _ => {
                let mut error = self.unexpected(None);
                error.message = "Bad for loop variable".to_owned();
                return Err(error);
            }
        }
        let flags = Flags { newlines: true, keywords: true, alias: true };
        match self.peek(flags)? {
            Tok::Keyword("in") => {
                self.take();
                while let Tok::Plain(_) | Tok::Word(_) = self.peek(Flags::NONE)? {
                    self.take();
                }
                match self.peek(Flags::NONE)? {
                    Tok::Newline | Tok::Op(";") => {
                        self.skip();
                        self.operator(";");
                    }
                    _ => return Err(self.unexpected(None)),
                }
            }
            Tok::Op(";") => self.skip(),
            _ => {}
        }
        self.expect_keyword("do")?;
        self.list(ListKind::Compound)?;
        self.expect_keyword("done")
    }

    fn arith_for(&mut self) -> Result<(), SyntaxError> {
        self.take();
        self.lexer.bump();
        self.operator("(");
        for part in 0..3 {
            let mut builder = Builder::default();
            self.lexer.pieces(&mut builder, End::ArithPart, true)?;
            let word = builder.word();
            if !word.pieces.is_empty() {
                self.table_word(word);
            }
            if part < 2 {
                if self.lexer.peek() != Some(b';') {
                    return Err(self.lexer.error("Missing '))'"));
                }
                self.lexer.bump();
                self.operator(";");
            }
        }
        self.close_arith()?;
        if self.peek(Flags::COMMAND)? == Tok::Op(";") {
            self.skip();
        }
        if self.peek(Flags::COMMAND)? == Tok::Keyword("{") {
            self.take();
            self.list(ListKind::Compound)?;
            return self.expect_keyword("}");
        }
        self.expect_keyword("do")?;
        self.list(ListKind::Compound)?;
        self.expect_keyword("done")
    }

    fn close_arith(&mut self) -> Result<(), SyntaxError> {
        for _ in 0..2 {
            if !self.lexer.eat(b')') {
                return Err(self.lexer.error("Missing '))'"));
            }
            self.operator(")");
        }
        Ok(())
    }

    fn case_clause(&mut self) -> Result<(), SyntaxError> {
        self.take();
        match self.peek(Flags::NONE)? {
            Tok::Plain(_) | Tok::Word(_) => self.take(),
            _ => return Err(self.unexpected(Some("word"))),
        }
        self.expect_keyword("in")?;
        let first = Flags { newlines: true, keywords: true, alias: false };
        loop {
            if self.peek(first)? == Tok::Keyword("esac") {
                self.take();
                return Ok(());
            }
            if self.peek(first)? == Tok::Op("(") {
                self.skip();
            }
            loop {
                match self.peek(Flags::NONE)? {
                    Tok::Plain(_) | Tok::Word(_) | Tok::Keyword(_) => self.take(),
                    _ => return Err(self.unexpected(Some("\")\""))),
                }
                if self.peek(Flags::NONE)? != Tok::Op("|") {
                    break;
                }
                self.take();
            }
            if self.peek(Flags::NONE)? != Tok::Op(")") {
                return Err(self.unexpected(Some("\")\"")));
            }
            self.take();
            self.list(ListKind::Maybe)?;
            match self.peek(first)? {
                // The grammar reads a last branch without `;;` twice, so it is given one.
                Tok::Keyword("esac") => self.operator(";;"),
                Tok::Op(";;" | ";&" | ";;&") => self.take(),
                _ => return Err(self.unexpected(Some("\";;\""))),
            }
        }
    }

    fn subshell(&mut self) -> Result<(), SyntaxError> {
        if self.lexer.bash && self.lexer.raw(0) == Some(b'(') && self.lexer.closes_double() {
            self.take();
            self.lexer.bump();
            self.operator("(");
            let mut builder = Builder::default();
            self.lexer.pieces(&mut builder, End::Arith, true)?;
            self.table_word(builder.word());
            return self.close_arith();
        }
        self.take();
        // Two parentheses in a row would be arithmetic to the grammar.
        self.operator("\n");
        self.list(ListKind::Compound)?;
        if self.peek(Flags::COMMAND)? != Tok::Op(")") {
            return Err(self.unexpected(Some("\")\"")));
        }
        self.take();
        Ok(())
    }

    /// `[[ … ]]`.
    fn test_clause(&mut self) -> Result<(), SyntaxError> {
        self.take();
        let extglob = std::mem::replace(&mut self.lexer.extglob, true);
        loop {
            match self.peek(Flags::NONE)? {
                Tok::Plain(text) if *text == *b"]]" => break,
                Tok::Plain(text) if *text == *b"=~" => {
                    self.take();
                    while matches!(self.lexer.raw(0), Some(b' ' | b'\t')) {
                        self.lexer.bump();
                    }
                    let mut builder = Builder::default();
                    self.lexer.pieces(&mut builder, End::Regex, false)?;
                    self.table_word(builder.word());
                }
                Tok::Plain(_) | Tok::Word(_) | Tok::Keyword(_) => self.take(),
                Tok::Op("&&" | "||" | "(" | ")") => self.take(),
                Tok::Redirect(None, op @ ("<" | ">")) => {
                    self.skip();
                    self.operator(op);
                }
                Tok::Newline => self.skip(),
                Tok::Eof | Tok::Op(_) | Tok::Redirect(..) => return Err(self.unexpected(None)),
            }
        }
        self.lexer.extglob = extglob;
        self.take();
        Ok(())
    }

    fn function_keyword(&mut self) -> Result<(), SyntaxError> {
        match self.peek(Flags::NONE)? {
            Tok::Plain(_) => self.take(),
            _ => return Err(self.unexpected(None)),
        }
        self.operator("(");
        self.operator(")");
        if self.peek(Flags::NONE)? == Tok::Op("(") && self.lexer.peek() == Some(b')') {
            self.skip();
            self.peek(Flags::NONE)?;
            self.skip();
        }
        self.function_body()
    }

    fn function_body(&mut self) -> Result<(), SyntaxError> {
        match self.peek(Flags::COMMAND)? {
            // The grammar wants a compound command; dash takes any.
            Tok::Plain(_) | Tok::Word(_) | Tok::Redirect(..) if !self.lexer.bash => {
                self.word("{".to_owned());
                self.command(Flags::COMMAND)?;
                self.operator(";");
                self.word("}".to_owned());
                Ok(())
            }
            Tok::Plain(_) | Tok::Word(_) | Tok::Redirect(..) => Err(self.unexpected(None)),
            _ => self.command(Flags::COMMAND),
        }
    }

    fn simple_command(&mut self) -> Result<(), SyntaxError> {
        let mut flags = Flags { newlines: false, keywords: false, alias: true };
        let mut only_name: Option<Box<[u8]>> = None;
        let mut count = 0;
        loop {
            match self.peek(flags)? {
                tok @ (Tok::Plain(_) | Tok::Word(_)) => {
                    let assignment = self.is_assignment(&tok);
                    if self.lexer.bash && assignment && self.array_follows(&tok) {
                        self.array()?;
                        count += 1;
                        continue;
                    }
                    only_name = match &tok {
                        Tok::Plain(text) if count == 0 => Some(text.clone()),
                        _ => None,
                    };
                    if !assignment || !flags.alias {
                        flags = Flags::NONE;
                    }
                    count += 1;
                    self.take();
                }
                Tok::Keyword(_) => {
                    flags = Flags::NONE;
                    count += 1;
                    only_name = None;
                    self.take();
                }
                Tok::Redirect(..) => {
                    only_name = None;
                    count += 1;
                    self.redirect()?;
                }
                Tok::Op("(") => {
                    let Some(name) = only_name else { return Ok(()) };
                    return self.function(&name);
                }
                Tok::Eof | Tok::Newline | Tok::Op(_) => return Ok(()),
            }
        }
    }

    fn function(&mut self, name: &[u8]) -> Result<(), SyntaxError> {
        self.take();
        if self.peek(Flags::NONE)? != Tok::Op(")") {
            return Err(self.unexpected(Some("\")\"")));
        }
        self.take();
        let special = SPECIAL.iter().any(|special| special.as_bytes() == name);
        if !self.lexer.bash && (!is_name(name) || special) {
            return Err(self.lexer.error("Bad function name"));
        }
        self.function_body()
    }

    fn is_assignment(&self, tok: &Tok) -> bool {
        match tok {
            Tok::Plain(text) => super::assignment::is_assignment(text),
            Tok::Word(slot) => {
                super::assignment::assignment_parts(&self.lexer.slots[*slot]).is_some()
            }
            _ => false,
        }
    }

    fn array_follows(&mut self, tok: &Tok) -> bool {
        matches!(tok, Tok::Plain(text) if text.ends_with(b"=")) && self.lexer.raw(0) == Some(b'(')
    }

    /// `name=(values)`.
    fn array(&mut self) -> Result<(), SyntaxError> {
        self.take();
        self.peek(Flags::NONE)?;
        self.take();
        loop {
            match self.peek(Flags { newlines: true, keywords: false, alias: false })? {
                Tok::Op(")") => {
                    self.take();
                    return Ok(());
                }
                Tok::Plain(_) => self.take(),
                Tok::Word(slot) => {
                    self.skip();
                    self.word(super::scan::mark(slot));
                }
                _ => return Err(self.unexpected(None)),
            }
        }
    }

    pub(super) fn redirect(&mut self) -> Result<(), SyntaxError> {
        let Tok::Redirect(fd, op) = self.peek(Flags::NONE)? else { return Ok(()) };
        self.skip();
        let here = matches!(op, "<<" | "<<-");
        if let Some(fd) = fd {
            let span = self.span(true);
            self.tokens.push(brush_parser::Token::Word(fd.to_string(), span));
        }
        self.operator(op);
        let tok = self.peek(Flags::NONE)?;
        if !matches!(tok, Tok::Plain(_) | Tok::Word(_)) {
            return Err(self.unexpected(None));
        }
        if here {
            self.here_tag(&tok, op == "<<-");
            return Ok(());
        }
        self.take();
        Ok(())
    }

    fn here_tag(&mut self, tok: &Tok, strip_tabs: bool) {
        let word = match tok {
            Tok::Plain(text) => Word::text(text),
            Tok::Word(slot) => self.lexer.slots[*slot].clone(),
            _ => Word::default(),
        };
        let mut end = Vec::new();
        let mut quoted = false;
        for piece in &word.pieces {
            match piece {
                Piece::Text(text) => end.extend_from_slice(text),
                Piece::Quoted(text) => {
                    quoted = true;
                    end.extend_from_slice(text);
                }
                _ => {}
            }
        }
        self.skip();
        let slot = self.lexer.keep(Word::default());
        self.lexer.heres.push(PendingHere { slot, end, quoted, strip_tabs });
        self.word("end".to_owned());
        self.word(super::scan::mark(slot));
        self.word("end".to_owned());
    }
}

impl super::lex::Lexer<'_> {
    /// True where two parentheses begin arithmetic, not a subshell in another: they close together. The second is next.
    pub(super) fn closes_double(&mut self) -> bool {
        let mut depth = 0_usize;
        let mut ahead = 1;
        while let Some(byte) = self.raw(ahead) {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 0 => return self.raw(ahead + 1) == Some(b')'),
                b')' => depth -= 1,
                b'\\' => ahead += 1,
                _ => {}
            }
            ahead += 1;
        }
        false
    }
}

/// True for what a variable may be named.
pub fn is_name(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_'))
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
