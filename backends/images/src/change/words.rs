//! Words as Docker's builder reads them: quotes, backslashes, and variables of the configuration.

use super::{ChangeError, wrong};

/// What words are read with.
#[derive(Debug, Clone, Copy)]
pub struct Words<'w> {
    /// Variables as `NAME=value`; the first of a name counts.
    pub env: &'w [String],
    /// What takes the meaning off the next character.
    pub escape: char,
}

impl Words<'_> {
    /// Takes quotes and backslashes off and fills variables in; the result is one word, whatever is in it.
    pub fn expand(self, text: &str) -> Result<String, ChangeError> {
        Ok(self.read(text, false)?.concat())
    }

    /// Does the same, and divides at blanks that are not quoted.
    pub fn expand_and_split(self, text: &str) -> Result<Vec<String>, ChangeError> {
        let mut words = self.read(text, true)?;
        words.retain(|word| !word.is_empty());
        Ok(words)
    }

    fn read(self, text: &str, split: bool) -> Result<Vec<String>, ChangeError> {
        let Words { env, escape } = self;
        let (rest, out) = (text.chars().collect(), vec![String::new()]);
        let mut reader = Reader { env, escape, rest, at: 0, out, split, depth: 0 };
        reader.run(None)?;
        Ok(reader.out)
    }
}

/// Variables within the default of a variable, and so on. Nobody writes more than two.
const DEPTH_MAX: usize = 32;

struct Reader<'w> {
    env: &'w [String],
    escape: char,
    rest: Vec<char>,
    at: usize,
    out: Vec<String>,
    split: bool,
    depth: usize,
}

impl Reader<'_> {
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
                _ if next == self.escape => {
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
                Some(escape) if escape == self.escape => match self.next() {
                    Some(escaped) if escaped == escape || matches!(escaped, '"' | '$') => {
                        self.push(escaped);
                    }
                    Some(other) => {
                        self.push(escape);
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
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return wrong("variables are nested too deep".to_owned());
        }
        let outer = std::mem::replace(&mut self.out, vec![String::new()]);
        let split = std::mem::replace(&mut self.split, false);
        self.run(Some('}'))?;
        self.split = split;
        self.depth -= 1;
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
