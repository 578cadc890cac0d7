//! `sockerless audit`: exports of the log, their verification, proofs, and whoever follows it.
//!
//! Beside a running server everything is asked of it through its control socket; without one the directory is read.

mod arguments;
mod ask;
mod book;
mod cursor;
mod export;
mod follow;
mod keep;
mod key;
mod sink;
mod tiles;
mod verify;
mod webhook;

pub(crate) use self::{
    arguments::AuditArguments,
    book::{Book, Sealed},
    keep::{copy, exported_through, fork, keep},
    key::{load_or_make, path as key_path},
};
use self::{arguments::AuditCommand, ask::Place};

/// Runs one of the subcommands.
pub(crate) fn run(arguments: AuditArguments) -> anyhow::Result<()> {
    match arguments.command {
        AuditCommand::Export(arguments) => export::export(&arguments),
        AuditCommand::Verify(arguments) => verify::verify(&arguments),
        AuditCommand::Prove(arguments) => export::prove(&arguments),
        AuditCommand::Checkpoint(arguments) => {
            ask::print(&Place::of(&arguments)?, &api_ops::AuditAsk::Checkpoint)
        }
        AuditCommand::Key(arguments) => {
            ask::print(&Place::of(&arguments)?, &api_ops::AuditAsk::Key)
        }
        AuditCommand::Follow(arguments) => follow::follow(arguments),
    }
}
