//! A log that is only looked at: opened, and folded to the state at its end.

use std::{ops::ControlFlow, path::Path, sync::Arc, time::Duration};

use journal_log::Tail;
use journal_rocks::{DirSnapshots, ReadOnly};
use projector_containers::Containers;
use projector_engine::{Progress, ReplayOptions, Replayed, replay};
use projector_machine::Machine as _;

use super::verify::{damaged, tell};
use crate::{
    serve::{JOURNAL, SNAPSHOTS, open_error},
    version::VERSION,
};

/// Records between two lines that say how far a check is: about one a second.
const TELL_EVERY: u64 = 500_000;

/// What the directory of a log comes to.
pub(super) struct Folded {
    /// The last record.
    pub(super) tail: Tail,
    /// The first record there is.
    pub(super) first: u64,
    /// The hash of the state after the last record, in hexadecimal digits.
    pub(super) state: String,
}

/// Opens the log below `data` for reading.
pub(super) fn open(data: &Path) -> anyhow::Result<ReadOnly> {
    ReadOnly::open(&data.join(JOURNAL)).map_err(|error| open_error(&error, data))
}

/// Checks every record of the log below `data`, and folds it from its newest snapshot on.
pub(super) fn folded(data: &Path) -> anyhow::Result<Folded> {
    let journal = open(data)?;
    let reader = journal.reader();
    let head = reader.head();
    let tail = journal.verify(|record| {
        let seq = record.header.seq;
        if seq.get().is_multiple_of(TELL_EVERY) {
            tell(Progress { seq, head, elapsed: Duration::ZERO });
        }
        ControlFlow::Continue(())
    });
    let tail = tail.map_err(|error| damaged(&error))?;
    let snapshots = DirSnapshots::look(&data.join(SNAPSHOTS));
    let options = ReplayOptions {
        until: None,
        use_snapshots: true,
        verify_state: false,
        hashes: None,
        binary: VERSION.into(),
        on_progress: Some(Arc::new(tell)),
    };
    let replayed = replay::<Containers>(&*reader, &snapshots, &options);
    let Replayed { world, .. } = replayed.map_err(|error| damaged(&error))?;
    let state = hex::encode(Containers::state_hash(&world.state));
    Ok(Folded { tail, first: reader.first().get(), state })
}
