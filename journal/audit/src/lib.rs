//! The log for auditors: a tree over its records, signed checkpoints of it, exports, and their verification.
//!
//! A record's hash is an RFC 6962 leaf, so the log is a transparency log as it stands. [`Tree`] keeps its tiles,
//! a [`SigningKey`] signs a [`Checkpoint`] of it, [`export`] writes records out in one of the [`Format`]s, and [`verify`]
//! needs such an export and the public key alone. What a domain's payloads say is asked of a [`Vocabulary`].
//!
//! This crate never opens a file or a socket, never reads a clock, and never appends to the log.

mod checkpoint;
mod entry;
mod export;
mod filter;
mod format;
mod frontier;
mod key;
#[cfg(test)]
mod kit;
mod lines;
mod note;
mod proof;
mod tiles;
mod tree;
mod verify;

pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use entry::{Entry, Told, Verdict, Vocabulary, What};
pub use export::{ExportError, ExportRequest, Exported, export};
pub use filter::{Filter, containers_named};
pub use format::{Format, Formatter};
pub use frontier::Frontier;
pub use key::{KeyError, SigningKey, VerifyingKey};
pub use note::NoteError;
pub use proof::{ProofError, check_consistency, check_inclusion, growth_text, inclusion_text};
pub use tiles::{MemoryTiles, TileStore};
pub use tree::{Tree, TreeError};
pub use verify::{Verified, VerifyError, VerifyOptions, verify};
