//! The program's work outside of containers: `prepare` and `sweep`.

use std::error::Error;
use std::io::{Read, Write};
use std::process::ExitCode;

use serde::de::DeserializeOwned;

use crate::cgroup::removal;
use crate::host;

/// The largest task in bytes: a few paths.
const TASK_MAX_BYTES: u64 = 64 * 1024;

/// Finds the host's control groups for a [`sandbox_shim::HostRequest`] on standard input, and writes a
/// [`sandbox_shim::HostReport`] to standard output.
pub fn run_prepare() -> ExitCode {
    finish(task().and_then(|request| {
        let report = serde_json::to_string(&host::prepare(&request)?)?;
        Ok(std::io::stdout().write_all(report.as_bytes())?)
    }))
}

/// Kills and removes what is left of the container of a [`sandbox_shim::SweepRequest`] on standard input.
pub fn run_sweep() -> ExitCode {
    finish(task().and_then(|request| Ok(removal::sweep(&request)?)))
}

/// Writes an error and its causes to standard error.
pub(crate) fn complain(error: &dyn Error) -> ExitCode {
    let mut text = format!("sockerless-shim: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text.push('\n');
    // The exit code says that something is wrong, if this cannot.
    drop(std::io::stderr().write_all(text.as_bytes()));
    ExitCode::FAILURE
}

fn task<T: DeserializeOwned>() -> Result<T, Box<dyn Error>> {
    let mut text = Vec::new();
    std::io::stdin().take(TASK_MAX_BYTES).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

fn finish(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(error.as_ref()),
    }
}
