//! `[[ ]]`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::expand::Mode;
use crate::shell::{Flow, Shell, Stop};
use crate::vars::Value;
use sandbox_script::{Cond, Word};

impl Shell {
    /// What a condition is; none where it is wrong, which has been told.
    pub(super) fn condition(&mut self, condition: &Cond) -> Flow<Option<bool>> {
        Ok(match condition {
            Cond::And(left, right) => match self.condition(left)? {
                Some(true) => self.condition(right)?,
                other => other,
            },
            Cond::Or(left, right) => match self.condition(left)? {
                Some(false) => self.condition(right)?,
                other => other,
            },
            Cond::Not(inner) => self.condition(inner)?.map(|is| !is),
            Cond::Unary(op, word) => {
                let value = self.expand_text(word)?;
                self.trace_condition(&[op.as_bytes(), &crate::quote::needed(&value)]);
                match *op {
                    "-n" => Some(!value.is_empty()),
                    "-z" => Some(value.is_empty()),
                    op => Some(self.test_unary(op.as_bytes()[1], &value)),
                }
            }
            Cond::Binary(op, left, right) => self.binary_condition(op, left, right)?,
        })
    }

    fn binary_condition(&mut self, op: &str, left: &Word, right: &Word) -> Flow<Option<bool>> {
        let value = self.expand_text(left)?;
        let shown = crate::quote::needed(&value);
        match op {
            "==" | "!=" => {
                if self.options.xtrace {
                    let pattern = self.expand_text(right)?;
                    self.trace_condition(&[&shown, op.as_bytes(), &pattern]);
                }
                Ok(Some(self.matches_word(&value, right, true)? == (op == "==")))
            }
            "=~" => {
                let regex = self.expand_mode(right, Mode::Regex)?;
                self.trace_condition(&[&shown, op.as_bytes(), &regex]);
                self.matches_regex(&value, &regex)
            }
            "<" | ">" => {
                let right = self.expand_text(right)?;
                self.trace_condition(&[&shown, op.as_bytes(), &right]);
                Ok(Some(if op == "<" { value < right } else { value > right }))
            }
            "-ef" | "-nt" | "-ot" => {
                let right = self.expand_text(right)?;
                self.trace_condition(&[&shown, op.as_bytes(), &right]);
                Ok(Some(self.test_files(op.as_bytes(), &value, &right)))
            }
            op => {
                let right = self.expand_text(right)?;
                self.trace_condition(&[&shown, op.as_bytes(), &right]);
                let numbers =
                    self.arith_text(&value).and_then(|l| Ok((l, self.arith_text(&right)?)));
                let (left, right) = match numbers {
                    Ok(numbers) => numbers,
                    Err(Stop::Error) => return Ok(Some(false)),
                    Err(stop) => return Err(stop),
                };
                Ok(Some(match op {
                    "-eq" => left == right,
                    "-ne" => left != right,
                    "-lt" => left < right,
                    "-le" => left <= right,
                    "-gt" => left > right,
                    _ => left >= right,
                }))
            }
        }
    }

    fn matches_regex(&mut self, value: &[u8], regex: &[u8]) -> Flow<Option<bool>> {
        let text = translate(regex);
        let built = regex::bytes::RegexBuilder::new(&text)
            .unicode(false)
            .multi_line(false)
            .dot_matches_new_line(true)
            .case_insensitive(self.options.nocasematch)
            .build();
        let Ok(built) = built else { return Ok(None) };
        let mut groups = BTreeMap::new();
        let found = built.captures(value);
        if let Some(found) = &found {
            for (number, group) in found.iter().enumerate() {
                let text = group.map(|group| group.as_bytes().to_vec()).unwrap_or_default();
                groups.insert(i64::try_from(number).unwrap_or(i64::MAX), text);
            }
        }
        let is = found.is_some();
        self.set_value(b"BASH_REMATCH", Value::Indexed(Arc::new(groups)))?;
        Ok(Some(is))
    }
}

/// An extended regular expression in the words of the regex library, bytes as escapes.
fn translate(regex: &[u8]) -> String {
    let mut out = String::new();
    let mut at = 0;
    let mut in_class = false;
    while at < regex.len() {
        let byte = regex[at];
        match byte {
            b'\\' if at + 1 < regex.len() && !in_class => {
                at += 1;
                push_literal(&mut out, regex[at]);
            }
            b'[' if !in_class => {
                in_class = true;
                out.push('[');
                if regex.get(at + 1) == Some(&b'^') {
                    out.push('^');
                    at += 1;
                }
                if regex.get(at + 1) == Some(&b']') {
                    out.push_str("\\]");
                    at += 1;
                }
            }
            b'[' if regex.get(at + 1) == Some(&b':') => {
                let end = regex[at..].windows(2).position(|pair| pair == b":]").unwrap_or(0);
                let name: String = regex[at..at + end + 2].iter().map(|b| char::from(*b)).collect();
                out.push_str(&name);
                at += end + 1;
            }
            b'[' => out.push_str("\\["),
            b']' if in_class => {
                in_class = false;
                out.push(']');
            }
            b'\\' => out.push_str("\\\\"),
            b'&' | b'~' if in_class => push_literal(&mut out, byte),
            b'{' if !matches!(regex.get(at + 1), Some(b'0'..=b'9')) && !in_class => {
                out.push_str("\\{");
            }
            byte if byte.is_ascii() => out.push(char::from(byte)),
            byte => push_literal(&mut out, byte),
        }
        at += 1;
    }
    out
}

fn push_literal(out: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b' ' || byte == b'/' {
        out.push(char::from(byte));
    } else if byte.is_ascii_punctuation() {
        out.push('\\');
        out.push(char::from(byte));
    } else {
        out.push_str(&format!("(?-u:\\x{byte:02x})"));
    }
}
