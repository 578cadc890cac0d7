//! The bodies of records: one type for each kind and version, never edited after its release.
//!
//! A new shape is a new type with the next version; reading always ends at the newest. Bodies are read by the
//! kind and version of the header, never by the order of an enum. The golden files beside the tests hold the
//! bytes of every shape that was ever written.

pub(crate) mod command;
pub(crate) mod epoch;
pub(crate) mod seal;
pub(crate) mod skip;
pub(crate) mod snapshot_ref;
pub(crate) mod state_hash;
pub(crate) mod trim;
pub(crate) mod version_barrier;

use serde::{Deserialize, Serialize};

use self::command::{CommandBodyV1, CommandView};
use self::epoch::EpochBodyV1;
use self::seal::SealBodyV1;
use self::skip::SkipBodyV1;
use self::snapshot_ref::SnapshotRefBodyV1;
use self::state_hash::StateHashBodyV1;
use self::trim::TrimBodyV1;
use self::version_barrier::VersionBarrierBodyV1;
use crate::{BodyCodec, DecodeError, EncodeError, Record, RecordKind, Release, codec};

/// A body of any kind that this release reads, in its newest shape. `C` is how a command is read: whole, or in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Body<C = CommandBodyV1> {
    /// A command of a client or of the system.
    Command(C),
    /// A fact reported from outside.
    Observation(C),
    /// A command that a timer fired.
    Timer(C),
    /// The journal was opened.
    Epoch(EpochBodyV1),
    /// The state's hash at a point.
    StateHash(StateHashBodyV1),
    /// A snapshot was written.
    SnapshotRef(SnapshotRefBodyV1),
    /// The records up to a point were sealed and signed.
    Seal(SealBodyV1),
    /// The beginning of the log was given up.
    Trim(TrimBodyV1),
    /// What follows needs a newer release.
    VersionBarrier(VersionBarrierBodyV1),
    /// An operator passed over lost records.
    Skip(SkipBodyV1),
}

impl Body {
    /// The kinds and versions that can be read.
    pub const SHAPES: &'static [(RecordKind, u16)] = &[
        (RecordKind::Command, 1),
        (RecordKind::Observation, 1),
        (RecordKind::Timer, 1),
        (RecordKind::Epoch, 1),
        (RecordKind::StateHash, 1),
        (RecordKind::SnapshotRef, 1),
        (RecordKind::Seal, 1),
        (RecordKind::Trim, 1),
        (RecordKind::VersionBarrier, 1),
        (RecordKind::Skip, 1),
    ];

    /// Reads the body of `record`.
    pub fn of(record: &Record) -> Result<Self, DecodeError> {
        Self::read(record)
    }

    /// Returns the kind of a record with this body.
    pub const fn kind(&self) -> RecordKind {
        match self {
            Self::Command(_) => RecordKind::Command,
            Self::Observation(_) => RecordKind::Observation,
            Self::Timer(_) => RecordKind::Timer,
            Self::Epoch(_) => RecordKind::Epoch,
            Self::StateHash(_) => RecordKind::StateHash,
            Self::SnapshotRef(_) => RecordKind::SnapshotRef,
            Self::Seal(_) => RecordKind::Seal,
            Self::Trim(_) => RecordKind::Trim,
            Self::VersionBarrier(_) => RecordKind::VersionBarrier,
            Self::Skip(_) => RecordKind::Skip,
        }
    }

    /// Returns the version in which this body is written.
    pub const fn version(&self) -> u16 {
        match self {
            Self::Command(_)
            | Self::Observation(_)
            | Self::Timer(_)
            | Self::Epoch(_)
            | Self::StateHash(_)
            | Self::SnapshotRef(_)
            | Self::Seal(_)
            | Self::Trim(_)
            | Self::VersionBarrier(_)
            | Self::Skip(_) => 1,
        }
    }

    /// Returns the oldest release that reads a record with this body, whatever payloads are in it.
    pub const fn since(&self) -> Release {
        match self {
            // The first release was not out yet when the last of these came.
            Self::Command(_)
            | Self::Observation(_)
            | Self::Timer(_)
            | Self::Epoch(_)
            | Self::StateHash(_)
            | Self::SnapshotRef(_)
            | Self::Seal(_)
            | Self::Trim(_)
            | Self::VersionBarrier(_)
            | Self::Skip(_) => Release::FIRST,
        }
    }

    /// Encodes the body, at most [`BODY_BYTES_MAX`](crate::BODY_BYTES_MAX) bytes.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        match self {
            Self::Command(body) | Self::Observation(body) | Self::Timer(body) => {
                codec::encode(body)
            }
            Self::Epoch(body) => codec::encode(body),
            Self::StateHash(body) => codec::encode(body),
            Self::SnapshotRef(body) => codec::encode(body),
            Self::Seal(body) => codec::encode(body),
            Self::Trim(body) => codec::encode(body),
            Self::VersionBarrier(body) => codec::encode(body),
            Self::Skip(body) => codec::encode(body),
        }
    }
}

impl<'r> Body<CommandView<'r>> {
    /// Reads of the body of `record` what a fold needs, in place.
    pub fn view(record: &'r Record) -> Result<Self, DecodeError> {
        Self::read(record)
    }
}

impl<'r, C: Deserialize<'r>> Body<C> {
    fn read(record: &'r Record) -> Result<Self, DecodeError> {
        let header = &record.header;
        let unknown =
            || DecodeError::UnknownKind { kind: header.kind.number(), version: header.version };
        if header.codec != BodyCodec::Bincode2 {
            return Err(unknown());
        }
        let bytes = &record.body;
        match (header.kind, header.version) {
            (RecordKind::Command, 1) => codec::decode(bytes).map(Self::Command),
            (RecordKind::Observation, 1) => codec::decode(bytes).map(Self::Observation),
            (RecordKind::Timer, 1) => codec::decode(bytes).map(Self::Timer),
            (RecordKind::Epoch, 1) => codec::decode(bytes).map(Self::Epoch),
            (RecordKind::StateHash, 1) => codec::decode(bytes).map(Self::StateHash),
            (RecordKind::SnapshotRef, 1) => codec::decode(bytes).map(Self::SnapshotRef),
            (RecordKind::Seal, 1) => codec::decode(bytes).map(Self::Seal),
            (RecordKind::Trim, 1) => codec::decode(bytes).map(Self::Trim),
            (RecordKind::VersionBarrier, 1) => codec::decode(bytes).map(Self::VersionBarrier),
            (RecordKind::Skip, 1) => codec::decode(bytes).map(Self::Skip),
            (_, _) => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests;
