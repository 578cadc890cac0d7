//! `sockerless journal`: the log for reading and for keeping, beside a running server or without one.

mod backup;
mod draft;
mod folded;
mod fork;
mod ls;
mod stats;
mod trim;
mod verify;

use crate::cli::{JournalArguments, JournalCommand};

/// Runs one of the subcommands.
pub(crate) fn run(arguments: JournalArguments) -> anyhow::Result<()> {
    match arguments.command {
        JournalCommand::Ls(arguments) => ls::ls(&arguments),
        JournalCommand::Verify(arguments) => verify::verify(&arguments),
        JournalCommand::Stats(arguments) => stats::stats(arguments.data),
        JournalCommand::Backup(arguments) => backup::backup(&arguments),
        JournalCommand::Restore(arguments) => backup::restore(&arguments),
        JournalCommand::Fork(arguments) => fork::fork(&arguments),
        JournalCommand::Trim(arguments) => trim::trim(&arguments),
    }
}
