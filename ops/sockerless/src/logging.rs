//! Log lines on standard error, for people or for programs.

use anyhow::Context as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::cli::LogFormat;

/// Begins to write log lines that `filter` lets through.
pub(crate) fn start(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)
        .with_context(|| format!("{filter:?} is no filter of log lines"))?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.with_ansi(false).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    Ok(())
}
