//! Text to an expression, by precedence.

use std::sync::Arc;

use super::{ArithError, Binary, Expr, Unary};
use crate::syntax::{Param, is_name};

/// Parentheses and operators inside one another.
const DEPTH_MAX: usize = 200;

/// Parses text in which byte 1 and a number stand for one of `params`.
pub fn parse(text: &[u8], params: &[Arc<Param>], bash: bool) -> Result<Expr, ArithError> {
    let mut parser = Parser { text, at: 0, params, bash, depth: 0, last: 0 };
    parser.blanks();
    if parser.at == text.len() {
        // Nothing is 0 in bash, and an error in dash.
        if bash {
            return Ok(Expr::Number(0));
        }
        return Err(parser.error("expecting primary"));
    }
    let expr = parser.comma()?;
    parser.blanks();
    if parser.at < text.len() {
        let message = if bash { "syntax error in expression" } else { "expecting EOF" };
        return Err(parser.error(message));
    }
    Ok(expr)
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    params: &'t [Arc<Param>],
    bash: bool,
    depth: usize,
    /// Where the last operator began.
    last: usize,
}

/// Operators between operands, the strongest last; the longer of two before the shorter.
const LEVELS: &[&[(&str, Binary)]] = &[
    &[("|", Binary::BitOr)],
    &[("^", Binary::BitXor)],
    &[("&", Binary::BitAnd)],
    &[("==", Binary::Equal), ("!=", Binary::NotEqual)],
    &[
        ("<=", Binary::LessEqual),
        (">=", Binary::GreaterEqual),
        ("<", Binary::Less),
        (">", Binary::Greater),
    ],
    &[("<<", Binary::ShiftLeft), (">>", Binary::ShiftRight)],
    &[("+", Binary::Add), ("-", Binary::Subtract)],
    &[("*", Binary::Multiply), ("/", Binary::Divide), ("%", Binary::Remainder)],
];

/// Operators that assign.
const ASSIGNMENTS: &[(&str, Option<Binary>)] = &[
    ("=", None),
    ("+=", Some(Binary::Add)),
    ("-=", Some(Binary::Subtract)),
    ("*=", Some(Binary::Multiply)),
    ("/=", Some(Binary::Divide)),
    ("%=", Some(Binary::Remainder)),
    ("<<=", Some(Binary::ShiftLeft)),
    (">>=", Some(Binary::ShiftRight)),
    ("&=", Some(Binary::BitAnd)),
    ("^=", Some(Binary::BitXor)),
    ("|=", Some(Binary::BitOr)),
];

