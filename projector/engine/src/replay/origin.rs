//! Where a replay begins: the newest snapshot that belongs to the log, or nothing.

use std::error::Error;

use journal_log::{
    ChainVerifier, JournalReader, Record, Release, Seq, SnapshotError, SnapshotManifest,
    SnapshotStore, Timestamp,
};
use projector_machine::{Machine, in_form};

use super::{Decoded, RejectedSnapshot, ReplayError, reads};
use crate::World;
use crate::snapshots::form;

/// A state to go on from, and the chain up to there.
pub(crate) struct Origin<M: Machine> {
    pub(crate) world: World<M>,
    pub(crate) verifier: ChainVerifier,
}

/// Why a snapshot is passed over.
#[derive(Debug, thiserror::Error)]
enum Rejection {
    #[error("release {writer} has written it, this is {binary}")]
    Newer { writer: String, binary: String },
    #[error("its schema is {found}, this release has {expected}")]
    Schema { found: u32, expected: u32 },
    #[error("the log has no such record")]
    NoRecord,
    #[error("it belongs to another log: the record's hash differs")]
    OtherLog,
    #[error("it cannot be loaded")]
    Load(#[from] SnapshotError),
    #[error("its state cannot be read")]
    Form(#[from] form::FormError),
    #[error("its state has another hash than it says")]
    StateHash,
}

impl<M: Machine> Origin<M> {
    /// Begins before the first record, which a trimmed log does not have any more.
    pub(crate) fn genesis(
        reader: &dyn JournalReader,
        rejected: Vec<RejectedSnapshot>,
    ) -> Result<Self, ReplayError> {
        let first = reader.first();
        if first > Seq::FIRST {
            return Err(ReplayError::Trimmed { first, rejected });
        }
        Ok(Self { world: World::genesis(), verifier: ChainVerifier::from_genesis() })
    }

    /// Takes the newest snapshot at or before `head` that is whole and belongs to the log.
    ///
    /// One of a release after `binary` is passed over: before its point there may be a barrier that keeps this release
    /// out, which only a replay from before it meets.
    pub(super) fn find(
        reader: &dyn JournalReader,
        snapshots: &dyn SnapshotStore,
        head: Seq,
        binary: &str,
        rejected: &mut Vec<RejectedSnapshot>,
    ) -> Result<Self, ReplayError> {
        let (manifests, log_head) = (listed(snapshots), reader.head());
        if let Some(ahead) = manifests.iter().find(|manifest| manifest.seq > log_head) {
            return Err(ReplayError::AheadOfLog { snapshot: ahead.seq, head: log_head });
        }
        let span = (Seq::GENESIS, head);
        let newest = Self::newest(reader, snapshots, &manifests, span, binary, rejected);
        newest.map_or_else(|| Self::genesis(reader, rejected.clone()), Ok)
    }

    /// Takes the newest snapshot after `after` and at or before `until` that is whole and belongs to the log, and that
    /// no release after `binary` has written.
    pub(crate) fn between(
        reader: &dyn JournalReader,
        snapshots: &dyn SnapshotStore,
        (after, until): (Seq, Seq),
        binary: &str,
    ) -> Option<Self> {
        let manifests = listed(snapshots);
        Self::newest(reader, snapshots, &manifests, (after, until), binary, &mut Vec::new())
    }

    /// Takes the newest snapshot that is older than `at`, whole and of this log; nothing where there is none, unless
    /// the log does not reach back to its beginning.
    pub(crate) fn before(
        reader: &dyn JournalReader,
        snapshots: &dyn SnapshotStore,
        at: Timestamp,
    ) -> Result<World<M>, ReplayError> {
        let manifests = listed(snapshots);
        let is_older = |manifest: &&SnapshotManifest| {
            record_at(reader, manifest.seq).is_some_and(|record| time_of::<M>(&record) < at)
        };
        let older = manifests.iter().filter(is_older);
        let mut loaded = older.filter_map(|manifest| Self::load(reader, snapshots, manifest).ok());
        let origin = loaded.next().map_or_else(|| Self::genesis(reader, Vec::new()), Ok);
        origin.map(|origin| origin.world)
    }

    /// Takes the snapshot of `manifest`, if it is whole and belongs to the log.
    pub(crate) fn of_snapshot(
        reader: &dyn JournalReader,
        snapshots: &dyn SnapshotStore,
        manifest: &SnapshotManifest,
    ) -> Result<Self, RejectedSnapshot> {
        Self::load(reader, snapshots, manifest).map_err(|rejection| RejectedSnapshot {
            seq: manifest.seq,
            reason: chain_of(&rejection),
        })
    }

    fn newest(
        reader: &dyn JournalReader,
        snapshots: &dyn SnapshotStore,
        manifests: &[SnapshotManifest],
        (after, until): (Seq, Seq),
        binary: &str,
        rejected: &mut Vec<RejectedSnapshot>,
    ) -> Option<Self> {
        let in_span = |manifest: &&SnapshotManifest| after < manifest.seq && manifest.seq <= until;
        manifests.iter().filter(in_span).find_map(|manifest| {
            let loaded = if is_newer(&manifest.binary, binary) {
                let (writer, binary) = (manifest.binary.clone(), binary.to_owned());
                Err(Rejection::Newer { writer, binary })
            } else {
                Self::load(reader, snapshots, manifest)
            };
            let noted = loaded.map_err(|rejection| {
                let reason = chain_of(&rejection);
                tracing::warn!(seq = %manifest.seq, %reason, "a snapshot is passed over");
                rejected.push(RejectedSnapshot { seq: manifest.seq, reason });
            });
            noted.ok()
        })
    }

    fn load(
        reader: &dyn JournalReader,
        snapshots: &dyn SnapshotStore,
        manifest: &SnapshotManifest,
    ) -> Result<Self, Rejection> {
        let record = record_at(reader, manifest.seq).ok_or(Rejection::NoRecord)?;
        let schema = manifest.schema;
        if !begins_with::<M>(schema, record.header.group, reader.first()) {
            return Err(Rejection::Schema { found: schema, expected: M::SCHEMA });
        }
        if record.hash() != manifest.record_hash
            && !journal_log::planted!("snapshot-of-another-log")
        {
            return Err(Rejection::OtherLog);
        }
        let bytes = snapshots.load(manifest)?;
        let mut state = in_form(schema, || -> Result<M::State, Rejection> {
            let state = form::read(&bytes)?;
            if M::state_hash(&state) != manifest.state_hash
                && !journal_log::planted!("snapshot-hash-unchecked")
            {
                return Err(Rejection::StateHash);
            }
            Ok(state)
        })?;
        if schema < M::SCHEMA {
            M::complete(&mut state, schema);
        }
        let world = World { seq: manifest.seq, at: time_of::<M>(&record), state };
        Ok(Self { world, verifier: ChainVerifier::after(&record) })
    }
}

/// Tells whether a replay can begin with a snapshot of `schema`, at a record of `group`, in a log that begins with `first`.
///
/// One in an earlier form is taken where a trimmed log has nothing before it. Else the records are there, and this release folds
/// them itself.
pub fn begins_with<M: Machine>(schema: u32, group: Seq, first: Seq) -> bool {
    let is_root = first > Seq::FIRST && group == first;
    schema == M::SCHEMA || (is_root && (M::SCHEMA_OLDEST..M::SCHEMA).contains(&schema))
}

/// Lists the snapshots, newest first.
fn listed(snapshots: &dyn SnapshotStore) -> Vec<SnapshotManifest> {
    snapshots.manifests().unwrap_or_else(|error| {
        // A snapshot is a cache: without any of them it only takes longer.
        tracing::warn!(reason = chain_of(&error), "the snapshots cannot be listed");
        Vec::new()
    })
}

/// Tells whether the snapshot was written by a release after this one. One whose writer is no release is none of ours,
/// and what it says is checked all the same.
fn is_newer(writer: &str, binary: &str) -> bool {
    writer.parse::<Release>().is_ok() && !reads(writer, binary)
}

/// Gives the time of a record. It is in the chain, so a body that cannot be read is found where the log is verified.
fn time_of<M: Machine>(record: &Record) -> Timestamp {
    Decoded::<M>::of(record).map_or_else(|_| record.header.hlc.wall(), |decoded| decoded.stamp.at)
}

fn record_at(reader: &dyn JournalReader, seq: Seq) -> Option<Record> {
    reader.read(seq).ok()?.next()?.ok().filter(|record| record.header.seq == seq)
}

/// Writes an error with all its causes.
fn chain_of(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
