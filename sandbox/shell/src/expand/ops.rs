//! What `${name…}` makes of a value, and the parameters that the shell itself has.

use super::param::Got;
use crate::quote;
use crate::shell::{Flow, Shell};
use crate::vars::Value;
use sandbox_script::pattern::Pattern;
use sandbox_script::{ArithText, Param, ParamName, ParamOp, PatternWord, ReplaceWhere};

impl Shell {
    /// The value after an operator that changes each value by itself.
    pub(super) fn changed(&mut self, got: Got, op: &ParamOp, name: &ParamName) -> Flow<Got> {
        match op {
            ParamOp::TrimSuffix(word, longest) => {
                let pattern = self.pattern(word)?;
                Ok(got.map(|mut value| {
                    if let Some(start) = pattern.suffix(&value, *longest) {
                        value.truncate(start);
                    }
                    value
                }))
            }
            ParamOp::TrimPrefix(word, longest) => {
                let pattern = self.pattern(word)?;
                Ok(got.map(|mut value| {
                    if let Some(end) = pattern.prefix(&value, *longest) {
                        value.drain(..end);
                    }
                    value
                }))
            }
            ParamOp::Substring(offset, length) => {
                self.substring(got, name, offset, length.as_ref())
            }
            ParamOp::Replace(place, word, text) => {
                let pattern = self.pattern(word)?;
                let text = self.expand_text(text)?;
                Ok(got.map(|value| replace(&value, *place, &pattern, &text)))
            }
            ParamOp::Case { upper, all, pattern } => {
                let pattern = match pattern {
                    Some(word) => Some(self.pattern(word)?),
                    None => None,
                };
                Ok(got.map(|value| change_case(value, *upper, *all, pattern.as_ref())))
            }
            ParamOp::Transform(op) => Ok(self.transform(got, name, *op)),
            ParamOp::Get
            | ParamOp::Length
            | ParamOp::Default(..)
            | ParamOp::Assign(..)
            | ParamOp::Error(..)
            | ParamOp::Alternative(..)
            | ParamOp::Names(_)
            | ParamOp::Keys(_)
            | ParamOp::Bad => Ok(got),
        }
    }

    pub(crate) fn pattern(&mut self, word: &PatternWord) -> Flow<Pattern> {
        if let Some(pattern) = &word.compiled {
            return Ok(pattern.clone());
        }
        let text = self.expand_pattern(&word.word)?;
        Ok(Pattern::new(&text, self.options.extglob))
    }

    fn substring(
        &mut self,
        got: Got,
        name: &ParamName,
        offset: &ArithText,
        length: Option<&ArithText>,
    ) -> Flow<Got> {
        let offset = self.arith(offset)?;
        let length = match length {
            Some(length) => Some(self.arith(length)?),
            None => None,
        };
        let range = |count: usize, offset: i64| {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            let start = if offset < 0 { count + offset } else { offset };
            if start < 0 || start > count {
                return Some(0..0);
            }
            let end = match length {
                None => count,
                Some(length) if length < 0 => count + length,
                Some(length) => start.saturating_add(length).min(count),
            };
            let bound = |at: i64| usize::try_from(at).unwrap_or(0);
            (end >= start).then(|| bound(start)..bound(end))
        };
        match got {
            Got::Many(mut values, star) => {
                if let ParamName::Special(_) = name {
                    values.insert(0, self.name.to_vec());
                    if offset < 0 && values.len() as i64 + offset < 1 {
                        values.clear();
                    }
                }
                match range(values.len(), offset) {
                    Some(range) => Ok(Got::Many(values[range].to_vec(), star)),
                    None => self.negative_length(length),
                }
            }
            Got::One(value) => match range(value.len(), offset) {
                Some(range) => Ok(Got::One(value[range].to_vec())),
                None => self.negative_length(length),
            },
            Got::Unset => Ok(Got::Unset),
        }
    }

    fn negative_length(&mut self, length: Option<i64>) -> Flow<Got> {
        self.fail(format!("{}: substring expression < 0", length.unwrap_or(0)))
    }

    fn transform(&mut self, got: Got, name: &ParamName, op: u8) -> Got {
        match op {
            b'Q' => got.map(|value| quote::single(&value)),
            b'U' => got.map(|value| value.to_ascii_uppercase()),
            b'L' => got.map(|value| value.to_ascii_lowercase()),
            b'u' => got.map(|value| change_case(value, true, false, None)),
            b'E' => got.map(|value| sandbox_script::escapes::ansi_c(&value)),
            b'a' => match name {
                ParamName::Var(name) | ParamName::All(name, _) | ParamName::Element(name, _) => {
                    Got::One(self.attributes(name))
                }
                ParamName::Positional(_) | ParamName::Special(_) => Got::One(Vec::new()),
            },
            b'A' => match name {
                ParamName::Var(name) | ParamName::All(name, _) => {
                    Got::One(self.declaration(name).unwrap_or_default())
                }
                ParamName::Positional(_) | ParamName::Special(_) | ParamName::Element(..) => got,
            },
            _ => got,
        }
    }

    /// `$#`, `$?` and their like.
    pub(crate) fn special(&self, name: u8) -> Option<Vec<u8>> {
        Some(match name {
            b'#' => self.params.len().to_string().into_bytes(),
            b'?' => self.status.to_string().into_bytes(),
            b'$' => self.root_pid.to_string().into_bytes(),
            b'!' => self.jobs.last_pid?.to_string().into_bytes(),
            b'-' => self.flags(),
            b'0' => self.name.to_vec(),
            _ => return None,
        })
    }

