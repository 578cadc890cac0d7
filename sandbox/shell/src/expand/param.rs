//! Parameter expansions.

use super::sink::Sink;
use crate::shell::{Flow, Shell, Stop};
use crate::vars::Value;
use sandbox_script::{self as syntax, Param, ParamName, ParamOp, Subscript, Word};

/// What a parameter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Got {
    Unset,
    One(Vec<u8>),
    /// Several values; true where `*` joins them.
    Many(Vec<Vec<u8>>, bool),
}

impl Got {
    /// True where `:-` and its like take the other word.
    fn is_null(&self) -> bool {
        match self {
            Self::Unset => true,
            Self::One(value) => value.is_empty(),
            Self::Many(values, _) => values.iter().all(Vec::is_empty),
        }
    }

    fn is_unset(&self) -> bool {
        match self {
            Self::Unset => true,
            Self::One(_) => false,
            Self::Many(values, _) => values.is_empty(),
        }
    }

    /// The same with each value changed.
    pub(super) fn map(self, mut change: impl FnMut(Vec<u8>) -> Vec<u8>) -> Self {
        match self {
            Self::Unset => Self::Unset,
            Self::One(value) => Self::One(change(value)),
            Self::Many(values, star) => Self::Many(values.into_iter().map(change).collect(), star),
        }
    }
}

impl Shell {
    pub(super) fn expand_param(&mut self, param: &Param, quoted: bool, sink: &mut Sink) -> Flow {
        if let Some(value) = self.plain_value(param) {
            self.put(&value, quoted, sink);
            return Ok(());
        }
        if let ParamOp::Bad = param.op {
            return self.bad_substitution(param);
        }
        let resolved;
        let (name, op) = if param.indirect {
            resolved = self.indirect_name(param)?;
            (&resolved, &param.op)
        } else {
            (&param.name, &param.op)
        };
        let got = match op {
            ParamOp::Names(star) => return self.put_names(name, *star, quoted, sink),
            ParamOp::Keys(star) => Got::Many(self.keys_of(name), *star),
            _ => self.got(name)?,
        };
        if self.put_other(name, op, &got, quoted, sink)? {
            return Ok(());
        }
        let got = if changes(op) {
            if got == Got::Unset && self.options.nounset && !is_list(name) {
                return self.unset_error(&self.shown_name(name));
            }
            self.changed(got, op, name)?
        } else {
            got
        };
        self.put_got(got, quoted, sink);
        Ok(())
    }

