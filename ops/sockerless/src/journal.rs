//! `sockerless journal`: the log for reading, beside a running server or without one.

mod ls;
mod reads;
mod stats;
mod verify;

use crate::cli::{JournalArguments, JournalCommand};

/// Runs one of the subcommands.
pub(crate) fn run(arguments: JournalArguments) -> anyhow::Result<()> {
    match arguments.command {
        JournalCommand::Ls(arguments) => ls::ls(&arguments),
        JournalCommand::Verify(arguments) => verify::verify(arguments.data),
        JournalCommand::Stats(arguments) => stats::stats(arguments.data),
        JournalCommand::Reads(arguments) => reads::reads(&arguments),
    }
}
