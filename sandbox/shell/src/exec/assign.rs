//! Assignments, of text, of arrays and of their elements.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::shell::{Flow, Shell, Stop};
use crate::vars::{Table, Value};
use sandbox_script::{Assign, AssignValue, Subscript, Word};

impl Shell {
    /// Makes one assignment; before a command its variable is exported too.
    pub(super) fn run_assign(&mut self, assign: &Assign, export: bool) -> Flow {
        let name = &assign.name;
        match &assign.value {
            AssignValue::Scalar(word) => {
                let value = self.expand_text(word)?;
                if self.bash && self.options.xtrace {
                    self.trace_assign(assign, &value);
                }
                if let Some(subscript) = &assign.index {
                    return self.assign_element(name, subscript, value, assign.append);
                }
                if assign.append || self.vars.var(name).is_some_and(|var| var.integer) {
                    self.assign_special(name, &value, assign.append)?;
                } else {
                    self.assign(name, &value)?;
                }
            }
            AssignValue::Array(values) => self.assign_array(name, values, assign.append)?,
        }
        if export {
            self.vars.entry(name).exported = true;
        }
        Ok(())
    }

    /// Gives a variable a value.
    pub(crate) fn assign(&mut self, name: &[u8], value: &[u8]) -> Flow {
        match self.vars.set(name, value) {
            Ok(()) => Ok(()),
            Err(_) => self.readonly_error(name),
        }
    }

    /// An assignment that adds to the value, or to a number.
    pub(crate) fn assign_special(&mut self, name: &[u8], value: &[u8], append: bool) -> Flow {
        let integer = self.vars.var(name).is_some_and(|var| var.integer);
        let old = self.vars.get(name).unwrap_or_default().to_vec();
        let new = if integer {
            let mut number = self.arith_text(value)?;
            if append {
                number = number.wrapping_add(self.arith_text(&old)?);
            }
            number.to_string().into_bytes()
        } else if append {
            [old.as_slice(), value].concat()
        } else {
            value.to_vec()
        };
        self.assign(name, &new)
    }

    pub(crate) fn readonly_error(&mut self, name: &[u8]) -> Flow {
        let mut message = name.to_vec();
        if self.bash {
            message.extend_from_slice(b": readonly variable");
            self.complain(message);
            self.status = 1;
            return Err(Stop::Error);
        }
        message.extend_from_slice(b": is read only");
        self.fail(message)
    }

    pub(crate) fn assign_element(
        &mut self,
        name: &[u8],
        subscript: &Subscript,
        value: Vec<u8>,
        append: bool,
    ) -> Flow {
        let name = self.vars.resolve(name).to_vec();
        if matches!(self.vars.value(&name), Some(Value::Associative(_))) {
            let key = self.expand_text(&subscript.text)?;
            self.set_keyed(&name, &key, value, append)
        } else {
            let index = self.arith(&subscript.arith)?;
            self.set_indexed(&name, index, value, append)
        }
    }

    /// Sets an element of an associative array.
    pub(crate) fn set_keyed(
        &mut self,
        name: &[u8],
        key: &[u8],
        value: Vec<u8>,
        append: bool,
    ) -> Flow {
        let Some(Value::Associative(table)) = self.vars.value(name) else { return Ok(()) };
        let mut table = Arc::clone(table);
        let value = match table.get(key) {
            Some(old) if append => [old.as_slice(), &value].concat(),
            _ => value,
        };
        let integer = self.vars.var(name).is_some_and(|var| var.integer);
        let value = if integer { self.integer_text(&value)? } else { value };
        Arc::make_mut(&mut table).set(key, value);
        self.set_value(name, Value::Associative(table))
    }