    /// Puts what stands in the place of a value that is missing, or of any value; false where the value itself counts.
    fn put_other(
        &mut self,
        name: &ParamName,
        op: &ParamOp,
        got: &Got,
        quoted: bool,
        sink: &mut Sink,
    ) -> Flow<bool> {
        let missing = |colon: &bool| got.is_unset() || *colon && got.is_null();
        match op {
            ParamOp::Default(word, colon) if missing(colon) => self.put_word(word, quoted, sink)?,
            ParamOp::Alternative(_, colon) if missing(colon) => {
                if quoted && sink.is_fields() && !matches!(got, Got::Many(..)) {
                    sink.quoted(b"");
                }
            }
            ParamOp::Alternative(word, _) => self.put_word(word, quoted, sink)?,
            ParamOp::Assign(word, colon) if missing(colon) => {
                let value = self.expand_text(word)?;
                self.assign_default(name, &value)?;
                self.put(&value, quoted, sink);
            }
            ParamOp::Error(word, colon) if missing(colon) => {
                self.parameter_error(name, word, *colon)?;
            }
            ParamOp::Length => {
                let length = self.length(name, got)?;
                self.put(length.to_string().as_bytes(), quoted, sink);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn put_word(&mut self, word: &Word, quoted: bool, sink: &mut Sink) -> Flow {
        if quoted && sink.is_fields() && word.pieces.is_empty() {
            sink.quoted(b"");
        }
        for piece in &word.pieces {
            if let syntax::Piece::Text(text) = piece {
                // Text of the word is split as what an expansion gave.
                self.put(text, quoted, sink);
            } else {
                self.expand_pieces(std::slice::from_ref(piece), sink)?;
            }
        }
        Ok(())
    }

    fn put_got(&mut self, got: Got, quoted: bool, sink: &mut Sink) {
        match got {
            Got::Unset => {
                if quoted && sink.is_fields() {
                    sink.quoted(b"");
                }
            }
            Got::One(value) => self.put(&value, quoted, sink),
            Got::Many(values, star)
                if (quoted && star) || !sink.is_fields() && (star || !self.bash) =>
            {
                let joined = match self.vars.ifs.first {
                    Some(byte) => values.join(&byte),
                    None => values.concat(),
                };
                self.put(&joined, quoted, sink);
            }
            Got::Many(values, false) if !sink.is_fields() => {
                self.put(&values.join(&b' '), quoted, sink);
            }
            Got::Many(values, _) => {
                for (number, value) in values.iter().enumerate() {
                    if number > 0 {
                        sink.end_field();
                    }
                    self.put(value, quoted, sink);
                }
            }
        }
    }

    /// What a parameter is now.
    pub(super) fn got(&mut self, name: &ParamName) -> Flow<Got> {
        Ok(match name {
            ParamName::Var(name) => match self.vars.get(name) {
                Some(value) => Got::One(value.to_vec()),
                None => self.reference(name)?,
            },
            ParamName::Positional(number) => match self.params.get(number - 1) {
                Some(value) => Got::One(value.clone()),
                None => Got::Unset,
            },
            ParamName::Special(b'@') => Got::Many(self.params.to_vec(), false),
            ParamName::Special(b'*') => Got::Many(self.params.to_vec(), true),
            ParamName::Special(name) => self.special(*name).map_or(Got::Unset, Got::One),
            ParamName::All(name, star) => match self.vars.value(name) {
                Some(value) => Got::Many(value.values(), *star),
                None => match self.dynamic_array(name) {
                    Some(values) => Got::Many(values, *star),
                    None => Got::Many(Vec::new(), *star),
                },
            },
            ParamName::Element(name, subscript) => {
                self.element(name, subscript)?.map_or(Got::Unset, Got::One)
            }
        })
    }

    /// A variable without a value of its own: one of the shell's, or `declare -n` of an element.
    fn reference(&mut self, name: &[u8]) -> Flow<Got> {
        if let Some(var) = self.vars.var(name)
            && var.reference
        {
            let target = self.vars.resolve(name).to_vec();
            if target.contains(&b'[')
                && let Some(name) = syntax::param_name(&target)
            {
                return self.got(&name);
            }
        }
        Ok(self.dynamic(name).map_or(Got::Unset, Got::One))
    }

    pub(crate) fn element(&mut self, name: &[u8], subscript: &Subscript) -> Flow<Option<Vec<u8>>> {
        let value = self.vars.value(name).cloned();
        Ok(match value {
            Some(Value::Associative(table)) => {
                let key = self.expand_text(&subscript.text)?;
                table.get(&key).cloned()
            }
            Some(Value::Indexed(array)) => {
                let index = self.arith(&subscript.arith)?;
                let last = array.keys().next_back().copied().unwrap_or(-1);
                array.get(&if index < 0 { last + 1 + index } else { index }).cloned()
            }
            Some(Value::Text(text)) => {
                let index = self.arith(&subscript.arith)?;
                matches!(index, 0 | -1).then_some(text)
            }
            None => {
                let index = self.arith(&subscript.arith)?;
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                self.dynamic_array(name).and_then(|values| values.get(index).cloned())
            }
        })
    }

    fn keys_of(&self, name: &ParamName) -> Vec<Vec<u8>> {
        let ParamName::Var(name) = name else { return Vec::new() };
        self.vars.value(name).map(Value::keys).unwrap_or_default()
    }

    fn put_names(&mut self, name: &ParamName, star: bool, quoted: bool, sink: &mut Sink) -> Flow {
        let ParamName::Var(prefix) = name else { return Ok(()) };
        let names = self.vars.names();
        let names = names.into_iter().filter(|name| name.starts_with(prefix));
        self.put_got(Got::Many(names.map(|name| name.to_vec()).collect(), star), quoted, sink);
        Ok(())
    }

    fn indirect_name(&mut self, param: &Param) -> Flow<ParamName> {
        if let ParamName::Var(name) = &param.name
            && self.vars.var(name).is_some_and(|var| var.reference)
        {
            // Of a reference, the name that it stands for.
            return Ok(ParamName::Var(name.clone()));
        }
        let target = match self.got(&param.name)? {
            Got::One(target) => target,
            Got::Many(values, _) => values.join(&b' '),
            Got::Unset => Vec::new(),
        };
        match syntax::param_name(&target) {
            Some(name) => Ok(name),
            None if target.is_empty() => {
                let mut message = self.shown_name(&param.name);
                message.extend_from_slice(b": invalid indirect expansion");
                self.fail(message)
            }
            None => {
                let mut message = target;
                message.extend_from_slice(b": invalid variable name");
                self.fail(message)
            }
        }
    }

    fn length(&mut self, name: &ParamName, got: &Got) -> Flow<usize> {
        match got {
            Got::Unset if self.options.nounset => {
                self.unset_error(&self.shown_name(name)).map(|()| 0)
            }
            Got::Unset => Ok(0),
            Got::One(value) => Ok(value.len()),
            // Dash counts the bytes of all of them.
            Got::Many(values, _) if !self.bash => Ok(values.join(&b' ').len()),
            Got::Many(values, _) => Ok(values.len()),
        }
    }

    fn assign_default(&mut self, name: &ParamName, value: &[u8]) -> Flow {
        match name {
            ParamName::Var(name) => self.assign(name, value),
            ParamName::Element(name, subscript) => {
                self.assign_element(name, subscript, value.to_vec(), false)
            }
            ParamName::Positional(_) | ParamName::Special(_) | ParamName::All(..) => {
                let mut message = self.shown_name(name);
                if self.bash {
                    message.insert(0, b'$');
                    message.extend_from_slice(b": cannot assign in this way");
                } else {
                    message.extend_from_slice(b": bad variable name");
                }
                self.fail(message)
            }
        }
    }

    /// What errors call a parameter.
    pub(super) fn shown_name(&self, name: &ParamName) -> Vec<u8> {
        match name {
            ParamName::Var(name) => name.to_vec(),
            ParamName::Positional(number) => number.to_string().into_bytes(),
            ParamName::Special(name) => vec![*name],
            ParamName::All(name, star) => {
                let mut shown = name.to_vec();
                shown.extend_from_slice(if *star { b"[*]" } else { b"[@]" });
                shown
            }
            ParamName::Element(name, subscript) => {
                let mut shown = name.to_vec();
                shown.push(b'[');
                shown.extend_from_slice(&syntax::shown(&subscript.text));
                shown.push(b']');
                shown
            }
        }
    }

    /// `set -u` refuses.
    pub(crate) fn unset_error(&mut self, name: &[u8]) -> Flow {
        let mut message = name.to_vec();
        if self.bash {
            if name.iter().all(u8::is_ascii_digit) || matches!(name, b"!") {
                message.insert(0, b'$');
            }
            message.extend_from_slice(b": unbound variable");
        } else {
            message.extend_from_slice(b": parameter not set");
        }
        self.complain(message);
        self.status = match (self.bash, self.from_string) {
            (false, _) => 2,
            (true, false) => 1,
            (true, true) => 127,
        };
        Err(Stop::Error)
    }

    fn parameter_error(&mut self, name: &ParamName, word: &Word, colon: bool) -> Flow {
        let mut message = self.shown_name(name);
        message.extend_from_slice(b": ");
        let text = self.expand_text(word)?;
        if text.is_empty() {
            message.extend_from_slice(match (self.bash, colon) {
                (false, false) => b"parameter not set",
                (false, true) => b"parameter not set or null",
                (true, false) => b"parameter not set",
                (true, true) => b"parameter null or not set",
            });
        } else {
            message.extend_from_slice(&text);
        }
        self.complain(message);
        self.status = match (self.bash, self.from_string) {
            (false, _) => 2,
            (true, false) => 1,
            (true, true) => 127,
        };
        Err(Stop::Exit)
    }

    fn bad_substitution(&mut self, param: &Param) -> Flow {
        if self.bash {
            let mut message = b"${".to_vec();
            message.extend_from_slice(&self.shown_name(&param.name));
            message.extend_from_slice(b"}: bad substitution");
            return self.fail(message);
        }
        self.fail("Bad substitution")
    }
}

/// True for operators that make something of the value.
fn changes(op: &ParamOp) -> bool {
    !matches!(
        op,
        ParamOp::Default(..)
            | ParamOp::Alternative(..)
            | ParamOp::Assign(..)
            | ParamOp::Error(..)
            | ParamOp::Keys(_)
    )
}

fn is_list(name: &ParamName) -> bool {
    matches!(name, ParamName::Special(b'@' | b'*') | ParamName::All(..))
}
