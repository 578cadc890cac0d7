//! Fields of what is told, as flat names and values.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// Fields by name. Those that say nothing (absent, empty, zero, false) are left out.
pub(super) type Fields = BTreeMap<String, Value>;

/// Adds `value` under `name`, an object as a field for each part of it.
pub(super) fn add(fields: &mut Fields, name: &str, value: impl Serialize) {
    flatten(fields, name, serde_json::to_value(value).unwrap_or_default());
}

/// Shows a value in a line: texts as they are, all else as JSON.
pub(super) fn shown(value: &Value) -> String {
    let is_word = |text: &&str| !text.is_empty() && !text.contains(char::is_whitespace);
    value.as_str().filter(is_word).map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn flatten(fields: &mut Fields, name: &str, value: Value) {
    if let Value::Object(parts) = value {
        for (part, value) in parts {
            flatten(fields, &format!("{name}.{part}"), value);
        }
    } else if !says_nothing(&value) {
        fields.insert(name.to_owned(), value);
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(parts) => parts.is_empty(),
        Value::Object(parts) => parts.is_empty(),
    }
}
