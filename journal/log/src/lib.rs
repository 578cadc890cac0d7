//! The ground floor: what a record is, and what a journal of records promises.
//!
//! A record is a 104-byte [`Header`] that any language can read, and a body behind the [`codec`]. Each record
//! carries the hash of the one before, so a journal is a chain. [`Chain`] makes the next records,
//! [`ChainVerifier`] checks them, [`Journal`], [`JournalReader`] and [`SnapshotStore`] say what a store has to
//! promise, and [`conformance`] checks that it does.
//!
//! This crate never reads a clock, never touches a disk, and knows no domain: commands and events are
//! [`Tagged`] bytes here.

mod admission;
mod body;
mod chain;
mod epoch;
mod faulty;
mod frame;
mod header;
mod hlc;
mod journal;
mod kind;
mod memory;
mod memory_snapshots;
mod release;
mod request;
mod scrub;
mod seq;
mod skip;
mod snapshot;
mod timestamp;
mod verify;
mod wire;

pub mod codec;
pub mod conformance;
#[doc(hidden)]
pub mod id;
#[doc(hidden)]
pub mod planted;

pub use admission::Admission;
pub use body::{
    Body,
    command::{Actor, CommandBodyV1, CommandView, Outcome},
    epoch::EpochBodyV1,
    seal::SealBodyV1,
    skip::SkipBodyV1,
    snapshot_ref::SnapshotRefBodyV1,
    state_hash::StateHashBodyV1,
    trim::TrimBodyV1,
    version_barrier::VersionBarrierBodyV1,
};
pub use chain::{Chain, Draft, GROUP_BYTES_MAX, GROUP_RECORDS_MAX};
pub use codec::{BODY_BYTES_MAX, DecodeError, EncodeError};
pub use epoch::Epoch;
pub use faulty::{Faults, FaultyJournal};
pub use frame::{FrameError, Record};
pub use header::{BodyCodec, Flags, HEADER_BYTES, Header};
pub use hlc::Hlc;
pub use id::ParseIdError;
pub use journal::{AppendError, Journal, JournalReader, ReadError, StoreError, Tail};
pub use kind::RecordKind;
pub use memory::{MemoryJournal, MemoryStore};
pub use memory_snapshots::MemorySnapshots;
pub use release::{ParseReleaseError, Release};
pub use request::{RecordHash, RequestId, TreeHash};
pub use scrub::{ScrubError, scrub};
pub use seq::Seq;
pub use skip::{SKIPPED_MAX, StandInError, stand_ins};
pub use snapshot::{SnapshotError, SnapshotManifest, SnapshotStore};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use verify::{ChainError, ChainFault, ChainVerifier};
pub use wire::{Payload, Tagged, Wire};
