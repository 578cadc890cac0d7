//! Fields that are taken one by one, so that none is passed over: what is left at the end and says something is refused.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Failure;

/// The fields of an object that a client sent.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// What the object is, for refusals: empty for the whole body, else a path with a full stop at its end.
    place: String,
    fields: Map<String, Value>,
}

// === impl Fields ===

impl Fields {
    /// Reads a body.
    pub(crate) fn of_body(bytes: &[u8]) -> Result<Self, Failure> {
        let read = serde_json::from_slice::<Option<Map<String, Value>>>(bytes);
        let fields = read.map_err(|error| Failure::invalid(format!("Decode(): {error}")))?;
        Ok(Self { place: String::new(), fields: fields.unwrap_or_default() })
    }

    /// Takes a field; absent and `null` give the default.
    pub(crate) fn take<T: DeserializeOwned + Default>(&mut self, name: &str) -> Result<T, Failure> {
        let value = self.fields.remove(name).filter(|value| !value.is_null());
        let Some(value) = value else { return Ok(T::default()) };
        let place = &self.place;
        serde_json::from_value(value)
            .map_err(|error| Failure::invalid(format!("Decode(): {place}{name}: {error}")))
    }

    /// Tells whether a field is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Takes an object of fields of its own.
    pub(crate) fn object(&mut self, name: &str) -> Result<Self, Failure> {
        let fields = self.take(name)?;
        Ok(Self { place: format!("{}{name}.", self.place), fields })
    }

    /// Takes a list of objects.
    pub(crate) fn objects(&mut self, name: &str) -> Result<Vec<Self>, Failure> {
        let list: Vec<Map<String, Value>> = self.take(name)?;
        let place = format!("{}{name}.", self.place);
        Ok(list.into_iter().map(|fields| Self { place: place.clone(), fields }).collect())
    }

    /// Takes a field that is honoured only where it says one of `values`; empty and absent mean the default.
    pub(crate) fn only(&mut self, name: &str, values: &[&str]) -> Result<(), Failure> {
        let value: String = self.take(name)?;
        if value.is_empty() || values.contains(&value.as_str()) {
            return Ok(());
        }
        Err(Failure::not_built(&format!("{}{name}={value}", self.place)))
    }

    /// Lets go of fields that tell how the client was called, and ask for nothing.
    pub(crate) fn note(&mut self, names: &[&str]) {
        for name in names {
            self.fields.remove(*name);
        }
    }

    /// Refuses what is left and asks for something.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let left = self.fields.iter().filter(|(_, value)| says_something(value));
        let names: Vec<String> = left.map(|(name, _)| format!("{}{name}", self.place)).collect();
        if names.is_empty() { Ok(()) } else { Err(Failure::not_built(&names.join(", "))) }
    }
}

/// Tells whether a value is anything but what Go has in a field that nobody set.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => fields.values().any(says_something),
    }
}

#[cfg(test)]
mod tests;
