//! The state at the end of a log that is only looked at, and its hash.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use anyhow::Context as _;
use journal_log::Tail;
use journal_rocks::{DirSnapshots, ReadOnly};
use projector_containers::Containers;
use projector_engine::{Progress, ReplayOptions, Replayed, replay};
use projector_machine::Machine as _;

use super::verify::{damaged, tell};
use crate::{
    serve::{JOURNAL, SNAPSHOTS},
    version::VERSION,
};

/// What the directory of a log comes to.
pub(super) struct Folded {
    /// The last record.
    pub(super) tail: Tail,
    /// The first record there is.
    pub(super) first: u64,
    /// The hash of the state after the last record, in hexadecimal digits.
    pub(super) state: String,
}

/// Checks every record of the log below `data`, and folds it from its newest snapshot on.
pub(super) fn folded(data: &Path) -> anyhow::Result<Folded> {
    let journal = ReadOnly::open(&data.join(JOURNAL)).context("opening the log")?;
    let reader = journal.reader();
    let head = reader.head();
    let tail = journal.verify(|seq| {
        tell(Progress { seq, head, elapsed: std::time::Duration::ZERO });
        ControlFlow::Continue(())
    });
    let tail = tail.map_err(|error| damaged(&error))?;
    let snapshots = DirSnapshots::look(&data.join(SNAPSHOTS));
    let options = ReplayOptions {
        verify_state: false,
        binary: VERSION.into(),
        on_progress: Some(Arc::new(tell)),
        ..ReplayOptions::default()
    };
    let replayed = replay::<Containers>(&*reader, &snapshots, &options);
    let Replayed { world, .. } = replayed.map_err(|error| damaged(&error))?;
    let state = hex::encode(Containers::state_hash(&world.state));
    Ok(Folded { tail, first: reader.first().get(), state })
}
