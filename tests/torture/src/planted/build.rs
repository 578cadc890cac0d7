//! The build with the bugs in it, and the test programs that come of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::bugs::Place;
use crate::process;

/// The feature that has the bugs compiled in.
const FEATURE: &str = "journal-log/planted";

/// How long a build may take on a machine that has built nothing yet.
const LIMIT: Duration = Duration::from_secs(2 * 3600);

/// A test program.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) place: Place,
    pub(super) path: String,
    /// Its package's folder, in which it expects to be run.
    pub(super) folder: PathBuf,
}

/// Builds the program of `place` with the bugs in it.
pub(super) fn build(place: Place, target: &Path, logs: &Path) -> Result<Program> {
    let mut arguments: Vec<&str> = place.cargo().split(' ').collect();
    arguments.extend([
        "--features",
        FEATURE,
        "--no-run",
        "--message-format=json-render-diagnostics",
    ]);
    let mut command = process::command("cargo", &arguments);
    command.env("CARGO_TARGET_DIR", target);
    let mut found = None;
    let log = logs.join(format!("{}-build.log", place.name()));
    process::run(command, &log, LIMIT, |line| {
        found = program(place, line).or_else(|| found.take());
        Ok(())
    })?
    .well()
    .with_context(|| format!("building {}", place.name()))?;
    found.with_context(|| format!("no test program of {}", place.name()))
}

/// Reads which program a line of cargo's speaks of.
fn program(place: Place, line: &str) -> Option<Program> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_test = message.pointer("/profile/test")?.as_bool()?;
    let path = message.get("executable")?.as_str()?.to_owned();
    let manifest = Path::new(message.get("manifest_path")?.as_str()?);
    is_test.then_some(Program { place, path, folder: manifest.parent()?.to_owned() })
}
