//! `expr`: the value of an expression of words.

use bstr::{BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::pattern::{Pattern, Syntax};

/// How deep brackets may be nested: the parser calls itself.
const DEPTH_MAX: usize = 100;

/// Operators by how tightly they bind, the loosest first.
const LEVELS: &[&[&str]] = &[
    &["|"],
    &["&"],
    &["<", "<=", "=", "==", "!=", ">=", ">"],
    &["+", "-"],
    &["*", "/", "%"],
    &[":"],
];

/// Runs it.
pub(crate) fn expr(call: &mut Call) -> Outcome {
    let words = call.operands();
    if words.is_empty() {
        call.complain("too few arguments")?;
        return Ok(2);
    }
    let mut parser = Parser { words, at: 0, depth: 0 };
    let value = match parser.level(0) {
        Ok(value) if parser.at == parser.words.len() => value,
        Ok(_) => return failed(call, "syntax error"),
        Err(message) => return failed(call, &message),
    };
    call.line(&value.text())?;
    Ok(u8::from(value.is_null()))
}

fn failed(call: &mut Call, message: &str) -> Result<u8, Stop> {
    call.complain(message)?;
    Ok(2)
}

#[derive(Clone)]
enum Value {
    Number(i64),
    Text(BString),
}

impl Value {
    fn text(&self) -> BString {
        match self {
            Self::Number(number) => number.to_string().into(),
            Self::Text(text) => text.clone(),
        }
    }

    fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => {
                let digits = text.strip_prefix(b"-").unwrap_or(text);
                let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
                text.to_str().ok().filter(|_| is_number)?.parse().ok()
            }
        }
    }

    fn is_null(&self) -> bool {
        match self {
            Self::Number(number) => *number == 0,
            Self::Text(text) => text.is_empty() || self.number() == Some(0),
        }
    }
}

struct Parser {
    words: Vec<BString>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn take(&mut self) -> Result<BString, String> {
        let word = self.words.get(self.at).cloned().ok_or("syntax error")?;
        self.at += 1;
        Ok(word)
    }

    fn level(&mut self, level: usize) -> Result<Value, String> {
        let Some(operators) = LEVELS.get(level) else { return self.primary() };
        let mut value = self.level(level + 1)?;
        while let Some(word) = self.words.get(self.at).cloned()
            && operators.iter().any(|operator| word == *operator)
        {
            self.at += 1;
            let other = self.level(level + 1)?;
            value = apply(&word, &value, &other)?;
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Value, String> {
        let word = self.take()?;
        let value = match word.as_slice() {
            b"(" => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err("syntax error".to_owned());
                }
                let value = self.level(0)?;
                self.depth -= 1;
                if self.take()? != ")" {
                    return Err("syntax error".to_owned());
                }
                return Ok(value);
            }
            b"quote" => Value::Text(self.take()?),
            b"length" if self.at < self.words.len() => {
                Value::Number(length(self.primary()?.text().len()))
            }
            b"match" if self.at < self.words.len() => {
                let text = self.primary()?;
                let pattern = self.primary()?;
                matched(&text.text(), &pattern.text())?
            }
            b"index" if self.at < self.words.len() => {
                let text = self.primary()?.text();
                let bytes = self.primary()?.text();
                let found = text.iter().position(|byte| bytes.contains(byte));
                Value::Number(length(found.map_or(0, |at| at + 1)))
            }
            b"substr" if self.at < self.words.len() => {
                let text = self.primary()?.text();
                let (start, count) = (self.primary()?.number(), self.primary()?.number());
                Value::Text(substring(&text, start, count).unwrap_or_default())
            }
            b")" => return Err("syntax error".to_owned()),
            _ => Value::Text(word),
        };
        Ok(value)
    }
}

fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn substring(text: &[u8], start: Option<i64>, count: Option<i64>) -> Option<BString> {
    let start = usize::try_from(start?).ok()?.checked_sub(1)?;
    let count = usize::try_from(count?).ok()?;
    let end = start.saturating_add(count).min(text.len());
    text.get(start..end).map(BString::from)
}

fn apply(operator: &[u8], a: &Value, b: &Value) -> Result<Value, String> {
    match operator {
        b"|" => return Ok(if a.is_null() { b.clone() } else { a.clone() }),
        b"&" => {
            let either_null = a.is_null() || b.is_null();
            return Ok(if either_null { Value::Number(0) } else { a.clone() });
        }
        b":" => return matched(&a.text(), &b.text()),
        b"<" | b"<=" | b"=" | b"==" | b"!=" | b">=" | b">" => {
            let order = match (a.number(), b.number()) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => a.text().cmp(&b.text()),
            };
            let holds = match operator {
                b"<" => order.is_lt(),
                b"<=" => order.is_le(),
                b"=" | b"==" => order.is_eq(),
                b"!=" => order.is_ne(),
                b">=" => order.is_ge(),
                _ => order.is_gt(),
            };
            return Ok(Value::Number(i64::from(holds)));
        }
        _ => {}
    }
    let (Some(a), Some(b)) = (a.number(), b.number()) else {
        return Err("non-numeric argument".to_owned());
    };
    if b == 0 && (operator == b"/" || operator == b"%") {
        return Err("division by zero".to_owned());
    }
    Ok(Value::Number(match operator {
        b"+" => a.wrapping_add(b),
        b"-" => a.wrapping_sub(b),
        b"*" => a.wrapping_mul(b),
        b"/" => a.wrapping_div(b),
        _ => a.wrapping_rem(b),
    }))
}

/// How much of the text the expression matches from its start, or what its first group has.
fn matched(text: &[u8], pattern: &[u8]) -> Result<Value, String> {
    let compiled = Pattern::new(pattern, Syntax::BASIC)
        .map_err(|error| format!("bad regex '{}': {error}", pattern.as_bstr()))?;
    let found =
        compiled.groups_at(text, 0).filter(|groups| groups[0].is_some_and(|f| f.start == 0));
    let Some(groups) = found else {
        let nothing = if compiled.group_count() > 0 {
            Value::Text(BString::default())
        } else {
            Value::Number(0)
        };
        return Ok(nothing);
    };
    if compiled.group_count() > 0 {
        let group = groups[1].map_or(&b""[..], |found| &text[found.start..found.end]);
        return Ok(Value::Text(group.into()));
    }
    Ok(Value::Number(length(groups[0].map_or(0, |found| found.end))))
}
