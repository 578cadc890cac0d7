//! Arithmetic over the shell's variables.

use super::sink::{Mode, Sink};
use crate::shell::{Flow, Shell, Stop};
use crate::vars::Value;
use sandbox_script::arith::{self, ArithError, Expr, Scope, evaluate, plain_number};
use sandbox_script::{ArithText, Param};

/// A value that names a variable that names a variable: bash follows this far.
const VALUES_DEPTH_MAX: usize = 64;

/// Why an expression has no value.
pub(crate) enum Fault {
    /// The text is wrong: it is told together with the whole expression.
    Wrong(ArithError),
    /// A parameter is no plain number: the text is to be expanded.
    NotPlain,
    /// It was told already.
    Stop(Stop),
}

impl From<ArithError> for Fault {
    fn from(error: ArithError) -> Self {
        Self::Wrong(error)
    }
}

struct Numbers<'s> {
    shell: &'s mut Shell,
    depth: usize,
}

impl Shell {
    /// The value of arithmetic in the script.
    pub(crate) fn arith(&mut self, text: &ArithText) -> Flow<i64> {
        if let Some(expr) = &text.parsed {
            match evaluate(expr, &mut Numbers { shell: self, depth: 0 }) {
                Ok(value) => return Ok(value),
                Err(Fault::Stop(stop)) => return Err(stop),
                Err(Fault::NotPlain | Fault::Wrong(_)) => {}
            }
        }
        let mut sink = Sink::new(Mode::Text, false);
        self.expand_pieces(&text.text.pieces, &mut sink)?;
        self.arith_text(&sink.into_text())
    }

    /// The value of arithmetic as text.
    pub(crate) fn arith_text(&mut self, text: &[u8]) -> Flow<i64> {
        let result = arith::parse(text, &[], self.bash).map_err(Fault::Wrong);
        let result =
            result.and_then(|expr| evaluate(&expr, &mut Numbers { shell: self, depth: 0 }));
        match result {
            Ok(value) => Ok(value),
            Err(Fault::Stop(stop)) => Err(stop),
            Err(Fault::NotPlain) => Ok(0),
            Err(Fault::Wrong(error)) => self.arith_error(text, &error),
        }
    }

    fn arith_error(&mut self, text: &[u8], error: &ArithError) -> Flow<i64> {
        let mut message = Vec::new();
        if self.bash {
            message.extend_from_slice(self.arith_prefix.as_bytes());
            let trimmed = text.trim_ascii_start();
            message.extend_from_slice(trimmed);
            message.extend_from_slice(format!(": {}", error.message).as_bytes());
            let token = match &error.token {
                Some(token) => Some(token.as_slice()),
                None => Some(
                    trimmed
                        .rsplit(|b| matches!(b, b'/' | b'%'))
                        .next()
                        .unwrap_or(b"")
                        .trim_ascii_start(),
                ),
            };
            if let Some(token) = token {
                message.extend_from_slice(b" (error token is \"");
                message.extend_from_slice(token);
                message.extend_from_slice(b"\")");
            }
        } else {
            message.extend_from_slice(b"arithmetic expression: ");
            message.extend_from_slice(error.message.as_bytes());
            message.extend_from_slice(b": \"");
            message.extend_from_slice(text);
            message.push(b'"');
        }
        self.fail(message)
    }
}

impl Numbers<'_> {
    fn number(&mut self, text: Option<Vec<u8>>) -> Result<i64, Fault> {
        let Some(text) = text else { return Ok(0) };
        if let Some(value) = plain_number(&text) {
            return Ok(value);
        }
        if self.shell.bash {
            return self.nested(&text);
        }
        let trimmed = text.trim_ascii_start();
        if trimmed.is_empty() {
            return Ok(0);
        }
        match crate::numbers::integer(trimmed) {
            Some(value) => Ok(value),
            None => {
                let mut message = b"Illegal number: ".to_vec();
                message.extend_from_slice(&text);
                Err(Fault::Stop(match self.shell.fail::<()>(message) {
                    Err(stop) => stop,
                    Ok(()) => Stop::Error,
                }))
            }
        }
    }

    /// Bash takes a value as an expression.
    fn nested(&mut self, text: &[u8]) -> Result<i64, Fault> {
        self.depth += 1;
        if self.depth > VALUES_DEPTH_MAX {
            let message = "expression recursion level exceeded".to_owned();
            return Err(Fault::Wrong(ArithError { message, token: None }));
        }
        let expr = arith::parse(text, &[], true)?;
        let value = evaluate(&expr, self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn key(&mut self, text: &[u8]) -> Vec<u8> {
        // A subscript may hold quotes and expansions of its own.
        let word = sandbox_script::word_of(text, true);
        self.shell.expand_text(&word).unwrap_or_default()
    }

    fn unset(&mut self, name: &[u8]) -> Result<i64, Fault> {
        if self.shell.options.nounset {
            return Err(Fault::Stop(match self.shell.unset_error(name) {
                Err(stop) => stop,
                Ok(()) => Stop::Error,
            }));
        }
        Ok(0)
    }
}

impl Scope for Numbers<'_> {
    type Error = Fault;

    fn variable(&mut self, name: &[u8]) -> Result<i64, Fault> {
        match self.shell.vars.get(name) {
            Some(text) => match plain_number(text) {
                Some(value) => Ok(value),
                None => {
                    let text = text.to_vec();
                    self.number(Some(text))
                }
            },
            None => match self.shell.dynamic(name) {
                Some(text) => self.number(Some(text)),
                None => self.unset(name),
            },
        }
    }

    fn element(&mut self, name: &[u8], text: &[u8], index: &Expr) -> Result<i64, Fault> {
        let value = match self.shell.vars.value(name) {
            Some(Value::Associative(table)) => {
                let table = table.clone();
                let key = self.key(text);
                table.get(&key).cloned()
            }
            Some(Value::Indexed(array)) => {
                let array = array.clone();
                let index = evaluate(index, self)?;
                let last = array.keys().next_back().copied().unwrap_or(-1);
                array.get(&if index < 0 { last + 1 + index } else { index }).cloned()
            }
            Some(Value::Text(text)) => {
                let text = text.clone();
                (evaluate(index, self)? == 0).then_some(text)
            }
            None => None,
        };
        self.number(value)
    }

    fn param(&mut self, param: &Param) -> Result<i64, Fault> {
        if let Some(value) = self.shell.plain_value(param) {
            return plain_number(&value).ok_or(Fault::NotPlain);
        }
        let value = self.shell.special_number(param).ok_or(Fault::NotPlain)?;
        Ok(value)
    }

    fn assign(&mut self, name: &[u8], value: i64) -> Result<(), Fault> {
        let mut digits = [0; 24];
        let text = crate::numbers::write(value, &mut digits);
        match self.shell.vars.set(name, text) {
            Ok(()) => Ok(()),
            Err(_) => Err(Fault::Stop(match self.shell.readonly_error(name) {
                Err(stop) => stop,
                Ok(()) => Stop::Error,
            })),
        }
    }

    fn assign_element(
        &mut self,
        name: &[u8],
        text: &[u8],
        index: &Expr,
        value: i64,
    ) -> Result<(), Fault> {
        let value = value.to_string().into_bytes();
        let associative = matches!(self.shell.vars.value(name), Some(Value::Associative(_)));
        let result = if associative {
            let key = self.key(text);
            self.shell.set_keyed(name, &key, value, false)
        } else {
            let index = evaluate(index, self)?;
            self.shell.set_indexed(name, index, value, false)
        };
        result.map_err(Fault::Stop)
    }

    fn bash(&self) -> bool {
        self.shell.bash
    }
}