    fn flags(&self) -> Vec<u8> {
        let mut letters = self.options.letters();
        if self.bash && self.from_string {
            letters.push(b'c');
        }
        letters
    }

    pub(super) fn special_number(&self, param: &Param) -> Option<i64> {
        match &param.name {
            ParamName::Special(b'#') => i64::try_from(self.params.len()).ok(),
            ParamName::Special(b'?') => Some(self.status.into()),
            ParamName::Special(_)
            | ParamName::Var(_)
            | ParamName::Positional(_)
            | ParamName::Element(..)
            | ParamName::All(..) => None,
        }
    }

    /// Variables that are made up when they are read.
    pub(crate) fn dynamic(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        if name == b"PPID" {
            return Some(self.parent_pid.to_string().into_bytes());
        }
        if !self.bash {
            return None;
        }
        let number = match name {
            b"LINENO" => u64::from(self.line),
            b"RANDOM" => u64::from(self.next_random()),
            b"SECONDS" => (self.world.elapsed() - self.started).as_secs(),
            b"BASHPID" => u64::from(self.pid),
            b"UID" | b"EUID" => u64::from(self.world.identity().uid),
            b"BASH_SUBSHELL" => u64::from(self.subshell),
            b"EPOCHSECONDS" => u64::try_from(self.world.now().seconds).unwrap_or(0),
            b"EPOCHREALTIME" => {
                let now = self.world.now();
                return Some(format!("{}.{:06}", now.seconds, now.nanoseconds / 1000).into_bytes());
            }
            b"FUNCNAME" | b"PIPESTATUS" | b"BASH_SOURCE" | b"GROUPS" | b"DIRSTACK" => {
                return self.dynamic_array(name)?.first().cloned();
            }
            _ => return None,
        };
        Some(number.to_string().into_bytes())
    }

    pub(super) fn dynamic_array(&self, name: &[u8]) -> Option<Vec<Vec<u8>>> {
        match name {
            b"FUNCNAME" if self.bash => {
                let mut names: Vec<Vec<u8>> =
                    self.functions_running.iter().rev().map(|name| name.to_vec()).collect();
                if names.is_empty() {
                    return None;
                }
                if !self.from_string {
                    names.push(b"main".to_vec());
                }
                Some(names)
            }
            b"PIPESTATUS" if self.bash => {
                Some(self.pipe_status.iter().map(|s| s.to_string().into_bytes()).collect())
            }
            b"BASH_SOURCE" if self.bash && !self.from_string => {
                Some(vec![self.shown_name.as_ref().unwrap_or(&self.name).to_vec()])
            }
            b"GROUPS" if self.bash => {
                let identity = self.world.identity();
                let mut groups = vec![identity.gid];
                groups.extend(identity.groups.iter().filter(|group| **group != identity.gid));
                Some(groups.iter().map(|group| group.to_string().into_bytes()).collect())
            }
            b"DIRSTACK" if self.bash => {
                let mut all = vec![self.cwd.clone()];
                all.extend(self.directories.iter().rev().cloned());
                Some(all)
            }
            _ => None,
        }
    }

    /// The next number of a generator as old as the shell: 15 bits.
    fn next_random(&mut self) -> u32 {
        let mut bytes = [0; 4];
        if self.world.random(&mut bytes).is_ok() {
            self.random = u32::from_ne_bytes(bytes);
        } else {
            self.random = self.random.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        }
        self.random >> 16 & 0x7fff
    }

    /// The letters of a variable's properties, as `${name@a}` has them.
    pub(crate) fn attributes(&self, name: &[u8]) -> Vec<u8> {
        let Some(var) = self.vars.var(name) else { return Vec::new() };
        let letters = [
            (matches!(var.value, Some(Value::Indexed(_))), b'a'),
            (matches!(var.value, Some(Value::Associative(_))), b'A'),
            (var.integer, b'i'),
            (var.lower, b'l'),
            (var.reference, b'n'),
            (var.readonly, b'r'),
            (var.upper, b'u'),
            (var.exported, b'x'),
        ];
        letters.iter().filter(|(on, _)| *on).map(|(_, letter)| *letter).collect()
    }
}

fn replace(value: &[u8], place: ReplaceWhere, pattern: &Pattern, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    match place {
        ReplaceWhere::Prefix => match pattern.prefix(value, true) {
            Some(end) => {
                out.extend_from_slice(text);
                out.extend_from_slice(&value[end..]);
            }
            None => out.extend_from_slice(value),
        },
        ReplaceWhere::Suffix => match pattern.suffix(value, true) {
            Some(start) => {
                out.extend_from_slice(&value[..start]);
                out.extend_from_slice(text);
            }
            None => out.extend_from_slice(value),
        },
        ReplaceWhere::First | ReplaceWhere::All => {
            let mut from = 0;
            while let Some((start, end)) = pattern.find(value, from) {
                out.extend_from_slice(&value[from..start]);
                out.extend_from_slice(text);
                from = end;
                if place == ReplaceWhere::First {
                    break;
                }
            }
            out.extend_from_slice(&value[from..]);
        }
    }
    out
}

fn change_case(mut value: Vec<u8>, upper: bool, all: bool, pattern: Option<&Pattern>) -> Vec<u8> {
    let count = if all { value.len() } else { value.len().min(1) };
    for byte in &mut value[..count] {
        if pattern.is_none_or(|pattern| pattern.matches(&[*byte])) {
            *byte = if upper { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
        }
    }
    value
}
