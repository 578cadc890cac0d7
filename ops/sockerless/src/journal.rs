//! `sockerless journal`: the log for reading, beside a running server or without one, and for mending.

mod ls;
mod on_record;
mod reads;
mod repair;
mod skip;
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
        JournalCommand::Repair(arguments) => repair::repair(&arguments),
        JournalCommand::Skip(arguments) => skip::skip(&arguments),
    }
}
