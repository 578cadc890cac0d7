//! What the environment tells the suite: a seed, how much is tried, where memory can be had as a folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The seed of the damages.
const SEED: &str = "SOCKERLESS_TEST_SEED";

/// How many damages are tried.
const DAMAGES: &str = "SOCKERLESS_TEST_DAMAGES";

/// A file system in memory, on most Linux systems. Trials sync a lot, and nothing of them has to last.
const MEMORY: &str = "/dev/shm";

/// The seed that was given, or a fresh one.
pub fn seed() -> Result<u64> {
    Ok(number(SEED)?.map_or_else(getrandom::u64, Ok)?)
}

/// How many damages are tried: as told, else `default`.
pub fn damages(default: u64) -> Result<u64> {
    Ok(number(DAMAGES)?.unwrap_or(default))
}

/// A folder whose syncs are cheap, where there is one.
pub fn fast_folder() -> PathBuf {
    let memory = Path::new(MEMORY);
    let is_usable = tempfile::tempfile_in(memory).is_ok();
    if is_usable { memory.to_owned() } else { std::env::temp_dir() }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by variables how to run")]
fn number(name: &str) -> Result<Option<u64>> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty());
    text.map(|text| text.parse().with_context(|| format!("{name} is no number: {text}")))
        .transpose()
}
