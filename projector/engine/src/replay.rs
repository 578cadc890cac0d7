//! From a snapshot and the log back to a state.
//!
//! The newest snapshot that belongs to the log is the beginning; a bad one falls back to the one before, and at
//! last to nothing. From there every record's place in the chain is verified and its events are folded. Reading,
//! verifying and decoding run on a second thread, ahead of the folding.
//!
//! Nothing is skipped: a record that cannot be read, does not link, is newer than this release, or makes the
//! machine panic ends the replay and is named.

mod decode;
mod error;
mod fold;
mod options;
mod origin;
mod verify;

use journal_log::{JournalReader, ReadError, Release, Seq, SnapshotStore, Tail, Timestamp};
use projector_machine::Machine;

pub use self::error::ReplayError;
pub(crate) use self::error::reasons;
pub use self::options::{
    Progress, ProgressCallback, RejectedSnapshot, ReplayOptions, ReplayReport,
};
pub use self::origin::begins_with;
pub use self::verify::StateHashes;
pub(crate) use self::{decode::Decoded, fold::Fold, origin::Origin};
use crate::World;
use crate::stopwatch::Stopwatch;

/// What a replay came to.
#[derive(Debug)]
pub struct Replayed<M: Machine> {
    /// The state, and the last record that is in it.
    pub world: World<M>,
    /// The end of the chain that was verified; its epoch is the last record's.
    pub tail: Tail,
    /// The latest time in the log, which no later record may come before.
    pub last: Timestamp,
    /// How it went.
    pub report: ReplayReport,
}

/// Folds the log that `reader` reads, from the best snapshot on.
///
/// It changes nothing, so it serves a start as well as tools that only look. It blocks.
pub fn replay<M: Machine>(
    reader: &dyn JournalReader,
    snapshots: &dyn SnapshotStore,
    options: &ReplayOptions,
) -> Result<Replayed<M>, ReplayError> {
    let watch = Stopwatch::start();
    let head = reader.head().min(options.until.unwrap_or(Seq::new(u64::MAX)));
    let mut rejected = Vec::new();
    let origin = if options.use_snapshots {
        Origin::<M>::find(reader, snapshots, head, &options.binary, &mut rejected)?
    } else {
        Origin::genesis(reader, Vec::new())?
    };
    let hashes = match &options.hashes {
        _ if !options.verify_state => StateHashes::default(),
        Some(known) => known.clone(),
        None => StateHashes::read::<M>(reader, origin.world.seq, head)?,
    };
    let snapshot = (origin.world.seq > Seq::GENESIS).then_some(origin.world.seq);
    let mut fold = Fold::new(origin, hashes, head);
    fold.run(reader, options)?;
    if fold.world.seq < head {
        return Err(ReadError::Missing { seq: fold.world.seq.next() }.into());
    }
    let is_cut = options.until.is_some_and(|until| until < reader.head());
    let tail = if is_cut { fold.verifier.tail() } else { fold.verifier.finish()? };
    let report = ReplayReport {
        snapshot,
        rejected,
        records: fold.records,
        record_bytes: fold.record_bytes,
        hashes_checked: fold.hashes_checked,
        skipped: std::mem::take(&mut fold.skipped),
        took: watch.elapsed(),
    };
    Ok(Replayed { last: fold.last(), world: fold.world, tail, report })
}

/// Tells whether the release `binary` reads what the release `needed` has written.
fn reads(needed: &str, binary: &str) -> bool {
    let release = |text: &str| text.parse::<Release>().ok();
    // A version that is not understood is newer by its very form.
    release(needed).is_some_and(|needed| release(binary).is_some_and(|binary| binary >= needed))
}
