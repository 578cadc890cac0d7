//! Reading of programs.

mod expression;

use std::collections::HashMap;

use super::lexer::{Token, tokens};
use super::tree::{Expr, Function, Program, SPECIAL, Slot, Statement, Target, When};

/// How deep a program may be nested: the parser calls itself, and so does who runs it.
const DEPTH_MAX: usize = 200;

/// Reads a program.
pub(super) fn parse(text: &[u8]) -> Result<Program, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        program: Program::default(),
        globals: HashMap::new(),
        locals: Vec::new(),
        functions: HashMap::new(),
        defined: Vec::new(),
        depth: 0,
        no_in: false,
        no_greater: false,
    };
    for name in SPECIAL {
        parser.slot(name);
    }
    parser.items()?;
    if parser.defined.contains(&false) {
        return Err("1: Call to undefined function".to_owned());
    }
    Ok(parser.program)
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    program: Program,
    globals: HashMap<String, usize>,
    /// The parameters of the function that is read.
    locals: Vec<String>,
    functions: HashMap<String, usize>,
    defined: Vec<bool>,
    depth: usize,
    /// `in` is not read as an operator.
    no_in: bool,
    /// `>` is not read as an operator.
    no_greater: bool,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)].0
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn is(&self, operator: &str) -> bool {
        matches!(self.peek(), Token::Operator(here) if *here == operator)
    }

    fn take(&mut self, operator: &str) -> bool {
        let is_here = self.is(operator);
        self.at += usize::from(is_here);
        is_here
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Token::Keyword(here) if *here == keyword)
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let is_here = self.is_keyword(keyword);
        self.at += usize::from(is_here);
        is_here
    }

    fn expect(&mut self, operator: &str) -> Result<(), String> {
        if self.take(operator) { Ok(()) } else { self.unexpected() }
    }

    fn unexpected<T>(&self) -> Result<T, String> {
        let line = self.tokens[self.at.min(self.tokens.len() - 1)].1;
        Err(format!("{line}: Unexpected token"))
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { self.unexpected() } else { Ok(()) }
    }

    fn skip_newlines(&mut self) {
        while *self.peek() == Token::Newline {
            self.at += 1;
        }
    }

    fn skip_ends(&mut self) {
        while *self.peek() == Token::Newline || self.is(";") {
            self.at += 1;
        }
    }

    fn slot(&mut self, name: &str) -> Slot {
        if let Some(index) = self.locals.iter().position(|local| local == name) {
            return Slot::Local(index);
        }
        if let Some(index) = self.globals.get(name) {
            return Slot::Global(*index);
        }
        let index = self.program.globals.len();
        self.globals.insert(name.to_owned(), index);
        self.program.globals.push(name.to_owned());
        Slot::Global(index)
    }

    fn function_index(&mut self, name: &str) -> usize {
        if let Some(index) = self.functions.get(name) {
            return *index;
        }
        let index = self.program.functions.len();
        self.functions.insert(name.to_owned(), index);
        self.program.functions.push(Function::default());
        self.defined.push(false);
        index
    }

    fn items(&mut self) -> Result<(), String> {
        loop {
            self.skip_ends();
            if *self.peek() == Token::End {
                return Ok(());
            }
            if self.take_keyword("BEGIN") {
                let body = self.action()?;
                self.program.begin.push(body);
            } else if self.take_keyword("END") {
                let body = self.action()?;
                self.program.end.push(body);
            } else if self.take_keyword("function") {
                self.function()?;
            } else {
                self.rule()?;
            }
        }
    }

    fn function(&mut self) -> Result<(), String> {
        let (Token::Name(name) | Token::Function(name)) = self.advance() else {
            self.at -= 1;
            return self.unexpected();
        };
        let index = self.function_index(&name);
        self.expect("(")?;
        while !self.take(")") {
            self.skip_newlines();
            let Token::Name(parameter) = self.advance() else {
                self.at -= 1;
                return self.unexpected();
            };
            self.locals.push(parameter);
            self.skip_newlines();
            if !self.is(")") {
                self.expect(",")?;
            }
        }
        self.skip_newlines();
        let body = self.action()?;
        let parameters = std::mem::take(&mut self.locals).len();
        self.program.functions[index] = Function { parameters, body };
        self.defined[index] = true;
        Ok(())
    }

    fn rule(&mut self) -> Result<(), String> {
        let when = if self.is("{") {
            When::Always
        } else {
            let first = self.expression()?;
            if self.take(",") {
                self.skip_newlines();
                self.program.ranges += 1;
                When::Range(first, self.expression()?, self.program.ranges - 1)
            } else {
                When::Holds(first)
            }
        };
        let body = if self.is("{") { Some(self.action()?) } else { None };
        self.program.rules.push((when, body));
        Ok(())
    }

    fn action(&mut self) -> Result<Vec<Statement>, String> {
        self.expect("{")?;
        let mut statements = Vec::new();
        loop {
            self.skip_ends();
            if self.take("}") {
                return Ok(statements);
            }
            statements.push(self.statement()?);
        }
    }

    /// The end of a simple statement, which a closing brace may be too.
    fn end(&mut self) -> Result<(), String> {
        if self.take(";") || self.is("}") || *self.peek() == Token::End {
            return Ok(());
        }
        if *self.peek() == Token::Newline {
            self.at += 1;
            return Ok(());
        }
        self.unexpected()
    }

    fn statement(&mut self) -> Result<Statement, String> {
        self.deeper()?;
        let statement = self.statement_inner();
        self.depth -= 1;
        statement
    }

    fn statement_inner(&mut self) -> Result<Statement, String> {
        if self.is("{") {
            return Ok(Statement::Block(self.action()?));
        }
        if self.take(";") {
            return Ok(Statement::Block(Vec::new()));
        }
        let Token::Keyword(keyword) = *self.peek() else { return self.ended_simple() };
        match keyword {
            "if" => {
                let condition = self.condition()?;
                let then = Box::new(self.body()?);
                let before = self.at;
                self.skip_ends();
                if self.take_keyword("else") {
                    return Ok(Statement::If(condition, then, Some(Box::new(self.body()?))));
                }
                self.at = before;
                Ok(Statement::If(condition, then, None))
            }
            "while" => {
                let condition = self.condition()?;
                if self.take(";") {
                    return Ok(Statement::While(condition, Box::new(Statement::Block(Vec::new()))));
                }
                Ok(Statement::While(condition, Box::new(self.body()?)))
            }
            "do" => {
                self.at += 1;
                let body = Box::new(self.body()?);
                self.skip_ends();
                if !self.is_keyword("while") {
                    return self.unexpected();
                }
                let condition = self.condition()?;
                self.end()?;
                Ok(Statement::Do(body, condition))
            }
            "for" => self.for_loop(),
            _ => self.ended_simple(),
        }
    }

    fn ended_simple(&mut self) -> Result<Statement, String> {
        let statement = self.simple()?;
        self.end()?;
        Ok(statement)
    }

    /// What follows a condition, on the same line or the next.
    fn body(&mut self) -> Result<Statement, String> {
        self.skip_newlines();
        self.statement()
    }

    fn condition(&mut self) -> Result<Expr, String> {
        self.at += 1;
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Ok(condition)
    }

    fn for_loop(&mut self) -> Result<Statement, String> {
        self.at += 1;
        self.expect("(")?;
        let token = |ahead: usize| self.tokens.get(self.at + ahead).map(|(token, _)| token.clone());
        if let (Some(Token::Name(name)), Some(Token::Keyword("in")), Some(Token::Name(array))) =
            (token(0), token(1), token(2))
            && token(3) == Some(Token::Operator(")"))
        {
            self.at += 4;
            let (variable, array) = (self.slot(&name), self.slot(&array));
            return Ok(Statement::ForIn(variable, array, Box::new(self.body()?)));
        }
        let first = if self.is(";") { None } else { Some(Box::new(self.simple()?)) };
        self.expect(";")?;
        self.skip_newlines();
        let condition = if self.is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        self.skip_newlines();
        let step = if self.is(")") { None } else { Some(Box::new(self.simple()?)) };
        self.expect(")")?;
        let body = if self.take(";") { Statement::Block(Vec::new()) } else { self.body()? };
        Ok(Statement::For(first, condition, step, Box::new(body)))
    }

    fn at_end(&self) -> bool {
        self.is(";") || self.is("}") || matches!(self.peek(), Token::Newline | Token::End)
    }

    fn simple(&mut self) -> Result<Statement, String> {
        let Token::Keyword(keyword) = *self.peek() else {
            return Ok(Statement::Expr(self.expression()?));
        };
        if keyword == "getline" {
            return Ok(Statement::Expr(self.expression()?));
        }
        self.at += 1;
        let value = |parser: &mut Self| {
            if parser.at_end() { Ok(None) } else { parser.expression().map(Some) }
        };
        Ok(match keyword {
            "print" | "printf" => return self.print(keyword == "printf"),
            "next" => Statement::Next,
            "nextfile" => Statement::NextFile,
            "break" => Statement::Break,
            "continue" => Statement::Continue,
            "exit" => Statement::Exit(value(self)?),
            "return" => Statement::Return(value(self)?),
            "delete" => {
                let Token::Name(name) = self.advance() else { return self.unexpected() };
                let slot = self.slot(&name);
                let keys = if self.take("[") { Some(self.list("]")?) } else { None };
                Statement::Delete(slot, keys)
            }
            _ => {
                self.at -= 1;
                return self.unexpected();
            }
        })
    }

    fn print(&mut self, formatted: bool) -> Result<Statement, String> {
        let mut values = Vec::new();
        self.no_greater = true;
        let is_bare = self.at_end() || self.is(">") || self.is(">>") || self.is("|");
        if !is_bare {
            values.push(self.expression()?);
            while self.take(",") {
                self.skip_newlines();
                values.push(self.expression()?);
            }
        }
        // `print (a, b)` has one list in brackets.
        if let [Expr::List(_)] = values[..]
            && let Some(Expr::List(inner)) = values.pop()
        {
            values = inner;
        }
        self.no_greater = false;
        let target = if self.take(">") {
            Some(Target::File(self.target()?))
        } else if self.take(">>") {
            Some(Target::Append(self.target()?))
        } else if self.take("|") {
            Some(Target::Command(self.target()?))
        } else {
            None
        };
        if formatted {
            return Ok(Statement::Printf(values, target));
        }
        Ok(Statement::Print(values, target))
    }

    fn target(&mut self) -> Result<Expr, String> {
        self.no_greater = true;
        let target = self.condition_of();
        self.no_greater = false;
        target
    }
}
