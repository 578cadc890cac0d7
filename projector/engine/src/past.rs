//! Worlds of the past: the state at any point that the log still tells of.
//!
//! A point is reached from the nearest snapshot at or before it, or from a world that was asked for lately, and by
//! folding what is between. It changes nothing and blocks, so it serves an engine, which calls it off its own threads,
//! as well as tools that read a directory without a server.

mod error;
mod kept;
mod point;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal_log::{JournalReader, ReadError, Seq, SnapshotStore};
use projector_machine::Machine;

pub use self::{error::PastError, point::Point};
use self::{kept::Kept, point::last_not_after};
use crate::World;
use crate::replay::{Fold, Origin, ReplayOptions, StateHashes};

/// Folds to points of the past that are under way at once.
///
/// Each keeps two threads busy, one that reads and one that folds; a second one uses what the first leaves while it
/// waits for the disk, and more would only take processors from the present.
pub(crate) const PAST_FOLDS_MAX: usize = 2;

/// Finds the state at points of one log.
pub struct Past<M: Machine> {
    reader: Arc<dyn JournalReader>,
    snapshots: Arc<dyn SnapshotStore>,
    options: ReplayOptions,
    kept: Mutex<Kept<M>>,
}

impl<M: Machine> Past<M> {
    /// Looks at the log of `reader`; `binary` is this program's version, for records that ask for a newer one.
    pub fn new(
        reader: Arc<dyn JournalReader>,
        snapshots: Arc<dyn SnapshotStore>,
        binary: &str,
    ) -> Self {
        let options = ReplayOptions {
            // Each fold would read the log twice; replays of the whole log are what verifies.
            verify_state: false,
            binary: binary.to_owned(),
            ..ReplayOptions::default()
        };
        Self { reader, snapshots, options, kept: Mutex::new(Kept::new()) }
    }

    /// Returns the world at `point` of a log whose last record is `head`.
    ///
    /// A time stands for the last record that is not later. It blocks for as long as the fold takes.
    pub fn world_at(&self, point: Point, head: Seq) -> Result<Arc<World<M>>, PastError> {
        let seq = self.resolve(point, head)?;
        if let Some(world) = self.kept(seq) {
            return Ok(world);
        }
        let mut fold = Fold::new(self.origin(seq)?, StateHashes::default(), seq);
        fold.run(&*self.reader, &self.options)?;
        if fold.world.seq < seq {
            return Err(ReadError::Missing { seq: fold.world.seq.next() }.into());
        }
        let world = Arc::new(fold.world);
        self.lock().keep(Arc::clone(&world), fold.verifier);
        Ok(world)
    }

    /// Returns the world at `seq` where it was asked for lately.
    pub(crate) fn kept(&self, seq: Seq) -> Option<Arc<World<M>>> {
        self.lock().at(seq)
    }

    /// Returns the record that `point` stands for.
    fn resolve(&self, point: Point, head: Seq) -> Result<Seq, PastError> {
        match point {
            Point::Record(Seq::GENESIS) => Err(PastError::BeforeFirst),
            Point::Record(seq) if seq > head => Err(PastError::Ahead { seq, head }),
            Point::Record(seq) => Ok(seq),
            Point::Time(at) => last_not_after::<M>(&*self.reader, at, head),
        }
    }

    fn origin(&self, seq: Seq) -> Result<Origin<M>, PastError> {
        let kept = self.lock().before(seq);
        let least = kept.as_ref().map_or(Seq::GENESIS, |origin| origin.world.seq);
        let (reader, snapshots) = (&*self.reader, &*self.snapshots);
        let saved = Origin::between(reader, snapshots, (least, seq), &self.options.binary);
        match saved.or(kept) {
            Some(origin) => Ok(origin),
            None => Origin::genesis(reader, Vec::new()).map_err(PastError::from),
        }
    }

    // Whoever panicked has left a cache without the world it was making, so poison is passed over.
    fn lock(&self) -> MutexGuard<'_, Kept<M>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Machine> std::fmt::Debug for Past<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Past").field("options", &self.options).finish_non_exhaustive()
    }
}