    /// Sets an element of an array, which is made of what is no array yet.
    pub(crate) fn set_indexed(
        &mut self,
        name: &[u8],
        index: i64,
        value: Vec<u8>,
        append: bool,
    ) -> Flow {
        let mut array = self.array_of(name);
        let last = array.keys().next_back().copied().unwrap_or(-1);
        let index = if index < 0 { last + 1 + index } else { index };
        if index < 0 {
            let mut message = name.to_vec();
            message.extend_from_slice(b": bad array subscript");
            return self.fail(message);
        }
        let value = match array.get(&index) {
            Some(old) if append => [old.as_slice(), &value].concat(),
            _ => value,
        };
        let integer = self.vars.var(name).is_some_and(|var| var.integer);
        let value = if integer { self.integer_text(&value)? } else { value };
        // The one reference that is left is this one, so that no element is copied.
        if let Some(var) = self.vars.var(name)
            && !var.readonly
        {
            self.vars.entry(name).value = None;
        }
        Arc::make_mut(&mut array).insert(index, value);
        self.set_value(name, Value::Indexed(array))
    }

    fn integer_text(&mut self, value: &[u8]) -> Flow<Vec<u8>> {
        self.arith_text(value).map(|number| number.to_string().into_bytes())
    }

    fn array_of(&self, name: &[u8]) -> Arc<BTreeMap<i64, Vec<u8>>> {
        match self.vars.value(name) {
            Some(Value::Indexed(array)) => Arc::clone(array),
            Some(Value::Text(text)) => Arc::new(BTreeMap::from([(0, text.clone())])),
            _ => Arc::default(),
        }
    }

    pub(crate) fn set_value(&mut self, name: &[u8], value: Value) -> Flow {
        match self.vars.set_value(name, value) {
            Ok(()) => Ok(()),
            Err(_) => self.readonly_error(name),
        }
    }

    /// `name=(values)`.
    pub(super) fn assign_array(
        &mut self,
        name: &[u8],
        values: &[(Option<Subscript>, Word)],
        append: bool,
    ) -> Flow {
        if let Some(Value::Associative(old)) = self.vars.value(name) {
            let mut table = if append { (**old).clone() } else { Table::default() };
            let mut pending_key = None;
            for (subscript, word) in values {
                match subscript {
                    Some(subscript) => {
                        let key = self.expand_text(&subscript.text)?;
                        let value = self.expand_text(word)?;
                        table.set(&key, value);
                    }
                    // Without subscripts keys and values take turns.
                    None => {
                        let text = self.expand_text(word)?;
                        match pending_key.take() {
                            None => pending_key = Some(text),
                            Some(key) => table.set(&key, text),
                        }
                    }
                }
            }
            if let Some(key) = pending_key {
                table.set(&key, Vec::new());
            }
            return self.set_value(name, Value::Associative(Arc::new(table)));
        }
        let mut array = if append { (*self.array_of(name)).clone() } else { BTreeMap::new() };
        let mut next = array.keys().next_back().map_or(0, |last| last + 1);
        let integer = self.vars.var(name).is_some_and(|var| var.integer);
        for (subscript, word) in values {
            match subscript {
                Some(subscript) => {
                    next = self.arith(&subscript.arith)?;
                    let value = self.expand_text(word)?;
                    array.insert(next, value);
                    next += 1;
                }
                None => {
                    let mut fields = Vec::new();
                    self.expand_fields(std::slice::from_ref(word), &mut fields)?;
                    for field in fields {
                        let field = if integer { self.integer_text(&field)? } else { field };
                        array.insert(next, field);
                        next += 1;
                    }
                }
            }
        }
        self.set_value(name, Value::Indexed(Arc::new(array)))
    }

    /// `declare -a name=(values)` and its like: the builtin has made the variable.
    pub(super) fn declare_array(&mut self, fields: &[Vec<u8>], assign: &Assign) -> Flow {
        let AssignValue::Array(values) = &assign.value else { return Ok(()) };
        let readonly = std::mem::take(&mut self.vars.entry(&assign.name).readonly);
        let made_readonly = fields[0] == b"readonly"
            || fields[1..].iter().any(|f| f.starts_with(b"-") && f.contains(&b'r'));
        let result = self.assign_array(&assign.name, values, assign.append);
        self.vars.entry(&assign.name).readonly = readonly || made_readonly;
        result
    }
}
