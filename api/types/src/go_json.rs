//! JSON as Go's decoder reads it, which is what every Docker client was written against.
//!
//! Three rules differ from serde's own: a `null` leaves a struct's field at its zero value, field names match
//! without regard to case when no name matches exactly, and of two equal names the last one counts. Unknown fields
//! are ignored. Maps keep their `null` entries: `{"80/tcp": null}` is a published port without a binding.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// A body that is not JSON, or not of the wanted shape.
///
/// The text names the field and is fit for an answer with status 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoJsonError {
    path: Vec<String>,
    text: String,
}

/// Decodes `bytes` by Go's rules; an empty input is an error.
///
/// Nesting deeper than 128 levels is refused by the parser.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, GoJsonError> {
    from_value(&parse(bytes)?)
}

/// Parses `bytes` into a tree, so that several shapes can be read from one body.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, GoJsonError> {
    serde_json::from_slice(bytes).map_err(|error| GoJsonError::custom(error.to_string()))
}

/// Decodes one shape from a parsed tree by Go's rules.
pub(crate) fn from_value<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, GoJsonError> {
    T::deserialize(Node(value))
}

/// A tree node seen through Go's rules.
#[derive(Clone, Copy)]
struct Node<'de>(&'de Value);

/// A member of an object: remembers its name for the error's path.
#[derive(Clone, Copy)]
struct Member<'de> {
    name: &'de str,
    value: &'de Value,
}

// === impl GoJsonError ===

impl fmt::Display for GoJsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return write!(f, "invalid JSON: {}", self.text);
        }
        f.write_str("invalid JSON: field ")?;
        for (i, name) in self.path.iter().rev().enumerate() {
            write!(f, "{}{name}", if i == 0 { "" } else { "." })?;
        }
        write!(f, ": {}", self.text)
    }
}

impl std::error::Error for GoJsonError {}

impl serde::de::Error for GoJsonError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self { path: Vec::new(), text: text.to_string() }
    }
}

// === impl Node ===

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = GoJsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GoJsonError> {
        match self.0 {
            Value::Array(items) => {
                visitor.visit_seq(SeqDeserializer::new(items.iter().map(IntoNode)))
            }
            Value::Object(members) => visitor.visit_map(MapDeserializer::new(
                members.iter().map(|(name, value)| (name.as_str(), Member { name, value })),
            )),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => number.deserialize_any(visitor).map_err(GoJsonError::custom),
            Value::Null => visitor.visit_unit(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GoJsonError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GoJsonError> {
        let members = match self.0 {
            Value::Object(members) => members,
            // Serde would take a list for the fields in their order.
            Value::Array(_) => return Err(GoJsonError::invalid_type(Unexpected::Seq, &visitor)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return self.deserialize_any(visitor);
            }
        };
        let mut chosen: Vec<Option<Member<'de>>> = vec![None; fields.len()];
        let mut exact = vec![false; fields.len()];
        for (name, value) in members {
            let same = fields.iter().position(|field| field == name);
            let index = same.or_else(|| {
                fields.iter().position(|field| field.eq_ignore_ascii_case(name.trim()))
            });
            let Some(index) = index else { continue };
            // An exact name is never displaced by one that differs in case.
            if !value.is_null() && (same.is_some() || !exact[index]) {
                chosen[index] = Some(Member { name, value });
                exact[index] = same.is_some();
            }
        }
        let present =
            fields.iter().zip(chosen).filter_map(|(field, member)| Some((*field, member?)));
        visitor.visit_map(MapDeserializer::new(present))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, GoJsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GoJsonError> {
        // No wire type has an enum that carries data, so serde_json's own reading is enough.
        self.0.deserialize_enum(name, variants, visitor).map_err(GoJsonError::custom)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// Makes a [`Node`] where serde's helpers want `IntoDeserializer`.
struct IntoNode<'de>(&'de Value);

impl<'de> serde::de::IntoDeserializer<'de, GoJsonError> for IntoNode<'de> {
    type Deserializer = Node<'de>;

    fn into_deserializer(self) -> Node<'de> {
        Node(self.0)
    }
}

// === impl Member ===

impl<'de> serde::de::IntoDeserializer<'de, GoJsonError> for Member<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Member<'de> {
    fn named<T>(self, result: Result<T, GoJsonError>) -> Result<T, GoJsonError> {
        result.map_err(|mut error| {
            error.path.push(self.name.to_owned());
            error
        })
    }
}

impl<'de> Deserializer<'de> for Member<'de> {
    type Error = GoJsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GoJsonError> {
        self.named(Node(self.value).deserialize_any(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GoJsonError> {
        self.named(Node(self.value).deserialize_option(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GoJsonError> {
        self.named(Node(self.value).deserialize_struct(name, fields, visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, GoJsonError> {
        self.named(Node(self.value).deserialize_newtype_struct(name, visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GoJsonError> {
        self.named(Node(self.value).deserialize_enum(name, variants, visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests;
