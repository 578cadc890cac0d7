//! The `filters` parameter: an object of lists, or of sets as objects of `true`.

use std::collections::{BTreeMap, BTreeSet};

use regex::{Regex, RegexBuilder};
use serde_json::Value;

/// Bytes a compiled pattern may take.
///
/// Patterns are matched in time linear in their compiled size, so this bounds the work for each name; a plain name
/// takes a few hundred bytes.
const PATTERN_MAX_BYTES: usize = 256 * 1024;

/// Patterns of one key that are compiled.
const PATTERNS_MAX: usize = 64;

/// What a client wants to see: for each key, values of which one must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters(BTreeMap<String, BTreeSet<String>>);

/// A filter that is not understood; the text is Docker's and goes with status 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The parameter is not JSON of either form.
    #[error("invalid filter")]
    Malformed,
    /// The route does not know the key.
    #[error("invalid filter '{0}'")]
    UnknownKey(String),
    /// The key does not take the value.
    #[error("invalid filter '{key}=[{}]'", .values.join(" "))]
    Value {
        /// The key.
        key: String,
        /// All its values.
        values: Vec<String>,
    },
}

/// The values of one key, ready to be matched as patterns.
#[derive(Debug)]
pub struct FilterPatterns<'a> {
    exact: Option<&'a BTreeSet<String>>,
    patterns: Vec<Regex>,
}

impl Filters {
    /// Reads the parameter; an empty one filters nothing.
    pub fn parse(json: &str) -> Result<Self, FilterError> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        let object: BTreeMap<String, Value> =
            serde_json::from_str(json).map_err(|_| FilterError::Malformed)?;
        let keys = object.into_iter().map(|(key, value)| Some((key, values(value)?)));
        keys.collect::<Option<_>>().map(Self).ok_or(FilterError::Malformed)
    }

    /// Checks that the route knows every key.
    pub fn validate(&self, known: &[&str]) -> Result<(), FilterError> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(FilterError::UnknownKey(key.clone())),
            None => Ok(()),
        }
    }

    /// Tells whether the key is there at all.
    pub fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Tells whether there is no filter.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives the values of a key.
    pub fn get(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.get(key).into_iter().flatten().map(String::as_str)
    }

    /// Reads a key that is a boolean (`0`, `1`, `false`, `true`); absent gives `default`.
    pub fn bool_or(&self, key: &str, default: bool) -> Result<bool, FilterError> {
        let Some(values) = self.0.get(key) else { return Ok(default) };
        let no = values.contains("0") || values.contains("false");
        let yes = values.contains("1") || values.contains("true");
        if no == yes { Err(self.value_error(key)) } else { Ok(yes) }
    }

    /// Makes the error for a key whose value the route does not take.
    pub fn value_error(&self, key: &str) -> FilterError {
        let values: Vec<String> = self.get(key).map(str::to_owned).collect();
        if values.is_empty() {
            return FilterError::UnknownKey(key.to_owned());
        }
        FilterError::Value { key: key.to_owned(), values }
    }

    /// Tells whether `value` is among the values of a key; an absent key lets everything pass.
    pub fn exact_match(&self, key: &str, value: &str) -> bool {
        self.0.get(key).is_none_or(|values| values.is_empty() || values.contains(value))
    }

    /// Tells whether `value` begins with a value of a key; an absent key lets everything pass.
    pub fn prefix_match(&self, key: &str, value: &str) -> bool {
        self.0.get(key).is_none_or(|values| {
            values.is_empty() || values.iter().any(|prefix| value.starts_with(prefix.as_str()))
        })
    }

    /// Tells whether `labels` has every label of a key, each given as `name` or `name=value`.
    pub fn label_match(&self, key: &str, labels: &BTreeMap<String, String>) -> bool {
        self.get(key).all(|wanted| match wanted.split_once('=') {
            Some((name, value)) => labels.get(name).is_some_and(|found| found == value),
            None => labels.contains_key(wanted),
        })
    }

    /// Compiles the values of a key as patterns.
    pub fn patterns(&self, key: &str) -> FilterPatterns<'_> {
        let exact = self.0.get(key);
        // What is no pattern still matches by being equal, as in Docker.
        let compiled = exact.into_iter().flatten().take(PATTERNS_MAX).filter_map(|value| {
            RegexBuilder::new(value).size_limit(PATTERN_MAX_BYTES).build().ok()
        });
        FilterPatterns { patterns: compiled.collect(), exact }
    }
}

impl FilterPatterns<'_> {
    /// Tells whether `value` is equal to a value or holds a pattern; an absent key lets everything pass.
    pub fn is_match(&self, value: &str) -> bool {
        self.exact.is_none_or(|values| values.is_empty() || values.contains(value))
            || self.patterns.iter().any(|pattern| pattern.is_match(value))
    }
}

fn values(value: Value) -> Option<BTreeSet<String>> {
    match value {
        Value::Null => Some(BTreeSet::new()),
        Value::Array(items) => items
            .into_iter()
            .map(|item| if let Value::String(item) = item { Some(item) } else { None })
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, wanted)| *wanted != Value::Bool(false))
            .map(|(item, wanted)| (wanted == Value::Bool(true)).then_some(item))
            .collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests;
