//! `sockerless journal`: the log for reading, for keeping and for mending, beside a running server or without one.

mod arguments;
mod backup;
mod draft;
mod folded;
mod fork;
mod ls;
mod manifest;
mod on_record;
mod reads;
mod repair;
mod restore;
mod skip;
mod stats;
mod trim;
mod verify;

pub(crate) use self::arguments::{
    BackupArguments, ForkArguments, KeyArguments, RestoreArguments, TrimArguments, VerifyArguments,
};
use crate::cli::{JournalArguments, JournalCommand};

/// Runs one of the subcommands.
pub(crate) fn run(arguments: JournalArguments) -> anyhow::Result<()> {
    match arguments.command {
        JournalCommand::Ls(arguments) => ls::ls(&arguments),
        JournalCommand::Verify(arguments) => verify::verify(&arguments),
        JournalCommand::Stats(arguments) => stats::stats(arguments.data),
        JournalCommand::Reads(arguments) => reads::reads(&arguments),
        JournalCommand::Repair(arguments) => repair::repair(&arguments),
        JournalCommand::Skip(arguments) => skip::skip(&arguments),
        JournalCommand::Backup(arguments) => backup::backup(&arguments),
        JournalCommand::Restore(arguments) => restore::restore(&arguments),
        JournalCommand::Fork(arguments) => fork::fork(&arguments),
        JournalCommand::Trim(arguments) => trim::trim(&arguments),
    }
}
