//! What the environment tells the suite: a seed, and how long to go on.

use anyhow::{Context as _, Result};

/// The seed of everything that is drawn.
const SEED: &str = "SOCKERLESS_TEST_SEED";

/// Container-hours that the suite simulates.
const HOURS: &str = "SOCKERLESS_TEST_SIM_HOURS";

/// The seed that was given, or `default`.
pub fn seed(default: u64) -> Result<u64> {
    number(SEED, default)
}

/// The container-hours that were asked for, or `default`.
pub fn hours(default: u64) -> Result<u64> {
    number(HOURS, default)
}

#[expect(clippy::disallowed_methods, reason = "tests are told by variables how to run")]
fn number(name: &str, default: u64) -> Result<u64> {
    match std::env::var(name).ok().filter(|value| !value.is_empty()) {
        Some(text) => text.parse().with_context(|| format!("{name} is no number: {text}")),
        None => Ok(default),
    }
}
