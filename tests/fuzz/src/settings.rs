//! What the environment tells the suite: a seed, and how many inputs.

use anyhow::{Context as _, Result};

/// The seed of the inputs.
const SEED: &str = "SOCKERLESS_TEST_SEED";

/// How many inputs each target gets.
const INPUTS: &str = "SOCKERLESS_TEST_INPUTS";

/// The seed that was given, or a fresh one.
pub fn seed() -> Result<u64> {
    Ok(variable(SEED)?.map_or_else(getrandom::u64, Ok)?)
}

/// How many inputs each target gets: as told, else `default`.
pub fn inputs(default: u64) -> Result<u64> {
    Ok(variable(INPUTS)?.unwrap_or(default))
}

#[expect(clippy::disallowed_methods, reason = "tests are told by variables how to run")]
fn variable(name: &str) -> Result<Option<u64>> {
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => {
            text.parse().map(Some).with_context(|| format!("{name} is no number: {text}"))
        }
        Ok(_) | Err(_) => Ok(None),
    }
}
