//! Giving up the beginning of the log.
//!
//! Only what is below a snapshot can be given up, for that is where every replay begins from then on. So the snapshot
//! is read back first, then the record of the trim is made durable, and only then may the records be deleted, which is
//! the affair of whoever owns the files. A process that ends between the two has records that nobody needs, and the
//! next trim takes them.

use journal_log::{
    Actor, Body, ChainVerifier, JournalReader, ReadError, Record, RequestId, Seq, SnapshotError,
    SnapshotManifest, SnapshotStore, StoreError, Tail, Timestamp, TrimBodyV1,
};
use projector_machine::{Machine, Stamp};

use crate::replay::{Origin, reasons};
use crate::{Handle, RejectedSnapshot, SubmitError, World, snapshots};

/// What a trim would give up, and the snapshot that every replay then begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrimPlan {
    /// The last record that is given up.
    pub begin: Tail,
    /// The first record that is there now.
    pub first: Seq,
    /// The snapshot below which it is done; it was read back.
    pub root: SnapshotManifest,
}

/// Who gives records up, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrimRequest {
    /// Who asks.
    pub actor: Actor,
    /// Why.
    pub reason: String,
    /// When.
    pub now: Timestamp,
}

/// Why nothing can be given up.
#[derive(Debug, thiserror::Error)]
pub enum TrimError {
    /// There is no snapshot to begin with afterwards.
    #[error(
        "there is no usable snapshot at or before record {before}, and records are given up below one only{}",
        reasons(rejected)
    )]
    NoSnapshot {
        /// The first record that is to be kept.
        before: Seq,
        /// The snapshots that cannot be used.
        rejected: Vec<RejectedSnapshot>,
    },
    /// What is below the snapshot was given up before.
    #[error(
        "there is nothing to give up: the log begins at record {first}, and its snapshot is of record {root}"
    )]
    Nothing {
        /// The first record there is.
        first: Seq,
        /// The snapshot's point.
        root: Seq,
    },
    /// The log cannot be read.
    #[error("the log cannot be read at record {}", .0.seq())]
    Read(#[source] ReadError),
    /// The snapshots cannot be listed.
    #[error("the snapshots cannot be listed")]
    Snapshots(#[from] SnapshotError),
}

impl<M: Machine> Handle<M> {
    /// Finds what can be given up so that every record from `before` on stays, and every state from there on can be
    /// had. It blocks as long as reading a snapshot takes.
    pub fn plan_trim(&self, before: Seq) -> Result<TrimPlan, TrimError> {
        let (reader, snapshots) = self.stores();
        plan::<M>(reader, snapshots, before)
    }

    /// Puts a trim on record; only when this has returned may its records be deleted.
    pub async fn record_trim(
        &self,
        plan: &TrimPlan,
        request: TrimRequest,
    ) -> Result<Stamp, SubmitError<M::Refusal>> {
        let body = TrimBodyV1 {
            now: request.now,
            actor: request.actor,
            reason: request.reason,
            through: plan.begin.seq,
            through_hash: plan.begin.hash,
            through_epoch: plan.begin.epoch,
            through_clock: plan.begin.hlc,
            snapshot: plan.root.seq,
            snapshot_state_hash: plan.root.state_hash,
        };
        self.note(RequestId::NONE, &Body::Trim(body)).await
    }

    /// Deletes the snapshots below the one that the log begins with now; returns how many there were.
    pub fn forget_snapshots(&self, plan: &TrimPlan) -> Result<usize, SnapshotError> {
        let (_, snapshots) = self.stores();
        let mut below = snapshots.manifests()?;
        below.retain(|manifest| manifest.seq < plan.root.seq);
        for manifest in &below {
            snapshots.remove(manifest)?;
        }
        Ok(below.len())
    }

    /// Makes a snapshot of the present state, reads it back, and returns its manifest. It blocks.
    pub fn save_snapshot(&self, binary: &str) -> Result<SnapshotManifest, StoreError> {
        self.save_snapshot_of(&self.snapshot(), binary)
    }

    /// Makes a snapshot of `world`, present or past, reads it back, and returns its manifest. It blocks.
    pub fn save_snapshot_of(
        &self,
        world: &World<M>,
        binary: &str,
    ) -> Result<SnapshotManifest, StoreError> {
        let (reader, snapshots) = self.stores();
        let record = record_at(reader, world.seq)?;
        Ok(snapshots::write_snapshot(snapshots, world, record.hash(), binary)?)
    }
}

fn plan<M: Machine>(
    reader: &dyn JournalReader,
    snapshots: &dyn SnapshotStore,
    before: Seq,
) -> Result<TrimPlan, TrimError> {
    let first = reader.first();
    let mut rejected = Vec::new();
    for root in snapshots.manifests()?.into_iter().filter(|root| root.seq <= before) {
        if let Err(rejection) = Origin::<M>::of_snapshot(reader, snapshots, &root) {
            rejected.push(rejection);
            continue;
        }
        // The snapshot's own record stays, and with it its whole group: groups are never cut.
        let group = record_at(reader, root.seq).map_err(TrimError::Read)?.header.group;
        if group <= first {
            return Err(TrimError::Nothing { first, root: root.seq });
        }
        let last = record_at(reader, group.previous()).map_err(TrimError::Read)?;
        return Ok(TrimPlan { begin: ChainVerifier::after(&last).tail(), first, root });
    }
    Err(TrimError::NoSnapshot { before, rejected })
}

fn record_at(reader: &dyn JournalReader, seq: Seq) -> Result<Record, ReadError> {
    reader.read(seq)?.next().unwrap_or(Err(ReadError::Missing { seq }))
}
