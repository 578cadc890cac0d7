//! What the environment tells the suites: a seed, and how long to go on.

use anyhow::{Context as _, Result};

/// The seed of whatever a test draws at random.
const SEED: &str = "SOCKERLESS_TEST_SEED";

/// How often the kill loop kills the server.
const KILLS: &str = "SOCKERLESS_TEST_KILLS";

/// How often the power is cut.
const CUTS: &str = "SOCKERLESS_TEST_CUTS";

/// At how many points of a scripted run a process is killed, or a call of it fails.
const POINTS: &str = "SOCKERLESS_TEST_POINTS";

/// How many modules are drawn.
const MODULES: &str = "SOCKERLESS_TEST_MODULES";

/// The seed that was given, or a fresh one. The caller prints it, so that a failure can be had again.
pub fn seed() -> Result<u64> {
    match variable(SEED) {
        Some(text) => text.parse().with_context(|| format!("{SEED} is no number: {text}")),
        None => Ok(getrandom::u64()?),
    }
}

/// How often the kill loop kills the server: as told, else `default`.
pub fn kills(default: u32) -> Result<u32> {
    count(KILLS, default)
}

/// How often the power is cut: as told, else `default`.
pub fn cuts(default: u32) -> Result<u32> {
    count(CUTS, default)
}

/// At how many points of a run something happens: as told, else `default`.
pub fn points(default: u32) -> Result<u32> {
    count(POINTS, default)
}

/// How many modules are drawn: as told, else `default`.
pub fn modules(default: u32) -> Result<u32> {
    count(MODULES, default)
}

fn count(name: &str, default: u32) -> Result<u32> {
    match variable(name) {
        Some(text) => text.parse().with_context(|| format!("{name} is no number: {text}")),
        None => Ok(default),
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by variables how to run")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