impl Parser<'_> {
    fn error(&self, message: &str) -> ArithError {
        let from = if self.at >= self.text.len() { self.last } else { self.at };
        ArithError { message: message.to_owned(), token: Some(self.text[from..].to_vec()) }
    }

    fn blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn starts(&mut self, op: &str) -> bool {
        self.blanks();
        self.text[self.at..].starts_with(op.as_bytes())
    }

    fn eat(&mut self, op: &str) -> bool {
        let there = self.starts(op);
        if there {
            self.last = self.at;
            self.at += op.len();
        }
        there
    }

    fn comma(&mut self) -> Result<Expr, ArithError> {
        let mut left = self.assignment()?;
        while self.bash && self.eat(",") {
            let right = self.assignment()?;
            left = Expr::Binary(Binary::Comma, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn assignment(&mut self) -> Result<Expr, ArithError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("nested too deep"));
        }
        let left = self.choice()?;
        if let Expr::Variable(_) | Expr::Element(..) = left {
            for (op, binary) in ASSIGNMENTS {
                let at = self.at;
                if self.eat(op) {
                    if *op == "=" && self.text.get(self.at) == Some(&b'=') {
                        self.at = at;
                        break;
                    }
                    let right = self.assignment()?;
                    self.depth -= 1;
                    return Ok(Expr::Assign(*binary, Box::new(left), Box::new(right)));
                }
            }
        }
        self.depth -= 1;
        if self.bash && self.starts("=") {
            return Err(self.error("attempted assignment to non-variable"));
        }
        Ok(left)
    }

    fn choice(&mut self) -> Result<Expr, ArithError> {
        let condition = self.or()?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.comma()?;
        if !self.eat(":") {
            let message =
                if self.bash { "`:' expected for conditional expression" } else { "expecting ':'" };
            return Err(self.error(message));
        }
        let no = self.assignment()?;
        Ok(Expr::Choice(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    fn or(&mut self) -> Result<Expr, ArithError> {
        let mut left = self.and()?;
        while self.eat("||") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, ArithError> {
        let mut left = self.level(0)?;
        while self.eat("&&") {
            left = Expr::And(Box::new(left), Box::new(self.level(0)?));
        }
        Ok(left)
    }

    fn level(&mut self, level: usize) -> Result<Expr, ArithError> {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.level(level + 1)?;
        'next: loop {
            for (op, binary) in *operators {
                if self.starts(op) && !self.is_longer(op) {
                    self.last = self.at;
                    self.at += op.len();
                    let right = self.level(level + 1)?;
                    left = Expr::Binary(*binary, Box::new(left), Box::new(right));
                    continue 'next;
                }
            }
            return Ok(left);
        }
    }

    /// True where the operator that stands here is the start of a longer one.
    fn is_longer(&self, op: &str) -> bool {
        let next = self.text.get(self.at + op.len()).copied();
        match (op, next) {
            ("|", Some(b'|' | b'=')) | ("&", Some(b'&' | b'=')) | ("^", Some(b'=')) => true,
            ("<", Some(b'<')) | (">", Some(b'>')) => true,
            ("<<" | ">>" | "+" | "-" | "/" | "%", Some(b'=')) => true,
            ("*", Some(b'=')) => true,
            ("*", Some(b'*')) => self.bash,
            _ => false,
        }
    }

    fn power(&mut self) -> Result<Expr, ArithError> {
        let base = self.unary()?;
        if self.bash && self.starts("**") && self.text.get(self.at + 2) != Some(&b'=') {
            self.at += 2;
            let exponent = self.power()?;
            return Ok(Expr::Binary(Binary::Power, Box::new(base), Box::new(exponent)));
        }
        Ok(base)
    }

    fn unary(&mut self) -> Result<Expr, ArithError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("nested too deep"));
        }
        self.blanks();
        let expr = match self.text.get(self.at) {
            Some(b'!') if self.text.get(self.at + 1) != Some(&b'=') => {
                self.at += 1;
                Expr::Unary(Unary::Not, Box::new(self.unary()?))
            }
            Some(b'~') => {
                self.at += 1;
                Expr::Unary(Unary::Complement, Box::new(self.unary()?))
            }
            Some(sign @ (b'-' | b'+')) => {
                let sign = *sign;
                if self.bash
                    && self.text.get(self.at + 1) == Some(&sign)
                    && let Some(step) = self.prefix_step(sign)
                {
                    self.depth -= 1;
                    return step;
                }
                self.at += 1;
                let operand = self.unary()?;
                if sign == b'-' { Expr::Unary(Unary::Minus, Box::new(operand)) } else { operand }
            }
            _ => self.postfix()?,
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn prefix_step(&mut self, sign: u8) -> Option<Result<Expr, ArithError>> {
        let at = self.at;
        self.at += 2;
        self.blanks();
        let named = matches!(self.text.get(self.at), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_'));
        if !named {
            self.at = at;
            return None;
        }
        let by = if sign == b'+' { 1 } else { -1 };
        Some(self.primary().map(|target| Expr::Step(by, false, Box::new(target))))
    }

    fn postfix(&mut self) -> Result<Expr, ArithError> {
        let expr = self.primary()?;
        if self.bash && matches!(expr, Expr::Variable(_) | Expr::Element(..)) {
            if self.eat("++") {
                return Ok(Expr::Step(1, true, Box::new(expr)));
            }
            if self.eat("--") {
                return Ok(Expr::Step(-1, true, Box::new(expr)));
            }
        }
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Expr, ArithError> {
        self.blanks();
        match self.text.get(self.at) {
            Some(b'(') => {
                self.at += 1;
                let inner = self.comma()?;
                if !self.eat(")") {
                    let message = if self.bash { "missing `)'" } else { "expecting ')'" };
                    return Err(self.error(message));
                }
                Ok(inner)
            }
            Some(1) => {
                self.at += 1;
                let digits = self.run(|byte| byte.is_ascii_digit());
                let index = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
                let param = index.and_then(|index: usize| self.params.get(index));
                param.map(|param| Expr::Param(Arc::clone(param))).ok_or_else(|| self.error(""))
            }
            Some(b'0'..=b'9') => self.number(),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
                let name: Box<[u8]> =
                    self.run(|byte| byte.is_ascii_alphanumeric() || byte == b'_').into();
                debug_assert!(is_name(&name));
                if self.bash && self.text.get(self.at) == Some(&b'[') {
                    return self.element(name);
                }
                Ok(Expr::Variable(name))
            }
            _ => {
                let message =
                    if self.bash { "syntax error: operand expected" } else { "expecting primary" };
                Err(self.error(message))
            }
        }
    }

    fn element(&mut self, name: Box<[u8]>) -> Result<Expr, ArithError> {
        self.at += 1;
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.text.get(self.at) {
                None => return Err(self.error("bad array subscript")),
                Some(b'[') => depth += 1,
                Some(b']') if depth == 0 => break,
                Some(b']') => depth -= 1,
                Some(_) => {}
            }
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        self.at += 1;
        let index = parse(text, self.params, true).unwrap_or(Expr::Number(0));
        Ok(Expr::Element(name, text.into(), Box::new(index)))
    }

    fn run(&mut self, wanted: impl Fn(u8) -> bool) -> &[u8] {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|byte| wanted(*byte)) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn number(&mut self) -> Result<Expr, ArithError> {
        let start = self.at;
        let bash = self.bash;
        let text = self
            .run(|byte| byte.is_ascii_alphanumeric() || bash && matches!(byte, b'#' | b'@' | b'_'));
        match number(text, bash) {
            Ok(number) => Ok(Expr::Number(number)),
            Err(message) => {
                if !bash {
                    // Dash reads the digits there are and stumbles over the rest.
                    let digits = self.text[start..].iter().take_while(|b| b.is_ascii_digit());
                    self.at = start + digits.count();
                    return Err(self.error("expecting EOF"));
                }
                self.at = start;
                Err(self.error(message))
            }
        }
    }
}

/// The value of a constant: decimal, octal, hexadecimal, and in bash `base#digits`.
fn number(text: &[u8], bash: bool) -> Result<i64, &'static str> {
    let (base, digits) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', digits @ ..] if !digits.contains(&b'#') => (8, digits),
        _ => match text.iter().position(|byte| *byte == b'#') {
            Some(mark) if bash => {
                let base = text[..mark].iter().fold(0_i64, |n, digit| {
                    n.saturating_mul(10).saturating_add(i64::from(digit.wrapping_sub(b'0')))
                });
                if !(2..=64).contains(&base) {
                    return Err("invalid arithmetic base");
                }
                (base, &text[mark + 1..])
            }
            _ => (10, text),
        },
    };
    let mut value = 0_i64;
    for digit in digits {
        let digit = i64::from(match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'z' => digit - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => digit - b'A' + 10,
            b'A'..=b'Z' => digit - b'A' + 36,
            b'@' => 62,
            b'_' => 63,
            _ => return Err("value too great for base"),
        });
        if digit >= base {
            return Err("value too great for base");
        }
        value = if bash {
            value.wrapping_mul(base).wrapping_add(digit)
        } else {
            value.saturating_mul(base).saturating_add(digit)
        };
    }
    Ok(value)
}
