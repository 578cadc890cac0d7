//! Reading of expressions, the loosest operators first.

use std::rc::Rc;

use sandbox_world::pattern::{Pattern, Syntax};

use super::Parser;
use crate::awk::lexer::Token;
use crate::awk::tree::{Expr, Source};
use crate::awk::value::Value;

impl Parser {
    pub(super) fn expression(&mut self) -> Result<Expr, String> {
        self.deeper()?;
        let expression = self.assignment();
        self.depth -= 1;
        expression
    }

    fn assignment(&mut self) -> Result<Expr, String> {
        let left = self.condition_of()?;
        let Some(operator) = self.operator(&["=", "+=", "-=", "*=", "/=", "%=", "^="]) else {
            return Ok(left);
        };
        if !matches!(left, Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)) {
            return self.unexpected();
        }
        self.at += 1;
        self.skip_newlines();
        let operator = operator.as_bytes().first().copied().filter(|first| *first != b'=');
        let right = self.expression()?;
        Ok(Expr::Assign(operator, Box::new(left), Box::new(right)))
    }

    pub(super) fn condition_of(&mut self) -> Result<Expr, String> {
        let condition = self.or()?;
        if !self.take("?") {
            return Ok(condition);
        }
        self.skip_newlines();
        let then = self.expression()?;
        self.skip_newlines();
        self.expect(":")?;
        self.skip_newlines();
        let other = self.expression()?;
        Ok(Expr::Condition(Box::new(condition), Box::new(then), Box::new(other)))
    }

    fn or(&mut self) -> Result<Expr, String> {
        let mut left = self.and()?;
        while self.take("||") {
            self.skip_newlines();
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut left = self.membership()?;
        while self.take("&&") {
            self.skip_newlines();
            left = Expr::And(Box::new(left), Box::new(self.membership()?));
        }
        Ok(left)
    }

    fn membership(&mut self) -> Result<Expr, String> {
        let mut left = self.matching()?;
        while !self.no_in && self.take_keyword("in") {
            let Token::Name(name) = self.advance() else { return self.unexpected() };
            let slot = self.slot(&name);
            let keys = if let Expr::List(keys) = left { keys } else { vec![left] };
            left = Expr::In(keys, slot);
        }
        Ok(left)
    }

    fn matching(&mut self) -> Result<Expr, String> {
        let mut left = self.comparison()?;
        loop {
            let negated = self.is("!~");
            if !negated && !self.is("~") {
                return Ok(left);
            }
            self.at += 1;
            let right = self.comparison()?;
            left = Expr::Match(negated, Box::new(left), Box::new(right));
        }
    }

    fn comparison(&mut self) -> Result<Expr, String> {
        let mut left = self.concatenation()?;
        loop {
            let next_is_getline =
                matches!(self.tokens.get(self.at + 1), Some((Token::Keyword("getline"), _)));
            if self.is("|") && next_is_getline {
                self.at += 2;
                let target = self.getline_target()?;
                left = Expr::Getline(target, Source::Command(Box::new(left)));
                continue;
            }
            let operator = self.operator(&["<", "<=", "==", "!=", ">", ">="]);
            let Some(operator) = operator.filter(|found| *found != ">" || !self.no_greater) else {
                return Ok(left);
            };
            self.at += 1;
            let right = self.concatenation()?;
            left = Expr::Compare(operator, Box::new(left), Box::new(right));
        }
    }

    fn concatenation(&mut self) -> Result<Expr, String> {
        let mut left = self.sum()?;
        while self.begins_value() {
            let right = self.sum()?;
            left = Expr::Concat(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    /// The operator here, if it is one of these.
    fn operator(&self, wanted: &[&str]) -> Option<&'static str> {
        let Token::Operator(operator) = *self.peek() else { return None };
        wanted.contains(&operator).then_some(operator)
    }

    fn begins_value(&self) -> bool {
        match self.peek() {
            Token::Number(_) | Token::Text(_) | Token::Regex(_) | Token::Name(_) => true,
            Token::Function(_) | Token::Builtin(_) => true,
            Token::Operator(operator) => {
                matches!(*operator, "$" | "!" | "(" | "-" | "+" | "++" | "--")
            }
            Token::Keyword(_) | Token::Newline | Token::End => false,
        }
    }

    fn sum(&mut self) -> Result<Expr, String> {
        let mut left = self.product()?;
        loop {
            let Some(operator) = self.operator(&["+", "-"]) else { return Ok(left) };
            let operator = operator.as_bytes()[0];
            self.at += 1;
            left = Expr::Arithmetic(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expr, String> {
        let mut left = self.unary()?;
        loop {
            let Some(operator) = self.operator(&["*", "/", "%"]) else { return Ok(left) };
            let operator = operator.as_bytes()[0];
            self.at += 1;
            left = Expr::Arithmetic(operator, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Result<Expr, String> {
        self.deeper()?;
        let value = if self.take("!") {
            Expr::Not(Box::new(self.unary()?))
        } else if self.take("-") {
            Expr::Negate(Box::new(self.unary()?))
        } else if self.take("+") {
            Expr::Plus(Box::new(self.unary()?))
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn power(&mut self) -> Result<Expr, String> {
        let base = self.postfix()?;
        if !self.take("^") {
            return Ok(base);
        }
        // The exponent may have a sign, and binds to the right.
        let exponent = self.unary()?;
        Ok(Expr::Arithmetic(b'^', Box::new(base), Box::new(exponent)))
    }

    fn postfix(&mut self) -> Result<Expr, String> {
        for (operator, by) in [("++", 1.0), ("--", -1.0)] {
            if self.take(operator) {
                let target = self.postfix()?;
                return Ok(Expr::Step(by, false, Box::new(target)));
            }
        }
        let value = self.primary()?;
        if matches!(value, Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)) {
            for (operator, by) in [("++", 1.0), ("--", -1.0)] {
                if self.take(operator) {
                    return Ok(Expr::Step(by, true, Box::new(value)));
                }
            }
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Expr, String> {
        match self.advance() {
            Token::Number(number) => Ok(Expr::Constant(Value::Number(number))),
            Token::Text(text) => Ok(Expr::Constant(Value::text(text))),
            Token::Regex(text) => {
                let pattern = Pattern::new(&text, Syntax::EXTENDED);
                pattern.map(|pattern| Expr::Regex(Rc::new(pattern))).map_err(|error| {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    format!("1: bad regex '{text}': {error}")
                })
            }
            Token::Name(name) => {
                let slot = self.slot(&name);
                if self.take("[") {
                    return Ok(Expr::Element(slot, self.list("]")?));
                }
                Ok(Expr::Variable(slot))
            }
            Token::Function(name) => {
                let index = self.function_index(&name);
                self.expect("(")?;
                Ok(Expr::Call(index, self.list(")")?))
            }
            Token::Builtin(name) => {
                if self.take("(") {
                    return Ok(Expr::Builtin(name, self.list(")")?));
                }
                if name == "length" {
                    return Ok(Expr::Builtin(name, Vec::new()));
                }
                self.unexpected()
            }
            Token::Operator("$") => {
                let index = if self.take("-") {
                    Expr::Negate(Box::new(self.postfix()?))
                } else if self.is("++") || self.is("--") {
                    self.postfix()?
                } else {
                    self.primary()?
                };
                Ok(Expr::Field(Box::new(index)))
            }
            Token::Operator("(") => self.bracketed(),
            Token::Keyword("getline") => {
                let target = self.getline_target()?;
                let source = if self.take("<") {
                    Source::File(Box::new(self.primary()?))
                } else {
                    Source::Main
                };
                Ok(Expr::Getline(target, source))
            }
            Token::Operator(_) | Token::Keyword(_) | Token::Newline | Token::End => {
                self.at -= 1;
                self.unexpected()
            }
        }
    }

    fn bracketed(&mut self) -> Result<Expr, String> {
        let (no_in, no_greater) = (self.no_in, self.no_greater);
        (self.no_in, self.no_greater) = (false, false);
        let mut list = self.list(")")?;
        (self.no_in, self.no_greater) = (no_in, no_greater);
        match (list.len(), list.pop()) {
            (0, _) => self.unexpected(),
            (1, Some(only)) => Ok(only),
            (_, last) => {
                list.extend(last);
                Ok(Expr::List(list))
            }
        }
    }

    fn getline_target(&mut self) -> Result<Option<Box<Expr>>, String> {
        if matches!(self.peek(), Token::Name(_)) || self.is("$") {
            return Ok(Some(Box::new(self.primary()?)));
        }
        Ok(None)
    }

    /// Expressions with commas between them, up to a closing mark.
    pub(super) fn list(&mut self, close: &str) -> Result<Vec<Expr>, String> {
        let mut list = Vec::new();
        self.skip_newlines();
        while !self.take(close) {
            list.push(self.expression()?);
            self.skip_newlines();
            if !self.is(close) {
                self.expect(",")?;
                self.skip_newlines();
            }
        }
        Ok(list)
    }
}
