//! The words of a program.

use bstr::ByteSlice;
use sandbox_world::escapes::unescape;

use super::value::prefix;

/// A word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(Vec<u8>),
    Regex(Vec<u8>),
    Name(String),
    /// A name with a bracket right behind it.
    Function(String),
    Builtin(&'static str),
    Keyword(&'static str),
    Operator(&'static str),
    Newline,
    End,
}

const KEYWORDS: &[&str] = &[
    "BEGIN", "END", "function", "func", "if", "else", "while", "for", "do", "break", "continue",
    "next", "nextfile", "exit", "return", "delete", "in", "getline", "print", "printf",
];

const BUILTINS: &[&str] = &[
    "length", "substr", "index", "split", "sub", "gsub", "match", "sprintf", "tolower", "toupper",
    "sin", "cos", "atan2", "exp", "log", "sqrt", "int", "rand", "srand", "system", "close",
    "fflush", "systime", "strftime", "mktime", "and", "or", "xor", "compl", "lshift", "rshift",
];

/// The longest first.
const OPERATORS: &[&str] = &[
    "**=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**", "==", "<=", ">=",
    "!=", "!~", ">>", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!",
    "<", ">", "|", "?", ":", "~", "$", "=",
];

/// The words with the numbers of their lines.
pub(super) fn tokens(text: &[u8]) -> Result<Vec<(Token, usize)>, String> {
    let mut lexer = Lexer { text, at: 0, line: 1, tokens: Vec::new() };
    while lexer.one()? {}
    let line = lexer.line;
    lexer.tokens.push((Token::Newline, line));
    lexer.tokens.push((Token::End, line));
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    line: usize,
    tokens: Vec<(Token, usize)>,
}

impl Lexer<'_> {
    fn push(&mut self, token: Token) {
        self.tokens.push((token, self.line));
    }

    fn one(&mut self) -> Result<bool, String> {
        let rest = &self.text[self.at..];
        let Some(first) = rest.first().copied() else { return Ok(false) };
        match first {
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\\' if rest[1..].starts_with(b"\n") || rest[1..].starts_with(b"\r\n") => {
                self.at += rest.find_byte(b'\n').unwrap_or(0) + 1;
                self.line += 1;
            }
            b'\n' => {
                self.push(Token::Newline);
                self.at += 1;
                self.line += 1;
            }
            b'#' => self.at += rest.find_byte(b'\n').unwrap_or(rest.len()),
            b'"' => {
                let text = self.quoted(b'"')?;
                self.push(Token::Text(text));
            }
            b'/' if self.begins_regex() => {
                let text = self.quoted(b'/')?;
                self.push(Token::Regex(text));
            }
            b'0'..=b'9' | b'.' if first != b'.' || rest.get(1).is_some_and(u8::is_ascii_digit) => {
                self.number();
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            _ => {
                let known = OPERATORS.iter().find(|operator| rest.starts_with(operator.as_bytes()));
                let Some(operator) = known else {
                    return Err(format!("{}: Unexpected token", self.line));
                };
                self.at += operator.len();
                self.push(Token::Operator(match *operator {
                    "**" => "^",
                    "**=" => "^=",
                    other => other,
                }));
            }
        }
        Ok(true)
    }

    /// A slash divides behind a value, and begins an expression everywhere else.
    fn begins_regex(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some((Token::Operator(operator), _)) => {
                !matches!(*operator, ")" | "]" | "++" | "--" | "$")
            }
            Some((Token::Builtin(name), _)) => *name != "length",
            Some((Token::Keyword(_) | Token::Newline | Token::Function(_) | Token::End, _)) => true,
            Some((Token::Number(_) | Token::Text(_) | Token::Regex(_) | Token::Name(_), _)) => {
                false
            }
        }
    }

    fn number(&mut self) {
        let rest = &self.text[self.at..];
        let (value, length) = prefix(rest);
        self.at += length.max(1);
        self.push(Token::Number(value));
    }

    fn word(&mut self) {
        let rest = &self.text[self.at..];
        let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let length = rest.iter().take_while(is_letter).count();
        let word = rest[..length].to_str_lossy().into_owned();
        self.at += length;
        let find = |list: &[&'static str]| list.iter().find(|known| **known == word).copied();
        let token = if let Some(keyword) = find(KEYWORDS) {
            Token::Keyword(if keyword == "func" { "function" } else { keyword })
        } else if let Some(builtin) = find(BUILTINS) {
            Token::Builtin(builtin)
        } else if rest.get(length) == Some(&b'(') {
            Token::Function(word)
        } else {
            Token::Name(word)
        };
        self.push(token);
    }

    /// What stands up to the mark; an expression keeps its escapes but that of the mark.
    fn quoted(&mut self, mark: u8) -> Result<Vec<u8>, String> {
        self.at += 1;
        let mut out = Vec::new();
        let mut in_set = false;
        loop {
            let rest = &self.text[self.at..];
            let Some(first) = rest.first().copied().filter(|byte| *byte != b'\n') else {
                return Err(format!("{}: Unexpected end of string", self.line));
            };
            self.at += 1;
            if mark == b'/' {
                match first {
                    b'[' if !in_set => {
                        in_set = true;
                        out.push(first);
                        if rest.get(1) == Some(&b'^') {
                            out.push(b'^');
                            self.at += 1;
                        }
                        // A closing one at the start belongs to the set.
                        if self.text.get(self.at) == Some(&b']') {
                            out.push(b']');
                            self.at += 1;
                        }
                        continue;
                    }
                    b']' => in_set = false,
                    _ => {}
                }
            }
            if first == mark && !in_set {
                return Ok(out);
            }
            if first != b'\\' {
                out.push(first);
                continue;
            }
            let Some(next) = rest.get(1).copied() else { continue };
            if next == mark {
                self.at += 1;
                out.push(next);
            } else if mark == b'/' {
                self.at += 1;
                out.extend_from_slice(&[b'\\', next]);
            } else if next == b'/' {
                self.at += 1;
                out.push(next);
            } else if next == b'\n' {
                self.at += 1;
                self.line += 1;
            } else {
                let (byte, count) = unescape(&rest[1..]);
                self.at += count;
                out.push(byte);
            }
        }
    }
}
