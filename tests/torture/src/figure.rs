//! What a suite says of itself: a line of JSON with its name and numbers.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How such a line begins.
const BEGIN: &str = "{\"suite\":";

/// The figures of one suite in one run of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// The suite.
    pub(crate) suite: String,
    /// The seeds of its runs.
    pub(crate) seeds: Vec<u64>,
    /// How often something was tried.
    pub(crate) tried: u64,
    /// How often something was lost, doubled, hung or passed over.
    pub(crate) lost: u64,
    /// Everything else that was counted, by name.
    #[serde(flatten)]
    pub(crate) counts: BTreeMap<String, u64>,
}

impl Figures {
    /// Reads the figures of a line; none where the line has none.
    pub(crate) fn of_line(line: &str) -> Result<Option<Self>> {
        // A test's own line may stand before it, for its end is written later.
        let Some(begin) = line.find(BEGIN) else { return Ok(None) };
        let text = &line[begin..];
        let Value::Object(fields) = serde_json::from_str(text).with_context(|| text.to_owned())?
        else {
            return Ok(None);
        };
        let number = |name: &str| fields.get(name).and_then(Value::as_u64);
        let needed = |name: &str| number(name).with_context(|| format!("no {name} in {text}"));
        let counts = fields
            .iter()
            .filter(|(name, _)| !["suite", "seed", "tried", "lost"].contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.clone(), value.as_u64()?)))
            .collect();
        Ok(Some(Self {
            suite: fields.get("suite").and_then(Value::as_str).unwrap_or_default().to_owned(),
            seeds: number("seed").into_iter().collect(),
            tried: needed("tried")?,
            lost: needed("lost")?,
            counts,
        }))
    }

    /// Adds the figures of another run. A count that is a maximum stays one.
    pub(crate) fn add(&mut self, other: &Self) {
        self.seeds.extend(&other.seeds);
        self.seeds.dedup();
        self.tried += other.tried;
        self.lost += other.lost;
        for (name, count) in &other.counts {
            let sum = self.counts.entry(name.clone()).or_default();
            *sum = if name.ends_with("_max") { *count.max(sum) } else { *sum + count };
        }
    }

    /// Adds figures to those of the same suite in `all`.
    pub(crate) fn add_to(self, all: &mut Vec<Self>) {
        match all.iter_mut().find(|known| known.suite == self.suite) {
            Some(known) => known.add(&self),
            None => all.push(self),
        }
    }
}

/// Writes a number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

#[cfg(test)]
mod tests;
