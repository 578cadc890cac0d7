//! Words as Docker's builder reads them: quotes, backslashes, and variables of the configuration.

use super::{ChangeError, wrong};

/// Takes quotes and backslashes off and fills variables in; the result is one word, whatever is in it.
pub(super) fn expand(text: &str, env: &[String]) -> Result<String, ChangeError> {
    let mut words =
        Words { env, rest: text.chars().collect(), at: 0, out: vec![String::new()], split: false };
    words.run(None)?;
    Ok(words.out.concat())
}

/// Does the same, and divides at blanks that are not quoted.
pub(super) fn expand_and_split(text: &str, env: &[String]) -> Result<Vec<String>, ChangeError> {
    let mut words =
        Words { env, rest: text.chars().collect(), at: 0, out: vec![String::new()], split: true };
    words.run(None)?;
    words.out.retain(|word| !word.is_empty());
    Ok(words.out)
}

struct Words<'e> {
    env: &'e [String],
    rest: Vec<char>,
    at: usize,
    out: Vec<String>,
    split: bool,
}

impl Words<'_> {
    /// Reads up to `end`, or to the end of the text.
    fn run(&mut self, end: Option<char>) -> Result<(), ChangeError> {
        while let Some(next) = self.next() {
            match next {
                _ if Some(next) == end => return Ok(()),
                '\'' => self.single_quoted()?,
                '"' => self.double_quoted()?,
                '$' => {
                    let value = self.variable()?;
                    value.chars().for_each(|value| self.push_unquoted(value));
                }
                '\\' => {
                    if let Some(escaped) = self.next() {
                        self.push(escaped);
                    }
                }
                _ => self.push_unquoted(next),
            }
        }
        match end {
            None => Ok(()),
            Some(_) => wrong("syntax error: missing '}'".to_owned()),
        }
    }

    fn single_quoted(&mut self) -> Result<(), ChangeError> {
        loop {
            match self.next() {
                Some('\'') => return Ok(()),
                Some(next) => self.push(next),
                None => return unmatched("single"),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<(), ChangeError> {
        loop {
            match self.next() {
                Some('"') => return Ok(()),
                Some('$') => {
                    let value = self.variable()?;
                    value.chars().for_each(|value| self.push(value));
                }
                Some('\\') => match self.next() {
                    Some(escaped @ ('"' | '$' | '\\')) => self.push(escaped),
                    Some(other) => {
                        self.push('\\');
                        self.push(other);
                    }
                    None => return unmatched("double"),
                },
                Some(next) => self.push(next),
                None => return unmatched("double"),
            }
        }
    }

    /// Reads what follows a dollar sign, and gives its value.
    fn variable(&mut self) -> Result<String, ChangeError> {
        match self.rest.get(self.at).copied() {
            Some('{') => {
                self.at += 1;
                self.braced()
            }
            Some(first) if first == '_' || first.is_ascii_alphabetic() => {
                let name = self.name();
                Ok(self.value(&name).unwrap_or_default())
            }
            // Positions and such, which no build has.
            Some(first) if first.is_ascii_digit() || "@*#?-$!".contains(first) => {
                self.at += 1;
                Ok(String::new())
            }
            Some(_) | None => Ok("$".to_owned()),
        }
    }

    fn braced(&mut self) -> Result<String, ChangeError> {
        let name = self.name();
        let value = self.value(&name);
        let next = self.next();
        if name.is_empty() {
            return wrong("syntax error: bad substitution".to_owned());
        }
        let mut modifier = match next {
            Some('}') => return Ok(value.unwrap_or_default()),
            Some(':') => self.next(),
            next => next,
        };
        let value = if next == Some(':') { value.filter(|value| !value.is_empty()) } else { value };
        if !matches!(modifier, Some('-' | '+' | '?')) {
            modifier = None;
        }
        let outer = std::mem::replace(&mut self.out, vec![String::new()]);
        let split = std::mem::replace(&mut self.split, false);
        self.run(Some('}'))?;
        self.split = split;
        let word = std::mem::replace(&mut self.out, outer).concat();
        match (modifier, value) {
            (Some('-'), value) => Ok(value.unwrap_or(word)),
            (Some('+'), value) => Ok(value.map(|_| word).unwrap_or_default()),
            (Some('?'), Some(value)) => Ok(value),
            (Some('?'), None) => wrong(format!("{name}: {word}")),
            _ => wrong(format!("unsupported modifier in substitution of {name}")),
        }
    }

    fn name(&mut self) -> String {
        let is_name = |c: &&char| **c == '_' || c.is_ascii_alphanumeric();
        let name: String = self.rest[self.at..].iter().take_while(is_name).collect();
        self.at += name.chars().count();
        name
    }

    fn value(&self, name: &str) -> Option<String> {
        let mut variables = self.env.iter().filter_map(|variable| variable.split_once('='));
        variables.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.get(self.at).copied();
        self.at += 1;
        next
    }

    fn push(&mut self, next: char) {
        if let Some(word) = self.out.last_mut() {
            word.push(next);
        }
    }

    fn push_unquoted(&mut self, next: char) {
        if self.split && next.is_whitespace() {
            self.out.push(String::new());
        } else {
            self.push(next);
        }
    }
}

fn unmatched<T>(kind: &str) -> Result<T, ChangeError> {
    wrong(format!("unexpected end of statement while looking for matching {kind}-quote"))
}
